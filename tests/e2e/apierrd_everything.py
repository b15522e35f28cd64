"""A daemon to which everything happens that a dashboard can show, within seconds; for tests of what is shown."""
import http.server
import json
import os
import socket
import threading

from apierrd_e2e import Daemon, call_line, check, demo_lines, wait_until

PAID = "FailedOperation.PaySuccDeliverFailed"
CONNECTIONS = 16
ITEMS = [{"at": "/Response/SendStatusSet", "code": "/Code", "ok": ["Ok"]}]


def odd_lines(number):
    """What a log holds beside calls that are in order."""
    items = {"Response": {"SendStatusSet": [{"Code": "Ok"}, {"Code": "LimitExceeded.PhoneNumberDailyLimit"}],
                          "RequestId": f"items-{number}"}}
    return b"".join([
        b"garbage\n", b'{"not": "a call"}\n',
        call_line(code=PAID, request_id=f"paid-{number}", latency_ms=70),
        call_line(code=f"FailedOperation.MadeUp{number}", request_id=f"new-{number}"),
        call_line(action="DescribeBillDetail", code="FailedOperation.BalanceInsufficient"),  # documented for others
        call_line(time="2020-01-01T00:00:00Z"), call_line(time="yesterday", latency_ms="soon"),
        json.dumps({"service": "sms", "action": "SendSms", "latency_ms": 12000, "response": items}).encode() + b"\n",
    ])


class TakesAlerts(http.server.BaseHTTPRequestHandler):
    """An Alertmanager that is content with everything."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def alertmanager():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TakesAlerts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return {"urls": [f"http://127.0.0.1:{server.server_address[1]}"], "resend": "1s"}


class Everything:
    """`metrics`: names of the metrics that this build has."""

    def __init__(self, folder, port, metrics):
        self.folder, self.path, self.metrics = folder, folder / "apierrd.yaml", metrics
        self.logs = {name: folder / f"{name}.log" for name in ("app", "cut", "gone")}
        (folder / "loop.log").symlink_to("loop.log")  # cannot be opened, by root neither
        self.configure(port)
        self.written, self.stop_writing, self.writer = 0, threading.Event(), None
        self.daemon = Daemon(self.path).start()

    def configure(self, port):
        silence = {"max_silence": "60s"} if "apierrd_source_max_silence_seconds" in self.metrics else {}
        push = {"alertmanager": alertmanager()} if "apierrd_alert_push_active" in self.metrics else {}
        self.path.write_text(json.dumps({
            "sources": [{"name": "app", "paths": [str(log) for log in self.logs.values()], "item_failures": ITEMS,
                         **silence},
                        {"name": "broken", "paths": [str(self.folder / "loop.log")]}],
            "products": ["billing", "sms"], "limits": {"undocumented_codes": 5},
            "web": {"listen": f"127.0.0.1:{port}", "connections": CONNECTIONS}, "reader": {"sweep_interval": "100ms"},
            "state": {"path": str(self.folder / "state.db")}, **push}))

    def write_on(self):
        """A log that goes on for as long as the test looks."""
        lines = demo_lines(5000, seed=7)
        while not self.stop_writing.wait(0.2):
            with self.logs["app"].open("ab") as file:  # anew each time: it may have been rotated
                at = self.written * 20 % len(lines)
                file.write(b"".join(lines[at:at + 20]) + odd_lines(self.written) + b'{"half')
                file.flush()
                file.write(b' a line"}\n')
            self.written += 1

    def until(self, what, name, least=1, **labels):
        return self.daemon.wait_for(what, lambda m: m.sum(name, **labels) >= least)

    def happens(self, prometheus):
        """Returns when it has, and `prometheus` has seen what a restart takes away."""
        self.writer = threading.Thread(target=self.write_on, daemon=True)
        self.writer.start()
        self.logs["gone"].write_bytes(call_line())
        self.until("everything is counted", "apierrd_label_overflow_total")
        self.files_change()
        self.configuration_is_rejected()
        self.state_cannot_be_written(prometheus)
        self.restarts()
        check(self.daemon.get("/nothing-here").status == 404, "a path that is not there is answered")
        self.too_many_come()

    def files_change(self):
        self.logs["app"].rename(self.folder / "app.log.1")
        self.until("a rotation", "apierrd_file_rotations_total")
        self.logs["cut"].write_bytes(call_line() + b'{"half a line')
        self.until("half a line waits", "apierrd_file_lag_bytes", 13, file=str(self.logs["cut"]))
        os.truncate(self.logs["cut"], 0)
        self.until("bytes are lost", "apierrd_lost_bytes_total", 13)
        self.logs["cut"].write_bytes(b'{"half a line')

    def configuration_is_rejected(self):
        good = self.path.read_text()
        self.path.write_text("sources: none")
        self.daemon.hang_up()
        self.daemon.wait_for("a reload fails", lambda m: m.sum("apierrd_config_last_reload_successful") == 0)
        self.path.write_text(good)
        self.daemon.hang_up()
        self.until("a reload succeeds", "apierrd_config_last_reload_successful")

    def state_cannot_be_written(self, prometheus):
        self.daemon.fill_disk()
        self.until("a commit fails", "apierrd_checkpoint_failures_total")
        self.daemon.fill_disk(False)
        wait_until("Prometheus knows", lambda: prometheus.table("sum(apierrd_checkpoint_failures_total)"))

    def restarts(self):
        self.daemon.stop()
        self.logs["gone"].unlink()
        self.daemon.start()
        self.until("a file is missing", "apierrd_files_missing_total")

    def too_many_come(self):
        crowd = [socket.create_connection(("127.0.0.1", self.daemon.port)) for _ in range(2 * CONNECTIONS)]
        self.until("connections are turned away", "apierrd_http_shed_total", CONNECTIONS - 4)
        for connection in crowd:
            connection.close()

    def ends(self):
        self.stop_writing.set()
        self.writer.join()
        self.daemon.stop()
