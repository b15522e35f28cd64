#!/usr/bin/env python3
"""How long after it was written a line is visible on /metrics, by lines per second.

A process writes lines in time and notes when; this one scrapes over one connection, as fast as it is
answered, and notes when each count was seen first. So every figure holds one or two scrapes, and each of
them a commit to disk: the last columns say what a scrape took. The CPU share is measured apart, without
a scraper.
"""
import argparse
import array
import http.client
import multiprocessing
import pathlib
import tempfile
import time

from measured import cpu_ns, daemon_over, e2e, median, number, table, value_of, wait_for_lines

TICK_S = 0.001


def write_lines(path, lines, rate, seconds, notes):
    """Writes in step with the clock; sends [count, time, count, time, ...]."""
    noted = array.array("d")
    written, begun = 0, time.monotonic()
    with open(path, "ab", buffering=0) as log:
        while True:
            passed = time.monotonic() - begun
            due = int(min(passed, seconds) * rate)
            if due > written:
                log.write(b"".join(lines[i % len(lines)] for i in range(written, due)))
                written = due
                noted.extend((written, time.monotonic()))
            if passed >= seconds:
                break
            time.sleep(max(TICK_S, 1 / rate - 0.01) if rate < 100 else TICK_S)
    notes.send(noted)


def scrapes_until(port, writer, notes):
    """[(count, when it was there)], [seconds of each scrape], what the writer noted."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    seen, took, noted = [], [], None
    while True:
        begun = time.monotonic()
        connection.request("GET", "/metrics", headers={"User-Agent": "bench", "Accept": e2e.TEXT})
        page = connection.getresponse().read()
        now = time.monotonic()
        took.append(now - begun)
        seen.append((value_of(page, "apierrd_ingest_lines_total"), now))
        if noted is None and notes.poll():
            noted = notes.recv()
            writer.join()
        if noted is not None and seen[-1][0] >= noted[-2]:
            return seen, took, noted


def delays(seen, noted):
    """Of each write, until the first scrape that holds all of it."""
    out, at = [], 0
    for count, when in zip(noted[::2], noted[1::2]):
        while seen[at][0] < count:
            at += 1
        out.append(seen[at][1] - when)
    return sorted(out)


def start_writer(log, lines, rate, seconds):
    notes, theirs = multiprocessing.Pipe(False)
    writer = multiprocessing.Process(target=write_lines, args=(log, lines, rate, seconds, theirs))
    writer.start()
    return writer, notes


def measure(rate, seconds, lines):
    with tempfile.TemporaryDirectory(prefix="apierrd-latency-") as name:
        folder = pathlib.Path(name).resolve()
        log = folder / "api.log"
        log.touch()
        daemon = daemon_over(folder, [log])
        wait_for_lines(daemon, 0)
        time.sleep(3)  # the folder is known by then
        writer, notes = start_writer(log, lines, rate, seconds)
        seen, took, noted = scrapes_until(daemon.port, writer, notes)
        found = delays(seen, noted)
        before, begun = cpu_ns(daemon.process.pid), time.monotonic()
        writer, notes = start_writer(log, lines, rate, seconds)
        notes.recv()
        writer.join()
        share = (cpu_ns(daemon.process.pid) - before) / 1e9 / (time.monotonic() - begun)
        daemon.stop()
    scrape = sorted(took)
    return (found[len(found) // 2], found[len(found) * 99 // 100], share, scrape[len(scrape) // 2],
            scrape[len(scrape) * 99 // 100])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rates", type=int, nargs="+", default=[1, 1000, 10000, 100000])
    parser.add_argument("--seconds", type=float, default=10, help="of one round")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    lines = e2e.demo_lines(20000)
    rows = []
    for rate in options.rates:
        rounds = [measure(rate, max(options.seconds, 20 if rate < 10 else 0), lines)
                  for _ in range(options.rounds)]
        p50, p99, share, scrape50, scrape99 = (median(column) for column in zip(*rounds))
        rows.append([f"{rate:,}", number(p50 * 1e3), number(p99 * 1e3), f"{share * 100:.2f} %",
                     number(scrape50 * 1e3), number(scrape99 * 1e3)])
    table(["lines/s", "p50 ms", "p99 ms", "CPU of one core, not scraped", "scrape p50 ms", "scrape p99 ms"], rows)


if __name__ == "__main__":
    main()
