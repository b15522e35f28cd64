"""How a panel, a variable and a dashboard look as Grafana's JSON. What is on them: make_dashboards.py.

Expressions are PromQL in which {T}, {I}, {L} and {A} stand for the variables of the dashboard, as label
matchers; more may follow: {A, code="X"}.
"""
import re

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_TARGET = ["job", "cluster"]
MATCHERS = {
    "T": _TARGET,                            # what Prometheus knows of a target
    "I": [*_TARGET, "instance"],             # one apierrd
    "L": [*_TARGET, "instance", "source"],   # its logs
    "A": [*_TARGET, "source", "api_service"],  # whose calls, and to what
}
# Classic schema of Grafana 10.4; later ones take it over by themselves.
SCHEMA_VERSION = 39
GREEN, YELLOW, RED = "green", "orange", "red"


def promql(text):
    def selector(found):
        matchers = [f'{name}=~"${name}"' for name in MATCHERS[found.group(1)]]
        return "{" + ", ".join(matchers) + found.group(2)
    one_line = " ".join(text.split()).replace("( ", "(").replace(" )", ")")
    return re.sub(r"\{([TILA])([,}])", selector, one_line)


# ---- panels; width of 24, height of a row is set by section()

def _thresholds(steps):
    colors = [GREEN, YELLOW, RED] if len(steps or ()) == 2 else [GREEN, RED]
    values = [None, *(steps or ())]
    return {"mode": "absolute", "steps": [{"color": color, "value": value}
                                          for color, value in zip(colors, values)]}


def _targets(targets, **more):
    out = []
    for number, (expr, legend) in enumerate(targets):
        target = {"datasource": DATASOURCE, "editorMode": "code", "expr": promql(expr),
                  "refId": chr(ord("A") + number), **more}
        if legend is not None:
            target["legendFormat"] = legend
        out.append(target)
    return out


def _panel(kind, title, unit, width, text, targets, options, **defaults):
    return {"type": kind, "title": title, "description": " ".join(text.split()), "datasource": DATASOURCE,
            "gridPos": {"w": width}, "targets": targets, "options": options,
            "fieldConfig": {"defaults": {"unit": unit, **defaults}, "overrides": []}}


def stat(title, unit, width, text, expr, legend="", bad=None, good=None, words=None, empty=None, name=False,
         decimals=None):
    """One number now. `bad`: where it turns orange and red. `good`: above this it is green, below red.
    `words`: what numbers are called. `empty`: what stands there if there is nothing. `name`: the legend
    is the answer, not the number."""
    thresholds = _thresholds(bad)
    if good is not None:
        thresholds["steps"] = [{"color": RED, "value": None}, {"color": GREEN, "value": good}]
    defaults = {"thresholds": thresholds, "color": {"mode": "thresholds"}}
    if words:
        defaults["mappings"] = [{"type": "value", "options": {
            str(value): {"text": word, "index": index} for index, (value, word) in enumerate(words.items())}}]
    if empty:
        defaults["noValue"] = empty
    if decimals is not None:
        defaults["decimals"] = decimals
    coloured = bad or good is not None
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
               "textMode": "name" if name else "value_and_name" if legend else "value",
               "colorMode": "value" if coloured else "none",
               "graphMode": "none", "justifyMode": "auto", "orientation": "auto"}
    return _panel("stat", title, unit, width, text, _targets([(expr, legend)], instant=True, range=False),
                  options, **defaults)


def graph(title, unit, width, text, *targets, stacked=False, lines=None, exemplars=False, least=0, most=None,
          link=None):
    """Lines over time. `lines`: thresholds drawn in. `least`, `most`: ends of the axis. `link`: where a click
    on a line leads, as (dashboard, label)."""
    custom = {"drawStyle": "line", "lineWidth": 1, "fillOpacity": 40 if stacked else 10,
              "showPoints": "auto", "spanNulls": False,
              "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
              "thresholdsStyle": {"mode": "line" if lines else "off"}}
    defaults = {"color": {"mode": "palette-classic"}, "custom": custom, "thresholds": _thresholds(lines)}
    if least is not None:
        defaults["min"] = least
    if most is not None:
        defaults["max"] = most
    if link:
        dashboard, label = link
        defaults["links"] = [_link(dashboard, label, "${__field.labels." + label + "}")]
    options = {"legend": {"showLegend": True, "displayMode": "table", "placement": "bottom",
                          "calcs": ["lastNotNull", "max"], "sortBy": "Last *", "sortDesc": True},
               "tooltip": {"mode": "multi", "sort": "desc"}}
    more = {"exemplar": True} if exemplars else {}
    return _panel("timeseries", title, unit, width, text, _targets(targets, range=True, **more),
                  options, **defaults)


def heatmap(title, unit, width, text, expr):
    """A histogram over time: `expr` is by le."""
    targets = _targets([(expr, "{{le}}")], range=True, format="heatmap")
    options = {"calculate": False, "cellGap": 1, "cellValues": {"unit": "reqps"},
               "color": {"mode": "scheme", "scheme": "Oranges", "exponent": 0.5, "steps": 64, "reverse": False,
                         "fill": "dark-orange", "scale": "exponential"},
               "filterValues": {"le": 1e-9}, "legend": {"show": True}, "exemplars": {"color": "blue"},
               "rowsFrame": {"layout": "auto"}, "showValue": "never",
               "tooltip": {"mode": "single", "yHistogram": False},
               "yAxis": {"axisPlacement": "left", "reverse": False, "unit": unit}}
    return _panel("heatmap", title, unit, width, text, targets, options)


def pie(title, unit, width, text, expr, legend):
    options = {"pieType": "donut", "displayLabels": ["percent"],
               "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
               "legend": {"showLegend": True, "displayMode": "table", "placement": "right",
                          "values": ["value", "percent"]},
               "tooltip": {"mode": "single", "sort": "none"}}
    return _panel("piechart", title, unit, width, text, _targets([(expr, legend)], instant=True, range=False),
                  options, color={"mode": "palette-classic"})


def bars(title, unit, width, text, expr, legend, bad=None, most=None):
    options = {"displayMode": "basic", "orientation": "horizontal", "showUnfilled": True, "valueMode": "color",
               "minVizWidth": 8, "minVizHeight": 16,
               "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    defaults = {"color": {"mode": "thresholds"}, "thresholds": _thresholds(bad), "min": 0}
    if most is not None:
        defaults["max"] = most
    return _panel("bargauge", title, unit, width, text, _targets([(expr, legend)], instant=True, range=False),
                  options, **defaults)


def gauge(title, unit, width, text, expr, legend, good):
    """A share of 1 that should not fall below `good` (red, orange; green from there)."""
    options = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
               "showThresholdLabels": False, "showThresholdMarkers": True}
    steps = [{"color": color, "value": value} for color, value in zip((RED, YELLOW, GREEN), (None, *good))]
    return _panel("gauge", title, unit, width, text, _targets([(expr, legend)], instant=True, range=False),
                  options, color={"mode": "thresholds"}, min=0, max=1,
                  thresholds={"mode": "absolute", "steps": steps})


def table(title, width, text, columns, *values, empty="nothing", links=()):
    """Rows now. `columns`: labels, in order; every expression must have just these. `values`: what a row's
    numbers are, as (name, unit, expression). `links`: labels that lead to dashboards."""
    targets = _targets([(expr, None) for _, _, expr in values], format="table", instant=True, range=False)
    fields = ["Value"] if len(values) == 1 else [f"Value #{target['refId']}" for target in targets]
    order = [*columns, *fields]
    organize = {"id": "organize", "options": {
        "excludeByName": {"Time": True}, "indexByName": {field: index for index, field in enumerate(order)},
        "renameByName": {field: name for field, (name, _, _) in zip(fields, values)}}}
    merge = [{"id": "merge", "options": {}}] if len(values) > 1 else []
    panel = _panel("table", title, "none", width, text, targets,
                   {"showHeader": True, "cellHeight": "sm",
                    "sortBy": [{"displayName": values[0][0], "desc": True}]},
                   noValue=empty, custom={"align": "auto", "filterable": True})
    panel["transformations"] = [*merge, organize]
    overrides = panel["fieldConfig"]["overrides"]
    for name, unit, _ in values:
        overrides.append({"matcher": {"id": "byName", "options": name},
                          "properties": [{"id": "unit", "value": unit}]})
    for dashboard, label in links:
        overrides.append({"matcher": {"id": "byName", "options": label}, "properties": [
            {"id": "links", "value": [_link(dashboard, label, "${__data.fields." + label + "}")]}]})
    return panel


def _link(dashboard, label, value):
    kept = "&".join("${" + name + ":queryparam}" for name in ("datasource", *_TARGET))
    return {"title": f"This {label} on dashboard {dashboard}", "targetBlank": False,
            "url": f"/d/apierrd-{dashboard}?{kept}&var-{label}={value}&${{__url_time_range}}"}


# ---- dashboards

def _variable(name, label, metric):
    """A variable of all values that a label has; cluster may be on no series at all, and then matches that."""
    query = promql(f"label_values({metric}, {name})")
    return {"type": "query", "name": name, "label": label, "datasource": DATASOURCE, "definition": query,
            "query": {"query": query, "refId": "StandardVariableQuery", "qryType": 1},
            "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".*" if name == "cluster" else ".+",
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]}, "hide": 0, "options": [],
            "regex": "", "skipUrlSync": False}


VARIABLES = {
    "job": _variable("job", "Job", "apierrd_build_info"),
    "cluster": _variable("cluster", "Cluster", 'apierrd_build_info{job=~"$job"}'),
    "instance": _variable("instance", "Instance", "apierrd_build_info{T}"),
    "source": _variable("source", "Source", "apierrd_ingest_lines_total{T}"),
    "api_service": _variable("api_service", "Service",
                             'apierrd_api_errors_by_code_total{T, source=~"$source"}'),
    "action": _variable("action", "Action", "apierrd_api_calls_total{A}"),
    "fault_domain": _variable("fault_domain", "Fault domain",
                              'apierrd_error_code_info{T, api_service=~"$api_service"}'),
    "code": _variable("code", "Code", 'apierrd_error_code_info{T, api_service=~"$api_service", '
                                      'fault_domain=~"$fault_domain"}'),
}
DATASOURCE_VARIABLE = {
    "type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus", "refresh": 1,
    "hide": 0, "includeAll": False, "multi": False, "options": [], "regex": "", "skipUrlSync": False}


def choice(name, label, values, chosen):
    """A variable with a fixed list, as texts by value."""
    options = [{"selected": value == chosen, "text": text, "value": value} for value, text in values.items()]
    return {"type": "custom", "name": name, "label": label, "query": ", ".join(
                f"{text} : {value}" for value, text in values.items()),
            "current": {"selected": True, "text": values[chosen], "value": chosen}, "hide": 0,
            "includeAll": False, "multi": False, "options": options, "skipUrlSync": False}


def _annotation(name, color, expr, title, text, tags):
    return {"name": name, "datasource": DATASOURCE, "enable": True, "hide": False, "iconColor": color,
            "expr": promql(expr), "step": "60s", "titleFormat": title, "textFormat": text, "tagKeys": tags,
            "useValueForTime": False}


ANNOTATIONS = [
    {"builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": True, "hide": True,
     "iconColor": "rgba(0, 211, 255, 1)", "name": "Annotations & Alerts", "type": "dashboard"},
    _annotation("Alerts", RED, 'ALERTS{T, alertname=~"Api.+", alertstate="firing"}',
                "{{alertname}}", "{{severity}} {{source}} {{api_service}}", "alertname,severity"),
    _annotation("Restarts", "blue", """
        changes(process_start_time_seconds{T}[2m]) > 0
        and on (cluster, job, instance) apierrd_build_info{T}""",
                "apierrd was restarted", "{{instance}}", "instance"),
]


def section(title, height, *panels):
    return title, height, panels


def _placed(sections):
    """All panels, each where it belongs; a row that is full goes on below."""
    out, y = [], 0
    for title, height, panels in sections:
        if title:
            out.append({"type": "row", "title": title, "collapsed": False, "panels": [],
                        "gridPos": {"h": 1, "w": 24, "x": 0, "y": y}})
            y += 1
        x = 0
        for panel in panels:
            width = panel["gridPos"]["w"]
            if x + width > 24:
                x, y = 0, y + height
            panel["gridPos"] = {"h": height, "w": width, "x": x, "y": y}
            out.append(panel)
            x += width
        y += height
    return [{"id": number, **panel} for number, panel in enumerate(out, 1)]


def dashboard(name, title, text, variables, *sections, extra_variables=()):
    """`variables`: names from VARIABLES beyond job and cluster."""
    return {
        "uid": f"apierrd-{name}", "title": f"apierrd / {title}", "description": " ".join(text.split()),
        "tags": ["apierrd"], "schemaVersion": SCHEMA_VERSION, "version": 1, "editable": False,
        "graphTooltip": 1, "refresh": "30s", "time": {"from": "now-6h", "to": "now"}, "timezone": "browser",
        "timepicker": {}, "fiscalYearStartMonth": 0, "liveNow": False, "weekStart": "",
        "links": [{"type": "dashboards", "title": "apierrd", "tags": ["apierrd"], "asDropdown": True,
                   "includeVars": True, "keepTime": True, "targetBlank": False, "icon": "external link",
                   "tooltip": "The other dashboards, for the same time and choice", "url": ""}],
        "annotations": {"list": ANNOTATIONS},
        "templating": {"list": [DATASOURCE_VARIABLE,
                                *(VARIABLES[one] for one in ("job", "cluster", *variables)), *extra_variables]},
        "panels": _placed(sections),
    }
