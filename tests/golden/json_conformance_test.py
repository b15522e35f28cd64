#!/usr/bin/env python3
"""JSON by the RFC's grammar: what must be accepted (y), refused (n), and what the RFC leaves open (i).

    APIERRD_BIN=build/dev/apierrd json_conformance_test.py

Each value stands at several places of a call's line. A family must be judged as its name says in a
place no field needs; what becomes of the line at every place must be what the oracle says, whose
JSON is Python's. Differences from Python are the contract's: no NaN, a limit of depth, a byte order
mark only at the start of a file.
"""
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import compare_replay  # noqa: E402
import oracle  # noqa: E402

CASES_MIN = 300
BACKSLASH = b"\\"


def deep(opening, closing, depth, core=b""):
    return opening * depth + core + closing * depth


# The place "pad" is itself one level down.
ROOM = oracle.MAX_DEPTH - 1

Y_STRUCTURE = [
    b"[]", b"{}", b"[ ]", b"{ }", b"[\t]", b"{\r}", b" [] ", b"[[]]", b"[{}]", b'{"":{}}', b"[[],[]]",
    b"[1,2,3]",
    b"[ 1 , 2 ]", b'{"a":1,"b":2}', b'{ "a" : 1 , "b" : 2 }', b'{"a":[{"b":[{}]}]}', b"[null,true,false]",
    b"[[[[[[[[[[]]]]]]]]]]", b'{"":""}', b'{"a":{"a":{"a":{}}}}', b'["",{"":[]},""]', b"true", b"false",
    b"null",
    b"[true,[false,[null]]]", b'[{"a":1},{"a":2}]', b"\t\r null \r\t", b'{"a":null,"a":null}',
    b'{"a":1,"a":2,"\\u0061":3}', b'{"__proto__":{}}', b'{"a b":"c:d,e"}', b'["[","{","]","}",":",","]',
    deep(b"[", b"]", ROOM), deep(b'{"a":', b"}", ROOM, b"1"), deep(b"[", b"]", ROOM - 1, b"1"),
    b"[" + deep(b"[", b"]", ROOM - 1) + b"," + deep(b"[", b"]", ROOM - 1) + b"]",
    b"[" + b"[]," * 3000 + b"[]]",
    b'"' + b"[" * 900 + b'"', b'"' + b'\\"[' * 900 + b'"',
]
Y_NUMBERS = [
    b"0", b"-0", b"1", b"-1", b"10", b"123456789", b"0.0", b"-0.0", b"0.1", b"1.0", b"1.50", b"-1.5", b"0e0",
    b"0E0",
    b"1e1", b"1E1", b"1e+1", b"1e-1", b"1E+1", b"1E-1", b"0e+1", b"0.1e2", b"1.25E-10", b"1e0", b"1e01",
    b"1e00",
    b"9007199254740993", b"18446744073709551615", b"18446744073709551616", b"-9223372036854775809",
    b"4294967296",
    b"0.000000000000000000000000000000000001", b"123456789012345678901234567890", b"[0,-0,1e5]", b"20e1",
]
Y_STRINGS = [
    b'""', b'"a"', b'" "', b'"\\""', b'"\\\\"', b'"\\/"', b'"\\b\\f\\n\\r\\t"', b'"/"', b'"\\u0061"',
    b'"\\u00E9"',
    b'"\\u00e9"', b'"\\u0000"', b'"\\u001f"', b'"\\u0022"', b'"\\u005C"', b'"\\uFFFF"', b'"\\uFFFE"',
    b'"\\uFDD0"',
    b'"\\uD834\\uDD1E"', b'"\\ud834\\udd1e"', b'"\\uDBFF\\uDFFF"', b'"\\uD800\\uDC00"', b'"\\\\u0041"',
    b'"\\\\\\""',
    b'"\\\\\\\\"', b'"\x7f"', b'"\xc2\x80"', b'"\xdf\xbf"', b'"\xe0\xa0\x80"', b'"\xed\x9f\xbf"',
    b'"\xee\x80\x80"',
    b'"\xef\xbf\xbf"', b'"\xf0\x90\x80\x80"', b'"\xf4\x8f\xbf\xbf"', b'"\xef\xbb\xbf"', b'"a\xef\xbb\xbfb"',
    b'"\xe2\x80\xa8\xe2\x80\xa9"', b'"\xe8\xb4\xa6\xe6\x88\xb7"', b"\"'\"", b'"// no comment"',
    b'"/* none */"', b'"NaN"',
    b'"null"', b'"' + b"a" * 70000 + b'"', b'"' + b"\\\\" * 33 + b'"', b'"' + b"\\u0041" * 100 + b'"',
    b'"{}"', b'"a\\nb"',
]
Y_KEYS = [
    b'{"\\u0045rror":1}', b'{"Resp\\u006Fnse":2}', b'{"\\u0000":1}', b'{"\\"":1}', b'{"\\\\":1}',
    b'{"\xc3\xa9":1}', b'{"/":1}',
    b'{"\\/":1}', b'{"\\ud834\\udd1e":1}', b'{"a":1,"\\u0061":[]}', b'{" a ":1}', b'{"0":0}',
]

N_STRUCTURE = [
    b"[", b"]", b"{", b"}", b"[}", b"{]", b"[[]", b"[]]", b"{}}", b"[,]", b"[1,]", b"[,1]", b"[1,,2]",
    b"[1 2]", b"[1:2]",
    b"{,}", b'{"a"}', b'{"a":}', b'{"a":1,}', b'{,"a":1}', b'{"a":1,,"b":2}', b'{"a" 1}', b'{"a"::1}',
    b'{"a":1 "b":2}', b'{:1}',
    b"{1:1}", b"{a:1}", b"{'a':1}", b"{null:1}", b"{[]:1}", b'{"a":1:2}', b'{"a","b"}', b'["a":1]', b"[] []",
    b"{} 1", b"[]x", b"1 2",
    b'{"a":"b":1}', b'["a" "b"]', b"[1]]", b'{"a":[}]}', b"[{]}", b"(1)", b"<a>", b"[*]", b"[\\]", b"[1;2]",
    b"[a]", b"#", b"[1]//c",
    b"/**/[1]", b"[1/**/]", b"--", b"[", b'{"a":[1,2', b"\xef\xbb\xbf[]", b"[\xef\xbb\xbf]",
    b"[1,\xc2\xa0 2]", b"[\x0b]", b"[\x0c1]",
    b"[\x001]", b"\x00", b"[]\x00", b"[\x1f]", b"[\x7f]", b"[\xe2\x80\x8b]", b"[\xe3\x80\x80]", b"True",
    b"FALSE", b"Null", b"nul", b"tru",
    b"fals", b"nulll", b"truee", b"true false", b"[truefalse]", b"undefined", b"t\\u0072ue", b"",
]
N_NUMBERS = [
    b"+1", b"01", b"-01", b"00", b"-", b"+", b".5", b"-.5", b"1.", b"-1.", b"1.e1", b"0.e1", b"1e", b"1e+",
    b"1E-", b"1ee1", b"1e1.5",
    b"1.2.3", b"1..2", b"--1", b"-+1", b"1-", b"1+1", b"0x10", b"0b1", b"0o7", b"1_000", b"1,000.5.", b"1a",
    b"1f", b"1e5x", b"NaN", b"-NaN",
    b"nan", b"Infinity", b"-Infinity", b"inf", b"1 e5", b"1e 5", b"- 1", b"\xd9\xa1", b"\xef\xbc\x91",
    b"0.1.", b"9.e+", b"1\x00", b"e1",
    b"0e", b"0e+", b"0E-x", b"012.5", b"1.5.e", b"1\\u0030", b"-x", b"[-]", b"[1.]", b"[01]", b"2.e3", b"-2.",
    b"1e1e1", b"\xe2\x88\x921",
]
N_STRINGS = [
    b'"', b'"a', b'a"', b'"\\"', b'"\\', b'"\\x41"', b'"\\a"', b'"\\v"', b'"\\0"', b'"\\\'"', b'"\\U0041"',
    b'"\\u"', b'"\\u0"', b'"\\u00"',
    b'"\\u004"', b'"\\u004g"', b'"\\u 041"', b'"\\u-041"', b'"\\u+041"', b'"\\u00\\u0041"', b'"\\ud834\\u"',
    b'"\\ud834\\u12"', b"'a'", b"`a`",
    b'"a"b"', b'""x', b'"a""b"', b'"\x00"', b'"\x01"', b'"\x1f"', b'"\t"', b'"\r"', b'"\x08"', b'"\x0c"',
    b'"a\x1bb"', b'"\\\t"', b'"\\\x00"',
    b'"\\ "', b'"\\\xc3\xa9"', b'"\\\xf0\x9f\x98\x80"', b'"\\u\xef\xbc\x91\xef\xbc\x910"',
    b"\xe2\x80\x9ca\xe2\x80\x9d", b'\\"a\\"', b'"a\\"',
    b'"\\\\\\"', b'"\\8"', b'"\\e"', b'"\\N"', b'"\\{"',
]
N_UTF8 = [
    b'"\x80"', b'"\xbf"', b'"\xc0\x80"', b'"\xc1\xbf"', b'"\xc3"', b'"\xc3("', b'"\xe0\x80\x80"',
    b'"\xe0\x9f\xbf"', b'"\xe2\x82"', b'"\xe2("',
    b'"\xed\xa0\x80"', b'"\xed\xbf\xbf"', b'"\xed\xa0\xbd\xed\xb8\x80"', b'"\xf0\x80\x80\x80"',
    b'"\xf0\x8f\xbf\xbf"', b'"\xf0\x9f\x98"',
    b'"\xf4\x90\x80\x80"', b'"\xf5\x80\x80\x80"', b'"\xf8\x88\x80\x80\x80"', b'"\xfc\x84\x80\x80\x80\x80"',
    b'"\xfe"', b'"\xff"', b"\xff",
    b"[\xff]", b'"\xe9"', b'"\xff\xfe"', b'{"\xff":1}', b'"\xc3\\u0041"', b'"a\xcc"', b'"\\\xff"',
    b'"\\u00\xff0"', b"\xfe\xff", b'"' + b"a" * 63
    + b'\xc3"', b'"' + b"a" * 64 + b'\x80"',
]
N_DEEP = [deep(b"[", b"]", ROOM + 1), deep(b'{"a":', b"}", ROOM + 1, b"1"), deep(b"[", b"]", 5000),
          b"[" * 100000, b'{"a":' * 50000,
          b"[" + deep(b"[", b"]", ROOM) + b"]", deep(b'[{"a":', b"}]", ROOM // 2 + 1, b"0")]

# The RFC lets parsers differ here; the contract does not: accepted where no field needs the value.
I_OPEN = [
    b"1e999", b"-1e999", b"1e-999", b"1" + b"0" * 500, b"0." + b"0" * 500 + b"1", b"123e45678901234567890",
    b"-" + b"9" * 1000,
    b'"\\ud800"', b'"\\udbff"', b'"\\udc00"', b'"\\udfff"', b'"\\ud800\\ud800"', b'"\\udc00\\ud800"',
    b'"\\ud800a"', b'"\\ud800\\n"',
    b'"\\ud800\\u0041"', b'"a\\udc00b"', b'"\\uDADA"', b'"\\uD888\\u1234"', b'{"\\ud800":1}',
    b'{"a":1,"a":2}', b'{"a":{},"a":[]}',
    b'{"\\u0045rror":{"Code":"X"},"Error":1}', b"[1e9999,-0]", b'"\\ufeff"',
]

FAMILIES = {
    "y_structure": Y_STRUCTURE, "y_numbers": Y_NUMBERS, "y_strings": Y_STRINGS, "y_keys": Y_KEYS,
    "n_structure": N_STRUCTURE, "n_numbers": N_NUMBERS, "n_strings": N_STRINGS, "n_utf8": N_UTF8,
    "n_deep": N_DEEP,
    "i_open": I_OPEN,
}

# The value stands for VALUE; NAME makes each line's row its own, so that no two mistakes make up for
# each other. A key is a value only if it is a string.
PLACES = {
    "pad": b'{"pad":VALUE,"service":"cvm","action":"NAME","response":{"Response":{"RequestId":"r"}}}',
    "last": b'{"service":"cvm","action":"NAME","Response":{"Error":{"Code":"InternalError"}},"pad":VALUE}',
    "response": b'{"service":"cvm","action":"NAME","response":VALUE}',
    "envelope": b'{"service":"cvm","action":"NAME","Response":VALUE}',
    "error": b'{"service":"cvm","action":"NAME","Response":{"Error":VALUE}}',
    "code": b'{"service":"cvm","action":"NAME","Response":{"Error":{"Code":VALUE,"Message":"m"}}}',
    "service": b'{"service":VALUE,"action":"NAME","Response":{}}',
    "key": b'{VALUE:1,"service":"cvm","action":"NAME","Response":{}}',
    "first of two": b'{"service":"cvm","action":"NAME","Response":VALUE,"Response":{}}',
    "alone": b"VALUE",
}

# Keys of a call, plain and escaped, once and twice: (line, (action, code or None))
KEYS = [
    (b'{"action":"K1","Response":{"\\u0045rror":{"Code":"A"}}}', ("K1", "A")),
    (b'{"action":"K2","\\u0052esponse":{"Error":{"\\u0043ode":"A"}}}', ("K2", "A")),
    (b'{"\\u0061ction":"K3","Response":{"Error":{"Code":"\\u0041"}}}', ("K3", "A")),
    (b'{"action":"K4","Response":{"Error":{"Code":"A"},"\\u0045rror":{"Code":"B"}}}', ("K4", "B")),
    (b'{"action":"K5","Response":{"\\u0045rror":{"Code":"A"},"Error":{"Code":"B"}}}', ("K5", "B")),
    (b'{"action":"K6","Response":{"Error":{"Code":"A"},"\\u0045rror":null}}', ("K6", None)),
    (b'{"action":"K7","Response":{"Error":{"Code":"A","\\u0043ode":""}}}', ("K7", None)),
    (b'{"action":"x","\\u0061\\u0063tion":"K8","Response":{}}', ("K8", None)),
    (b'{"action":"K9","Response":{"error":{"Code":"A"},"ERROR":{"Code":"B"}}}', ("K9", None)),
    (b'{"action":"K10","Response":{"Error\\u0000":{"Code":"A"}}}', ("K10", None)),
    (b'{"action":"K11","Response":{"\\\\u0045rror":{"Code":"A"}}}', ("K11", None)),
    (b'{"action":"K12","Response":{"\\ud800":1,"Error":{"Code":"A"}}}', ("K12", "A")),
]


def lines_of(family, place):
    """[(name, line)]"""
    found = []
    for number, value in enumerate(FAMILIES[family]):
        if place == "key" and not value.startswith(b'"'):
            continue
        name = f"{family}_{number}_{place.replace(' ', '_')}"
        line = PLACES[place].replace(b"NAME", name.encode()).replace(b"VALUE", value)
        assert b"\n" not in line, name
        found.append((name, line))
    return found


def misjudged(family, place, lines):
    """A family is what its name says: the oracle is held to it, too."""
    if place != "pad":
        return []
    wanted = {"y": {"record"}, "n": {"rejected"}, "i": {"record"}}[family[0]]
    found = [(name, *oracle.outcome(line)) for name, line in lines]
    return [f"{name}: the oracle says {kind} {what}" for name, kind, what in found if kind not in wanted]


def check_keys(file):
    file.write_bytes(b"".join(line + b"\n" for line, _ in KEYS))
    actual = compare_replay.replay([file])
    codes = {row["action"]: row["code"] for row in actual["errors"]}
    found = {row["action"]: codes.get(row["action"]) for row in actual["calls"]}
    return [f"keys: {action}: {found.get(action, 'no call')!r} instead of {code!r}"
            for _, (action, code) in KEYS if found.get(action, "no call") != code]


def main():
    cases, faults = len(KEYS), []
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "conformance.log"
        for family in FAMILIES:
            for place in PLACES:
                lines = lines_of(family, place)
                cases += len(lines)
                faults += misjudged(family, place, lines)
                data = b"".join(line + b"\n" for _, line in lines)
                file.write_bytes(data)
                found = compare_replay.check_files([file])
                if found:
                    faults.append(f"{family} at {place}: {found[0]}")
                    compare_replay.report_mismatch(data)
        faults += check_keys(file)
    if faults:
        sys.exit("\n".join([*faults, f"FAILED: {len(faults)} faults"]))
    if cases < CASES_MIN:
        sys.exit(f"FAILED: only {cases} cases")
    print(f"OK: {sum(map(len, FAMILIES.values()))} values, {cases} lines")


if __name__ == "__main__":
    main()
