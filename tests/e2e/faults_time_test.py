#!/usr/bin/env python3
"""Clocks that jump: nothing but the times shown depends on them, and every line counts once."""
import glob
import os
import time

from apierrd_e2e import Skip, check, demo_lines, run
from apierrd_faults import FAILED_COMMITS, Scene, append, need

DAY_S = 86400


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
    scene.start()
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


if __name__ == "__main__":
    need()
    run("whatever the clocks say, every line counts once", wall_clock_jumps, both_clocks_jump)
