#!/usr/bin/env python3
"""The dashboards are what Grafana 10, 11, 12 and 13 take for one, by the types that Grafana publishes.

Needs node and the packages of tests/support/node, which run-tests installs below APIERRD_TOOLS.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess

from apierrd_e2e import Skip, check, run

ROOT = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
VERSIONS = (10, 11, 12, 13)


def faults(version, files):
    """What the types of a version find wrong with dashboards, a line each."""
    node = shutil.which("node")
    modules = pathlib.Path(os.environ.get("APIERRD_TOOLS", "")) / "node" / "node_modules"
    if not node:
        raise Skip("there is no node in the PATH")
    if not (modules / f"grafana-schema-{version}").is_dir():
        raise Skip(f"{modules} has no types of Grafana {version}; ./run-tests installs them")
    done = subprocess.run([node, ROOT / "tests" / "support" / "dashboard_schema.mjs", modules, str(version), *files],
                          capture_output=True, text=True, timeout=300, check=False)
    lines = done.stdout.splitlines()
    check(lines and re.fullmatch(rf"Grafana {version}: {len(files)} dashboards, \d+ faults", lines[-1]),
          f"the check of version {version} broke: {done.stdout[-1000:]} {done.stderr[-2000:]}")
    check(f" {len(lines) - 1} faults" in lines[-1] and done.returncode == bool(lines[:-1]), f"miscounted: {lines}")
    return lines[:-1]


def every_version_takes_them(_):
    check(len(DASHBOARDS) == 5, f"there are five dashboards, not {DASHBOARDS}")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = [line for lines in pool.map(lambda version: faults(version, DASHBOARDS), VERSIONS) for line in lines]
    check(not found, "\n".join(found[:20]))


def every_mistake_is_found(folder):
    """One dashboard with a mistake in it at a time, as somebody might make it."""
    def first(board, kind):
        return next(panel for panel in board["panels"] if panel["type"] == kind)

    mistakes = {
        "panel type": lambda b: first(b, "stat").update(type="stats"),
        "field of the dashboard": lambda b: b.update(editabel=False),
        "field of a panel": lambda b: first(b, "table").update(descripton="x"),
        "option": lambda b: first(b, "timeseries")["options"]["legend"].update(placment="bottom"),
        "value of an option": lambda b: first(b, "stat")["options"].update(colorMode="colour"),
        "option of a line": lambda b: first(b, "timeseries")["fieldConfig"]["defaults"]["custom"].update(lineWidht=1),
        "threshold": lambda b: first(b, "stat")["fieldConfig"]["defaults"]["thresholds"].update(mode="abs"),
        "query": lambda b: first(b, "stat")["targets"][0].update(legendFromat=""),
        "format of a query": lambda b: first(b, "table")["targets"][0].update(format="tabel"),
        "variable": lambda b: b["templating"]["list"][1].update(allvalue=".+"),
        "kind of a variable": lambda b: b["templating"]["list"][1].update(type="querry"),
        "annotation": lambda b: b["annotations"]["list"][1].update(exrp="up"),
        "link": lambda b: b["links"][0].update(keeptime=True),
    }
    original = DASHBOARDS[[path.stem for path in DASHBOARDS].index("apierrd-overview")].read_text(encoding="utf-8")
    files = []
    for number, change in enumerate(mistakes.values()):
        board = json.loads(original)
        change(board)
        files.append(folder / f"{number}.json")
        files[-1].write_text(json.dumps(board))
    for version in VERSIONS:
        found = faults(version, files)
        for number, mistake in enumerate(mistakes):
            check(any(f" {number}.json" in line for line in found), f"Grafana {version}: a wrong {mistake} is not found")


if __name__ == "__main__":
    run("Grafana's types find nothing wrong with the dashboards", every_version_takes_them, every_mistake_is_found)
