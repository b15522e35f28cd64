#!/usr/bin/env python3
"""The package in a booted Debian: the service as systemd runs it, under the unit's own sandbox. Units in
`systemd_unit` are only looked at; here they are lived in."""
import atexit
import contextlib
import functools
import json
import pathlib
import re
import shutil
import socket
import tempfile
import threading

from apierrd_container import BOOT_S, Service, booted, package, with_version
from apierrd_e2e import call_line, check, run, wait_until
from apierrd_written import Book, Log, Scraper

CONFIG = "/etc/apierrd/apierrd.yaml"
ADM = 4  # the group's number in every Debian
PAYMENTS = 4711
STATE = "var/lib/private/apierrd"
SECRET = "hunter2"
FAILED_OPENS = "apierrd_file_open_errors_total"


@functools.cache
def the_package():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="apierrd-deb-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return package(folder)


def owned(path, group, mode):
    shutil.chown(path, 0, group)
    path.chmod(mode)


class Scene:
    """A machine with the service on, a log of root:adm 0640 that it counts, and what was written to it."""

    def __init__(self, folder, container):
        self.container, self.service, self.scraper = container, Service(container), Scraper()
        self.book = Book(folder / "copy.log", sources=("api",))
        owned(container.logs, ADM, 0o750)
        self.log = Log(container.logs / "api.log", self.book)
        owned(self.log.path, ADM, 0o640)

    def write_and_count(self, what, lines=50):
        self.log.append(lines)
        self.counted(what)

    def counted(self, what):
        """Everything written, each line once, and no series ever stepped back."""
        def served():
            with contextlib.suppress(OSError):
                return self.service.get("/-/healthy").status == 200
        wait_until("it serves", served, BOOT_S, quiet=True)
        self.book.wait_counted(self.service, self.scraper, what)

    @contextlib.contextmanager
    def writing(self):
        """Lines and halves of lines are written as long as the block lasts."""
        enough = threading.Event()

        def write():
            while not enough.wait(0.005):
                self.log.append(2, cut=self.book.lines % 40)
        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        try:
            yield
        finally:
            enough.set()
            writer.join()
            self.log.finish_line()

    def configure(self, sources=None, **sections):
        """Sources beside that of the package's own configuration."""
        wanted = {"api": "/var/log/api/*.log", **(sources or {})}
        self.container.put(CONFIG, json.dumps({
            "sources": [{"name": name, "paths": [path], "format": "auto"} for name, path in wanted.items()],
            **sections}))

    def restart(self):
        self.container.run("systemctl", "restart", "apierrd.service")
        self.service.wait_active()


@contextlib.contextmanager
def scene(folder):
    with booted(folder, the_package()) as container:
        there = Scene(folder, container)
        there.service.wait_active()
        there.write_and_count("a log of root:adm 0640")
        yield there


# ---- as it is installed

PROBE = """#!/bin/sh
# What a service in this sandbox may do: a line for each try.
for path in /etc/probe /usr/probe /boot/probe /var/lib/probe /srv/probe /home/probe /dev/probe \\
            /proc/sys/kernel/hostname /var/log/api/probe /var/log/api/api.log; do
  (echo probe >>$path) 2>&1 | sed "s|^.*: |PROBE write $path: |"
  (echo probe >>$path) 2>/dev/null && echo "PROBE write $path: done"
done
(echo probe >$STATE_DIRECTORY/probe && rm $STATE_DIRECTORY/probe) && echo "PROBE write state: done"
(echo probe >/tmp/probe) && echo "PROBE write /tmp: done"
ls /proc/1 >/dev/null 2>&1 || echo "PROBE processes of others: hidden"
unshare -U true 2>&1 | sed 's|^|PROBE |'
"""


def as_installed(folder):
    """Enabled and running by itself, ready when it serves, and locked in."""
    with scene(folder) as there:
        container, service = there.container, there.service
        check(container.run("systemctl", "is-enabled", "apierrd.service").strip() == "enabled", "not enabled")
        check(service.show("NRestarts") == "0", "it took more than one start")
        check("serving on port 19877" in container.run("systemctl", "status", "--no-pager", "apierrd.service"),
              "systemctl status does not say what it does")
        locked_in(service)
        container.put("/usr/local/bin/probe", PROBE, 0o755)
        service.drop_in("probe", "[Service]\nExecStartPost=/usr/local/bin/probe\n")
        there.restart()
        check(service.get("/-/healthy").status == 200, "started, says systemd, and does not answer")
        probed(there)
        there.write_and_count("after the probe")


def locked_in(service):
    status = service.status()
    for name, wanted in (("CapEff", "0000000000000000"), ("CapBnd", "0000000000000000"),
                         ("CapAmb", "0000000000000000"), ("NoNewPrivs", "1"), ("Seccomp", "2")):
        check(status[name].strip() == wanted, f"{name} is {status[name]}, not {wanted}")
    uids = set(map(int, status["Uid"].split()))
    check(len(uids) == 1 and 61184 <= min(uids) <= 65519, f"its user {uids} is not a dynamic one")
    check(str(ADM) in status["Groups"].split(), f"its groups {status['Groups']} lack adm")
    state = service.container.root / STATE
    check(state.stat().st_uid in uids and state.stat().st_mode & 0o777 == 0o700,
          f"{state} is for others to read: {oct(state.stat().st_mode)}")


def probed(there):
    found = re.findall(r"PROBE (.*)", there.service.journal("-o", "cat"))
    text = "\n".join(found)
    check(len(found) >= 13, f"the probe did not do all of it:\n{text}")
    for line in found:
        if line.startswith("write /") and not line.startswith("write /tmp:"):
            check(re.search(r"(Read-only file system|Permission denied)$", line), f"not refused: {line}")
    for line in ("write state: done", "write /tmp: done", "processes of others: hidden"):
        check(line in found, f"no '{line}' in\n{text}")
    check(re.search(r"unshare: .*Operation not permitted", text), f"namespaces may be made:\n{text}")
    check(not (there.container.root / "tmp/probe").exists(), "its /tmp is everybody's")


# ---- who may read what

def other_owners(folder):
    """A log it may not read is told of and counted, and read after the documented drop-in."""
    with scene(folder) as there:
        container, service = there.container, there.service
        container.run("groupadd", "-g", str(PAYMENTS), "payments")
        books = {}
        for name, place, group, mode in (
                ("payments", "/var/log/payments/pay.log", PAYMENTS, 0o640),
                ("closed", "/var/log/closed/pay.log", PAYMENTS, 0o640), ("rootly", "/var/log/rootly.log", 0, 0o600),
                ("home", "/home/app/app.log", 0, 0o644)):
            path = container.put(place, "")
            owned(path, group, mode)
            books[name] = Book(folder / f"{name}.copy", sources=(name,))
            path.write_bytes(books[name].take(30))
        owned(container.root / "var/log/closed", PAYMENTS, 0o750)
        there.configure({"payments": "/var/log/payments/*.log", "closed": "/var/log/closed/*.log",
                         "rootly": "/var/log/rootly.log", "home": "/home/app/*.log"})
        container.run("systemctl", "reload", "apierrd.service")

        told_of_what_is_closed(service)
        there.write_and_count("the readable one meanwhile")

        def reads(what, *names):
            there.restart()
            for name in names:
                books[name].wait_counted(service, Scraper(), f"{what}: {name}")
            there.write_and_count("and root:adm as before")
        service.drop_in("group", "[Service]\nSupplementaryGroups=payments\n")
        reads("by its group", "payments", "closed")
        service.drop_in("home", "[Service]\nProtectHome=read-only\n")
        reads("by ProtectHome=read-only", "home")
        service.drop_in("group", (container.root / "usr/share/doc/apierrd/examples/read-all-logs.conf").read_text())
        reads("by CAP_DAC_READ_SEARCH", "payments", "closed", "rootly", "home")
        capable = service.status()["CapEff"].strip()
        check(capable == "0000000000000004", f"it has the capabilities {capable}")


def told_of_what_is_closed(service):
    def probe():
        metrics, journal = service.metrics(), service.journal("-p", "warning", "-o", "cat")
        failed = [metrics.sum(FAILED_OPENS, source=name) for name in ("payments", "rootly")]
        return min(failed) >= 1 and all(re.search(text, journal) for text in (
            r"event=file_failed .*/var/log/payments/pay\.log.*Permission denied",
            r"event=file_failed .*/var/log/rootly\.log.*Permission denied",
            r"finding: source closed: cannot look into: /var/log/closed/: Permission denied",
            r"finding: source home: cannot look into: /home/: Permission denied")), journal
    wait_until("what cannot be read is told of", probe, BOOT_S)
    metrics = service.metrics()
    for name in ("payments", "closed", "rootly", "home"):
        check(not metrics.sum("apierrd_ingest_lines_total", source=name), f"{name} was read?")


# ---- failures

def hang_and_kill(folder):
    """Whatever ends it, it comes back and every line counts once."""
    with scene(folder) as there:
        container, service = there.container, there.service
        service.drop_in("quick", "[Service]\nWatchdogSec=6s\nRestartSec=200ms\n")
        there.restart()
        there.write_and_count("after a restart")
        for number in (1, 2):
            with there.writing():
                container.run("systemctl", "kill", "-s", "KILL", "apierrd.service")
                service.wait_active("back after a kill", restarts=number)
            there.write_and_count("kill -9")
        pid = service.pid()
        with there.writing():
            container.run("systemctl", "kill", "-s", "STOP", "apierrd.service")
            wait_until("the watchdog ends a hang", lambda: "Watchdog timeout" in service.journal("-o", "cat"), BOOT_S)
            wait_until("another process", lambda: service.pid() not in (0, pid), BOOT_S)
            service.wait_active("back after a hang")
        there.write_and_count("a hang")
        stopped(there)


def stopped(there):
    container, service = there.container, there.service
    container.run("systemctl", "stop", "apierrd.service")
    seen = [service.show(name) for name in ("ActiveState", "Result", "ExecMainStatus")]
    check(seen == ["inactive", "success", "0"], f"a stop ends in {seen}")
    check("event=stopped" in service.journal("-o", "cat"), "it does not say that it stopped")
    check((container.root / STATE / "state.db").exists(), "a stop takes the state away")
    there.log.append(60)
    container.run("systemctl", "start", "apierrd.service")
    there.write_and_count("written while it was stopped")


# ---- reload, journal

def reload_and_journal(folder):
    with scene(folder) as there:
        container, service = there.container, there.service
        pid = service.pid()
        second = Book(folder / "second.copy", sources=("second",))
        path = container.put("/var/log/second.log", "", 0o640)
        owned(path, ADM, 0o640)
        path.write_bytes(second.take(20))
        urls = [f"http://apierrd:{SECRET}@127.0.0.1:1"]
        there.configure({"second": "/var/log/second.log"})
        container.run("systemctl", "reload", "apierrd.service")
        second.wait_counted(service, Scraper(), "the new source")
        check(service.pid() == pid, "a reload is a restart")

        there.log.write(call_line(code="InternalError", message=f"SecretKey={SECRET}", action="Masked"))
        there.book.lines, there.book.bytes = there.book.lines + 1, there.log.path.stat().st_size
        there.book.calls["billing", "Masked"] += 1
        there.book.errors["billing", "Masked", "InternalError"] += 1
        there.configure({"second": "/var/log/second.log"}, alertmanager={"urls": urls}, nonsense=True)
        check(container.try_run("systemctl", "reload", "apierrd.service").returncode != 0,
              "whoever reloads is not told that the configuration is invalid")
        wait_until("the journal tells of it as an error", lambda: re.search(
            r"event=reload_failed .*nonsense", service.journal("-p", "err", "-o", "cat")), BOOT_S)
        check("reload failed" in service.show("StatusText"), f"the status says {service.show('StatusText')}")
        there.write_and_count("by the old configuration")
        check(service.pid() == pid, "a failed reload is a restart")
        check(service.metrics().value("apierrd_config_last_reload_successful") == 0, "it says it worked")
        priorities(there)
        port_taken(there)
        check(SECRET not in service.journal(), "a secret stands in the journal")


def priorities(there):
    """Each message has the level it names."""
    lines = there.service.journal("-o", "json", "--output-fields=PRIORITY,MESSAGE").splitlines()
    levels = {"info": "6", "warning": "4", "error": "3"}
    seen = set()
    for entry in map(json.loads, lines):
        level = re.match(r"level=(\w+) event=", str(entry.get("MESSAGE")))
        if level:
            check(entry["PRIORITY"] == levels[level.group(1)], f"another priority: {entry}")
            seen.add(level.group(1))
    check({"info", "error"} <= seen, f"levels seen: {seen}")


def port_taken(there):
    """It is not ready before it serves: where it cannot, it never was, and tries again until it can."""
    container, service = there.container, there.service
    there.configure({"second": "/var/log/second.log"})
    service.drop_in("quick", "[Service]\nRestartSec=1s\n")
    container.run("systemctl", "stop", "apierrd.service")
    with container.network():
        taken = socket.create_server(("127.0.0.1", Service.port))
    with taken:
        check(container.try_run("systemctl", "start", "apierrd.service").returncode != 0, "it says it started")
        check(service.show("ActiveState") != "active", "it is active and does not serve")
        wait_until("an error in the journal", lambda: "cannot listen" in
                   service.journal("-p", "err", "-o", "cat"), BOOT_S)
    service.wait_active("by itself once the port is free")
    there.write_and_count("after that")


# ---- the package's life

def package_life(folder):
    """Upgraded, installed again, switched off and on, removed, purged: the count is kept until the last."""
    with scene(folder) as there:
        container, service = there.container, there.service
        state = container.root / STATE
        newer = with_version(the_package(), "9.9-1", folder)
        pid = service.pid()
        with there.writing():
            container.install(newer)
            service.wait_active("after an upgrade")
        check(service.pid() != pid, "an upgrade leaves the old program running")
        check(container.run("dpkg-query", "-W", "-f", "${Version}", "apierrd") == "9.9-1", "not upgraded")
        there.write_and_count("over an upgrade")
        container.install(newer)
        there.write_and_count("installed again")

        container.power_off()
        there.log.append(50)
        container.boot()
        service.wait_active("after a boot, by itself")
        there.write_and_count("over a boot")

        container.run("dpkg", "-r", "apierrd")
        check(container.try_run("systemctl", "is-active", "apierrd.service").stdout.strip() != "active",
              "removed and running")
        check((state / "state.db").exists() and (container.root / CONFIG[1:]).exists(), "a removal purges")
        there.log.append(50)
        container.install(newer)
        there.write_and_count("removed and installed again")
        container.run("dpkg", "-P", "apierrd")
        left = [place for place in ("etc/apierrd", "var/lib/apierrd", STATE, "usr/bin/apierrd")
                if (container.root / place).exists() or (container.root / place).is_symlink()]
        check(not left, f"a purge leaves {left}")


if __name__ == "__main__":
    run("the service lives under systemd", as_installed, other_owners, hang_and_kill, reload_and_journal,
        package_life)
