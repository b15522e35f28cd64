#!/usr/bin/env python3
"""The rules of the house that a machine can check: rooms, doors to libraries, sizes, links."""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
MAY_INCLUDE = {"parsers": {"parsers"}, "exporters": {"parsers", "exporters"},
               "daemon": {"parsers", "exporters", "daemon"}}
# Each library has one door; a second one needs a line here and a reason in docs/decisions.
DOORS = {
    r"simdjson": {"parsers/json_document.cc"},
    r"yaml-cpp/": {"parsers/yaml_tree.cc"},
    r"prometheus/": {"exporters/self_metrics.cc"},
    r"httplib": {"exporters/http_responder.cc", "exporters/http_client.cc", "exporters/alertmanager_client.cc"},
    r"openssl/ssl": {"exporters/tls.cc"},
    r"openssl/": {"exporters/tls.cc", "exporters/basic_auth.cc"},
    r"crypt\.h": {"exporters/basic_auth.cc"},
    r"spdlog/": {"daemon/log.cc"},
    r"sqlite3": {"daemon/sqlite.cc"},
    r"CLI/": {"daemon/cli.cc"},
    r"systemd/": {"daemon/command_run.cc", "daemon/listen_socket.cc"},
    r"zstd": {"daemon/input_stream.cc"},
}
# parsers/ is pure: no files, threads, clocks, sockets.
WORLD = re.compile(r"<(fstream|iostream|thread|mutex|condition_variable|chrono|ctime|filesystem|"
                   r"unistd\.h|fcntl\.h|pthread\.h|sys/.*)>")
FILE_LINES_MAX = 450
FUNCTION_LINES_MAX = 70
LINE_COLUMNS_MAX = 110

faults = []


def fault(path, line, text):
    faults.append(f"{path.relative_to(ROOT)}:{line}: {text}")


def check_includes(path, room, lines):
    for number, line in enumerate(lines, 1):
        ours = re.match(r'#include "(\w+)/', line)
        if ours and ours.group(1) not in MAY_INCLUDE[room]:
            fault(path, number, f"{room} must not include from {ours.group(1)}")
        library = re.match(r"#include <(.*)>", line)
        if not library:
            continue
        if room == "parsers" and WORLD.search(line):
            fault(path, number, f"parsers is pure and must not include <{library.group(1)}>")
        for pattern, doors in DOORS.items():
            if re.match(pattern, library.group(1)) and str(path.relative_to(ROOT)) not in doors:
                fault(path, number, f"<{library.group(1)}> belongs in {', '.join(doors)}")


def check_sizes(path, lines):
    if len(lines) > FILE_LINES_MAX:
        fault(path, len(lines), f"file of {len(lines)} lines; split it by idea")
    start = None
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_COLUMNS_MAX:
            fault(path, number, f"line of {len(line)} columns")
        # A function's body runs from a line that ends in ") {" or alike to the brace in its column.
        opening = re.match(r"( *)\S.*\)( const| override|: .*)* \{$", line)
        if opening and start is None and not re.match(r" *(if|for|while|switch|else|\})", line):
            start, indent = number, opening.group(1)
            if line.lstrip().startswith(": "):  # a constructor's initialisers stand further in
                indent = indent[4:]
        elif start is not None and line.startswith(indent + "}"):
            if number - start + 1 > FUNCTION_LINES_MAX:
                fault(path, start, f"function of {number - start + 1} lines")
            start = None


def check_text(path, lines):
    for number, line in enumerate(lines, 1):
        if re.search(r"/(work|root)/", line) and path.name != "source_tree_test.py":
            fault(path, number, "names a path of somebody's machine")
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", line):
            if "://" not in target and not (path.parent / target).exists():
                fault(path, number, f"links to {target}, which is not there")


def tracked_files():
    try:
        listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"],
                                capture_output=True, text=True, check=True).stdout.split("\n")
        return [ROOT / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        return [path for path in ROOT.rglob("*")
                if path.is_file() and not {"build", ".git"} & set(path.parts)]


checked = 0
for path in tracked_files():
    if not path.is_file():
        continue
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError:
        continue  # pictures, and test data that is broken on purpose
    checked += 1
    check_text(path, lines)
    room = path.relative_to(ROOT).parts[0]
    if path.suffix in (".h", ".cc") and room in MAY_INCLUDE:
        check_includes(path, room, lines)
        check_sizes(path, lines)

print("\n".join(faults))
if faults or checked < 50:
    sys.exit(f"{len(faults)} fault(s) in {checked} files")
print(f"OK: {checked} files")
