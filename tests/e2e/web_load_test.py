#!/usr/bin/env python3
"""A thousand clients of the worst kinds beside a log that is being written: no call is lost, memory stays
bounded, and scrapes are answered."""
import http.client
import pathlib
import random
import re
import selectors
import socket
import threading
import time

from apierrd_e2e import Daemon, Failure, audit, check, demo_lines, request, run, wait_until, write_config

CLIENTS = 1000
CONNECTIONS = 256  # web.connections, and so descriptors
SCRAPES = 30
SCRAPE_TIMEOUT_S = 10  # Prometheus's own
RSS_MAX_BYTES = 600 << 20  # of any build; sanitizers take several times what the program does
GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


class Crowd:
    """Clients that never do what a client should; those that are turned away come back."""

    def __init__(self, port):
        self.port, self.stopped, self.came_back, self.rng = port, False, 0, random.Random(7)
        self.selector = selectors.DefaultSelector()
        self.thread = threading.Thread(target=self.crowd, daemon=True)
        self.thread.start()

    def connect(self, kind):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", self.port))
        self.selector.register(connection, selectors.EVENT_READ, kind)

    def act(self, connection, kind):
        if kind == "trickling":
            connection.send(self.rng.choice((b"G", b"GET /", b"X: y\r\n")))
        elif kind == "lazy":
            connection.send(GET * 3)
        elif kind == "garbage":
            connection.send(self.rng.randbytes(300))
        elif kind == "asking" and self.rng.random() < 0.05:
            connection.send(GET)

    def crowd(self):
        kinds = ("silent", "trickling", "lazy", "garbage", "asking")
        for i in range(CLIENTS):
            self.connect(kinds[i % len(kinds)])
        while not self.stopped:
            gone = []
            for key in list(self.selector.get_map().values()):
                try:
                    if key.data != "lazy" and key.fileobj.recv(65536) == b"":
                        gone.append(key)
                        continue
                except BlockingIOError:
                    pass
                except OSError:
                    gone.append(key)
                    continue
                try:
                    self.act(key.fileobj, key.data)
                except BlockingIOError:
                    pass
                except OSError:
                    gone.append(key)
            for key in gone:
                self.selector.unregister(key.fileobj)
                key.fileobj.close()
                self.connect(key.data)
                self.came_back += 1
            time.sleep(0.05)

    def stop(self):
        self.stopped = True
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()


def scrape(port):
    """How often it had to be asked. Who dawdles between connecting and asking while hundreds come anew may be the
    one that makes room, as this process does when its crowd has the interpreter; and 503 says to ask again, which
    hundreds of the crowd are told as well: how often it takes is a matter of who is quicker on this machine."""
    said, asked, given_up = None, 0, time.monotonic() + SCRAPE_TIMEOUT_S
    while time.monotonic() < given_up:
        asked += 1
        try:
            said = request(port, "/metrics").status
        except (OSError, http.client.HTTPException) as error:
            said = error
        if said == 200:
            return asked
        check(said == 503 or isinstance(said, Exception), f"a scrape is answered {said}")
        time.sleep(0.1)
    raise Failure(f"a scrape is turned away {asked} times in {SCRAPE_TIMEOUT_S} s, at last by {said!r}")


def rss_bytes(daemon):
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) << 10


def descriptors(daemon):
    return len(list(pathlib.Path(f"/proc/{daemon.process.pid}/fd").iterdir()))


def write_all(path, lines, done):
    with open(path, "ab", buffering=0) as log:
        for begin in range(0, len(lines), 100):
            log.write(b"".join(lines[begin:begin + 100]))
            time.sleep(0.02)
    done.set()


def a_thousand_clients(folder):
    log, lines, written = folder / "app.log", demo_lines(20_000), threading.Event()
    log.touch()
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]})).start()
    crowd = Crowd(daemon.port)
    writer = threading.Thread(target=write_all, args=(log, lines, written))
    writer.start()
    answered, asked, peak_rss, peak_fds = 0, 0, 0, 0
    while answered < SCRAPES or not written.is_set():
        asked += scrape(daemon.port)
        answered += 1
        peak_rss = max(peak_rss, rss_bytes(daemon))
        peak_fds = max(peak_fds, descriptors(daemon))
        time.sleep(0.1)
    writer.join()
    crowd.stop()
    daemon.wait_for("all is counted", lambda m: m.sum("apierrd_ingest_lines_total") == len(lines))
    metrics = daemon.metrics()
    shed = {reason: value for (reason,), value in metrics.table("apierrd_http_shed_total", "reason").items()}
    print(f"  {answered} scrapes answered, asked for {asked} times, beside {crowd.came_back + CLIENTS} clients;"
          f" turned away: {shed}; at most {peak_rss >> 20} MiB and {peak_fds} descriptors")
    check(sum(shed.values()) > CLIENTS - CONNECTIONS, "hardly anybody is turned away")
    check(peak_fds < CONNECTIONS + 100, f"{peak_fds} descriptors")
    check(peak_rss < RSS_MAX_BYTES, f"{peak_rss >> 20} MiB")
    wait_until("they are gone", lambda: daemon.metrics().sum("apierrd_http_connections") <= 2)
    daemon.check_alive()
    daemon.stop()
    audit(daemon.config)


if __name__ == "__main__":
    run("the web side stands a crowd", a_thousand_clients)
