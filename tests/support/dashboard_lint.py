"""What must be true of a dashboard as a file: the rules of Grafana's linter, and those of this house.

Deviation from that linter: the matcher `instance` is wanted on the dashboard that has the variable, not
elsewhere; calls are counted over all instances, and recorded series have none.
"""
import re

PANEL_TYPES = {"row", "stat", "timeseries", "table", "heatmap", "piechart", "bargauge", "gauge"}
UNITS = {"none", "short", "reqps", "cps", "percentunit", "s", "bytes", "Bps", "dateTimeFromNow"}
TARGET_LABELS = {"job", "cluster", "instance"}
ALERT_LABELS = {"alertname", "alertstate", "severity", "source", "api_service", "code"}
# Metrics that are not apierrd's, with the labels that are used of them.
FOREIGN = {"up": set(), "scrape_duration_seconds": set(), "ALERTS": ALERT_LABELS}
BUILT_IN = {"__rate_interval", "__range", "__range_s"}
WINDOWS = {"[$__rate_interval]", "[$__range]"}
WORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset"}
CLAUSE = re.compile(r"\b(by|on|group_left|without|ignoring)\s*\(([^)]*)\)")
METRIC = re.compile(r"(?<![\w$.:])([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?\s*(\[[^\]]*\])?(\s*\()?")
COUNTER = re.compile(r"_(total|bucket|sum|count)$")


def known_metrics(table_header, rules):
    """Labels by metric: those of exporters/metric_table.h, and the recorded ones of a rules file."""
    out = {}
    rows = re.findall(r'MetricInfo\{\s*"(\w+)",\s*MetricType::k(\w+),\s*"([^"]*)"', table_header)
    for name, kind, labels in rows:
        of_metric = set(filter(None, labels.split(",")))
        suffixes = ("_bucket", "_sum", "_count") if kind == "Histogram" else ("",)
        for suffix in suffixes:
            out[name + suffix] = of_metric | ({"le"} if suffix == "_bucket" else set())
    for group in rules["groups"]:
        for rule in group["rules"]:
            if "record" in rule:
                level = rule["record"].split(":")[0]
                out[rule["record"]] = {label for label in ("source", "api_service", "action", "code", "fault_domain")
                                       if re.search(rf"(^|_){label}(_|$)", level)}
    return out


def selectors(expr):
    """(metric, matchers, window, function around it) of each selector in an expression."""
    plain = CLAUSE.sub(lambda found: " " * len(found.group(0)), expr)
    out = []
    for found in METRIC.finditer(plain):
        name, matchers, window, called = found.groups()
        if called or name in WORDS or _within_braces(plain, found.start()):
            continue
        before = re.search(r"(\w+)\s*\($", plain[:found.start()])
        out.append((name, matchers or "{}", window or "", before.group(1) if before else ""))
    return out


def _within_braces(text, position):
    return text.rfind("{", 0, position) > text.rfind("}", 0, position)


def expressions(board):
    """(where, expression) of every panel's queries."""
    return [(f'panel "{panel["title"]}" {target["refId"]}', target["expr"])
            for panel in board["panels"] for target in panel.get("targets", ())]


def query_variables(board):
    return [variable for variable in board["templating"]["list"] if variable["type"] == "query"]


def label_values(variable):
    """Selector and label of a variable's query."""
    found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
    return found.groups() if found else ("", "")


def lint(boards, metrics, pending=frozenset()):
    """All faults of dashboards by file name, as texts. `pending`: metrics that may not exist yet."""
    faults = []
    uids = {board["uid"]: board for board in boards.values()}
    for file, board in boards.items():
        checks = (_board, _variables, _panels, _places, _links, _annotations)
        found = [fault for check in checks for fault in check(board, uids)]
        for where, expr in expressions(board):
            found += [f"{where}: {fault}" for fault in _expression(expr, board, metrics, pending)]
        for variable in query_variables(board):
            found += [f"variable {variable['name']}: {fault}" for fault in _source(variable, metrics)]
        if board["uid"] != file.removesuffix(".json"):
            found.append(f"uid is {board['uid']}")
        faults += [f"{file}: {fault}" for fault in found]
    if len(uids) != len(boards):
        faults.append("two dashboards have the same uid")
    return faults


def _board(board, _):
    if board["editable"] is not False:
        yield "is editable: changes would be lost with the next file"
    if board["tags"] != ["apierrd"] or board["schemaVersion"] != 39:
        yield "has other tags or another schema version than its siblings"
    if "id" in board:
        yield "has an id, which belongs to one Grafana's database"
    if not board["description"].endswith((".", "?")):
        yield "does not say what it answers"
    if not any(link["type"] == "dashboards" and link["includeVars"] and link["keepTime"] for link in board["links"]):
        yield "has no links to its siblings that keep time and variables"


def _variables(board, _):
    variables = board["templating"]["list"]
    names = [variable["name"] for variable in variables]
    if names[:3] != ["datasource", "job", "cluster"] or len(set(names)) != len(names):
        yield f"variables are {names}"
    first = variables[0]
    if (first["type"], first["query"], first["label"]) != ("datasource", "prometheus", "Data source"):
        yield "variable datasource is no choice of a Prometheus"
    for variable in query_variables(board):
        name = variable["name"]
        want = {"refresh": 2, "multi": True, "includeAll": True, "label": variable["label"].capitalize(),
                "allValue": ".*" if name == "cluster" else ".+", "datasource": {"type": "prometheus", "uid": "${datasource}"}}
        for key, value in want.items():
            if variable[key] != value:
                yield f"variable {name}: {key} is {variable[key]}, not {value}"
    text = " ".join(expr for _, expr in expressions(board))
    queries = " ".join(variable["query"]["query"] for variable in query_variables(board))
    for name in names[1:]:
        if not re.search(rf"\${name}\b", text):
            yield f"variable {name} is used by no panel"
    for name in set(re.findall(r"\$(\w+)", text + queries)) - set(names) - BUILT_IN:
        yield f"there is no variable {name}"


def _source(variable, metrics):
    """Whether a variable's query can have values."""
    selector, label = label_values(variable)
    found = selectors(selector)
    if len(found) != 1 or label != variable["name"]:
        yield f"no label_values(SELECTOR, {variable['name']})"
        return
    metric, matchers, _, _ = found[0]
    if metric not in metrics:
        yield f"there is no metric {metric}"
    elif label not in metrics[metric] | TARGET_LABELS:
        yield f"{metric} has no label {label}"
    if label != "job" and 'job=~"$job"' not in matchers:
        yield "the query lacks the chosen job"


def _panels(board, _):
    titles = [panel["title"] for panel in board["panels"] if panel["type"] != "row"]
    for title in {title for title in titles if titles.count(title) > 1}:
        yield f'two panels are called "{title}"'
    if len({panel["id"] for panel in board["panels"]}) != len(board["panels"]):
        yield "two panels have the same id"
    for panel in board["panels"]:
        for fault in _panel(panel) if panel["type"] != "row" else ():
            yield f'panel "{panel["title"]}": {fault}'


def _panel(panel):
    if panel["type"] not in PANEL_TYPES:
        yield f"there is no panel type {panel['type']}"
    if len(panel["description"]) < 20 or not panel["description"].endswith("."):
        yield "the description explains nothing"
    if panel["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
        yield "does not use the chosen data source"
    defaults = panel["fieldConfig"]["defaults"]
    units = [defaults.get("unit")] + [p["value"] for o in panel["fieldConfig"]["overrides"]
                                      for p in o["properties"] if p["id"] == "unit"]
    for unit in units:
        if unit not in UNITS:
            yield f"there is no unit {unit}"
    steps = [step["value"] for step in defaults.get("thresholds", {}).get("steps", [{"value": None}])]
    if steps[0] is not None or steps[1:] != sorted(steps[1:]):
        yield f"thresholds are {steps}"
    targets = panel.get("targets", [])
    if not targets or len({target["refId"] for target in targets}) != len(targets):
        yield "has no query, or two of the same name"
    for target in targets:
        if target["datasource"] != panel["datasource"]:
            yield f"query {target['refId']} does not use the chosen data source"
        over_time = panel["type"] in ("timeseries", "heatmap")
        if target.get("range") is not over_time or target.get("instant", False) is over_time:
            yield f"query {target['refId']} asks for {'a moment' if over_time else 'a range'}"
        by = {label for _, labels in CLAUSE.findall(target["expr"]) for label in re.findall(r"\w+", labels)}
        for label in set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", ""))) - by:
            yield f"the legend names {label}, by which nothing is grouped"


def _places(board, _):
    taken = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        if cells & taken or at["x"] + at["w"] > 24:
            yield f'panel "{panel["title"]}" lies on another or beyond the edge'
        taken |= cells
    widths = [sum(1 for x, y in taken if y == line) for line in range(max(y for _, y in taken) + 1)]
    if set(widths) != {24}:
        yield f"there are gaps between panels, on line {next(y for y, w in enumerate(widths) if w != 24)}"


def _expression(expr, board, metrics, pending):
    has_instance = any(variable["name"] == "instance" for variable in board["templating"]["list"])
    for metric, matchers, window, function in selectors(expr):
        if metric not in metrics and metric not in FOREIGN and metric not in pending:
            yield f"there is no metric {metric}"
            continue
        labels = metrics.get(metric, FOREIGN.get(metric))
        wanted = ["job", "cluster"] + (["instance"] if has_instance and metric != "apierrd_build_info" else [])
        for label in wanted:
            if f'{label}=~"${label}"' not in matchers:
                yield f"{metric} lacks the chosen {label}"
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", matchers):
            if labels is not None and label not in labels | TARGET_LABELS:
                yield f"{metric} has no label {label}"
        if window and window not in WINDOWS:
            yield f"{metric} has the fixed window {window}"
        if COUNTER.search(metric) and ":" not in metric and (function not in ("rate", "increase") or not window):
            yield f"{metric} is a counter without rate or increase"
    every = TARGET_LABELS | ALERT_LABELS | {"alertmanager"} | set().union(*metrics.values())
    for label in {word for _, words in CLAUSE.findall(expr) for word in re.findall(r"\w+", words)} - every:
        yield f"no metric has a label {label}"


def _links(board, uids):
    """Links from a value to a dashboard."""
    names = {variable["name"] for variable in board["templating"]["list"]}
    for panel in board["panels"]:
        where = f'panel "{panel["title"]}"'
        config = panel.get("fieldConfig", {"defaults": {}, "overrides": []})
        links = list(config["defaults"].get("links", ()))
        for override in config["overrides"]:
            links += [link for p in override["properties"] if p["id"] == "links" for link in p["value"]]
        for link in links:
            uid = re.match(r"/d/([\w-]+)\?", link["url"])
            if not uid or uid.group(1) not in uids:
                yield f"{where} links to {link['url']}"
                continue
            there = {variable["name"] for variable in uids[uid.group(1)]["templating"]["list"]}
            for name in set(re.findall(r"var-(\w+)=", link["url"])) - there:
                yield f"{where}: dashboard {uid.group(1)} has no variable {name}"
            for name in set(re.findall(r"\$\{(\w+):queryparam\}", link["url"])) - names:
                yield f"{where}: the link hands on {name}, which is not here"


def _annotations(board, _):
    shown = {one["name"]: one for one in board["annotations"]["list"] if not one.get("builtIn")}
    if set(shown) != {"Alerts", "Restarts"}:
        yield f"annotations are {sorted(shown)}"
    for name, one in shown.items():
        for metric, matchers, _, _ in selectors(one["expr"]):
            if 'job=~"$job"' not in matchers:
                yield f"annotation {name}: {metric} lacks the chosen job"
