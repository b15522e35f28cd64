#!/usr/bin/env python3
"""Random lines, half of them damaged, against the oracle: both must count every file the same.

    differential_test.py [--cases N] [--seed S]

The generator knows the shape of a call and plays with everything JSON leaves open: order, escapes,
white space, duplicate keys, numbers, nesting, a response in a string. The mutators know which bytes
matter. A file that differs is bisected to the smallest line. The same seed gives the same lines.
"""
import argparse
import os
import pathlib
import random
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import compare_replay  # noqa: E402
import oracle  # noqa: E402

LINES_PER_FILE = 20_000
FILES_TO_REPORT = 5  # a bug shows in every file, a few are enough to see whether there are two

SERVICES = [
    "billing", "cvm", "cdb", "common", "sms", "aws/s3", "tencentcloud/cvm", "a/b/c", "Billing", "", " ", "计费", "s\x01", "\ud800",
]
ACTIONS = [
    "PayDeals", "RunInstances", "A", "B", "", " ", "é", "e\u0301", "\U0001f600", 'a"\\/b', "\udc00",
]
ODD_CODES = [
    "", " ", ".", "..", " . ", "a", "a.b.c", ".a", "a.", "a..b", "余额不足", "\0", "\ud800", "x\udfff",
    "\ufeff", "unknown", "internalerror", "InternalError.", "InternalError .", "InternalError..",
    "InternalErrorX", "OperationDenied.X", "InvalidFoo", "Invalid", "ResourcesSoldOut",
    "FailedOperation.PayPriceError.X.Y", "\u00a0InternalError", "\u3000InternalError",
    "InternalError\v", "DryRunOperation.X", "4000", "InternalError.InternalError", "A.BalanceInsufficient",
    "A.LoadBalanceInsufficient", "A.BALANCE_INSUFFICIENT", "X.Insufficient2Balance", "ResourcesSoldOut.S3Sold",
    "FailedOperation.RateLIMITExceeded", "Sold.Out", "Insufficient.Quota", "A.NoFreeAmountLoad.Balance",
]
HOSTS = [
    "cvm.tencentcloudapi.com", "CBS.Ap-Guangzhou.TencentCloudAPI.com",
    "https://sms.tencentcloudapi.com/", "http://a.b.tencentcloudapi.woa.com:8080/p?q#f",
    "c.gz.api.tencentyun.com/v2/index.php", "é.tencentcloudapi.com", ".tencentcloudapi.com",
    "tencentcloudapi.com", "xtencentcloudapi.com", "example.com", "10.0.0.1:80", "", "://",
    "cvm.tencentcloudapi.com.", "cvm.tencentcloudapi.com/x.api.tencentyun.com",
    "HTTPS://x.tencentcloudapi.com", "https://x.tencentcloudapi.com?Action=A",
    "x.tencentcloudapi.com/?to=https://y.tencentcloudapi.com",
]
TIMES = [
    '"2026-11-23T09:00:00.123Z"', '"2026-11-23 09:00:00"', "1795424400", "1795424400123", "1e999",
    "-1", "{}", '"x"', '"2026-02-30T00:00:00+08:00"', "null", '""', "1795424400.5", '"\\ud800"',
    "99999999999999999999", "-0", "true",
]
ATOMS = ["true", "false", "null", "0", "-0", "[]", "{}", '""', "[ ]", "{ }"]
NOT_ATOMS = [
    "NaN", "-Infinity", "Infinity", "nul", "True", "01", "1.", ".5", "+1", "-", "1e", "0x1", "''",
    "", "1 2",
]
BLANKS = ["", "", "", "", "", "", " ", "  ", "\t", "\r", " \t\r "]
CHARACTERS = [
    *"abcXYZ 0.,:{}[]'/", "é", "ÿ", "账", "户", "\u2028", "\ufeff", "\uffff", "\U0001f600",
    "\U0010ffff", "\x7f", '"', "\\", "\n", "\t", "\0", "\x1f", "\ud800", "\udbff", "\udc00",
    "\udfff",
]
SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f",
                 "\n": "\\n", "\r": "\\r", "\t": "\\t"}
NOTABLE_BYTES = [
    b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b" ", b"\t", b"\r", b"\n", b"\0", b"-", b"+",
    b".", b"e", b"E", b"0", b"1", b"9", b"u", b"n", b"t", b"/", b"'", b"\x0b", b"\x0c", b"\x1f",
    b"\x7f", b"\x80", b"\xbf", b"\xc0", b"\xc3", b"\xed", b"\xf4", b"\xff", b"\\u", b"\\ud800",
    b"\\udc00", b"\\u0000", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"null", b"NaN", b"true", b"1e999",
    b"{}", b"[]", b'""', b'"Response":', b'"Error":', b'"Code":', b'"response":', b"//",
]


class Generator:
    """Random lines; all randomness comes from rng."""

    def __init__(self, rng, codes):
        self.rng = rng
        self.codes = codes

    # ------------------------------------------------------------------------------- any JSON text

    def blank(self):
        return self.rng.choice(BLANKS)

    def string(self, text):
        """text as a JSON string, each character escaped in one of the ways there are."""
        rng = self.rng
        plain = rng.random() < 0.7  # most writers escape only what they must
        return '"' + "".join(self.character(char, plain) for char in text) + '"'

    def character(self, char, plain):
        must = char in '"\\' or char < " " or "\ud800" <= char <= "\udfff"
        if plain and not must:
            return char
        if char in SHORT_ESCAPES and self.rng.random() < 0.7:
            return SHORT_ESCAPES[char]
        if not must and self.rng.random() < 0.6:
            return char
        units = char.encode("utf-16-be", "surrogatepass").hex()
        units = units.upper() if self.rng.random() < 0.5 else units
        return "".join("\\u" + units[at:at + 4] for at in range(0, len(units), 4))

    def text(self):
        rng = self.rng
        return "".join(rng.choices(CHARACTERS, k=rng.choice((0, 1, 2, 5, 12, 70))))

    def number(self):
        rng = self.rng
        text = rng.choice(("", "-")) + str(rng.getrandbits(rng.choice((1, 8, 32, 64, 65, 200))))
        if rng.random() < 0.4:
            text += "." + str(rng.getrandbits(rng.choice((4, 64))))
        if rng.random() < 0.3:
            text += rng.choice("eE") + rng.choice(("", "+", "-")) + str(rng.getrandbits(10))
        return text

    def value(self, depth=0):
        """Any JSON value; now and then none."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.02:
            return rng.choice(NOT_ATOMS)
        if kind < 0.25 or depth > 6:
            return rng.choice(ATOMS)
        if kind < 0.45:
            return self.number()
        if kind < 0.7:
            return self.string(self.text())
        if kind < 0.85:
            return self.array([self.value(depth + 1) for _ in range(rng.randrange(4))])
        members = [(self.any_key(), self.value(depth + 1)) for _ in range(rng.randrange(4))]
        return self.object(members)

    def any_key(self):
        if self.rng.random() < 0.5:
            return self.rng.choice(("Error", "Code", "Response", "response", "service", "x", ""))
        return self.text()

    def array(self, values):
        blank = self.blank
        return "[" + blank() + (blank() + "," + blank()).join(values) + blank() + "]"

    def object(self, members):
        blank = self.blank
        parts = [self.string(key) + blank() + ":" + blank() + value for key, value in members]
        return "{" + blank() + (blank() + "," + blank()).join(parts) + blank() + "}"

    # ------------------------------------------------------------------------------------- a call

    def members(self, likely):
        """(key, value maker, probability) -> members: some left out, some twice, in any order."""
        rng = self.rng
        members = [
            (key, make() if rng.random() < 0.95 else self.value())
            for key, make, probability in likely
            for _ in range(1 + (rng.random() < 0.04))
            if rng.random() < probability
        ]
        while rng.random() < 0.3:
            members.append((self.any_key(), self.value(3)))
        if rng.random() < 0.7:
            rng.shuffle(members)
        return members

    def name(self, names):
        rng = self.rng
        return self.string(rng.choice(names[:4]) if rng.random() < 0.8 else rng.choice(names))

    def code(self):
        rng = self.rng
        code = rng.choice(self.codes) if rng.random() < 0.7 else rng.choice(ODD_CODES)
        kind = rng.random()
        if kind < 0.1:
            code = rng.choice((" ", "\t", "\n", "")) + code
            code += rng.choice((" ", ".", ". ", " .", "..", "\r\n"))
        elif kind < 0.2:
            code += rng.choice((".New", ".a.b", "X", ".", "\u00a0"))
        elif kind < 0.25 and code:
            code = code.swapcase()
        return self.string(code)

    def error(self):
        members = [("Code", self.code, 0.95), ("Message", self.message, 0.7)]
        return self.object(self.members(members))

    def message(self):
        return self.string(self.text())

    def envelope(self):
        return self.object(self.members([
            ("Error", self.error, 0.5),
            ("RequestId", self.message, 0.6),
            ("Data", self.value, 0.3),
        ]))

    def response_object(self):
        return self.object(self.members([("Response", self.envelope, 0.97)]))

    def response(self):
        rng = self.rng
        text = self.response_object()
        if rng.random() < 0.6:
            return text
        if rng.random() < 0.1:
            text = mutate(text.encode("utf-8", "surrogatepass"), rng).decode("utf-8", "replace")
        before = rng.choice(("", "", "", " ", "\n", "\ufeff"))
        after = rng.choice(("", "", "", " ", "\n", "x", "\0"))
        return self.string(before + text + after)

    def request(self):
        return self.object(self.members([("host", self.host, 0.8)]))

    def host(self):
        return self.string(self.rng.choice(HOSTS))

    def document(self):
        rng = self.rng
        kind = rng.random()
        if kind < 0.04:
            return self.value()
        service = 0.8 if rng.random() < 0.7 else 0.1
        bare = kind < 0.2
        return self.object(self.members([
            ("time", lambda: rng.choice(TIMES), 0.5),
            ("service", lambda: self.name(SERVICES), service),
            ("action", lambda: self.name(ACTIONS), 0.8),
            ("latency_ms", lambda: rng.choice((self.number(), *TIMES)), 0.3),
            ("host", self.host, 0.15),
            ("request", self.request, 0.15),
            ("endpoint", self.host, 0.15),
            ("Response" if bare else "response", self.envelope if bare else self.response, 0.95),
            ("Response", self.envelope, 0.03),
        ]))

    def line(self):
        rng = self.rng
        text = self.blank() + self.document() + self.blank()
        # Strings escape their lone surrogates, so only a mutation can make invalid UTF-8.
        line = text.encode("utf-8")
        if rng.random() < 0.5:
            for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
                line = mutate(line, rng)
        elif rng.random() < 0.01:
            deep = rng.randrange(oracle.MAX_DEPTH - 3, oracle.MAX_DEPTH + 4)
            array = b"[" * deep + b"]" * deep
            line = rng.choice((b"", b" ", b"\t\r", oracle.BOM, b"\0", array, array[:-1]))
        return line


def mutate(line, rng):
    """One small change of bytes, preferably where JSON cares."""
    start = rng.randrange(len(line) + 1)
    end = min(len(line), start + rng.choice((1, 1, 1, 2, 4, 16)))
    kind = rng.randrange(6)
    if kind == 0:
        return line[:start] + rng.choice(NOTABLE_BYTES) + line[start:]
    if kind == 1:
        return line[:start] + line[end:]
    if kind == 2:
        new = rng.choice(NOTABLE_BYTES) if rng.random() < 0.8 else bytes([rng.randrange(256)])
        return line[:start] + new + line[end:]
    if kind == 3:
        return line[:end] + line[start:end] + line[end:]
    if kind == 4:
        other = rng.randrange(len(line) + 1)
        first, second = sorted((start, other))
        middle = (first + second) // 2
        return line[:first] + line[middle:second] + line[first:middle] + line[second:]
    return line[:start] if rng.random() < 0.5 else line[start:]


def make_file(seed, number, lines, codes):
    rng = random.Random(f"{seed} {number}")
    generator = Generator(rng, codes)
    made = [generator.line() for _ in range(lines)]
    ends = rng.choices((b"\n", b"\r\n"), weights=(9, 1), k=lines)
    data = b"".join(line + end for line, end in zip(made, ends))
    if rng.random() < 0.3:
        data = oracle.BOM + data
    if rng.random() < 0.5:
        data = data.removesuffix(b"\n")
    return data


def all_codes():
    return sorted(oracle.default_catalog().all_codes())


def main():
    parser = argparse.ArgumentParser(description="random lines against the oracle")
    is_long, is_slow = "APIERRD_LONG" in os.environ, "APIERRD_SLOW" in os.environ
    cases = 1_000_000 if is_long else 25_000 if is_slow else 100_000
    parser.add_argument("--cases", type=int, default=cases, help=f"lines to generate ({cases})")
    parser.add_argument("--seed", type=int, default=20261123, help="the same seed, the same lines")
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}, {arguments.cases} cases", flush=True)
    codes = all_codes()
    failures = 0
    counted = {"records": 0, "ignored": 0, "rejected": 0}
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "random.log"
        for number, first in enumerate(range(0, arguments.cases, LINES_PER_FILE)):
            lines = min(LINES_PER_FILE, arguments.cases - first)
            data = make_file(arguments.seed, number, lines, codes)
            file.write_bytes(data)
            expected = oracle.count([data])
            counted["records"] += expected["records"]
            counted["ignored"] += sum(expected["ignored"].values())
            counted["rejected"] += sum(expected["rejected"].values())
            if compare_replay.check_files([file]):
                failures += 1
                print(f"file {number} of seed {arguments.seed} differs:")
                compare_replay.report_mismatch(data)
            if failures == FILES_TO_REPORT:
                break
    if failures:
        sys.exit(f"FAILED: {failures} files")
    print(f"OK: {arguments.cases} cases: {counted}")


if __name__ == "__main__":
    main()
