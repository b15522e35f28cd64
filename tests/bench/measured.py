"""What the benchmarks of the running daemon share: its cost as the kernel accounts for it, and tables.

They run the program that APIERRD_BIN names, assert nothing, and print Markdown. Numbers are medians of
`--rounds` rounds; on a machine that does other things as well, only their order of magnitude counts.
"""
import pathlib
import re
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
import apierrd_e2e as e2e  # noqa: E402

median = statistics.median


def cpu_ns(pid):
    """Time its threads have run; needs no clock tick to be seen."""
    return sum(cpu_ns_by_thread(pid).values())


def cpu_ns_by_thread(pid):
    """{thread: the same of one}."""
    return {task.name: int((task / "schedstat").read_text().split()[0])
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir()}


def wake_ups(pid):
    """How often its threads have waited for something and got it."""
    return sum(int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text(), re.M)[1])
               for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


def rss_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)[1]) / 1024


def value_of(page, name):
    """The sum of a metric's samples on a page; quicker than a strict reading of the whole."""
    return sum(float(text) for text in re.findall(rf"^{name}(?:{{[^\n]*}})? (\S+)".encode(), page, re.M))


def page(daemon):
    return daemon.get("/metrics", Accept=e2e.TEXT).body


def wait_for_lines(daemon, lines, deadline_s=600):
    e2e.wait_until(f"{lines} lines counted",
                   lambda: value_of(page(daemon), "apierrd_ingest_lines_total") >= lines, deadline_s, True)


def table(head, rows):
    """Prints Markdown."""
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(row) + " |", flush=True)
    print(flush=True)


def number(value):
    """Three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def daemon_over(folder, paths, **sections):
    """A daemon that counts at once, and its configuration."""
    web = {"listen": "127.0.0.1:0", "startup_hold": "0s"}
    config = e2e.write_config(folder / "apierrd.yaml", {"app": paths}, web=web, **sections)
    return e2e.Daemon(config, scraper="bench").start()
