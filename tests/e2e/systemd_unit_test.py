#!/usr/bin/env python3
"""The service unit is valid and well locked in, as systemd itself judges it. Nothing is installed."""
import os
import pathlib
import re
import shutil
import subprocess

from apierrd_e2e import Skip, check, program, run

EXPOSURE_MAX = 15  # ten times the score of `systemd-analyze security`


def unit_text(name="apierrd.service"):
    source = os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2])
    return (pathlib.Path(source) / "deploy" / "systemd" / name).read_text(encoding="utf-8")


def systemd_analyze(*arguments):
    if not shutil.which("systemd-analyze"):
        raise Skip("systemd-analyze is not installed")
    done = subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, check=False)
    text = done.stdout + done.stderr
    if re.search(r"(?i)unknown option|unrecognized option|not been booted|Failed to connect", text):
        raise Skip(f"systemd-analyze cannot run here: {text.strip()[:200]}")
    return done.returncode, text


def copy_for_here(folder):
    """The unit with the program under test instead of the installed one."""
    text, count = re.subn(r"(?m)^(Exec\w+=[-+!:@]*)/\S*/apierrd(?=\s)", 
                          lambda found: found.group(1) + program(), unit_text())
    check(count >= 1, "the unit starts no apierrd")
    copy = folder / "apierrd.service"
    copy.write_text(text, encoding="utf-8")
    return copy


def verify(folder):
    socket = folder / "apierrd.socket"
    socket.write_text(unit_text("apierrd.socket"))
    code, text = systemd_analyze("verify", "--man=no", "--recursive-errors=no", copy_for_here(folder), socket)
    check(code == 0 and not text.strip(), f"systemd-analyze verify exits {code}:\n{text}")


def verify_bites(folder):
    """A typo in a key is found, or verify() above proves nothing."""
    copy = copy_for_here(folder)
    copy.write_text(copy.read_text() + "\n[Service]\nProtectSytem=strict\n")
    code, text = systemd_analyze("verify", "--man=no", "--recursive-errors=no", copy)
    check(code != 0 or "ProtectSytem" in text, "verify does not see an unknown key")


def exposure(folder):
    code, text = systemd_analyze("security", "--offline=yes", f"--threshold={EXPOSURE_MAX}",
                                 "--no-pager", copy_for_here(folder))
    print("  " + text.strip().rsplit("\n", 1)[-1].strip())
    check(code == 0, f"exposure is above {EXPOSURE_MAX / 10}:\n{text}")


def notifies_and_reloads(_folder):
    """What the program does, the unit says: sd_notify, a watchdog, SIGHUP, exit by SIGTERM."""
    text = unit_text()
    for pattern in (r"^Type=notify(-reload)?$", r"^WatchdogSec=\d", r"^Restart=(always|on-failure)$",
                    r"^ExecStart=\S*/apierrd run --config \S+$"):
        check(re.search(pattern, text, re.MULTILINE), f"the unit has no {pattern}")
    for started in re.findall(r"^Exec\w+=[-+!:@]*(\S+)", text, re.MULTILINE):
        check(started in ("/usr/bin/apierrd", "/bin/sh"), f"{started} is not on every Debian")
    check(re.search(r"^ExecReload=.*HUP", text, re.MULTILINE) or "Type=notify-reload" in text, "no reload")


if __name__ == "__main__":
    run("the unit is in order", verify, verify_bites, exposure, notifies_and_reloads)
