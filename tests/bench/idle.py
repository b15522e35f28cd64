#!/usr/bin/env python3
"""What the daemon costs while nothing happens, by the number of files it follows."""
import argparse
import pathlib
import tempfile
import time

from measured import cpu_ns, daemon_over, e2e, median, number, rss_mib, table, wait_for_lines, wake_ups

SETTLES_S = 8  # until the folder has stood still and sweeps are rare


def idle(count, seconds, rounds):
    with tempfile.TemporaryDirectory(prefix="apierrd-idle-") as name:
        folder = pathlib.Path(name).resolve()
        logs = folder / "logs"
        logs.mkdir()
        lines = b"".join(e2e.demo_lines(3))
        for i in range(count):
            (logs / f"api-{i}.log").write_bytes(lines)
        started = time.monotonic()
        daemon = daemon_over(folder, [logs / "*.log"])
        pid = daemon.process.pid
        wait_for_lines(daemon, 3 * count)
        ready_s = time.monotonic() - started
        time.sleep(SETTLES_S)
        shares, wakes = [], []
        for _ in range(rounds):
            cpu, wake, begun = cpu_ns(pid), wake_ups(pid), time.monotonic()
            time.sleep(seconds)
            passed = time.monotonic() - begun
            shares.append((cpu_ns(pid) - cpu) / 1e9 / passed * 100)
            wakes.append((wake_ups(pid) - wake) / passed)
        rss = rss_mib(pid)
        daemon.stop()
    return [f"{count:,}", f"{median(shares):.3f} %", f"{median(wakes):.1f}", number(rss), f"{ready_s:.2f}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", default=[1, 100, 10000])
    parser.add_argument("--seconds", type=float, default=60, help="of one round; more than two sweeps")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    table(["files", "CPU of one core", "wake-ups/s", "RSS MiB", "start to all counted s"],
          [idle(count, options.seconds, options.rounds) for count in options.files])


if __name__ == "__main__":
    main()
