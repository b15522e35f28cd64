#!/usr/bin/env python3
"""docs/adding-a-vendor.md is true: its files are those of tests/data/acme, and its commands print what it
says. In a block of output a line `...` stands for any lines, and `...` in a line for any text."""
import os
import pathlib
import re
import shutil
import subprocess

from apierrd_e2e import check, program, run

SOURCE = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
DATA = SOURCE / "tests" / "data" / "acme"


def blocks(text):
    """(kind, name, content): files as ("file", name, text), sessions as ("console", "", text)."""
    for found in re.finditer(r"(?:<!-- file: (\S+) -->\n)?```(\w+)\n(.*?)```\n", text, re.DOTALL):
        name, language, content = found.groups()
        if name:
            yield "file", name, content
        elif language == "console":
            yield "console", "", content


def session(content):
    """(command, output) of each `$ command`."""
    return [(part.split("\n", 1)[0], part.split("\n", 1)[1]) for part in re.split(r"^\$ ", content,
                                                                                  flags=re.MULTILINE)[1:]]


def pattern(output):
    lines = [r"(?:.*\n)*?" if line == "..." else re.escape(line + "\n").replace(r"\.\.\.", ".*")
             for line in output.splitlines()]
    return re.compile("".join(lines))


def tutorial(folder):
    text = (SOURCE / "docs" / "adding-a-vendor.md").read_text(encoding="utf-8")
    (folder / "bin").mkdir()
    (folder / "bin" / "apierrd").symlink_to(program())
    environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}"}
    here = folder / "acme"
    here.mkdir()
    shutil.copy(DATA / "api.log", here)
    commands = 0
    for kind, name, content in blocks(text):
        if kind == "file":
            kept = DATA / name
            check(not kept.exists() or kept.read_text(encoding="utf-8") == content, f"{name}: the tutorial's "
                  "is not that of tests/data/acme")
            (here / name).parent.mkdir(exist_ok=True)
            (here / name).write_text(content, encoding="utf-8")
            continue
        for command, output in session(content):
            done = subprocess.run(["bash", "-c", command], cwd=here, env=environment, text=True, timeout=60,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            seen = done.stdout.replace(str(here), "/etc/apierrd")
            check(pattern(output).fullmatch(seen), f"`{command}` prints\n{seen}\nnot\n{output}")
            commands += 1
    check(commands >= 4, f"only {commands} commands")


def files(_folder):
    """The tutorial shows the whole of both files."""
    text = (SOURCE / "docs" / "adding-a-vendor.md").read_text(encoding="utf-8")
    shown = {name for kind, name, _ in blocks(text) if kind == "file"}
    for name in ("formats/acme.yaml", "catalogs/acme.yaml", "api.log"):
        check(name in shown and (DATA / name).exists(), f"{name} is not shown, or not there")


if __name__ == "__main__":
    run("the tutorial is true", tutorial, files)
