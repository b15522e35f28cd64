#!/usr/bin/env python3
"""Random lines of every shape that `format: auto` knows, half of them damaged, against oracle_auto.

    differential_auto_test.py [--cases N] [--seed S]

A call is written in one of its shapes, put into a logger's line, wrapped as runtimes wrap lines, and
then perhaps cut, doubled, escaped once more, or its bytes changed. A file that differs is bisected to
the smallest input. The same seed gives the same lines.
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import auto_lines  # noqa: E402
import compare_replay  # noqa: E402
import oracle  # noqa: E402
import oracle_auto  # noqa: E402

LINES_PER_FILE = 1_500
FILES_TO_REPORT = 3


def replay(data, join_json):
    arguments = ["--format", "auto", *(["--join-json"] if join_json else [])]
    return compare_replay.replay(["-"], stdin=data, arguments=arguments)


def check(data, join_json, expected=None):
    """The differences on one log."""
    expected = expected or oracle_auto.count(data, join_json)
    try:
        return compare_replay.differences(replay(data, join_json), expected)
    except (compare_replay.ReplayFailed, subprocess.TimeoutExpired) as error:
        return [str(error)]


def smallest(data, join_json):
    """The fewest lines that still differ: halves first, then line by line."""
    lines = data.split(b"\n")
    step = max(1, len(lines) // 2)
    while step >= 1 and len(lines) > 1:
        at, smaller = 0, False
        while at < len(lines):
            rest = lines[:at] + lines[at + step:]
            if rest and check(b"\n".join(rest), join_json):
                lines, smaller = rest, True
            else:
                at += step
        step = step if smaller and step == 1 else step // 2
    return b"\n".join(lines)


def report(data, join_json):
    data = smallest(data, join_json)
    print(f"smallest input{' (joined)' if join_json else ''}: {data!r}")
    for record in oracle_auto.records_of(data, join_json):
        kind, what = oracle_auto.outcome(record, oracle.default_catalog())
        print(f"  oracle: {record.lines} line(s) {kind} {what}")
    for difference in check(data, join_json):
        print(f"  {difference}")


def main():
    parser = argparse.ArgumentParser(description="random lines in format auto against the oracle")
    is_long, is_slow = "APIERRD_LONG" in os.environ, "APIERRD_SLOW" in os.environ
    cases = 500_000 if is_long else 10_000 if is_slow else 50_000
    parser.add_argument("--cases", type=int, default=cases, help=f"lines to generate ({cases})")
    parser.add_argument("--seed", type=int, default=20261125, help="the same seed, the same lines")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, {arguments.cases} cases", flush=True)
    failures = made = number = 0
    counted = {"lines": 0, "records": 0, "errors": 0, "ignored": 0, "rejected": 0}
    while made < arguments.cases and failures < FILES_TO_REPORT:
        rng = random.Random(f"{arguments.seed} {number}")
        data = auto_lines.make_log(rng, min(LINES_PER_FILE, arguments.cases - made))
        join_json = number % 2 == 1
        expected = oracle_auto.count(data, join_json)
        made += expected["lines"]
        counted["lines"] += expected["lines"]
        counted["records"] += expected["records"]
        counted["errors"] += sum(row["count"] for row in expected["errors"])
        counted["ignored"] += sum(expected["ignored"].values())
        counted["rejected"] += sum(expected["rejected"].values())
        if check(data, join_json, expected):
            failures += 1
            print(f"file {number} of seed {arguments.seed} differs:")
            report(data, join_json)
        number += 1
    if failures:
        sys.exit(f"FAILED: {failures} files")
    print(f"OK: {counted}")


if __name__ == "__main__":
    main()
