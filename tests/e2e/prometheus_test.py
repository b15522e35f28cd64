#!/usr/bin/env python3
"""A real Prometheus scrapes the daemon and sees what `replay` counts.

Needs `prometheus` and `promtool`, in APIERRD_TOOLS/usr/bin or in the PATH.
"""
import http.server
import socketserver
import subprocess
import threading

from apierrd_e2e import (TEXT, Daemon, call_line, check, counted_by_replay, demo_lines, replay, request, run,
                         wait_until, write_config)
from apierrd_prometheus import Prometheus, tool

RARE = "FailedOperation.PaySuccDeliverFailed"
# prometheus.md, appendix A, without the rate's window of five minutes.
JOIN = ("sum without (instance, code) (rate(apierrd_api_errors_by_code_total[1m])"
        " * on (job, instance, api_service, code) group_left (fault_domain) apierrd_error_code_info)")
RULES = {"groups": [{"name": "apierrd.rates", "rules": [
    {"record": "source_api_service_fault_domain:apierrd_api_errors:rate1m", "expr": JOIN}]}]}


class TextOnly(http.server.BaseHTTPRequestHandler):
    """Hands scrapes on without their Accept header: as if by a scraper that knows no OpenMetrics."""
    target = None

    def do_GET(self):
        answer = request(self.target, self.path, headers={"User-Agent": "text-only"})
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_):
        pass


def text_only_proxy(port):
    handler = type("Handler", (TextOnly,), {"target": port})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def totals(prometheus, job):
    """What Prometheus holds of a job, as replay names it."""
    def table(name, *labels):
        selector = f'{name}{{job="{job}",source="app"}}'
        return prometheus.table(selector, *labels)
    return {
        "calls": table("apierrd_api_calls_total", "api_service", "action"),
        "errors": table("apierrd_api_errors_total", "api_service", "action", "code"),
        "by_code": table("apierrd_api_errors_by_code_total", "api_service", "code"),
        "undocumented": table("apierrd_undocumented_errors_total", "api_service"),
        "findings": table("apierrd_documentation_findings_total", "api_service", "finding"),
        "ignored": table("apierrd_ignored_lines_total", "reason"),
        "rejected": table("apierrd_parse_failures_total", "reason"),
        "lines": sum(table("apierrd_ingest_lines_total").values()),
        "bytes": sum(table("apierrd_ingest_bytes_total").values()),
    }


def wait_for_totals(prometheus, job, log):
    wanted = counted_by_replay(replay(log))

    def same():
        seen = totals(prometheus, job)
        return (seen == wanted, [key for key in wanted if seen[key] != wanted[key]])
    wait_until(f"job {job} sees what replay counts", same)


def scraped(folder):
    tool("prometheus")
    log = folder / "app.log"
    lines = [line for line in demo_lines(3000, seed=5) if RARE.encode() not in line]
    log.write_bytes(b"".join(lines))
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]})).start()
    prometheus = Prometheus(folder, {"apierrd": daemon.port, "text": text_only_proxy(daemon.port)}, RULES)
    wait_until("targets up", lambda: prometheus.table("up", "job") == {("apierrd",): 1, ("text",): 1})
    for job in ("apierrd", "text"):
        wait_for_totals(prometheus, job, log)
    for target in prometheus.api("targets")["activeTargets"]:
        check(target["lastError"] == "", f"scrape error: {target['lastError']}")

    # A first error is a step from 0, and so is the first of its action.
    with log.open("ab") as file:
        file.write(call_line(code=RARE, request_id="the-rare-one", latency_ms=70))
    for job in ("apierrd", "text"):
        for name in ("apierrd_api_errors_by_code_total", "apierrd_api_errors_total"):
            query = f'increase({name}{{job="{job}",code="{RARE}"}}[5m])'
            wait_until(f"{job}: increase({name}) sees the first error", lambda q=query: prometheus.table(q))
        wait_for_totals(prometheus, job, log)
    last = f'time() - apierrd_error_last_observed_timestamp_seconds{{job="apierrd",code="{RARE}"}} < 3600'
    check(prometheus.table(last), "the first-occurrence test does not fire")

    # Exemplars lead from a series to a request.
    for query in ("apierrd_api_errors_total", "apierrd_api_call_duration_seconds_bucket"):
        def found(query=query):
            answer = prometheus.api("query_exemplars", query=query, start=0, end=4e9)
            ids = [e["labels"].get("request_id") for row in answer for e in row["exemplars"]]
            return ("the-rare-one" in ids, f"{len(ids)} exemplars")
        wait_until(f"exemplars of {query}", found)

    # The join with the catalog: one info series per code, for both jobs, now and as a rule.
    join = JOIN.replace("rate(apierrd_api_errors_by_code_total[1m])", "apierrd_api_errors_by_code_total")
    domains = prometheus.table(join, "job", "source", "api_service", "fault_domain")
    errors = prometheus.table("sum by (job) (apierrd_api_errors_by_code_total)", "job")
    for job in ("apierrd", "text"):
        joined = sum(value for key, value in domains.items() if key[0] == job)
        check(joined == errors[job,], f"the join has {joined} of {errors[job,]} errors of {job}")

    def rules_are_well():
        rules = [rule for group in prometheus.api("rules")["groups"] for rule in group["rules"]]
        check(all(rule["health"] != "err" for rule in rules), f"{[rule.get('lastError') for rule in rules]}")
        return all(rule["health"] == "ok" for rule in rules)
    wait_until("recording rule evaluated", rules_are_well)
    wait_until("and it has rows", lambda: prometheus.table(RULES["groups"][0]["rules"][0]["record"],
                                                          "job", "source", "api_service", "fault_domain"))
    prometheus.stop()
    daemon.stop()


def promtool_finds_nothing(folder):
    """Both a page of zeros and one with everything on it."""
    promtool, log = tool("promtool"), folder / "app.log"
    log.write_bytes(b"".join(demo_lines(3000)) + b"garbage\n" + call_line(action='a"\\b'))
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]})).start()
    pages = [daemon.get("/metrics", Accept=TEXT).body]
    daemon.wait_for("counted", lambda m: m.sum("apierrd_ingest_lines_total") == 3002)
    pages.append(daemon.get("/metrics", Accept=TEXT).body)
    for page in pages:
        done = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, check=False)
        found = (done.stdout + done.stderr).decode()
        check(done.returncode == 0, f"promtool exits {done.returncode}: {found}")
    daemon.stop()


if __name__ == "__main__":
    run("Prometheus sees what replay counts", promtool_finds_nothing, scraped)
