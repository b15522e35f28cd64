#!/usr/bin/env python3
"""Manual pages and shell completion say what --help says: all three come from one definition."""
import os
import pathlib
import re
import shutil
import subprocess

from apierrd_e2e import Skip, check, program, run, run_program

ROOT = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))


def generated(folder):
    done = run_program("generate", folder)
    check(done.returncode == 0 and not done.stdout + done.stderr, f"generate: {done}")
    return folder


def help_of(*command):
    done = run_program(*command, "--help")
    check(done.returncode == 0, f"{command} --help: {done}")
    return done.stdout.decode()


def commands():
    section = help_of().split("Subcommands:\n")[1].split("\n\n")[0]
    names = re.findall(r"^  (\w+)", section, re.MULTILINE)
    check({"run", "replay", "check", "top"} <= set(names), f"commands of --help: {names}")
    return names


def flags(*command):
    """Options and operands that --help lists; operands in capitals."""
    text = help_of(*command).split("Subcommands:")[0]
    found = set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", text, re.MULTILINE))
    return found | set(re.findall(r"^  ([A-Z]{2,})\b", text, re.MULTILINE))


def page_text(path):
    """A page as it is read; a warning of the renderer is a fault."""
    if not shutil.which("man"):
        raise Skip("man is not installed")
    done = subprocess.run(["man", "--warnings", "-l", path], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "MANPAGER": "cat", "MANWIDTH": "200", "LC_ALL": "C.UTF-8",
                               "MANROFFOPT": "", "GROFF_NO_SGR": "1"})
    check(done.returncode == 0 and not done.stderr, f"man -l {path.name}: {done.stderr}")
    return re.sub(r".\x08", "", done.stdout)


def pages_have_every_option(folder):
    pages = generated(folder) / "man1"
    names = commands()
    check({p.name for p in pages.iterdir()} == {"apierrd.1"} | {f"apierrd-{n}.1" for n in names},
          f"pages: {sorted(p.name for p in pages.iterdir())}")
    overview = page_text(pages / "apierrd.1")
    for name in names:
        check(re.search(rf"^ +{name}\b", overview, re.MULTILINE), f"apierrd.1 lacks {name}")
        check(f"apierrd-{name}(1)" in overview, f"apierrd.1 does not refer to apierrd-{name}(1)")
        text = page_text(pages / f"apierrd-{name}.1")
        options = flags(name)
        check("--help" in options, f"{name}: options not found in its --help: {options}")
        missing = [word for word in options if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)]
        check(not missing, f"apierrd-{name}.1 lacks {missing}")
        for title in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS"):
            check(re.search(rf"^{title}$", text, re.MULTILINE), f"apierrd-{name}.1 has no {title}")
    check("generate" not in overview, "a hidden command has a page")


def lint_is_content(folder):
    """groff is lenient; mandoc is not. What it says of a missing date is meant: builds must not differ."""
    if not shutil.which("mandoc"):
        return
    for page in sorted(generated(folder).glob("man1/*.1")):
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True,
                              timeout=60, check=False)
        faults = [line for line in done.stdout.splitlines() if "missing date" not in line]
        check(not faults, "\n".join(faults))


def configuration_page(_folder):
    """apierrd.yaml(5) knows every key of the example, which has every key there is."""
    text = page_text(pathlib.Path(program()).parent / "generated/manuals/man5/apierrd.yaml.5")
    example = (ROOT / "deploy/apierrd.example.yaml").read_text(encoding="utf-8")
    keys = set(re.findall(r"^#? +-? ?(\w+):(?: |$)", example, re.MULTILINE)) | \
        set(re.findall(r"^(\w+):", example, re.MULTILINE))
    check(len(keys) > 40, f"only {len(keys)} keys found in the example")
    missing = [key for key in keys if not re.search(rf"\b{key}\b", text)]
    check(not missing, f"apierrd.yaml.5 lacks {missing}")
    leftovers = re.findall(r"`|\*\*|\]\(|^\|.*", text, re.MULTILINE)
    check(len([x for x in leftovers if x != "`" and x != "**"]) == 0, f"Markdown is left: {leftovers}")


def completed(script, *words):
    """What bash would offer for the last of the words."""
    line = " ".join(f"'{word}'" for word in words)
    done = subprocess.run(
        ["bash", "-c", f". {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _apierrd\n"
                       "printf '%s\\n' \"${COMPREPLY[@]}\""],
        capture_output=True, text=True, timeout=30, cwd=script.parent, check=False)
    check(done.returncode == 0 and not done.stderr, f"bash: {done.stderr}")
    return set(done.stdout.split("\n")) - {""}


def bash_completes(folder):
    script = generated(folder) / "completions/apierrd"
    (script.parent / "a log.txt").touch()
    (script.parent / "folder").mkdir()
    names = set(commands())
    for words, expected in (
            (["apierrd", ""], names | {"--help", "--version", "-h"}),
            (["apierrd", "re"], {"replay"}),
            (["apierrd", "replay", "--output", ""], {"table", "json", "prometheus", "openmetrics"}),
            (["apierrd", "replay", "--output", "=", "j"], {"json"}),
            (["apierrd", "replay", "--output", "="], {"table", "json", "prometheus", "openmetrics"}),
            (["apierrd", "codes", "--output", "t"], {"table"}),
            (["apierrd", "rules", "--only", ""], {"recording", "alerting"}),
            (["apierrd", "run", "--config", "a"], {"a log.txt", "apierrd", "apierrd.fish"}),
            (["apierrd", "replay", "a"], {"a log.txt", "apierrd", "apierrd.fish"}),
            (["apierrd", "demo", "--dir", ""], {"folder"}),
            (["apierrd", "replay", "--source", ""], set()),
            (["apierrd", "top", "--o"], {"--once"})):
        offered = completed(script, *words)
        check(offered == expected, f"{words}: {sorted(offered)}, not {sorted(expected)}")
    for name in names:
        offered = completed(script, "apierrd", name, "-")
        expected = {flag for flag in flags(name) if flag.startswith("-")} | {"-h"}
        check(offered == expected, f"{name} -: {sorted(offered)}, not {sorted(expected)}")


def other_shells_take_theirs(folder):
    """Every option stands in the scripts of zsh and fish, and the shell, where there is one, can read them."""
    scripts = generated(folder) / "completions"
    zsh = (scripts / "_apierrd").read_text(encoding="utf-8")
    fish = (scripts / "apierrd.fish").read_text(encoding="utf-8")
    for name in commands():
        arm = re.search(rf"^    {name}\) _arguments(.*?) ;;$", zsh, re.MULTILINE | re.DOTALL)
        check(arm, f"zsh: nothing for {name}")
        for flag in flags(name):
            if flag.startswith("--"):
                check(f"'{flag}[" in arm[1], f"zsh: {name} lacks {flag}")
                check(re.search(rf"from {name}'.* -l {flag[2:]}\b", fish), f"fish: {name} lacks {flag}")
    for shell, script in (("zsh", scripts / "_apierrd"), ("fish", scripts / "apierrd.fish")):
        if shutil.which(shell):
            done = subprocess.run([shell, "-n", script], capture_output=True, text=True, timeout=60, check=False)
            check(done.returncode == 0 and not done.stderr, f"{shell} -n: {done.stderr}")


if __name__ == "__main__":
    run("manual pages and completion say what --help says", pages_have_every_option, lint_is_content,
        configuration_page, bash_completes, other_shells_take_theirs)
