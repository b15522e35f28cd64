"""Starts, scrapes and stops the real program; shared by the end-to-end tests.

A test is made of parts, functions that take a pathlib.Path of an empty folder; run() calls them, ends
every process they started, and turns the outcome into the exit code: 0, 1, or 77 for a skip. Nothing here
waits a fixed time: wait_until() polls, and says how long it took. The folder of a part that failed is copied
into APIERRD_KEEP, if that is set.
"""
import atexit
import collections
import ctypes
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import openmetrics_check  # noqa: E402
import oracle  # noqa: E402

DEADLINE_S = 30
TEXT = "text/plain; version=0.0.4"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
# What Prometheus 2.42 sends (scrape/scrape.go).
PROMETHEUS_ACCEPT = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
                     "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1")

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_processes = []


class Failure(Exception):
    """The program did not do what it should."""


class Gone(Failure):
    """The program is no longer there."""


class Skip(Exception):
    """The test cannot run here."""


def program():
    path = os.environ.get("APIERRD_BIN")
    if not path:
        raise Failure("APIERRD_BIN must name the program under test")
    return path


def check(condition, text):
    if not condition:
        raise Failure(text)


def wait_until(what, probe, deadline_s=DEADLINE_S, quiet=False):
    """Calls probe() until it returns something true, and returns that; an answer of another kind is
    shown when time is up: probe may return (False, why)."""
    started = time.monotonic()
    pause, answer = 0.005, None
    while True:
        answer = probe()
        good = answer[0] if isinstance(answer, tuple) and not hasattr(answer, "_fields") else answer
        delay = time.monotonic() - started
        if good:
            if not quiet:
                print(f"  {what}: after {delay:.2f} s")
            return answer
        if delay > deadline_s:
            raise Failure(f"not within {deadline_s} s: {what}; last seen: {answer!r:.1500}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


# ---- processes

def spawn(arguments, **options):
    """A child that does not outlive this process, however this process ends."""
    def in_child():
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # Daemon.fill_disk(): an error, not the end
    process = subprocess.Popen(arguments, preexec_fn=in_child, **options)
    _processes.append(process)
    return process


@atexit.register
def end_all():
    for process in reversed(_processes):
        if process.poll() is None:
            process.kill()
            process.wait()


def run_program(*arguments, stdin=b"", timeout_s=120, **options):
    """One run of a command to its end; exit code, standard output and standard error as bytes."""
    return subprocess.run([program(), *map(str, arguments)], input=stdin, capture_output=True,
                          timeout=timeout_s, check=False, **options)


def audit(config):
    """What the state and the files hold must agree."""
    done = run_program("audit", "--config", config)
    text = (done.stdout + done.stderr).decode(errors="replace")
    check(done.returncode == 0, f"audit exits {done.returncode}: {text[-3000:]}")


def replay(*files):
    """What `replay --output json` says of the files together."""
    done = run_program("replay", "--output", "json", *files)
    check(done.returncode == 0, f"replay exits {done.returncode}: {done.stderr.decode()}")
    return json.loads(done.stdout)


def demo_lines(count, seed=1):
    """Lines of a made-up log, each with its newline."""
    done = run_program("demo", "--write", "-", "--lines", count, "--seed", seed)
    check(done.returncode == 0, f"demo exits {done.returncode}: {done.stderr.decode()}")
    return done.stdout.splitlines(keepends=True)


def call_line(action="PayDeals", code=None, service="billing", request_id="", message="m", **more):
    """A line of the default format, as bytes with a newline."""
    response = {"RequestId": request_id}
    if code is not None:
        response["Error"] = {"Code": code, "Message": message}
    line = {"service": service, "action": action, "response": {"Response": response}, **more}
    return json.dumps(line).encode() + b"\n"


def failed_call(code, message="balance is not sufficient", action="PayDeals", request_id="r-1"):
    return call_line(action, code, request_id=request_id, message=message)


# ---- metrics

class Metrics:
    """A scraped page's samples."""

    def __init__(self, families):
        self.families = families
        self.samples = collections.defaultdict(list)
        for family in families.values():
            for sample in family.samples:
                self.samples[sample.name].append(sample)

    def rows(self, name, **labels):
        """Samples of that name whose labels include the given ones."""
        return [sample for sample in self.samples[name]
                if all(sample.labels.get(key) == value for key, value in labels.items())]

    def sum(self, name, **labels):
        return sum(sample.value for sample in self.rows(name, **labels))

    def value(self, name, **labels):
        """The one sample with these labels, or None."""
        rows = self.rows(name, **labels)
        check(len(rows) <= 1, f"{name}{labels} is there {len(rows)} times")
        return rows[0].value if rows else None

    def table(self, name, *label_names, **labels):
        """Sums by the named labels, those above zero."""
        out = collections.Counter()
        for sample in self.rows(name, **labels):
            out[tuple(sample.labels[label] for label in label_names)] += sample.value
        return {key: value for key, value in out.items() if value > 0}

    def series(self):
        """Everything as {(name, labels): value}."""
        return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
                for samples in self.samples.values() for sample in samples}


def counted_by_replay(result):
    """replay's JSON as {metric: {labels: count}}, without the source."""
    out = {
        "calls": {(c["api_service"], c["action"]): c["count"] for c in result["calls"]},
        "errors": {(e["api_service"], e["action"], e["code"]): e["count"] for e in result["errors"]},
        "lines": result["lines"], "bytes": result["bytes"],
        "ignored": {(k,): v for k, v in result["ignored"].items()},
        "rejected": {(k,): v for k, v in result["rejected"].items()},
    }
    by_code, undocumented, findings = (collections.Counter() for _ in range(3))
    for error in result["errors"]:
        service, count = error["api_service"], error["count"]
        by_code[service, error["code"]] += count
        if not error["documented"]:
            undocumented[service,] += count
        finding, _ = oracle.default_catalog().classify(service, error["action"], error["code"])
        if finding != "action":
            findings[service, finding] += count
    return {**out, "by_code": dict(by_code), "undocumented": dict(undocumented), "findings": dict(findings)}


def counted_by_daemon(metrics, source):
    """The same of a scrape."""
    def table(name, *labels):
        return metrics.table(name, *labels, source=source)
    return {
        "calls": table("apierrd_api_calls_total", "api_service", "action"),
        "errors": table("apierrd_api_errors_total", "api_service", "action", "code"),
        "lines": metrics.sum("apierrd_ingest_lines_total", source=source),
        "bytes": metrics.sum("apierrd_ingest_bytes_total", source=source),
        "ignored": table("apierrd_ignored_lines_total", "reason"),
        "rejected": table("apierrd_parse_failures_total", "reason"),
        "by_code": table("apierrd_api_errors_by_code_total", "api_service", "code"),
        "undocumented": table("apierrd_undocumented_errors_total", "api_service"),
        "findings": table("apierrd_documentation_findings_total", "api_service", "finding"),
    }


def differences(metrics, result, source):
    """What a scrape and a replay disagree about, as text; empty if they agree."""
    seen, wanted = counted_by_daemon(metrics, source), counted_by_replay(result)
    out = []
    for key, value in wanted.items():
        if seen[key] == value:
            continue
        if isinstance(value, dict):
            for row in sorted(set(value) | set(seen[key])):
                if value.get(row, 0) != seen[key].get(row, 0):
                    out.append(f"{key}{row}: {seen[key].get(row, 0):.0f}, not {value.get(row, 0)}")
        else:
            out.append(f"{key}: {seen[key]:.0f}, not {value}")
    return out


# ---- HTTP

Answer = collections.namedtuple("Answer", "status headers body")


def request(port, path, method="GET", headers=None, body=None, timeout_s=DEADLINE_S):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def free_port():
    """A port nobody uses now; for programs that cannot choose one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# ---- the daemon

def write_config(path, sources, **sections):
    """A configuration (JSON is YAML). `sources` maps names to lists of paths; a port is free, and the
    state stands beside the file, unless sections say otherwise."""
    config = {
        "sources": [{"name": name, "paths": [str(p) for p in paths]}
                    for name, paths in sources.items()],
        "web": {"listen": "127.0.0.1:0"},
        "state": {"path": str(path.parent / "state.db")},
        **sections,
    }
    path.write_text(json.dumps(config, indent=1), encoding="utf-8")
    return path


class Daemon:
    """`apierrd run`; start() waits until it serves. `wrapper` is a command to run it by."""

    def __init__(self, config, scraper="e2e", wrapper=(), environment=None):
        self.config, self.scraper = config, scraper
        self.wrapper, self.environment = wrapper, environment
        self.log_path = config.with_suffix(".stderr")
        self.process, self.port, self.log_start = None, None, 0

    def start(self, under=()):
        """`under`: a command, in words, that turns into the program (env, setpriv, strace -D)."""
        self.launch(under)
        return self.wait_started()

    def launch(self, under=()):
        self.log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        with self.log_path.open("ab") as log:
            self.process = spawn([*map(str, under or self.wrapper), program(), "run", "--config",
                                  str(self.config)], stderr=log, env=self.environment)

    def wait_started(self):
        def port():
            self.check_alive()
            text = self.log_path.read_bytes()[self.log_start:].decode(errors="replace")
            found = re.search(r"event=started .*listen=\S*:(\d+)", text)
            return found and int(found.group(1))
        self.port = wait_until("daemon started", port, quiet=True)
        return self

    def log(self):
        return self.log_path.read_text(errors="replace")

    def check_alive(self):
        if self.process.poll() is not None:
            raise Gone(f"the daemon ended with {self.process.returncode}: {self.log()[-3000:]}")

    def outlives(self, act):
        """False if it was killed before act() came to its end; any other end is a failure."""
        try:
            act()
            return True
        except (Gone, OSError, http.client.HTTPException):
            if self.process.wait(DEADLINE_S) != -signal.SIGKILL:
                raise
            return False

    def get(self, path, **headers):
        return request(self.port, path, headers={"User-Agent": self.scraper, **headers})

    def metrics(self, accept=TEXT, scraper=None):
        """Scrapes; the page must be strictly in order."""
        self.check_alive()
        answer = request(self.port, "/metrics",
                         headers={"User-Agent": scraper or self.scraper, "Accept": accept})
        check(answer.status == 200, f"/metrics answers {answer.status}")
        families, faults = openmetrics_check.check(answer.body, "openmetrics" in accept)
        check(not faults, f"/metrics is out of order: {faults[:5]}")
        return Metrics(families)

    def wait_for(self, what, condition, deadline_s=DEADLINE_S):
        """Scrapes until condition(metrics) holds; the scrape that showed it."""
        def probe():
            metrics = self.metrics()
            return condition(metrics) and metrics
        return wait_until(what, probe, deadline_s)

    def wait_for_totals(self, what, result, source="app"):
        """Scrapes until everything equals a replay's result."""
        def probe():
            metrics = self.metrics()
            found = differences(metrics, result, source)
            return (not found, found[:10], metrics)
        return wait_until(what, probe)[2]

    def pause(self):
        """Stops it in its tracks, for things to happen between two looks; resume() lets it go on."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)  # until all its threads stand still

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def fill_disk(self, full=True):
        """As if there were no room left: files cannot grow beyond 8 KiB."""
        _, most = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (8192 if full else most, most))

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; the exit code must be 0."""
        self.process.terminate()
        code = self.process.wait(DEADLINE_S)
        if code != 0:
            raise Gone(f"the daemon ended with {code} after SIGTERM: {self.log()[-3000:]}")


def counting(folder, lines):
    """A daemon that has counted these lines and is ready, and its log."""
    log = folder / "app.log"
    log.write_bytes(b"".join(lines))
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]})).start()
    daemon.metrics()
    daemon.wait_for("counted", lambda m: m.sum("apierrd_ingest_lines_total") == len(lines))
    wait_until("ready", lambda: daemon.get("/-/ready").status == 200, quiet=True)
    return daemon, log


def run(words, *parts):
    """Runs each part in a folder of its own, all of them whatever happens to one, and ends the process
    with the verdict. Arguments choose parts by name."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    wanted = sys.argv[1:]
    started = time.monotonic()
    failed, skipped = [], []
    chosen = [part for part in parts if not wanted or part.__name__ in wanted]
    for part in chosen:
        print(f"{part.__name__}:", flush=True)
        begun = time.monotonic()
        reason = run_part(part)
        print(f"  {time.monotonic() - begun:.1f} s in all", flush=True)
        if isinstance(reason, Skip):
            print(f"  skipped: {reason}")
            skipped.append(reason)
        elif reason is not None:
            failed.append(part.__name__)
    seconds = f"{time.monotonic() - started:.1f} s"
    if failed:
        sys.exit(f"FAILED: {', '.join(failed)} ({seconds})")
    if skipped and len(skipped) == len(chosen):
        print(f"SKIP: {skipped[0]}")
        sys.exit(77)
    print(f"OK: {words} ({seconds})")


def run_part(part):
    """None, or the Skip or other exception that ended it."""
    with tempfile.TemporaryDirectory(prefix="apierrd-e2e-", ignore_cleanup_errors=True) as name:
        folder = pathlib.Path(name).resolve()
        try:
            part(folder)
        except Skip as reason:
            return reason
        except (Failure, OSError, subprocess.SubprocessError, http.client.HTTPException) as error:
            frames = traceback.extract_tb(error.__traceback__)
            lines = [f.lineno for f in frames if f.filename == part.__code__.co_filename]
            print(f"  FAILED at line {lines}: {type(error).__name__}: {error}")
            for log in folder.rglob("*.stderr"):
                text = log.read_text(errors="replace")[-2000:].replace("\n", "\n    | ")
                print(f"    {log.name}\n    | {text}")
            if "APIERRD_KEEP" in os.environ:
                end_all()
                shutil.copytree(folder, pathlib.Path(os.environ["APIERRD_KEEP"]) / folder.name)
            return error
        finally:
            end_all()
    return None
