"""A booted Debian with systemd as process 1, for tests that install the package and look at the service.

The root is made once by debootstrap and kept in APIERRD_ROOTS (default build/roots); each machine is an overlay
over it, in memory, and leaves nothing behind. It has a network of its own with nothing but a loopback
interface. Needs root, debootstrap and systemd-nspawn; tests are skipped elsewhere.
"""
import contextlib
import ctypes
import fcntl
import hashlib
import itertools
import os
import pathlib
import re
import shutil
import signal
import subprocess

from apierrd_e2e import (TEXT, Failure, Metrics, Skip, check, openmetrics_check, program, request, spawn,
                         wait_until)
from apierrd_faults import make_mounts_private, need, tool

SOURCE = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
ROOTS = pathlib.Path(os.environ.get("APIERRD_ROOTS", SOURCE / "build" / "roots"))
SUITES = {"12": "bookworm", "13": "trixie"}
BOOT_S = 120  # a boot takes less than a second; on a machine that is busy otherwise, many times as long
_CGROUPS = pathlib.Path("/sys/fs/cgroup")
_CLONE_NEWNET = 0x40000000
_NUMBERS = itertools.count(1)
_LIBC = ctypes.CDLL(None, use_errno=True)


# ---- the package and the root it goes into

def package(folder):
    """The Debian package of the program under test: APIERRD_DEB, or made of this build by CPack."""
    given = os.environ.get("APIERRD_DEB")
    if given:
        return pathlib.Path(given)
    need("cpack", "dpkg-deb", "dpkg-shlibdeps")
    rules = pathlib.Path(program()).parent / "CPackConfig.cmake"
    if not rules.exists():
        raise Skip(f"no package of this build: {rules} is missing")
    tool("cpack", "--config", rules, "-B", folder)
    return next(folder.glob("*.deb"))


def with_version(deb, version, folder):
    """The same package under another version."""
    tree = folder / f"package-{version}"
    tool("dpkg-deb", "-R", deb, tree)
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: .*", f"Version: {version}", control.read_text()))
    tool("dpkg-deb", "-Zgzip", "--root-owner-group", "-b", tree, folder)
    return next(folder.glob(f"*_{version}_*.deb"))


def suite(deb):
    """The Debian the package was built for, which its version ends with."""
    release = re.search(r"~deb(\d+)u", tool("dpkg-deb", "-f", deb, "Version"))
    if not release or release.group(1) not in SUITES:
        raise Skip(f"{deb.name} names no Debian release")
    return SUITES[release.group(1)]


def made_root(deb):
    """A Debian with systemd and what the package depends on."""
    depends = tool("dpkg-deb", "-f", deb, "Depends")
    names = sorted(set(re.findall(r"(?:^|,)\s*([a-z0-9][a-z0-9.+-]+)", depends)))
    known = hashlib.sha256(",".join(names).encode()).hexdigest()[:8]
    root = ROOTS / f"{suite(deb)}-systemd-{known}"
    ROOTS.mkdir(parents=True, exist_ok=True)
    with (ROOTS / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            print(f"  debootstrap makes {root}", flush=True)
            half = root.with_suffix(".half")
            shutil.rmtree(half, ignore_errors=True)
            # What the package depends on comes by apt: debootstrap does not know provided names.
            for step in (["debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,init-system-helpers",
                          suite(deb), half],
                         ["chroot", half, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq",
                          "--no-install-recommends", *names]):
                done = subprocess.run(step, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
                if done.returncode != 0:
                    raise Skip(f"{step[0]} cannot make a root: {done.stdout[-500:]}{done.stderr[-500:]}")
            half.rename(root)
    return root


# ---- control groups: a group for each machine, or two at a time would be in each other's

def cgroup_hierarchies():
    """Where systemd's process groups are mounted: one place, or two on a machine with both versions."""
    return [place for place in (_CGROUPS, _CGROUPS / "unified", _CGROUPS / "systemd")
            if (place / "cgroup.procs").exists()]


def remove_empty(top):
    for folder, _, _ in os.walk(top, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(folder)


# ---- the machine

class Container:
    """One machine; its files are below `root` here, also while it is switched off."""

    def __init__(self, base, folder):
        need("systemd-nspawn", "nsenter", "mount")
        make_mounts_private()
        self.folder, self.root = folder, folder / "machine"
        self.nspawn, self.leader = None, None
        self.name = f"apierrd-{os.getpid()}-{next(_NUMBERS)}"
        changes = folder / "changes"
        for place in (self.root, changes):
            place.mkdir()
        tool("mount", "-t", "tmpfs", "none", changes)
        for name in ("upper", "work", "logs"):
            (changes / name).mkdir()
        tool("mount", "-t", "overlay", "overlay", "-o",
             f"lowerdir={base},upperdir={changes}/upper,workdir={changes}/work", self.root)
        self.logs = changes / "logs"  # a file system like any other, where an overlay is a special one

    def boot(self):
        groups = [place / self.name for place in cgroup_hierarchies()]
        for group in groups:
            group.mkdir(exist_ok=True)
        into_groups = "".join(f"echo 0 >{group}/cgroup.procs && " for group in groups)
        words = ["systemd-nspawn", "-q", "-D", self.root, "-M", self.name, "--boot", "--register=no",
                 "--keep-unit", "--console=pipe", "--private-network", f"--bind={self.logs}:/var/log/api"]
        with (self.folder / "console.stderr").open("ab") as console:
            self.nspawn = spawn(["sh", "-c", into_groups + 'exec "$@"', "sh", *map(str, words)],
                                stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        self.leader = wait_until("process 1 of the machine", self.find_leader, BOOT_S, quiet=True)
        wait_until("booted", self.is_up, BOOT_S)

    def find_leader(self):
        if self.nspawn.poll() is not None:
            text = (self.folder / "console.stderr").read_text(errors="replace")
            raise Skip(f"systemd-nspawn cannot boot here: {text[-500:]}")
        children = pathlib.Path(f"/proc/{self.nspawn.pid}/task/{self.nspawn.pid}/children").read_text()
        for child in children.split():
            with contextlib.suppress(OSError):
                if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                    return int(child)
        return None

    def is_up(self):
        state = self.try_run("systemctl", "is-system-running").stdout.strip()
        return (state in ("running", "degraded"), state)

    def try_run(self, *words):
        return subprocess.run(
            ["nsenter", "-t", str(self.leader), "-a", "-w/", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
             "LC_ALL=C.UTF-8", "HOME=/root", "DEBIAN_FRONTEND=noninteractive", *map(str, words)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
            timeout=4 * BOOT_S)

    def run(self, *words):
        """What a command in the machine prints; it must succeed."""
        done = self.try_run(*words)
        check(done.returncode == 0,
              f"{' '.join(map(str, words))} exits {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}")
        return done.stdout

    def put(self, path, text, mode=0o644):
        """A file of root's, in its folder."""
        place = self.root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        place.chmod(mode)
        return place

    def install(self, deb):
        """As an administrator does; what the package depends on is there."""
        shutil.copy(deb, self.root / "srv" / deb.name)
        return self.run("dpkg", "--force-unsafe-io", "-i", f"/srv/{deb.name}")

    @contextlib.contextmanager
    def network(self):
        """Sockets that this thread opens within the block are the machine's."""
        with open("/proc/thread-self/ns/net") as home, open(f"/proc/{self.leader}/ns/net") as there:
            self.enter(there)
            try:
                yield
            finally:
                self.enter(home)

    @staticmethod
    def enter(namespace):
        if _LIBC.setns(namespace.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "cannot change the network namespace")

    def power_off(self):
        """As by its button: services are stopped, and what they wrote stays."""
        self.try_run("systemctl", "poweroff")
        self.wait_off()

    def wait_off(self):
        self.nspawn.wait(BOOT_S)
        for place in cgroup_hierarchies():
            remove_empty(place / self.name)
        remove_empty(pathlib.Path("/run/systemd/nspawn/propagate") / self.name)
        self.nspawn = self.leader = None

    def remove(self):
        """As by its plug."""
        if self.nspawn and self.nspawn.poll() is None:
            os.kill(self.leader or self.nspawn.pid, signal.SIGKILL)
        if self.nspawn:
            self.wait_off()
        for place in (self.root, self.folder / "changes"):
            while os.path.ismount(place):
                subprocess.run(["umount", "-l", place], check=True)


@contextlib.contextmanager
def booted(folder, deb):
    """A machine with the package installed, as long as the block lasts."""
    need("systemd-nspawn", "nsenter", "debootstrap", "dpkg-deb")
    if not cgroup_hierarchies():
        raise Skip("no control groups here")
    container = Container(made_root(deb), folder)
    try:
        container.boot()
        print(f"  {container.run('systemctl', '--version').splitlines()[0]}")
        container.install(deb)
        yield container
    except Failure:
        if container.leader:
            print(container.try_run("journalctl", "-b", "--no-pager", "-n", "60").stdout)
        raise
    finally:
        container.remove()


# ---- the service

class Service:
    """apierrd.service in a machine."""
    port = 19877

    def __init__(self, container):
        self.container = container

    def show(self, name):
        """A property of the unit."""
        return self.container.run("systemctl", "show", "-P", name, "apierrd.service").strip()

    def pid(self):
        """Of the main process, as seen within the machine."""
        return int(self.show("MainPID"))

    def status(self):
        """/proc/PID/status of the main process."""
        text = self.container.run("cat", f"/proc/{self.pid()}/status")
        return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)

    def journal(self, *words):
        return self.container.run("journalctl", "-b", "--no-pager", "-u", "apierrd.service", *words)

    def wait_active(self, what="the service is active", restarts=None):
        def probe():
            state = (self.show("ActiveState"), self.show("SubState"), int(self.show("NRestarts")))
            return (state[:2] == ("active", "running") and restarts in (None, state[2]), state)
        wait_until(what, probe, BOOT_S)

    def get(self, path, **headers):
        with self.container.network():
            return request(self.port, path, headers=headers)

    def metrics(self, accept=TEXT, scraper="e2e"):
        """Scrapes; the page must be strictly in order."""
        with self.container.network():
            answer = request(self.port, "/metrics", headers={"User-Agent": scraper, "Accept": accept})
        check(answer.status == 200, f"/metrics answers {answer.status}")
        families, faults = openmetrics_check.check(answer.body, "openmetrics" in accept)
        check(not faults, f"/metrics is out of order: {faults[:5]}")
        return Metrics(families)

    def drop_in(self, name, text):
        self.container.put(f"/etc/systemd/system/apierrd.service.d/{name}.conf", text)
        self.container.run("systemctl", "daemon-reload")
