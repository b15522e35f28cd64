#!/usr/bin/env python3
"""Logs and responses found in the wild, in format auto: every complete error with its code, no success
taken for one.

    APIERRD_BIN=build/dev/apierrd samples_auto_test.py

Reads the shared data beside the repository: real-responses.jsonl says each sample's codes itself,
those of real-log-samples.md are in the table below. A sample that is not recognised stands in one of
the tables of exceptions with its reason; one that is recognised after all must leave it.
"""
import concurrent.futures
import json
import re
import sys
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import compare_replay  # noqa: E402
import oracle_auto  # noqa: E402

AUTO = ("--format", "auto", "--join-json")
RESPONSES = 117
LOG_SAMPLES = 50

# By their place in real-responses.jsonl: those that hold no complete error.
RESPONSE_EXCEPTIONS = {
    26: "cut within the message: counted as invalid_json",
    42: "an issue's title in prose",
    43: "an issue's title: `with Code=X` and nothing else",
    44: "an issue's title in prose",
    45: "an issue's title: the bare code",
    46: "a commit's title in prose",
    54: "the call succeeded; the failed item counts where item_failures says so",
}

# By their headings in real-log-samples.md: the codes of the errors in each.
LOG_CODES = {
    "A3": ["AuthFailure.SignatureFailure"],
    "A5": ["RequestLimitExceeded"],
    "A7": ["AuthFailure.UnauthorizedOperation"],
    "A8": ["InternalError"],
    "A9": ["AuthFailure.SignatureFailure"],
    "A10": ["AuthFailure.SecretIdNotFound"],
    "B3": ["UnauthorizedOperation.PermissionDenied", "UnauthorizedOperation.PermissionDenied"],
    "B5": ["ResourceInUse"],
    "B6": ["InvalidAccount.InsufficientBalance"],
    "B7": ["FailedOperation.CvmCommon"],
    "B8": ["LimitExceeded.SpotQuota"],
    "B9": ["MissingParameter"],
    "B10": ["AuthFailure.SecretIdNotFound"],
    "C1": ["InvalidParameterValue.InvalidDNSName"],
    "E1": ["AccessDenied"],
    "E2": ["InvalidDomainName.Format"],
    "E3": ["MissingParameter"],
    "E4": ["ErrSpecNotValid"],
    "E5": ["RESOURCE_EXHAUSTED"],
    "E6": ["AuthorizationFailed"],
    "F8": ["AccessDenied"],
    "G1": ["ResourceOpFailed", "SecretidNotAuthAccessResource"],
    "G2": ["-1"],
    "G4": ["FailedOperation.DownloadError"],
    "G5": ["FailedOperation.PermissionDenied"],
    "G6": ["InvalidParameter.FileURLInvalid"],
    "G7": ["FailedOperation.MissingEmailContent"],
}
LOG_EXCEPTIONS = {
    "B9": "cut within the message: counted as invalid_json",
    "C1": "abridged by `{...}` and cut: no JSON; a whole record is in golden/cases/cloudaudit.log",
    "E1": "cut, and wrapped within the code by its poster: counted as invalid_json",
    "E6": "cut within the message: counted as invalid_json",
    "G7": "cut within the code's string: counted as invalid_json",
}
# The same exceptions say that a cut document is never passed over in silence.
REJECTED = {"B9", "E1", "E6", "G7"}

# (field, type) of a success that cannot be told from an error by its shape.
FIELD_EXCEPTIONS = {
    ("Error", "*ErrorInfo"): "lkeap puts a task's failure where an API error stands, and SDKs raise it",
}
VALUES = {"*string": "FailedOperation.X", "*int64": 4000, "*uint64": 4000, "[]*string": ["FailedOperation.X"]}


def replay(text):
    return compare_replay.replay(["-"], stdin=text.encode(), arguments=AUTO)


def codes_of(result):
    return sorted(row["code"] for row in result["errors"] for _ in range(row["count"]))


def check_sample(name, text, wanted, exception):
    """The faults of one sample; `exception` is why its errors need not be found."""
    result = replay(text)
    faults = compare_replay.differences(result, oracle_auto.count(text.encode(), join_json=True))
    found = codes_of(result)
    if exception is None and found != wanted:
        faults.append(f"found {found} instead of {wanted}, {result['ignored']} {result['rejected']}")
    if exception is not None and wanted and found == wanted:
        faults.append(f"is recognised: it must leave the table of exceptions ({exception})")
    if exception is not None and found and found != wanted:
        faults.append(f"found {found} instead of {wanted} or nothing")
    if name in REJECTED and not result["rejected"]:
        faults.append("a cut document was passed over")
    return [f"{name}: {fault}" for fault in faults]


def responses():
    """(name, text, codes, exception)"""
    lines = compare_replay.shared_data("real-responses.jsonl").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        entry = json.loads(line)
        wanted = sorted(code.strip() for code in entry["codes"])
        yield f"response {number}", entry["raw"], wanted, RESPONSE_EXCEPTIONS.get(number)


def log_samples():
    text = compare_replay.shared_data("real-log-samples.md").read_text(encoding="utf-8")
    for match in re.finditer(r"^### (\S+) [^\n]*\n(?:(?!```|### )[^\n]*\n)*```\n(.*?)^```", text,
                             re.M | re.S):
        yield match[1], match[2], sorted(LOG_CODES.get(match[1], [])), LOG_EXCEPTIONS.get(match[1])


def impostors():
    """One success a (field, type) of fields that look like an error's -> (lines, expected errors)"""
    table = compare_replay.shared_data("error-like-fields-in-successes.tsv").read_text(encoding="utf-8")
    pairs = sorted({tuple(row.split("\t")[3:5]) for row in table.splitlines()[1:]})
    lines = []
    for number, (field, go_type) in enumerate(pairs):
        if (field, go_type) in FIELD_EXCEPTIONS:
            continue
        item = {"Code": "FailedOperation.X", "Message": "m", "Msg": "m"}
        value = VALUES.get(go_type, [item] if go_type.startswith("[]") else item)
        body = {"Response": {field: value, "RequestId": f"r-{number}"}}
        call = {"service": "cvm", "action": f"A{number}", "response": body}
        in_string = call | {"action": f"S{number}", "response": json.dumps(body)}
        lines += [json.dumps(one) for one in (call, in_string, body,
                                              {"msg": "answer", "body": json.dumps(body)})]
        lines.append("2026/11/25 09:00:00 answer: " + json.dumps(body))
    return lines, len(pairs)


def check_impostors():
    lines, pairs = impostors()
    text = "\n".join(lines)
    result = replay(text)
    faults = [f"impostors: {row}" for row in result["errors"]]
    if result["records"] != len(lines):
        faults.append(f"impostors: {result['records']} calls of {len(lines)} lines")
    faults += compare_replay.differences(result, oracle_auto.count(text.encode(), join_json=True))
    return faults, pairs


def main():
    found = [*responses(), *log_samples()]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        faults = [fault for result in pool.map(lambda one: check_sample(*one), found) for fault in result]
    impostor_faults, pairs = check_impostors()
    faults += impostor_faults
    logs = sum(not name.startswith("response ") for name, *_ in found)
    seen = (len(found) - logs, logs)
    if seen != (RESPONSES, LOG_SAMPLES):
        faults.append(f"{seen} samples instead of {RESPONSES} and {LOG_SAMPLES}: another collection?")
    if faults:
        sys.exit("\n".join([*faults, f"FAILED: {len(faults)} faults"]))
    errors = sum(bool(wanted) and exception is None for _, _, wanted, exception in found)
    print(f"OK: {len(found)} samples, {errors} with complete errors, all recognised; "
          f"{len(RESPONSE_EXCEPTIONS) + len(LOG_EXCEPTIONS)} exceptions; {pairs} fields of successes")


if __name__ == "__main__":
    main()
