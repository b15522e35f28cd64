#!/usr/bin/env python3
"""What is too large to check in (line length, depth), and the ways input reaches replay.

Every case is made here, replayed, and compared to the oracle's count of the same bytes.
"""
import gzip
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import compare_replay  # noqa: E402
import oracle  # noqa: E402

LIMIT = oracle.MAX_LINE_BYTES
GOOD = b'{"service":"cvm","action":"Neighbour","response":{"Response":{}}}'
FAILED = b'{"service":"cvm","action":"Neighbour","Response":{"Error":{"Code":"InternalError"}}}'


def of_length(length, head=b'{"service":"cvm","action":"Long","pad":"', tail=b'","Response":{}}'):
    return head + b"x" * (length - len(head) - len(tail)) + tail


def nested(depth, tail=b""):
    return b"[" * depth + b"]" * depth + tail


def lines(*parts):
    """The parts as lines, a known call before and after each: a monster must not swallow those."""
    return b"".join(GOOD + b"\n" + part + b"\n" for part in parts) + GOOD + b"\n"


MANY_KEYS = b"".join(b',"k%d":%d' % (number, number) for number in range(50000))

CASES = {
    "line of exactly the limit": lines(of_length(LIMIT)),
    "line one byte over the limit": lines(of_length(LIMIT + 1)),
    "limit plus CR": lines(of_length(LIMIT) + b"\r"),
    "limit plus two CR": lines(of_length(LIMIT) + b"\r\r"),
    "over the limit plus CR": lines(of_length(LIMIT + 1) + b"\r"),
    "line far over the limit": lines(of_length(5 * LIMIT + 12345)),
    "two over the limit in a row": b"x" * (LIMIT + 1) + b"\n" + b"x" * (LIMIT * 2) + b"\n" + GOOD,
    "over the limit, no newline": lines() + of_length(LIMIT + 1),
    "limit, no newline": lines() + of_length(LIMIT),
    "limit and CR, no newline": lines() + of_length(LIMIT) + b"\r",
    "BOM and a line of the limit": oracle.BOM + of_length(LIMIT) + b"\n" + GOOD + b"\n",
    "BOM and a line over it": oracle.BOM + of_length(LIMIT + 1) + b"\n" + GOOD + b"\n",
    "blank of the limit": lines(b" " * LIMIT),
    "blank over the limit": lines(b" " * (LIMIT + 1)),
    "blank over the limit but its last byte": lines(b" " * (2 * LIMIT) + b"x"),
    "over the limit and no UTF-8": lines(b"\xff" * (LIMIT + 1)),
    "limit and no UTF-8 at its end": lines(b"x" * (LIMIT - 1) + b"\xff"),
    "NUL to the limit and over": lines(b"\0" * LIMIT, b"\0" * (LIMIT + 1)),
    "long response string": lines(
        of_length(LIMIT, b'{"action":"Long","response":"{\\"Response\\":{\\"x\\":\\"', b'\\"}}"}')
    ),
    "long code": lines(
        of_length(LIMIT // 2, b'{"action":"Long","Response":{"Error":{"Code":"', b'"}}}')
    ),
    "many keys": lines(b'{"Response":{},"action":"Many"%s}' % MANY_KEYS),
    "many duplicates of one key": lines(b'{%s"Response":{}}' % (b'"Response":1,' * 50000)),
    "depth 1024 and 1025": lines(nested(1024), nested(1025)),
    "only openers": lines(b"[" * LIMIT, b'{"a":' * (LIMIT // 5), b"[" * (LIMIT + 1)),
    "deep and cut": lines(nested(3000)[:-1], nested(1024)[:-1], nested(1024, b"]")),
    "unclosed string of brackets": lines(b'"' + b"[" * 5000, b'{"a":"' + b"{" * 5000),
    "many small lines": GOOD.join([b"\n"] * 50000),
    "only newlines": b"\n" * 300000,
    "a lot of both": (GOOD + b"\r\n" + FAILED + b"\nbroken\n\n") * 10000,
}


def deep_response(depth):
    """An escaped response this deep: object, Response, arrays."""
    inner = b'{\\"Response\\":{\\"x\\":%s}}' % nested(depth - 2)
    return b'{"service":"cvm","action":"Deep","response":"%s"}' % inner


def check_bytes(folder):
    found = {}
    file = folder / "case.log"
    for name, data in CASES.items():
        file.write_bytes(data)
        found[name] = compare_replay.check_files([file])
    return found


def check_deep_response(folder):
    """A response string nested too deep: which of two reasons it gets is left to the program."""
    file = folder / "deep.log"
    file.write_bytes(lines(deep_response(1024), deep_response(1025)))
    actual = compare_replay.replay([file])
    reasons = actual["rejected"]
    fine = actual["records"] == 4 and reasons in ({"too_deep": 1}, {"invalid_response": 1})
    return [] if fine else [f"expected 4 calls and one rejected line, got {actual}"]


def check_inputs(folder):
    """Several files, packed files, standard input and another source name give the same counts."""
    data = [lines(FAILED) * 50, GOOD, oracle.BOM + lines(b"broken"), b""]
    files = []
    for number, content in enumerate(data):
        files.append(folder / f"input {number}.log")
        files[-1].write_bytes(content)
    expected = oracle.count(data, "some source")
    found = {"several files": against(expected, files, "some source")}
    # The last line of a file ends there: the first of the next one does not go on with it.
    pair = [files[1], files[1]]
    found["a file without final newline, twice"] = against(oracle.count([GOOD, GOOD]), pair, None)
    found["standard input"] = against(oracle.count(data[:1]), ["-"], None, data[0])
    found["standard input, empty"] = against(oracle.count([b""]), ["-"], None, b"")
    found["source in UTF-8"] = against(oracle.count(data[:1], "计费"), files[:1], "计费")
    return found | check_packed(folder, data[0])


def check_packed(folder, data):
    expected = oracle.count([data])
    packed = {
        "gzip": (".gz", gzip.compress(data)),
        "gzip of several members": (".gz", gzip.compress(data[:777]) + gzip.compress(data[777:])),
        "gzip of nothing": (".gz", gzip.compress(b"")),
    }
    if shutil.which("zstd"):
        frames = [zstd(data[:777]), zstd(data[777:])]
        packed["zstd"] = (".zst", zstd(data))
        packed["zstd of several frames"] = (".zst", b"".join(frames))
    else:
        print("note: no zstd program here, .zst is not tested")
    found = {}
    for name, (suffix, content) in packed.items():
        file = folder / f"packed.log{suffix}"
        file.write_bytes(content)
        wanted = oracle.count([b""]) if name.endswith("nothing") else expected
        found[name] = against(wanted, [file], None)
    return found


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout


def against(expected, files, source, stdin=None):
    try:
        return compare_replay.differences(compare_replay.replay(files, source, stdin), expected)
    except (compare_replay.ReplayFailed, subprocess.TimeoutExpired) as error:
        return [str(error)]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        found = check_bytes(folder) | check_inputs(folder)
        try:
            found["deep response string"] = check_deep_response(folder)
        except (compare_replay.ReplayFailed, subprocess.TimeoutExpired) as error:
            found["deep response string"] = [str(error)]
    failed = {case: differences for case, differences in found.items() if differences}
    for case, differences in failed.items():
        for difference in differences:
            print(f"{case}: {difference[:2000]}")
    if failed:
        sys.exit(f"FAILED: {len(failed)} of {len(found)} cases")
    print(f"OK: {len(found)} cases")


if __name__ == "__main__":
    main()
