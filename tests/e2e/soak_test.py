#!/usr/bin/env python3
"""Days of a daemon's life in a short time: several logs that grow and are rotated in every way, while it is
scraped, reloaded, stopped and killed. After each phase the counters must be exact; over all phases memory,
descriptors and the state must not grow.

    soak_test.py [--seconds N | --long]

--long (or APIERRD_LONG) is an hour. APIERRD_SEED repeats the choices of an earlier run, as far as time allows.
docs/faults.md says what a day is here, and has the results of long runs.
"""
import collections
import os
import pathlib
import random
import sys
import time

from apierrd_alertmanager import FakeAlertmanager
from apierrd_e2e import (DEADLINE_S, Daemon, audit, call_line, check, counted_by_daemon, run, wait_until,
                         write_config)
from apierrd_faults import SLOW, descriptors, status_bytes
from apierrd_written import Book, Scraper, Writer

SHORT_S, LONG_S = 8 if SLOW else 15, 3600
MIB = 1 << 20
PAID = "FailedOperation.PaySuccDeliverFailed"
CODES = (None,) * 12 + ("InternalError", "AuthFailure.SignatureExpire", "Unheard.Of", "LimitExceeded")
BROKEN = {"ignored": {"blank": b"\n", "not_api_call": b'{"a":1}\n'},
          "rejected": {"invalid_json": b"{\n", "invalid_utf8": b'{"a":"\xff"}\n'}}
# Generations are remembered, 1000 of a source: until then memory and state grow. This many seconds take it there.
SETTLED_S = 600
GROWTH_MAX = 0.05  # of resident memory, from the third quarter to the last
STATE_MAX = 32 * MIB


def seconds_wanted():
    words = sys.argv[1:]
    seconds = LONG_S if "APIERRD_LONG" in os.environ else SHORT_S
    if "--long" in words:
        words.remove("--long")
        seconds = LONG_S
    if "--seconds" in words:
        at = words.index("--seconds")
        seconds = int(words[at + 1])
        del words[at:at + 2]
    sys.argv[1:] = words  # the rest are names of parts
    return seconds


class Ledger(Book):
    """A bounded number of names, as in real logs, and lines that are no calls."""

    def __init__(self, source, rng):
        super().__init__(pathlib.Path(os.devnull), sources=(source,))
        self.rng, self.paid = rng, 0
        self.broken = {kind: collections.Counter() for kind in BROKEN}

    def line(self):
        line = self.broken_line() if self.rng.random() < 0.02 else self.call()
        self.lines += 1
        self.bytes += len(line)
        return line

    def broken_line(self):
        kind = self.rng.choice(list(BROKEN))
        reason, line = self.rng.choice(list(BROKEN[kind].items()))
        self.broken[kind][reason,] += 1
        return line

    def call(self):
        action, code = f"Action{self.rng.randrange(40)}", self.rng.choice(CODES)
        if self.rng.random() < 0.0005:
            code = PAID
            self.paid += 1
        self.calls["billing", action] += 1
        if code:
            self.errors["billing", action, code] += 1
        return call_line(action, code, request_id=f"{self.sources[0]}-{self.lines}", latency_ms=self.lines % 900)

    def differences_of(self, source, metrics):
        seen = counted_by_daemon(metrics, source)
        wanted = {"lines": self.lines, "bytes": self.bytes, "calls": self.calls, "errors": self.errors,
                  **self.broken}
        return [f"{key}: {seen[key]}, not {value}" for key, value in wanted.items() if seen[key] != value]


class Life:
    """A daemon, its writers, and what was measured of it at the end of each phase."""

    def __init__(self, folder, rng):
        self.folder, self.rng = folder, rng
        self.alertmanager = FakeAlertmanager(lambda alerts: 200 if rng.random() < 0.8 else 500)
        self.writers, sources = {}, {}
        for name, pattern in (("one", "app.log"), ("all", "app.log*"), ("two", "app.log")):
            (folder / name).mkdir()
            book = Ledger(name, random.Random(rng.random()))
            self.writers[name] = Writer(folder / name, random.Random(rng.random()), book)
            sources[name] = [folder / name / pattern]
        self.daemon = Daemon(write_config(
            folder / "apierrd.yaml", sources, reader={"linger": "3s"},
            alertmanager={"urls": [self.alertmanager.url], "resend": "1s", "hold": "60s"}))
        self.scraper = Scraper()
        self.did, self.measured = collections.Counter(), []
        self.began = time.monotonic()

    def begin(self):
        self.daemon.start()
        self.exact("at first")
        for writer in self.writers.values():
            writer.start()

    def look(self):
        metrics = self.scraper.look(self.daemon)
        for writer in self.writers.values():
            writer.book.seen(metrics)
        self.did["scrapes"] += 1
        return metrics

    def exact(self, what):
        def probe():
            metrics = self.look()
            found = [text for writer in self.writers.values() for text in writer.book.differences(metrics)]
            return (not found, found[:10], metrics)
        return wait_until(what, probe, 4 * DEADLINE_S, quiet=True)[2]

    # ---- what happens to it

    def reload(self):
        before = self.daemon.log().count("event=reloaded")
        self.daemon.hang_up()
        wait_until("reloaded", lambda: self.daemon.log().count("event=reloaded") > before, quiet=True)

    def stop_and_start(self):
        self.daemon.stop()
        self.daemon.start()

    def kill_and_start(self):
        self.daemon.kill()
        self.daemon.start()

    def kill_while_starting(self):
        self.daemon.kill()
        self.daemon.launch()
        time.sleep(self.rng.uniform(0.01, 0.2))
        self.kill_and_start()

    def hold_still(self):
        self.daemon.pause()
        time.sleep(self.rng.uniform(0.1, 1))
        self.daemon.resume()

    def scrape_everything(self):
        for path in ("/", "/api/v1/status", "/-/healthy"):
            check(self.daemon.get(path).status == 200, f"{path} does not answer 200")

    def phase(self):
        """Writers write, things happen, writers pause, everything is compared and measured."""
        for writer in self.writers.values():
            writer.go_on()
        happenings = (self.reload, self.stop_and_start, self.kill_and_start, self.kill_while_starting,
                      self.hold_still, self.scrape_everything)
        for _ in range(self.rng.randrange(1, 4)):
            happening = self.rng.choice(happenings)
            happening()
            self.did[happening.__name__] += 1
            until = time.monotonic() + self.rng.uniform(0.2, 1.5)
            while time.monotonic() < until:
                self.look()
                time.sleep(0.1)
        for writer in self.writers.values():
            writer.pause()
        metrics = self.exact(f"phase {len(self.measured)} is exact")
        missing = metrics.sum("apierrd_files_missing_total")
        check(missing == 0, f"{missing:.0f} files are said to be missing")
        self.measure()

    def measure(self):
        pid = self.daemon.process.pid
        state = sum(path.stat().st_size for path in self.folder.glob("state.db*"))
        self.measured.append((time.monotonic() - self.began, status_bytes(pid, "VmRSS"), descriptors(pid), state))

    # ---- what became of it

    def end(self):
        for writer in self.writers.values():
            writer.finish()
        self.exact("at the end")
        lines = sum(writer.book.lines for writer in self.writers.values())
        rotations = sum(writer.rotations for writer in self.writers.values())
        paid = sum(writer.book.paid for writer in self.writers.values())
        self.daemon.stop()
        audit(self.daemon.config)
        did = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(self.did.items()))
        print(f"  {self.measured[-1][0]:.0f} s, {len(self.measured)} phases, {lines} lines, {rotations} rotations, "
              f"{paid} paid and not delivered, {len(self.alertmanager.bodies)} pushes; {did}")
        self.check_flat()

    def check_flat(self):
        """Memory of the last quarter against the third; a process that was just started is smaller."""
        quarters = [[], [], [], []]
        for row in self.measured:
            quarters[min(3, int(4 * row[0] / self.measured[-1][0]))].append(row)
        for number, rows in enumerate(quarters, 1):
            if rows:
                print(f"  quarter {number}: {max(r[1] for r in rows) / MIB:.1f} MiB resident, "
                      f"{max(r[2] for r in rows)} descriptors, {max(r[3] for r in rows) / MIB:.2f} MiB of state, "
                      f"at most")
        check(max(row[3] for row in self.measured) < STATE_MAX, "the state has grown beyond its bound")
        if SLOW or self.measured[-1][0] < SETTLED_S:
            return
        third, last = (max(row[1] for row in rows) for rows in quarters[2:])
        check(last <= third * (1 + GROWTH_MAX), f"memory grows: from {third} to {last} bytes")
        third, last = (max(row[2] for row in rows) for rows in quarters[2:])
        check(last <= third * 1.5, f"descriptors grow: from {third} to {last}")


def soak(folder):
    seed = int(os.environ.get("APIERRD_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"  APIERRD_SEED={seed}, {SECONDS} s")
    life = Life(folder, random.Random(seed))
    life.begin()
    while time.monotonic() - life.began < SECONDS:
        life.phase()
    life.end()


if __name__ == "__main__":
    SECONDS = seconds_wanted()
    run("counters are exact over a long life, and nothing grows", soak)
