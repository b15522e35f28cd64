#!/usr/bin/env python3
"""What the rest of the machine does to the daemon: inotify is silent."""
import os

from apierrd_e2e import demo_lines, run
from apierrd_faults import Scene, need, send_strace_away, under_strace


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


if __name__ == "__main__":
    need()
    run("whatever is around it fails, every line counts once", inotify_silent)
