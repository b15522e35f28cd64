#!/usr/bin/env python3
"""How cost grows with the number of files, series and distinct actions, the length of lines and the size
of the state. Prints Markdown tables; --svg names a folder for the curves."""
import argparse
import pathlib
import resource
import tempfile
import time

from curve import svg
from measured import (cpu_ns, cpu_ns_by_thread, daemon_over, e2e, median, number, page, rss_mib, table, value_of,
                      wait_for_lines)

LINES = 200_000
NO_LIMITS = {"actions": 200_000, "call_series": 200_000, "error_series": 200_000, "services": 1000,
             "undocumented_codes": 1000}
CODES = 8


class Curves:
    """Where the pictures go, if anywhere."""

    def __init__(self, folder):
        self.folder = folder

    def draw(self, name, *what):
        if self.folder:
            (self.folder / f"growth-{name}.svg").write_text(svg(*what), encoding="utf-8")


def in_folder(act):
    with tempfile.TemporaryDirectory(prefix="apierrd-growth-") as name:
        try:
            return act(pathlib.Path(name).resolve())
        finally:
            e2e.end_all()


def cpu_of_counting(folder, lines, **sections):
    """A daemon that has counted the logs there, and what that cost, its start left out."""
    hidden = folder / "logs.later"
    (folder / "logs").rename(hidden)
    daemon = daemon_over(folder, [folder / "logs" / "*.log"], reader={"sweep_interval": "100ms"}, **sections)
    page(daemon)
    before = cpu_ns(daemon.process.pid)
    hidden.rename(folder / "logs")
    wait_for_lines(daemon, lines)
    return daemon, cpu_ns(daemon.process.pid) - before


def of_files(curves, rounds):
    lines = e2e.demo_lines(LINES)
    rows, points = [], []
    for count in (1, 10, 100, 1_000, 10_000):
        def one(folder, count=count):
            (folder / "logs").mkdir()
            for i in range(count):
                (folder / "logs" / f"api-{i}.log").write_bytes(b"".join(lines[i::count]))
            daemon, cpu = cpu_of_counting(folder, LINES)
            return cpu / LINES, rss_mib(daemon.process.pid)
        cost, rss = (median(column) for column in zip(*(in_folder(one) for _ in range(rounds))))
        points.append((count, cost / 1e3))
        rows.append([f"{count:,}", f"{LINES // count:,}", number(cost / 1e3), number(rss)])
    print(f"{LINES:,} lines in so many files, all of them new to the daemon\n")
    table(["files", "lines in each", "CPU µs/line", "RSS MiB"], rows)
    curves.draw("files", "CPU per line, by files", "files", "µs", {"per line": points})


def replay_cost(lines):
    """CPU seconds of one `replay`."""
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime
    with tempfile.NamedTemporaryFile(suffix=".log") as log:  # a pipe costs more the longer its lines are
        log.write(lines)
        log.flush()
        before = used()
        done = e2e.run_program("replay", "--output", "json", log.name)
        e2e.check(done.returncode == 0, done.stderr.decode())
        return used() - before


def of_line_length(curves, rounds):
    start = median(replay_cost(b"") for _ in range(rounds))
    rows, per_line, per_byte = [], [], []
    for size in (256, 1024, 4096, 16384, 65536):
        line = e2e.failed_call("AuthFailure", "m" * (size - 144))
        count = max(400, 64_000_000 // len(line))
        cost = median(replay_cost(line * count) - start for _ in range(rounds)) / count * 1e9
        per_line.append((len(line), cost / 1e3))
        per_byte.append((len(line), cost / len(line)))
        rows.append([f"{len(line):,}", number(cost / 1e3), number(cost / len(line))])
    print("`replay`, start left out\n")
    table(["bytes a line", "CPU µs/line", "CPU ns/byte"], rows)
    curves.draw("line-length", "CPU per line, by its length", "bytes", "µs", {"per line": per_line})


def of_actions(curves, rounds):
    start = median(replay_cost(b"") for _ in range(rounds))
    rows, points = [], []
    for actions in (1, 10, 100, 1_000, 10_000, 100_000):
        lines = b"".join(e2e.call_line(f"Action{(i * 7919) % actions}", request_id=f"r-{i}")
                         for i in range(LINES))
        cost = median(replay_cost(lines) - start for _ in range(rounds)) / LINES * 1e6
        points.append((actions, cost))
        rows.append([f"{actions:,}", number(cost)])
    print(f"`replay` of {LINES:,} lines, start left out\n")
    table(["distinct actions", "CPU µs/line"], rows)
    curves.draw("actions", "CPU per line, by distinct actions", "actions", "µs", {"per line": points})


def error_lines(series):
    """Failed calls of so many (action, code) pairs, each once."""
    return [e2e.failed_call(f"FailedOperation.Made{i % CODES}", action=f"Action{i // CODES}",
                            request_id=f"request-{i}-0123456789") for i in range(series)]


def scrapes_after_a_line(daemon, log, count):
    """Seconds of each scrape, of rendering in it, and CPU seconds that the ingest thread spends on one."""
    pid = daemon.process.pid
    before = cpu_ns_by_thread(pid)
    with open(log, "ab") as file:
        file.write(b"".join(error_lines(400)) * 50)
    time.sleep(1)
    spent = {thread: cpu - before.get(thread, 0) for thread, cpu in cpu_ns_by_thread(pid).items()}
    ingest = max(spent, key=spent.get)  # nobody else had anything to do
    before = cpu_ns_by_thread(pid)[ingest]
    took, rendered = [], []
    for i in range(count):
        with open(log, "ab") as file:
            file.write(error_lines(i + 1)[-1])
        begun = time.monotonic()
        body = page(daemon)
        took.append(time.monotonic() - begun)
        rendered.append(value_of(body, "apierrd_scrape_duration_seconds"))
    return median(took), median(rendered), (cpu_ns_by_thread(pid)[ingest] - before) / 1e9 / count


def of_series(curves, rounds):
    rows, scrape_points, open_points, ingest_points, start_points, rss_points = [], [], [], [], [], []
    for series in (400, 4_000, 40_000, 90_000):
        def one(folder, series=series):
            log = folder / "api.log"
            log.write_bytes(b"".join(error_lines(series)))
            daemon = daemon_over(folder, [log], limits=NO_LIMITS)
            wait_for_lines(daemon, series)
            took, rendered, ingest = scrapes_after_a_line(daemon, log, 9)
            opened = []
            for _ in range(7):
                begun = time.monotonic()
                daemon.get("/metrics", Accept=e2e.OPENMETRICS)
                opened.append(time.monotonic() - begun)
            body = page(daemon)
            rss = rss_mib(daemon.process.pid)
            daemon.stop()
            begun = time.monotonic()
            again = e2e.Daemon(folder / "apierrd.yaml", scraper="bench").start()
            page(again)
            started = time.monotonic() - begun
            state = (folder / "state.db").stat().st_size / 2 ** 20
            return (value_of(body, "apierrd_series"), took, rendered, median(opened), ingest,
                    len(body) / 2 ** 20, rss, state, started)
        values = [median(column) for column in zip(*(in_folder(one) for _ in range(rounds)))]
        samples, took, rendered, opened, ingest, size, rss, state, started = values
        scrape_points.append((samples, took * 1e3))
        open_points.append((samples, opened * 1e3))
        ingest_points.append((samples, ingest * 1e3))
        start_points.append((samples, started * 1e3))
        rss_points.append((samples, rss))
        rows.append([f"{samples:,.0f}", number(took * 1e3), number(rendered * 1e3), number(opened * 1e3),
                     number(ingest * 1e3), number(ingest / 15 * 100) + " %", number(size), number(rss),
                     number(state), number(started * 1e3)])
    print("A scrape after a line; the ingest thread's share at one scrape in 15 s\n")
    table(["samples", "scrape, text, ms", "of it rendering, ms", "scrape, OpenMetrics, ms",
           "CPU of the ingest thread, ms", "its share", "page MiB", "RSS MiB", "state MiB", "start ms"], rows)
    curves.draw("series", "Scrape and start, by samples", "samples", "ms",
                {"text": scrape_points, "OpenMetrics": open_points, "ingest": ingest_points,
                 "start": start_points})
    curves.draw("memory", "Resident memory, by samples", "samples", "MiB", {"RSS": rss_points})


def of_state(curves, rounds):
    """Of lines that have nothing to do with what the state holds; nobody asks for anything meanwhile."""
    lines = e2e.demo_lines(LINES)
    rows, points = [], []
    for series in (0, 400, 4_000, 40_000, 90_000):
        def one(folder, series=series):
            logs, later = folder / "logs", folder / "later.log"
            logs.mkdir()
            (logs / "made.log").write_bytes(b"".join(error_lines(series)))
            later.write_bytes(b"".join(lines))
            daemon = daemon_over(folder, [logs / "*.log"], limits=NO_LIMITS)
            wait_for_lines(daemon, series)
            time.sleep(1.5)  # with whatever follows a scrape
            before = cpu_ns(daemon.process.pid)
            later.rename(logs / "ordinary.log")
            time.sleep(2.5)  # with the commit of what has changed
            spent = cpu_ns(daemon.process.pid) - before
            wait_for_lines(daemon, series + LINES)
            daemon.stop()
            return spent / LINES / 1e3, (folder / "state.db").stat().st_size / 2 ** 20
        cost, size = (median(column) for column in zip(*(in_folder(one) for _ in range(rounds))))
        points.append((max(series, 1), cost))
        rows.append([f"{series:,}", number(size), number(cost)])
    print(f"{LINES:,} ordinary lines, counted and committed beside a state of so many failed calls' series\n")
    table(["series", "state MiB", "CPU µs/line"], rows)
    curves.draw("state", "CPU per line, by series in the state", "series", "µs", {"per line": points})


PARTS = {"state": of_state, "files": of_files, "line-length": of_line_length, "actions": of_actions, "series": of_series}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all unless given")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--svg", type=pathlib.Path)
    options = parser.parse_args()
    if options.svg:
        options.svg.mkdir(parents=True, exist_ok=True)
    for name in options.parts or PARTS:
        print(f"### By {name}\n")
        PARTS[name](Curves(options.svg), options.rounds)


if __name__ == "__main__":
    main()
