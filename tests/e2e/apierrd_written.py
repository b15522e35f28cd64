"""What was written to a log, counted here and not by the program, and what one scrape after another says
of it; shared by the tests that kill the daemon and rotate its log.

A line carries its number: in its action, by blocks, and in its RequestId. So a line that is lost or
counted twice can be told.
"""
import collections
import datetime
import subprocess
import threading
import time

from apierrd_e2e import (OPENMETRICS, TEXT, Failure, call_line, check, counted_by_daemon, wait_until)

# Of the process, not of the log: these begin anew.
OF_THE_PROCESS = ("apierrd_http_requests_total", "apierrd_http_shed_total", "apierrd_log_messages_total",
                  "apierrd_checkpoint_failures_total", "apierrd_alert_push_", "process_")
CODES = (None, None, "InternalError", None, "AuthFailure.SignatureExpire", None, "Unheard.Of")
GENERATIONS_MAX = 200  # then the writer waits until all is counted: what is deleted unread is lost


class Scraper:
    """Scrapes in both formats by turns, and fails if a counter steps back or goes away."""

    def __init__(self):
        self.last, self.samples = {}, 0

    def look(self, daemon):
        accept = TEXT if self.samples % 2 else OPENMETRICS
        metrics = daemon.metrics(accept=accept, scraper="prometheus")
        now = {}
        for family in metrics.families.values():
            if family.type not in ("counter", "histogram") and "last_observed" not in family.name:
                continue
            for sample in family.samples:
                if not sample.name.startswith(OF_THE_PROCESS):
                    now[sample.name, tuple(sorted(sample.labels.items()))] = sample.value
        for series, value in self.last.items():
            if now.get(series, -1) < value:
                raise Failure(f"{series} steps back from {value} to {now.get(series)}")
        self.last = now
        self.samples += 1
        return metrics


class Book:
    """Makes the lines, and knows what they must come to in each of the sources. `copy` gets every byte
    that was written."""

    def __init__(self, copy, block=100, sources=("app",)):
        self.copy, self.block, self.sources = copy.open("ab", buffering=0), block, sources
        self.lines = self.bytes = self.lines_seen = 0
        self.calls, self.errors = collections.Counter(), collections.Counter()

    def line(self):
        number = self.lines
        action, code = f"Block{number // self.block}", CODES[number % len(CODES)]
        line = call_line(action=action, code=code, request_id=f"line-{number}",
                         latency_ms=number % 2000)
        self.lines += 1
        self.bytes += len(line)
        self.calls["billing", action] += 1
        if code:
            self.errors["billing", action, code] += 1
        return line

    def take(self, count):
        return b"".join(self.line() for _ in range(count))

    def differences(self, metrics):
        """What a scrape has otherwise, as text; empty if all is right."""
        lost = metrics.sum("apierrd_lost_bytes_total")
        return [f"{source}: {text}" for source in self.sources
                for text in self.differences_of(source, metrics)] + (
                    [f"{lost:.0f} bytes are said to be lost"] if lost else [])

    def differences_of(self, source, metrics):
        seen, out = counted_by_daemon(metrics, source), []
        for key in ("lines", "bytes"):
            if seen[key] != getattr(self, key):
                out.append(f"{key}: {seen[key]:.0f}, not {getattr(self, key)}")
        for key in ("calls", "errors"):
            wanted = getattr(self, key)
            for row in sorted(set(wanted) | set(seen[key])):
                if seen[key].get(row, 0) != wanted[row]:
                    out.append(f"{row}{self.numbers(row[1])}: {seen[key].get(row, 0):.0f} times, "
                               f"not {wanted[row]}")
        for key in ("ignored", "rejected"):
            if seen[key]:
                out.append(f"{key}: {seen[key]}")
        return out

    def numbers(self, action):
        if not action.startswith("Block"):
            return ""
        first = int(action[5:]) * self.block
        return f" (lines {first} to {first + self.block - 1})"

    def seen(self, metrics):
        """Notes how many lines every source has counted."""
        self.lines_seen = min(counted_by_daemon(metrics, source)["lines"] for source in self.sources)

    def check_none_doubled(self, metrics):
        """May be asked while lines are being written: none counts before it is in this book."""
        self.seen(metrics)
        for source in self.sources:
            seen = counted_by_daemon(metrics, source)["calls"]
            found = [f"{row}{self.numbers(row[1])}: {count:.0f} times, not {self.calls[row]}"
                     for row, count in seen.items() if count > self.calls[row]]
            check(not found, f"{source}: counted more than once: {found[:10]}")

    def wait_counted(self, daemon, scraper, what=None):
        """Scrapes until everything is counted, once."""
        def probe():
            metrics = scraper.look(daemon)
            found = self.differences(metrics)
            self.check_none_doubled(metrics)
            return (not found, found[:10])
        wait_until(what or f"{self.lines} lines counted", probe, quiet=what is None)


class Log:
    """A log file as its writer has it: one descriptor, which it keeps until reopen()."""

    def __init__(self, path, book):
        self.path, self.book, self.half = path, book, b""
        self.file = path.open("ab", buffering=0)

    def write(self, data):
        self.file.write(data)
        self.book.copy.write(data)

    def append(self, count=1, cut=0):
        """That many lines, but for the last `cut` bytes, which come with the next ones."""
        data = self.half + self.book.take(count)
        end = len(data) - min(cut, len(data))
        self.half = data[end:]
        self.write(data[:end])

    def finish_line(self):
        self.write(self.half)
        self.half = b""

    def reopen(self):
        self.finish_line()
        self.file.close()
        self.file = self.path.open("ab", buffering=0)

    def rename(self, name, reopen=True):
        self.path.rename(self.path.with_name(name))
        if reopen:
            self.reopen()

    def copy_and_truncate(self, name):
        """Nothing is written in between: no reader could see it."""
        self.finish_line()  # the copy would end with half a line for ever
        subprocess.run(["cp", self.path, self.path.with_name(name)], check=True)
        self.file.truncate(0)


class Writer(threading.Thread):
    """Appends in pieces and rotates by several ways, until told to stop; what it does is written to
    writer.stderr, which a failed test shows the end of."""

    def __init__(self, folder, rng, book):
        super().__init__(daemon=True)
        self.rng, self.book = rng, book
        self.log = Log(folder / "app.log", book)
        self.diary = (folder / "writer.stderr").open("a", encoding="utf-8", buffering=1)
        self.enough, self.failed = threading.Event(), None
        self.may_write, self.waits = threading.Event(), threading.Event()
        self.may_write.set()
        self.generations = self.rotations = 0
        self.late = 0  # pieces that still go to the renamed file

    def note(self, text):
        clock = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        self.diary.write(f"{clock} behind line {self.book.lines - 1}: {text}\n")

    def run(self):
        try:
            until_rotation = 100
            while not self.enough.is_set():
                if not self.may_write.is_set():
                    self.rest()
                    continue
                if self.book.lines > until_rotation and not self.may_delete():
                    time.sleep(0.02)
                    continue
                self.log.append(self.rng.randrange(1, 13), cut=self.rng.choice([0, 0, 1, 30]))
                if self.late:
                    self.late -= 1
                    if not self.late:
                        self.log.reopen()
                        self.note("reopened")
                elif self.book.lines > until_rotation:
                    self.rotate()
                    until_rotation = self.book.lines + self.rng.randrange(30, 300)
                if self.rng.random() < 0.03:
                    self.compress()
                time.sleep(self.rng.uniform(0, 0.015))
            self.log.reopen()
        except (OSError, subprocess.SubprocessError, Failure) as error:
            self.failed = error

    def rest(self):
        self.log.finish_line()
        self.waits.set()
        self.may_write.wait()
        self.waits.clear()

    def may_delete(self):
        """The next rotation deletes no generation, or one that is counted."""
        if self.generations < GENERATIONS_MAX or self.late:
            return True
        self.log.finish_line()
        return self.book.lines_seen == self.book.lines

    def pause(self):
        """Returns when all its lines are whole and it writes no more, until go_on()."""
        self.may_write.clear()
        while self.is_alive() and not self.waits.wait(0.1):
            pass
        check(self.failed is None, f"the writer failed: {self.failed!r}")

    def go_on(self):
        self.may_write.set()

    def finish(self):
        self.enough.set()
        self.may_write.set()
        self.join()
        check(self.failed is None, f"the writer failed: {self.failed!r}")

    def generation(self, number):
        """Under which name it is there now."""
        for ending in ("", ".gz"):
            path = self.log.path.with_name(f"{self.log.path.name}.{number}{ending}")
            if path.exists():
                return path
        return None

    def rotate(self):
        for number in range(self.generations, 0, -1):
            path = self.generation(number)
            ending = ".gz" if path.suffix == ".gz" else ""
            path.rename(path.with_name(f"{self.log.path.name}.{number + 1}{ending}"))
        self.generations += 1
        self.rotations += 1
        if self.generations > GENERATIONS_MAX:
            self.generation(self.generations).unlink()
            self.generations -= 1
        first = f"{self.log.path.name}.1"
        if self.rng.random() < 0.5:
            self.note("copytruncate")
            return self.log.copy_and_truncate(first)
        self.late = self.rng.choice([0, self.rng.randrange(1, 10)])
        self.note("rename, to be reopened later" if self.late else "rename")
        return self.log.rename(first, reopen=not self.late)

    def compress(self):
        plain = [n for n in range(2 if self.late else 1, self.generations + 1)
                 if self.generation(n).suffix != ".gz"]
        if plain:
            number = self.rng.choice(plain)
            subprocess.run(["gzip", "-q", self.generation(number)], check=True)
            self.note(f"gzip of generation {number}")
