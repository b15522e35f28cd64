#!/usr/bin/env python3
"""Too little memory, too few descriptors: what the daemon cannot do now it does later, and every line counts
once."""
import json
import resource

from apierrd_e2e import Gone, call_line, check, demo_lines, run, wait_until
from apierrd_faults import MemoryGroup, Scene, descriptors, need, status_bytes

MIB = 1 << 20
READ_ERRORS = "apierrd_file_open_errors_total"
QUICK = {"sweep_interval": "100ms", "poll_interval": "100ms"}


# ---- memory

def killed_for_memory(folder):
    """By the kernel, in the middle of counting; started with more, it goes on from its last commit."""
    log, lines = folder / "app.log", iter(demo_lines(8000, seed=41))

    def some():
        return [next(lines) for _ in range(500)]
    with MemoryGroup("killed") as group:
        scene = Scene(folder, [log])
        scene.under = group.under
        scene.write(log, some())
        scene.start()
        scene.exact("memory enough")
        for turn in range(3):
            scene.daemon.stop()
            scene.start()  # without what it has set aside while it read the last ones
            killed = group.killed()
            group.limit(group.anonymous() + MIB)
            # A document of many small values takes several times its size while it is read.
            large = [call_line(pad=list(range(140_000))) for _ in range(3)]
            scene.write(log, some() + large + some())
            scene.daemon.process.wait(60)
            check(scene.daemon.process.returncode == -9, f"status {scene.daemon.process.returncode}")
            check(group.killed() == killed + 1, "it was not the kernel that killed it")
            group.limit(4096 * MIB)
            scene.write(log, some())
            if turn == 1:
                log.rename(folder / "app.log.1")
                scene.write(log, some())
            scene.start()
            scene.exact("memory enough again")
        scene.nothing_lost()
        scene.finish()


def hostile_lines():
    """Long, deep, wide, empty: what takes memory to read, or seems to."""
    envelope = json.dumps({"Response": {"RequestId": "\u00fc" * 150_000}})
    return [call_line(pad="x" * (MIB - 300)), call_line(pad=list(range(140_000))), b"[" * (MIB - 2) + b"\n",
            b'{"a":' * 200_000 + b"\n", b"x" * (3 * MIB) + b"\n", b"\0" * MIB + b"\n",
            call_line(pad={f"key{n}": n for n in range(60_000)}),
            json.dumps({"response": envelope}).encode() + b"\n"] * 8


def memory_stays_bounded(folder):
    """Hostile lines in 64 MiB; in 128 MiB also more names than all limits of labels admit."""
    many = [call_line(f"Action{number}", f"Made.Up{number}", service=f"service{number % 5000}")
            for number in range(60_000)]
    for size, lines in ((64, hostile_lines()), (128, many + hostile_lines())):
        place = folder / str(size)
        place.mkdir()
        with MemoryGroup("bounded") as group:
            group.limit(size * MIB)
            bounded(place, lines, group)


def bounded(folder, lines, group):
    log = folder / "app.log"
    scene = Scene(folder, [log], reader={"threads": 2})
    scene.write(log, lines)
    scene.start(group.under)
    metrics = scene.until("all lines are counted",
                          lambda m: m.sum("apierrd_ingest_lines_total") == len(lines))
    parts = sum(metrics.sum(name) for name in ("apierrd_api_calls_total", "apierrd_ignored_lines_total",
                                               "apierrd_parse_failures_total"))
    check(parts == len(lines), f"{parts:.0f} calls, ignored and rejected lines, not {len(lines)}")
    for _ in range(3):
        scene.look()
    pid = scene.daemon.process.pid
    print(f"  {len(lines)} lines, {metrics.sum('apierrd_series'):.0f} samples: "
          f"{status_bytes(pid, 'VmHWM') / MIB:.1f} MiB at most, {group.anonymous() / MIB:.1f} MiB at last")
    check(group.killed() == 0, "it was killed")
    scene.daemon.stop()


# ---- descriptors

def more_logs_than_descriptors(folder):
    """A hard limit below what the logs need: they are read in turn."""
    logs = [folder / f"app-{number:03}.log" for number in range(150)]
    lines = iter(demo_lines(12_000, seed=42))
    scene = Scene(folder, [folder / "app-*.log"], reader=QUICK)
    scene.under = ["prlimit", "--nofile=64:64"]
    for log in logs:
        scene.write(log, [next(lines) for _ in range(20)])
    scene.start()
    scene.exact("more logs than descriptors")
    for log in logs[::2]:
        scene.write(log, [next(lines) for _ in range(20)])
    scene.exact("half of them go on")
    for log in logs[:30]:
        log.rename(log.with_name(log.name + ".1"))
        scene.write(log, [next(lines) for _ in range(20)])
    scene.exact("rotated")
    scene.nothing_lost()
    check(descriptors(scene.daemon.process.pid) <= 64, "more than there may be")
    scene.finish()


def out_of_descriptors(folder):
    """All taken while it runs: rotations, new files and copies are seen late, and nothing is given up."""
    log, lines = folder / "app.log", iter(demo_lines(8000, seed=43))

    def some():
        return [next(lines) for _ in range(200)]
    scene = Scene(folder, [folder / "*.log"], reader=QUICK)
    scene.write(log, some())
    scene.start()
    scene.exact("descriptors enough")
    pid = scene.daemon.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)

    def starve():
        """Open files stay open; none can be opened, for a scrape neither."""
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, hard))

    def feed():
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))

    def starved(what):
        failed = scene.daemon.log().count("event=file_failed")
        wait_until(f"{what}: it says so",
                   lambda: scene.daemon.log().count("event=file_failed") > failed)
    for what in ("new file", "rotation", "rotation twice", "copytruncate", "deletion"):
        starve()
        if what == "new file":
            scene.write(folder / "new.log", some())
        elif what == "copytruncate":
            scene.write(log, some())
            (folder / "app.log.1").write_bytes(log.read_bytes())  # over an older one, as scripts do
            with log.open("r+b") as file:
                file.truncate(0)
            scene.write(log, some())
        elif what == "deletion":
            log.unlink()
            scene.write(log, some())
        else:
            for turn in range(2 if what == "rotation twice" else 1):
                scene.write(log, some())
                for number in range(8, 0, -1):
                    if (folder / f"app.log.{number}").exists():
                        (folder / f"app.log.{number}").rename(folder / f"app.log.{number + 1}")
                log.rename(folder / "app.log.1")
                scene.write(log, some())
        starved(what)
        feed()
        scene.exact(what)
    metrics = scene.nothing_lost(truncations=2)
    check(metrics.sum("apierrd_files_missing_total") == 0, "files are said to be missing")
    check(metrics.sum(READ_ERRORS) > 0, "no error is counted")
    scene.finish()


if __name__ == "__main__":
    need("prlimit")
    run("whatever is short, every line counts once", killed_for_memory, memory_stays_bounded,
        more_logs_than_descriptors, out_of_descriptors)
