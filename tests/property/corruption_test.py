#!/usr/bin/env python3
"""A bad line, however bad, changes nothing but its own reject counter.

Representative good lines are damaged in every way a single fault can: each bit of each byte
flipped, and cut after each byte. Every damaged line stands between two known neighbours; thousands
of such triples make one file, replayed in one run. The totals must be the oracle's for the same
bytes, and the neighbours, whose names no damage can produce, must all be there.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import compare_replay  # noqa: E402
import oracle  # noqa: E402

BEFORE = b'{"service":"before","action":"NeighbourBefore","response":{"Response":{}}}\n'
AFTER = (
    b'{"service":"after","action":"NeighbourAfter",'
    b'"response":{"Response":{"Error":{"Code":"FailedOperation.InvalidDeal","Message":"m"}}}}\n'
)
SHORT_LINE_BYTES = 260  # up to here every bit is flipped, beyond it a sample
SAMPLED_FLIPS = 1500
SAMPLED_CUTS = 300


def default_line(service, action, response):
    fields = {
        "time": "2026-11-23T09:00:00.123Z",
        "service": service,
        "action": action,
        "latency_ms": 12.5,
        "response": response,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def failure(code, message="m"):
    return {"Response": {"Error": {"Code": code, "Message": message}, "RequestId": "ed93f3cb"}}


LONG_DATA = {"Response": {"Set": [{"Id": n, "说明": "x\\\"\u00e9" * 3} for n in range(60)]}}
GOOD_LINES = [
    default_line("billing", "PayDeals", {"Response": {"RequestId": "ed93f3cb"}}),
    default_line("billing", "PayDeals", failure("FailedOperation.PayPriceError")),
    default_line("billing", "PayDeals", failure(" FailedOperation.BalanceInsufficient. ")),
    default_line("cvm", "RunInstances", failure("DryRunOperation", "账户余额不足。\U0001f600")),
    default_line("cvm", "RunInstances", json.dumps(failure("OperationDenied.New"))),
    default_line("cdb", "Query", json.dumps({"Response": {"说明": "\u00e9\U0001f600\n"}})),
    b'{"Response":{"Error":{"Code":"InternalError","Message":"m"}}}',
    b'{"Response":{}}',
    b'{"host":"https://cvm.ap-gz.tencentcloudapi.com:443/","action":"A","Response":{}}',
    b'{ "x" : [ 1 , -2.5e+3 , true , false , null , "\\ud83d\\ude00\\/\\u00e9" , { } ] , '
    b'"Response" : { "Error" : null } }',
    b'{"action":"First","action":"Last","Response":{"Error":{"Code":"","Code":"DBError"}}}\r',
    b'{"log":"not a call","n":[0,1e400,-0.0]}',
    default_line("cvm", "DescribeInstances", LONG_DATA),
    default_line("cvm", "DescribeInstances", json.dumps(LONG_DATA)),
]


def damaged(line, rng):
    """All flips and cuts of a short line, a sample of those of a long one."""
    flips = range(8 * len(line))
    cuts = range(len(line))
    if len(line) > SHORT_LINE_BYTES:
        flips = rng.sample(flips, SAMPLED_FLIPS)
        cuts = rng.sample(cuts, SAMPLED_CUTS)
    for bit in flips:
        flipped = bytearray(line)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)
    for cut in cuts:
        yield line[:cut]


def neighbour_count(counted, action):
    return sum(row["count"] for row in counted["calls"] if row["action"] == action)


def file_of(triples):
    return b"".join(BEFORE + line + b"\n" + AFTER for line in triples)


def check(triples, file):
    """The differences for one file of triples."""
    data = file_of(triples)
    file.write_bytes(data)
    try:
        actual = compare_replay.replay([file])
    except (compare_replay.ReplayFailed, subprocess.TimeoutExpired) as error:
        return [str(error)]
    found = compare_replay.differences(actual, oracle.count([data]))
    for action in ("NeighbourBefore", "NeighbourAfter"):
        count = neighbour_count(actual, action)
        if count != len(triples):
            found.append(f"{action}: {count} calls, wrote {len(triples)}")
    return found


def main():
    parser = argparse.ArgumentParser(description="damaged lines between good ones")
    parser.add_argument("--seed", type=int, default=20261123, help="of the sample of long lines")
    seed = parser.parse_args().seed
    print(f"seed {seed}")
    rng = random.Random(seed)
    total = failures = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, line in enumerate(GOOD_LINES):
            # The undamaged line first: a test of broken lines that were never good proves little.
            triples = [line, *damaged(line, rng)]
            total += len(triples)
            found = check(triples, pathlib.Path(folder) / f"damaged {number}.log")
            if found:
                failures += 1
                print(f"damage to {line[:200]!r}:")
                for difference in found[:20]:
                    print(f"  {difference[:500]}")
                compare_replay.report_mismatch(file_of(triples))
    if failures:
        sys.exit(f"FAILED: {failures} of {len(GOOD_LINES)} lines")
    print(f"OK: {total} damaged lines of {len(GOOD_LINES)} good ones")


if __name__ == "__main__":
    main()
