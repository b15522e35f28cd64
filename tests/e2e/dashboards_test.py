#!/usr/bin/env python3
"""The dashboards are what their generator writes, keep the linter's rules, and no panel of theirs is empty when
a real Prometheus scrapes a daemon to which everything happens.

Needs `prometheus` and `promtool`, in APIERRD_TOOLS/usr/bin or in the PATH. Grafana itself is not needed.
"""
import copy
import json
import math
import os
import pathlib
import re
import subprocess
import sys

import yaml

from apierrd_e2e import Skip, check, free_port, run, wait_until
from apierrd_everything import Everything
from apierrd_prometheus import Prometheus, tool

ROOT = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(ROOT / "tests" / "support"))
import dashboard_lint  # noqa: E402

GRAFANA = ROOT / "deploy" / "grafana"
RULES = ROOT / "deploy" / "prometheus" / "apierrd.rules.yml"
# Metrics of parts that a build may lack. Once exporters/metric_table.h names one, its panels must not be empty.
PENDING = {"apierrd_source_max_silence_seconds", "apierrd_alert_push_sent_total", "apierrd_alert_push_failed_total",
           "apierrd_alert_push_dropped_total", "apierrd_alert_push_active",
           "apierrd_alert_push_last_success_timestamp_seconds"}
# Panels that may show nothing but 0: what they warn of does not happen here, or is used up.
MAY_BE_ZERO = {"Behind the logs", "Age of the oldest unread line", "Budget left", "Pushed alerts"}
# What stands for a choice of everything, as Grafana puts it in.
GRAFANAS_OWN = {"$__rate_interval": "5m", "$__range_s": "600", "$__range": "10m"}


def boards():
    return {path.name: json.loads(path.read_text(encoding="utf-8"))
            for path in sorted((GRAFANA / "dashboards").glob("*.json"))}


def rules():
    if not RULES.exists():
        raise Skip(f"{RULES.relative_to(ROOT)} is not there")
    return yaml.safe_load(RULES.read_text(encoding="utf-8"))


def own_metrics():
    return dashboard_lint.known_metrics((ROOT / "exporters" / "metric_table.h").read_text(encoding="utf-8"), rules())


def expanded(expr, board):
    """An expression as Prometheus gets it when everything is chosen."""
    for name, value in GRAFANAS_OWN.items():
        expr = expr.replace(name, value)
    for variable in board["templating"]["list"]:
        value = variable.get("allValue") or variable.get("current", {}).get("value", "")
        expr = re.sub(rf"\${variable['name']}\b", str(value), expr)
    return expr


# ---- without a server

def generated(_):
    code = "import json, sys, make_dashboards; json.dump(make_dashboards.texts(), sys.stdout)"
    done = subprocess.run([sys.executable, "-B", "-c", code], cwd=GRAFANA, capture_output=True, text=True, check=True)
    there = {path.name: path.read_text(encoding="utf-8") for path in (GRAFANA / "dashboards").iterdir()}
    check(json.loads(done.stdout) == there, "run deploy/grafana/make_dashboards.py: its output is not what is there")


def kept_rules(_):
    metrics = own_metrics()
    faults = dashboard_lint.lint(boards(), metrics, PENDING)
    check(not faults, "\n".join(faults))
    # All that is exposed can be looked at.
    shown = {selector[0] for board in boards().values() for _, expr in dashboard_lint.expressions(board)
             for selector in dashboard_lint.selectors(expr)}
    unseen = {name for name in metrics if ":" not in name} - shown
    check(not unseen, f"no dashboard shows {sorted(unseen)}")
    # Both call the same failures the vendor's.
    def left_out(text):
        return set(re.findall(r'code!="([\w.]+)"', text))
    text = " ".join(expr for board in boards().values() for _, expr in dashboard_lint.expressions(board))
    recorded = [rule["expr"] for group in rules()["groups"] for rule in group["rules"]
                if rule.get("record") == "source_api_service:apierrd_vendor_errors:rate5m"]
    check(left_out(text) == left_out(recorded[0]), f"{left_out(text)} here, {left_out(recorded[0])} in the rules")


def promtool_finds_nothing(folder):
    """Each expression as a rule: what Prometheus would not parse, promtool does not take."""
    groups = []
    for name, board in boards().items():
        exprs = [expr for _, expr in dashboard_lint.expressions(board)]
        exprs += [one["expr"] for one in board["annotations"]["list"] if "expr" in one]
        exprs += [dashboard_lint.label_values(variable)[0] for variable in dashboard_lint.query_variables(board)]
        groups.append({"name": name, "rules": [{"record": f"r{number}", "expr": expanded(expr, board)}
                                               for number, expr in enumerate(exprs)]})
    path = folder / "rules.yml"
    path.write_text(json.dumps({"groups": groups}))
    done = subprocess.run([tool("promtool"), "check", "rules", "--lint=none", path], capture_output=True, text=True,
                          check=False)
    check(done.returncode == 0, f"promtool: {done.stdout} {done.stderr}")


def panel_of(board, kind):
    return next(panel for panel in board["panels"] if panel["type"] == kind)


def change_expr(old, new):
    def change(board):
        target = next(target for panel in board["panels"] for target in panel.get("targets", ())
                      if old in target["expr"])
        target["expr"] = target["expr"].replace(old, new)
    return change


MISTAKES = {
    "no metric apierrd_api_cals_total": change_expr("apierrd_api_calls_total", "apierrd_api_cals_total"),
    "lacks the chosen job": change_expr('job=~"$job", ', ""),
    "the fixed window [5m]": change_expr("[$__rate_interval]", "[5m]"),
    "counter without rate": change_expr("increase(apierrd_api_errors_total", "(apierrd_api_errors_total"),
    "no metric has a label fault_domian": change_expr("by (fault_domain)", "by (fault_domian)"),
    "has no label sorce": change_expr('source=~"$source"', 'sorce=~"$source"'),
    "there is no variable sourse": change_expr('source=~"$source"', 'source=~"$sourse"'),
    "the legend names api_servic": lambda b: panel_of(b, "timeseries")["targets"][0].update(
        legendFormat="{{api_servic}}"),
    "no panel type stats": lambda b: panel_of(b, "stat").update(type="stats"),
    "no unit percent-unit": lambda b: panel_of(b, "stat")["fieldConfig"]["defaults"].update(unit="percent-unit"),
    "explains nothing": lambda b: panel_of(b, "table").update(description=""),
    "no metric apierrd_lines": lambda b: b["templating"]["list"][3]["query"].update(
        query='label_values(apierrd_lines{job=~"$job"}, source)'),
    "apierrd_build_info has no label source": lambda b: b["templating"]["list"][3]["query"].update(
        query='label_values(apierrd_build_info{job=~"$job"}, source)'),
    "refresh is 1, not 2": lambda b: b["templating"]["list"][1].update(refresh=1),
    "lies on another": lambda b: panel_of(b, "stat")["gridPos"].update(x=1),
    "is editable": lambda b: b.update(editable=True),
    "does not use the chosen data source": lambda b: panel_of(b, "stat").update(datasource=None),
    "asks for a range": lambda b: panel_of(b, "stat")["targets"][0].update(range=True),
    "has no variable cod": lambda b: panel_of(b, "table")["fieldConfig"]["overrides"][-1]["properties"][0]["value"][0]
    .update(url="/d/apierrd-codes?var-cod=x"),
    "annotations are": lambda b: b["annotations"]["list"].pop(),
}


def every_mistake_is_found(_):
    metrics, originals = own_metrics(), boards()
    for fault, change in MISTAKES.items():
        changed = copy.deepcopy(originals)
        change(changed["apierrd-overview.json"])
        found = dashboard_lint.lint(changed, metrics, PENDING)
        check(any(fault in line for line in found), f"not found: {fault}, but {found}")


# ---- with a server

class Look:
    """What a Prometheus answers to the dashboards. What was seen once need not be seen again: some of what
    happens is over soon."""

    def __init__(self, prometheus, metrics):
        self.prometheus, self.metrics, self.seen = prometheus, metrics, set()

    def faults(self, all_boards):
        out = []
        for board in all_boards.values():
            for panel in board["panels"]:
                for target in panel.get("targets", ()):
                    key = board["uid"], panel["title"], target["refId"]
                    if key not in self.seen:
                        fault = self.query(board, panel, target)
                        self.seen |= set() if fault else {key}
                        out += [f"{' / '.join(key)}: {fault}"] if fault else []
            out += self.others(board)
        return out

    def query(self, board, panel, target):
        """Why a query's answer is not good, or nothing."""
        expr = expanded(target["expr"], board)
        names = {selector[0] for selector in dashboard_lint.selectors(expr)}
        if names & PENDING - set(self.metrics):
            return None
        rows = self.prometheus.api("query", query=expr)["result"]
        values = [float(row["value"][1]) for row in rows]
        numbers = [value for value in values if math.isfinite(value)]
        if not numbers:
            return f"{len(values)} values, no number: {expr}"
        if not any(numbers) and panel["title"] not in MAY_BE_ZERO:
            return f"nothing but 0: {expr}"
        if any(row["metric"].get("instance", "one") not in ("one", "two") for row in rows):
            return f"shows what is not apierrd's: {expr}"
        return (self.legend(panel, target, rows) or self.columns(panel, target, rows) or
                self.exemplars(target, expr))

    def legend(self, panel, target, rows):
        wanted = set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")))
        for link in panel["fieldConfig"]["defaults"].get("links", ()):
            wanted |= set(re.findall(r"\$\{__field\.labels\.(\w+)\}", link["url"]))
        lacking = {label for label in wanted for row in rows if not row["metric"].get(label)}
        return f"a series lacks what its legend or link names: {lacking}" if lacking else None

    def columns(self, panel, target, rows):
        """A table's columns are what it says they are."""
        if panel["type"] != "table":
            return None
        organize = panel["transformations"][-1]["options"]
        labels = {name for name in organize["indexByName"] if not name.startswith("Value")}
        value = "Value" if len(panel["targets"]) == 1 else f"Value #{target['refId']}"
        found = {label for row in rows for label in row["metric"]}
        if found != labels or value not in organize["renameByName"]:
            return f"columns are {sorted(found)}, not {sorted(labels)}"
        names = labels | set(organize["renameByName"].values())
        overrides = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]}
        return f"no column is called {overrides - names}" if overrides - names else None

    def exemplars(self, target, expr):
        if not target.get("exemplar"):
            return None
        answer = self.prometheus.api("query_exemplars", query=expr, start=0, end=4e9)
        found = [e for row in answer for e in row["exemplars"] if e["labels"].get("request_id")]
        return None if found else f"no exemplars: {expr}"

    def others(self, board):
        """Variables and annotations."""
        for variable in dashboard_lint.query_variables(board):
            key = board["uid"], variable["name"]
            if key in self.seen:
                continue
            selector, label = dashboard_lint.label_values(variable)
            series = self.prometheus.api("series", **{"match[]": expanded(selector, board)})
            if any(row.get(label) for row in series):
                self.seen.add(key)
            else:
                yield f"{board['uid']}: variable {variable['name']} has no values: {selector}"
        for annotation in board["annotations"]["list"]:
            key = board["uid"], annotation["name"], "annotation"
            if "expr" in annotation and key not in self.seen:
                if self.prometheus.api("query", query=expanded(annotation["expr"], board))["result"]:
                    self.seen.add(key)
                else:
                    yield f"{board['uid']}: annotation {annotation['name']} shows nothing"


def hurried(rule_file):
    """The same rules, evaluated every second, alerts firing at once, subqueries in steps of seconds."""
    out = copy.deepcopy(rule_file)
    for group in out["groups"]:
        group["interval"] = "1s"
        for rule in group["rules"]:
            rule.pop("for", None)
            rule["expr"] = re.sub(r"\[(\w+):\w+\]", r"[\1:10s]", rule["expr"])
    return out


LIVE_MISTAKES = {
    "no number": change_expr("apierrd_api_calls_total", "apierrd_api_cals_total"),
    "a series lacks": lambda b: panel_of(b, "timeseries")["targets"][0].update(legendFormat="{{api_servic}}"),
    "columns are": change_expr("by (api_service, action)", "by (api_service)"),
    "variable source has no values": lambda b: b["templating"]["list"][3]["query"].update(
        query='label_values(apierrd_build_info{job=~"$job"}, source)'),
    "shows what is not apierrd's": lambda b: panel_of(b, "table")["targets"][0].update(
        expr="max by (instance, api_service) (up)"),
}


def no_panel_is_empty(folder):
    tool("prometheus")
    metrics = own_metrics()
    port = free_port()
    everything = Everything(folder, port, metrics)
    # Two instances with the same series, only one of them in a cluster. And another exporter, whose process_* and
    # up are no business of these dashboards.
    other, target = free_port(), f"127.0.0.1:{port}"
    scrape = [{"job_name": "apierrd", "static_configs": [
                  {"targets": [target], "labels": {"instance": "one", "cluster": "e2e"}},
                  {"targets": [target], "labels": {"instance": "two"}}]},
              {"job_name": "other", "static_configs": [{"targets": [f"127.0.0.1:{other}"]}]}]
    prometheus = Prometheus(folder, {}, hurried(rules()), scrape_configs=scrape, port=other)
    wait_until("targets up", lambda: len(prometheus.table("up", "job", "instance")) == 3)
    everything.happens(prometheus)
    look, all_boards = Look(prometheus, metrics), boards()

    def seen():
        faults = look.faults(all_boards)
        return not faults, faults[:10]
    wait_until("every panel has shown something", seen, deadline_s=120)
    print(f"  {len(look.seen)} queries, variables and annotations")
    for group in prometheus.api("rules")["groups"]:
        for rule in group["rules"]:
            check(rule["health"] == "ok", f"rule {rule['name']}: {rule.get('lastError')}")
    for fault, change in LIVE_MISTAKES.items():
        changed = copy.deepcopy(all_boards)
        change(changed["apierrd-overview.json"])
        found = Look(prometheus, metrics).faults(changed)
        check(any(fault in line for line in found), f"not found: {fault}, but {found}")
    everything.ends()
    prometheus.stop()


if __name__ == "__main__":
    run("the dashboards are in order and show what happens", generated, kept_rules, promtool_finds_nothing,
        every_mistake_is_found, no_panel_is_empty)
