"""The programs that compare.py runs: how each is told to count a file, and what it came to.

All count calls by service and action, and errors by service, action and code. A contestant's run() returns what the
process cost and its output; counts() makes ({(service, action): n}, {(service, action, code): n}) of that.
"""
import collections
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import corpus

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = pathlib.Path(os.environ.get("APIERRD_TOOLS", ROOT / "build/tools"))
BUILT = pathlib.Path(os.environ.get("APIERRD_BENCH_BUILD", ROOT / "build/release"))
DEADLINE_S = 1800
Run = collections.namedtuple("Run", "user_s system_s rss_mb")


def find(name):
    """An installed program, or one whose package was only unpacked into build/tools."""
    folders = [os.environ["PATH"], "/usr/sbin", str(TOOLS / "usr/bin"), str(TOOLS / "usr/sbin")]
    return shutil.which(name, path=os.pathsep.join(folders))


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=peer_environment())
    return (done.stdout + done.stderr).strip().split("\n")[0]


def peer_environment():
    """Programs from unpacked packages find their libraries beside them."""
    libraries = [str(path) for path in sorted(TOOLS.glob("usr/lib/*-linux-gnu"))]
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)} if libraries else dict(os.environ)


class Measured:
    """A process on one core, started so that its memory is its own (cost_of.cc)."""

    def __init__(self, command, folder, core):
        self.command, self.report, self.output = command, folder / "report", folder / "output"
        with self.output.open("wb") as out, (folder / "errors").open("wb") as errors:
            self.process = subprocess.Popen([str(BUILT / "tests/bench/cost_of"), str(core), str(self.report),
                                             *map(str, command)], stdout=out, stderr=errors,
                                            stdin=subprocess.DEVNULL, env=peer_environment())

    def wait_until(self, probe):
        """Until probe() is true. The pause is long, so that asking costs little."""
        deadline = time.monotonic() + DEADLINE_S
        while not probe():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"compare: {self.command[0]} ended or hangs before it has counted all")
            time.sleep(0.1)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def finish(self):
        self.process.wait()
        user, system, kib, status = self.report.read_text().split()
        if os.waitstatus_to_exitcode(int(status)) != 0:
            sys.exit(f"compare: {' '.join(map(str, self.command))}: status {status}")
        return Run(float(user), float(system), int(kib) / 1024)


class Contestant:
    name = ""
    reads = frozenset(corpus.CORPORA)

    def __init__(self, program, core):
        self.program, self.core = program, core

    def version(self):
        return first_line(self.program, "--version")

    def command(self, name, path, folder):
        raise NotImplementedError

    def counts(self, output):
        raise NotImplementedError

    def run(self, name, path, folder):
        process = Measured(self.command(name, path, folder), folder, self.core)
        run = process.finish()
        return run, process.output.read_bytes()


class Replay(Contestant):
    name = "apierrd replay"

    def command(self, name, path, folder):
        return [self.program, "replay", "--config", config(name, path, folder), "--source", "bench", "--output", "json",
                path]

    def counts(self, output):
        result = json.loads(output)
        return ({(row["api_service"], row["action"]): row["count"] for row in result["calls"]},
                {(row["api_service"], row["action"], row["code"]): row["count"] for row in result["errors"]})


class CatchUp(Contestant):
    """The daemon on a file that is already there, from its start until it has committed the last line and stopped."""
    name = "apierrd run"

    def run(self, name, path, folder):
        for old in folder.glob("state.db*"):
            old.unlink()
        process = Measured([self.program, "run", "--config", config(name, path, folder)], folder, self.core)
        log = folder / "errors"
        process.wait_until(lambda: b"event=started" in log.read_bytes())
        port = re.search(r"event=started .*listen=\S*:(\d+)", log.read_text())[1]
        process.wait_until(lambda: http(port, "/-/ready")[0] == 200)
        page = http(port, "/metrics")[1]
        process.terminate()
        return process.finish(), page

    def counts(self, output):
        return prometheus_counts(output, "apierrd_api_calls_total", "apierrd_api_errors_total", "api_service")


def config(name, path, folder):
    """A configuration for both; JSON is YAML."""
    source = {"name": "bench", "paths": [str(path)], "format": "tencentcloud"}
    if name == "docker":
        source["wrapper"] = "docker"
    file = folder / "apierrd.yaml"
    file.write_text(json.dumps({"sources": [source], "state": {"path": str(folder / "state.db")},
                                "web": {"listen": "127.0.0.1:0", "startup_hold": 0}}))
    return file


def http(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""


def prometheus_counts(page, calls_name, errors_name, service):
    calls, errors = {}, {}
    for line in page.decode().splitlines():
        found = re.match(rf"({calls_name}|{errors_name})\{{(.*)\}} (\d+)", line)
        if not found or found[3] == "0":
            continue
        labels = dict(re.findall(r'(\w+)="([^"]*)"', found[2]))
        key = (labels[service], labels["action"])
        if found[1] == calls_name:
            calls[key] = int(found[3])
        else:
            errors[(*key, labels["code"])] = int(found[3])
    return calls, errors


class BareLoop(Contestant):
    name = "bare simdjson loop"

    def version(self):
        return "tests/bench/bare_loop.cc"

    def command(self, name, path, folder):
        return [self.program, *(["--docker"] if name == "docker" else []), path]

    def counts(self, output):
        result = json.loads(output)
        return ({tuple(row[:2]): row[2] for row in result["calls"]},
                {tuple(row[:3]): row[3] for row in result["errors"]})


class Mtail(Contestant):
    """Counts by regular expressions, which must know the order of the keys and how quotes are written."""
    name = "mtail"
    reads = Contestant.reads - {"shuffled", "escaped", "docker"}
    PROGRAM = r'''
counter calls by service, action
counter errors by service, action, code
/"service":"(?P<service>[^"]*)","action":"(?P<action>[^"]*)"/ {
  calls[$service][$action]++
  /"Error":{"Code":"(?P<code>[^"]*)"/ {
    errors[$service][$action][$code]++
  }
}
'''

    def version(self):
        return first_line(self.program, "--version").split(" git ")[0]

    def command(self, name, path, folder):
        programs = folder / "mtail"
        programs.mkdir(exist_ok=True)
        (programs / "count.mtail").write_text(self.PROGRAM)
        return [self.program, "--one_shot", "--one_shot_format=prometheus", "--address", "127.0.0.1", "--port", "0",
                "--progs", programs / "count.mtail", "--logs", path]

    def counts(self, output):
        return prometheus_counts(output, "calls", "errors", "service")


class Jq(Contestant):
    """Prints the fields; counting them would only make it slower."""
    name = "jq"
    FIELDS = ('[.service, .action, (.response | if type == "string" then fromjson else . end'
              ' | .Response.Error.Code // "")] | join(" ")')

    def command(self, name, path, folder):
        return [self.program, "-r", (".log | fromjson | " if name == "docker" else "") + self.FIELDS, path]

    def counts(self, output):
        calls, errors = collections.Counter(), collections.Counter()
        for line in output.decode().splitlines():
            service, action, code = (line.split(" ") + [""])[:3]
            calls[service, action] += 1
            if code:
                errors[service, action, code] += 1
        return dict(calls), dict(errors)


class Rsyslog(Contestant):
    """Its own counters (dyn_stats), which it writes once a second; stopped when they have come to the file's end."""
    name = "rsyslog"
    CONFIG = r'''
global(workDirectory="@FOLDER@" maxMessageSize="1m")
module(load="imfile" mode="inotify")
module(load="mmjsonparse")
module(load="impstats" interval="1" format="json" log.file="@STATS@" log.syslog="off" resetCounters="off")
dyn_stats(name="calls" resettable="off" maxCardinality="100000" unusedMetricLife="864000")
dyn_stats(name="errors" resettable="off" maxCardinality="100000" unusedMetricLife="864000")
ruleset(name="count") {
  action(type="mmjsonparse" cookie="")
  @PARSE@
  set $.call = $!@RECORD@service & " " & $!@RECORD@action;
  set $.inc = dyn_inc("calls", $.call);
  if $!@ANSWER@!Response!Error!Code != "" then {
    set $.inc = dyn_inc("errors", $.call & " " & $!@ANSWER@!Response!Error!Code);
  }
}
input(type="imfile" File="@LOG@" Tag="api" ruleset="count" freshStartTail="off")
'''

    def version(self):
        return first_line(self.program, "-v").removesuffix(" compiled with:")

    def command(self, name, path, folder):
        parse, record, answer = "", "", "response"
        if name == "escaped":
            parse, answer = r'set $.ret = parse_json($!response, "\$!answer");', "answer"
        if name == "docker":
            parse, record, answer = r'set $.ret = parse_json($!log, "\$!line");', "line!", "line!response"
        text = self.CONFIG
        for word, value in {"FOLDER": folder, "STATS": folder / "stats", "PARSE": parse, "RECORD": record,
                            "ANSWER": answer, "LOG": path}.items():
            text = text.replace(f"@{word}@", str(value))
        (folder / "rsyslog.conf").write_text(text)
        modules = list(TOOLS.glob("usr/lib/*/rsyslog")) if str(TOOLS) in self.program else []
        return [self.program, "-n", "-iNONE", "-f", folder / "rsyslog.conf", *(["-M", modules[0]] if modules else [])]

    def run(self, name, path, folder):
        for old in (*folder.glob("imfile-state*"), *folder.glob("stats")):
            old.unlink()
        process = Measured(self.command(name, path, folder), folder, self.core)
        wanted = sum(corpus.counts(name, path)[0].values())
        process.wait_until(lambda: sum(latest(folder / "stats", "calls").values()) >= wanted)
        process.terminate()
        run = process.finish()
        return run, json.dumps([latest(folder / "stats", "calls"), latest(folder / "stats", "errors")])

    def counts(self, output):
        calls, errors = json.loads(output)
        return ({tuple(key.split(" ")): count for key, count in calls.items()},
                {tuple(key.split(" ")): count for key, count in errors.items()})


def latest(stats, name):
    """What impstats wrote last of a dyn_stats bucket."""
    if not stats.exists():
        return {}
    for line in reversed(stats.read_text().splitlines()):
        found = re.search(r'\{.*\}$', line)
        if found and f'"name": "{name}"' in line and '"values"' in line:
            return json.loads(found[0])["values"]
    return {}


def all_contestants(core):
    """(those that are there, names of those that are not)"""
    known = [(Replay, BUILT / "apierrd"), (CatchUp, BUILT / "apierrd"), (BareLoop, BUILT / "tests/bench/bare_loop"),
             (Mtail, "mtail"), (Rsyslog, "rsyslogd"), (Jq, "jq")]
    there, missing = [], []
    for kind, program in known:
        path = find(str(program))
        if path:
            there.append(kind(path, core))
        else:
            missing.append(kind.name)
    return there, missing
