#!/usr/bin/env python3
"""SIGHUP changes sources, catalog and limits; counters stay, and a bad configuration changes nothing."""
import json

from apierrd_e2e import Daemon, call_line, check, demo_lines, replay, run, wait_until, write_config

RELOADED = "apierrd_config_last_reload_success_timestamp_seconds"
SUCCESSFUL = "apierrd_config_last_reload_successful"
CODE = "FailedOperation.SummaryDataNotReady"


def append(path, data):
    with path.open("ab") as file:
        file.write(data)


def reload(daemon, what, works=True):
    """SIGHUP, and waits until the daemon has taken notice."""
    before = daemon.metrics()
    daemon.hang_up()
    if works:
        return daemon.wait_for(what, lambda m: m.value(RELOADED) > before.value(RELOADED) and
                               m.value(SUCCESSFUL) == 1)
    metrics = daemon.wait_for(what, lambda m: m.value(SUCCESSFUL) == 0)
    check(metrics.value(RELOADED) == before.value(RELOADED), "a failed reload counts as a success")
    return metrics


def started(folder, sources, **sections):
    daemon = Daemon(write_config(folder / "apierrd.yaml", sources, **sections)).start()
    daemon.metrics()
    return daemon


def new_source(folder):
    first, second = folder / "first.log", folder / "second.log"
    first.write_bytes(b"".join(demo_lines(300, seed=1)))
    second.write_bytes(b"".join(demo_lines(200, seed=2)))
    daemon = started(folder, {"app": [first]})
    daemon.wait_for_totals("before", replay(first))
    write_config(daemon.config, {"app": [first], "new": [second]})
    reload(daemon, "reloaded")
    daemon.wait_for_totals("the new source", replay(second), source="new")
    append(first, b"".join(demo_lines(50, seed=3)))
    metrics = daemon.wait_for_totals("the old one goes on", replay(first))
    rows = metrics.rows("apierrd_api_errors_by_code_total", source="new", api_service="billing")
    check(len(rows) > 30, "the new source has no zeros")
    daemon.stop()
    daemon.start()
    daemon.wait_for_totals("after a restart", replay(second), source="new")
    daemon.wait_for_totals("and the old one", replay(first))
    daemon.stop()


def catalog_overlay(folder):
    """The info series changes, nothing else does; there is one per code at all times."""
    log, overlays = folder / "app.log", folder / "overlays"
    overlays.mkdir()
    log.write_bytes(call_line(code=CODE) * 7 + b"".join(demo_lines(300)))
    daemon = started(folder, {"app": [log]}, catalogs={"overlays": str(overlays)})
    before = daemon.wait_for_totals("before", replay(log))

    def info(metrics):
        rows = metrics.rows("apierrd_error_code_info", api_service="billing", code=CODE)
        check(len(rows) == 1, f"{len(rows)} info series of {CODE}")
        return rows[0].labels
    check(info(before)["severity"] == "info", "its severity is not info")
    (overlays / "ours.yaml").write_text(json.dumps(
        {"schema": 1, "product": "billing", "codes": [{"code": CODE, "severity": "critical"}]}))
    daemon.hang_up()
    metrics = daemon.wait_for("severity critical", lambda m: info(m)["severity"] == "critical")
    check(info(metrics)["fault_domain"] == info(before)["fault_domain"], "the fault domain changed too")
    append(log, call_line(code=CODE))
    daemon.wait_for_totals("counters kept, and counting", replay(log))
    (overlays / "ours.yaml").unlink()
    daemon.hang_up()
    daemon.wait_for("severity info again", lambda m: info(m)["severity"] == "info")
    daemon.stop()


def broken_configuration(folder):
    log, other = folder / "app.log", folder / "other.log"
    log.write_bytes(b"".join(demo_lines(100)))
    other.write_bytes(call_line())
    daemon = started(folder, {"app": [log]})
    daemon.wait_for_totals("before", replay(log))
    good = daemon.config.read_text()
    for number, text in enumerate([
            "sources: [", "sources: []", good.replace('"sources"', '"surces"'), "",
            json.dumps({**json.loads(good), "products": ["no-such-product"]}),
            json.dumps({**json.loads(good), "catalogs": {"overlays": str(folder / "none")}})]):
        daemon.config.write_text(text)
        reload(daemon, f"refused {text[:30]!r}", works=False)
        append(log, b"".join(demo_lines(10, seed=number)))
        daemon.wait_for_totals("still counting", replay(log))
        check("event=reload_failed" in daemon.log(), "the log does not say why")
        write_config(daemon.config, {"app": [log]})
        reload(daemon, "good again")
    daemon.config.unlink()
    reload(daemon, "no file", works=False)
    append(log, call_line())
    metrics = daemon.wait_for_totals("still counting", replay(log))
    check(metrics.sum("apierrd_lost_bytes_total") == 0, "bytes are said to be lost")
    daemon.stop()


def source_taken_out_and_put_back(folder):
    """Its lines count once, whether it comes back by a reload or by a restart."""
    log, other = folder / "app.log", folder / "other.log"
    log.write_bytes(b"".join(demo_lines(200)))
    other.touch()
    both, one = {"app": [log], "other": [other]}, {"other": [other]}
    daemon = started(folder, both)
    daemon.wait_for_totals("before", replay(log))
    for number in range(2):
        append(log, b"".join(demo_lines(40, seed=number)))
        write_config(daemon.config, one)
        metrics = reload(daemon, "taken out")
        check(metrics.sum("apierrd_ingest_lines_total", source="app") >= 200, "its counters went away")
        append(other, call_line())
        daemon.wait_for_totals("the other goes on", replay(other), source="other")
        append(log, call_line())
        write_config(daemon.config, both)
        if number == 0:
            reload(daemon, "put back")
        else:
            daemon.stop()
            daemon.start()
        append(log, call_line())
        daemon.wait_for_totals("counted once", replay(log))
    daemon.stop()


def max_silence(folder):
    """A threshold that is exported: only where it is configured, and as a reload says."""
    metric, log = "apierrd_source_max_silence_seconds", folder / "app.log"
    log.write_bytes(call_line())
    daemon = started(folder, {"app": [log], "batch": [log]})
    check(not daemon.metrics().rows(metric), "nobody asked for it")

    def is_exported(what, wanted):
        # The page may have been begun before the reload that its last lines tell of.
        daemon.wait_for(what, lambda m: {row.labels["source"]: row.value for row in m.rows(metric)} == wanted)

    def configure(text, wanted):
        config = json.loads(daemon.config.read_text())
        config["sources"][0].pop("max_silence", None)
        config["sources"][0].update({"max_silence": text} if text else {})
        daemon.config.write_text(json.dumps(config))
        reload(daemon, str(text))
        is_exported(f"max_silence {text}", wanted)
    configure("15m", {"app": 900})
    configure("2h", {"app": 7200})
    daemon.stop()
    daemon.start()
    is_exported("the same after a restart", {"app": 7200})
    configure(None, {})
    configure("1s", {"app": 1})
    write_config(daemon.config, {"batch": [log]})
    reload(daemon, "source gone")
    is_exported("none without the source", {})
    daemon.stop()


def limits(folder):
    """limits are in effect after a reload (or the log says that they are not)."""
    log = folder / "app.log"
    log.touch()
    daemon = started(folder, {"app": [log]})
    write_config(daemon.config, {"app": [log]}, limits={"actions": 3, "line_bytes": 300})
    reload(daemon, "reloaded")
    append(log, b"".join(call_line(action=f"A{i}") for i in range(10)) + b"x" * 301 + b"\n")
    metrics = daemon.wait_for("counted", lambda m: m.sum("apierrd_ingest_lines_total") == 11)
    check(metrics.value("apierrd_parse_failures_total", reason="line_too_long") == 1,
          "limits.line_bytes is not in effect")
    in_effect = (metrics.value("apierrd_label_values_limit", label="action") == 3 and
                 metrics.sum("apierrd_api_calls_total", action="other") == 7)
    check(in_effect or "event=restart_needed" in daemon.log(),
          "limits.actions is not in effect, and the log does not say so")
    daemon.stop()


def address_and_state_need_a_restart(folder):
    log = folder / "app.log"
    log.write_bytes(call_line())
    daemon = started(folder, {"app": [log]})
    write_config(daemon.config, {"app": [log]}, state={"path": str(folder / "elsewhere.db")})
    reload(daemon, "reloaded")
    wait_until("the log says so", lambda: "event=restart_needed" in daemon.log())
    check(not (folder / "elsewhere.db").exists(), "the new state database is there")
    daemon.stop()


if __name__ == "__main__":
    run("reloads keep what was counted", new_source, catalog_overlay, broken_configuration,
        source_taken_out_and_put_back, max_silence, limits, address_and_state_need_a_restart)
