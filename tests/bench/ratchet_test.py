#!/usr/bin/env python3
"""Instructions per line or series of each stage, as callgrind counts them, must not rise.

    python3 tests/bench/ratchet_test.py [--update] [STAGE...]

ratchet.json holds what each stage took when it was last updated, by compiler. More than 2 % above that fails;
5 % below asks for an update, so that what was gained stays gained. Counts hardly depend on the machine or on what
else it does, but much on compiler, libraries and the processor's kind; without numbers for these the test is skipped.
"""
import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
PROGRAM = os.environ.get("APIERRD_STAGE_COST", str(ROOT / "build/dev/tests/bench/stage_cost"))
KEPT = ROOT / "tests/bench/ratchet.json"
STAGES = ["cut", "frame_docker", "parse_strict", "parse_errors", "parse_escaped", "parse_shuffled", "parse_docker", "tally",
          "exposition"]
WORSE, BETTER = 1.02, 0.95
SKIP = 77


def instructions(stage, times, folder):
    """Instructions of a whole process that runs the stage so many times, and how many items a run has."""
    out = folder / f"{stage}-{times}"
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", PROGRAM, stage, str(times)],
                          env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{stage}: exit code {done.returncode}: {done.stderr[-2000:]}")
    return int(re.search(r"^totals: (\d+)", out.read_text(), re.M)[1]), int(done.stdout)


def cost(stage, folder):
    """Instructions per item: what a third and a fourth run add, so that neither the start nor what is only done
    once counts."""
    few, items = instructions(stage, 2, folder)
    more, _ = instructions(stage, 4, folder)
    return round((more - few) / 2 / items, 1)


def built_for():
    """The compiler, and the kind of processor that libraries choose their code by: `g++ 12 x86_64`."""
    compiler = subprocess.run([PROGRAM, "--compiler"], capture_output=True, text=True, check=True).stdout.strip()
    kind = platform.machine()
    if kind == "x86_64" and " avx2 " not in pathlib.Path("/proc/cpuinfo").read_text():
        kind += " without AVX2"
    return f"{compiler} {kind}"


def judge(stage, now, kept):
    """Prints a line; true if the stage is no worse than it was."""
    change = f"{now:10.1f}, was {kept:10.1f} ({(now / kept - 1) * 100:+.1f} %)"
    if now > kept * WORSE:
        print(f"WORSE   {stage:15}{change}")
        return False
    hint = "   keep that: python3 tests/bench/ratchet_test.py --update" if now < kept * BETTER else ""
    print(f"OK      {stage:15}{change}{hint}")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write down what the stages take now")
    parser.add_argument("stages", nargs="*", metavar="STAGE", help=f"only these; of {' '.join(STAGES)}")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        sys.exit("no valgrind: install the package valgrind")
    built = built_for()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    if built not in kept and not options.update:
        print(f"no counts for {built} in {KEPT.name}: --update adds them")
        sys.exit(SKIP)
    numbers = kept.setdefault(built, {})
    with tempfile.TemporaryDirectory(prefix="apierrd-ratchet-") as folder:
        now = {stage: cost(stage, pathlib.Path(folder)) for stage in options.stages or STAGES}
    if options.update:
        for stage, number in now.items():
            print(f"{stage:15}{numbers.get(stage, 0):10.1f} -> {number:10.1f}")
        numbers.update(now)
        KEPT.write_text(json.dumps(kept, indent=2) + "\n")
        return
    missing = [stage for stage in now if stage not in numbers]
    if missing:
        sys.exit(f"no count for {', '.join(missing)} in {KEPT.name}: --update adds it")
    judged = [judge(stage, number, numbers[stage]) for stage, number in now.items()]
    if not all(judged):
        sys.exit("more instructions than before; if that is the price of something wanted, --update and say so")


if __name__ == "__main__":
    main()
