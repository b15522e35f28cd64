#!/usr/bin/env python3
"""Responses found in the wild and in the vendor's examples: program and oracle agree on them.

The collection is the shared data beside the repository; without it the test is skipped. Each sample
that is a whole document with a `Response` object stands alone, as the response of a call, and as
the response in a string.
"""
import json
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import compare_replay  # noqa: E402


def samples(path):
    """(service, one-line document) of each whole sample."""
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        try:
            document = json.loads(entry["raw"])
        except ValueError:
            continue  # most are texts: SDK messages, log lines, cut pastes
        if isinstance(document, dict) and isinstance(document.get("Response"), dict):
            yield entry["service"], one_line(entry["raw"])


def one_line(raw):
    """The sample as found, only the line breaks gone: valid JSON has them between tokens only."""
    return raw.replace("\r", " ").replace("\n", " ")


def wrapped(service, number, response):
    head = {"time": "2026-11-23T09:00:00.123Z", "service": service, "action": f"Action{number % 7}"}
    return json.dumps(head, ensure_ascii=False)[:-1] + ', "response": ' + response + "}"


def main():
    found = list(samples(compare_replay.shared_data("real-responses.jsonl")))
    if not found:
        sys.exit("FAILED: no sample is a whole response: is the collection another one?")
    lines = []
    for number, (service, document) in enumerate(found):
        lines.append(document)
        lines.append(wrapped(service, number, document))
        for ascii_only in (True, False):
            text = json.dumps(document, ensure_ascii=ascii_only)
            lines.append(wrapped(service, number, text))
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "samples.log"
        file.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        differences = compare_replay.check_files([file])
        calls = compare_replay.replay([file])["records"] if not differences else 0
    if differences:
        print("\n".join(differences))
        compare_replay.report_mismatch("\n".join(lines).encode())
        sys.exit("FAILED")
    if calls != len(lines):
        sys.exit(f"FAILED: {len(lines)} lines, each a call, but {calls} were counted")
    print(f"OK: {len(found)} samples, {len(lines)} lines")


if __name__ == "__main__":
    main()
