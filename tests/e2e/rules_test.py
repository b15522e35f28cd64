#!/usr/bin/env python3
"""The rules that deploy/prometheus ships: made by the program, tested by promtool, explained in docs/runbooks.

Needs `prometheus`, `promtool` and `amtool`, in APIERRD_TOOLS/usr/bin or in the PATH.
"""
import os
import pathlib
import re
import subprocess

import yaml

from apierrd_e2e import Daemon, call_line, check, run, run_program, wait_until, write_config
from apierrd_prometheus import Prometheus, tool

ROOT = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
PROMETHEUS = ROOT / "deploy" / "prometheus"
SHIPPED = PROMETHEUS / "apierrd.rules.yml"
TESTS = sorted((PROMETHEUS / "tests").glob("*.test.yml"))
KINDS = ("fires", "just below", "counter reset", "absent series", "low traffic", "resolves")
SEVERITIES = {"critical", "warning", "info"}
# Exposed by every exporter, or made by Prometheus.
FOREIGN = {"up", "process_start_time_seconds"}


def succeeds(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"{command}: exit code {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def rules_of(*arguments):
    done = run_program("rules", *arguments)
    check(done.returncode == 0, f"rules {arguments}: {done.returncode}: {done.stderr!r}")
    return done.stdout.decode()


def all_rules(text):
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def all_cases():
    return [case for path in TESTS for case in yaml.safe_load(path.read_text())["tests"]]


def shipped_rules_are_the_programs_output(_):
    check(SHIPPED.read_text() == rules_of(),
          f"{SHIPPED} differs from `apierrd rules`; write it anew and review the difference")


def promtool_takes_them(_):
    """A recording rule twice, an expression that does not parse: --lint-fatal makes both an error."""
    succeeds(tool("promtool"), "check", "rules", "--lint-fatal", SHIPPED)


def promtool_tests_them(_):
    output = succeeds(tool("promtool"), "test", "rules", *TESTS)
    check(output.count("SUCCESS") == len(TESTS), output)


def what_a_configuration_changes(folder):
    overlays = folder / "overlays"
    overlays.mkdir()
    (overlays / "own.yaml").write_text(
        "schema: 1\nproduct: cvm\ntitle: t\nsources: {o: our own}\ncodes:\n"
        "  - {code: FailedOperation.Gone, fault_domain: vendor, retryable: no, severity: critical, event: page,\n"
        "     description: d, remedy: \"Ring {{ twice, then 'run'.\", source: o}\n"
        "  - {code: InternalError.Planned, fault_domain: vendor, retryable: later, severity: info, slo: false,\n"
        "     description: d, remedy: r, source: o}\n")
    config = folder / "apierrd.yaml"
    config.write_text("sources: [{name: s, paths: [/x]}]\ncatalogs: {overlays: overlays}\n"
                      "rules: {job: shop/apierrd, runbooks: 'https://wiki/books/', objective: 99.9, team: pay}\n")
    text = rules_of("--config", config)
    (folder / "made.rules.yml").write_text(text)
    succeeds(tool("promtool"), "check", "rules", "--lint-fatal", folder / "made.rules.yml")
    rules = {(rule["alert"], rule["labels"]["severity"], rule["labels"].get("long")): rule
             for rule in all_rules(text) if "alert" in rule}
    paid = rules["ApiPaidNotDelivered", "critical", None]
    check(r'code=~"FailedOperation\\.Gone|FailedOperation\\.PaySuccDeliverFailed"' in paid["expr"], paid["expr"])
    check("Ring { { twice, then 'run'." in paid["annotations"]["description"], paid)
    check(all(rule["labels"]["team"] == "pay" for rule in rules.values()), "an alert has no team")
    check('up{job="shop/apierrd"} == 0' == rules["ApierrdDown", "critical", None]["expr"], "another job")
    check(paid["annotations"]["runbook_url"] == "https://wiki/books/api.md#apipaidnotdelivered", paid)
    burn = rules["ApiVendorErrorBudgetBurn", "critical", "1h"]
    check("> (14.4 * 0.001)" in burn["expr"] and "99.9 %" in burn["annotations"]["description"], burn)
    rate = next(rule for rule in all_rules(text)
                if rule.get("record") == "source_api_service:apierrd_vendor_errors:rate5m")
    check(r'code!~"FailedOperation\\.SummaryDataNotReady|InternalError\\.Planned"' in rate["expr"], rate["expr"])


def one_kind_of_rules(_):
    both = rules_of()
    for only, key in (("recording", "record"), ("alerting", "alert")):
        part = all_rules(rules_of("--only", only))
        check(part == [rule for rule in all_rules(both) if key in rule], f"--only {only}")
    check(run_program("rules", "--only", "x").returncode == 2, "--only x")


def every_alert_says_what_to_do(_):
    headings = {path.name: {line[3:].strip() for line in path.read_text().split("\n") if line.startswith("## ")}
                for path in (ROOT / "docs" / "runbooks").glob("*.md")}
    alerts = [rule for rule in all_rules(SHIPPED.read_text()) if "alert" in rule]
    check(len(alerts) >= 25, f"{len(alerts)} alerts")
    told = set()
    for rule in alerts:
        name, notes = rule["alert"], rule["annotations"]
        check(rule["labels"]["severity"] in (SEVERITIES if name != "Watchdog" else {"none"}), rule)
        check(all(notes.get(key) for key in ("summary", "description", "runbook_url")), rule)
        check("$value" not in str(rule["labels"]), f"{name}: a value in a label makes a new alert each time")
        match = re.fullmatch(r"\S+/docs/runbooks/(\w+\.md)#(\w+)", notes["runbook_url"])
        check(match and name in headings[match[1]] and match[2] == name.lower(),
              f"{name}: {notes['runbook_url']} has no heading `## {name}`")
        told.add(name)
    told |= {"ApiPaidNotDeliveredEvent", "ApiPagingEvent"}  # those that apierrd sends itself
    check(set().union(*headings.values()) == told, f"runbooks: {set().union(*headings.values()) ^ told}")


def every_alert_has_every_kind_of_case(_):
    """Cases are named `ALERT: KIND, what is special`; one of them fires each tier, told by its labels."""
    cases = all_cases()
    alerts = [rule for rule in all_rules(SHIPPED.read_text()) if "alert" in rule]
    missing = []
    for name in {rule["alert"] for rule in alerts}:
        named = [case["name"][len(name) + 2:] for case in cases if case["name"].startswith(name + ": ")]
        missing += [f"{name}: {kind}" for kind in KINDS if not any(case.startswith(kind) for case in named)]
    known = {f"{rule['alert']}: {kind}" for rule in alerts for kind in KINDS}
    strange = [case["name"] for case in cases if not any(case["name"].startswith(start) for start in known)]
    check(not missing and not strange, f"missing: {missing}; of no known kind: {strange}")
    names = [case["name"] for case in cases]
    check(len(names) == len(set(names)), "two cases of one name")
    for rule in alerts:
        check(any(fires(case, rule) for case in cases), f"no case fires {rule['alert']} with {rule['labels']}")
    for case in cases:
        check(all(part["alertname"] == case["name"].split(":")[0] for part in case["alert_rule_test"]), case)


def fires(case, rule):
    if not case["name"].startswith(f"{rule['alert']}: fires"):
        return False
    return any(rule["labels"].items() <= alert["exp_labels"].items() and
               {"summary", "description", "runbook_url"} == set(alert["exp_annotations"])
               for part in case["alert_rule_test"] for alert in part["exp_alerts"])


def cases_can_fail(_):
    """A case of each kind asks for what it is about: silence where it must be silent, else an alert."""
    for case in all_cases():
        name, _, kind = case["name"].partition(": ")
        fired = [len(part["exp_alerts"]) for part in case["alert_rule_test"]]
        if kind.startswith("fires"):
            check(max(fired) > 0, case["name"])
        if kind.startswith("resolves") and name != "Watchdog":
            check(fired[0] > 0 and fired[-1] < fired[0], case["name"])


def metrics_are_those_that_exist(_):
    table = (ROOT / "exporters" / "metric_table.h").read_text()
    known = set(re.findall(r'MetricInfo\{\s*"(\w+)"', table)) | FOREIGN
    rules = all_rules(SHIPPED.read_text())
    known |= {rule["record"] for rule in rules if "record" in rule}
    used = set()
    for rule in rules:
        texts = [rule["expr"], *rule.get("annotations", {}).values()]
        used |= set(re.findall(r"\b((?:apierrd|process|source)_\w*(?::\w+)*)", " ".join(texts)))
    labels = {"source", "api_service", "source_api_service"}
    check(used - labels <= known, f"no such metric: {sorted(used - labels - known)}")
    check(len(used & known) > 20, f"the pattern finds only {used}")


def examples_are_valid(_):
    succeeds(tool("promtool"), "check", "config", "--syntax-only", PROMETHEUS / "prometheus.example.yml")
    alertmanager = ROOT / "deploy" / "alertmanager" / "alertmanager.example.yml"
    succeeds(tool("amtool"), "check-config", alertmanager)

    def route(**labels):
        return succeeds(tool("amtool"), "config", "routes", "test", f"--config.file={alertmanager}",
                        *(f"{name}={value}" for name, value in labels.items())).strip()
    for labels, receiver in (({"alertname": "ApiPaidNotDelivered", "severity": "critical"}, "pager-events"),
                             ({"alertname": "ApierrdDown", "severity": "critical"}, "pager"),
                             ({"alertname": "ApiClockSkew", "severity": "warning"}, "tickets"),
                             ({"alertname": "ApiNewCode", "severity": "info"}, "chat"),
                             ({"alertname": "Watchdog", "severity": "none"}, "dead-man-switch")):
        check(route(**labels) == receiver, f"{labels} goes to {route(**labels)}")
    events = [receiver for receiver in yaml.safe_load(alertmanager.read_text())["receivers"]
              if receiver["name"] == "pager-events"]
    check([hook["send_resolved"] for hook in events[0]["webhook_configs"]] == [False], "an event is never resolved")


def in_a_real_prometheus(folder):
    """No rule fails to evaluate, and a payment without delivery is told of over a restart of the daemon."""
    log = folder / "app.log"
    log.write_bytes(call_line() * 5)
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log], "other": [folder / "other.log"]},
                                 products=["billing", "cvm"])).start()
    daemon.metrics()
    rules = yaml.safe_load(rules_of())
    for group in rules["groups"]:
        group["interval"] = "1s"
    prometheus = Prometheus(folder, {"apierrd": daemon.port}, rules)
    wait_until("a scrape", lambda: prometheus.table('up{job="apierrd"}', "job"))

    def firing():
        return {alert["labels"]["alertname"]: alert for alert in prometheus.api("alerts")["alerts"]
                if alert["state"] == "firing"}
    wait_until("the watchdog", lambda: "Watchdog" in firing())
    check("ApiPaidNotDelivered" not in firing(), "it fires before anything happened")
    with log.open("ab") as file:
        file.write(call_line(code="FailedOperation.PaySuccDeliverFailed"))
    wait_until("ApiPaidNotDelivered fires", lambda: "ApiPaidNotDelivered" in firing())
    began = firing()["ApiPaidNotDelivered"]["activeAt"]
    port = daemon.port
    daemon.stop()
    wait_until("the daemon is down", lambda: prometheus.table('up{job="apierrd"} == bool 0', "job"))
    config = write_config(folder / "apierrd.yaml", {"app": [log], "other": [folder / "other.log"]},
                          products=["billing", "cvm"], web={"listen": f"127.0.0.1:{port}"})
    Daemon(config).start()
    wait_until("it is back", lambda: prometheus.table('up{job="apierrd"}', "job"))
    check(firing()["ApiPaidNotDelivered"]["activeAt"] == began, "a restart ended the alert and raised it anew")
    evaluated = [rule for group in prometheus.api("rules")["groups"] for rule in group["rules"]]
    check(len(evaluated) == len(all_rules(rules_of())), f"{len(evaluated)} rules are loaded")
    wait_until("all rules are evaluated", lambda: all(
        rule["health"] != "unknown" for group in prometheus.api("rules")["groups"] for rule in group["rules"]))
    broken = [(rule["name"], rule.get("lastError")) for group in prometheus.api("rules")["groups"]
              for rule in group["rules"] if rule["health"] != "ok"]
    check(not broken, f"rules that fail: {broken}")


if __name__ == "__main__":
    run("the rules are made by the program, tested and explained", shipped_rules_are_the_programs_output,
        promtool_takes_them, promtool_tests_them, what_a_configuration_changes, one_kind_of_rules,
        every_alert_says_what_to_do, every_alert_has_every_kind_of_case, cases_can_fail,
        metrics_are_those_that_exist, examples_are_valid, in_a_real_prometheus)
