#!/usr/bin/env python3
"""Rotated by the real logrotate in its usual manners, every line counts once, also those rotated away
while the daemon was stopped."""
import os
import shutil
import subprocess
import time

from apierrd_e2e import Daemon, Skip, audit, check, run, wait_until, write_config
from apierrd_written import Book, Log, Scraper

ZSTD = ("compress", "compresscmd /usr/bin/zstd", "compressoptions -q -3", "compressext .zst",
        "uncompresscmd /usr/bin/unzstd")
# By default a day has one name, and logrotate would not rotate twice.
DATED = ("dateext", "dateformat -%Y%m%d-%s")


class Place:
    """A log, its writer, the daemon that follows it, and logrotate's configuration."""

    def __init__(self, folder, words):
        self.logrotate = shutil.which("logrotate", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        if not self.logrotate:
            raise Skip("logrotate is not installed")
        if words[-len(ZSTD):] == ZSTD and not os.path.exists("/usr/bin/zstd"):
            raise Skip("zstd is not installed")
        self.folder, self.words = folder, words
        sources = {"log": [folder / "app.log"], "log and rotated names": [folder / "app.log*"]}
        self.book, self.scraper = Book(folder / "whole", sources=tuple(sources)), Scraper()
        self.log = Log(folder / "app.log", self.book)
        self.rules = folder / "logrotate.conf"
        self.rules.write_text(f'"{self.log.path}" {{\n' +
                              "".join(f"  {word}\n" for word in ("rotate 30", *words)) + "}\n")
        self.rules.chmod(0o644)  # a file that others may write to is refused
        self.daemon = Daemon(write_config(folder / "apierrd.yaml", sources))

    def generations(self):
        return len(list(self.folder.glob("app.log?*")))

    def run_logrotate(self):
        if DATED[0] in self.words:  # the names tell seconds apart
            second = int(time.time())
            # time(2) may be a tick behind time.time(), and logrotate uses it.
            wait_until("the next second", lambda: int(time.time() - 0.05) > second, quiet=True)
        before = self.generations()
        done = subprocess.run([self.logrotate, "-f", "-s", self.folder / "status", self.rules],
                              capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"logrotate exits {done.returncode}: {done.stderr}")
        check(self.generations() == before + 1, "logrotate did not rotate")

    def run_logrotate_and_reopen(self):
        self.run_logrotate()
        if "create" in self.words:
            self.log.reopen()

    def rotate(self):
        """What is written is just behind it, and as much as this way of rotation can keep: nobody reads
        what is written between copy and truncation, or to a file that is compressed already."""
        late = "create" in self.words and ("compress" not in self.words or
                                           "delaycompress" in self.words)
        self.log.append(7, cut=25 if late else 0)
        self.run_logrotate()
        if late:
            self.log.append(5, cut=1)
        if "create" in self.words:
            self.log.reopen()
        self.log.append(6)

    def see(self, what):
        self.book.wait_counted(self.daemon, self.scraper, what)

    def stopped(self, act):
        self.daemon.stop()
        act()
        self.daemon.start()
        self.scraper.look(self.daemon)


def rotated(folder, *words):
    place = Place(folder, words)
    log, daemon = place.log, place.daemon
    log.append(30)
    daemon.start()
    place.see("first lines")
    for number in range(1, 4):
        log.append(10)
        place.rotate()
        if number == 3:
            place.see("three rotations")
    place.stopped(place.rotate)
    place.see("one while stopped")
    log.append(10)
    place.see("and on")
    place.stopped(lambda: (place.rotate(), place.rotate()))
    log.append(10)
    place.see("two while stopped")
    daemon.pause()
    place.rotate()
    place.rotate()
    daemon.resume()
    place.see("two while it does not look")
    place.stopped(place.run_logrotate_and_reopen)
    log.append(10)
    place.see("one while stopped, nothing unread")
    place.rotate()
    place.see("one more")
    place.stopped(lambda: None)
    log.append(10)
    place.see("a restart")
    daemon.stop()
    audit(daemon.config)


def create(folder):
    rotated(folder, "create")


def create_dated(folder):
    rotated(folder, "create", *DATED)


def create_compress(folder):
    rotated(folder, "create", "compress")


def create_delaycompress(folder):
    rotated(folder, "create", "delaycompress", "compress")


def create_dated_delaycompress(folder):
    rotated(folder, "create", *DATED, "delaycompress", "compress")


def create_zstd(folder):
    rotated(folder, "create", *ZSTD)


def create_delaycompress_zstd(folder):
    rotated(folder, "create", "delaycompress", *ZSTD)


def copytruncate(folder):
    rotated(folder, "copytruncate")


def copytruncate_dated(folder):
    rotated(folder, "copytruncate", *DATED)


def copytruncate_compress(folder):
    rotated(folder, "copytruncate", "compress")


def copytruncate_dated_compress(folder):
    rotated(folder, "copytruncate", *DATED, "compress")


def copytruncate_delaycompress(folder):
    rotated(folder, "copytruncate", "delaycompress", "compress")


def copytruncate_zstd(folder):
    rotated(folder, "copytruncate", *ZSTD)


if __name__ == "__main__":
    run("logrotate costs no line", create, create_dated, create_compress, create_delaycompress,
        create_dated_delaycompress, create_zstd, create_delaycompress_zstd, copytruncate,
        copytruncate_dated, copytruncate_compress, copytruncate_dated_compress,
        copytruncate_delaycompress, copytruncate_zstd)
