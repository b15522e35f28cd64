#!/usr/bin/env python3
"""How much faster a backlog is counted on several cores than on one: `replay`, and `run` until it is ready,
over one large file and over many. Checks the counts first; then times the program bound to one core and to
all, in turns, and prints the best of each as a table. Not part of any suite: a shared machine's times prove
nothing.

    APIERRD_BIN=build/release/apierrd tests/bench/scaling.py --megabytes 300 --repeats 7
"""
import argparse
import itertools
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

PROGRAM = os.environ.get("APIERRD_BIN", "apierrd")
PORT = 19_879
FILES = 20
UNDER = []  # words to run the program by


def corpus(folder, megabytes, log):
    """One file of about that size, and its lines over many files."""
    one = folder / "one" / "app.log"
    one.parent.mkdir()
    if log:
        shutil.copy(log, one)
    else:
        lines = megabytes * 1_000_000 // 370
        subprocess.run([PROGRAM, "demo", "--write", one, "--lines", str(lines)], check=True)
    lines = one.read_bytes().splitlines(keepends=True)
    (folder / "many").mkdir()
    (folder / "none").mkdir()
    (folder / "none" / "app.log").touch()
    share = -(-len(lines) // FILES)
    for number in range(FILES):
        text = b"".join(lines[number * share:(number + 1) * share])
        (folder / "many" / f"app{number:02}.log").write_bytes(text)
    return len(lines), one.stat().st_size


def config_of(folder, threads):
    path = folder / f"threads-{threads}.yaml"
    path.write_text(json.dumps({
        "sources": [{"name": "app", "paths": [str(folder / "app*.log")]}],
        "reader": {"threads": threads},
        "web": {"listen": f"127.0.0.1:{PORT}", "startup_hold": "0s"},
        "state": {"path": str(folder / "state.db")}}))
    return path


def start(arguments, cores, **options):
    return subprocess.Popen([*UNDER, PROGRAM, *arguments], preexec_fn=lambda: os.sched_setaffinity(0, cores), **options)


def replay(folder, threads, cores, _expected=0):
    """Seconds, and what it said."""
    files = sorted(folder.glob("app*.log"))
    started = time.perf_counter()
    program = start(["replay", "--config", config_of(folder, threads), "--output", "json", *files], cores,
                    stdout=subprocess.PIPE)
    text = program.communicate()[0]
    if program.returncode != 0:
        raise SystemExit(f"replay exits {program.returncode}")
    return time.perf_counter() - started, text


def fetch(path):
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}") as answer:
        return answer.read().decode()


def is_ready():
    """Asked by as little work as can be: it is done beside what is measured, on the same cores."""
    try:
        with socket.create_connection(("127.0.0.1", PORT)) as connection:
            connection.sendall(b"GET /-/ready HTTP/1.0\r\n\r\n")
            return connection.recv(64).split(b" ", 2)[1] == b"200"
    except (OSError, IndexError):
        return False


def catch_up(folder, threads, cores, expected=0):
    """Seconds from the start of a new daemon until it has counted everything, and how many lines. It is not
    asked before so many seconds as it is expected to take, but for a tenth: asking takes its cores, too."""
    for state in folder.glob("state.db*"):
        state.unlink()
    started = time.perf_counter()
    daemon = start(["run", "--config", config_of(folder, threads)], cores, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.9 * expected)
        while not is_ready():
            if daemon.poll() is not None:
                raise SystemExit(f"the daemon ended with {daemon.returncode}")
            time.sleep(0.002)
        seconds = time.perf_counter() - started
        rows = [row for row in fetch("/metrics").splitlines() if row.startswith("apierrd_ingest_lines_total{")]
        return seconds, sum(int(float(row.split()[-1])) for row in rows)
    finally:
        daemon.terminate()
        daemon.wait()


def verify(folders, lines, cores):
    expected = {replay(folder, 1, cores[:1])[1] for folder in folders}
    for folder, threads in itertools.product(folders, (2, len(cores), 4)):
        expected.add(replay(folder, threads, cores)[1])
        counted = catch_up(folder, threads, cores)[1]
        if counted != lines:
            raise SystemExit(f"run counted {counted} lines of {lines} in {folder.name}, {threads} threads")
    if len(expected) != 1 or json.loads(expected.pop())["lines"] != lines:
        raise SystemExit("replay does not say the same with any number of threads and files")
    print(f"verified: {lines} lines, the same counts with 1, 2 and 4 threads, in one file and in {FILES}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--log", help="a log of your own instead of a made-up one")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--under", default="", help="run the program by this, say 'chrt -f 5' on a busy machine")
    options = parser.parse_args()
    UNDER.extend(options.under.split())
    cores = sorted(os.sched_getaffinity(0))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="apierrd-scaling-"))
    try:
        lines, size = corpus(folder, options.megabytes, options.log)
        verify([folder / "one", folder / "many"], lines, cores)
        print_table(size, measure(folder, cores, options.repeats), len(cores))
    finally:
        shutil.rmtree(folder)


WAYS = {"replay": replay, "run": catch_up}


def measure(folder, cores, repeats):
    """The best seconds by command, folder and number of cores. Which core is the one changes."""
    best = {}
    for turn in range(repeats):
        for way, name in itertools.product(WAYS, ("one", "many", "none")):
            for some in ([cores[turn % len(cores)]], cores):
                key = way, name, len(some)
                seconds = WAYS[way](folder / name, len(some), some, best.get(key, 0))[0]
                best[key] = min(best.get(key, seconds), seconds)
    return best


def print_table(size, best, most):
    print(f"| {size / 1e6:.0f} MB | 1 core | {most} cores | times as fast | without the start |\n|---|---|---|---|---|")
    for way, (name, what) in itertools.product(WAYS, (("one", "one file"), ("many", f"{FILES} files"))):
        one, all_ = best[way, name, 1], best[way, name, most]
        net_one, net_all = one - best[way, "none", 1], all_ - best[way, "none", most]
        print(f"| `{way}`, {what} | {one:.2f} s, {size / net_one / 1e6:.0f} MB/s "
              f"| {all_:.2f} s, {size / net_all / 1e6:.0f} MB/s | {one / all_:.2f} | {net_one / net_all:.2f} |")
    for way in WAYS:
        print(f"| `{way}`, the start | {best[way, 'none', 1]:.2f} s | {best[way, 'none', most]:.2f} s | | |")


if __name__ == "__main__":
    main()
