#!/usr/bin/env python3
"""Alerts of single events reach every Alertmanager, whatever the others, the daemon or they themselves do.

Most of it needs Debian's `prometheus-alertmanager`, in APIERRD_TOOLS/usr/bin or in the PATH.
"""
import json
import os
import shutil
import sqlite3
import ssl
import subprocess
import threading
import time

from apierrd_alertmanager import Alertmanager, FakeAlertmanager, Webhook, full_queue, nobody
from apierrd_e2e import DEADLINE_S, Daemon, Skip, call_line, check, run, wait_until, write_config

PAID = "FailedOperation.PaySuccDeliverFailed"
SECRET = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"


def paid(request_id, message="m", **more):
    line = json.loads(call_line(code=PAID, request_id=request_id, **more))
    line["response"]["Response"]["Error"]["Message"] = message
    return json.dumps(line).encode() + b"\n"


def append(log, *lines):
    with log.open("ab") as file:
        file.write(b"".join(lines))


def daemon_with(folder, urls, state=True, **options):
    log = folder / "api.log"
    log.touch()
    sections = {"alertmanager": {"urls": list(urls), "resend": "1s", **options}}
    if not state:
        sections["state"] = {"path": ""}
    config = write_config(folder / "apierrd.yaml", {"payments": [log]}, **sections)
    daemon = Daemon(config).start()
    daemon.metrics()  # ends the start-up hold
    return daemon, log


def ids_are(alertmanager, *ids):
    wait_until(f"the Alertmanager has {', '.join(ids) or 'none'}",
               lambda: (alertmanager.ids() == sorted(ids), alertmanager.ids()))


def counted(daemon, name, url):
    return daemon.metrics().value(f"apierrd_alert_push_{name}", alertmanager=url)


def arrives_with_everything(folder):
    webhook = Webhook()
    alertmanager = Alertmanager(folder, webhook, prefix="/am").start()
    daemon, log = daemon_with(folder, [alertmanager.url], instance="here",
                              external_labels={"cluster": "eu"}, runbooks="https://runbooks.example.com/a")
    for name in ("sent_total", "failed_total", "dropped_total", "last_success_timestamp_seconds"):
        check(counted(daemon, name, alertmanager.url) == 0, f"{name} does not begin at 0")
    first = call_line(code="InternalError", request_id="not-this-one")
    append(log, first, paid("one", f"SecretId {SECRET} is out of money"))
    ids_are(alertmanager, "one")
    alert, = alertmanager.alerts(alertname="ApiPaidNotDeliveredEvent")
    check(alert["labels"] == {
        "alertname": "ApiPaidNotDeliveredEvent", "severity": "critical", "source": "payments",
        "api_service": "billing", "action": "PayDeals", "code": PAID, "request_id": "one", "instance": "here",
        "origin": "apierrd", "cluster": "eu"}, f"labels are {alert['labels']}")
    notes = alert["annotations"]
    check(set(notes) == {"summary", "description", "message", "log_file", "offset", "time", "runbook_url"},
          f"annotations are {notes}")
    check(notes["log_file"] == str(log) and notes["offset"] == str(len(first)), f"the place is {notes}")
    check(notes["message"] == "SecretId [masked] is out of money", f"the message is {notes['message']}")
    runbook = "https://runbooks.example.com/a#apipaidnotdeliveredevent"
    check(notes["runbook_url"] == runbook, notes["runbook_url"])

    append(log, paid("two"), paid("one"))
    ids_are(alertmanager, "one", "two")
    wait_until("both were notified", lambda: (webhook.ids() == {"one", "two"}, webhook.ids()))
    seen = [a for a in webhook.alerts if a["labels"]["request_id"] == "two"][-1]
    check(seen["annotations"]["log_file"] == str(log), f"the receiver sees {seen}")
    daemon.wait_for("sent again and again",
                    lambda m: m.value("apierrd_alert_push_sent_total", alertmanager=alertmanager.url) > 6)
    check(counted(daemon, "failed_total", alertmanager.url) == 0, "sending has failed")
    check(counted(daemon, "last_success_timestamp_seconds", alertmanager.url) > 1e9, "no time of success")
    check(daemon.metrics().value("apierrd_alert_push_active") == 2, "two alerts are active")
    check([a["status"]["state"] for a in alertmanager.alerts()] == ["active"] * 2, "still active")
    daemon.stop()


def resolves_after_the_hold(folder):
    webhook = Webhook()
    alertmanager = Alertmanager(folder, webhook).start()
    daemon, log = daemon_with(folder, [alertmanager.url], hold="3s")
    append(log, paid("short"))
    wait_until("it was raised", lambda: webhook.ids() == {"short"})
    wait_until("and resolved", lambda: webhook.ids("resolved") == {"short"})
    ids_are(alertmanager)
    check(daemon.metrics().value("apierrd_alert_push_active") == 0, "it is not active any more")
    daemon.stop()


def comes_back_to_an_empty_alertmanager(folder):
    alertmanager = Alertmanager(folder).start()
    daemon, log = daemon_with(folder, [alertmanager.url])
    append(log, paid("before"))
    ids_are(alertmanager, "before")
    alertmanager.stop()
    append(log, paid("meanwhile"))
    daemon.wait_for("it is missed",
                    lambda m: m.value("apierrd_alert_push_failed_total", alertmanager=alertmanager.url) > 0)
    alertmanager.start()
    ids_are(alertmanager, "before", "meanwhile")
    daemon.stop()


def survives_a_kill(folder):
    alertmanager = Alertmanager(folder).start()
    daemon, log = daemon_with(folder, [alertmanager.url])
    append(log, paid("before"))
    ids_are(alertmanager, "before")
    was = alertmanager.alerts()[0]["startsAt"]
    daemon.kill()
    append(log, paid("meanwhile"), paid("before"))
    alertmanager.stop()
    alertmanager.start()
    daemon.start()
    ids_are(alertmanager, "before", "meanwhile")
    again = {a["labels"]["request_id"]: a["startsAt"] for a in alertmanager.alerts()}
    check(again["before"] == was, f"it began at {was}, and now at {again['before']}")
    for turn in range(8):  # killed wherever it may be: each event once
        append(log, paid(f"turn-{turn}"))
        daemon.kill()
        daemon.start()
    ids_are(alertmanager, "before", "meanwhile", *(f"turn-{turn}" for turn in range(8)))
    total = daemon.metrics().sum("apierrd_api_errors_by_code_total", code=PAID)
    check(total == 11, f"{total} failures are counted, not 11")
    daemon.stop()
    with sqlite3.connect(folder / "state.db") as state:
        counts = dict(state.execute("SELECT request_id, count FROM alerts"))
    check(counts.pop("before") == 2 and set(counts.values()) == {1}, f"the table has {counts}")
    check(len(counts) == 9, f"the table has {counts}")


def a_storm_is_one_alert(folder):
    alertmanager = Alertmanager(folder).start()
    daemon, log = daemon_with(folder, [alertmanager.url])
    append(log, *(paid(f"id-{i:03}") for i in range(120)), paid("old", time="2020-01-01T00:00:00Z"))
    ids_are(alertmanager, "", *(f"id-{i:03}" for i in range(20)))

    def count():
        alert, = [a for a in alertmanager.alerts() if "request_id" not in a["labels"]]
        return (alert["annotations"]["count"] == "101", alert)
    _, alert = wait_until("the aggregate counts the others", count)
    check(alert["annotations"]["first_time"].startswith("2020-01-01T00:00:00"), f"{alert['annotations']}")
    check(set(alert["labels"]) == {"alertname", "severity", "source", "code", "instance", "origin"},
          f"its labels are {alert['labels']}")
    daemon.stop()


def one_dead_does_not_delay_the_other(folder):
    alertmanager = Alertmanager(folder).start()
    dead, (stuck, held) = nobody(), full_queue()
    daemon, log = daemon_with(folder, [dead, stuck, alertmanager.url])
    append(log, paid("one"))
    ids_are(alertmanager, "one")
    daemon.wait_for("the dead one is missed",
                    lambda m: m.value("apierrd_alert_push_failed_total", alertmanager=dead) > 0)
    check(counted(daemon, "sent_total", dead) == 0, "nothing was sent there")
    ends_soon(daemon)
    del held


def ends_soon(daemon):
    """Far below the time that a request may take."""
    begun = time.monotonic()
    daemon.stop()
    took = time.monotonic() - begun
    print(f"  SIGTERM took {took:.1f} s")
    check(took < DEADLINE_S, f"SIGTERM took {took:.1f} s")


def a_refused_alert_is_left_out(folder):
    def answer(alerts):
        return 400 if any(a["labels"].get("request_id") == "bad" for a in alerts) else 200
    fake = FakeAlertmanager(answer)
    daemon, log = daemon_with(folder, [fake.url])
    good = [paid(f"good-{i}") for i in range(16)]
    append(log, *good[:8], paid("bad"), *good[8:])
    wait_until("the good ones arrive", lambda: fake.ids() == {f"good-{i}" for i in range(16)})
    daemon.wait_for("the bad one is counted",
                    lambda m: m.value("apierrd_alert_push_dropped_total", alertmanager=fake.url) == 1)
    asked = len(fake.bodies)
    wait_until("resent without it", lambda: len(fake.bodies) > asked + 2)
    check(not any('"bad"' in body for body in fake.bodies[asked + 1:]), "it is sent again")
    check(counted(daemon, "failed_total", fake.url) == 0, "a refusal is no failure")
    check("event=alert_refused" in daemon.log(), "it is not logged")
    daemon.stop()


def a_failing_one_is_tried_again(folder):
    broken = threading.Event()
    broken.set()
    fake = FakeAlertmanager(lambda alerts: 500 if broken.is_set() else 200)
    daemon, log = daemon_with(folder, [fake.url])
    append(log, paid("one"))
    daemon.wait_for("it fails",
                    lambda m: m.value("apierrd_alert_push_failed_total", alertmanager=fake.url) > 1)
    check("event=alert_push_failed" in daemon.log() and "answers 500" in daemon.log(), "it is not logged")
    broken.clear()
    wait_until("and works again", lambda: fake.ids() == {"one"})
    daemon.stop()


def a_silent_one_holds_up_nothing(folder):
    """Accepts, and never answers; another answers late."""
    silent = FakeAlertmanager(lambda alerts: None)
    late = threading.Event()
    slow = FakeAlertmanager(lambda alerts: late.wait() and 200)
    quick = FakeAlertmanager(lambda alerts: 200)
    daemon, log = daemon_with(folder, [silent.url, slow.url, quick.url])
    append(log, paid("one"))
    wait_until("both were asked", lambda: silent.bodies and slow.bodies)
    append(log, paid("two"), *(call_line() for _ in range(1000)))
    daemon.wait_for("counting goes on", lambda m: m.sum("apierrd_ingest_lines_total") == 1002)
    wait_until("the quick one has all", lambda: quick.ids() == {"one", "two"})
    check(not slow.taken, "the slow one has not answered yet")
    late.set()
    wait_until("the slow one has all", lambda: slow.ids() == {"one", "two"})
    ends_soon(daemon)
    silent.close()


def no_secret_is_sent(folder):
    """Wherever in a call it stands: request, message, body."""
    fake = FakeAlertmanager(lambda alerts: 200)
    daemon, log = daemon_with(folder, [fake.url], state=False)
    planted = [SECRET, "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "hunter2hunter2", "eyJhbGciOiJIUzI1NiJ9abc123"]
    message = (f"SecretId {planted[0]}, SecretKey={planted[1]} password: {planted[2]} "
               f"Token {planted[3]} body {{\"card\": \"4111\"}}")
    append(log, paid("one", message, request={"headers": {"Authorization": planted[0]}, "body": message},
                     secret_id=SECRET, secret_key=planted[1]))
    wait_until("it was sent", lambda: fake.ids() == {"one"})
    check("[masked]" in fake.bodies[0], "the message is there")
    for secret in [*planted, "4111"]:
        check(not any(secret in body for body in fake.bodies), f"{secret} was sent: {fake.bodies[0]}")
    daemon.stop()


def only_what_is_committed_is_sent(folder):
    fake = FakeAlertmanager(lambda alerts: 200)
    daemon, log = daemon_with(folder, [fake.url])
    daemon.fill_disk()
    append(log, paid("one"))
    daemon.wait_for("the state cannot be written",
                    lambda m: m.sum("apierrd_checkpoint_failures_total") > 1)
    check(not fake.bodies, f"an event was sent that a crash could take back: {fake.bodies}")
    daemon.fill_disk(False)
    wait_until("sent once it is committed", lambda: fake.ids() == {"one"})
    daemon.stop()


def certificates_are_checked(folder):
    if not shutil.which("openssl"):
        raise Skip("openssl is not there to make a certificate")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    fake = FakeAlertmanager(lambda alerts: 200, tls)
    daemon, log = daemon_with(folder, [fake.url])
    append(log, paid("one"))
    daemon.wait_for("a certificate of nobody's is refused",
                    lambda m: m.value("apierrd_alert_push_failed_total", alertmanager=fake.url) > 0)
    check(not fake.bodies, "it was sent all the same")
    daemon.stop()
    daemon.environment = {**os.environ, "SSL_CERT_FILE": str(certificate)}
    daemon.start()
    wait_until("and one that the system trusts is not", lambda: fake.ids() == {"one"})
    daemon.stop()


def off_unless_configured_and_reloaded(folder):
    fake = FakeAlertmanager(lambda alerts: 200)
    daemon, log = daemon_with(folder, [])
    append(log, paid("one"))
    daemon.wait_for("the table is kept", lambda m: m.value("apierrd_alert_push_active") == 1)
    check(not daemon.metrics().rows("apierrd_alert_push_sent_total"), "nothing is sent anywhere")
    write_config(daemon.config, {"payments": [log]}, alertmanager={"urls": [fake.url], "resend": "1s"})
    daemon.hang_up()
    wait_until("sent after a reload", lambda: fake.ids() == {"one"})
    write_config(daemon.config, {"payments": [log]})
    daemon.hang_up()
    wait_until("reloaded", lambda: daemon.log().count("event=reloaded") == 2)
    check("restart_needed" not in daemon.log(), "no restart is needed")
    daemon.stop()


if __name__ == "__main__":
    run("alerts of single events are sent as they should", a_refused_alert_is_left_out,
        a_failing_one_is_tried_again, a_silent_one_holds_up_nothing, no_secret_is_sent,
        only_what_is_committed_is_sent, certificates_are_checked,
        off_unless_configured_and_reloaded, arrives_with_everything, resolves_after_the_hold, comes_back_to_an_empty_alertmanager, survives_a_kill, a_storm_is_one_alert,
        one_dead_does_not_delay_the_other)
