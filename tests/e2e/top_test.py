#!/usr/bin/env python3
"""`apierrd top`: draws on a terminal, keeps up, gives the terminal back; prints plainly into a pipe."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios

from apierrd_e2e import (call_line, check, counting, demo_lines, failed_call, free_port, program, run,
                         run_program, spawn, wait_until)

ESCAPE = re.compile(rb"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|.)")
# What top itself may send: where to draw, colours, the alternate screen, the cursor.
OURS = re.compile(rb"\x1b\[(H|J|K|2J|0m|1m|2m|3[123]m|\?1049[hl]|\?25[hl])")
EVIL = ["\x1b[2J\x1b[31mred", "\x1b]0;owned\x07", "\u009b31mred", "\u202eevil", "\r\n\x08over", "中文" * 80]


def counting_at(folder, lines):
    daemon, log = counting(folder, lines)
    return daemon, log, f"http://127.0.0.1:{daemon.port}"


class Screen:
    """The program behind a pseudo terminal; text() is what it has sent since the last clear()."""

    def __init__(self, *arguments, columns=120, lines=40):
        self.master, slave = pty.openpty()
        self.resize(columns, lines, slave)
        self.before = termios.tcgetattr(slave)
        self.process = spawn([program(), "top", *map(str, arguments)], stdin=slave, stdout=slave,
                             stderr=subprocess.PIPE, env={**os.environ, "TERM": "xterm"})
        self.slave, self.sent, self.all = slave, b"", b""

    def resize(self, columns, lines, terminal=None):
        fcntl.ioctl(self.master if terminal is None else terminal, termios.TIOCSWINSZ,
                    struct.pack("HHHH", lines, columns, 0, 0))

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            block = os.read(self.master, 65536)
            self.sent += block
            self.all += block
        return self.sent

    def shows(self, what, text):
        return wait_until(what, lambda: (text.encode() in self.read(), self.sent[-2000:]))

    def clear(self):
        self.read()
        self.sent = b""

    def press(self, key):
        os.write(self.master, key)

    def ends(self, status=0):
        wait_until("top ended", lambda: self.process.poll() is not None)
        self.read()
        check(self.process.returncode == status, f"top ends with {self.process.returncode}: "
              f"{self.process.stderr.read()}")
        check(self.all.endswith(b"\x1b[0m\x1b[?25h\x1b[?1049l"), f"the screen is not given back: {self.all[-80:]}")
        check(termios.tcgetattr(self.slave)[:4] == self.before[:4], "the terminal's settings are changed")


def draws_and_updates(folder):
    daemon, log, url = counting_at(folder, [*demo_lines(300), failed_call("FailedOperation.PaySuccDeliverFailed", "paid")])
    screen = Screen("--url", url, "--interval", "100ms")
    screen.shows("the paid call", "FailedOperation.PaySuccDeliverFailed")
    for part in ("ApiPaidNotDelivered", "vendor", "behind", "app", "q quit", "sorted by severity"):
        check(part.encode() in screen.read(), f"{part} is not shown")
    check(b"\x1b[31m" in screen.sent, "no colours")
    with log.open("ab") as out:
        out.write(failed_call("FailedOperation.BornAfterwards", "a new message"))
    screen.shows("the appended call", "FailedOperation.BornAfterwards")
    screen.shows("its message", "a new message")
    screen.press(b"s")
    screen.shows("the other order", "sorted by count")
    screen.press(b"m")
    screen.clear()
    wait_until("drawn without messages", lambda: screen.read().count(b"\x1b[H") >= 3)
    check(b"a new message" not in screen.sent.rsplit(b"\x1b[H", 1)[1], "m hides no messages")
    screen.clear()
    screen.resize(60, 12)
    os.kill(screen.process.pid, signal.SIGWINCH)

    def frame_fits():
        frames = screen.read().split(b"\x1b[H")[1:-1]
        rows = ESCAPE.sub(b"", frames[-1]).replace(b"\r", b"").split(b"\n") if frames else [b"x" * 999]
        return len(rows) <= 12 and all(len(row.decode()) <= 60 for row in rows)
    wait_until("drawn for the smaller window", frame_fits)
    screen.press(b"q")
    screen.ends()
    daemon.stop()


def ends_by_signals(folder):
    daemon, _, url = counting_at(folder, demo_lines(50))
    for how in ("ctrl-c", signal.SIGTERM, signal.SIGHUP):
        screen = Screen("--url", url)
        screen.shows("drawn", "q quit")
        if how == "ctrl-c":
            screen.press(b"\x03")
        else:
            screen.process.send_signal(how)
        screen.ends()
    daemon.stop()


def outlives_the_daemon(folder):
    daemon, _, url = counting_at(folder, demo_lines(50))
    screen = Screen("--url", url, "--interval", "100ms")
    screen.shows("drawn", "q quit")
    daemon.stop()
    screen.shows("says so", "what is shown is old: cannot reach the daemon")
    check(b"calls" in screen.sent.rsplit(b"\x1b[H", 1)[1], "what was there is gone")
    screen.press(b"q")
    screen.ends()


def hostile(folder):
    """No escape sequence, control character or bidirectional control out of a log reaches the terminal."""
    lines = [failed_call(evil, evil, evil, evil) for evil in EVIL] + [failed_call("InternalError", "last")]
    daemon, _, url = counting_at(folder, lines)
    screen = Screen("--url", url, columns=100, lines=60)
    screen.shows("drawn", "q quit")
    left = OURS.sub(b"", screen.all).decode()
    check("\x1b" not in left, f"an escape sequence: {left!r:.400}")
    check(not re.search("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]", left), "a control character")
    check(not re.search("[\u202a-\u202e\u2066-\u2069]", left) and "<U+202E>" in left, "a bidirectional control")
    screen.press(b"q")
    screen.ends()
    done = run_program("top", "--once", "--url", url)
    check(done.returncode == 0 and b"\x1b" not in done.stdout and b"<U+202E>" in done.stdout,
          f"--once: {done.stdout[:300]}")
    daemon.stop()


def into_a_pipe(folder):
    daemon, _, url = counting_at(folder, [call_line(), failed_call("InternalError", "broken", request_id="r-77")])
    for arguments in (("--once",), ()):
        done = run_program("top", "--url", url, *arguments)
        text = done.stdout.decode()
        check(done.returncode == 0 and done.stderr == b"", f"exits {done.returncode}: {done.stderr}")
        for part in ("2 calls", "1 failed, 50.0 %", "InternalError", "r-77", "broken", "no alert active"):
            check(part in text, f"{part} is not in {text}")
        check("\x1b" not in text and "q quit" not in text, "not plain")
    daemon.stop()


def errors(_folder):
    nobody = f"http://127.0.0.1:{free_port()}"
    for arguments, status, message in [
            (("--url", nobody), 3, "cannot reach the daemon: http://127.0.0.1:.*is it running"),
            (("--url", "ftp://127.0.0.1:1"), 2, "is no address of a daemon.*write http://HOST:PORT"),
            (("--url", "http://user:pass@127.0.0.1:1"), 2, "is no address"),
            (("--url", "http://127.0.0.1:99999999"), 2, "is no address"),
            (("--interval", "5"), 2, "interval"), (("--interval", "1ms"), 2, "interval")]:
        done = run_program("top", "--once", *arguments)
        check(done.returncode == status, f"{arguments}: {done.returncode}, {done.stderr}")
        check(done.stdout == b"" and re.search(message, done.stderr.decode()), f"{arguments}: {done.stderr}")
        check(done.stderr.startswith(b"apierrd: ") and done.stderr.count(b"\n") == 1, f"{done.stderr}")


if __name__ == "__main__":
    run("top is in order", draws_and_updates, ends_by_signals, outlives_the_daemon, hostile, into_a_pipe, errors)
