#!/usr/bin/env python3
"""Every subcommand keeps its contract: exit codes, where messages go, what they say."""
import gzip
import json
import os
import pty
import re
import select
import shutil
import subprocess

from apierrd_e2e import (OPENMETRICS, Metrics, Skip, call_line, check, demo_lines, openmetrics_check,
                         program, run, run_program, spawn, wait_until)

COMMANDS = ("run", "replay", "check", "explain", "codes", "rules", "top", "demo")
CODE_KEYS = ["product", "code", "class", "documented", "fault_domain", "retryable", "severity",
             "description", "description_zh", "remedy", "source", "meaning_by"]
FAULT_DOMAINS = {"caller", "credential", "permission", "quota", "business", "resource", "vendor",
                 "network", "none", "unknown"}
GOOD = "sources:\n  - name: app\n    paths: [app*.log]\n"
SOURCE = "sources:\n  - name: app\n    paths: [/x]\n    "
FORMAT = GOOD + "formats:\n  define:\n    - name: acme\n      "
BAD_FORMATS = [  # text, line:column, what the message says, its hint included
    (SOURCE + "format: xml\n", "4:13", "no format is named 'xml': .*: known: auto, tencentcloud, "),
    (SOURCE + "format: [auto]\n", "4:13", "'format' must be a single value"),
    (SOURCE + "wrapper: k8s\n", "4:14", "'k8s' is no wrapper: .*: auto, none, or a list of docker, cri, "),
    (SOURCE + "wrapper: [auto, cri]\n", "4:14", "'auto' is no wrapper: .*: auto, none, or a list"),
    (SOURCE + "wrapper: [cri, cri, cri, cri, cri]\n", "4:14", "'wrapper' has at most 4 of them"),
    (SOURCE + "join_json: yes\n", "4:16", "'join_json' must be true or false"),
    (SOURCE + "join_lines: 1\n", "4:17", "'join_lines' must be a whole number from 2 to 100000"),
    (SOURCE + "item_failures: /a\n", "4:20", "'item_failures' must be a list"),
    (SOURCE + "item_failures: [{at: /a}]\n", "4:21", "item rule lacks 'code'"),
    (SOURCE + "item_failures: [{at: a, code: /b}]\n", "4:26", "'a' is no JSON Pointer: .*: it starts with a "),
    (SOURCE + "item_failures: [{at: /a, code: /b, okay: [1]}]\n", "4:40", "unknown key 'okay' .*did you mean"),
    (GOOD + "formats: [1]\n", "4:10", "'formats' must be a mapping"),
    (GOOD + "formats: {define: 1}\n", "4:19", "'formats' must be a list"),
    (GOOD + "formats: {folders: x}\n", "4:11", "unknown key 'folders' .*did you mean 'folder'"),
    (GOOD + "formats:\n  define:\n    - name: My Format\n      errors: ['x {code}']\n", "6:13",
     "'My Format' cannot be a format's name: .*: lower-case letters"),
    (FORMAT + "title: t\n", "6:7", "format 'acme' recognises nothing: .*: it needs 'json' or 'errors'"),
    (FORMAT + "json: [{code: /c}]\n", "7:14", "a shape needs 'requires': .*: places that only such"),
    (FORMAT + "json: [{requires: [/c], code: {at: /c, take: after_last}}]\n", "7:37", "'take' needs 'of'"),
    (FORMAT + "json: [{requires: [/c], code: {at: /c, take: all}}]\n", "7:52", "'all' is no valid 'take': .*: one"),
    (FORMAT + "errors: ['failed: {message}']\n", "7:16", "takes no {code}"),
    (FORMAT + "errors: ['failed: {cod}']\n", "7:16", "template 'failed: {cod}'"),
    (FORMAT + "vendor: A B\n      errors: ['x {code}']\n", r"6:\d+", "'A B' cannot be a vendor's name"),
]


def expect(code, *arguments, **options):
    """Runs a command that must end with `code`; fine ones are silent on stderr, failed ones say why."""
    done = run_program(*arguments, **options)
    shown = f"{' '.join(map(str, arguments))[:200]}"
    check(done.returncode == code,
          f"`{shown}` exits {done.returncode}, not {code}: {done.stderr.decode()[:500]}")
    if code >= 2:
        check(done.stderr.startswith(b"apierrd: "), f"`{shown}`: no message: {done.stderr}")
        check(done.stdout == b"", f"`{shown}` prints a result: {done.stdout[:100]}")
    check(b"terminate called" not in done.stderr, f"`{shown}`: {done.stderr}")
    return done


def help_and_usage(_folder):
    overview = expect(0, "--help").stdout.decode()
    check(re.fullmatch(rb"apierrd \d+\.\d+\.\d+\S*\n", expect(0, "--version").stdout), "--version")
    expect(2)
    for arguments in (["--nonsense"], ["nonsense"], ["run"], ["check"], ["replay"],
                      ["replay", "--output", "xml", "-"], ["codes", "--output", "xml"], ["codes", "a", "b"],
                      ["explain", "a", "b"], ["demo", "--lines", "many"], ["demo", "--rate", "0"],
                      ["demo", "--write", "-", "--lines", "1", "--seed", "-1"], ["run", "--config"]):
        expect(2, *arguments)
    missing = [command for command in COMMANDS if not re.search(rf"^  {command} ", overview, re.MULTILINE)]
    for command in set(COMMANDS) - set(missing):
        text = expect(0, command, "--help").stdout.decode()
        check(f"Example: apierrd {command}" in text or "Example" in text and f"apierrd {command}" in text,
              f"{command} --help has no example")
        expect(2, command, "--nonsense")
    check(not missing, f"commands of the contract that are missing: {missing}")


def configuration_errors(folder):
    """Each names file:line:column on stderr, and `run` and `check` agree."""
    config = folder / "apierrd.yaml"
    others = [["run"], ["replay", os.devnull], ["explain", "x"], ["codes"], ["rules"]]
    if "APIERRD_SLOW" in os.environ:  # a sanitizer build starts slowly, and they share one function
        others = others[:1]
    for text, place, words in [
            ("sources:\n  - name: app\n    paths: [/x\n", r"4:1", ""),
            ("sources:\n\t- name: app\n", r"2:\d+", ""),
            ("sources: [}\n", r"1:\d+", ""),
            (GOOD + "bogus: 1\n", "4:1", "bogus"),
            (GOOD + "web:\n  lisen: 127.0.0.1:1\n", "5:3", "lisen"),
            ("sources:\n  - name: app\n    paths: [/x]\n    pahts: [/y]\n", "4:5", "pahts"),
            (GOOD + "web: {threads: many}\n", "4:16", "threads"),
            (GOOD + "web: {threads: -1}\n", "4:16", "threads"),
            (GOOD + "web: {startup_hold: soon}\n", "4:21", "startup_hold"),
            (GOOD + "web: {listen: nowhere}\n", "4:15", "nowhere"),
            (GOOD + "web: [1]\n", "4:6", "web"),
            (GOOD + "web: {listen: [1]}\n", "4:15", "listen"),
            (GOOD + "products: [no-such]\n", None, "no-such"),
            ("sources: 3\n", "1:10", "sources"), ("sources: []\n", "1:10", "sources"),
            ("sources:\n  - 3\n", "2:5", ""), ("sources:\n  - paths: [/x]\n", "2:5", "name"),
            ("sources:\n  - name: app\n", "2:5", "paths"), ("products: [billing]\n", "1:1", "sources"),
            (GOOD + "sources: []\n", "4:1", ""), ("", "1:1", ""), ("just text\n", "1:1", ""),
            ("sources:\n  - {name: a, paths: [/x]}\n  - {name: a, paths: [/y]}\n", "3:5", "'a'"),
            ("sources:\n  - {name: a, paths: [/x], format: xml}\n", r"2:\d+", "xml|format"),
            ("sources:\n  - {name: '', paths: [/x]}\n", r"2:\d+", "name"),
            *BAD_FORMATS]:
        config.write_text(text)
        done = expect(2, "check", "--config", config)
        where = re.escape(str(config)) + (":" + place + r"\b" if place else "")
        check(re.search(where, done.stderr.decode()), f"{text!r}: no {place}: {done.stderr.decode()}")
        check(re.search(words, done.stderr.decode()), f"{text!r}: no {words}: {done.stderr.decode()}")
        for arguments in others:
            again = expect(2, *arguments, "--config", config)
            check(again.stderr == done.stderr, f"{arguments[0]} says otherwise: {again.stderr}")
    missing = folder / "none.yaml"
    for arguments in (["run"], ["check"], ["replay", os.devnull], ["explain", "x"], ["codes"], ["rules"]):
        for path in (missing, folder):
            check(str(path).encode() in expect(3, *arguments, "--config", path).stderr, "it names no file")


def check_command(folder):
    config, log = folder / "apierrd.yaml", folder / "app.log"
    config.write_text(GOOD + "web: {threads: 7}\n")
    check(b"no file" in expect(0, "check", "--config", config).stdout, "no note on absent files")
    log.write_bytes(call_line())
    check(re.search(rb"^ok\b.*billing \d+$", expect(0, "check", "--config", config).stdout, re.MULTILINE), "not ok")
    text = expect(0, "check", "--config", config, "--effective").stdout.decode()
    origins = dict(re.findall(r"^(\S+) = .*# (.*)$", text, re.MULTILINE))
    check(origins.get("web.threads") == f"{config}:4:16", f"web.threads from {origins.get('web.threads')}")
    check(origins.get("web.startup_hold") == "default", "no default")
    check(f"sources.app.paths = {folder}/app*.log" in text, "a relative path is not shown resolved")
    for key in ("products", "web.listen", "state.path", "limits.actions", "catalogs.overlays",
                "catalogs.vendor_codes"):
        check(key in origins, f"--effective has no {key}")
    log.chmod(0)
    if os.access(log, os.R_OK):
        raise Skip("root can read everything: unreadable files are not tried")
    done = expect(1, "check", "--config", config)
    check(b"finding" in done.stdout and b"app.log" in done.stdout, f"no finding: {done.stdout}")


def replay_inputs(folder):
    """Standard input, gzip, several files: the same bytes give the same counts."""
    lines = demo_lines(3000, seed=4)
    whole, one, two = (folder / name for name in ("app.log", "one.log", "two.log"))
    whole.write_bytes(b"".join(lines))
    one.write_bytes(b"".join(lines[:1000]))
    two.write_bytes(b"".join(lines[1000:]))
    wanted = expect(0, "replay", "--output", "json", whole).stdout
    result = json.loads(wanted)
    check(list(result) == ["schema", "bytes", "lines", "records", "calls", "errors", "lines_with_records",
                           "ignored", "rejected"], f"keys: {list(result)}")
    check([result[key] for key in ("schema", "bytes", "lines")] == [1, whole.stat().st_size, 3000], "totals")
    check(result["lines"] == result["lines_with_records"] + sum(result["ignored"].values()) +
          sum(result["rejected"].values()), "lines are not all accounted for")
    for key in ("calls", "errors"):
        order = [tuple(v for k, v in row.items() if k in ("source", "api_service", "action", "code"))
                 for row in result[key]]
        check(order == sorted(order), f"{key} are not sorted")
        check(all(row["count"] > 0 for row in result[key]), f"{key} at 0")
    compressed = {
        "gzip": gzip.compress(whole.read_bytes()),
        "two gzip members": gzip.compress(one.read_bytes()) + gzip.compress(two.read_bytes())}
    if shutil.which("zstd"):
        zstd = [subprocess.run(["zstd", "-qc", path], capture_output=True, check=True).stdout
                for path in (whole, one, two)]
        compressed.update({"zstd": zstd[0], "two zstd frames": zstd[1] + zstd[2]})
    else:
        print("  no zstd here: .zst files are not tried")
    for name, data in compressed.items():
        path = folder / "packed"
        path.write_bytes(data)
        check(expect(0, "replay", "--output", "json", path).stdout == wanted, f"{name}: other counts")
        check(expect(0, "replay", "--output", "json", "-", stdin=data).stdout == wanted, f"{name} on stdin")
        damaged = bytearray(data)
        damaged[len(data) // 2] ^= 0x55
        for bad in (data[:len(data) // 2], data[:-3], bytes(damaged), data[:5]):
            path.write_bytes(bad)
            done = expect(3, "replay", "--output", "json", path)
            check(b"packed" in done.stderr, f"damaged {name}: it does not name the file")
    check(expect(0, "replay", "--output", "json", one, two).stdout == wanted, "two files: other counts")
    check(expect(0, "replay", "-", stdin=whole.read_bytes()).stdout == wanted, "json is not the default")
    check(expect(0, "replay", "--output", "json", "--source", "me", whole).stdout ==
          wanted.replace(b'"source":"replay"', b'"source":"me"'), "--source does not name the source")
    check(json.loads(expect(0, "replay", os.devnull).stdout)["lines"] == 0, "an empty file")
    expect(0, "replay", "-", stdin=b"\xff\0 garbage" * 100_000)
    for bad in (folder / "none.log", folder):
        check(str(bad).encode() in expect(3, "replay", whole, bad).stderr, "it does not name the file")


def replay_progress(_folder):
    """On a terminal, standard error shows how far it is and how fast; the result stays clean."""
    master, slave = pty.openpty()
    process = spawn([program(), "replay", "--output", "json", "-"], stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=slave)
    block, sent, seen = b"".join(demo_lines(1000)), 0, b""

    def shown():
        nonlocal sent, seen
        process.stdin.write(block)
        process.stdin.flush()
        sent += 1
        while select.select([master], [], [], 0)[0]:
            seen += os.read(master, 65536)
        return re.search(rb"\r-  \d+\.\d MB  \d+\.\d [kMG]?B/s\x1b\[K", seen) is not None, seen[-200:]
    wait_until("progress", shown)
    result, _ = process.communicate(timeout=60)
    check(json.loads(result)["lines"] == sent * 1000, "other counts")
    while select.select([master], [], [], 0)[0]:
        seen += os.read(master, 65536)
    check(seen.endswith(b"\r\x1b[K"), f"the bar is left behind: {seen[-80:]}")
    os.close(slave)
    os.close(master)


def replay_outputs(folder):
    log = folder / "app.log"
    log.write_bytes(b"".join(demo_lines(2000, seed=4)))
    result = json.loads(expect(0, "replay", "--output", "json", log).stdout)
    table = expect(0, "replay", "--output", "table", log).stdout.decode()
    for row in result["errors"]:
        pattern = rf"^ *{row['count']} .*{re.escape(row['code'])} .*{row['action']}"
        check(re.search(pattern, table, re.MULTILINE), f"the table lacks {row}")
    for output, accept in (("prometheus", "text"), ("openmetrics", OPENMETRICS)):
        page = expect(0, "replay", "--output", output, log).stdout
        families, faults = openmetrics_check.check(page, accept == OPENMETRICS)
        check(not faults, f"{output}: {faults[:3]}")
        calls = Metrics(families).sum("apierrd_api_calls_total")
        check(calls == result["records"], f"{output}: {calls} calls, not {result['records']}")


def replay_with_configuration(folder):
    """Files belong to the source that is named, is the only one, or matches."""
    (folder / "apierrd.yaml").write_text(
        f"sources:\n  - {{name: one, paths: [{folder}/one*.log]}}\n"
        f"  - {{name: two, paths: [{folder}/two*.log]}}\nstate: {{path: state.db}}\n")
    for name in ("one", "two", "three"):
        (folder / f"{name}-1.log").write_bytes(call_line())
    options = ("replay", "--output", "json", "--config", folder / "apierrd.yaml")
    done = json.loads(expect(0, *options, folder / "one-1.log", folder / "two-1.log").stdout)
    check([row["source"] for row in done["calls"]] == ["one", "two"], f"sources: {done['calls']}")
    expect(2, *options, folder / "three-1.log")
    expect(2, *options, "--source", "four", folder / "one-1.log")
    done = json.loads(expect(0, *options, "--source", "two", folder / "three-1.log").stdout)
    check([row["source"] for row in done["calls"]] == ["two"], "--source is not obeyed")
    check(not (folder / "state.db").exists(), "replay opens a state database")


def explain(_folder):
    failed = call_line(code="FailedOperation.BalanceInsufficient", request_id="id-7").decode().rstrip("\n")
    lines = [failed, '{"Response":{}}', "not JSON", "", '{"level":"info"}', "\u001b[31m",
             call_line(code="FailedOperation.New").decode().rstrip("\n")]
    text = expect(0, "explain", failed).stdout.decode()
    for word in ("FailedOperation.BalanceInsufficient", "business", "billing", "PayDeals", "id-7", "remedy",
                 'apierrd_api_errors_total{source="replay",api_service="billing",action="PayDeals",'):
        check(word in text, f"explain does not say {word}")
    for words, code, action in (
            ("for this action", "FailedOperation.BalanceInsufficient", "PayDeals"),
            ("for the product, but not for this action", "FailedOperation.SummaryDataNotReady", "PayDeals"),
            ("which of its codes", "FailedOperation.SummaryDataNotReady", "Unheard"),
            ("for every product", "RequestLimitExceeded", "PayDeals"),
            ("for other products only: [a-z]", "InvalidInstanceId.Malformed", "PayDeals"),
            ("in no catalog", "FailedOperation.New", "PayDeals")):
        line = call_line(code=code, action=action).decode().rstrip("\n")
        text = expect(0, "explain", line).stdout.decode()
        check(re.search(f"^ *documented +.*{words}", text, re.MULTILINE), f"{code} of {action}: {text}")
    ruled = expect(0, "explain", call_line(code="New.InsufficientBalance").decode().rstrip("\n"))
    check(b"rule money" in ruled.stdout, f"no rule: {ruled.stdout}")
    one_by_one = b"".join(expect(0, "explain", "--", line).stdout for line in lines)
    joined = "".join(line + "\n" for line in lines).encode()
    for stdin in (joined, joined.replace(b"\n", b"\r\n"), joined[:-1]):
        for arguments in (["explain"], ["explain", "-"]):
            check(expect(0, *arguments, stdin=stdin).stdout == one_by_one, "stdin is explained otherwise")
    check(b"\x1b" not in one_by_one, "a control character reaches the terminal")


def explain_formats(folder):
    """A format by name, and what `auto` makes of lines that the default does not understand."""
    line = ("2024-03-14T21:16:57.04800154Z stderr F 12:00 [TencentCloudSDKError] "
            "Code=AuthFailure.SignatureFailure, Message=bad, RequestId=r-1")
    known = expect(0, "explain", "--format", "auto", line).stdout.decode()
    for words in ("recognised: ", "(record)", r"wrapped in +cri\n", r"format +tencentcloud-sdk\n",
                  r"response +an error's text\n", r"service +unknown\n", r"request id +r-1\n",
                  r"time +2024-03-14T21:16:57\.048\S* +\(the wrapper's\)\n", r"outcome +failed\n",
                  r"code +AuthFailure\.SignatureFailure\n", r"documented +for every product\n",
                  r'code="AuthFailure\.SignatureFailure"\}\n'):
        check(re.search(words, known), f"explain --format auto does not say {words}: {known}")
    check("as format auto" not in known, "a chosen format is doubted")
    text = expect(0, "explain", line).stdout.decode()
    check(re.fullmatch(r"rejected: .* \(invalid_json\)\nas format auto: recognised: .* \(record\); "
                       r"--format auto shows it\n", text), f"explain: {text}")
    text = expect(0, "explain", "just text").stdout.decode()
    check(re.search(r"^as format auto: ignored: .* \(not_api_call\)$", text, re.MULTILINE), f"explain: {text}")
    for fine in (call_line().decode().rstrip("\n"), ""):
        check("as format auto" not in expect(0, "explain", fine).stdout.decode(), f"auto is named for {fine!r}")
    (folder / "apierrd.yaml").write_text(GOOD)
    text = expect(0, "explain", "--config", folder / "apierrd.yaml", line).stdout.decode()
    check("as format auto" not in text, "a configured format is doubted")
    pretty = json.dumps(json.loads(call_line()), indent=1).encode()
    text = expect(0, "explain", "--join-json", "--format", "auto", stdin=pretty).stdout.decode()
    check(re.search(r"lines +\d+ joined\n", text) and text.count("recognised") == 1, f"not joined: {text}")
    for arguments in (["explain", "--format", "xml", "x"], ["replay", "--format", "xml", os.devnull]):
        message = expect(2, *arguments).stderr.decode()
        check(re.match(r"apierrd: no format is named 'xml': known: auto, tencentcloud, \S", message), message)
    folder_missing = folder / "none.yaml"
    folder_missing.write_text(GOOD + "formats: {folder: absent}\n")
    message = expect(3, "check", "--config", folder_missing).stderr.decode()
    check(f"no such folder: {folder}/absent: it is named by formats.folder" in message, message)
    (folder / "absent").mkdir()
    (folder / "absent" / "a.yaml").write_text("schema: 1\nformats:\n  - name: a\n    errors: [xx]\n")
    message = expect(2, "check", "--config", folder_missing).stderr.decode()
    check(f"template 'xx' takes no {{code}}: {folder}/absent/a.yaml:4:14" in message, message)


def codes(_folder):
    entries = json.loads(expect(0, "codes", "--output", "json").stdout)
    check(len({(e["product"], e["code"]) for e in entries}) == len(entries) > 37, "too few codes, or twice")
    for entry in entries:
        check(list(entry) == CODE_KEYS, f"keys: {list(entry)}")
        check(entry["documented"] is True and entry["class"] == entry["code"].split(".")[0], f"{entry}")
        check(entry["fault_domain"] in FAULT_DOMAINS, f"{entry}")
        check(entry["retryable"] in ("no", "backoff", "later", "after_fix"), f"{entry}")
        check(entry["severity"] in ("critical", "warning", "info"), f"{entry}")
        by = entry["meaning_by"]
        check(re.fullmatch("curated|none|(rule|parent|class_alias):.+", by), f"{entry}")
        check(by == "none" or all(entry[key] for key in ("description", "remedy", "source")), f"{entry}")
    check({"billing", "common", "cvm"} <= {e["product"] for e in entries}, "no billing, common or cvm codes")
    kinds = {e["meaning_by"].split(":")[0] for e in entries}
    check({"curated", "rule", "parent"} <= kinds, f"meanings only by {kinds}")
    for narrowed in (["billing/"], ["--product", "billing"]):
        rows = json.loads(expect(0, "codes", *narrowed, "--output", "json").stdout)
        check(rows == [e for e in entries if e["product"] == "billing"], f"{narrowed} is not obeyed")
    check(b"billing" in expect(2, "codes", "--product", "bilingg").stderr, "no hint on the nearest product")
    code = "FailedOperation.BalanceInsufficient"
    rows = json.loads(expect(0, "codes", f"billing/{code}", "--actions", "--output", "json").stdout)
    check("PayDeals" in rows[0]["actions"], f"no actions: {rows}")
    found = json.loads(expect(0, "codes", "balance", "--output", "json").stdout)
    check(found == [e for e in entries if "balance" in e["code"].lower()] != [], "the pattern is not obeyed")
    table = expect(0, "codes", "Balance").stdout.decode()
    check(all(e["code"] in table and e["remedy"] in table for e in found), "the table lacks some")
    none = expect(0, "codes", "no such code", "--output", "json").stdout
    check(json.loads(none) == [], f"found what is not: {none[:100]}")


def demo(folder):
    """Decided by its seed alone."""
    one, two = folder / "one.log", folder / "two.log"
    for path in (one, two):
        expect(0, "demo", "--write", path, "--lines", 500, "--seed", 3)
    check(one.read_bytes() == two.read_bytes(), "one seed, two logs")
    check(one.read_bytes().count(b"\n") == 500, "not 500 lines")
    for seed, same in ((3, True), (4, False)):
        done = expect(0, "demo", "--write", "-", "--lines", 500, "--seed", seed)
        check((done.stdout == one.read_bytes()) == same, f"seed {seed} on standard output")
    check(expect(0, "demo", "--write", "-", "--lines", 0).stdout == b"", "0 lines are some")
    expect(3, "demo", "--write", folder / "none" / "x.log")


def output_that_cannot_be_written(folder):
    """A result that did not arrive is no success."""
    (folder / "apierrd.yaml").write_text(GOOD)
    config = str(folder / "apierrd.yaml")
    wrong = []
    for arguments in (["replay", os.devnull], ["codes"], ["codes", "--output", "json"], ["explain", "x"],
                      ["check", "--config", config, "--effective"], ["demo", "--write", "-"]):
        with open("/dev/full", "wb") as full:
            code = subprocess.run([program(), *arguments], stdout=full, stderr=subprocess.DEVNULL,
                                  check=False, timeout=60).returncode
        if code != 3:
            wrong.append(f"`{' '.join(arguments)}` exits {code}")
    check(not wrong, f"on a full disk: {'; '.join(wrong)}")


if __name__ == "__main__":
    run("every command keeps its contract", help_and_usage, configuration_errors, check_command,
        replay_inputs, replay_progress, replay_outputs, replay_with_configuration, explain, explain_formats, codes, demo,
        output_that_cannot_be_written)
