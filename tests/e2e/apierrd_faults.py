"""What end-to-end tests need to make a machine fail: file systems of their own, system calls that return
errors, and a scene in which every look at the daemon also checks that nothing stepped back."""
import contextlib
import ctypes
import errno
import os
import pathlib
import shutil
import subprocess

from apierrd_e2e import (Daemon, Failure, Skip, audit, check, differences, end_all, replay, spawn,
                         wait_until, write_config)
from apierrd_written import Scraper

SLOW = bool(os.environ.get("APIERRD_SLOW"))  # a sanitizer build: fewer files, and no LD_PRELOAD
FAILED_COMMITS = "apierrd_checkpoint_failures_total"
_CLONE_NEWNS, _MS_REC, _MS_PRIVATE = 0x20000, 0x4000, 0x40000
_LIBC = ctypes.CDLL(None, use_errno=True)


def need(*commands):
    """Skips where it is not root or a command is missing."""
    if os.geteuid() != 0:
        raise Skip("needs root")
    for command in commands:
        if not shutil.which(command, path="/usr/sbin:/sbin:" + os.environ["PATH"]):
            raise Skip(f"no {command} here")


def append(path, data):
    with path.open("ab") as file:
        file.write(data)


# ---- file systems

def tool(*words):
    """Runs a command of the system, which must succeed."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


def make_mounts_private():
    """What is mounted from now on is seen by this process and its children only, and ends with them."""
    need("mount", "umount")
    if (_LIBC.unshare(_CLONE_NEWNS) != 0 or
            _LIBC.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None) != 0):
        raise Skip(f"no mounts of its own: {os.strerror(ctypes.get_errno())}")


@contextlib.contextmanager
def mounted(place, source, *options):
    """A file system at `place` until the end of the block."""
    make_mounts_private()
    place.mkdir(exist_ok=True)
    try:
        tool("mount", *options, source, place)
    except Failure as reason:
        raise Skip(f"cannot mount: {reason}") from reason
    try:
        yield place
    finally:
        while os.path.ismount(place):  # lazily: the daemon may still use it
            subprocess.run(["umount", "-l", place], check=True)


def small_disk(place):
    return mounted(place, "none", "-t", "tmpfs", "-o", "size=16m")


@contextlib.contextmanager
def ext4(place, inodes=1024):
    """A file system of one group, which gives out the inode again that was freed last."""
    need("mkfs.ext4")
    image = place.with_suffix(".image")
    with image.open("wb") as file:
        file.truncate(16 << 20)
    tool("mkfs.ext4", "-q", "-N", inodes, image)
    with mounted(place, image, "-t", "ext4", "-o", "loop,errors=remount-ro"):
        yield place


def fill_up(disk):
    """Leaves no byte of room; returns the file to delete."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError as error:
                check(error.errno == errno.ENOSPC, f"{filler}: {error}")
    return filler


# ---- system calls

def threads_of(pid):
    return list(pathlib.Path(f"/proc/{pid}/task").iterdir())


def tracer_of(thread):
    try:
        text = (thread / "status").read_text()
    except OSError:
        return 0  # it ended
    return int(text.split("TracerPid:")[1].split()[0])


def strace_words(injected, *paths):
    """strace that makes system calls on these paths fail: `injected` as in -e inject=."""
    words = ["strace", "-f", "-qq", "-I", "2", "-o", "/dev/null", "-e", "trace=" + injected.split(":")[0],
             "-e", "inject=" + injected]
    for path in paths:
        words += ["-P", path]
    return words


def under_strace(injected, *paths):
    """For Daemon.start(): the program keeps its process id, and strace can be sent away."""
    need("strace")
    # The leak check of a sanitizer build does not work while it is traced.
    options = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    return ["env", "ASAN_OPTIONS=" + options, *strace_words(injected, *paths), "-D"]


def send_strace_away(daemon):
    tracer = tracer_of(threads_of(daemon.process.pid)[0])
    check(tracer, "the daemon is not traced")
    os.kill(tracer, 15)
    wait_until("strace gone", lambda: not any(map(tracer_of, threads_of(daemon.process.pid))),
               quiet=True)


@contextlib.contextmanager
def failing_calls(daemon, injected, *paths):
    """System calls of a running daemon that fail until the end of the block."""
    need("strace")
    pid = daemon.process.pid
    strace = spawn([*map(str, strace_words(injected, *paths)), "-p", str(pid)],
                   stderr=subprocess.PIPE)

    def attached():
        if strace.poll() is not None:
            raise Skip(f"cannot trace: {strace.stderr.read().decode()}")
        return all(map(tracer_of, threads_of(pid)))
    wait_until("strace attached", attached, quiet=True)
    try:
        yield
    finally:
        strace.terminate()
        strace.wait()
        strace.stderr.close()


# ---- memory

class MemoryGroup:
    """A memory cgroup, version 1 or 2; processes start in it by Daemon.start(group.under)."""

    def __init__(self, name):
        need()
        self.folder, self.limit_file, self.events = self.make(f"apierrd-{name}-{os.getpid()}")
        procs = self.folder / "cgroup.procs"
        self.under = ["sh", "-c", f'echo $$ > {procs} && exec "$@"', "sh"]

    @staticmethod
    def make(name):
        groups = dict(line.split(":", 2)[1:] for line in
                      pathlib.Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines())
        known = []
        for line in pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
            _, place, kind, options = line.split()[:4]
            if kind == "cgroup" and "memory" in options.split(","):
                known.append((place, groups.get("memory"), "memory.limit_in_bytes", "memory.oom_control"))
            elif kind == "cgroup2":
                known.append((place, groups.get(""), "memory.max", "memory.events"))
        for place, own, limit_file, events in known:
            # Own groups are seen from where the mount begins; that is the top in a container.
            for parent in (pathlib.Path(place + (own or "")), pathlib.Path(place)):
                folder = parent / name
                with contextlib.suppress(OSError):
                    folder.mkdir()
                    if (folder / limit_file).exists():
                        return folder, folder / limit_file, folder / events
                    folder.rmdir()
        raise Skip("no memory cgroup can be made here")

    def limit(self, size_bytes):
        self.limit_file.write_text(str(size_bytes) + "\n", encoding="utf-8")

    def anonymous(self):
        """Bytes that the kernel cannot take back."""
        for line in (self.folder / "memory.stat").read_text(encoding="utf-8").splitlines():
            if line.split()[0] in ("rss", "anon"):
                return int(line.split()[1])
        raise Skip("the kernel does not say how much memory is in use")

    def killed(self):
        """How many processes of it the kernel has killed."""
        for line in self.events.read_text(encoding="utf-8").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
        raise Skip("the kernel does not count whom it kills")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end_all()  # a group with a process in it cannot be removed
        self.folder.rmdir()


def status_bytes(pid, key):
    """VmRSS or VmHWM of a process."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) << 10
    raise Failure(f"no {key} of process {pid}")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


# ---- the scene

class Scene:
    """A daemon with one source, its Prometheus, and a ledger of all lines that must count."""

    def __init__(self, folder, patterns, **sections):
        self.config = write_config(folder / "apierrd.yaml", {"app": patterns}, **sections)
        self.daemon, self.scraper = Daemon(self.config), Scraper()
        self.ledger, self.under = folder / "ledger", ()
        self.ledgers = [self.ledger]
        self.ledger.touch()
        self.counted = 0  # lines, when last everything was
        self.log_mark = 0
        self.check_each = lambda metrics: None

    def write(self, log, lines):
        """Appends whole lines to a log."""
        append(log, b"".join(lines))
        self.owe(lines)

    def owe(self, lines):
        """These lines are to be counted, however they get into a log."""
        append(self.ledger, b"".join(lines))

    def start(self, under=None):
        self.mark_log()
        self.daemon.start(self.under if under is None else under)
        self.look()

    def mark_log(self):
        self.log_mark = len(self.daemon.log()) if self.daemon.log_path.exists() else 0

    def log(self):
        """What the daemon said since it was started."""
        return self.daemon.log()[self.log_mark:]

    def kill_and_start(self):
        self.daemon.kill()
        self.start()

    def refuses_to_start(self, message):
        """It says why, with status 3, and leaves the state as it is."""
        self.mark_log()
        try:
            self.daemon.start(self.under)
        except Failure:
            check(self.daemon.process.returncode == 3, f"status {self.daemon.process.returncode}, not 3")
            check(message in self.log(), f"it does not say '{message}': {self.log()}")
            return
        raise Failure("it started")

    def look(self):
        metrics = self.scraper.look(self.daemon)
        self.check_each(metrics)
        return metrics

    def until(self, what, condition):
        def probe():
            metrics = self.look()
            return condition(metrics) and metrics
        return wait_until(what, probe)

    def until_ready(self):
        """All that was there at the start has been looked at."""
        wait_until("ready", lambda: self.daemon.get("/-/ready").status == 200, quiet=True)

    def until_logged(self, what):
        wait_until(f"it says {what}", lambda: what in self.log())

    def exact(self, what):
        """Everything written is counted, and counted once."""
        wanted = replay(*self.ledgers)

        def probe():
            metrics = self.look()
            found = differences(metrics, wanted, "app")
            return (not found, found[:10], metrics)
        metrics = wait_until(f"{what}: {wanted['lines']} lines", probe)[2]
        self.counted = wanted["lines"]
        return metrics

    def stands_still(self, what):
        """The state cannot be written: counters stay as they were committed, reading goes on, and it
        is told."""
        before = self.look().sum(FAILED_COMMITS)
        metrics = self.until(f"{what}: commits fail, all is read",
                             lambda m: m.sum(FAILED_COMMITS) > before + 1
                             and m.sum("apierrd_source_lag_bytes") == 0)
        lines = metrics.sum("apierrd_ingest_lines_total")
        check(lines == self.counted, f"{lines:.0f} lines are shown, {self.counted} are committed")
        check("event=state_not_written" in self.log(), "the log does not say so")

    def nothing_lost(self, truncations=0):
        metrics = self.look()
        check(metrics.sum("apierrd_lost_bytes_total") == 0, "bytes are said to be lost")
        seen = metrics.sum("apierrd_file_truncations_total")
        check(truncations in (seen, None), f"truncations: {seen:.0f}, not {truncations}")
        return metrics

    def finish(self):
        """Ends it twice, hard and soft; nothing changes by that."""
        self.kill_and_start()
        self.exact("after a kill")
        self.daemon.stop()
        self.start()
        self.exact("after a stop")
        print(f"  {self.scraper.samples} scrapes, none stepped back")
        self.daemon.stop()
        audit(self.config)
