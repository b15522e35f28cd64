#!/usr/bin/env python3
"""A state that is damaged, cut, gone, or not a file; catalogs that are broken. Whatever it is, the daemon says
what is wrong and does not start, or counts exactly; it never starts from zero by itself."""
import json
import os
import random
import shutil
import sqlite3

from apierrd_e2e import Failure, check, demo_lines, differences, replay, run, run_program, wait_until
from apierrd_faults import SLOW, Scene, need

FLIPS = 300 if "APIERRD_LONG" in os.environ else 4 if SLOW else 10


def kept(folder, name, clean):
    """A scene of 3000 counted lines, its daemon gone: a clean stop leaves one file, a kill also the -wal."""
    log, lines = folder / "app.log", demo_lines(3000, seed=51)
    scene = Scene(folder, [log])
    scene.write(log, lines[:2000])
    scene.start()
    scene.exact(f"{name}: at first")
    scene.write(log, lines[2000:])
    scene.exact(f"{name}: and on")
    if clean:
        scene.daemon.stop()
    else:
        scene.daemon.kill()
    return scene


def state_files(folder):
    return [path for path in sorted(folder.glob("state.db*")) if not path.name.endswith(".lock")]


class Damage:
    """Does something to a copy of the state, and sees what the daemon makes of it."""

    def __init__(self, scene, folder):
        self.scene, self.folder, self.saved = scene, folder, folder / "saved"
        self.saved.mkdir()
        for path in state_files(folder):
            shutil.copy2(path, self.saved)
        self.refused = self.exact = 0

    def restore(self):
        for path in state_files(self.folder):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        for path in self.saved.iterdir():
            shutil.copy2(path, self.folder)

    def try_it(self, what, starts=None, names=True):
        """It refuses and names the state, or starts and is exact. `starts`: which of them it must be. Without
        `names`, of what it counts only lines and bytes are compared."""
        scene = self.scene
        scene.mark_log()
        scene.scraper.last = {}  # an older state is read up again, and may show less meanwhile
        before = {path.name: path.read_bytes() for path in state_files(self.folder) if path.is_file()}
        try:
            scene.daemon.start()
        except Failure:
            check(scene.daemon.process.returncode == 3, f"{what}: status {scene.daemon.process.returncode}")
            check("state database" in scene.log(), f"{what}: it does not say why: {scene.log()}")
            check(starts is not True, f"{what}: it does not start: {scene.log()}")
            self.refused += 1
            main = self.folder / "state.db"
            check(not main.is_file() or len(before.get("state.db", b"")) <= main.stat().st_size,
                  f"{what}: it has thrown the state away")
            return
        check(starts is not False, f"{what}: it starts")
        scene.scraper.last = {}
        wanted = replay(scene.ledger)

        def exact():
            metrics = scene.daemon.metrics()
            found = differences(metrics, wanted, "app")
            if not names:
                found = [text for text in found if text.startswith(("lines", "bytes"))]
            return (not found, f"{what}: {found[:5]}")
        wait_until(what, exact, quiet=True)
        self.exact += 1
        scene.daemon.kill()


def cut_or_gone(folder):
    """Cut anywhere, emptied, gone, without its -wal, a folder in its place, text."""
    scene = kept(folder, "killed", clean=False)
    damage = Damage(scene, folder)
    state, wal = folder / "state.db", folder / "state.db-wal"
    check(wal.exists() and wal.stat().st_size > 0, "a kill leaves no -wal")

    def damaged(what, act, starts):
        damage.restore()
        act()
        damage.try_it(what, starts)
    # What only the -wal knew is counted again from the logs: positions and counters go back together.
    for size in (0, 31, 32, 5000, wal.stat().st_size // 2, wal.stat().st_size - 1):
        damaged(f"-wal cut to {size}", lambda size=size: os.truncate(wal, size), True)
    damaged("-wal gone", wal.unlink, True)
    damaged("-shm gone", lambda: (folder / "state.db-shm").unlink(missing_ok=True), True)
    damaged("-shm of noise", lambda: (folder / "state.db-shm").write_bytes(os.urandom(32768)), True)
    damaged("all gone", lambda: [path.unlink() for path in state_files(folder)], True)  # a first start
    for what, act in (("a folder", lambda: (state.unlink(), state.mkdir())),
                      ("text", lambda: (wal.unlink(), state.write_bytes(b"this is no database\n" * 500)))):
        damaged(f"{what} in its place", act, False)
    # Merged by a clean stop: now all is in one file.
    damage.restore()
    scene.daemon.start()
    scene.daemon.stop()
    shutil.rmtree(damage.saved)
    damage = Damage(scene, folder)
    size = state.stat().st_size
    for end in (100, 512, 4095, 4096, 8192, size // 2, size - 4096, size - 1):
        damaged(f"cut to {end} of {size}", lambda end=end: os.truncate(state, end),
                None if end == size - 1 else False)  # SQLite makes up for the last byte
    print(f"  {damage.refused} refused, {damage.exact} exact")


def bytes_flipped(folder):
    """Random bits of the database: refused, or all lines and bytes are there. In a text or a count of calls
    nobody can tell."""
    seed = int(os.environ.get("APIERRD_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"  APIERRD_SEED={seed}")
    rng = random.Random(seed)
    for clean in (True, False):
        place = folder / str(clean)
        place.mkdir()
        scene = kept(place, "stopped" if clean else "killed", clean)
        damage = Damage(scene, place)
        for _ in range(FLIPS):
            damage.restore()
            path = rng.choice([path for path in state_files(place) if not path.name.endswith("-shm")])
            data = bytearray(path.read_bytes())
            at = rng.randrange(len(data))
            data[at] ^= 1 << rng.randrange(8)
            path.write_bytes(data)
            damage.try_it(f"bit at {at} of {path.name}, {len(data)} bytes", names=False)
        print(f"  {damage.refused} refused, {damage.exact} exact")


def number_changed(folder):
    """Another number in a row is no damage to SQLite; it does not add up."""
    scene = kept(folder, "stopped", clean=True)
    damage = Damage(scene, folder)
    for what in ("UPDATE generations SET offset=offset-100", "UPDATE generations SET parsed=parsed+1",
                 "UPDATE source_counts SET value=value+8 WHERE name LIKE 'bytes%'", "DELETE FROM generations"):
        damage.restore()
        with sqlite3.connect(folder / "state.db") as state:
            changed = state.execute(what).rowcount
        state.close()
        check(changed > 0, f"{what}: changes nothing")
        damage.try_it(what, False)


def broken_overlays(folder):
    """At a start: the place is named, status 2. At a reload: what is in effect stays, and metrics say so."""
    log, overlays, lines = folder / "app.log", folder / "overlays", demo_lines(1000, seed=52)
    overlays.mkdir()
    overlay = overlays / "ours.yaml"
    good = json.dumps({"schema": 1, "product": "billing", "codes": {}})
    scene = Scene(folder, [log], catalogs={"overlays": str(overlays)})
    scene.write(log, lines[:500])
    scene.start()
    scene.exact("no overlay")
    broken = {"no YAML": b"a: [1, 2\n", "noise": os.urandom(2000), "nothing known": b"unheard: of\n",
              "cut": good.encode()[:-9], "NUL bytes": b"\0" * 500, "a bomb": bomb(), "deep": b"[" * 50_000}
    for what, data in broken.items():
        overlay.write_bytes(data)
        scene.daemon.hang_up()
        scene.until(f"{what}: refused", lambda m: m.sum("apierrd_config_last_reload_successful") == 0)
        scene.exact("counting goes on")
        done = run_program("run", "--config", scene.config)
        check(done.returncode == 2 and b"ours.yaml" in done.stderr, f"{what}: {done.returncode} {done.stderr[-500:]}")
        overlay.unlink()
        scene.daemon.hang_up()
        scene.until("mended", lambda m: m.sum("apierrd_config_last_reload_successful") == 1)
    check("event=reload_failed" in scene.daemon.log(), "the log does not say so")
    scene.write(log, lines[500:])
    scene.exact("and on")
    scene.nothing_lost()
    scene.finish()


def bomb():
    """Anchors that would come to 10^9 values."""
    names = "abcdefghi"
    text = "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
    for before, name in zip(names, names[1:]):
        text += f"{name}: &{name} [{','.join(['*' + before] * 10)}]\n"
    return text.encode()


if __name__ == "__main__":
    need()
    run("a damaged state is refused or exact, and broken catalogs change nothing", cut_or_gone, bytes_flipped,
        number_changed, broken_overlays)
