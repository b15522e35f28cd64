#!/usr/bin/env python3
"""The local stack of deploy/compose, as far as it can be told without Docker: what is mounted is there, what is
named exists, nothing is open to the network or runs as root, each program takes its configuration, and the
daemon's command and health check do what they should.
"""
import os
import pathlib
import re
import shutil
import subprocess

import yaml

from apierrd_e2e import (Failure, Skip, check, free_port, program, request, run, run_program, spawn, wait_until)
from apierrd_prometheus import tool

ROOT = pathlib.Path(os.environ.get("APIERRD_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
COMPOSE = ROOT / "deploy" / "compose"
GENERATED = ROOT / "deploy" / "prometheus" / "apierrd.rules.yml"
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+\.\d+")


def stack(name="compose.yaml"):
    return yaml.safe_load((COMPOSE / name).read_text(encoding="utf-8"))


def binds(service):
    """(path on this machine, path in the container, options) of what is mounted from here."""
    for volume in service.get("volumes", ()):
        source, target, *options = volume.split(":")
        if source.startswith("."):
            yield (COMPOSE / source).resolve(), target, options


def locked_down(_):
    whole = stack()
    for name, service in whole["services"].items():
        check(PINNED.fullmatch(service["image"]) or "build" in service, f"{name}: image {service['image']} is not pinned")
        check(re.fullmatch(r"[1-9]\d*:\d+", service.get("user", "")), f"{name} may run as root")
        check(service["read_only"] and service["cap_drop"] == ["ALL"] and
              service["security_opt"] == ["no-new-privileges:true"], f"{name} is not locked down")
        check(service["healthcheck"]["test"][0] == "CMD", f"{name} has no health check")
        for port in service["ports"]:
            check(re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port), f"{name}: port {port} is open to others")
        check(set(service.get("depends_on", ())) <= set(whole["services"]), f"{name} depends on what is not there")


def everything_is_there(_):
    whole = stack()
    for name, service in whole["services"].items():
        for path, target, options in binds(service):
            check(path.exists() or path == GENERATED, f"{name}: {path} is mounted and not there")
            check(options == ["ro"], f"{name}: {target} can be written to")
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            check(source.startswith(".") or source in whole["volumes"], f"{name}: no volume is called {source}")
    build = whole["services"]["apierrd"]["build"]
    context = (COMPOSE / build["context"]).resolve()
    text = (context / build["dockerfile"]).read_text(encoding="utf-8")
    check(context == ROOT, f"the image is built from {context}")
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    check(copied and all((context / path).exists() for path in copied), f"COPY {copied}")
    check(re.findall(r"^USER (.+)$", text, re.MULTILINE)[-1] == whole["services"]["apierrd"]["user"],
          "the image runs as somebody else")
    # What the build copies is not kept from it.
    ignored = (context / (build["dockerfile"] + ".dockerignore")).read_text(encoding="utf-8").split()
    check(not {"cmake", "parsers", "exporters", "daemon", "deploy", "docs", "quickstart"} & set(ignored), f"{ignored}")
    over = stack("logs.yaml")["services"]
    check(set(over) <= set(whole["services"]), f"logs.yaml knows others: {set(over)}")


def addresses_are_served(_):
    """Whoever is named by host and port is a service that listens there."""
    whole = stack()
    serves = {f"{name}:{port.split(':')[-1]}" for name, service in whole["services"].items()
              for port in service["ports"]}
    for file in ("prometheus.yml", "datasources.yaml"):
        text = (COMPOSE / file).read_text(encoding="utf-8")
        for host in re.findall(r"\b([a-z]+:\d{4,5})\b", text):
            check(host in serves, f"{file}: nobody serves {host}")
    for name, service in whole["services"].items():
        port = service["ports"][0].split(":")[-1]
        words = " ".join(service["healthcheck"]["test"])
        check(f"127.0.0.1:{port}" in words or f"127.0.0.1/{port}" in words, f"{name}: {words} asks another port")


def inside(folder, service):
    """A service's files where it sees them, below a folder; links to what is here."""
    for path, target, _ in binds(service):
        place = folder / target.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, place)
        elif path.exists():
            shutil.copy(path, place)
    return folder


def option(service, name):
    return next(word.split("=", 1)[1] for word in service["command"] if word.startswith(name + "="))


def accepts(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"{command[0]}: {done.stdout} {done.stderr}")


def programs_take_their_files(folder):
    services = stack()["services"]
    for name in ("prometheus", "alertmanager", "grafana"):
        inside(folder / name, services[name])
    config = folder / "prometheus" / option(services["prometheus"], "--config.file").lstrip("/")
    text = config.read_text(encoding="utf-8")
    for path in yaml.safe_load(text)["rule_files"]:
        check(GENERATED.name in path, f"rules are read from {path}")
        if not GENERATED.exists():
            text = text.replace(f"  - {path}\n", "").replace("rule_files:\n", "")
        text = text.replace(path, f"{folder / 'prometheus'}{path}")
    config.write_text(text, encoding="utf-8")
    accepts(tool("promtool"), "check", "config", config)
    config = folder / "alertmanager" / option(services["alertmanager"], "--config.file").lstrip("/")
    accepts(tool("amtool"), "check-config", config)
    for name in ("apierrd.yaml",):
        done = run_program("check", "--config", COMPOSE / name)
        check(done.returncode == 0, f"{name}: {done.stderr.decode()}")


def grafana_finds_its_dashboards(folder):
    service = stack()["services"]["grafana"]
    root = inside(folder, service)
    provisioning = root / "etc" / "grafana" / "provisioning"
    providers = [provider for path in (provisioning / "dashboards").iterdir()
                 for provider in yaml.safe_load(path.read_text(encoding="utf-8"))["providers"]]
    for provider in providers:
        there = sorted((root / provider["options"]["path"].lstrip("/")).glob("*.json"))
        check(len(there) == 5, f"{provider['name']} finds {there}")
        check(not provider["allowUiUpdates"], "dashboards can be changed, and the change lost")
    home = service["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    check((root / home.lstrip("/")).exists(), f"there is no {home}")
    for path in (provisioning / "datasources").iterdir():
        sources = yaml.safe_load(path.read_text(encoding="utf-8"))["datasources"]
        uids = {source["uid"] for source in sources}
        check({source["type"] for source in sources} == {"prometheus", "alertmanager"}, f"data sources: {sources}")
        check({s["jsonData"].get("alertmanagerUid", "apierrd-alertmanager") for s in sources} <= uids, f"{uids}")
        version = stack()["services"]["prometheus"]["image"].split(":v")[-1]
        check(sources[0]["jsonData"]["prometheusVersion"] == version, "Grafana is told another version of Prometheus")


def daemon_becomes_healthy(folder):
    """The container's own command and health check, with folder and port of this test; a second start goes on."""
    service, port = stack()["services"]["apierrd"], free_port()
    def here(words):
        out = [str(w).replace("/var/lib/apierrd", str(folder)).replace("0.0.0.0:", "127.0.0.1:") for w in words]
        return [word.replace("19877", str(port)) for word in out]
    health = here(service["healthcheck"]["test"][1:])
    check(subprocess.run(health, capture_output=True, check=False).returncode != 0, "healthy before it runs")
    for _ in range(2):
        with (folder / "demo.stderr").open("ab") as log:
            daemon = spawn([program(), *here(service["command"])], stdout=log, stderr=log)

        def healthy():
            if daemon.poll() is not None:
                raise Failure(f"the demo ended with {daemon.returncode}")
            return subprocess.run(health, capture_output=True, check=False).returncode == 0
        wait_until("healthy", healthy)
        check(request(port, "/metrics").status == 200, "it serves no metrics")
        daemon.terminate()
        check(daemon.wait(30) == 0, f"the demo ends with {daemon.returncode}")


def docker_takes_it(_):
    """With Docker's own program, where it is there."""
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode != 0:
        raise Skip("there is no `docker compose`")
    environment = {**os.environ, "APIERRD_LOGS": "/var/log"}
    for files in (["compose.yaml"], ["compose.yaml", "logs.yaml"]):
        words = [word for file in files for word in ("-f", str(COMPOSE / file))]
        done = subprocess.run([docker, "compose", *words, "config", "--quiet"], capture_output=True, text=True,
                              env=environment, check=False)
        check(done.returncode == 0, f"docker compose config: {done.stderr}")


if __name__ == "__main__":
    run("the local stack is in order", locked_down, everything_is_there, addresses_are_served,
        programs_take_their_files, grafana_finds_its_dashboards, daemon_becomes_healthy, docker_takes_it)
