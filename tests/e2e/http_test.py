#!/usr/bin/env python3
"""The web side: routes, formats, and what a hostile or clumsy client can do to it (nothing)."""
import errno
import gzip
import json
import signal
import socket
import subprocess
import sys
import threading
import time

from apierrd_e2e import (OPENMETRICS, PROMETHEUS_ACCEPT, Daemon, check, demo_lines,
                         openmetrics_check, program, request, run, run_program, wait_until, write_config)

ROUTES = {"/": "text/html", "/metrics": "text/plain", "/-/healthy": "text/plain",
          "/-/ready": "text/plain", "/api/v1/status": "application/json", "/page.css": "text/css",
          "/page.js": "text/javascript", "/page.svg": "image/svg+xml", "/catalog": "text/html",
          "/api/v1/codes": "application/json", "/api/v1/config": "application/json"}
SECURITY_HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy")


def started(folder, name="apierrd", **sections):
    log = folder / "app.log"
    log.write_bytes(b"".join(demo_lines(500)))
    daemon = Daemon(write_config(folder / f"{name}.yaml", {"app": [log]}, **sections)).start()
    daemon.metrics()
    daemon.wait_for("counted", lambda m: m.sum("apierrd_ingest_lines_total") == 500)
    return daemon


def raw(port, data, half_close=False, timeout_s=20):
    """Everything the server sends after `data` until it closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        out = b""
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            while block := connection.recv(65536):
                out += block
        except ConnectionError:
            pass
        except OSError as error:  # it had closed before we could
            if error.errno != errno.ENOTCONN:
                raise
        return out


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def routes_and_headers(folder):
    daemon = started(folder)
    wait_until("ready", lambda: daemon.get("/-/ready").status == 200)
    for path, content_type in ROUTES.items():
        answer = daemon.get(path)
        check(answer.status == 200, f"{path} answers {answer.status}")
        check(answer.headers["Content-Type"].startswith(content_type),
              f"{path} is {answer.headers['Content-Type']}")
        for header in SECURITY_HEADERS:
            check(answer.headers[header], f"{path} has no {header}")
        head = request(daemon.port, path, method="HEAD")
        check(head.status == 200 and head.body == b"", f"HEAD {path}: {head.status}, {head.body[:50]}")
        check(head.headers["Content-Type"] == answer.headers["Content-Type"], f"HEAD {path}: other type")
        check(int(head.headers["Content-Length"]) > 0, f"HEAD {path}: no length")
        sent = raw(daemon.port, f"HEAD {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        check(sent.endswith(b"\r\n\r\n") and sent.count(b"\r\n\r\n") == 1, f"HEAD {path} has a body")
        check(daemon.get(path + "?x=1&y=%00").status == 200, f"{path} with a query")
    check(b"unsafe" not in daemon.get("/").headers["Content-Security-Policy"].encode(), "unsafe CSP")
    json.loads(daemon.get("/api/v1/status").body)
    daemon.stop()


def look_ups(folder):
    """The catalog by a part of a code; bounded, and whatever is asked for is only text."""
    daemon = started(folder)
    found = json.loads(daemon.get("/api/v1/codes?q=billing/PaySucc").body)
    check([row["code"] for row in found["codes"]] == ["FailedOperation.PaySuccDeliverFailed"], f"{found}")
    many = json.loads(daemon.get("/api/v1/codes?q=Invalid").body)
    check(len(many["codes"]) == 100 and many["more"] == many["total"] - 100 > 0, "not bounded")
    by_command = json.loads(run_program("codes", "Invalid", "--output", "json").stdout)
    check(many["codes"] == by_command[:100] and many["total"] == len(by_command), "`codes` finds others")
    check(json.loads(daemon.get("/api/v1/codes").body)["codes"] == [], "found without a question")
    for path in ("/catalog?q=", "/api/v1/codes?q="):
        check(daemon.get(path + "a" * 200).status == 200, f"{path}: 200 bytes are too many")
        check(daemon.get(path + "a" * 201).status == 400, f"{path}: 201 bytes are not too many")
        for odd in ("%00%ff%fe", "%3Cscript%3E", "%22%27", "%", "x&q=y&" + "&".join(f"p{i}=1" for i in range(500)),
                    "no/such/product", "%E2%80%AEx"):
            answer = daemon.get(path + odd)
            check(answer.status == 200, f"{path}{odd[:30]} answers {answer.status}")
            check(b"<script>" not in answer.body or "api" in path, f"{path}{odd}: as it came")
    daemon.check_alive()
    daemon.stop()


def configuration_in_effect(folder):
    """As `check --effective` prints it; after a reload the new one, after a bad one still that."""
    daemon = started(folder)

    def shown():
        return {row["key"]: row["value"] for row in json.loads(daemon.get("/api/v1/config").body)["settings"]}
    printed = run_program("check", "--config", daemon.config, "--effective").stdout.decode()
    check(len(shown()) > 10, "hardly a value")
    for key, value in shown().items():
        check(f"{key} = {value}    # " in printed, f"{key} = {value} is not printed so")
    check(b"<code>web.listen</code>" in daemon.get("/").body, "the page does not show it")
    config = json.loads(daemon.config.read_text())
    config["log"] = {"level": "debug"}
    daemon.config.write_text(json.dumps(config))
    daemon.process.send_signal(signal.SIGHUP)
    wait_until("the new one is shown", lambda: shown()["log.level"] == "debug")
    daemon.config.write_text("sources: 7")
    daemon.process.send_signal(signal.SIGHUP)
    wait_until("the failed reload is an alert",
               lambda: any(row["alert"] == "ApierrdConfigReloadFailed" and row["active"] for row in
                           json.loads(daemon.get("/api/v1/status").body)["conditions"]))
    check(shown()["log.level"] == "debug", "a refused configuration is shown")
    daemon.stop()


def negotiation(folder):
    daemon = started(folder)
    for accept, openmetrics in [
            (PROMETHEUS_ACCEPT, True), (OPENMETRICS, True), (OPENMETRICS + "; charset=utf-8", True),
            ("application/openmetrics-text; version=1.0.0; q=0.5, text/plain", False),
            ("text/plain", False), ("text/plain; version=0.0.4", False), ("*/*", False),
            (None, False), ("", False), ("application/json", False), ("text/html;q=0.9, */*;q=0.8", False),
            (";;;,,=q;q=;q=x", False), ("application/openmetrics-text;version=9", False)]:
        answer = daemon.get("/metrics", **({} if accept is None else {"Accept": accept}))
        wanted = "application/openmetrics-text; version=1.0.0" if openmetrics else "text/plain; version=0.0.4"
        check(answer.status == 200 and answer.headers["Content-Type"].startswith(wanted),
              f"Accept {accept!r}: {answer.status} {answer.headers['Content-Type']}")
        check(answer.body.endswith(b"\n# EOF\n") == openmetrics, f"Accept {accept!r}: # EOF")
        faults = openmetrics_check.check(answer.body, openmetrics)[1]
        check(not faults, f"Accept {accept!r}: {faults[:3]}")
    daemon.stop()


def compression(folder):
    daemon = started(folder)
    plain = daemon.get("/metrics")
    check(plain.headers["Content-Encoding"] is None, "compressed without being asked to")
    check("Accept-Encoding" in (plain.headers["Vary"] or ""), "no Vary")
    for encoding, compressed in [("gzip", True), ("deflate, gzip;q=0.5", True), ("gzip;q=0", False),
                                 ("br", False), ("identity", False), ("deflate", False)]:
        for path in ("/metrics", "/"):
            answer = daemon.get(path, **{"Accept-Encoding": encoding})
            check((answer.headers["Content-Encoding"] == "gzip") == compressed,
                  f"{path}, Accept-Encoding {encoding}: {answer.headers['Content-Encoding']}")
            body = gzip.decompress(answer.body) if compressed else answer.body
            check(body.endswith(b"\n") or b"</html>" in body, f"{path}, {encoding}: body is cut")
            check(not compressed or len(answer.body) < len(body) / 2, f"{path}: hardly compressed")
    daemon.stop()


def refusals(folder):
    daemon = started(folder)
    for path in ("/nothing", "/metrics/", "//metrics", "/Metrics", "/../metrics", "/..%2f..%2fetc/passwd",
                 "/%2e%2e/etc/passwd", "/.git/config", "/page.css/../../etc/passwd", "/%00", "/metrics%00",
                 "/page.css%00.html", "/<script>", "/%ff%fe", "/" + "a" * 4000, "/-/", "/-/quit", "/api/v1/"):
        answer = raw(daemon.port, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        check(status_of(answer) in (404, 400, 414), f"{path[:60]} answers {answer[:60]}")
        check(b"root:" not in answer and b"<script>" not in answer, f"{path[:60]}: {answer[-80:]}")
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        for path in ("/metrics", "/", "/nothing"):
            answer = request(daemon.port, path, method=method, body=b"x" * 100)
            check(answer.status == 405, f"{method} {path} answers {answer.status}")
            check(set((answer.headers["Allow"] or "").split(", ")) == {"GET", "HEAD"}, f"{method}: Allow")
    answer = raw(daemon.port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n"
                              b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n     ")
    check(answer.count(b"HTTP/1.1 ") == 1, "a refused body is taken for the next request")
    metrics = daemon.metrics()
    check(metrics.sum("apierrd_http_requests_total", handler="other", status="405") >= 18, "405 not counted")
    check(len(metrics.rows("apierrd_http_requests_total")) < 20, "a series for every path")
    daemon.stop()


def ranges(folder):
    """A Range must never reach beyond the page."""
    daemon = started(folder)
    whole = daemon.get("/page.css").body
    size = len(whole)
    for text in (f"{size - 10}-{size + 50000}", f"{size + 10}-{size + 100}", f"{size}-", "0-", "-5", "5-10",
                 f"0-{size * 40}", f"-{size * 3}", "99999999-999999999", "10-5", "a-b", "0-0,5-6",
                 f"0-1,{size}-{size + 9}", "18446744073709551615-18446744073709551616"):
        for path in ("/page.css", "/metrics"):
            answer = raw(daemon.port, f"GET {path} HTTP/1.1\r\nHost: x\r\nRange: bytes={text}\r\n"
                                      "Connection: close\r\n\r\n".encode())
            status, body = status_of(answer), answer.partition(b"\r\n\r\n")[2]
            check(status in (200, 206, 416), f"{path}, bytes={text}: {answer[:40]}")
            if path != "/page.css":
                continue
            check(status != 200 or body == whole, f"bytes={text}: 200, but {len(body)} of {size} bytes: "
                  f"{body[-60:]!r}")
            check(status != 206 or body in whole or b"multipart" in answer.partition(b"\r\n\r\n")[0],
                  f"bytes={text}: what is not on the page")
    daemon.check_alive()
    daemon.stop()


GARBAGE = [
    b"", b"\r\n", b"\r\n\r\n", b"\0" * 100, b"GET\r\n\r\n", b"GET /\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"FOO / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 200,
    b"GET / HTTP/1.1\r\nX: " + b"a" * 300_000 + b"\r\n\r\n", b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
    b"GET /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nab", b"GET /% HTTP/1.1\r\n\r\n",
    b"GET /%zz HTTP/1.1\r\n\r\n", b"GET /%u0041 HTTP/1.1\r\n\r\n", b"HEAD /metrics HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.1\r\nAccept-Encoding: " + b"gzip," * 5000 + b"\r\n\r\n",
]


def garbage(folder):
    """Garbage is refused; others are answered all the while."""
    daemon = started(folder)
    for data in GARBAGE:
        answer = raw(daemon.port, data, half_close=True)
        check(answer == b"" or status_of(answer) in (100, 200, 400, 404, 405, 413, 414, 431, 501, 505),
              f"{data[:50]!r}: {answer[:60]!r}")
        check(daemon.get("/-/healthy").status == 200, f"not healthy after {data[:50]!r}")
    daemon.check_alive()
    daemon.stop()


def half_requests(folder):
    """Connections that say nothing, stop in the middle, or never read their answer."""
    daemon = started(folder)
    open_ones = []
    for data in (b"", b"GET /metr", b"GET /metrics HTTP/1.1\r\nHost:",
                 b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 200):
        for _ in range(2):
            connection = socket.create_connection(("127.0.0.1", daemon.port))
            connection.setblocking(False)
            connection.send(data)
            open_ones.append(connection)
    wait_until("answered beside half requests", lambda: daemon.get("/-/healthy").status == 200)
    daemon.metrics()
    for connection in open_ones:
        connection.close()
    daemon.stop()


def first_requests_at_once(folder):
    """The very first requests come together: what the server makes on first use is made once."""
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [folder / "app.log"]}))
    for _ in range(5):
        daemon.start()
        together, answers = threading.Barrier(4), []

        def ask():
            with socket.create_connection(("127.0.0.1", daemon.port), timeout=20) as connection:
                together.wait()
                connection.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                answers.append(status_of(connection.recv(65536)))
        threads = [threading.Thread(target=ask) for _ in range(together.parties)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        check(answers == [200] * 4, f"they are answered {answers}")
        daemon.stop()


def stop_with_open_connections(folder):
    """SIGTERM ends the daemon although clients hold connections."""
    daemon = started(folder)
    connections = [socket.create_connection(("127.0.0.1", daemon.port)) for _ in range(6)]
    connections[0].sendall(b"GET /metr")
    begun = time.monotonic()
    daemon.stop()
    print(f"  stopped after {time.monotonic() - begun:.2f} s")
    for connection in connections:
        connection.close()


# Hands over a socket as systemd does (sd_listen_fds(3)): descriptor 3, for the process that is told of it.
HAND_OVER = """
import os, socket, sys
listening = socket.create_server(("127.0.0.1", 0))
os.dup2(listening.fileno(), 3)
os.set_inheritable(3, True)  # it may have been 3 already
os.environ.update(LISTEN_FDS=sys.argv[1], LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[2], sys.argv[2:])
"""


def socket_activation(folder):
    """It serves on the socket that it is given, whatever web.listen says, and refuses to choose among several."""
    log = folder / "app.log"
    log.write_bytes(b"".join(demo_lines(500)))
    config = write_config(folder / "apierrd.yaml", {"app": [log]}, web={"listen": "127.0.0.1:1"})
    daemon = Daemon(config, wrapper=[sys.executable, "-c", HAND_OVER, "1"]).start()
    check(daemon.port > 1, f"it serves on port {daemon.port}")
    daemon.wait_for("counted", lambda m: m.sum("apierrd_ingest_lines_total") == 500)
    daemon.stop()
    done = subprocess.run([sys.executable, "-c", HAND_OVER, "2", program(), "run", "--config", config],
                          capture_output=True, timeout=60, check=False)
    check(done.returncode == 3 and b"one ListenStream=" in done.stderr, f"two: {done.returncode}, {done.stderr}")


def one_port_one_daemon(folder):
    daemon = started(folder)
    second = write_config(folder / "second.yaml", {"app": [folder / "app.log"]},
                          web={"listen": f"127.0.0.1:{daemon.port}"},
                          state={"path": str(folder / "second.db")})
    done = run_program("run", "--config", second)
    check(done.returncode == 3, f"the second daemon exits {done.returncode}")
    check(f":{daemon.port}".encode() in done.stderr, f"it does not name the port: {done.stderr}")
    check(b"event=started" not in done.stderr, "it says it started")
    check(daemon.get("/-/healthy").status == 200, "the first one suffers")
    daemon.stop()


def one_state_one_daemon(folder):
    daemon = started(folder)
    second = write_config(folder / "second.yaml", {"app": [folder / "app.log"]})
    done = run_program("run", "--config", second)
    check(done.returncode == 3, f"the second daemon exits {done.returncode}: {done.stderr}")
    check(b"state.db" in done.stderr and b"in use" in done.stderr, f"unclear: {done.stderr}")
    daemon.check_alive()
    daemon.stop()
    daemon.start()  # and the lock ends with its holder
    daemon.kill()
    daemon.start()
    daemon.stop()


if __name__ == "__main__":
    run("the web side is in order", routes_and_headers, look_ups, configuration_in_effect, negotiation,
        compression, refusals, ranges, garbage, half_requests, first_requests_at_once, stop_with_open_connections,
        socket_activation, one_port_one_daemon, one_state_one_daemon)
