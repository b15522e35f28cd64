#!/usr/bin/env python3
"""The program is built with what Debian hardens its own with, as readelf shows it.

    APIERRD_BIN=PROGRAM python3 tests/e2e/hardening_test.py

Flags in a build file prove nothing: a library's target may drop them, a linker may ignore them. Builds for
development leave out what costs instructions, so that stages can be compared; there APIERRD_UNFORTIFIED is set.
.ci/package tries the program that is shipped.
"""
import os
import platform
import re
import shutil
import subprocess

from apierrd_e2e import Skip, check, program, run

ENDBR64 = bytes.fromhex("f30f1efa")


def readelf(*options):
    if not shutil.which("readelf"):
        raise Skip("readelf is not installed")
    done = subprocess.run(["readelf", "--wide", *options, program()], capture_output=True, text=True, timeout=120,
                          check=False, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    check(done.returncode == 0, f"readelf {options}: {done.stderr}")
    return done.stdout


def at_any_address(_folder):
    check(re.search(r"Type:\s+DYN", readelf("-h")), "not position independent")
    check(re.search(r"\(FLAGS_1\).*\bPIE\b", readelf("-d")), "position independent, but no executable (PIE)")


def nothing_writable_runs(_folder):
    segments = readelf("-l")
    stack = re.search(r"GNU_STACK\s+(?:0x\w+\s+){5}(\S+)", segments)
    check(stack, "no GNU_STACK: the stack may be executable")
    check("E" not in stack[1], f"the stack is executable: {stack[1]}")
    loads = re.findall(r"LOAD\s+(?:0x\w+\s+){5}([RWE ]{3})", segments)
    check(len(loads) > 1, f"segments not understood:\n{segments}")
    check(not any("W" in flags and "E" in flags for flags in loads), f"writable and executable: {loads}")
    check("TEXTREL" not in readelf("-d"), "the linker writes into code")


def tables_are_read_only(_folder):
    """Full RELRO: everything is bound at the start, and what was bound cannot be changed any more."""
    check("GNU_RELRO" in readelf("-l"), "no RELRO")
    dynamic = readelf("-d")
    check(re.search(r"\bBIND_NOW\b|FLAGS_1\).*\bNOW\b", dynamic), "RELRO is partial: no BIND_NOW")


def no_library_path(_folder):
    check(not re.search(r"\((RPATH|RUNPATH)\)", readelf("-d")), "libraries are looked for in a path of the build")


def buffers_are_guarded(_folder):
    symbols = readelf("--dyn-syms")
    check("__stack_chk_fail" in symbols, "no stack protector")
    if "APIERRD_UNFORTIFIED" in os.environ:
        return
    checked = set(re.findall(r"\b__(\w+)_chk\b", symbols)) - {"stack"}
    check(checked, "no call is fortified")
    print("  fortified:", ", ".join(sorted(checked)))


def jumps_are_checked(folder):
    """Functions begin with the mark that indirect branch tracking looks for. Debian's own start files (crt1.o)
    do not have it, so the linker leaves out the note that would switch it on; ours must not be what lacks it."""
    if platform.machine() != "x86_64" or "APIERRD_UNFORTIFIED" in os.environ:
        raise Skip("only optimised for shipping, for x86-64")
    if not shutil.which("objcopy"):
        raise Skip("objcopy is not installed")
    code = folder / "code"
    subprocess.run(["objcopy", "-O", "binary", "--only-section=.text", program(), code], check=True, timeout=120)
    marks = code.read_bytes().count(ENDBR64)
    print(f"  {marks} marks")
    check(marks > 500, f"endbr64 stands {marks} times in the code: -fcf-protection is not in effect")


if __name__ == "__main__":
    run("the program is hardened", at_any_address, nothing_writable_runs, tables_are_read_only, no_library_path,
        buffers_are_guarded, jumps_are_checked)
