#!/usr/bin/env python3
"""The formats and wrappers of real logs in real files: records over several lines count once, whole, over
halves written late, kills, rotations and reloads. What each must come to is counted here by hand."""
import collections
import json
import os
import shutil

from apierrd_e2e import (Daemon, audit, call_line, check, counted_by_daemon, run, run_program,
                         wait_until)
from apierrd_written import Scraper

QUICK = {"sweep_interval": "30ms", "linger": "300ms"}
SDK_ERROR = "[TencentCloudSDKError] Code=AuthFailure.SignatureFailure, Message=bad, RequestId=r-1"
SDK_FAILED = ("unknown", "unknown", "AuthFailure.SignatureFailure")
STAMP = "2024-03-14T21:16:57.04800154Z"


def text(action="A", code=None):
    """A call in one line, without its newline; it ends with `}}}`."""
    return call_line(action, code).decode().rstrip("\n")


def docker(part, stream="stdout", end="\n"):
    return json.dumps({"log": part + end, "stream": stream, "time": STAMP}, separators=(",", ":")) + "\n"


def cri(part, stream="stdout", tag="F"):
    return f"{STAMP} {stream} {tag} {part}\n"


def pretty(action="A", code=None):
    return json.dumps(json.loads(text(action, code)), indent=2) + "\n"


class Sum:
    """What lines come to, by hand. `lines` of one verdict, or one record of so many lines."""

    def __init__(self):
        self.lines = self.bytes = 0
        self.tables = {key: collections.Counter() for key in ("calls", "errors", "ignored", "rejected")}

    def call(self, data, action="A", code=None, service="billing", lines=1):
        self.lines += lines
        self.bytes += len(data.encode())
        self.tables["calls"][service, action] += 1
        if code:
            self.tables["errors"][service, action, code] += 1
        self.tables["ignored"]["joined",] += lines - 1
        return data

    def other(self, data, kind="ignored", reason="not_api_call"):
        lines = data.count("\n") + (not data.endswith("\n"))
        self.lines += lines
        self.bytes += len(data.encode())
        self.tables[kind][reason,] += lines
        return data

    def differences(self, metrics, source):
        seen = counted_by_daemon(metrics, source)
        wanted = {"lines": self.lines, "bytes": self.bytes,
                  **{key: {k: v for k, v in rows.items() if v} for key, rows in self.tables.items()}}
        return [f"{key}: {seen[key]}, not {value}" for key, value in wanted.items() if seen[key] != value]


class Scene:
    """A daemon on one log, or several by source; what is written is counted in `sum`."""

    def __init__(self, folder, sources, **sections):
        self.folder, self.sources, self.sections = folder, sources, sections
        self.sums = {name: Sum() for name in sources}
        self.sum = self.sums[next(iter(sources))]
        self.log = folder / f"{next(iter(sources))}.log"
        self.configure()
        self.daemon, self.scraper = Daemon(folder / "apierrd.yaml"), Scraper()

    def configure(self):
        config = {"sources": [{"name": name, "paths": [str(self.folder / f"{name}.log")], **options}
                              for name, options in self.sources.items()],
                  "web": {"listen": "127.0.0.1:0"}, "state": {"path": str(self.folder / "state.db")},
                  "reader": QUICK, **self.sections}
        (self.folder / "apierrd.yaml").write_text(json.dumps(config))

    def start(self):
        self.daemon.start()
        self.scraper.look(self.daemon)

    def write(self, data, path=None):
        with (path or self.log).open("ab") as file:
            file.write(data.encode())

    def exact(self, what, lag=0, lost=0, audited=True):
        def probe():
            metrics = self.scraper.look(self.daemon)
            found = [f"{name}: {fault}" for name, total in self.sums.items()
                     for fault in total.differences(metrics, name)]
            for name, wanted in (("apierrd_source_lag_bytes", lag), ("apierrd_lost_bytes_total", lost)):
                if metrics.sum(name) != wanted:
                    found.append(f"{name} {metrics.sum(name):.0f}, not {wanted}")
            return (not found, found)
        wait_until(what, probe)
        if audited:
            audit(self.daemon.config)

    def kill_and_start(self):
        self.daemon.kill()
        self.start()

    def finish(self, lag=0, lost=0):
        self.kill_and_start()
        self.exact("after a kill", lag, lost)
        self.daemon.stop()


def every_format(folder):
    """One daemon, a source of each kind."""
    (folder / "formats").mkdir()
    own = {"name": "gateway", "vendor": "acme", "json": [
        {"requires": ["/upstream/status", "/upstream/api"], "code": {"at": "/upstream/status", "take": "code"},
         "success_codes": ["OK"], "service": {"at": "/upstream/api", "take": "before", "of": "."},
         "action": {"at": "/upstream/api", "take": "after_last", "of": "."}}]}
    printed = {"name": "printed", "errors": ["acme call {service}.{action} failed: {code}{?} ({message})"]}
    (folder / "formats" / "gateway.yaml").write_text(json.dumps({"schema": 1, "formats": [own]}))
    scene = Scene(folder, {
        "docker": {"format": "auto"}, "cri": {"format": "auto"}, "syslog": {"format": "auto"},
        "journald": {"format": "auto"}, "pretty": {"format": "auto", "join_json": True},
        "strict": {"format": "tencentcloud", "wrapper": ["cri"]},
        "gateway": {"format": "gateway"}, "printed": {"format": "printed", "wrapper": "none"},
    }, formats={"folder": "formats", "define": [printed]})
    for name, total in scene.sums.items():
        scene.write("".join(globals()[f"lines_of_{name}"](total)), folder / f"{name}.log")
    scene.start()
    scene.exact("all of them")
    for name in ("docker", "cri"):
        check(replay_as(folder / f"{name}.log")["lines"] == scene.sums[name].lines, f"{name}: replay differs")
    scene.finish()


def replay_as(path, *options):
    done = run_program("replay", "--output", "json", "--format", "auto", *options, path)
    check(done.returncode == 0, f"replay exits {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def lines_of_docker(total):
    long = text("Long", "InternalError")
    yield total.call(docker(long[:20], end="") + docker(long[20:50], end="") + docker(long[50:]),
                     "Long", "InternalError", lines=3)
    yield total.call(docker(SDK_ERROR, "stderr"), SDK_FAILED[1], SDK_FAILED[2], SDK_FAILED[0])
    out, err = text("Out"), text("Err", "InternalError")
    yield total.call(docker(out[:9], end="") + docker(out[9:]), "Out", lines=2)
    yield total.call(docker(err[:9], "stderr", "") + docker(err[9:], "stderr"), "Err", "InternalError", lines=2)
    yield total.other(docker("started"))


def lines_of_cri(total):
    out, err = text("Out"), text("Err", "InternalError")
    first, second = cri(out[:30], tag="P"), cri(out[30:])
    total.call(first + second, "Out", lines=2)
    yield first  # its end comes behind a record of the other stream
    yield total.call(cri(err[:8], "stderr", "P") + cri(err[8:40], "stderr", "P") + cri(err[40:], "stderr"),
                     "Err", "InternalError", lines=3)
    yield second
    yield total.call(cri(SDK_ERROR, "stderr"), SDK_FAILED[1], SDK_FAILED[2], SDK_FAILED[0])
    yield total.other("not wrapped at all\n")


def lines_of_syslog(total):
    for head in (f"<165>1 {STAMP} host app 12 ID47 - ", "<34>Oct 11 22:14:15 host app[1]: ",
                 "Oct  1 22:14:15 host app[1]: ", f"{STAMP} host app[1]: "):
        yield total.call(head + text("S", "InternalError") + "\n", "S", "InternalError")
        yield total.other(head + "started\n")


def lines_of_journald(total):
    for message in (text("J"), list(text("J").encode())):
        yield total.call(json.dumps({"__REALTIME_TIMESTAMP": "1710451017048001", "MESSAGE": message}) + "\n", "J")
    yield total.other(json.dumps({"__REALTIME_TIMESTAMP": "1710451017048001", "MESSAGE": "x"}) + "\n")


def lines_of_pretty(total):
    for action, code in (("P", None), ("P", "InternalError")):
        data = pretty(action, code)
        yield total.call(data, action, code, lines=data.count("\n"))
        yield total.call(text(action) + "\n", action)
    data = "2024-03-14 12:00:00 response: " + pretty("Behind")
    yield total.call(data, "Behind", lines=data.count("\n"))
    yield total.other("{\n")  # costs its neighbours nothing
    yield total.call(text("Stray") + "\n", "Stray")
    yield total.other('stops {"a":\n', "rejected", "invalid_json")
    data = pretty("Next")
    yield total.call(data, "Next", lines=data.count("\n"))
    yield total.call(data, "Next", lines=data.count("\n"))


def lines_of_strict(total):
    yield total.call(cri(text("W")), "W")
    yield total.other(text("W") + "\n", "rejected", "not_wrapped")
    yield total.other(cri(SDK_ERROR), "rejected", "invalid_json")


def lines_of_gateway(total):
    yield total.call('{"upstream":{"api":"disk.Attach","status":"OK"}}\n', "Attach", None, "acme/disk")
    yield total.call('{"upstream":{"api":"disk.Attach","status":"Busy"}}\n', "Attach", "Busy", "acme/disk")
    yield total.other(SDK_ERROR + "\n")


def lines_of_printed(total):
    yield total.call("12:00 acme call disk.Attach failed: Busy (try later)\n", "Attach", "Busy", "disk")
    yield total.other("acme call disk.Attach done\n")


def halves_of(kind):
    """A call in two pieces, the second a line end or more, and how many lines it has."""
    if kind == "cri":
        line = text("Half", "InternalError")
        return cri(line[:40], tag="P"), cri(line[40:]), 2
    if kind == "line":
        line = cri(text("Half", "InternalError"))
        return line[:70], line[70:], 1
    lines = pretty("Half", "InternalError").splitlines(keepends=True)
    return "".join(lines[:4]), "".join(lines[4:]), len(lines)


def half_a_record(folder):
    """It is not counted, and is the lag; its rest makes it whole, over a kill too."""
    for kind in ("cri", "line", "pretty"):
        place = folder / kind
        place.mkdir()
        scene = Scene(place, {"app": {"format": "auto", "join_json": True}})
        scene.write(scene.sum.call(text("First") + "\n", "First"))
        scene.start()
        scene.exact(f"{kind}: what is whole")
        first, second, lines = halves_of(kind)
        scene.write(first)
        scene.exact(f"{kind}: half a record waits", lag=len(first))
        scene.kill_and_start()
        scene.exact(f"{kind}: and after a kill", lag=len(first))
        metrics = scene.scraper.look(scene.daemon)
        check(metrics.sum("apierrd_source_lag_seconds") < 60, "an open record makes the reader late")
        scene.write(second)
        scene.sum.call(first + second, "Half", "InternalError", lines=lines)
        scene.exact(f"{kind}: whole")
        scene.write(first)
        scene.exact(f"{kind}: another half", lag=len(first))
        scene.daemon.kill()
        scene.write(second)
        scene.sum.call(first + second, "Half", "InternalError", lines=lines)
        scene.start()
        scene.exact(f"{kind}: made whole meanwhile")
        scene.finish()


def open_record(folder, kind, **sections):
    """A scene whose log ends with half a record that has been seen."""
    scene = Scene(folder, {"app": {"format": "auto", "join_json": True}}, **sections)
    scene.write(scene.sum.call(text("First") + "\n", "First"))
    scene.start()
    scene.exact("what is whole")
    first, second, lines = halves_of(kind)
    scene.write(first)
    scene.exact(f"{kind}: half a record waits", lag=len(first))
    return scene, first, second, lines


def count_halves(scene, kind, first, second):
    """Torn apart each half counts as it is."""
    if kind == "cri":
        scene.sum.other(first, "rejected", "invalid_json")
        scene.sum.other(second)
    else:
        scene.sum.other(first)
        scene.sum.other(second)


def split_for_good(kind):
    """So that neither half holds a document of its own."""
    if kind == "cri":
        line = text("Half", "InternalError")
        return cri(line[:-2], tag="P"), cri(line[-2:])
    before, inside, rest = pretty("Half", "InternalError").partition('"Error": {\n')
    return before + inside, rest


def renamed_in_a_record(folder):
    """The writer goes on in the renamed file: the record is whole there."""
    for kind in ("cri", "pretty"):
        (folder / kind).mkdir()
        patient = {"reader": {**QUICK, "linger": "60s"}}  # on a busy machine the second half comes late
        scene, first, second, lines = open_record(folder / kind, kind, **patient)
        writer = scene.log.open("ab", buffering=0)
        scene.log.rename(scene.log.with_name("app.log.1"))
        writer.write(second.encode())
        scene.sum.call(first + second, "Half", "InternalError", lines=lines)
        scene.write(scene.sum.call(text("New") + "\n", "New"))
        scene.exact(f"{kind}: whole in the renamed file")
        scene.finish()


def half_for_good(folder, kind):
    """A daemon that waits for a record's second half, which will not come where the first one is."""
    folder.mkdir()
    first, second = split_for_good(kind)
    scene = Scene(folder, {"app": {"format": "auto", "join_json": True}})
    scene.write(scene.sum.call(text("First") + "\n", "First"))
    scene.start()
    scene.write(first)
    scene.exact(f"{kind}: half a record waits", lag=len(first))
    return scene, first, second


def reopened_in_a_record(folder):
    """The record's rest is in the new file: each half counts as it is, the first after reader.linger."""
    for kind in ("cri", "pretty"):
        scene, first, second = half_for_good(folder / kind, kind)
        scene.log.rename(scene.log.with_name("app.log.1"))
        scene.write(second)
        count_halves(scene, kind, first, second)
        scene.exact(f"{kind}: each half by itself")
        scene.finish()


def copied_and_truncated_in_a_record(folder):
    """The copy holds the first half, the log its rest: each counts as it is."""
    for kind in ("cri", "pretty"):
        scene, first, second = half_for_good(folder / kind, kind)
        scene.daemon.pause()
        shutil.copy(scene.log, scene.log.with_name("app.log.1"))
        os.truncate(scene.log, 0)
        scene.write(second)
        scene.daemon.resume()
        count_halves(scene, kind, first, second)
        scene.exact(f"{kind}: each half by itself")
        scene.finish()


def truncated_in_a_record(folder):
    """Nobody made a copy: the half that was not counted is lost, and is said to be."""
    for kind in ("cri", "pretty"):
        (folder / kind).mkdir()
        scene, first, _, _ = open_record(folder / kind, kind)
        os.truncate(scene.log, 0)
        scene.write(scene.sum.call(text("New") + "\n", "New"))
        scene.exact(f"{kind}: the half is lost", lost=len(first))
        scene.finish(lost=len(first))


def part_that_never_ends(folder):
    """It holds up no more than limits.line_bytes of other lines; each of those counts once."""
    scene = Scene(folder, {"app": {"format": "auto"}}, limits={"line_bytes": 2000})
    part = scene.sum.other(cri("the end never comes", tag="P"))
    scene.write(part)
    scene.start()
    held_up = len(part)
    for number in range(40):
        line = cri(text(f"N{number}"), "stderr")
        scene.sum.call(line, f"N{number}")
        scene.write(line)
        held_up += len(line)
        if number == 3:
            scene.kill_and_start()
            wait_until("other lines wait with it", lambda: scene.scraper.look(scene.daemon).sum(
                "apierrd_source_lag_bytes") == held_up)
    scene.exact("all but the part's end")
    scene.write(scene.sum.other(cri("though it does")))
    scene.exact("which counts by itself")
    result = replay_as(scene.log, "--config", scene.daemon.config)
    check(result["lines"] == scene.sum.lines and result["ignored"] == {"not_api_call": 2}, f"replay: {result}")
    scene.finish()


def reload_switches_format(folder):
    """Lines count by the format in effect when they are read; what was held back counts by the new one. (An
    audit counts whole files by the present format, and says that they differ.)"""
    scene = Scene(folder, {"app": {}})
    line = SDK_ERROR + "\n"
    scene.write(scene.sum.other(line, "rejected", "invalid_json"))
    scene.start()
    scene.exact("tencentcloud")

    def reload(**options):
        before = scene.daemon.metrics().value("apierrd_config_last_reload_success_timestamp_seconds")
        scene.sources["app"] = options
        scene.configure()
        scene.daemon.hang_up()
        scene.daemon.wait_for("reloaded", lambda m: m.value(
            "apierrd_config_last_reload_success_timestamp_seconds") > before)
    reload(format="auto", join_json=True)
    scene.write(scene.sum.call(line, SDK_FAILED[1], SDK_FAILED[2], SDK_FAILED[0]))
    scene.exact("auto", audited=False)
    first, second = split_for_good("pretty")
    scene.write(first)
    scene.exact("half an object waits", lag=len(first), audited=False)
    reload(format="auto")
    scene.sum.other(first)
    scene.exact("nothing is joined any more", audited=False)
    scene.write(scene.sum.other(second))
    scene.exact("nor is its rest", audited=False)
    reload()
    scene.write(scene.sum.call(text("Last") + "\n", "Last"))
    scene.exact("tencentcloud again", audited=False)
    scene.daemon.stop()


def failed_items(folder):
    """A call succeeds, some of its items do not: they count apart, exactly, also over a kill, and can be seen."""
    options = {"format": "auto", "item_failures": [{"at": "/Response/SendStatusSet", "code": "/Code", "ok": ["Ok"]}]}
    scene = Scene(folder, {"app": options})
    wanted = collections.Counter()

    def send(*codes):
        answer = {"Response": {"SendStatusSet": [{"Code": code} for code in codes], "RequestId": "r"}}
        line = json.dumps({"service": "sms", "action": "SendSms", "response": answer}) + "\n"
        scene.write(scene.sum.call(line, "SendSms", service="sms"))
        wanted.update(code for code in codes if code != "Ok")

    def counted(what):
        scene.exact(what)
        metrics = scene.daemon.metrics()
        for code, count in wanted.items():
            seen = metrics.value("apierrd_item_failures_total", source="app", api_service="sms",
                                 action="SendSms", code=code)
            check(seen == count, f"{what}: {seen} items failed with {code}, not {count}")
        check(metrics.sum("apierrd_item_failures_total") == sum(wanted.values()), f"{what}: other items")
        check(metrics.sum("apierrd_api_errors_total") == 0, f"{what}: a failed item is no failed call")
    send("Ok", "LimitExceeded.PhoneNumberDailyLimit", "<b>")
    scene.start()
    counted("items")
    send("LimitExceeded.PhoneNumberDailyLimit", "Ok", "LimitExceeded.PhoneNumberDailyLimit")
    send("Ok")
    counted("more items")
    page = scene.daemon.get("/").body.decode()
    check("Failed items of calls that succeeded" in page, "the page does not show failed items")
    check("LimitExceeded.PhoneNumberDailyLimit" in page and "&lt;b&gt;" in page and "<b>LimitEx" not in page,
          "the page's failed items")
    scene.kill_and_start()
    counted("after a kill")
    scene.daemon.stop()
    table = run_program("replay", "--config", str(scene.daemon.config), "--output", "table", str(scene.log)).stdout
    check(b"code of a failed item" in table and b"LimitExceeded.PhoneNumberDailyLimit" in table, f"replay: {table}")
    rows = json.loads(run_program("replay", "--config", str(scene.daemon.config), "--output", "json",
                                  str(scene.log)).stdout)["item_failures"]
    check({row["code"]: row["count"] for row in rows} == dict(wanted), f"replay: {rows}")


if __name__ == "__main__":
    run("records count once in every format", every_format, half_a_record, renamed_in_a_record,
        reopened_in_a_record, copied_and_truncated_in_a_record, truncated_in_a_record, part_that_never_ends,
        reload_switches_format, failed_items)
