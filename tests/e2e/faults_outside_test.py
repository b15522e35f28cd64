#!/usr/bin/env python3
"""What surrounds the daemon misbehaves: inotify is silent, signals come by the thousand, nobody scrapes,
Alertmanagers hang and talk nonsense."""
import contextlib
import os
import random
import signal
import sqlite3
import threading
import time

from apierrd_alertmanager import FakeAlertmanager, full_queue, nobody, talks_nonsense
from apierrd_e2e import DEADLINE_S, call_line, check, demo_lines, failed_call, run, wait_until
from apierrd_faults import (SLOW, Scene, descriptors, need, send_strace_away, status_bytes,
                            under_strace)

MIB = 1 << 20
PAID = "FailedOperation.PaySuccDeliverFailed"


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


# ---- signals

def signal_storm(folder):
    """SIGHUP by the thousand, and every signal a service may get, while it counts; then SIGTERM in the middle."""
    log, lines = folder / "app.log", demo_lines(6000, seed=61)
    scene = Scene(folder, [log])
    scene.write(log, lines[:500])
    scene.start()
    scene.exact("at first")
    harmless = (signal.SIGHUP, signal.SIGHUP, signal.SIGPIPE, signal.SIGWINCH, signal.SIGCHLD, signal.SIGURG,
                signal.SIGSTOP, signal.SIGCONT)
    rng = random.Random(62)
    for turn in range(1, 4):
        end = threading.Event()
        pid, sent = scene.daemon.process.pid, [0]

        def storm():
            while not end.is_set():
                os.kill(pid, rng.choice(harmless))
                os.kill(pid, signal.SIGCONT)
                sent[0] += 1
                if sent[0] % 50 == 0:
                    time.sleep(0.001)  # or a stopped process would never run
        thread = threading.Thread(target=storm)
        thread.start()
        try:
            scene.write(log, lines[turn * 500:turn * 500 + 500])
            wait_until("thousands were sent", lambda: sent[0] > (300 if SLOW else 3000), quiet=True)
            scene.exact(f"signals, turn {turn}")
        finally:
            end.set()
            thread.join()
        print(f"  {sent[0]} signals")
        check(scene.daemon.process.poll() is None, "it ended")
        for _ in range(100):
            scene.daemon.process.send_signal(signal.SIGTERM)
            scene.daemon.process.send_signal(signal.SIGHUP)
            scene.daemon.process.send_signal(signal.SIGINT)
        check(scene.daemon.process.wait(DEADLINE_S) == 0, f"status {scene.daemon.process.returncode} after SIGTERM")
        scene.start()
    scene.write(log, lines[2000:])
    scene.exact("and on")
    scene.nothing_lost()
    scene.finish()


# ---- Prometheus

def nobody_scrapes(folder):
    """Forty times the log without a scrape: memory stays as it was, and the next scrape has them all."""
    log = folder / "app.log"
    piece = demo_lines(25_000 if "APIERRD_LONG" in os.environ else 2500 if SLOW else 5000, seed=63)
    scene = Scene(folder, [log])
    scene.write(log, piece)
    scene.start()
    scene.exact("scraped")
    pid = scene.daemon.process.pid

    def read_up():
        with contextlib.closing(sqlite3.connect(f"file:{folder}/state.db?mode=ro", uri=True)) as state:
            offset, = state.execute("SELECT max(offset) FROM generations").fetchone()
        return offset == log.stat().st_size
    sizes = []
    for _ in range(10):
        for _ in range(4):
            scene.write(log, piece)
        wait_until("committed without a scrape", read_up, quiet=True)
        sizes.append(status_bytes(pid, "VmRSS"))
    print(f"  {sizes[1] / MIB:.1f} MiB after the second part, {sizes[-1] / MIB:.1f} MiB after the tenth; "
          f"{descriptors(pid)} descriptors")
    check(sizes[-1] < sizes[1] + 8 * MIB, "memory grows while nobody scrapes")
    scene.exact("scraped again")
    scene.finish()


# ---- Alertmanager

def bad_alertmanagers(folder):
    """Dead, full, silent, slow, talking nonsense: counting goes on, memory and descriptors stay."""
    silent = FakeAlertmanager(lambda alerts: None)
    slow = FakeAlertmanager(lambda alerts: time.sleep(1) or 200)
    broken = FakeAlertmanager(lambda alerts: 500)
    full, held = full_queue()
    urls = [silent.url, slow.url, broken.url, full, nobody(), talks_nonsense(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 9999),
            talks_nonsense(os.urandom(100_000)), talks_nonsense(b"")]
    log = folder / "app.log"
    scene = Scene(folder, [log], alertmanager={"urls": urls, "resend": "1s"})
    scene.write(log, demo_lines(500, seed=64))
    scene.start()
    scene.exact("at first")
    pid, rng, sizes = scene.daemon.process.pid, random.Random(65), []
    for turn in range(5 if SLOW else 10):
        scene.write(log, [failed_call(PAID, request_id=f"r-{turn}-{n}") if rng.random() < 0.3 else call_line()
                          for n in range(1000)])
        metrics = scene.exact(f"turn {turn}")
        sizes.append((status_bytes(pid, "VmRSS"), descriptors(pid)))
    failed = metrics.table("apierrd_alert_push_failed_total", "alertmanager")
    check(set(failed) >= {(broken.url,), (urls[4],), (urls[5],), (urls[6],), (urls[7],)}, f"failures are {failed}")
    wait_until("the slow one has some", lambda: slow.taken)
    check(metrics.sum("apierrd_alert_push_active") <= 600, "more alerts than the table has room for")
    print(f"  {sizes[4][0] / MIB:.1f} MiB after 5 turns, {sizes[-1][0] / MIB:.1f} MiB after {len(sizes)}; "
          f"{sizes[-1][1]} descriptors")
    check(sizes[-1][0] < sizes[4][0] + 8 * MIB, "memory grows")
    check(sizes[-1][1] < 60, f"{sizes[-1][1]} descriptors")
    silent.close()
    scene.finish()
    del held


if __name__ == "__main__":
    need()
    run("whatever is around it fails, every line counts once", inotify_silent, signal_storm, nobody_scrapes,
        bad_alertmanagers)
