#!/usr/bin/env python3
"""docs/faults.md names tests that exist, and every part of the tests of faults."""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
E2E = ROOT / "tests" / "e2e"


def parts_of(test):
    """What a script hands to run()."""
    path = E2E / f"{test}_test.py"
    if not path.exists():
        return set()
    called = re.search(r"^    run\((.*?)\)$", path.read_text(encoding="utf-8"), re.M | re.S)
    return set(re.findall(r"\b([a-z_]+)\b", re.sub(r'".*?"', "", called.group(1))))


units = set()
for source in (ROOT / "tests" / "unit").rglob("*_test.cc"):
    units.update(re.findall(r"^TEST(?:_F)?\(\w+, (\w+)\)", source.read_text(encoding="utf-8"), re.M))

faults, named, rows = [], set(), 0
for line in (ROOT / "docs" / "faults.md").read_text(encoding="utf-8").splitlines():
    cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
    if len(cells) != 5 or cells[0] == "fault" or set(cells[0]) == {"-"}:
        if line.startswith("|") and len(cells) != 5:
            faults.append(f"a row has {len(cells)} cells: {line[:60]}")
        continue
    rows += 1
    for group in cells[3].split("; "):
        test, names = group.split(".", 1) if "." in group else ("unit", group.removeprefix("unit "))
        known = units if test == "unit" else parts_of(test)
        for name in names.split(", "):
            if name not in known:
                faults.append(f"{test}.{name} is named by '{cells[0][:40]}' and is not there")
            named.add((test, name))
for script in [*E2E.glob("faults_*_test.py"), E2E / "soak_test.py"]:
    test = script.name.removesuffix("_test.py")
    for name in sorted(parts_of(test)):
        if (test, name) not in named:
            faults.append(f"{test}.{name} has no row")
print("\n".join(faults))
if faults or rows < 20:
    sys.exit(f"{len(faults)} fault(s) in docs/faults.md, {rows} rows")
print(f"OK: {rows} rows, {len(named)} tests")
