#!/usr/bin/env python3
"""Small hand-written logs, one topic each, against what replay must print for them.

    APIERRD_BIN=build/dev/apierrd golden_test.py [CASE...]
    golden_test.py --refresh        rewrites the expectations, then review the diff

cases/NAME.log is the input, cases/NAME.json the expectation; cases/NAME.args holds arguments of replay
if it needs some. The program must say it, and so must the oracle. A refresh takes the oracle's word,
never the program's: a bug would bless itself.
"""
import argparse
import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import compare_replay  # noqa: E402
import oracle  # noqa: E402
import oracle_auto  # noqa: E402

CASES = HERE / "cases"


def expectation_text(expected):
    """JSON with one row a line: a diff of it shows calls and codes, not braces."""
    lines = []
    for key, value in expected.items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list) and value:
            rows = [json.dumps(row, ensure_ascii=False) for row in value]
            text = "[\n    " + ",\n    ".join(rows) + "\n  ]"
        lines.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def arguments_of(case):
    file = case.with_suffix(".args")
    return file.read_text(encoding="utf-8").split() if file.exists() else []


def oracle_count(case):
    arguments = arguments_of(case)
    if not arguments:
        return oracle.count([case.read_bytes()])
    if set(arguments) - {"--format", "auto", "--join-json"}:
        sys.exit(f"{case.stem}.args: the oracles know --format auto and --join-json only")
    return oracle_auto.count(case.read_bytes(), "--join-json" in arguments)


def refresh(cases):
    for case in cases:
        case.with_suffix(".json").write_text(expectation_text(oracle_count(case)), encoding="utf-8")
    print(f"OK: {len(cases)} expectations written; review the diff")


def check(case):
    """The differences of one case, each saying who differs."""
    try:
        expected = json.loads(case.with_suffix(".json").read_bytes())
    except (OSError, ValueError) as error:
        return [f"expectation: {error}"]
    found = [] if oracle_count(case) == expected else ["oracle: differs, golden_test.py --refresh?"]
    try:
        actual = compare_replay.replay([case], arguments=arguments_of(case))
    except (compare_replay.ReplayFailed, subprocess.TimeoutExpired) as error:
        return [*found, f"program: {error}"]
    return found + [f"program: {text}" for text in compare_replay.differences(actual, expected)]


def main():
    parser = argparse.ArgumentParser(description="golden logs against replay")
    parser.add_argument("--refresh", action="store_true", help="rewrite expectations (oracle)")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="names, all by default")
    arguments = parser.parse_args()
    cases = [CASES / f"{name}.log" for name in arguments.cases] or sorted(CASES.glob("*.log"))
    if arguments.refresh:
        refresh(cases)
        return
    failures = 0
    for case in cases:
        found = check(case)
        failures += bool(found)
        for difference in found:
            print(f"{case.name}: {difference}")
    for orphan in sorted([*CASES.glob("*.json"), *CASES.glob("*.args")]):
        if not orphan.with_suffix(".log").exists():
            failures += 1
            print(f"{orphan.name}: belongs to no log")
    if failures:
        sys.exit(f"FAILED: {failures} of {len(cases)} cases")
    print(f"OK: {len(cases)} golden cases")


if __name__ == "__main__":
    main()
