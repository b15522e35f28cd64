"""Alertmanagers for the end-to-end tests: Debian's, and one that misbehaves on purpose."""
import http.server
import json
import pathlib
import socket
import socketserver
import threading
import urllib.parse

from apierrd_e2e import Failure, check, free_port, request, spawn, wait_until
from apierrd_prometheus import tool


SHARE = "/usr/share/prometheus/alertmanager"  # where Debian's program looks for its templates


def installed(folder):
    """The program and the folder to run it in. One that is only unpacked looks for its templates where they
    are not; a copy of it looks into its working folder, by a path of the same length."""
    program = pathlib.Path(tool("prometheus-alertmanager"))
    share = program.parents[1] / "share" / "prometheus" / "alertmanager"
    if pathlib.Path(SHARE, "default.tmpl").exists() or not (share / "default.tmpl").exists():
        return program, folder
    copy = folder / "alertmanager"
    if not copy.exists():
        here = "/proc/self/cwd/".ljust(len(SHARE), "/").encode()
        copy.write_bytes(program.read_bytes().replace(SHARE.encode(), here))
        copy.chmod(0o755)
    return copy, share


class Webhook:
    """Receives notifications as an Alertmanager's receiver does."""

    def __init__(self):
        self.alerts = []  # of all notifications, in order
        webhook = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.alerts.extend(body["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass
        self.port = serve(Handler)

    def ids(self, status="firing"):
        return {alert["labels"].get("request_id") for alert in self.alerts if alert["status"] == status}


class Alertmanager:
    """The real one. It keeps nothing over stop() and start(), but for its port."""

    def __init__(self, folder, webhook=None, prefix=""):
        self.folder, self.prefix = folder, prefix
        self.port, self.process, self.starts = free_port(), None, 0
        receiver = {"name": "test"}
        if webhook:
            receiver["webhook_configs"] = [{"url": f"http://127.0.0.1:{webhook.port}/"}]
        self.config = folder / f"alertmanager-{self.port}.yml"
        self.config.write_text(json.dumps({
            "route": {"receiver": "test", "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h",
                      "group_by": ["alertname", "source"]},
            "receivers": [receiver]}))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    def start(self):
        self.starts += 1
        program, cwd = installed(self.folder)
        with (self.folder / f"alertmanager-{self.port}.stderr").open("ab") as log:
            self.process = spawn(
                [program, f"--config.file={self.config}",
                 f"--storage.path={self.folder / f'am-{self.port}-{self.starts}'}",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address=",
                 f"--web.route-prefix={self.prefix or '/'}", "--log.level=warn"],
                cwd=cwd, stdout=log, stderr=log)
        wait_until("alertmanager ready", self.ready)
        return self

    def ready(self):
        if self.process.poll() is not None:
            raise Failure(f"the Alertmanager ended with {self.process.returncode}")
        try:
            return request(self.port, f"{self.prefix}/-/ready").status == 200
        except OSError:
            return False

    def alerts(self, **labels):
        """Those it holds for active."""
        query = urllib.parse.urlencode([("active", "true"),
                                        *(("filter", f'{name}="{value}"') for name, value in labels.items())])
        answer = request(self.port, f"{self.prefix}/api/v2/alerts?{query}")
        check(answer.status == 200, f"the Alertmanager answers {answer.status}: {answer.body}")
        return json.loads(answer.body)

    def ids(self):
        """RequestIds, sorted; each as often as it is there."""
        return sorted(alert["labels"].get("request_id", "") for alert in self.alerts())

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


class FakeAlertmanager:
    """Answers as it is told: `answer(alerts)` gives a status, or None for silence until close()."""

    def __init__(self, answer, tls=None):
        self.answer, self.bodies, self.taken = answer, [], []
        self.closing = threading.Event()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fake.bodies.append(body)
                alerts = json.loads(body)
                status = fake.answer(alerts)
                if status is None:
                    fake.closing.wait()
                    return
                if status == 200:
                    fake.taken.extend(alerts)
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "2")
                    self.end_headers()
                    self.wfile.write(b"ok")
                except OSError:
                    pass  # nobody waits for it any more

            def log_message(self, *_):
                pass
        self.port = serve(Handler, tls)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def ids(self):
        return {alert["labels"].get("request_id") for alert in self.taken}

    def close(self):
        self.closing.set()


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that went away, or did not like the certificate


def serve(handler, tls=None):
    server = Server(("127.0.0.1", 0), handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def nobody():
    """A URL where nothing listens."""
    return f"http://127.0.0.1:{free_port()}"


def talks_nonsense(answer):
    """A URL where whoever asks gets these bytes, and an end."""
    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65536)
            self.request.sendall(answer)
    return f"http://127.0.0.1:{serve(Handler)}"


def full_queue():
    """A URL whose port accepts no connection and refuses none; and the sockets that make it so."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    held = [listener]
    for _ in range(3):
        client = socket.socket()
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
        held.append(client)
    return f"http://127.0.0.1:{listener.getsockname()[1]}", held
