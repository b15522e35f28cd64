#!/usr/bin/env python3
"""Disks that are full, read-only, broken or unmounted: the daemon shows what it last committed, says what is
wrong, and counts every line once when the fault is over."""
import os

from apierrd_e2e import check, demo_lines, run
from apierrd_faults import (Scene, ext4, failing_calls, fill_up, need,
                            send_strace_away, small_disk, tool, under_strace)

READS = "pread64,preadv,preadv2,read,readv"
READ_ERRORS = "apierrd_file_open_errors_total"


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


def read_and_stopped(folder, log, lines):
    scene = Scene(folder, [log], reader={"sweep_interval": "100ms"})
    scene.write(log, lines)
    scene.start()
    scene.exact("readable")
    scene.daemon.stop()
    return scene


def log_errors_at_a_start(folder):
    """A known file whose first reads fail is the same file afterwards."""
    log = folder / "app.log"
    lines = demo_lines(3000, seed=25)
    scene = read_and_stopped(folder, log, lines[:1000])
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
    scene = read_and_stopped(folder, log, lines[:1000])
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


def log_folder_unmounted(folder):
    """Taken away under the daemon, as NFS or a disk is, and mounted again: with the same inodes or others,
    before and after the old files were let go of; a log that came back goes on where it stopped."""
    lines = iter(demo_lines(9000, seed=29))

    def some():
        return [next(lines) for _ in range(200)]
    for linger in ("1h", "100ms"):
        for how in ("same file system", "another device", "restored elsewhere"):
            there = folder / f"{linger} {how}".replace(" ", "-")
            there.mkdir()
            unmounted(there, linger, how, some)


def unmounted(folder, linger, how, some):
    with ext4(folder / "logs") as disk, small_disk(folder / "other") as other:
        log, image = disk / "app.log", disk.with_suffix(".image")
        scene = Scene(folder, [log], reader={"linger": linger, "sweep_interval": "100ms"})
        scene.write(log, some())
        scene.start()
        scene.exact("mounted")
        tool("cp", "-a", log, other)
        with log.open("ab", buffering=0) as writer:
            # What is only in the old file system is not restored.
            late = [] if how == "restored elsewhere" else some()
            scene.owe(late)
            if linger != "1h":  # the unmount itself can take longer
                writer.write(b"".join(late))
            tool("umount", "-l", disk)
            if linger == "1h":
                writer.write(b"".join(late))
        scene.until("its name is gone", lambda m: m.sum("apierrd_file_rotations_total") == 1)
        scene.exact("read by its descriptor")
        if linger != "1h":
            scene.until("let go", lambda m: m.sum("apierrd_files_open") == 0)
        if how == "restored elsewhere":
            tool("mount", "--bind", other, disk)
        else:
            if how == "another device":
                os.sync()  # the old one still holds what was written to it
                copied = image.with_suffix(".copied")  # a snapshot of the file system
                tool("cp", image, copied)
                image = copied
            tool("mount", "-o", "loop", image, disk)
        scene.write(log, some())
        scene.exact(f"{how}, linger {linger}: mounted again")
        scene.write(log, some())
        scene.exact("and on")
        scene.nothing_lost()
        scene.finish()


if __name__ == "__main__":
    need()
    run("every fault of a disk passes and every line counts once", disk_full, disk_full_at_the_first_start,
        read_only_by_the_kernel, state_errors, log_errors, log_errors_at_a_start,
        log_errors_at_a_start_after_a_rotation, log_folder_unmounted)
