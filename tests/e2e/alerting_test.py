#!/usr/bin/env python3
"""The whole way: a line is logged, Prometheus scrapes and evaluates the shipped rules, Alertmanager has the alert.

Needs `prometheus` and `prometheus-alertmanager`, in APIERRD_TOOLS/usr/bin or in the PATH. How long the way
takes is printed, not asserted.
"""
import os
import pathlib
import time

import yaml

from apierrd_alertmanager import Alertmanager
from apierrd_e2e import Daemon, call_line, check, free_port, run, wait_until, write_config
from apierrd_prometheus import Prometheus, tool

PAID = "FailedOperation.PaySuccDeliverFailed"
RULES = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).parents[2])) / \
    "deploy" / "prometheus" / "apierrd.rules.yml"
# What a standing system shows: the dead-man's switch.
ALWAYS = {"Watchdog"}


def shipped_rules():
    """The rules as shipped, only that every group is evaluated each second."""
    rules = yaml.safe_load(RULES.read_text())
    for group in rules["groups"]:
        group["interval"] = "1s"
    return rules


def names(alerts):
    return {alert["labels"]["alertname"] for alert in alerts}


def rules_are_well(prometheus):
    rules = [rule for group in prometheus.api("rules")["groups"] for rule in group["rules"]]
    bad = [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] == "err"]
    check(not bad, f"rules that fail: {bad}")
    unknown = [rule["name"] for rule in rules if rule["health"] != "ok"]
    return (not unknown, f"not evaluated yet: {unknown[:5]}")


def paid_not_delivered_reaches_alertmanager(folder):
    tool("prometheus")
    log = folder / "app.log"
    log.write_bytes(call_line() * 50)
    config = write_config(folder / "apierrd.yaml", {"app": [log]}, web={"listen": f"127.0.0.1:{free_port()}"})
    daemon = Daemon(config).start()
    alertmanager = Alertmanager(folder).start()
    prometheus = Prometheus(
        folder, {"apierrd": daemon.port}, shipped_rules(),
        alerting={"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager.port}"]}]}]})
    wait_until("all rules evaluated", lambda: rules_are_well(prometheus))
    wait_until("target up", lambda: prometheus.table("up", "job") == {("apierrd",): 1})
    wait_until("the watchdog reaches Alertmanager", lambda: (names(alertmanager.alerts()) == ALWAYS, names(alertmanager.alerts())))

    logged = time.monotonic()
    with log.open("ab") as file:
        file.write(call_line(code=PAID, request_id="paid-1"))
    wait_until("Alertmanager has it", lambda: "ApiPaidNotDelivered" in names(alertmanager.alerts()))
    print(f"  from the log to Alertmanager: {time.monotonic() - logged:.2f} s")
    (alert,) = [a for a in alertmanager.alerts() if a["labels"]["alertname"] == "ApiPaidNotDelivered"]
    for label, value in {"severity": "critical", "source": "app", "api_service": "billing", "code": PAID}.items():
        check(alert["labels"].get(label) == value, f"label {label} is {alert['labels'].get(label)}, not {value}")
    for annotation in ("summary", "description", "runbook_url"):
        check(alert["annotations"].get(annotation), f"no {annotation}")

    # It goes on over a restart of the daemon: when it happened is in the state.
    active_since = alert["startsAt"]
    daemon.kill()
    wait_until("seen to be down", lambda: not prometheus.table("up", "job"))
    daemon.start()
    wait_until("scraped again", lambda: prometheus.table("up", "job") == {("apierrd",): 1})
    (alert,) = alertmanager.alerts(alertname="ApiPaidNotDelivered")
    check(alert["startsAt"] == active_since, f"begun anew: {alert['startsAt']}, {active_since} before")
    wait_until("all rules are well", lambda: rules_are_well(prometheus))
    prometheus.stop()
    alertmanager.stop()
    daemon.stop()


if __name__ == "__main__":
    run("an alert goes from a log line to Alertmanager", paid_not_delivered_reaches_alertmanager)
