#!/usr/bin/env python3
"""The page at / in a real browser (headless Chromium by playwright-core): it loads, keeps up, and nothing
a log holds does anything. tests/support/page_check.mjs does the looking."""
import json
import os
import pathlib
import shutil
import subprocess

from apierrd_e2e import Skip, call_line, check, counting, demo_lines, failed_call, run

HERE = pathlib.Path(__file__).resolve().parent
BROWSER_DEADLINE_S = 180
# What a log may hold to do something to whoever looks at it.
EVIL = ["<script>window.evil=1;alert(1)</script>", "\"><img src=x onerror=\"window.evil=1\">",
        "\x1b[2J\x1b]0;owned\x07", "\u202eevil\u2066\u200f", "' onmouseover='window.evil=1' x='",
        "</td></tr></table><form id=evil><base href=//evil.example/>", "javascript:window.evil=1",
        "\u202e" * 50 + "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "{{evil}}", "<style>*{display:none}</style>"]


def browser_environment():
    tools = pathlib.Path(os.environ.get("APIERRD_TOOLS", HERE.parents[1] / "build" / "tools"))
    modules = tools / "node" / "node_modules"
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not shutil.which("node"):
        raise Skip("node is not installed")
    if not (modules / "playwright-core").is_dir():
        raise Skip(f"playwright-core is not in {modules}")
    if chromium is None:
        raise Skip("chromium is not installed")
    return {**os.environ, "APIERRD_NODE": str(modules.parent), "APIERRD_CHROMIUM": chromium}


def usual_lines():
    return [*demo_lines(600), failed_call("FailedOperation.PaySuccDeliverFailed", "paid, not delivered"),
            *(failed_call("FailedOperation.InvalidDeal", f"order {i} is not unpaid") for i in range(7))]


def look(part, folder, lines=None, line=b""):
    """Runs one part of page_check.mjs over a daemon that has counted the lines."""
    environment = browser_environment()
    daemon, log = counting(folder, lines or usual_lines())
    given = {"url": f"http://127.0.0.1:{daemon.port}/", "log": str(log), "shots": str(folder),
             "line": line.decode()}
    done = subprocess.run(["node", HERE.parent / "support" / "page_check.mjs", part, json.dumps(given)],
                          env=environment, capture_output=True, timeout=BROWSER_DEADLINE_S, check=False)
    check(done.returncode == 0, f"{done.stdout.decode()}{done.stderr.decode()[-3000:]}")
    daemon.check_alive()
    daemon.stop()


def updates(folder):
    """A line appended shows without loading anew; what a person has opened, typed and focused stays."""
    look("updates", folder, line=failed_call("FailedOperation.BornAfterwards"))


def gone(folder):
    """When the daemon does not answer, the page says so and how old it is."""
    look("gone", folder)


def hostile(folder):
    """Script, markup, terminal escapes and bidirectional controls in every field do nothing."""
    lines = [failed_call("InternalError"), call_line()]
    for evil in EVIL:
        lines += [failed_call(evil, evil, evil, evil), failed_call("InternalError", evil, evil, evil)]
    look("hostile", folder, lines, failed_call("Appended" + EVIL[0], EVIL[1], EVIL[3], EVIL[4]))


def phone(folder):
    """No sideways scrolling at 360 pixels, also with hostile long words."""
    long_word = "Wide" * 60
    look("phone", folder, [*usual_lines(), failed_call(long_word, long_word, long_word, long_word)])


def keyboard(folder):
    look("keyboard", folder)


def schemes(folder):
    """Light and dark can both be read."""
    look("schemes", folder)


def without_script(folder):
    """The first paint has everything, and the look-up works as a plain form."""
    look("without_script", folder)


if __name__ == "__main__":
    run("the page is in order in a browser", updates, gone, hostile, phone, keyboard, schemes, without_script)
