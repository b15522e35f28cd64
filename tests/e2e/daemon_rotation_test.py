#!/usr/bin/env python3
"""Rotation, truncation and deletion: every line counts once, and what cannot is counted as lost."""
import os

from apierrd_e2e import Daemon, call_line, check, demo_lines, replay, run, write_config


def append(path, data):
    with path.open("ab") as file:
        file.write(data)


def started(folder, patterns, **sections):
    """A daemon that counts from now on."""
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": patterns}, **sections)).start()
    daemon.metrics()
    return daemon


def rotate_by_rename(folder, patterns, rotated_name):
    """As logrotate's `create`: the writer goes on in the renamed file until it is told to reopen."""
    log = folder / "app.log"
    lines = iter(demo_lines(3000, seed=3))
    writer = log.open("ab", buffering=0)
    daemon = started(folder, patterns)
    files = []
    for number in range(1, 6):
        for _ in range(300):
            writer.write(next(lines))
        files.append(folder / rotated_name.format(number))
        log.rename(files[-1])
        for _ in range(50):  # late writes, before there is a new file
            writer.write(next(lines))
        successor = log.open("ab", buffering=0)
        half = next(lines)
        writer.write(half[:40])
        for _ in range(50):  # and beside it, a line torn apart by the rotation among them
            writer.write(half[40:] + next(lines))
            half = b""
            successor.write(next(lines))
        writer.close()
        writer = successor
        metrics = daemon.wait_for_totals(f"rotation {number}", replay(*files, log))
    check(metrics.sum("apierrd_lost_bytes_total") == 0, "bytes are said to be lost")
    check(metrics.sum("apierrd_file_rotations_total") == 5,
          f"rotations: {metrics.sum('apierrd_file_rotations_total'):.0f}, not 5")
    check(metrics.sum("apierrd_file_truncations_total") == 0, "a truncation is counted")
    check(metrics.sum("apierrd_source_lag_bytes") == 0, "lag remains")
    daemon.stop()


def rename_out_of_the_pattern(folder):
    rotate_by_rename(folder, [folder / "app.log"], "app.log.{}")


def rename_within_the_pattern(folder):
    rotate_by_rename(folder, [folder / "app*.log"], "app-{}.log")


def numbered_rotation_while_it_does_not_look(folder):
    """app.log -> .1 -> .2, twice between two looks; all names match the pattern."""
    log, one, two = (folder / name for name in ("app.log", "app.log.1", "app.log.2"))
    parts = [demo_lines(100, seed) for seed in (1, 2, 3)]
    log.write_bytes(b"".join(parts[0][:50]))
    daemon = started(folder, [folder / "app.log*"])
    daemon.wait_for("first half", lambda m: m.sum("apierrd_ingest_lines_total") == 50)
    daemon.pause()
    append(log, b"".join(parts[0][50:]))
    log.rename(one)
    log.write_bytes(b"".join(parts[1]))
    one.rename(two)
    log.rename(one)
    log.write_bytes(b"".join(parts[2]))
    daemon.resume()
    metrics = daemon.wait_for_totals("both rotations", replay(log, one, two))
    check(metrics.sum("apierrd_lost_bytes_total") == 0, "bytes are said to be lost")
    daemon.stop()


def truncation_in_place(folder):
    """As logrotate's `copytruncate`: what was read stays counted, the half line that was not is lost."""
    log = folder / "app.log"
    before, after = demo_lines(200, seed=4), demo_lines(100, seed=5)
    log.write_bytes(b"".join(before) + b'{"half a line')
    daemon = started(folder, [log])
    daemon.wait_for("before", lambda m: m.sum("apierrd_ingest_lines_total") == 200 and
                    m.sum("apierrd_source_lag_bytes") == 13)
    os.truncate(log, 0)
    daemon.wait_for("truncation seen", lambda m: m.sum("apierrd_file_truncations_total") == 1)
    append(log, b"".join(after))
    whole = folder / "whole"
    whole.write_bytes(b"".join(before + after))
    metrics = daemon.wait_for_totals("after", replay(whole))
    check(metrics.value("apierrd_lost_bytes_total", reason="truncated") == 13, "lost bytes: not 13")
    daemon.stop()


def truncation_nobody_saw(folder):
    """Truncated and grown beyond its old size between two looks: the new content counts wholly."""
    log = folder / "app.log"
    before, after = demo_lines(100, seed=4), demo_lines(300, seed=5)
    log.write_bytes(b"".join(before))
    daemon = started(folder, [log])
    daemon.wait_for("before", lambda m: m.sum("apierrd_ingest_lines_total") == 100)
    daemon.pause()
    os.truncate(log, 0)
    append(log, b"".join(after))
    daemon.resume()
    whole = folder / "whole"
    whole.write_bytes(b"".join(before + after))
    metrics = daemon.wait_for_totals("after", replay(whole))
    check(metrics.sum("apierrd_file_truncations_total") == 1, "truncations: not 1")
    daemon.stop()


def copy_and_truncate_within_the_pattern(folder):
    """The copy holds lines that were counted already: they do not count again, the rest does."""
    log, copy = folder / "app.log", folder / "app.log.1"
    before, after = demo_lines(200, seed=4), demo_lines(100, seed=5)
    log.write_bytes(b"".join(before))
    daemon = started(folder, [folder / "app.log*"])
    daemon.wait_for("before", lambda m: m.sum("apierrd_ingest_lines_total") == 200)
    copy.write_bytes(log.read_bytes())
    os.truncate(log, 0)
    daemon.wait_for("truncation seen", lambda m: m.sum("apierrd_file_truncations_total") == 1)
    append(log, b"".join(after))
    daemon.wait_for_totals("the copy is not counted again", replay(copy, log))
    daemon.stop()


def deletion_and_recreation(folder):
    """A deleted file is read to its end, also what is written to it later; a new one from its start."""
    log = folder / "app.log"
    parts = [demo_lines(100, seed) for seed in (1, 2, 3)]
    writer = log.open("ab", buffering=0)
    writer.write(b"".join(parts[0]))
    daemon = started(folder, [log], reader={"linger": "500ms"})
    daemon.wait_for("before", lambda m: m.sum("apierrd_ingest_lines_total") == 100)
    log.unlink()
    writer.write(b"".join(parts[1]))
    log.write_bytes(b"".join(parts[2]))
    writer.write(call_line(action="Unterminated")[:-1])  # never gets its newline: counts as in replay
    whole = folder / "whole"
    whole.write_bytes(b"".join(parts[0] + parts[2] + parts[1]) + call_line(action="Unterminated")[:-1])
    metrics = daemon.wait_for_totals("both files", replay(whole))
    metrics = daemon.wait_for("the old file let go", lambda m: m.sum("apierrd_files_open") == 1)
    check(metrics.sum("apierrd_lost_bytes_total") == 0, "bytes are said to be lost")
    daemon.stop()


if __name__ == "__main__":
    run("nothing lost, nothing doubled", rename_out_of_the_pattern, rename_within_the_pattern,
        numbered_rotation_while_it_does_not_look, truncation_in_place, truncation_nobody_saw,
        copy_and_truncate_within_the_pattern, deletion_and_recreation)
