#!/usr/bin/env python3
"""A backlog is counted on several cores, and comes to the same as on one: in replay to the byte, in a
daemon that is killed in the middle of it exactly.

APIERRD_SEED repeats the choices of an earlier run, as far as time allows.
"""
import gzip
import json
import os
import random
import time

from apierrd_e2e import Daemon, audit, check, demo_lines, failed_call, run, run_program, write_config

SLOW = "APIERRD_SLOW" in os.environ
LINES = 4_000 if SLOW else 20_000
KILLS = 3 if SLOW else 8
# Blocks of a quarter of a mebibyte, so that a file has many.
LIMITS = {"line_bytes": 4096, "actions": 100_000, "call_series": 100_000, "error_series": 100_000,
          "undocumented_codes": 1000}


def mixed_log(seed, count=LINES):
    """Calls of all kinds, and lines of every kind that is none."""
    rng = random.Random(seed)
    lines = demo_lines(count, seed)
    for _ in range(count // 20):
        lines.insert(rng.randrange(len(lines)), rng.choice((
            b"\n", b"no JSON\n", b"x" * rng.randrange(4000, 9000) + b"\n", b'{"a": [1, 2}\n', b"\xff\n",
            b"x" * 600_000 + b"\n" if rng.random() < 0.01 else b"{}\r\n",
            failed_call("FailedOperation.PaySuccDeliverFailed", request_id=f"p-{rng.random()}"),
            failed_call(f"Made.Up{rng.randrange(50)}", action=f"A{rng.randrange(500)}"))))
    return b"".join(lines) + b'{"half": '


def config_with(folder, threads, **sections):
    reader = {"threads": threads, **sections.pop("reader", {})}
    return write_config(folder / f"apierrd-{threads}.yaml", {"app": [folder / "app*.log"]},
                        limits=LIMITS, reader=reader, **sections)


def replayed(config, *files, stdin=b"", options=()):
    done = run_program("replay", "--config", config, "--source", "app", *options, *files, stdin=stdin)
    check(done.returncode == 0, f"replay exits {done.returncode}: {done.stderr.decode()}")
    return done.stdout


def replay_is_the_same(folder):
    """One file, many, compressed and standard input, read strictly and by every wrapper and join."""
    logs = [mixed_log(seed, LINES if seed == 1 else LINES // 20) for seed in range(1, 8)]
    names = [folder / f"app{i}.log" for i in range(len(logs))]
    for name, log in zip(names, logs):
        name.write_bytes(log)
    packed = folder / "app.log.gz"
    packed.write_bytes(gzip.compress(logs[0], 1))
    one, several = config_with(folder, 1), config_with(folder, 4)
    for what, files, stdin in (("one file", names[:1], b""), ("many files", names, b""),
                               ("compressed and plain", [packed, *names], b""),
                               ("standard input", ["-"], logs[0])):
        for options in (["--output", "json"], ["--output", "json", "--format", "auto", "--join-json"]):
            expected = replayed(one, *files, stdin=stdin, options=options)
            check(json.loads(expected)["records"] > LINES // 2, f"{what}: hardly anything was read")
            check(replayed(several, *files, stdin=stdin, options=options) == expected,
                  f"{what}, {options}: 4 threads say something else than 1")


def killed_while_catching_up(folder):
    """SIGKILL at random moments while 4 threads are busy; then all is counted once."""
    seed = int(os.environ.get("APIERRD_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"  APIERRD_SEED={seed}")
    rng = random.Random(seed)
    names = [folder / f"app{i}.log" for i in range(4)]
    (folder / "app0.log").write_bytes(b"")
    daemon = Daemon(config_with(folder, 4, web={"listen": "127.0.0.1:0", "startup_hold": "0s"}))
    for kill in range(KILLS):
        for i, name in enumerate(names):  # each of several blocks, the first of many
            with name.open("ab") as file:
                file.write(mixed_log(seed + 7 * kill + i, LINES if i == 0 else LINES // 10) + b"1}\n")
        daemon.start()
        time.sleep(rng.uniform(0, 0.3))
        if rng.random() < 0.5:
            daemon.metrics()  # which commits in the middle of it
        daemon.kill()
    daemon.start()
    one = config_with(folder, 1)
    wanted = json.loads(replayed(one, *names, options=["--output", "json"]))
    daemon.wait_for_totals("all is counted", wanted)
    daemon.stop()
    audit(daemon.config)


if __name__ == "__main__":
    run("a backlog on several cores comes to the same as on one", replay_is_the_same, killed_while_catching_up)
