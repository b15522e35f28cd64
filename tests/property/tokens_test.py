#!/usr/bin/env python3
"""Every short sequence of JSON tokens, alone and as a value within a call: nothing malformed passes.

Random damage rarely makes a line that is wrong only in its grammar; here all of them are tried. Each
length of each context is one file; `--tokens N` sets the longest sequence.
"""
import argparse
import itertools
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import compare_replay  # noqa: E402

TOKENS = [b"{", b"}", b"[", b"]", b":", b",", b'"a"', b"1"]


def escaped(text):
    return text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


CONTEXTS = {
    "a line": lambda text: text,
    "a value": lambda text: b'{"Response":{},"x":' + text + b"}",
    "an element": lambda text: b'{"Response":{},"x":[' + text + b"]}",
    "the rest of an envelope": lambda text: b'{"Response":{"x":1' + text,
    "an escaped response": lambda text: b'{"response":"' + escaped(text) + b'"}',
    "a value in one": lambda text: b'{"response":"%s"}' % escaped(b'{"Response":{"x":%s}}' % text),
}


def main():
    parser = argparse.ArgumentParser(description="all short sequences of JSON tokens")
    parser.add_argument("--tokens", type=int, default=5, help="the longest sequence (5)")
    longest = parser.parse_args().tokens
    lines = failures = 0
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "tokens.log"
        for name, context in CONTEXTS.items():
            for length in range(1, longest + 1):
                sequences = itertools.product(TOKENS, repeat=length)
                data = b"".join(context(b"".join(tokens)) + b"\n" for tokens in sequences)
                lines += len(TOKENS) ** length
                file.write_bytes(data)
                if compare_replay.check_files([file]):
                    failures += 1
                    print(f"{length} tokens as {name}:")
                    compare_replay.report_mismatch(data.removesuffix(b"\n"))
    if failures:
        sys.exit(f"FAILED: {failures} files")
    print(f"OK: {lines} lines")


if __name__ == "__main__":
    main()
