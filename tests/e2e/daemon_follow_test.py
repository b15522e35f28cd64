#!/usr/bin/env python3
"""The daemon follows growing logs: what it counts is what `replay` counts over the same bytes."""
import random
import statistics
import time

from apierrd_e2e import (Daemon, call_line, check, demo_lines, differences, replay, run, wait_until,
                         write_config)

ODD_LINES = [
    b"\n", b"  \t \r\n", b"\r\n", b'{"level":"info"}\n', b"[]\n", b"not JSON\n", b'{"a":NaN}\n',
    b'{"a":"\xff"}\n', b'{"response":"{"}\n', b'{"response":{"Response":{"Error":{"Code":"\\ud800"}}}}\n',
    b"[" * 3000 + b"]" * 3000 + b"\n", b"\0\n", b'{"Response":{}}\n',
    b'{"response":{"Response":{"Error":{"Code":" InternalError. "}}}}\r\n',
]


def mixed_lines(count, seed):
    """Demo lines, some ended by CR LF, with odd ones in between."""
    rng = random.Random(seed)
    lines = [line[:-1] + b"\r\n" if rng.random() < 0.3 else line for line in demo_lines(count, seed)]
    for odd in ODD_LINES * 3:
        lines.insert(rng.randrange(len(lines)), odd)
    return lines


def append(path, data):
    with path.open("ab") as file:
        file.write(data)


def pieces_of_any_size(folder):
    """Partial lines, a CR parted from its LF: it does not matter how the bytes arrive."""
    log = folder / "app.log"
    log.touch()
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]})).start()
    daemon.metrics()
    data, rng = b"".join(mixed_lines(1200, seed=7)), random.Random(7)
    at = 0
    while at < len(data):
        size = rng.choice([1, 2, 17, 200, 1500, 9000])
        append(log, data[at:at + size])
        at += size
        if rng.random() < 0.1:
            daemon.metrics()
    daemon.wait_for_totals("all pieces counted", replay(log))
    daemon.stop()


def overlong_lines(folder):
    """A line beyond limits.line_bytes costs itself only, also when it arrives in pieces."""
    log = folder / "app.log"
    log.touch()
    config = write_config(folder / "apierrd.yaml", {"app": [log]}, limits={"line_bytes": 2000})
    daemon = Daemon(config).start()
    daemon.metrics()
    for _ in range(3):
        append(log, call_line() + b"x" * 700_000)
        daemon.metrics()
        append(log, b"y" * 500_000 + b"\n" + b" " * 2000 + b"\n" + b"z" * 2001 + b"\r\n" + call_line())
    metrics = daemon.wait_for("lines after the long ones",
                              lambda m: m.sum("apierrd_ingest_lines_total") == 15)
    check(metrics.value("apierrd_parse_failures_total", reason="line_too_long") == 6, "too long: not 6")
    check(metrics.sum("apierrd_api_calls_total") == 6, "calls: not 6")
    check(metrics.sum("apierrd_ingest_bytes_total") == log.stat().st_size, "bytes differ")
    daemon.stop()


def unterminated_last_line(folder):
    """It counts once its newline has come, and is waiting in the lag until then."""
    log = folder / "app.log"
    whole, last = demo_lines(20), call_line(action="Last")
    log.write_bytes(b"".join(whole) + last[:-1])
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]})).start()
    daemon.metrics()
    metrics = daemon.wait_for("whole lines counted",
                              lambda m: m.sum("apierrd_ingest_lines_total") == len(whole))
    check(metrics.sum("apierrd_source_lag_bytes") == len(last) - 1, "the waiting bytes are no lag")
    check(not metrics.rows("apierrd_api_calls_total", action="Last"), "it is counted already")
    check(replay(log)["lines"] == len(whole) + 1, "replay leaves it out")
    append(log, b"\n")
    metrics = daemon.wait_for_totals("its newline came", replay(log))
    check(metrics.sum("apierrd_source_lag_bytes") == 0, "lag remains")
    daemon.stop()


def files_that_appear_later(folder):
    """Globs, a second source, folders and files that are not there yet."""
    early, late = folder / "a.log", folder / "b.log"
    payments, deep = folder / "payments" / "pay.log", folder / "pods" / "x1" / "out.log"
    early.write_bytes(b"".join(mixed_lines(100, seed=1)))
    config = write_config(folder / "apierrd.yaml", {
        "app": [folder / "*.log", folder / "pods" / "*" / "out.log"], "payments": [payments]})
    daemon = Daemon(config).start()
    daemon.metrics()
    daemon.wait_for_totals("first file", replay(early))
    late.write_bytes(b"".join(mixed_lines(150, seed=2)))
    daemon.wait_for_totals("a second one of the glob", replay(early, late))
    payments.parent.mkdir()
    payments.write_bytes(b"".join(mixed_lines(50, seed=3)))
    daemon.wait_for_totals("a new folder", replay(payments), source="payments")
    deep.parent.mkdir(parents=True)
    deep.write_bytes(b"".join(mixed_lines(30, seed=4)))
    daemon.wait_for_totals("a folder of a wildcard", replay(early, late, deep))
    append(deep, b"".join(mixed_lines(30, seed=5)))
    metrics = daemon.wait_for_totals("and its growth", replay(early, late, deep))
    check(not differences(metrics, replay(payments), "payments"), "payments changed")
    check(metrics.value("apierrd_files_open", source="app") == 3, "files_open of app is not 3")
    (folder / "c.log.gz").write_bytes(b"no text")
    (folder / "d.log").mkdir()
    append(early, call_line())
    daemon.wait_for_totals("folders and .gz files are passed over", replay(early, late, deep))
    daemon.stop()


def delay_until_visible(folder):
    """Measured, not judged: from write() to the scrape that shows the line."""
    log = folder / "app.log"
    log.touch()
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]})).start()
    daemon.metrics()
    delays = []
    for line in demo_lines(20):
        wanted = len(delays) + 1
        started = time.monotonic()
        append(log, line)
        wait_until("visible", lambda: daemon.metrics().sum("apierrd_ingest_lines_total") == wanted,
                   quiet=True)
        delays.append(time.monotonic() - started)
    print(f"  from write to visible: median {statistics.median(delays) * 1000:.0f} ms, "
          f"longest {max(delays) * 1000:.0f} ms")
    daemon.stop()


if __name__ == "__main__":
    run("what the daemon counts equals replay", pieces_of_any_size, overlong_lines,
        unterminated_last_line, files_that_appear_later, delay_until_visible)
