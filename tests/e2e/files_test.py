#!/usr/bin/env python3
"""Files that are hard to tell apart, to find, to open or to cut into lines: each line counts once."""
import os
import random
import shutil
import subprocess
import uuid

from apierrd_e2e import Skip, check, demo_lines, program, run
from apierrd_faults import SLOW, Scene, append, ext4, make_mounts_private, need

BOOT_ID = "/proc/sys/kernel/random/boot_id"
QUICK = {"sweep_interval": "100ms"}


def reborn(log):
    """Deletes a log and makes an empty one of the same inode."""
    inode = log.stat().st_ino
    log.unlink()
    log.touch()
    if log.stat().st_ino != inode:
        raise Skip(f"inode {inode} is not given out again")


def inode_reused(folder):
    """A new file may have the number of a deleted one; its content tells."""
    lines = iter(demo_lines(5000, seed=31))

    def some(count):
        return [next(lines) for _ in range(count)]
    with ext4(folder / "disk") as disk:
        log = disk / "app.log"
        scene = Scene(folder, [log], reader={**QUICK, "linger": "100ms"})
        scene.write(log, some(200))
        scene.start()
        scene.exact("at first")
        for count in (100, 300):  # shorter and longer than the one before
            inode = log.stat().st_ino
            log.unlink()
            scene.until("the deleted file let go", lambda m: m.sum("apierrd_files_open") == 0)
            scene.write(log, some(count))
            if log.stat().st_ino != inode:
                raise Skip(f"inode {inode} is not given out again")
            scene.exact(f"live, {count}")
        for count in (100, 500):
            scene.daemon.stop()
            reborn(log)
            scene.write(log, some(count))
            scene.start()
            scene.exact(f"while it was stopped, {count}")
            scene.write(log, some(10))
            scene.exact("and on")
        scene.nothing_lost(truncations=None)
        scene.finish()


def inode_reused_of_a_closed_file(folder):
    """The same between two looks, of a file that is not held open at the time."""
    lines = iter(demo_lines(6000, seed=32))

    def some(count):
        return [next(lines) for _ in range(count)]
    with ext4(folder / "disk") as disk:
        logs = [disk / f"app-{number}.log" for number in range(150)]
        scene = Scene(folder, [disk / "app-*.log"], reader={**QUICK, "open_files": 100, "linger": "500ms"})
        for log in logs:
            scene.write(log, some(5))
        scene.start()
        scene.exact("at first")
        for count in (2, 5, 20):
            reused = 0
            scene.daemon.pause()
            for log in logs:
                inode = log.stat().st_ino
                log.unlink()
                scene.write(log, some(count))
                reused += log.stat().st_ino == inode
            scene.daemon.resume()
            check(reused >= 10, f"only {reused} inodes were given out again")
            scene.exact(f"{reused} inodes reused")
        scene.nothing_lost(truncations=None)
        scene.finish()


def link_switched(folder):
    """Only a link matches the pattern; what it named before is still written to."""
    lines = iter(demo_lines(3000, seed=33))
    data, link = folder / "data", folder / "current.log"
    data.mkdir()
    targets = [data / f"{name}.log" for name in "abcd"]

    def some():
        return [next(lines) for _ in range(100)]

    def switch(target):
        new = folder / "current.new"
        new.symlink_to(target)
        new.rename(link)
    scene = Scene(folder, [link], reader=QUICK)
    scene.write(targets[0], some())
    switch(targets[0])
    scene.start()
    scene.exact("at first")
    for old, new in zip(targets[:2], targets[1:]):
        scene.write(old, some())
        scene.write(new, some())
        switch(new)
        scene.write(old, some())
        scene.exact("switched")
        scene.write(old, some())
        scene.write(new, some())
        scene.exact("the old one is written to")
    check(scene.nothing_lost().sum("apierrd_file_rotations_total") == 2, "rotations: not 2")
    scene.daemon.stop()
    scene.write(targets[3], some())
    switch(targets[3])
    scene.start()
    scene.exact("switched while it was stopped")
    scene.finish()


def folders_and_files_that_appear(folder):
    """Folders made later, deeper ones, folders made anew, and files that get a fitting name."""
    lines = iter(demo_lines(3000, seed=34))

    def some():
        return [next(lines) for _ in range(50)]
    apps, deep = folder / "apps", folder / "deep"
    scene = Scene(folder, [folder / "*.log", apps / "*" / "x.log", deep / "*" / "[ab]" / "*" / "y*.log"],
                  reader=QUICK)
    scene.start()
    one = some()
    append(folder / "one.tmp", b"".join(one))
    (apps / "one").mkdir(parents=True)
    scene.write(apps / "one" / "x.log", some())
    scene.exact("a folder")
    (folder / "one.tmp").rename(folder / "one.log")
    scene.owe(one)
    scene.exact("a fitting name")
    for middle in "ab":
        place = deep / "m" / middle / "n"
        place.mkdir(parents=True)
        scene.write(place / "y-1.log", some())
        append(place / "z.log", b"not ours\n")
    (deep / "m" / "c" / "n").mkdir(parents=True)
    append(deep / "m" / "c" / "n" / "y.log", b"not ours\n")
    scene.exact("deep folders")
    scene.write(place / "y-1.log", some())
    scene.write(place / "y-2.log", some())
    scene.exact("and what comes there")
    for _ in range(2):
        shutil.rmtree(apps)
        (apps / "one").mkdir(parents=True)
        scene.write(apps / "one" / "x.log", some())
        scene.exact("a folder made anew")
    moved = folder / "moved"
    (moved / "two").mkdir(parents=True)
    scene.write(moved / "two" / "x.log", some())
    shutil.move(moved / "two", apps / "two")
    scene.exact("a folder moved in")
    scene.daemon.stop()
    (apps / "three").mkdir()
    scene.write(apps / "three" / "x.log", some())
    scene.write(apps / "two" / "x.log", some())
    scene.start()
    scene.exact("while it was stopped")
    scene.finish()


def files_not_permitted(folder):
    """As a user who may not read a log: that is counted and told, and it is read when it may be."""
    need("setpriv")
    lines = demo_lines(1000, seed=35)
    logs, state = folder / "logs", folder / "state"
    log, other = logs / "app.log", logs / "other.log"
    for place in (folder, logs, state):
        place.mkdir(exist_ok=True)
        place.chmod(0o755)
    shutil.chown(state, "nobody", "nogroup")
    scene = Scene(folder, [logs / "*.log"], reader=QUICK, state={"path": str(state / "state.db")})
    scene.under = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                   "--pdeathsig=KILL"]
    if subprocess.run([*scene.under, program(), "--version"], capture_output=True).returncode != 0:
        raise Skip("nobody may not run the program")
    errors = "apierrd_file_open_errors_total"
    scene.write(other, lines[:100])
    log.touch()
    log.chmod(0)
    append(log, b"".join(lines[100:200]))
    scene.start()
    scene.exact("the other one")
    scene.until("errors are counted", lambda m: m.sum(errors) > 1)
    scene.until_logged("event=file_failed")
    log.chmod(0o644)
    scene.owe(lines[100:200])
    scene.exact("permitted")
    log.chmod(0)
    scene.write(log, lines[200:300])
    scene.exact("it was open already")
    scene.daemon.stop()
    append(log, b"".join(lines[300:400]))
    scene.start()
    scene.until_logged("event=file_failed")
    scene.write(other, lines[400:500])
    scene.exact("the other one")
    before = scene.look().sum(errors)
    scene.until("errors are counted", lambda m: m.sum(errors) > before + 1)
    log.chmod(0o644)
    scene.owe(lines[300:400])
    scene.exact("permitted again")
    logs.chmod(0)
    scene.daemon.stop()
    append(log, b"".join(lines[500:600]))
    scene.start()
    scene.until_ready()
    scene.exact("a folder that is not permitted")
    logs.chmod(0o755)
    scene.owe(lines[500:600])
    scene.exact("permitted again")
    scene.nothing_lost()
    scene.finish()


def thousands_of_files(folder):
    """Far more files than may be open."""
    number, lines = 500 if SLOW else 3000, iter(demo_lines(20_000, seed=36))
    rng = random.Random(36)
    logs = [folder / "logs" / f"{i % 10}" / f"app-{i}.log" for i in range(number)]
    for i in range(10):
        (folder / "logs" / f"{i}").mkdir(parents=True)

    def some():
        return [next(lines) for _ in range(rng.randrange(1, 5))]

    def few_descriptors(metrics):
        most = metrics.value("process_open_fds")
        check(most < 100 + 40, f"{most:.0f} descriptors are open")

    def change(new_name):
        """Appends to many, deletes some that were read, rotates some, makes some."""
        rng.shuffle(logs)
        for log in logs[:200]:
            scene.write(log, some())
        for log in logs[-100:]:
            log.unlink()
        for log in logs[-100:-50]:
            scene.write(log, some())
        for log in logs[100:150]:
            log.rename(log.with_name(log.name + ".1"))
            scene.write(log, some())
        del logs[-50:]
        logs.extend(folder / "logs" / f"{i % 10}" / f"{new_name}-{i}.log" for i in range(50))
        for log in logs[-50:]:
            scene.write(log, some())
    scene = Scene(folder, [folder / "logs" / "*" / "*.log"], reader={"open_files": 100})
    scene.check_each = few_descriptors
    for log in logs:
        scene.write(log, some())
    scene.start()
    scene.exact(f"{number} files")
    change("new")
    scene.exact("changed")
    scene.daemon.stop()
    change("newer")
    scene.start()
    scene.exact("changed while it was stopped")
    for log in logs:
        if rng.random() < 0.5:
            scene.write(log, some())
    scene.exact("half of them written to")
    scene.nothing_lost(truncations=None)  # one that was deleted and made anew may look like that
    scene.finish()


def half_a_line_and_its_rest(folder):
    """The halves are separated by a restart and a rotation."""
    log, lines = folder / "app.log", iter(demo_lines(2000, seed=37))
    scene = Scene(folder, [log], reader=QUICK)
    scene.write(log, [next(lines) for _ in range(100)])
    scene.start()
    scene.exact("at first")
    for number, rotate_while_stopped in enumerate((False, True)):
        half, old = next(lines), folder / f"app.log.{number}"
        append(log, half[:50])
        scene.until("half a line waits", lambda m: m.sum("apierrd_source_lag_bytes") == 50)
        scene.daemon.stop()
        if rotate_while_stopped:
            log.rename(old)
            scene.write(log, [next(lines) for _ in range(100)])
            scene.start()
        else:
            scene.start()
            log.rename(old)
            scene.write(log, [next(lines) for _ in range(100)])
        scene.until("half a line waits", lambda m: m.sum("apierrd_source_lag_bytes") == 50)
        append(old, half[50:])
        scene.owe([half])
        scene.exact("its rest")
    scene.nothing_lost()
    scene.finish()


def line_too_long_in_pieces(folder):
    """Longer than limits.line_bytes and than any block, with a restart and a kill in the middle of it."""
    log, lines = folder / "app.log", demo_lines(300, seed=38)
    scene = Scene(folder, [log], reader=QUICK)
    scene.write(log, lines[:100])
    scene.start()
    scene.exact("at first")
    piece, written = b"x" * 700_001, 0
    ends = [None, scene.daemon.stop, None, scene.daemon.kill, None, scene.daemon.stop]
    for end in ends:
        append(log, piece)
        written += len(piece)
        if end:
            end()
            scene.start()
        scene.until(f"{written} bytes wait", lambda m: m.sum("apierrd_source_lag_bytes") == written)
    check(scene.look().sum("apierrd_ingest_lines_total") == 100, "lines: not 100")
    append(log, b"\n")
    scene.owe([piece * len(ends) + b"\n"])
    scene.exact("its end")
    scene.write(log, lines[100:200])
    metrics = scene.exact("and on")
    check(metrics.sum("apierrd_parse_failures_total", reason="line_too_long") == 1, "too long: not 1")
    scene.nothing_lost()
    scene.finish()


def hole_of_a_writer(folder):
    """A writer that does not append goes on at its old place in a truncated log: far behind its start."""
    log, lines = folder / "app.log", iter(demo_lines(1000, seed=39))
    scene = Scene(folder, [log], reader=QUICK)

    def put(writer):
        some = [next(lines) for _ in range(50)]
        writer.write(b"".join(some))
        scene.owe(some)
    with log.open("wb", buffering=0) as writer:
        put(writer)
        scene.start()
        scene.exact("at first")
        os.truncate(log, 0)
        scene.until("truncation seen", lambda m: m.sum("apierrd_file_truncations_total") == 1)
        hole = 64 << 20
        writer.seek(hole)
        first = next(lines)
        # A hole belongs to no line, but its bytes are bytes of the log.
        with scene.ledger.with_suffix(".hole").open("wb") as start_of_log:
            start_of_log.seek(hole)
            start_of_log.write(first)
        scene.ledgers.append(scene.ledger.with_suffix(".hole"))
        writer.write(first)
        put(writer)
        scene.exact("behind a hole")
        scene.kill_and_start()
        put(writer)
        scene.exact("and on after a kill")
        scene.nothing_lost(truncations=1)
    scene.finish()


def booted(folder, number):
    """For Daemon.start(): as on a machine that was booted for the given time."""
    boot_id = folder / f"boot-{number}"
    if not boot_id.exists():
        boot_id.write_text(f"{uuid.uuid4()}\n")
    under = ["unshare", "--mount", "sh", "-c", f'mount --bind "$0" {BOOT_ID} && exec "$@"', boot_id]
    seen = subprocess.run([*under, "cat", BOOT_ID], capture_output=True, text=True, check=False).stdout
    if seen != boot_id.read_text():
        raise Skip(f"{BOOT_ID} cannot be faked")
    return under


def cut(log, lines):
    """As a power loss leaves a log that was not synced: without its last lines."""
    os.truncate(log, sum(map(len, lines)))


def power_lost(folder):
    """A log that is shorter after a boot than what was committed goes on at its new end."""
    make_mounts_private()
    need("unshare")
    log, lines = folder / "app.log", demo_lines(1000, seed=40)
    scene = Scene(folder, [log], reader=QUICK)
    scene.write(log, lines[:300])
    scene.start(booted(folder, 0))
    scene.exact("at first")
    kept = lines[:300]
    for boot, (end, left) in enumerate([(scene.daemon.stop, 200), (scene.daemon.kill, 100),
                                        (scene.daemon.kill, 0)], start=1):
        end()
        kept = kept[:left]
        cut(log, kept)
        scene.start(booted(folder, boot))
        scene.until_ready()
        scene.exact(f"after boot {boot} nothing is counted again")
        new = lines[300 + boot * 50:350 + boot * 50]
        scene.write(log, new)
        kept += new
        scene.exact(f"boot {boot} goes on")
        scene.daemon.stop()
        scene.start(booted(folder, boot))
        scene.exact("and after a restart")
        new = lines[600 + boot * 100:700 + boot * 100]
        scene.write(log, new)
        kept += new
        scene.exact("that reads on")
    scene.under = booted(folder, 3)
    scene.finish()


def cut_without_a_power_loss(folder):
    """The same cut while the machine was up is a truncation: what is there now was written anew."""
    make_mounts_private()
    need("unshare")
    log, lines = folder / "app.log", demo_lines(500, seed=41)
    scene = Scene(folder, [log], reader=QUICK)
    scene.write(log, lines[:300])
    scene.start(booted(folder, 0))
    scene.exact("at first")
    scene.daemon.stop()
    cut(log, lines[:200])
    scene.owe(lines[:200])
    scene.start(booted(folder, 0))
    scene.exact("read from its start")
    scene.write(log, lines[300:400])
    scene.exact("and on")
    scene.under = booted(folder, 0)
    scene.finish()


if __name__ == "__main__":
    need()
    run("every file is told from every other", inode_reused, inode_reused_of_a_closed_file,
        link_switched, folders_and_files_that_appear, files_not_permitted, thousands_of_files,
        half_a_line_and_its_rest, line_too_long_in_pieces, hole_of_a_writer, power_lost,
        cut_without_a_power_loss)
