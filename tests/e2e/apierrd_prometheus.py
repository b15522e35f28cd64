"""A real Prometheus for the end-to-end tests, and where its tools are."""
import json
import os
import pathlib
import shutil
import urllib.parse

from apierrd_e2e import Failure, Skip, check, free_port, request, spawn, wait_until


def tool(name):
    """The path of a program, from APIERRD_TOOLS/usr/bin or else from the PATH."""
    folder = os.environ.get("APIERRD_TOOLS")
    found = folder and shutil.which(name, path=str(pathlib.Path(folder) / "usr" / "bin"))
    found = found or shutil.which(name)
    if not found:
        raise Skip(f"{name} is neither below APIERRD_TOOLS nor in the PATH")
    return found


class Prometheus:
    """A server that scrapes and evaluates every second and keeps all it has in `folder`.

    `targets` maps jobs to ports. `rules` is what a rule file holds; more sections of the configuration
    (alerting, say) come by name. stop() ends it, start() begins anew on the same data.
    """

    def __init__(self, folder, targets, rules=None, port=None, **sections):
        self.folder, self.port, self.process = folder, port or free_port(), None
        self.config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "scrape_configs": [{"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
                               for job, port in targets.items()], **sections}
        if rules is not None:
            (folder / "rules.yml").write_text(json.dumps(rules))
            self.config["rule_files"] = [str(folder / "rules.yml")]
        self.start()

    def start(self):
        config = self.folder / "prometheus.yml"
        config.write_text(json.dumps(self.config))
        with (self.folder / "prometheus.stderr").open("ab") as log:
            self.process = spawn(
                [tool("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={self.folder / 'tsdb'}",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=warn",
                 "--enable-feature=exemplar-storage", "--rules.alert.resend-delay=1s"], stdout=log, stderr=log)
        wait_until("prometheus ready", self.ready)

    def ready(self):
        if self.process.poll() is not None:
            raise Failure(f"prometheus ended with {self.process.returncode}")
        try:
            return request(self.port, "/-/ready").status == 200
        except OSError:
            return False

    def api(self, path, **parameters):
        answer = request(self.port, f"/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}")
        data = json.loads(answer.body)
        check(data["status"] == "success", f"{path} {parameters}: {data.get('error')}")
        return data["data"]

    def table(self, query, *labels):
        """An instant query's values by labels, those above zero."""
        rows = self.api("query", query=query)["result"]
        out = {tuple(row["metric"].get(label) for label in labels): float(row["value"][1]) for row in rows}
        check(len(out) == len(rows), f"{query}: labels {labels} do not tell its rows apart")
        return {key: value for key, value in out.items() if value > 0}

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
