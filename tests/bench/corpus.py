#!/usr/bin/env python3
"""Logs to measure with: the same lines for the same name, size and seed.

    python3 tests/bench/corpus.py NAME MEGABYTES FILE      NAME is one of CORPORA

A corpus is some thousand different lines, written again and again until about the size is reached.
"""
import collections
import functools
import json
import pathlib
import random
import sys

SEED = 20261125
DISTINCT = 20_000
ACTIONS = {"billing": ["PayDeals", "DescribeDealsByCond", "DescribeAccountBalance", "DescribeBillDetail"],
           "cvm": ["RunInstances", "DescribeInstances", "TerminateInstances", "DescribeZones"],
           "cbs": ["CreateDisks", "DescribeDisks", "AttachDisks"]}
CODES = ["FailedOperation.BalanceInsufficient", "RequestLimitExceeded", "InternalError",
         "AuthFailure.SignatureExpire", "InvalidParameterValue", "ResourceNotFound", "UnauthorizedOperation",
         "LimitExceeded", "FailedOperation", "FailedOperation.PayPriceError", "InvalidParameter", "ResourceInUse"]
REGIONS = ["ap-guangzhou", "ap-shanghai", "ap-singapore", "eu-frankfurt"]
MESSAGE = "The request could not be served at this time, see the documentation of the action."
CHINESE = "账户余额不足，请充值后重试。订单号与金额见控制台。"


def uuid(rng):
    digits = f"{rng.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def payload(rng, failed, body_bytes, message):
    """A response as the vendor sends it."""
    response = {}
    if failed:
        response["Error"] = {"Code": rng.choice(CODES), "Message": message}
    else:
        count = max(1, body_bytes // 32)
        response["TotalCount"] = count
        response["Set"] = [{"Id": f"ins-{rng.getrandbits(32):08x}", "Size": rng.randrange(1000)}
                           for _ in range(count)]
    response["RequestId"] = uuid(rng)
    return {"Response": response}


def call(rng, at, *, errors=0.05, body_bytes=140, escaped=False, actions=None, message=MESSAGE):
    """One logged call as a dict."""
    service = rng.choice(list(ACTIONS))
    action = rng.choice(actions or ACTIONS[service])
    second, millisecond = divmod(at * 37, 1000)
    answer = payload(rng, rng.random() < errors, body_bytes, message)
    clock = f"{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}.{millisecond:03}"
    return {"time": f"2026-11-23T{clock}Z", "service": service, "action": action, "version": "2017-03-12",
            "region": rng.choice(REGIONS), "latency_ms": round(rng.lognormvariate(3.5, 1), 1),
            "response": dumps(answer) if escaped else answer}


def dumps(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def short_line(rng, at):
    line = call(rng, at, body_bytes=1)
    return {key: line[key] for key in ("service", "action", "latency_ms")} | {
        "response": {"Response": {key: value for key, value in line["response"]["Response"].items()
                                  if key in ("Error", "RequestId")}}}


def shuffled(rng, line):
    keys = list(line)
    rng.shuffle(keys)
    return {key: line[key] for key in keys}


MANY_ACTIONS = [f"Action{number}" for number in range(600)]
CORPORA = {
    "default": lambda rng, at: dumps(call(rng, at)),
    "short": lambda rng, at: dumps(short_line(rng, at)),
    "long": lambda rng, at: dumps(call(rng, at, body_bytes=10_000)),
    "errors": lambda rng, at: dumps(call(rng, at, errors=1)),
    "escaped": lambda rng, at: dumps(call(rng, at, escaped=True)),
    "actions": lambda rng, at: dumps(call(rng, at, actions=MANY_ACTIONS)),
    "shuffled": lambda rng, at: dumps(shuffled(rng, call(rng, at))),
    "lists": lambda rng, at: dumps(call(rng, at, body_bytes=32 * rng.randint(1, 50))),
    "chinese": lambda rng, at: dumps(call(rng, at, errors=0.3, message=CHINESE)),
    "docker": lambda rng, at: dumps({"log": dumps(call(rng, at)) + "\n", "stream": "stdout",
                                     "time": "2026-11-23T09:00:00.000000001Z"}),
}


@functools.cache
def lines(name):
    """The different lines of a corpus, as bytes."""
    rng = random.Random(f"{SEED} {name}")
    return [CORPORA[name](rng, at).encode() + b"\n" for at in range(2_000 if name == "long" else DISTINCT)]


def write(name, megabytes, path):
    """Writes the corpus, unless a file of its size is there."""
    block = b"".join(lines(name))
    repeats = max(1, round(megabytes * 1_000_000 / len(block)))
    path = pathlib.Path(path)
    if path.exists() and path.stat().st_size == repeats * len(block):
        return
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        for _ in range(repeats):
            file.write(block)
    part.rename(path)


def counts(name, path):
    """What is to be counted in such a file, read from its lines by Python's own reader of JSON:
    ({(service, action): n}, {(service, action, code): n})."""
    repeats = pathlib.Path(path).stat().st_size // sum(map(len, lines(name)))
    calls, errors = collections.Counter(), collections.Counter()
    for text in lines(name):
        line = json.loads(text)
        line = json.loads(line["log"]) if "log" in line else line
        answer = line["response"]
        answer = json.loads(answer) if isinstance(answer, str) else answer
        calls[line["service"], line["action"]] += repeats
        error = answer["Response"].get("Error")
        if error:
            errors[line["service"], line["action"], error["Code"]] += repeats
    return dict(calls), dict(errors)


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in CORPORA:
        sys.exit(f"{__doc__}\nCORPORA: {' '.join(CORPORA)}")
    write(sys.argv[1], int(sys.argv[2]), sys.argv[3])
