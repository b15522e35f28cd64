#!/usr/bin/env python3
"""How fast apierrd counts, beside a bare simdjson loop and the tools Debian has, on the same files in one run.

    python3 tests/bench/compare.py [--corpora default,short,...] [--contestants NAME,...] [--megabytes 155]
                                   [--rounds 5] [--folder KEPT] [--markdown FILE] [--svg FILE] [--write-docs]

Every program counts calls by service and action, and errors by service, action and code, and must come to what is in
the file before it is timed. All run on one core, in turn, so that what else the machine does meets all of them; a
program's figure is the least CPU time (user and system, of the whole process) of its rounds, and `spread` is how
much more the worst round took. build/release holds our programs; programs that are not there are left out.
"""
import argparse
import collections
import datetime
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

import contestants
import corpus
import plot

DOCUMENT = contestants.ROOT / "docs/performance.md"
PICTURE = contestants.ROOT / "docs/performance.svg"
BEGIN, END = "<!-- compare.py writes from here -->", "<!-- to here -->"
Best = collections.namedtuple("Best", "cpu_s spread rss_mb")
Corpus = collections.namedtuple("Corpus", "bytes lines")


def best_of(runs):
    times = [run.user_s + run.system_s for run in runs]
    return Best(max(min(times), 0.001), max(times) / max(min(times), 0.001) - 1, max(run.rss_mb for run in runs))


def verify(contestant, name, wanted, output):
    counted = contestant.counts(output)
    for what, got, want in zip(("calls", "errors"), counted, wanted):
        if got != want:
            differing = [(key, got.get(key), want.get(key)) for key in {*got, *want} if got.get(key) != want.get(key)]
            sys.exit(f"compare: {contestant.name} counts other {what} on {name}: {len(differing)} differ, as"
                     f" {sorted(differing, key=str)[:3]} (what, counted, there)")


def measure(name, path, those, rounds, folder):
    """{contestant's name: Best}; all must count what is there, in every round."""
    wanted = corpus.counts(name, path)
    runs = collections.defaultdict(list)
    for turn in range(rounds + 1):
        for contestant in those:
            run, output = contestant.run(name, path, folder)
            verify(contestant, name, wanted, output)
            if turn > 0:  # the first round brings the file into the page cache
                runs[contestant.name].append(run)
    return {contestant: best_of(runs) for contestant, runs in runs.items()}


# ---- what is written

def markdown_table(head, rows):
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "".join("| " + " | ".join(row) + " |\n" for row in (head, rule, *rows))


def speeds(results, sizes):
    """{corpus: {contestant: MB/s}}"""
    return {name: {contestant: sizes[name].bytes / 1e6 / best.cpu_s for contestant, best in runs.items()}
            for name, runs in results.items()}


def overview(results, sizes):
    """MB/s, and in brackets the CPU time as a multiple of the first contestant's."""
    names = list(dict.fromkeys(contestant for runs in results.values() for contestant in runs))
    rows = []
    for name, speed in speeds(results, sizes).items():
        cells = []
        for contestant in names:
            if contestant not in speed:
                cells.append("-")
            elif contestant == names[0] or names[0] not in speed:
                cells.append(f"{speed[contestant]:.0f}")
            else:
                ratio = speed[names[0]] / speed[contestant]
                cells.append(f"{speed[contestant]:.0f} ({ratio:.{1 if ratio >= 10 else 2}f})")
        rows.append([name, f"{sizes[name].bytes / sizes[name].lines:.0f}", *cells])
    return markdown_table(["corpus", "bytes a line", *(f"{contestant}, MB/s" for contestant in names)], rows)


def details(results, sizes):
    rows = []
    for name, speed in speeds(results, sizes).items():
        ours = next(iter(results[name].values()))
        for contestant, best in results[name].items():
            rows.append([f"{name}: {contestant}", f"{best.cpu_s:.2f}", f"{best.spread * 100:.0f} %",
                         f"{speed[contestant]:.0f}", f"{sizes[name].lines / best.cpu_s / 1000:.0f}",
                         f"{best.rss_mb:.0f}", f"{best.cpu_s / ours.cpu_s:.2f}", f"{best.rss_mb / ours.rss_mb:.2f}"])
    return markdown_table(["corpus: program", "CPU s", "spread", "MB/s", "1000 lines/s", "RSS MB", "CPU, ratio",
                           "RSS, ratio"], rows)


def machine():
    model = platform.processor() or platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":")[1].strip()
            break
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    return f"{model}, {os.cpu_count()} cores, {system}, Linux {platform.release()}"


def conditions(options, those, missing):
    commit = subprocess.run(["git", "-C", contestants.ROOT, "describe", "--always", "--dirty"], capture_output=True,
                            text=True, check=False).stdout.strip()
    text = [f"{datetime.date.today()}, commit {commit or 'unknown'}; {machine()};\n"
            f"files of about {options.megabytes} MB, the least of {options.rounds} rounds.\n"]
    text += [f"- {contestant.name}: {contestant.version()}\n" for contestant in those]
    if missing:
        text.append(f"- not there, left out: {', '.join(missing)}\n")
    return text[0] + "\n" + "".join(text[1:])


def write_results(options, results, sizes, about):
    text = f"{about}\nIn brackets: CPU time as a multiple of the first program's.\n\n{overview(results, sizes)}\n"
    full = details(results, sizes)
    if options.markdown:
        pathlib.Path(options.markdown).write_text(text + full)
    svg = plot.bars("MB/s of one core, logarithmic; more is better", speeds(results, sizes))
    if options.svg:
        pathlib.Path(options.svg).write_text(svg)
    if options.write_docs:
        PICTURE.write_text(svg)
        before, _, rest = DOCUMENT.read_text().partition(BEGIN)
        _, end, after = rest.partition(END)
        if not end:
            sys.exit(f"compare: {DOCUMENT} lacks its two marks")
        picture = f"![MB/s by corpus and program]({PICTURE.relative_to(DOCUMENT.parent)})\n"
        DOCUMENT.write_text(f"{before}{BEGIN}\n\n{text}{picture}\n{full}\n{END}{after}")


def options_of(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", default=",".join(corpus.CORPORA), help="of these")
    parser.add_argument("--contestants", default="", help="only these, by name")
    parser.add_argument("--megabytes", type=int, default=155)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="default: the last")
    parser.add_argument("--folder", help="where the corpora are kept; default: a temporary one")
    parser.add_argument("--markdown", metavar="FILE")
    parser.add_argument("--svg", metavar="FILE")
    parser.add_argument("--write-docs", action="store_true", help="results go into docs/performance.md")
    options = parser.parse_args(arguments)
    options.corpora = options.corpora.split(",")
    unknown = set(options.corpora) - set(corpus.CORPORA)
    if unknown or options.rounds < 1:
        parser.error(f"no such corpus: {', '.join(unknown)}" if unknown else "at least one round")
    return options


def main():
    options = options_of(sys.argv[1:])
    there, missing = contestants.all_contestants(options.core)
    only = {name for name in options.contestants.split(",") if name}
    there = [contestant for contestant in there if not only or contestant.name in only]
    if missing:
        print(f"not there, left out: {', '.join(missing)}\n")
    if not there:
        sys.exit(f"compare: no program to run: build the preset release; given: {options.contestants or 'all'}")
    results, sizes = {}, {}
    with tempfile.TemporaryDirectory(prefix="apierrd-bench-") as temporary:
        kept = pathlib.Path(options.folder or temporary).resolve()
        kept.mkdir(exist_ok=True)
        work = pathlib.Path(temporary) / "work"
        work.mkdir()
        for name in options.corpora:
            path = kept / f"{name}.log"
            corpus.write(name, options.megabytes, path)
            size, lines = path.stat().st_size, corpus.lines(name)
            sizes[name] = Corpus(size, size // sum(map(len, lines)) * len(lines))
            those = [contestant for contestant in there if name in contestant.reads]
            results[name] = measure(name, path, those, options.rounds, work)
            print(details({name: results[name]}, sizes), flush=True)
            if not options.folder:
                path.unlink()
    print(overview(results, sizes))
    write_results(options, results, sizes, conditions(options, there, missing))


if __name__ == "__main__":
    main()
