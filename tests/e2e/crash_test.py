#!/usr/bin/env python3
"""Killed at any moment, the counters are exact: nothing is lost, doubled, or taken back.

APIERRD_SEED repeats the choices of an earlier run, as far as time allows; APIERRD_LONG tries longer,
APIERRD_SLOW (set for the sanitizers) shorter.
"""
import os
import random
import shutil
import subprocess
import threading
import time

from apierrd_e2e import (Daemon, Skip, audit, check, counted_by_replay, replay, run,
                         write_config)
from apierrd_written import Book, Log, Scraper, Writer

LONG, SLOW = "APIERRD_LONG" in os.environ, "APIERRD_SLOW" in os.environ
KILLS = 1000 if LONG else 15 if SLOW else 50
# Those by which SQLite changes what is on disk.
CALLS = ("openat", "pwrite64", "write", "ftruncate", "fdatasync", "fsync", "rename", "unlink")
LIMITS = {"actions": 100_000, "call_series": 100_000, "error_series": 100_000}


# ---- at random moments

def killed_at_random(folder):
    """SIGKILL at random moments, while the log grows and is rotated in every way."""
    seed = int(os.environ.get("APIERRD_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"  APIERRD_SEED={seed}")
    rng = random.Random(seed)
    for pattern, kills in (("app.log*", KILLS // 2), ("app.log", KILLS - KILLS // 2)):
        place = folder / ("one" if pattern == "app.log" else "all")
        place.mkdir()
        kill_at_random(place, pattern, kills, rng)


def kill_at_random(folder, pattern, kills, rng):
    book, scraper = Book(folder / "whole", block=2000 if LONG else 100), Scraper()
    writer = Writer(folder, random.Random(rng.random()), book)
    # So short a linger that files are also let go of; no writer here is quiet for so long.
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [folder / pattern]},
                                 limits=LIMITS, reader={"linger": "5s"}))
    writer.log.append(20)
    daemon.start()
    book.wait_counted(daemon, scraper)  # what was rotated away before a first look is not ours
    daemon.stop()
    writer.start()
    for _ in range(kills):
        run_until_killed(daemon, scraper, writer, rng)
    writer.finish()
    daemon.start()
    book.wait_counted(daemon, scraper, f"{pattern}: {book.lines} lines over {kills} kills")
    compare_with_replay(book)
    daemon.stop()
    writer.log.append(1)
    daemon.start()
    book.wait_counted(daemon, scraper, "and once more")
    daemon.stop()
    audit(daemon.config)
    print(f"  {scraper.samples} scrapes, none stepped back; {writer.generations} generations left")


def run_until_killed(daemon, scraper, writer, rng):
    """20 to 300 ms after its start, or after it serves."""
    while_starting = rng.random() < 0.3
    killer = threading.Timer(rng.uniform(0.02, 0.3), lambda: daemon.process.kill())

    def scrape_on():
        daemon.wait_started()
        if not while_starting:
            scraper.look(daemon)
            killer.start()
        while True:
            writer.book.check_none_doubled(scraper.look(daemon))
            time.sleep(rng.uniform(0, 0.05))

    daemon.launch()
    writer.note("started")
    if while_starting:
        killer.start()
    daemon.outlives(scrape_on)
    writer.note("killed")
    killer.join()


def compare_with_replay(book):
    """The program's own reading of the same bytes."""
    wanted = counted_by_replay(replay(book.copy.name))
    for key in ("lines", "bytes", "calls", "errors"):
        check(wanted[key] == getattr(book, key), f"replay counts other {key} than were written")


# ---- at every system call

def killed_at_every_state_write(folder):
    """SIGKILL before the first, second, third, ... call that changes the database, until none is left."""
    for every_thread in (True, False):
        place = folder / ("threads" if every_thread else "main")
        place.mkdir()
        world = World(place)
        world.recover()  # the database is there before the first kill
        for call in CALLS:
            kill_at_every(call, every_thread, lambda: world)
        world.check_audit()


def killed_at_every_write_of_the_first_start(folder):
    """The same while the database comes into being."""
    worlds = []

    def new_world():
        place = folder / str(len(worlds))
        place.mkdir()
        worlds.append(World(place))
        return worlds[-1]
    for call in CALLS:
        kill_at_every(call, False, new_world)
    worlds[-1].check_audit()


def kill_at_every(call, every_thread, next_world):
    number, step = 1, 5 if SLOW else 1
    started = time.monotonic()
    while not next_world().survives(call, number, every_thread):
        number += step
    # A commit alone writes several pages: otherwise strace did not see what it should.
    check(number > 3 or call != "pwrite64", f"killed at no {call} behind the first {number - 1}")
    threads = "all threads" if every_thread else "main thread"
    print(f"  {call}, {threads}: gets through without its number {number}; "
          f"{time.monotonic() - started:.1f} s", flush=True)


def strace(state, call, number, every_thread):
    """Calls are counted for each thread, so the ones of the main thread (start and stop) would hide
    behind those of the thread that counts: without -f only they are seen. -D leaves the daemon our
    child."""
    words = ["strace", "-D", "-o", os.devnull, "-e", f"trace={call}",
             "-e", f"inject={call}:signal=KILL:when={number}"]
    for ending in ("", "-wal", "-journal", "-shm"):
        words += ["-P", f"{state}{ending}"]
    return words + (["-f"] if every_thread else [])  # not --seccomp-bpf: then it counts to 1 only


class World:
    """A log, its writer and a database, which go on from kill to kill."""

    def __init__(self, folder):
        if not shutil.which("strace"):
            raise Skip("strace is not installed")
        if subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True,
                          check=False).returncode != 0:
            raise Skip("strace may not trace here")
        self.book, self.scraper = Book(folder / "whole"), Scraper()
        self.log = Log(folder / "app.log", self.book)
        self.rotations = 0
        self.config = write_config(folder / "apierrd.yaml", {"app": [self.log.path]}, limits=LIMITS)
        self.state = folder / "state.db"

    def live(self, daemon):
        """A short life; each step ends with an answered scrape."""
        daemon.start()
        self.scraper.look(daemon)
        self.append_and_see(daemon)
        for rotate in (self.log.rename, self.log.copy_and_truncate) * (3 if LONG else 1):
            self.rotations += 1
            self.log.append(2)  # perhaps not yet read when they are rotated away
            rotate(f"app.log-{self.rotations:08}")  # dated, so that there is nothing to shift
            self.append_and_see(daemon)
        daemon.stop()

    def append_and_see(self, daemon):
        self.log.append(3)
        self.book.wait_counted(daemon, self.scraper)

    def survives(self, call, number, every_thread):
        """One life under strace, and another one if that was cut off."""
        # LeakSanitizer cannot work beside another tracer.
        options = f"{os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0".lstrip(":")
        daemon = Daemon(self.config, wrapper=strace(self.state, call, number, every_thread),
                        environment={**os.environ, "ASAN_OPTIONS": options})
        if daemon.outlives(lambda: self.live(daemon)):
            return True
        self.recover()
        return False

    def recover(self):
        daemon = Daemon(self.config).start()
        self.scraper.look(daemon)
        self.append_and_see(daemon)
        daemon.stop()

    def check_audit(self):
        audit(self.config)


if __name__ == "__main__":
    run("killed at any moment, counters are exact", killed_at_random, killed_at_every_state_write,
        killed_at_every_write_of_the_first_start)
