#!/usr/bin/env python3
"""The web side behind TLS and passwords: who gets in, who does not, and what a reload changes."""
import base64
import http.client
import json
import shutil
import signal
import socket
import ssl
import subprocess

from apierrd_e2e import (Daemon, Skip, check, demo_lines, openmetrics_check, run, run_program, wait_until,
                         write_config)
from apierrd_prometheus import Prometheus

PATHS = ("/", "/metrics", "/-/healthy", "/-/ready", "/api/v1/status", "/nothing")
# bcrypt of cost 10
PASSWORD, HASH = "s3cret:with colon", "$2b$10$abcdefghijklmnopqrstuutTvd6yqmGkRPlyOHqyUTIs.nwBs6DRu"
OTHER_PASSWORD, OTHER_HASH = "another", "$2b$10$abcdefghijklmnopqrstuu3OXnChv9rsS38y2T8H/NPI6EHTr4uGS"


def make_certificate(folder, name="server"):
    if not shutil.which("openssl"):
        raise Skip("openssl is not installed")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt", "-days", "30",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True)


def write_web(folder, certificate="server", users=None, **sections):
    web = {"basic_auth_users": users or {}, **sections}
    if certificate:
        web["tls_server_config"] = {"cert_file": f"{certificate}.crt", "key_file": f"{certificate}.key"}
    (folder / "web.yaml").write_text(json.dumps(web), encoding="utf-8")


def started(folder):
    log = folder / "app.log"
    log.write_bytes(b"".join(demo_lines(500)))
    return Daemon(write_config(folder / "apierrd.yaml", {"app": [log]},
                               web={"listen": "127.0.0.1:0", "config_file": "web.yaml"})).start()


def ask(daemon, path="/metrics", user=None, password=None, trusted=None, version=None):
    """(status, headers, body); by TLS if `trusted` names who certifies the daemon."""
    if trusted:
        context = ssl.create_default_context(cafile=trusted)
        if version:
            context.minimum_version = context.maximum_version = version
        connection = http.client.HTTPSConnection("127.0.0.1", daemon.port, timeout=30, context=context)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=30)
    try:
        headers = {}
        if user:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def reload(daemon):
    before = daemon.log().count("event=reload")
    daemon.process.send_signal(signal.SIGHUP)
    wait_until("reloaded", lambda: daemon.log().count("event=reload") > before)


def by_tls(folder):
    """Scrapes go through, many on one connection; who speaks plainly or shakes hands by halves gets nothing."""
    make_certificate(folder)
    write_web(folder)
    daemon = started(folder)
    trusted = folder / "server.crt"
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        status, _, body = ask(daemon, trusted=trusted, version=version)
        check(status == 200 and not openmetrics_check.check(body, False)[1], f"{version}: {status}")
    context = ssl.create_default_context(cafile=trusted)
    connection = http.client.HTTPSConnection("127.0.0.1", daemon.port, timeout=30, context=context)
    for i in range(20):
        connection.request("GET", "/metrics" if i % 2 else "/")
        answer = connection.getresponse()
        check(answer.status == 200 and len(answer.read()) > 1000, f"request {i} of one connection: {answer.status}")
    try:
        status = ask(daemon)[0]
        check(False, f"plain HTTP is answered {status}")
    except (OSError, http.client.HTTPException):
        pass
    half = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(20)]
    for client in half:
        client.sendall(b"\x16\x03\x01\x02\x00\x01")
    check(ask(daemon, trusted=trusted)[0] == 200, "not answered beside half handshakes")
    make_certificate(folder, "stranger")
    try:
        ask(daemon, trusted=folder / "stranger.crt")
        check(False, "it shows somebody else's certificate")
    except ssl.SSLError:
        pass
    daemon.check_alive()
    daemon.stop()


def by_password(folder):
    """Every path asks for it, refusals say nothing, and the hash is computed once."""
    write_web(folder, certificate=None, users={"scraper": HASH},
              http_server_config={"headers": {"X-Frame-Options": "sameorigin"}})
    daemon = started(folder)
    for path in PATHS:
        for user, password in ((None, None), ("scraper", "wrong"), ("nobody", PASSWORD), ("scraper", "")):
            status, headers, body = ask(daemon, path, user, password)
            check(status == 401, f"{path} answers {user} with {status}")
            check(headers["WWW-Authenticate"].startswith("Basic "), "no challenge")
            check(b"apierrd_" not in body and PASSWORD.encode() not in body, f"{path} says {body[:100]}")
        status = ask(daemon, path, "scraper", PASSWORD)[0]
        check(status == (404 if path == "/nothing" else 200), f"{path} answers its user with {status}")
    check(ask(daemon, "/", "scraper", PASSWORD)[1]["X-Frame-Options"] == "sameorigin", "its own header is missing")
    for text in (PASSWORD, HASH):
        check(text not in daemon.log(), "the log has a secret")
        check(text.encode() not in ask(daemon, "/api/v1/config", "scraper", PASSWORD)[2], "the page has a secret")
    daemon.stop()


def reloads(folder):
    """A new certificate and new users count from then on; what is wrong leaves those in force."""
    make_certificate(folder)
    write_web(folder, users={"scraper": HASH})
    daemon = started(folder)
    trusted = folder / "server.crt"
    check(ask(daemon, "/", "scraper", PASSWORD, trusted)[0] == 200, "not let in")
    make_certificate(folder, "next")
    write_web(folder, "next", users={"scraper": OTHER_HASH})
    reload(daemon)
    check(ask(daemon, "/", "scraper", OTHER_PASSWORD, folder / "next.crt")[0] == 200, "the new ones are not in force")
    check(ask(daemon, "/", "scraper", PASSWORD, folder / "next.crt")[0] == 401, "the old password still opens")
    for bad in ("basic_auth_users: {scraper: plain}", "tls_server_config: {cert_file: nowhere.pem, key_file: x}",
                "no such key: 1", "{"):
        (folder / "web.yaml").write_text(bad, encoding="utf-8")
        reload(daemon)
        check(ask(daemon, "/", "scraper", OTHER_PASSWORD, folder / "next.crt")[0] == 200, f"{bad}: locked out")
        check("event=reload_failed" in daemon.log(), f"{bad}: not said to be wrong")
        check(run_program("check", "--config", daemon.config).returncode in (2, 3), f"{bad}: check passes")
    write_web(folder, certificate=None)
    reload(daemon)
    check(ask(daemon)[0] == 200, "neither TLS nor passwords, and not let in")
    daemon.stop()


def prometheus_scrapes(folder):
    """The real one, by TLS and with a password."""
    make_certificate(folder)
    write_web(folder, users={"scraper": HASH})
    daemon = started(folder)
    prometheus = Prometheus(folder, {}, scrape_configs=[{
        "job_name": "apierrd", "scheme": "https", "static_configs": [{"targets": [f"127.0.0.1:{daemon.port}"]}],
        "tls_config": {"ca_file": str(folder / "server.crt")},
        "basic_auth": {"username": "scraper", "password": PASSWORD}}])
    wait_until("it has scraped", lambda: prometheus.table("apierrd_ingest_lines_total", "source") == {("app",): 500})
    prometheus.stop()
    daemon.stop()


if __name__ == "__main__":
    run("the web side is as closed as it is configured", by_tls, by_password, reloads, prometheus_scrapes)
