#!/usr/bin/env python3
"""Secrets planted in every field, format, wrapper and fault of a log reach no output: no label, exemplar, page, API,
alert, message of ours, command or byte of the state. Harmless marks beside them do, so what is looked through is
the right text. Secrets are made by a generator with a fixed seed; 12 bytes of one are as bad as all of it."""
import base64
import html
import json
import random
import re
import string

from apierrd_alertmanager import FakeAlertmanager
from apierrd_e2e import (OPENMETRICS, TEXT, Daemon, check, request, run, run_program, wait_until, write_config)

PAID = "FailedOperation.PaySuccDeliverFailed"
FRAGMENT = 12
LETTERS = string.ascii_letters + string.digits
STAMP = "2026-11-25T09:00:00.123456789Z"
LINE_BYTES = 8192
KEPT_BYTES = 512  # of a message


class Vault:
    """Makes secrets and finds them again."""

    def __init__(self):
        self.random = random.Random(20261128)
        self.secrets = []

    def keep(self, secret):
        self.secrets.append(secret)
        return secret

    def text(self, size, alphabet=LETTERS):
        return self.keep("".join(self.random.choices(alphabet, k=size)))

    def secret_id(self):
        return "AKID" + self.text(32)

    def secret_key(self):
        return self.text(32)

    def signature(self):
        return self.text(64, "0123456789abcdef")

    def token(self):
        return self.keep(base64.b64encode(self.random.randbytes(150)).decode())

    def web_token(self):
        parts = (base64.urlsafe_b64encode(self.random.randbytes(size)).decode().rstrip("=") for size in (18, 60, 32))
        return "eyJ" + ".".join(self.keep(part) for part in parts)

    def password(self):
        return self.text(14)

    def private_key(self):
        lines = [self.keep(base64.b64encode(self.random.randbytes(size)).decode()) for size in (48, 48, 10)]
        return "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *lines, "-----END RSA PRIVATE KEY-----"])

    def found_in(self, data):
        """The pieces of secrets that stand in `data`, in any case, as they are or as HTML has them."""
        windows = {s[i:i + FRAGMENT].lower() for s in self.secrets for i in range(max(1, len(s) - FRAGMENT + 1))}
        short = {w for w in windows if len(w) < FRAGMENT}
        text = data.decode("latin-1").lower()
        found = {w for w in short if w in text}
        for form in {text, html.unescape(text)}:
            found |= {form[i:i + FRAGMENT] for i in range(len(form)) if form[i:i + FRAGMENT] in windows}
        return sorted(found)


def escaped(text):
    return "".join(f"\\u{ord(c):04x}" for c in text)


def percent(text):
    return "".join(f"%{ord(c):02X}" for c in text)


def planted_messages(vault):
    """What messages say, each with secrets of its own."""
    v = vault
    texts = [
        f"The SecretId {v.secret_id()} is not found",
        f"SecretKey {v.secret_key()} was used",
        f"SECRETKEY={v.password()}; next",
        f"secret-key : '{v.password()}'",
        f'"secretKey": "{v.password()}"',
        f"Authorization: TC3-HMAC-SHA256 Credential={v.secret_id()}/2026-11-25/cvm/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={v.signature()}",
        f"authorization: Basic {v.text(12)}",
        f"Bearer {v.text(17)} is expired",
        f"X-TC-Token: {v.token()}",
        f"the Token was {v.token()}, it is used up",
        f"jwt {v.web_token()}",
        f"GET https://bucket.cos.ap-guangzhou.myqcloud.com/a?q-sign-algorithm=sha1&q-ak={v.secret_id()}"
        f"&q-signature={v.text(40, '0123456789abcdef')}&x-cos-security-token={v.token()}",
        f"GET https://host/?Action=X&Nonce={v.text(12)}&Signature={v.password()}",
        f"https://user:{v.password()}@host:80/path refused",
        f"mysql://root:{v.text(6)}/{v.password()}@10.0.0.1/db refused",
        f"root:{v.password()}@tcp(10.0.0.1:3306)/db refused",
        f"key {v.private_key()} is no key",
        v.private_key().replace("\n", "\\n"),
        f"AKIA{v.text(16, string.ascii_uppercase + '234567')} is unknown",
        f"LTAI{v.text(20)} is unknown",
        'InvalidParameter: value `{"CardNo":"%s","n":{"a":"}","b":"%s"}}` is bad' % (v.text(12), v.text(12)),
        json.dumps({"Password": v.password(), "CardNo": v.text(12, string.digits)}),
        json.dumps(json.dumps({"Password": 'a"b' + v.password(), "CardNo": v.text(12, string.digits)})),
        f"<xml><card>{v.text(12)}</card></xml> cannot be read",
        f"body: card {v.text(12)}",
        f"CardNo={v.text(12)}&Region=ap&Name={v.text(12)}",
        f"password: \"{v.text(7)},{v.password()}\", next",
        f"password={v.text(7)},{v.password()}; next",
        f"Password={v.text(7)}'{v.password()}",
        'said "Password":"%s\\"%s", next' % (v.text(7), v.password()),
        f"密码：{v.password()}",
        f"密钥 = {v.password()}",
        f"Signature%3D{v.password()}",
        f"SecretKey%253A%2520{v.password()}",
        percent(v.secret_id()),
        escaped(v.secret_id()),
        f"AK\\u0049D{v.text(16)}\\u0041{v.text(15)}",
        v.token().replace("/", "\\/"),
        "\n".join(re.findall(".{1,64}", v.token())),
        "http:\\/\\/user:%s@host\\/" % v.password(),
        f"x-acs-security-token {v.token()}",
        f"cookie: session={v.password()}; next",
        f"sig={v.password()} pwd={v.password()}",
    ]
    before = "too many words " * 40
    for cut in (2, 7, 13, 19, 30):  # bytes of it that fit
        texts.append(before[:KEPT_BYTES - cut - 8] + " " + v.secret_id())
        texts.append("。" * ((KEPT_BYTES - cut - 8) // 3) + v.secret_key())
        texts.append(before[:200] + "x" * (KEPT_BYTES - 200 - cut - 20) + " Password=" + v.secret_key())
    return [f"mark{i:03} {text}" for i, text in enumerate(texts)]


def call(action="PayDeals", service="billing", code=None, message=None, request_id="r-1", **more):
    response = {"RequestId": request_id}
    if code is not None:
        response["Error"] = {"Code": code, "Message": message or "m"}
    return {"service": service, "action": action, "latency_ms": 3,
            "response": {"Response": response}, **more}


def line(call, as_string=False):
    if as_string:
        call = {**call, "response": json.dumps(call["response"])}
    return json.dumps(call, ensure_ascii=False) + "\n"


def fields_nobody_reads(v):
    """Where logs really have them: in the request beside the response."""
    key = v.secret_id()
    return {"secret_id": key,
            "headers": {"Authorization": f"TC3-HMAC-SHA256 Credential={key}, Signature={v.signature()}",
                        "X-TC-Token": v.token()},
            "request": {"body": {"Password": v.password(), v.secret_id(): v.secret_key()}}, "raw": v.private_key(),
            v.secret_key(): [v.token()]}


def names_that_are_secrets(v):
    """As service, action, code, region, host, request id, time and latency; and the calls they come to."""
    kinds = [v.secret_id, v.secret_key, v.signature, v.token, v.web_token, v.private_key,
             lambda: f"Bearer {v.text(17)}", lambda: f"https://u:{v.password()}@h/",
             lambda: f"Action=X&Password={v.password()}", lambda: json.dumps({"Password": v.password()}),
             lambda: percent(v.secret_id()), lambda: f"Token: {v.text(16)}",
             lambda: f"TC3-HMAC-SHA256 Credential={v.secret_id()}/a, Signature={v.signature()}"]
    calls = []
    for kind in kinds:
        calls += [call(action=kind()), call(service=kind()), call(code=kind(), message="mark-code"),
                  call(action=f"Describe{kind()}", code=f"AuthFailure.{kind()}"),
                  call(region=kind(), time=kind(), latency_ms=kind())]
    for kind in (v.secret_id, v.secret_key, v.signature):  # what a host's name can hold
        host = call(host=kind() + ".tencentcloudapi.com")
        del host["service"]
        calls.append(host)
    for kind in (v.secret_id, v.web_token, lambda: f"Bearer {v.text(17)}", lambda: f"token={v.password()}"):
        calls += [call(request_id=kind()), call(request_id=kind(), code="InternalError"),
                  call(request_id=kind(), code=PAID)]
    return calls


def wrapped_lines(v):
    """Lines for `auto` in every wrapper, split in the middle of a secret, and what SDKs print."""
    def docker(part, end="\n"):
        return json.dumps({"log": part + end, "stream": "stdout", "time": STAMP}) + "\n"

    def failed():
        return line(call(code="InternalError", message=f"mark-wrapped {v.secret_id()} Password={v.password()}",
                         **fields_nobody_reads(v)), as_string=True).rstrip("\n")
    out = [docker(failed()), f"{STAMP} stdout F {failed()}\n", f"<34>Oct 11 22:14:15 host app[1]: {failed()}\n"]
    for text in (failed(), failed()):
        cut = text.index("AKID") + 12
        out.append(docker(text[:cut], "") + docker(text[cut:]))
        out.append(f"{STAMP} stdout P {text[:cut]}\n{STAMP} stdout F {text[cut:]}\n")
    code, uuid = "AuthFailure.SignatureFailure", "6f6a5c1e-0000-4000-8000-000000000001"
    for message in (f"mark-sdk {v.secret_id()}", f"mark-sdk SecretKey={v.password()}", f"mark-sdk {v.token()}"):
        out += [f"[TencentCloudSDKError] Code={code}, Message={message}, RequestId={uuid}\n",
                f"X-TC-Action: {v.secret_key()} [TencentCloudSDKException] code:{code} message:{message} "
                f"requestId:{v.secret_id()}\n",
                json.dumps({"level": "error", "token": v.token(), "msg":
                            f"[TencentCloudSDKError] Code={code}, Message={message}, RequestId={uuid}"}) + "\n",
                f"tencentcloud-sdk-go: [{v.secret_id()}] (host {v.secret_id()}.tencentcloudapi.com, region:"
                f"[{v.secret_key()}]) [TencentCloudSDKError] Code={code}, Message={message}, RequestId={uuid}\n"]
    return out


def refused_lines(v):
    """Rejected and ignored ones; none may be quoted anywhere."""
    whole = line(call(code=PAID, message=v.secret_id(), **fields_nobody_reads(v)))
    return [whole[:len(whole) // 2] + "\n", whole.rstrip()[:-1] + "\n", f"{v.secret_id()} {v.token()}\n",
            json.dumps({"token": v.token(), "Password": v.password()}) + "\n",
            line(call(message=v.secret_id(), code=v.secret_key() + "x" * LINE_BYTES)),
            line({**call(), "response": '{"Response":{"Error":{"Code":"' + v.secret_id()}),
            bad_text(line(call(code="InternalError", message="\ud800" + v.secret_id()))),
            bad_text(line(call(action=v.secret_key() + "\udcff")))]


def bad_text(text):
    """With surrogates in UTF-8, which are no UTF-8."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")


class Site:
    """Logs with everything in them, their configuration, and a daemon with an Alertmanager."""

    def __init__(self, folder):
        self.vault = v = Vault()
        self.messages = planted_messages(v)
        codes = [row["code"] for row in json.loads(run_program("codes", "--product", "cvm", "--output", "json").stdout)
                 if row["product"] == "cvm"][:len(self.messages)]
        check(len(codes) == len(self.messages), f"{len(codes)} codes for {len(self.messages)} messages")
        shown = [line(call("RunInstances", "cvm", code, text, **fields_nobody_reads(v)), i % 2 == 1)
                 for i, (code, text) in enumerate(zip(codes, self.messages))]
        # Beyond 20 an hour the alerts of a source and code are one.
        paid = [[line(call(code=PAID, message=text, request_id=f"paid-{at + i}")) for i, text in
                 enumerate(self.messages[at:at + 18])] for at in range(0, len(self.messages), 18)]
        self.names = names_that_are_secrets(v)
        self.logs = {"plain": shown + [line(c, i % 2 == 1) for i, c in enumerate(self.names)],
                     "wrapped": wrapped_lines(v), "refused": refused_lines(v),
                     **{f"paid{i}": lines for i, lines in enumerate(paid)}}
        sources = []
        for name, lines in self.logs.items():
            (folder / f"{name}.log").write_bytes("".join(lines).encode("utf-8", "surrogateescape"))
            sources.append({"name": name, "paths": [str(folder / f"{name}.log")],
                            **({"format": "auto"} if name == "wrapped" else {})})
        self.lines = sum((folder / f"{name}.log").read_bytes().count(b"\n") for name in self.logs)
        self.files = [folder / f"{name}.log" for name in self.logs]
        self.alertmanager = FakeAlertmanager(lambda alerts: 200)
        self.config = write_config(
            folder / "apierrd.yaml", {}, log={"level": "debug"}, limits={"line_bytes": LINE_BYTES},
            alertmanager={"urls": [self.alertmanager.url], "resend": "1s"})
        config = json.loads(self.config.read_text())
        self.config.write_text(json.dumps({**config, "sources": sources}, indent=1))
        self.daemon = Daemon(self.config).start()
        self.daemon.metrics()
        self.daemon.wait_for("all counted", lambda m: m.sum("apierrd_ingest_lines_total") == self.lines)
        wait_until("alerts were sent", lambda: len(self.alertmanager.ids()) >= len(self.messages))

    def no_secret_in(self, what, data, marks=()):
        found = self.vault.found_in(data)
        at = data.decode("latin-1").lower().find(found[0]) if found else 0
        check(not found, f"{what} holds {len(found)} pieces of secrets: {found[:3]}: "
              f"{data[max(0, at - 200):at + 60]!r}")
        for mark in marks:
            check(mark.encode() in data, f"{what} does not hold {mark!r}")
        print(f"  {what}: {len(data)} bytes")


def nothing_shows_them(folder):
    site = Site(folder)
    daemon, marks = site.daemon, [text[:7] for text in site.messages]
    for accept in (TEXT, OPENMETRICS):
        for scraper in ("first", "second"):  # what is new to a scraper is 0 once, without exemplars
            metrics = daemon.metrics(accept, scraper)
            metrics = daemon.metrics(accept, scraper)
        page = request(daemon.port, "/metrics", headers={"Accept": accept, "User-Agent": "second"}).body
        site.no_secret_in(f"/metrics as {accept[:16]}", page, ['action="[masked]"', 'code="[masked]"',
                                                               'api_service="[masked]"'])
    check(b'request_id="r-1"' in page, "there are no exemplars")
    calls = metrics.sum("apierrd_api_calls_total", source="plain")
    check(calls == len(site.messages) + len(site.names), f"{calls} calls of {len(site.logs['plain'])} lines")
    for path, wanted in (("/", [*marks[:5], "[masked]"]), ("/api/v1/status", [*marks, "[masked]"]),
                         ("/api/v1/config", ["alertmanager.urls"]), ("/api/v1/codes?q=Balance", ["Balance"]),
                         ("/catalog", ["code"]), ("/-/ready", []), ("/-/healthy", [])):
        answer = daemon.get(path)
        check(answer.status == 200, f"{path} answers {answer.status}")
        site.no_secret_in(path, answer.body, wanted)
    site.no_secret_in("alerts", "".join(site.alertmanager.bodies).encode(), marks)
    commands_show_none(site, f"http://127.0.0.1:{daemon.port}")
    for name in ("state.db", "state.db-wal"):
        if (folder / name).exists():
            site.no_secret_in(name, (folder / name).read_bytes())
    daemon.stop()
    daemon.start()  # what the state gives back
    site.no_secret_in("the page after a restart", daemon.get("/").body, ["[masked]"])
    daemon.stop()
    state = b"".join(path.read_bytes() for path in folder.glob("state.db*"))
    site.no_secret_in("the state", state, [*marks[:5], "[masked]"])
    site.no_secret_in("our log", daemon.log().encode(), ["event=started", "event=file_opened"])


def commands_show_none(site, url):
    def show(what, *arguments, marks=(), codes=(0,), **options):
        done = run_program(*arguments, **options)
        check(done.returncode in codes, f"{what} exits {done.returncode}: {done.stderr[-500:]}")
        site.no_secret_in(what, done.stdout + done.stderr, marks)
        return done.stdout
    for output in ("json", "table", "prometheus", "openmetrics"):
        show(f"replay as {output}", "replay", "--config", site.config, "--output", output, *site.files,
             marks=["[masked]"])
    plain = json.loads(show("replay of one", "replay", "--output", "json", site.files[0]))
    wanted = len(site.messages) + len(site.names)
    check(sum(row["count"] for row in plain["calls"]) == wanted == plain["records"], "replay: not all calls count")
    keys = [(row["api_service"], row["action"], row["code"]) for row in plain["errors"]]
    check(len(keys) == len(set(keys)), "replay: one row for what has one name")
    for file in site.files:
        name = file.stem
        show(f"explain {name}", "explain", "--config", site.config, "--source", name, "-", stdin=file.read_bytes(),
             marks=["request id"] if name != "refused" else ["rejected"])
    show("explain without format", "explain", "-", stdin=b"".join(f.read_bytes() for f in site.files))
    show("check", "check", "--config", site.config, "--effective", marks=["alertmanager.urls = http://127.0.0.1"])
    show("audit", "audit", "--config", site.config, marks=["plain"])
    show("top", "top", "--once", "--url", url, marks=["[masked]"])
    show("rules", "rules", "--config", site.config, marks=["alert:"])


def our_own_are_not_shown(folder):
    """Passwords in a configuration, good and bad, and what HTTP clients send."""
    vault, log = Vault(), folder / "app.log"
    log.write_text(line(call()))

    def show(sections, marks, code):
        config = write_config(folder / "apierrd.yaml", {"app": [log]}, **sections)
        done = run_program("check", "--config", config, "--effective")
        text = done.stdout + done.stderr
        check(done.returncode == code, f"{sections} exits {done.returncode}: {text}")
        check(not vault.found_in(text), f"{sections}: {text}")
        for mark in marks:
            check(mark.encode() in text, f"{mark} is not in {text}")
    bad = [{"alertmanager": {"urls": [f"http://user:{vault.password()}@127.0.0.1:9"]}},
           {"alertmanager": {"urls": [f"ftp://user:{vault.password()}@127.0.0.1:9"]}},
           {"alertmanager": {"urls": [f"user:{vault.password()}@127.0.0.1:9"]}},
           {"alertmanager": {"runbooks": f"https://user:{vault.password()}@host/page"}},
           {"alertmanager": {"runbooks": f"user:{vault.password()}@host/page"}},
           {"web": {"listen": f"https://user:{vault.password()}@127.0.0.1"}},
           {"log": {"level": f"https://user:{vault.password()}@127.0.0.1"}},
           {"web": {"listen": "127.0.0.1:0", "password": vault.password()}},
           {"basic_auth_users": {"admin": "$2y$10$" + vault.text(53)}}]
    for sections in bad:
        show(sections, ["apierrd.yaml"], 2)
    labels = {"auth_token": vault.password(), "cluster": "eu"}
    show({"alertmanager": {"urls": ["http://127.0.0.1:9"], "external_labels": labels}},
         ["auth_token=[masked]", "cluster=eu"], 0)
    daemon = Daemon(folder / "apierrd.yaml").start()
    asked = vault.secret_key()
    for path in ("/", f"/?token={asked}", f"/{asked}", f"/api/v1/status?secret={asked}", "/metrics"):
        daemon.get(path, Authorization=f"Bearer {asked}", Cookie=f"session={vault.token()}")
    for i, sections in enumerate(bad, 1):
        write_config(daemon.config, {"app": [log]}, **sections)
        daemon.hang_up()
        wait_until("the reload fails", lambda: daemon.metrics().value("apierrd_config_last_reload_successful") == 0
                   and daemon.log().count("event=reload_failed") >= min(i, 5), quiet=True)
        for path in ("/", "/api/v1/status", "/api/v1/config", "/metrics"):
            body = daemon.get(path).body
            check(not vault.found_in(body), f"{path} after {sections}: {vault.found_in(body)}")
    check("event=reload_failed" in daemon.log(), "no reload failed")
    check(not vault.found_in(daemon.log().encode()), f"our log: {daemon.log()}")
    daemon.stop()


if __name__ == "__main__":
    run("no secret is shown", our_own_are_not_shown, nothing_shows_them)
