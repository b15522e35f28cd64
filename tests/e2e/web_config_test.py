#!/usr/bin/env python3
"""The file that secures the web face: promtool and `check` agree about it but where we are stricter on
purpose; and `top` talks to a daemon behind TLS and a password."""
import base64
import http.server
import ssl
import subprocess
import threading

from apierrd_e2e import Skip, check, counting, failed_call, run, run_program, write_config
from apierrd_prometheus import tool

HASH = "$2y$10$qRTBuFoULoYNA7AQ/F3ck.trZBPyjV64.oA4ZsSBCIWvXuvQlQTuu"  # carol123
TLS = "tls_server_config:\n  cert_file: cert.pem\n  key_file: key.pem\n"


def http_headers(text):
    return "http_server_config: {headers: {" + text + "}}\n"


def users(text):
    return "basic_auth_users: {" + text + "}\n"


GOOD = [
    "",
    "# nothing\n",
    "tls_server_config: {}\n",
    TLS,
    TLS.replace("cert.pem", "sub/../cert.pem"),
    TLS + "  client_auth_type: NoClientCert\n",
    TLS + "  client_auth_type: RequestClientCert\n",
    TLS + "  client_auth_type: RequireAnyClientCert\n",
    TLS + "  client_auth_type: RequireClientCert\n",
    TLS + "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: cert.pem\n",
    TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: cert.pem\n",
    TLS + "  min_version: TLS12\n  max_version: TLS13\n",
    TLS + "  min_version: TLS13\n",
    TLS + "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256]\n",
    TLS + "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]\n",
    TLS + "  cipher_suites: [TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256]\n",
    TLS + "  prefer_server_cipher_suites: false\n",
    TLS + "  curve_preferences: [CurveP256, CurveP384, CurveP521, X25519]\n",
    "http_server_config: {http2: false}\n",
    http_headers("X-Frame-Options: deny"),
    http_headers("X-Frame-Options: sameorigin, X-Content-Type-Options: nosniff"),
    http_headers("Content-Security-Policy: '', X-XSS-Protection: 1, Strict-Transport-Security: max-age=1"),
    users("carol: " + HASH),
    users("carol: " + HASH.replace("$2y$", "$2a$") + ", dave: " + HASH.replace("$2y$", "$2b$")),
    TLS + users("carol: " + HASH) + http_headers("X-Frame-Options: deny"),
]
BAD = [
    "[a\n",
    "nothing: 1\n",
    "tls_server_config: {cert_file: cert.pem}\n",
    "tls_server_config: {key_file: key.pem}\n",
    TLS.replace("key.pem", "nowhere.pem"),
    TLS.replace("cert.pem", "key.pem"),
    TLS.replace("key.pem", "other.pem"),
    TLS + "  cert_files: x\n",
    TLS + "  client_auth_type: Sometimes\n",
    TLS + "  client_ca_file: cert.pem\n",
    TLS + "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: nowhere.pem\n",
    TLS + "  min_version: SSL30\n",
    TLS + "  cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA256]\n",
    TLS + "  cipher_suites: TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256\n",
    TLS + "  curve_preferences: [P256]\n",
    "http_server_config: {http2: maybe}\n",
    "http_server_config: {http3: true}\n",
    http_headers("X-Frame-Options: DENY"),
    http_headers("X-Frame-Options: ''"),
    http_headers("X-Content-Type-Options: sniff"),
    http_headers("Referrer-Policy: no-referrer"),
    http_headers("x-frame-options: deny"),
    users("carol: carol123"),
    users("carol: " + HASH[:-2]),
    users("carol: " + HASH.replace("$10$", "$32$")),
    users("carol: " + HASH + ", carol: " + HASH),
]
# What promtool lets pass, and why we do not; docs/operations.md lists the same.
STRICTER = [
    (TLS + "  min_version: TLS10\n", "RFC 8996"),
    (TLS + "  min_version: TLS11\n", "RFC 8996"),
    (TLS + "  min_version: TLS13\n  max_version: TLS12\n", "above 'max_version'"),
    (TLS + "  client_auth_type: RequireAndVerifyClientCert\n", "without 'client_ca_file'"),
    (TLS + "  cipher_suites: [TLS_AES_128_GCM_SHA256]\n", "none for TLS 1.2"),
    ("tls_server_config: {min_version: TLS13}\n", "lacks 'cert_file'"),
    ("http_server_config: {http2: yes}\n", "true or false"),
    (users("carol: " + HASH + "x"), "no bcrypt hash"),
    (users("carol: " + HASH.replace("$2y$", "$2x$")), "no bcrypt hash"),
    (users("carol: " + HASH.replace("$10$", "$17$")), "cost 17"),
    (users("'': " + HASH), "cannot be a user's"),
    (users("'a:b': " + HASH), "cannot be a user's"),
]


def openssl(*arguments):
    try:
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
    except FileNotFoundError:
        raise Skip("there is no openssl") from None


def certify(folder):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 90,
            "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=apierrd",
            "-addext", "subjectAltName=IP:127.0.0.1")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / "other.pem")


def verdicts(folder, text, promtool):
    """What promtool and `check` say: (good, good, our output)."""
    web = folder / "web.yml"
    web.write_text(text)
    theirs = subprocess.run([promtool, "check", "web-config", web], capture_output=True, timeout=60)
    config = write_config(folder / "apierrd.yaml", {"app": [folder / "*.log"]},
                          web={"listen": "127.0.0.1:0", "config_file": "web.yml"})
    ours = run_program("check", "--config", config)
    output = ours.stdout.decode() + ours.stderr.decode()
    check(ours.returncode in (0, 2, 3), f"status {ours.returncode} for\n{text}{output}")
    return theirs.returncode == 0, ours.returncode == 0, output


def agrees_with_promtool(folder):
    promtool = tool("promtool")
    certify(folder)
    (folder / "sub").mkdir()
    for wanted, texts in ((True, GOOD), (False, BAD)):
        for text in texts:
            theirs, ours, output = verdicts(folder, text, promtool)
            check(theirs == wanted, f"promtool says {theirs} of\n{text}")
            check(ours == wanted, f"we say {ours} of\n{text}{output}")
    for text, why in STRICTER:
        theirs, ours, output = verdicts(folder, text, promtool)
        check(theirs, f"promtool refuses, too: no longer stricter\n{text}")
        check(not ours and why in output, f"we say {ours} of\n{text}{output}")
        check(HASH not in output, "a hash is shown")


def check_finds_what_is_unwise(folder):
    (folder / "web.yml").write_text(users("carol: " + HASH))
    for listen, status in (("127.0.0.1:0", 0), ("[::1]:0", 0), (":0", 1), ("0.0.0.0:0", 1)):
        config = write_config(folder / "apierrd.yaml", {"app": [folder / "*.log"]},
                              web={"listen": listen, "config_file": "web.yml"})
        result = run_program("check", "--config", config)
        check(result.returncode == status, f"{listen}: {result}")
        check((b"in the clear" in result.stdout) == (status == 1), f"{listen}: {result}")
    effective = run_program("check", "--effective", "--config", config).stdout.decode()
    check(f"web.config_file = {folder}/web.yml " in effective, effective)
    (folder / "web.yml").unlink()
    result = run_program("check", "--config", config)
    check(result.returncode == 3 and b"cannot read the web configuration" in result.stderr, result)


class Secured(http.server.BaseHTTPRequestHandler):
    """Gives a status to carol only."""
    protocol_version = "HTTP/1.1"
    status = b""

    def do_GET(self):
        good = base64.b64encode(b"carol:carol:123").decode()
        admitted = self.headers.get("Authorization") == f"Basic {good}"
        body = self.status if admitted else b"no\n"
        self.send_response(200 if admitted else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(folder, status, ask_for_certificate=False):
    """(the server, its address behind TLS)"""
    handler = type("Handler", (Secured,), {"status": status})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    if ask_for_certificate:
        context.load_verify_locations(folder / "cert.pem")
        context.verify_mode = ssl.CERT_REQUIRED
    # Each connection shakes hands in its own thread.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"https://127.0.0.1:{server.server_address[1]}"


def status_of_a_daemon(folder):
    daemon, _ = counting(folder, [failed_call("FailedOperation.PaySuccDeliverFailed", "paid")])
    return daemon.get("/api/v1/status").body


def top(*arguments, status, says):
    result = run_program("top", "--once", *arguments)
    output = (result.stdout + result.stderr).decode()
    check(result.returncode == status and says in output, f"{arguments}: {result.returncode}: {output}")
    check("carol:123" not in output, f"the password is shown: {output}")


def top_asks_securely(folder):
    certify(folder)
    right, wrong = folder / "right", folder / "wrong"
    right.write_text("carol:123\n")
    wrong.write_text("carol")
    server, url = serve(folder, status_of_a_daemon(folder))
    trust = ("--url", url, "--ca", folder / "cert.pem")
    carol = ("--user", "carol", "--password-file")
    paid = "FailedOperation.PaySuccDeliverFailed"
    top(*trust, *carol, right, status=0, says=paid)
    top("--url", url, "--insecure", *carol, right, status=0, says=paid)
    top("--url", url, *carol, right, status=3, says="--ca")
    top("--url", url.replace("127.0.0.1", "localhost"), "--ca", folder / "cert.pem", *carol, right, status=3,
        says="as its certificate does")
    top("--url", url, "--ca", folder / "nowhere.pem", *carol, right, status=3, says="nowhere.pem")
    top(*trust, status=3, says="status 401: it wants --user and --password-file")
    top(*trust, *carol, wrong, status=3, says="status 401: the password is wrong")
    top(*trust, *carol, folder / "nowhere", status=3, says="nowhere")
    top(*trust, "--user", "carol", status=2, says="--password-file")
    top("--url", url.replace("https", "http"), *carol, right, status=3, says="cannot reach the daemon")
    top("--url", "http://192.0.2.1:1", *carol, right, status=2, says="in the clear")
    top("--url", "ftp://127.0.0.1:1", status=2, says="no address of a daemon")
    server.shutdown()


def top_shows_a_certificate(folder):
    certify(folder)
    password = folder / "password"
    password.write_text("carol:123\n")
    server, url = serve(folder, status_of_a_daemon(folder), ask_for_certificate=True)
    arguments = ("--url", url, "--ca", folder / "cert.pem", "--user", "carol", "--password-file", password)
    top(*arguments, "--cert", folder / "cert.pem", "--key", folder / "key.pem", status=0,
        says="FailedOperation.PaySuccDeliverFailed")
    top(*arguments, status=3, says="cannot reach the daemon")
    top(*arguments, "--cert", folder / "cert.pem", "--key", folder / "other.pem", status=2,
        says="belong to each other")
    top(*arguments, "--cert", folder / "cert.pem", status=2, says="--key")
    server.shutdown()


run("the web face's file means what promtool says, and top talks to a secured daemon", agrees_with_promtool,
    check_finds_what_is_unwise, top_asks_securely, top_shows_a_certificate)
