#!/usr/bin/env python3
"""Runs `$APIERRD_BIN replay --output json FILE...` and the oracle on the same files and compares.

    APIERRD_BIN=build/dev/apierrd compare_replay.py FILE...    says per file where they differ

Importable: replay(), differences(), check_files() and smallest_mismatch() serve the tests.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import oracle

SKIPPED = 77  # the exit code CTest takes for "skipped"
REPLAY_TIMEOUT_SECONDS = 300


class ReplayFailed(Exception):
    """The program did not print one well-formed object and exit 0."""


def binary():
    path = os.environ.get("APIERRD_BIN")
    if not path:
        sys.exit("APIERRD_BIN: not set: it must name the apierrd program to test")
    if not os.access(path, os.X_OK):
        sys.exit(f"APIERRD_BIN: {path}: not an executable file")
    return path


def shared_data(name):
    """A file of the shared data beside the repository; a checkout without it skips the test."""
    path = oracle.REPO.parent / "shared" / "data" / name
    if not path.is_file():
        print(f"SKIP: no shared data {name}")
        sys.exit(SKIPPED)
    return path


def replay(files, source=None, stdin=None, arguments=()):
    """What the program prints for these files, parsed; duplicate keys are an error here."""
    command = [binary(), "replay", "--output", "json", *arguments]
    if source is not None:
        command += ["--source", source]
    command += [str(file) for file in files]
    result = subprocess.run(
        command,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=REPLAY_TIMEOUT_SECONDS,
        check=False,
    )
    said = result.stderr.decode("utf-8", "replace")[-4000:]
    if result.returncode != 0:
        raise ReplayFailed(f"exit code {result.returncode} for {command[1:]}\n{said}")
    try:
        return json.loads(result.stdout, object_pairs_hook=unique_keys)
    except ValueError as error:  # also wrong UTF-8
        raise ReplayFailed(f"printed no JSON: {error}: {result.stdout[:300]!r}\n{said}") from None


def unique_keys(pairs):
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError(f"duplicate keys in {[key for key, _ in pairs]}")
    return result


# --------------------------------------------------------------------------------------- comparison

def differences(actual, expected):
    """Readable lines, one per value that differs; empty when the two say the same."""
    found = inconsistencies(actual)
    actual, expected = tolerate_depth(actual, expected)
    for key in expected | actual:
        if key not in actual:
            found.append(f"{key}: missing, expected {expected[key]!r}")
        elif key not in expected:
            found.append(f"{key}: not in the contract, is {actual[key]!r}")
        elif isinstance(expected[key], list):
            found += row_differences(key, actual[key], expected[key])
        elif isinstance(expected[key], dict):
            found += reason_differences(key, actual[key], expected[key])
        elif not same(actual[key], expected[key]):
            found.append(f"{key}: got {actual[key]!r}, expected {expected[key]!r}")
    return found


def same(left, right):
    return type(left) is type(right) and left == right  # True == 1 == 1.0 in Python, not in JSON


def row_differences(key, actual, expected):
    if list(map(canonical, actual)) == list(map(canonical, expected)):
        return []
    got, wanted = set(map(canonical, actual)), set(map(canonical, expected))
    found = [f"{key}: got      {row}" for row in sorted(got - wanted)]
    found += [f"{key}: expected {row}" for row in sorted(wanted - got)]
    return found or [f"{key}: the same rows, but duplicated or not sorted by their keys"]


def canonical(row):
    return json.dumps(row, sort_keys=True, ensure_ascii=False)


def reason_differences(key, actual, expected):
    reasons = sorted(actual | expected)
    return [
        f"{key}: {reason}: got {actual.get(reason)!r}, expected {expected.get(reason)!r}"
        for reason in reasons
        if not same(actual.get(reason), expected.get(reason))
    ]


def tolerate_depth(actual, expected):
    """A line nested too deep may be invalid_json, too: the oracle looks only at its depth."""
    deep = expected["rejected"].get("too_deep", 0)
    said = actual.get("rejected", {}).get("too_deep", 0)
    if said >= deep:
        return actual, expected
    rejected = dict(expected["rejected"])
    rejected["too_deep"] = said
    rejected["invalid_json"] = rejected.get("invalid_json", 0) + deep - said
    return actual, expected | {"rejected": {k: n for k, n in rejected.items() if n}}


def inconsistencies(actual):
    """Nothing is dropped without being counted: sums that hold for any input."""
    try:
        ignored, rejected = sum(actual["ignored"].values()), sum(actual["rejected"].values())
        sums = {
            "lines = lines_with_records + ignored + rejected":
                (actual["lines"], actual["lines_with_records"] + ignored + rejected),
            "records = sum of calls":
                (actual["records"], sum(row["count"] for row in actual["calls"])),
        }
    except (KeyError, TypeError, AttributeError) as error:
        return [f"shape: {error!r}"]
    return [f"{rule}: {left} != {right}" for rule, (left, right) in sums.items() if left != right]


def check_files(files, source="replay"):
    """The differences for some files replayed in one run."""
    expected = oracle.count([oracle.read_file(str(file)) for file in files], source)
    try:
        return differences(replay(files, source), expected)
    except (ReplayFailed, subprocess.TimeoutExpired) as error:
        return [str(error)]


# ---------------------------------------------------------------------------------------- bisecting

def smallest_mismatch(data):
    """Of an input on which the two differ: the lines that show it, if possible one, and how."""
    lines = data.split(b"\n")  # not splitlines(): a CR ends no line
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "part.log"

        def differ(part):
            file.write_bytes(b"\n".join(part) + b"\n")
            return check_files([file])

        while len(lines) > 1:
            half = len(lines) // 2
            for part in (lines[:half], lines[half:]):
                if differ(part):
                    lines = part
                    break
            else:
                break  # only the halves together show it
        return lines, differ(lines)


def report_mismatch(data):
    lines, found = smallest_mismatch(data)
    if len(lines) == 1:
        print(f"smallest line: {lines[0]!r}")
        print(f"the oracle says: {[oracle.outcome(line) for line in oracle.split_lines(lines[0])]}")
    else:
        print(f"no single line shows it, these {len(lines)} do together; the first: {lines[0]!r}")
    for difference in found:
        print(f"  {difference}")


def main():
    failed = 0
    for name in sys.argv[1:]:
        found = check_files([name])
        failed += bool(found)
        for difference in found:
            print(f"{name}: {difference}")
    if failed:
        sys.exit(1)
    print(f"OK: {len(sys.argv) - 1} files")


if __name__ == "__main__":
    main()
