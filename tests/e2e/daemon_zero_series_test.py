#!/usr/bin/env python3
"""Zeros come before counts, so that increase() sees the first error of a series."""
import json

from apierrd_e2e import (Daemon, call_line, check, demo_lines, run, run_program, wait_until,
                         write_config)

PRODUCTS = ("billing", "common")


def documented_codes():
    """code -> entry, as service `billing` sees them: its own win over the common ones."""
    entries = json.loads(run_program("codes", "--output", "json").stdout)
    by_product = {product: {e["code"].rstrip("."): e for e in entries if e["product"] == product}
                  for product in PRODUCTS}
    check(all(by_product.values()), "codes lists no billing or no common codes")
    return {**by_product["common"], **by_product["billing"]}


def first_scrape(folder):
    """Every documented code of billing stands at 0 although the log already holds errors."""
    log = folder / "app.log"
    log.write_bytes(b"".join(demo_lines(2000)))
    config = write_config(folder / "apierrd.yaml", {"app": [log], "other": [folder / "other.log"]})
    daemon = Daemon(config).start()
    metrics, codes = daemon.metrics(), documented_codes()
    for source in ("app", "other"):
        for name in ("apierrd_api_errors_by_code_total",
                     "apierrd_error_last_observed_timestamp_seconds"):
            rows = metrics.rows(name, source=source, api_service="billing")
            check({row.labels["code"] for row in rows} == set(codes), f"{name}: other codes")
            check(all(row.value == 0 for row in rows), f"{name} of {source} is not 0")
    findings = {(r.labels["source"], r.labels["finding"])
                for r in metrics.rows("apierrd_documentation_findings_total", api_service="billing")}
    check(findings == {(source, finding) for source in ("app", "other")
                       for finding in ("product", "elsewhere", "nowhere")}, f"findings: {findings}")
    for name in ("apierrd_ingest_lines_total", "apierrd_undocumented_errors_total",
                 "apierrd_documentation_findings_total"):
        check(metrics.rows(name) and metrics.sum(name) == 0, f"{name} is absent or not 0")
    info = {}
    for row in metrics.rows("apierrd_error_code_info"):
        key = row.labels["api_service"], row.labels["code"]
        check(key not in info, f"two info series of {key}")
        info[key] = row.labels
    check(set(info) == {("billing", code) for code in codes}, "info series of other codes")
    for code, entry in codes.items():
        for label in ("fault_domain", "retryable", "severity", "class"):
            check(info["billing", code][label] == entry[label], f"{code}: {label} differs from codes")
        check(info["billing", code]["documented"] == "true", f"{code}: not documented")

    daemon.wait_for("counted", lambda m: m.sum("apierrd_ingest_lines_total") == 2000)
    metrics = daemon.metrics()  # what is new to a scraper may be 0 once
    keys = [(r.labels["api_service"], r.labels["code"]) for r in metrics.rows("apierrd_error_code_info")]
    check(len(keys) == len(set(keys)), "two info series for one (api_service, code)")
    counted = {(r.labels["api_service"], r.labels["code"])
               for r in metrics.rows("apierrd_api_errors_by_code_total")}
    check(counted == set(keys), "by_code and info do not have the same codes")
    for row in metrics.rows("apierrd_api_errors_by_code_total"):
        seen = metrics.value("apierrd_error_last_observed_timestamp_seconds", **row.labels)
        check((row.value > 0) == (seen > 0), f"last_observed of {row.labels}: {seen}")
    daemon.stop()


def lazy_series(folder):
    """A series of action and code is shown as 0 once to those who scraped before it was born."""
    log = folder / "app.log"
    log.touch()
    daemon = Daemon(write_config(folder / "apierrd.yaml", {"app": [log]})).start()
    name, labels = "apierrd_api_errors_total", {"action": "PayDeals", "code": "InternalError"}
    check(daemon.metrics(scraper="known").value(name, **labels) is None, "there before its birth")
    log.write_bytes(call_line(code="InternalError") * 3)
    daemon.wait_for("counted", lambda m: m.sum("apierrd_ingest_lines_total") == 3)
    metrics = daemon.metrics(scraper="known")
    check(metrics.value(name, **labels) == 0, "a known scraper does not see 0 first")
    check(metrics.value("apierrd_api_errors_by_code_total", code="InternalError") == 3, "by_code: not 3")
    check(daemon.metrics(scraper="known").value(name, **labels) == 3, "then not its value")
    check(daemon.metrics(scraper="new").value(name, **labels) == 3, "0 for one who sees it the first time")
    daemon.stop()


def findings(folder):
    """Each failed call whose code is not documented where it occurred is one finding; on the page, too."""
    log = folder / "app.log"
    log.touch()
    config = write_config(folder / "apierrd.yaml", {"app": [log]}, products=["billing", "cvm"])
    daemon = Daemon(config).start()
    metrics = daemon.metrics()
    sizes = {r.labels["api_service"]: r.value for r in metrics.rows("apierrd_catalogue_codes")}
    check({"billing", "common", "cvm"} <= set(sizes) and len(sizes) < 20, f"catalogue_codes: {sizes}")
    check(metrics.rows("apierrd_api_errors_by_code_total", api_service="cvm"), "no zeros of cvm")
    codes = {"action": "FailedOperation.BalanceInsufficient", "product": "FailedOperation.SummaryDataNotReady",
             "elsewhere": "InvalidInstanceId.Malformed", "nowhere": "Brand.New"}
    log.write_bytes(b"".join(call_line(code=code) for code in codes.values()) * 2)
    daemon.wait_for("counted", lambda m: m.sum("apierrd_ingest_lines_total") == 8)
    for restart in (False, True):
        if restart:
            daemon.stop()
            daemon.start()
        seen = daemon.metrics().table("apierrd_documentation_findings_total", "api_service", "finding")
        counted = {key: value for key, value in seen.items() if value > 0}
        check(counted == {("billing", finding): 2 for finding in ("product", "elsewhere", "nowhere")}, f"{seen}")
    rows = json.loads(daemon.get("/api/v1/status").body)["codes"]
    check({row["code"]: row["finding"] for row in rows} == {code: f for f, code in codes.items()}, f"{rows}")
    page = daemon.get("/").body.decode()
    for text in ("not of this action", "of other products", "undocumented"):
        check(text in page, f"the page does not say '{text}'")
    daemon.stop()


def hold_ends_by_itself(folder):
    """Without any scrape counting begins after web.startup_hold; and not before."""
    log = folder / "app.log"
    log.write_bytes(call_line() * 5)
    held = write_config(folder / "held.yaml", {"app": [log]},
                        web={"listen": "127.0.0.1:0", "startup_hold": "300s"},
                        state={"path": str(folder / "held.db")})
    daemon = Daemon(held).start()
    answer = daemon.get("/-/ready")
    check(answer.status == 503 and answer.body, f"ready while it holds: {answer.status}")
    check(daemon.metrics().sum("apierrd_ingest_lines_total") == 0, "counted before the first scrape")
    wait_until("ready after the first scrape", lambda: daemon.get("/-/ready").status == 200)
    daemon.stop()
    daemon.start()
    wait_until("ready without a scrape when it has a state", lambda: daemon.get("/-/ready").status == 200)
    daemon.stop()

    short = write_config(folder / "short.yaml", {"app": [log]},
                         web={"listen": "127.0.0.1:0", "startup_hold": "200ms"},
                         state={"path": str(folder / "short.db")})
    daemon = Daemon(short).start()
    wait_until("ready without a scrape", lambda: daemon.get("/-/ready").status == 200)
    check(daemon.metrics().sum("apierrd_ingest_lines_total") == 5, "ready, but not counted")
    daemon.stop()


if __name__ == "__main__":
    run("series begin at 0", first_scrape, lazy_series, findings, hold_ends_by_itself)
