#!/usr/bin/env python3
"""Names out of a log can hold anything and come in any number: the scrape stays parseable, totals exact."""
import html
import json
import random
import re

from apierrd_e2e import (OPENMETRICS, TEXT, Daemon, Metrics, check, openmetrics_check, replay,
                         run, run_program, wait_until, write_config)

# As they stand in JSON text.
NASTY = [
    r'quo\"te', r"back\\slash", r"line\nbreak", r"carriage\rreturn", r"nul\u0000byte", r"bell\u0007",
    r"esc\u001b[31mred", r"del\u007f", r"c1\u0085x", r"rtl\u202Eevil", r"bom\ufeff", r"sep\u2028x",
    r"<script>alert(1)</script>", r"\"><img src=x onerror=alert(1)>", r"a' onmouseover='x", r"&amp;&lt;",
    r"{evil=\"1\"}", r"# EOF", r"\n# EOF\n", r"x\"} 1\napierrd_evil 1", "中文", "\U0001f4a5",
    r"\ud83d\ude00", r"\ufffe", r"\uffff", "x" * 10_000, "中" * 5_000,
    "é" * 127, "a" * 127 + "é", "other", "unknown",
    " ", "a b", "{{.}}", "%s%n", "\\u0000" * 50, r"\\", r"\\\\\"", "$__range", "a,b", "a=b", "/", "..",
]


def line(action, service="billing", code=None, request_id="r-1", source_text=True):
    """All arguments are JSON text already, without quotes."""
    error = f'"Error":{{"Code":"{code}","Message":"m"}},' if code is not None else ""
    response = f'{{"Response":{{{error}"RequestId":"{request_id}"}}}}'
    if source_text:
        response = json.dumps(response, ensure_ascii=False)
    return (f'{{"service":"{service}","action":"{action}","latency_ms":12.5,"response":{response}}}\n'
            ).encode()


def both_formats(daemon):
    """Scrapes both formats strictly; they must agree but for what the scrapes themselves change."""
    text, openmetrics = daemon.metrics(TEXT, "t").series(), daemon.metrics(OPENMETRICS, "o").series()
    text, openmetrics = daemon.metrics(TEXT, "t").series(), daemon.metrics(OPENMETRICS, "o").series()

    def log_only(series):
        volatile = ("process_", "apierrd_scrape", "apierrd_exposition", "apierrd_series", "apierrd_http",
                    "apierrd_checkpoint")
        return {key: value for key, value in series.items() if not key[0].startswith(volatile)}
    text, openmetrics = log_only(text), log_only(openmetrics)
    apart = sorted(set(text.items()) ^ set(openmetrics.items()))
    check(not apart, f"the formats differ: {apart[:4]}")


def page_is_harmless(daemon):
    for path in ("/", "/api/v1/status"):
        body = daemon.get(path).body
        text = body.decode("utf-8")
        check(not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text), f"{path}: raw control characters")
        if path == "/":
            for evil in ("<script>alert", "<img", "onmouseover='x", "<svg o"):
                check(evil not in text, f"{path} holds {evil}")
            check("&lt;script&gt;alert" in text, "the name is not on the page at all")
            check(text.count("<script") == text.count("<script src="), "an inline script")
        else:
            json.loads(text)


def nasty_names(folder):
    """As action, service, code and request id; each counts, none breaks anything."""
    log = folder / "app.log"
    lines = [line("Fine", code="InternalError")]
    for name in NASTY:
        lines += [line(name), line(name, code=name), line("A", service=name, code=name, request_id=name),
                  line(name, service=name, code="InternalError", request_id=name * 3, source_text=False)]
    log.write_bytes(b"".join(lines))
    (folder / "empty.log").touch()
    daemon = Daemon(write_config(folder / "apierrd.yaml", {
        'so"ur\\ce <script>': [folder / "empty.log"], "app": [log]})).start()
    daemon.metrics()
    result = replay(log)
    metrics = daemon.wait_for("all counted", lambda m: m.sum("apierrd_ingest_lines_total") == len(lines))
    metrics = daemon.metrics()  # what is new to a scraper is 0 once
    check(result["lines"] == len(lines) == result["lines_with_records"], "replay rejects some")
    failed = sum(row["count"] for row in result["errors"])
    for name, total in [("apierrd_api_calls_total", result["records"]),
                        ("apierrd_api_errors_total", failed),
                        ("apierrd_api_errors_by_code_total", failed)]:
        check(metrics.sum(name, source="app") == total, f"{name}: {metrics.sum(name)}, not {total}")
        for sample in metrics.rows(name):
            for label, value in sample.labels.items():
                check(len(value.encode()) <= 128, f"{label} of {len(value.encode())} bytes")
                check(not re.search(r"[\x00-\x1f\x7f-\x9f]", value), f"{label} holds a control character")
    both_formats(daemon)
    page_is_harmless(daemon)
    daemon.stop()
    daemon.start()
    again = daemon.metrics()
    for name in ("apierrd_api_calls_total", "apierrd_api_errors_total", "apierrd_api_errors_by_code_total"):
        seen = {tuple(sorted(s.labels.items())): s.value for s in again.rows(name) if s.value}
        wanted = {tuple(sorted(s.labels.items())): s.value for s in metrics.rows(name) if s.value}
        check(seen == wanted, f"{name} after a restart differs")
    both_formats(daemon)
    daemon.stop()
    for output, openmetrics in (("prometheus", False), ("openmetrics", True)):
        page = run_program("replay", "--output", output, log).stdout
        families, faults = openmetrics_check.check(page, openmetrics)
        check(not faults, f"replay --output {output}: {faults[:3]}")
        check(Metrics(families).sum("apierrd_api_calls_total") == result["records"], "replay: other totals")


LIMITS = {"services": 5, "actions": 20, "undocumented_codes": 10, "call_series": 15, "error_series": 30,
          "code_series": 25}


def too_many_names(folder):
    """Beyond the limits everything is `other`, totals stay exact, and the overflow is counted."""
    log, rng = folder / "app.log", random.Random(1)
    lines, codes_of_lines = [], []
    for i in range(6000):
        documented = ["InternalError", "LimitExceeded"]
        if i >= 5000:  # combinations that were not there before
            documented = ["MissingParameter", "UnknownParameter", "ResourceNotFound", "ResourceInUse"]
        code = rng.choice([None, f"Made.Up{i}", f"FailedOperation.New{i % 300}", *documented])
        codes_of_lines.append(code)
        service = rng.choice(["billing", "a", "b", "c", f"s{i % 700}"])
        lines.append(line(f"Action{i % 2500}", service=service, code=code))
    log.write_bytes(b"".join(lines[:3000]))
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]}, limits=LIMITS)).start()
    zeros = daemon.metrics()

    def count(number):
        daemon.wait_for(f"{number} lines", lambda m: m.sum("apierrd_ingest_lines_total") == number)
        metrics = daemon.metrics()
        failed = sum(code is not None for code in codes_of_lines[:number])
        undocumented = sum(bool(code and re.match("Made|FailedOp", code)) for code in codes_of_lines[:number])
        check(metrics.sum("apierrd_api_calls_total") == number, "calls are not exact")
        for name in ("apierrd_api_errors_total", "apierrd_api_errors_by_code_total"):
            check(metrics.sum(name) == failed, f"{name}: {metrics.sum(name)}, not {failed}")
        check(metrics.sum("apierrd_undocumented_errors_total") == undocumented, "undocumented: not exact")
        overflow = {s.labels["label"]: s.value for s in metrics.rows("apierrd_label_overflow_total")}
        check(all(overflow[label] > 0 for label in ("api_service", "action", "code")), f"{overflow}")
        check(metrics.sum("apierrd_api_calls_total", action="other") > 0 and
              metrics.sum("apierrd_api_errors_by_code_total", code="other") > 0, "no `other`")
        services = {s.labels["api_service"] for s in metrics.rows("apierrd_api_calls_total")}
        check(len(services) <= LIMITS["services"] + 1, f"{len(services)} services")
        check(len(metrics.rows("apierrd_api_calls_total")) <= LIMITS["call_series"] + len(services), "calls")
        check(len(metrics.rows("apierrd_api_errors_total")) <=
              LIMITS["error_series"] + len(services) * (LIMITS["undocumented_codes"] + 100), "errors")
        codes = len(metrics.rows("apierrd_api_errors_by_code_total"))
        known = len(zeros.rows("apierrd_api_errors_by_code_total"))
        check(codes <= known + LIMITS["code_series"] + len(services), f"{codes} code series, first {known}")
        for limit in metrics.rows("apierrd_label_values_limit"):
            values = metrics.value("apierrd_label_values", **limit.labels)
            check(values <= limit.value, f"{values} values of {limit.labels}")
        described, counted = ([(s.labels["api_service"], s.labels["code"]) for s in metrics.rows(name)]
                              for name in ("apierrd_error_code_info", "apierrd_api_errors_by_code_total"))
        check(len(described) == len(set(described)), "two info series for one (api_service, code)")
        check(set(counted) == set(described), "by_code and info do not have the same codes")
        both_formats(daemon)
        return overflow

    count(3000)
    with log.open("ab") as file:
        file.write(b"".join(lines[3000:5000]))
    before = count(5000)
    for _ in range(2):
        daemon.stop()
        daemon.start()
    with log.open("ab") as file:
        file.write(b"".join(lines[5000:]))
    after = count(6000)  # the limits hold as before
    check(all(after[label] >= before[label] for label in before), "overflow steps back over a restart")
    check(daemon.get("/").status == 200, "the page cannot be shown")
    daemon.stop()


def exemplars(folder):
    """Request ids of any kind and length stay within what OpenMetrics allows."""
    log = folder / "app.log"
    ids = ["", "a" * 117, "a" * 118, "a" * 119, "a" * 128, "a" * 5000, "中" * 40, "中" * 200, r"q\"uo\\te",
           r"\u0000", r"new\nline", "20190117150912", "6f6a5c1e-0000-4000-8000-000000000001"]
    log.write_bytes(b"".join(line(f"A{i}", code="InternalError", request_id=text)
                             for i, text in enumerate(ids)))
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]})).start()
    daemon.metrics(OPENMETRICS)
    daemon.wait_for("counted", lambda m: m.sum("apierrd_ingest_lines_total") == len(ids))
    wait_until("exemplars", lambda: any(
        s.exemplar for s in daemon.metrics(OPENMETRICS).rows("apierrd_api_errors_total")))
    metrics = daemon.metrics(OPENMETRICS)
    for name in ("apierrd_api_errors_total", "apierrd_api_call_duration_seconds_bucket"):
        seen = [s.exemplar for s in metrics.rows(name) if s.exemplar]
        check(seen and all(set(labels) == {"request_id"} for labels, _, _ in seen), f"{name}: {seen[:3]}")
        check(ids[-1] in [labels["request_id"] for labels, _, _ in seen], f"{name}: the last id is missing")
        check(all(time and time > 1e9 for _, _, time in seen), f"{name}: exemplars without a time")
    check("# {" not in daemon.get("/metrics", Accept=TEXT).body.decode(), "exemplars in the text format")
    page = html.unescape(daemon.get("/").body.decode())
    check(ids[-1] in page, "the page does not show the last request id")
    daemon.stop()


if __name__ == "__main__":
    run("hostile names do no harm", nasty_names, too_many_names, exemplars)
