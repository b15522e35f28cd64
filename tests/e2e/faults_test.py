#!/usr/bin/env python3
"""Disks that are full, read-only or broken, clocks that jump, inotify that is silent: the daemon shows
what it last committed, says what is wrong, and counts every line once when the fault is over."""
import glob
import os
import time

from apierrd_e2e import Failure, Skip, check, demo_lines, run
from apierrd_faults import (FAILED_COMMITS, SLOW, Scene, append, ext4, failing_calls, fill_up, need,
                            send_strace_away, small_disk, tool, under_strace)

READS = "pread64,preadv,preadv2,read,readv"
READ_ERRORS = "apierrd_file_open_errors_total"
DAY_S = 86400


def state_on(disk):
    return {"path": str(disk / "state.db")}


def disk_full(folder):
    """No room for the state, over a kill and a stop too."""
    log, lines = folder / "app.log", demo_lines(5000, seed=21)
    with small_disk(folder / "disk") as disk:
        scene = Scene(folder, [log], state=state_on(disk))
        scene.write(log, lines[:500])
        scene.start()
        scene.exact("room")
        filler = fill_up(disk)
        for end in (1000, 2000):
            scene.write(log, lines[end // 2:end])
            scene.stands_still("no room")
        filler.unlink()
        scene.exact("room again")
        filler = fill_up(disk)
        scene.write(log, lines[2000:3000])
        scene.stands_still("no room")
        scene.kill_and_start()
        scene.stands_still("no room after a kill")
        scene.write(log, lines[3000:4000])
        scene.daemon.process.terminate()
        scene.daemon.process.wait()
        scene.start()
        scene.stands_still("no room after a stop")
        filler.unlink()
        scene.exact("room again")
        scene.write(log, lines[4000:])
        scene.exact("and on")
        scene.finish()


def disk_full_at_the_first_start(folder):
    """A state that cannot be made is no reason to count without one."""
    log = folder / "app.log"
    with small_disk(folder / "disk") as disk:
        scene = Scene(folder, [log], state=state_on(disk))
        scene.write(log, demo_lines(100))
        filler = fill_up(disk)
        scene.refuses_to_start("state database")
        filler.unlink()
        scene.start()
        scene.exact("room")
        scene.finish()


def read_only_by_the_kernel(folder):
    """An ext4 that met an error goes read-only under the daemon until it is mounted anew."""
    log, lines = folder / "app.log", demo_lines(3000, seed=22)
    with ext4(folder / "disk") as disk:
        scene = Scene(folder, [log], state=state_on(disk))
        scene.write(log, lines[:500])
        scene.start()
        scene.exact("writable")
        tool("mount", "-o", "remount,abort", disk)
        scene.write(log, lines[500:1500])
        scene.stands_still("read-only")
        scene.daemon.kill()
        tool("umount", disk)
        scene.write(log, lines[1500:2000])
        tool("mount", "-o", "loop", disk.with_suffix(".image"), disk)
        tool("mount", "-o", "remount,ro", disk)
        scene.refuses_to_start("state database")
        tool("mount", "-o", "remount,rw", disk)
        scene.start()
        scene.exact("writable again")
        scene.write(log, lines[2000:])
        scene.exact("and on")
        scene.finish()


def state_errors(folder):
    """Errors of a disk that comes back by itself: whatever call they hit, also with a kill in between."""
    log, lines = folder / "app.log", iter(demo_lines(9000, seed=23))
    state = folder / "state.db"
    scene = Scene(folder, [log])

    def more():
        scene.write(log, [next(lines) for _ in range(400)])
    more()
    scene.start()
    scene.exact("at first")
    for fault in ("pwrite64,fdatasync,fsync:error=EIO", "fdatasync,fsync:error=EIO",
                  "pwrite64:error=EROFS", "pwrite64:error=EIO:when=2+2"):
        for killed in (False, True):
            with failing_calls(scene.daemon, fault, state, f"{state}-wal"):
                more()
                scene.stands_still(fault)
                more()
                if killed:
                    scene.daemon.kill()
            if killed:
                scene.start()
            scene.exact("the disk is back")
    more()
    scene.exact("and on")
    scene.nothing_lost()
    scene.finish()


def log_errors(folder):
    """A log that cannot be read is neither truncated nor rotated; it is read on when it can be."""
    log, old = folder / "app.log", folder / "app.log.1"
    lines = demo_lines(3000, seed=24)
    scene = Scene(folder, [log], reader={"sweep_interval": "100ms"})
    scene.write(log, lines[:500])
    scene.start()
    scene.exact("readable")
    with failing_calls(scene.daemon, READS + ":error=EIO", log, old):
        scene.write(log, lines[500:1000])
        metrics = scene.until("errors are counted", lambda m: m.sum(READ_ERRORS) > 2)
        check("event=file_failed" in scene.log(), "the log does not say so")
        check(metrics.sum("apierrd_ingest_lines_total") == 500, "lines: not 500")
    scene.exact("readable again")
    check(scene.nothing_lost().sum("apierrd_file_rotations_total") == 0, "a rotation is counted")
    with failing_calls(scene.daemon, READS + ":error=EIO", log, old):
        scene.write(log, lines[1000:1500])
        log.rename(old)
        scene.write(log, lines[1500:2000])
        scene.until("the rotation is seen", lambda m: m.sum("apierrd_file_rotations_total") == 1)
        before = scene.look().sum(READ_ERRORS)
        scene.until("errors are counted", lambda m: m.sum(READ_ERRORS) > before + 2)
        scene.write(old, lines[2000:2100])
    scene.exact("rotated meanwhile")
    scene.write(log, lines[2100:])
    scene.exact("and on")
    check(scene.nothing_lost().sum("apierrd_file_rotations_total") == 1, "rotations: not 1")
    scene.finish()


def log_errors_at_a_start(folder):
    """A known file whose first reads fail is the same file afterwards."""
    log = folder / "app.log"
    lines = demo_lines(3000, seed=25)
    scene = Scene(folder, [log], reader={"sweep_interval": "100ms"})
    scene.write(log, lines[:1000])
    scene.start()
    scene.exact("readable")
    scene.daemon.stop()
    scene.write(log, lines[1000:1200])
    scene.start(under_strace(READS + ":error=EIO:when=1..20", log))
    scene.until_logged("event=file_failed")
    scene.exact("unread at first")
    send_strace_away(scene.daemon)
    scene.write(log, lines[1200:1500])
    scene.exact("and on")
    scene.nothing_lost()
    scene.finish()


def log_errors_at_a_start_after_a_rotation(folder):
    """The same, of a file that was renamed while the daemon was stopped, out of the pattern."""
    log, old = folder / "app.log", folder / "app.log.1"
    lines = demo_lines(3000, seed=28)
    scene = Scene(folder, [log], reader={"sweep_interval": "100ms"})
    scene.write(log, lines[:1000])
    scene.start()
    scene.exact("readable")
    scene.daemon.stop()
    scene.write(log, lines[1000:1700])
    log.rename(old)
    scene.write(log, lines[1700:2000])
    scene.start(under_strace(READS + ":error=EIO:when=1..20", log, old))
    scene.until_logged("event=file_failed")
    scene.exact("unread at first, and rotated before")
    send_strace_away(scene.daemon)
    scene.write(log, lines[2000:])
    scene.exact("and on")
    scene.nothing_lost()
    scene.finish()


class FakeClock:
    """libfaketime for a daemon; jump() moves its wall clock, and its monotonic clock if that is faked."""

    def __init__(self, folder, monotonic):
        found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not found:
            raise Skip("no faketime here")
        self.file, self.offset_s = folder / "faketime", 0
        self.jump("+0", 0)
        real = "0" if monotonic else "1"
        self.under = ["env", f"LD_PRELOAD={found[0]}", f"FAKETIME_TIMESTAMP_FILE={self.file}",
                      "FAKETIME_NO_CACHE=1", "NO_FAKE_STAT=1", f"DONT_FAKE_MONOTONIC={real}",
                      f"FAKETIME_DONT_FAKE_MONOTONIC={real}"]

    def jump(self, words, offset_s):
        new = self.file.with_suffix(".new")
        new.write_text(words + "\n")
        os.replace(new, self.file)  # never seen empty
        self.offset_s = offset_s

    def now(self):
        return time.time() + self.offset_s


JUMPS = {"-1d": -DAY_S, "+1d": DAY_S, "+10y": 3650 * DAY_S, "+0": 0}


def clock_jumps(folder, monotonic, jumps):
    clock = FakeClock(folder, monotonic)
    log, lines = folder / "app.log", iter(demo_lines(9000, seed=26))
    scene = Scene(folder, [log], reader={"linger": "200ms", "sweep_interval": "100ms"})
    scene.under = clock.under

    def no_lag_below_zero(metrics):
        # The time a code was last seen is the wall clock's, and goes back with it.
        scene.scraper.last = {series: value for series, value in scene.scraper.last.items()
                              if "last_observed" not in series[0]}
        for name in ("source_lag_seconds", "source_lag_bytes", "file_lag_bytes"):
            for sample in metrics.rows("apierrd_" + name):
                check(sample.value >= 0, f"{name} is {sample.value}")
    scene.check_each = no_lag_below_zero

    def more():
        scene.write(log, [next(lines) for _ in range(200)])
    more()
    try:
        scene.start()
    except Failure as reason:
        if SLOW:
            raise Skip("a sanitizer build does not start with libfaketime") from reason
        raise
    scene.exact("before")
    for number, words in enumerate(jumps):
        more()
        clock.jump(words, JUMPS[words])
        more()
        half = next(lines)
        append(log, half[:30])
        scene.until("half a line waits", lambda m: m.sum("apierrd_source_lag_bytes") == 30)
        append(log, half[30:])
        scene.owe([half])
        log.rename(folder / f"app.log.{number}")
        more()
        scene.exact(words)
        scene.until("the old file let go", lambda m: m.sum("apierrd_files_open") == 1)
        scene.until("commits go on", lambda m: abs(m.value(
            "apierrd_checkpoint_last_success_timestamp_seconds") - clock.now()) < 3 * 3600)
        check(scene.look().sum(FAILED_COMMITS) == 0, "a commit failed")
    check(scene.nothing_lost().sum("apierrd_file_rotations_total") == len(jumps),
          f"rotations: not {len(jumps)}")
    scene.finish()


def wall_clock_jumps(folder):
    """As by a first time synchronisation or an operator: nothing but times shown may depend on it."""
    clock_jumps(folder, False, ["-1d", "+1d", "+10y", "-1d", "+0"])


def both_clocks_jump(folder):
    """As on a machine that was frozen; a monotonic clock only goes forward."""
    clock_jumps(folder, True, ["+1d", "+10y"])


def inotify_silent(folder):
    """Without inotify the sweep alone sees rotation, copytruncate, new files and deletion."""
    for fault in ("inotify_init1:error=EMFILE", "inotify_add_watch:error=ENOSPC"):
        place = folder / fault.split(":", maxsplit=1)[0]
        place.mkdir()
        silent(place, fault)


def silent(folder, fault):
    log, lines = folder / "app.log", iter(demo_lines(5000, seed=27))
    scene = Scene(folder, [folder / "*.log"], reader={"sweep_interval": "50ms"})

    def some():
        return [next(lines) for _ in range(150)]
    scene.write(log, some())
    scene.start(under_strace(fault))
    scene.exact("at first")
    writer = log.open("ab", buffering=0)
    log.rename(folder / "app.log.1")
    late, new = some(), some()
    writer.write(b"".join(late))
    scene.owe(late)
    scene.write(log, new)
    scene.exact("rotation")
    scene.write(folder / "other.log", some())
    scene.exact("a new file")
    scene.write(log, some())
    (folder / "app.log.2").write_bytes(log.read_bytes())
    os.truncate(log, 0)
    scene.until("truncation seen", lambda m: m.sum("apierrd_file_truncations_total") == 1)
    scene.write(log, some())
    scene.exact("copytruncate")
    scene.nothing_lost(truncations=1)
    with (folder / "other.log").open("ab", buffering=0) as other:
        (folder / "other.log").unlink()
        late = some()
        other.write(b"".join(late))
        scene.owe(late)
        scene.exact("deletion")
    scene.write(folder / "other.log", some())
    scene.exact("and a new file of its name")
    writer.close()
    send_strace_away(scene.daemon)
    scene.finish()


if __name__ == "__main__":
    need()
    run("every fault passes and every line counts once", disk_full, disk_full_at_the_first_start,
        read_only_by_the_kernel, state_errors, log_errors, log_errors_at_a_start,
        log_errors_at_a_start_after_a_rotation, wall_clock_jumps, both_clocks_jump, inotify_silent)
