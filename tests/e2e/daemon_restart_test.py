#!/usr/bin/env python3
"""Counters are exact over restarts, and no series ever steps back. crash_test.py does worse to it."""
import subprocess

from apierrd_e2e import (Daemon, audit, call_line, check, demo_lines, replay, run, wait_until,
                         write_config)
from apierrd_written import Book, Log, Scraper

# What a log's rotated names are to a source: no files of its own, or such as it follows.
PATTERNS = {"log": "app.log", "log and rotated names": "app.log*"}


def append(path, data):
    with path.open("ab") as file:
        file.write(data)


def stopped_and_started(folder):
    """Everything that was shown is there after SIGTERM, and the log goes on where it was left."""
    log, lines = folder / "app.log", demo_lines(900, seed=2)
    scraper = Scraper()
    log.write_bytes(b"".join(lines[:300]) + lines[300][:20])
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]})).start()
    scraper.look(daemon)
    daemon.wait_for("first lines", lambda m: m.sum("apierrd_ingest_lines_total") == 300)
    scraper.look(daemon)
    for end in (450, 700, 900):
        daemon.stop()
        start = {450: 301, 700: 450, 900: 700}[end]
        append(log, (lines[300][20:] if end == 450 else b"") + b"".join(lines[start:end]))
        daemon.start()
        scraper.look(daemon)
        daemon.wait_for("what came meanwhile", lambda m: m.sum("apierrd_ingest_lines_total") == end)
        scraper.look(daemon)
    daemon.wait_for_totals("all", replay(log))
    daemon.stop()


def events_without_lines(folder):
    """A rotation, a truncation and its lost bytes are as durable as lines once they were shown."""
    for end in (Daemon.stop, Daemon.kill):
        place = folder / end.__name__
        place.mkdir()
        log, scraper = place / "app.log", Scraper()
        log.write_bytes(call_line() * 10)
        daemon = Daemon(write_config(place / "apierrd.yaml", {"app": [log]})).start()
        scraper.look(daemon)
        daemon.wait_for("lines", lambda m: m.sum("apierrd_ingest_lines_total") == 10)
        log.rename(place / "old")
        log.write_bytes(b'{"half a line')
        daemon.wait_for("rotation and half a line", lambda m: m.sum("apierrd_file_rotations_total") == 1
                        and m.sum("apierrd_source_lag_bytes") == 13)
        log.write_bytes(b"")  # truncates it
        daemon.wait_for("truncation", lambda m: m.sum("apierrd_file_truncations_total") == 1)
        scraper.look(daemon)
        end(daemon)
        daemon.start()
        metrics = scraper.look(daemon)
        check(metrics.sum("apierrd_lost_bytes_total") == 13, "the lost bytes are forgotten")
        daemon.stop()


def rotated_while_stopped(folder):
    """The unread end of a file that was renamed out of the pattern meanwhile is read, or counted as lost."""
    log, lines = folder / "app.log", demo_lines(100, seed=9)
    log.write_bytes(b"".join(lines[:50]))
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]})).start()
    daemon.metrics()
    daemon.wait_for("first half", lambda m: m.sum("apierrd_ingest_lines_total") == 50)
    daemon.stop()
    unread = b"".join(lines[50:80])
    append(log, unread)
    log.rename(folder / "app.log.1")
    log.write_bytes(b"".join(lines[80:]))
    daemon.start()

    def accounted():
        metrics = daemon.metrics()
        read, lost = metrics.sum("apierrd_ingest_bytes_total"), metrics.sum("apierrd_lost_bytes_total")
        total = sum(map(len, lines))
        return (read + lost == total, f"{read:.0f} read + {lost:.0f} lost, not {total}")
    wait_until("every byte read or lost", accounted)
    daemon.stop()


def followed_by_both_patterns(folder):
    """A daemon that has counted all there is, its log, and what else belongs to it."""
    book, scraper = Book(folder / "whole", sources=tuple(PATTERNS)), Scraper()
    log = Log(folder / "app.log", book)
    daemon = Daemon(write_config(folder / "apierrd.yaml", {
        name: [folder / pattern] for name, pattern in PATTERNS.items()})).start()
    scraper.look(daemon)
    log.append(50)
    book.wait_counted(daemon, scraper, "first lines")
    return daemon, log, book, scraper


def started_between_copy_and_truncation(folder):
    """A copy that is there before its log is truncated holds nothing new."""
    daemon, log, book, scraper = followed_by_both_patterns(folder)
    daemon.stop()
    subprocess.run(["cp", log.path, folder / "app.log.1"], check=True)
    daemon.start()
    daemon.wait_for("ready", lambda m: daemon.get("/-/ready").status == 200)
    log.file.truncate(0)
    log.append(5)
    book.wait_counted(daemon, scraper, "the copy does not count")
    daemon.stop()
    audit(daemon.config)


def compressed_with_an_unread_end(folder):
    """Followed under its rotated name, which then is gone: its end is in the compressed file."""
    daemon, log, book, scraper = followed_by_both_patterns(folder)
    log.rename("app.log.1", reopen=False)
    log.append(3)
    book.wait_counted(daemon, scraper, "under its rotated name")
    daemon.pause()
    log.append(13)
    log.reopen()
    log.append(40)
    daemon.kill()
    subprocess.run(["gzip", folder / "app.log.1"], check=True)
    daemon.start()
    book.wait_counted(daemon, scraper, "its end, and the new file")
    daemon.stop()
    audit(daemon.config)


def absent_over_a_restart(folder):
    """A file that is out of sight at a start (not mounted, not permitted) counts once when it is back."""
    log, other, away = folder / "app.log", folder / "app-2.log", folder / "away"
    log.write_bytes(b"".join(demo_lines(100)))
    other.touch()
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [folder / "app*.log"]})).start()
    daemon.metrics()
    daemon.wait_for("both", lambda m: m.sum("apierrd_ingest_lines_total") == 100)
    daemon.stop()
    log.rename(away)
    daemon.start()
    append(other, call_line())
    daemon.wait_for("the other goes on", lambda m: m.sum("apierrd_ingest_lines_total") == 101)
    daemon.stop()
    away.rename(log)
    daemon.start()
    append(log, call_line())
    daemon.wait_for_totals("it is back", replay(log, other))
    daemon.stop()


def equal_and_reborn_files(folder):
    """Files of equal content are two files; a new file under an old name is read from its start."""
    one, two = folder / "app-1.log", folder / "app-2.log"
    lines = demo_lines(60, seed=6)
    for path in (one, two):
        path.write_bytes(b"".join(lines))
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [folder / "app*.log"]})).start()
    daemon.metrics()
    daemon.wait_for("both", lambda m: m.sum("apierrd_ingest_lines_total") == 120)
    daemon.stop()
    daemon.start()
    append(one, call_line())
    daemon.wait_for_totals("both after a restart", replay(one, two))
    daemon.stop()
    two.unlink()
    two.write_bytes(b"".join(demo_lines(80, seed=8)))
    daemon.start()
    metrics = daemon.wait_for("the new file", lambda m: m.sum("apierrd_ingest_lines_total") >= 201)
    check(metrics.sum("apierrd_ingest_lines_total") == 201, "lines: not 60 + 1 + 60 + 80")
    daemon.stop()


def full_disk(folder):
    """Nothing is shown that is not committed, nothing is lost, and counting goes on when there is room."""
    log, away, scraper = folder / "app.log", folder / "away", Scraper()
    lines = demo_lines(4000, seed=3)
    log.write_bytes(b"".join(lines[:100]))
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]})).start()
    scraper.look(daemon)
    daemon.wait_for("room", lambda m: m.sum("apierrd_ingest_lines_total") == 100)
    daemon.fill_disk()
    append(log, b"".join(lines[100:2000]))
    daemon.wait_for("commits fail", lambda m: m.sum("apierrd_checkpoint_failures_total") > 1)
    check("event=state_not_written" in daemon.log(), "the log does not say so")
    scraper.look(daemon)
    scraper.look(daemon)
    daemon.kill()
    log.rename(away)  # so that nothing can be read again before the next scrape
    daemon.start()
    scraper.look(daemon)
    away.rename(log)
    daemon.wait_for_totals("read again", replay(log))
    daemon.fill_disk()
    append(log, b"".join(lines[2000:]))
    daemon.wait_for("commits fail", lambda m: m.sum("apierrd_checkpoint_failures_total") > 1)
    daemon.fill_disk(False)
    daemon.wait_for_totals("room again", replay(log))
    scraper.look(daemon)
    daemon.kill()
    daemon.start()
    scraper.look(daemon)
    daemon.wait_for_totals("after a kill", replay(log))
    daemon.stop()


def idle_daemon_has_a_checkpoint(folder):
    """Without it ApierrdCheckpointStale would fire for every quiet log."""
    log = folder / "app.log"
    log.write_bytes(call_line())
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]})).start()
    daemon.metrics()
    daemon.wait_for("counted", lambda m: m.sum("apierrd_ingest_lines_total") == 1)
    daemon.stop()
    daemon.start()
    daemon.wait_for("a checkpoint without a new line", lambda m: m.value(
        "apierrd_checkpoint_last_success_timestamp_seconds") > 0)
    daemon.stop()


if __name__ == "__main__":
    run("counters survive", stopped_and_started, events_without_lines, rotated_while_stopped,
        started_between_copy_and_truncation, compressed_with_an_unread_end,
        absent_over_a_restart, equal_and_reborn_files, full_disk, idle_daemon_has_a_checkpoint)
