#!/usr/bin/env python3
"""Writes dashboards/*.json. This is what to edit; a test compares the files with it.

    python3 deploy/grafana/make_dashboards.py

A panel is a line of the story its dashboard tells: title, unit, width, what it shows in words, expressions.
panels.py says what {T}, {I}, {L} and {A} stand for, and how it all looks as JSON.
"""
import json
import pathlib

from panels import bars, choice, dashboard, gauge, graph, heatmap, pie, section, stat, table

BY_CODE = "apierrd_api_errors_by_code_total"
# Joined with what the catalog says of a code. A dry run that the vendor reports as an error (none) is no failure.
JOIN = "* on (cluster, job, instance, api_service, code) group_left"
FAILED = (f"rate({BY_CODE}{{A}}[$__rate_interval]) {JOIN} ()"
          ' apierrd_error_code_info{T, fault_domain!="none"}')
# Vendor failures that are by design (`slo: false` in the catalog) are no breach of an objective; the rules
# leave them out, too.
VENDOR = FAILED.replace('!="none"', '="vendor"').replace(
    "{A}", '{A, code!="FailedOperation.SummaryDataNotReady"}')
CALLS = "rate(apierrd_api_calls_total{A}[$__rate_interval])"
FAILED_BY_ACTION = ("rate(apierrd_api_errors_total{A, action=~\"$action\"}[$__rate_interval]) "
                    f'{JOIN} () apierrd_error_code_info{{T, fault_domain!="none"}}')
CALLS_BY_ACTION = CALLS.replace("{A}", '{A, action=~"$action"}')
BUCKETS = "rate(apierrd_api_call_duration_seconds_bucket{A}[$__rate_interval])"
BUCKETS_BY_ACTION = BUCKETS.replace("{A}", '{A, action=~"$action"}')
SOME = "apierrd_error_code_info{T, fault_domain=~\"$fault_domain\"}"
PAID = "FailedOperation.PaySuccDeliverFailed"
# Metrics that every exporter has, of apierrd only.
OURS = "and on (cluster, job, instance) apierrd_build_info{T}"
ALERTS = 'ALERTS{T, alertname=~"Api.+", alertstate="firing"}'
RATIO = "source_api_service:apierrd_vendor_errors_per_calls:ratio_rate"


def share(failed, calls, by=""):
    return f"sum {by} ({failed}) / (sum {by} ({calls}) > 0)"


def percentile(q, buckets, by=""):
    return f"histogram_quantile({q}, sum by (le{by}) ({buckets}))"


OVERVIEW = dashboard(
    "overview", "Overview",
    "Are API calls failing, whose fault is it, and can these numbers be trusted? Start here; every number "
    "leads to a dashboard that explains it.",
    ["source", "api_service"],
    section("Now", 4,
            stat("Calls", "reqps", 4, "Calls per second that the logs show, failed ones included.",
                 f"sum ({CALLS})", empty="no calls"),
            stat("Failed calls", "percentunit", 4, """
                 Share of calls that failed, whoever's fault it was. Dry runs that the vendor reports as
                 errors do not count. Orange from 1 %, red from 5 %.""",
                 share(FAILED, CALLS), bad=(0.01, 0.05), empty="no calls", decimals=2),
            stat("Failed by the vendor", "percentunit", 4, """
                 Share of calls that failed on the vendor's side: what a support ticket is about and what the
                 objective of dashboard SLO counts. Orange from 0.5 %, red from 2 %.""",
                 share(VENDOR, CALLS), bad=(0.005, 0.02), empty="no calls", decimals=2),
            stat("Duration, 99th percentile", "s", 4, """
                 99 of 100 calls were faster than this, as logged by their caller. Orange from 2.5 s, red from
                 10 s. Estimated within the bounds of the histogram, of which the last is 30 s.""",
                 percentile(0.99, BUCKETS), bad=(2.5, 10), empty="no durations"),
            stat("Alerts", "none", 4, "Alerts of apierrd's rules that fire now; they are listed below.",
                 f"count({ALERTS}) or vector(0)", bad=(1, 5)),
            stat("Behind the logs", "s", 4, """
                 Age of the oldest line that no apierrd has counted yet, of the slowest source. While it
                 is high, all numbers here are late. Orange from 30 s, red from 2 min; see dashboard
                 Ingestion.""",
                 'max(apierrd_source_lag_seconds{T, source=~"$source"})', bad=(30, 120))),
    section("Over time", 8,
            graph("Calls by service", "reqps", 12, """
                  Calls per second by the service that was called. A fall to zero is as telling as a rise in
                  failures: nobody calls, or the log is not written.""",
                  (f"sum by (api_service) ({CALLS})", "{{api_service}}"), link=("api", "api_service")),
            graph("Failures by fault domain", "reqps", 12, """
                  Failed calls per second, stacked by whose fault the catalog says they are: vendor,
                  caller (the request was wrong), credential, permission, quota, resource, business (the
                  state of the account), unknown. Dry runs appear as none.""",
                  (f"""sum by (fault_domain) (rate({BY_CODE}{{A}}[$__rate_interval])
                   {JOIN} (fault_domain) apierrd_error_code_info{{T}})""", "{{fault_domain}}"), stacked=True,
                  link=("codes", "fault_domain")),
            graph("Failed calls by service", "percentunit", 12, """
                  Share of each service's calls that failed, whoever's fault it was. The lines at 1 % and 5 %
                  are where the number above changes its colour.""",
                  (share(FAILED, CALLS, "by (api_service)"), "{{api_service}}"), lines=(0.01, 0.05),
                  link=("api", "api_service")),
            graph("Duration of calls", "s", 12, """
                  Percentiles of the durations that callers logged. The dots are single calls: hover over one
                  for its RequestId.""",
                  (percentile(0.5, BUCKETS), "half of the calls"), (percentile(0.9, BUCKETS), "90 %"),
                  (percentile(0.99, BUCKETS), "99 %"), exemplars=True)),
    section("What to look at", 9,
            table("Most frequent codes", 12, """
                  The 15 error codes that came up most in the chosen time, with what the catalog says of them.
                  Click a code for its page.""",
                  ["api_service", "code", "fault_domain", "severity", "retryable"],
                  ("failures", "short", f"""
                   sum by (api_service, code, fault_domain, severity, retryable) (topk(15,
                     sum by (cluster, job, instance, api_service, code) (increase({BY_CODE}{{A}}[$__range])) > 0)
                     {JOIN} (fault_domain, severity, retryable) apierrd_error_code_info{{T}})"""),
                  empty="no failures", links=[("codes", "code"), ("api", "api_service")]),
            table("Actions that fail most", 12, """
                  The 15 actions with most failed calls in the chosen time. Click an action for its page.""",
                  ["api_service", "action"],
                  ("failures", "short", """
                   topk(15,
                     sum by (api_service, action) (increase(apierrd_api_errors_total{A}[$__range])) > 0)"""),
                  empty="no failures", links=[("api", "action"), ("api", "api_service")]),
            table("Alerts that fire", 24, """
                  Every alert of apierrd's rules that fires now. What to do about each stands in its runbook,
                  to which the alert's annotation runbook_url leads.""",
                  ["alertname", "severity", "source", "api_service", "code", "instance"],
                  ("firing", "none",
                   f"max by (alertname, severity, source, api_service, code, instance) ({ALERTS})"),
                  empty="no alert fires")))

API = dashboard(
    "api", "API",
    "Which action of which service fails or is slow, and since when?",
    ["source", "api_service", "action"],
    section("Now", 4,
            stat("Calls", "reqps", 6, "Calls per second of the chosen actions, failed ones included.",
                 f"sum ({CALLS_BY_ACTION})", empty="no calls"),
            stat("Failed calls", "percentunit", 6, """
                 Share of the chosen actions' calls that failed, dry runs left out. Orange from 1 %, red
                 from 5 %.""",
                 share(FAILED_BY_ACTION, CALLS_BY_ACTION), bad=(0.01, 0.05), empty="no failures", decimals=2),
            stat("Mean duration", "s", 6, "How long a call took on average, as logged by its caller.",
                 """sum (rate(apierrd_api_call_duration_seconds_sum{A, action=~"$action"}[$__rate_interval]))
                 / (sum (rate(
                   apierrd_api_call_duration_seconds_count{A, action=~"$action"}[$__rate_interval])) > 0)""",
                 empty="no durations"),
            stat("Duration, 99th percentile", "s", 6, """
                 99 of 100 calls were faster than this. Orange from 2.5 s, red from 10 s.""",
                 percentile(0.99, BUCKETS_BY_ACTION), bad=(2.5, 10), empty="no durations")),
    section("Calls and failures", 8,
            graph("Calls by action", "reqps", 12, "Calls per second of the ten most called actions.",
                  (f"topk(10, sum by (api_service, action) ({CALLS_BY_ACTION}))", "{{api_service}} {{action}}"),
                  link=("api", "action")),
            graph("Failed calls by action", "percentunit", 12, """
                  Share of calls that failed, of the ten actions where it is highest. An action that is called
                  rarely jumps: compare with its calls.""",
                  (f"topk(10, {share(FAILED_BY_ACTION, CALLS_BY_ACTION, 'by (api_service, action)')})",
                   "{{api_service}} {{action}}"), lines=(0.01, 0.05), link=("api", "action")),
            graph("Failures by code", "reqps", 12, """
                  Failed calls per second by error code. The dots are single failures: hover over one for its
                  RequestId. A click leads to the code's page.""",
                  ("""sum by (api_service, code) (
                   rate(apierrd_api_errors_total{A, action=~"$action"}[$__rate_interval]))""",
                   "{{api_service}} {{code}}"), exemplars=True, stacked=True, link=("codes", "code")),
            graph("Failed items of calls that succeeded", "cps", 12, """
                  Items that failed within calls that succeeded as a whole, such as one phone number of
                  many, per second. Only sources that configure item_failures have them; they are no
                  failed calls.""",
                  ("""sum by (api_service, action, code) (
                   rate(apierrd_item_failures_total{A, action=~"$action"}[$__rate_interval]))""",
                   "{{api_service}} {{action}} {{code}}"))),
    section("Durations", 8,
            heatmap("How long calls take", "s", 12, """
                    Every column shows how the calls of that moment spread over durations; the darker,
                    the more. Two bands mean two kinds of calls: choose an action to tell them apart.""",
                    f"sum by (le) ({BUCKETS_BY_ACTION})"),
            graph("Duration by action, 99th percentile", "s", 12, """
                  99 of 100 calls were faster than this, of the ten actions where it is highest. The dots are
                  single calls with their RequestId.""",
                  (f"topk(10, {percentile(0.99, BUCKETS_BY_ACTION, ', api_service, action')})",
                   "{{api_service}} {{action}}"), exemplars=True, lines=(2.5, 10), link=("api", "action"))),
    section("Every failure", 9,
            table("Failures by action and code", 14, """
                  How often each action failed with each code in the chosen time, and a link to the
                  code's page.""",
                  ["source", "api_service", "action", "code"],
                  ("failures", "short", """
                   sum by (source, api_service, action, code) (
                     increase(apierrd_api_errors_total{A, action=~"$action"}[$__range])) > 0"""),
                  empty="no failures", links=[("codes", "code"), ("api", "action")]),
            table("Every action", 10, """
                  How often each action was called in the chosen time and how long a call took on average.""",
                  ["api_service", "action"],
                  ("calls", "short", """
                   sum by (api_service, action) (
                     increase(apierrd_api_calls_total{A, action=~"$action"}[$__range])) > 0"""),
                  ("mean duration", "s", """
                   sum by (api_service, action) (
                     increase(apierrd_api_call_duration_seconds_sum{A, action=~"$action"}[$__range]))
                   / (sum by (api_service, action) (
                     increase(apierrd_api_call_duration_seconds_count{A, action=~"$action"}[$__range])) > 0)"""),
                  empty="no calls", links=[("api", "action")])))

CODE = '{A, code=~"$code"}'
MEANING = "api_service, code, class, fault_domain, severity, retryable, documented"
COPIED = "(class, fault_domain, severity, retryable, documented)"


def failures_by(label):
    return f"""sum by ({label}) (increase({BY_CODE}{CODE}[$__range]) {JOIN} ({label}) {SOME}) > 0"""


CODES = dashboard(
    "codes", "Codes",
    "What does an error code mean, whose fault is it, does a retry help, and is it documented at all?",
    ["source", "api_service", "fault_domain", "code"],
    section("In the chosen time", 4,
            stat("Paid, not delivered", "none", 5, f"""
                 Calls that failed with {PAID}: money was taken and nothing delivered. Each one
                 needs a ticket at the vendor; never retry, it would pay twice.""",
                 f'sum (increase({BY_CODE}{{A, code="{PAID}"}}[$__range])) or vector(0)', bad=(0.5,), decimals=0),
            stat("Codes seen", "none", 4, "How many different error codes came up.",
                 f"count(sum by (api_service, code) (increase({BY_CODE}{CODE}[$__range])) > 0) or vector(0)"),
            stat("Critical failures", "none", 5, "Failed calls whose code the catalog rates critical.",
                 f"""sum (increase({BY_CODE}{CODE}[$__range]) {JOIN} ()
                 apierrd_error_code_info{{T, severity="critical"}}) or vector(0)""", bad=(0.5,), decimals=0),
            stat("Failures without documentation", "none", 5, """
                 Failed calls whose code is in no catalog. The codes are listed below; describe them in an
                 overlay, and report them to the vendor.""",
                 "sum (increase(apierrd_undocumented_errors_total{A}[$__range]))", bad=(0.5,), decimals=0),
            stat("Codes documented", "none", 5, """
                 How many codes the catalogs of the configured products describe, those common to all
                 included.""",
                 "sum (max by (api_service) (apierrd_catalogue_codes{T}))")),
    section("Over time", 8,
            graph("Failures by code", "reqps", 16, """
                  Failed calls per second by code, of the chosen fault domains.""",
                  (f"""sum by (api_service, code) (
                   rate({BY_CODE}{CODE}[$__rate_interval]) {JOIN} () {SOME}) > 0""",
                   "{{api_service}} {{code}}"), stacked=True, link=("codes", "code")),
            pie("Whose fault", "short", 8, """
                Failed calls of the chosen time by fault domain: vendor, caller, credential, permission,
                quota, resource, business, unknown; none is a dry run that went well.""",
                failures_by("fault_domain"), "{{fault_domain}}"),
            bars("Does a retry help?", "short", 8, """
                 Failed calls of the chosen time by what the catalog says of a retry: no, backoff (soon, and
                 slower each time), later, after_fix (once something has been corrected).""",
                 failures_by("retryable"), "{{retryable}}"),
            bars("How bad", "short", 8, """
                 Failed calls of the chosen time by the severity that the catalog gives their code.""",
                 failures_by("severity"), "{{severity}}"),
            bars("Failures by class", "short", 8, """
                 Failed calls of the chosen time by class, the part of a code before its first dot.""",
                 failures_by("class"), "{{class}}")),
    section("What the codes mean", 9,
            table("Catalog entries", 24, """
                  Every code that came up in the chosen time, with what the catalog says of it and when
                  it last came up. `apierrd codes CODE` and the daemon's own page say what to do about
                  it.""",
                  MEANING.split(", "),
                  ("failures", "short", f"""
                   sum by ({MEANING}) (increase({BY_CODE}{CODE}[$__range]) {JOIN} {COPIED} {SOME}) > 0"""),
                  ("last seen", "dateTimeFromNow", f"""
                   1000 * max by ({MEANING}) (
                     (apierrd_error_last_observed_timestamp_seconds{CODE} > time() - $__range_s)
                     {JOIN} {COPIED} {SOME})"""),
                  empty="no failures", links=[("codes", "code"), ("api", "api_service")])),
    section("Documentation", 8,
            graph("Failures that the documentation does not foresee", "reqps", 8, """
                  Failed calls per second with a code that is documented for other actions of the product only
                  (product), for other products only (elsewhere), or nowhere.""",
                  ("sum by (finding) (rate(apierrd_documentation_findings_total{A}[$__rate_interval]))",
                   "{{finding}}")),
            graph("Undocumented failures by service", "reqps", 8, """
                  Failed calls per second whose code is in no catalog, by service.""",
                  ("sum by (api_service) (rate(apierrd_undocumented_errors_total{A}[$__rate_interval]))",
                   "{{api_service}}")),
            table("Undocumented codes", 8, """
                  Codes that no catalog knows, and when each first came up; the newest first.""",
                  ["api_service", "code"],
                  ("first seen", "dateTimeFromNow", """
                   1000 * min by (api_service, code) (
                     apierrd_undocumented_code_first_seen_timestamp_seconds{T, api_service=~"$api_service"})"""),
                  empty="none", links=[("codes", "code")]),
            bars("Codes in the catalog", "short", 24, """
                 How many documented codes each service has; common are those of every service.""",
                 "max by (api_service) (apierrd_catalogue_codes{T})", "{{api_service}}")))


def since(timestamp, by):
    return f"time() - min by ({by}) ({timestamp} > 0)"


def per_second(metric, by, more="{L}"):
    return f"sum by ({by}) (rate({metric}{more}[$__rate_interval]))"


INGESTION = dashboard(
    "ingestion", "Ingestion",
    "Is every line of the logs read, in time, and understood? Is apierrd itself well?",
    ["instance", "source"],
    section("Now", 4,
            stat("Running", "none", 3, """
                 Which apierrd answers when it is scraped. One that is down counts nothing, but it goes
                 on where it stopped.""",
                 """min by (instance) (up{I}
                 and on (cluster, job) last_over_time(apierrd_build_info{T}[$__range]))""",
                 "{{instance}}", good=1, words={0: "down", 1: "up"}),
            stat("Version", "none", 3, "Version of each apierrd that runs.",
                 "count by (version) (apierrd_build_info{I})", "{{version}}", name=True),
            stat("Up since", "dateTimeFromNow", 3, "When the apierrd that started last was started.",
                 f"1000 * max(process_start_time_seconds{{I}} {OURS})"),
            stat("Behind the logs", "s", 3, """
                 Age of the oldest line not yet counted, of the slowest source. Orange from 30 s, red
                 from 2 min.""",
                 "max(apierrd_source_lag_seconds{L})", bad=(30, 120)),
            stat("Rejected lines", "percentunit", 3, """
                 Share of lines that could not be understood. Above 1 % the log is likely not what the
                 configuration says: try `apierrd explain` with one of its lines.""",
                 "sum (rate(apierrd_parse_failures_total{L}[$__rate_interval])) "
                 "/ (sum (rate(apierrd_ingest_lines_total{L}[$__rate_interval])) > 0)",
                 bad=(0.001, 0.01), empty="no lines", decimals=2),
            stat("Lost", "bytes", 3, """
                 Bytes known to be gone unread in the chosen time; by reason below.""",
                 "sum (increase(apierrd_lost_bytes_total{L}[$__range]))", bad=(1,)),
            stat("State written", "s", 3, """
                 How long ago the state database last held everything counted; renewed every second
                 while that is so. If it grows while lines arrive, a restart would count them again: see
                 checkpoint failures.""",
                 since("apierrd_checkpoint_last_success_timestamp_seconds{I}", "job"), bad=(60, 300),
                 empty="not yet"),
            stat("Configuration", "none", 3, """
                 Whether the last load of the configuration went well. If not, the one before stays in force
                 until a restart, which would fail.""",
                 "min(apierrd_config_last_reload_successful{I})", good=1, words={0: "rejected", 1: "loaded"})),
    section("Lines", 8,
            graph("Lines by source", "cps", 8, "Lines read per second.",
                  (per_second("apierrd_ingest_lines_total", "source"), "{{source}}")),
            graph("Bytes by source", "Bps", 8, "Bytes read per second.",
                  (per_second("apierrd_ingest_bytes_total", "source"), "{{source}}")),
            graph("Time since the newest call", "s", 8, """
                  How old the newest call is, by its own time in the log, and the silence that is allowed for
                  sources with a limit. It rises while nobody calls, or while the log is not written.""",
                  ("time() - max by (source) (apierrd_source_last_record_timestamp_seconds{L} > 0)",
                   "{{source}}"),
                  ("max by (source) (apierrd_source_max_silence_seconds{L})", "{{source}}, allowed")),
            graph("Rejected lines by reason", "cps", 8, """
                  Lines per second that could not be understood, by reason; docs/formats.md explains each.""",
                  (per_second("apierrd_parse_failures_total", "reason"), "{{reason}}"), stacked=True),
            graph("Ignored lines by reason", "cps", 8, """
                  Lines per second that are in order but show no API call, by reason. Normal in a log
                  that other things are written to as well.""",
                  (per_second("apierrd_ignored_lines_total", "reason"), "{{reason}}"), stacked=True),
            graph("Calls with a blemish", "cps", 8, """
                  Calls per second that were counted although a field of theirs could not be read, and those
                  logged more than five minutes before they were read, as after an outage.""",
                  (per_second("apierrd_unreadable_fields_total", "field"), "unreadable {{field}}"),
                  (per_second("apierrd_late_records_total", "source"), "late, {{source}}"))),
    section("Behind", 8,
            graph("Age of the oldest unread line", "s", 8, """
                  How late the numbers of each source are; 0 when all is read. The lines at 30 s and 2 min are
                  where the number above changes its colour.""",
                  ("max by (source) (apierrd_source_lag_seconds{L})", "{{source}}"), lines=(30, 120)),
            graph("Unread bytes by source", "bytes", 8, """
                  Bytes written and not yet counted. A few are normal: the last line is not finished.""",
                  ("sum by (source) (apierrd_source_lag_bytes{L})", "{{source}}")),
            graph("Unread bytes by file", "bytes", 8, "The ten files with most unread bytes.",
                  ("topk(10, max by (instance, source, file) (apierrd_file_lag_bytes{L}))",
                   "{{source}} {{file}}"))),
    section("Files", 8,
            graph("Lost bytes by reason", "bytes", 8, """
                  Bytes of the log known to be gone unread: truncated away, in a file that could not be
                  read, or in one that was missing when its turn came. What was counted stays right;
                  this is not in it.""",
                  ("sum by (source, reason) (increase(apierrd_lost_bytes_total{L}[$__rate_interval]))",
                   "{{source}} {{reason}}")),
            graph("Rotations and truncations", "short", 8, """
                  Files that lost their name (rotated or deleted), and files whose content was replaced
                  in place. Rotations are routine; truncations can lose lines.""",
                  ("sum by (source) (increase(apierrd_file_rotations_total{L}[$__rate_interval]))",
                   "{{source}} rotated"),
                  ("sum by (source) (increase(apierrd_file_truncations_total{L}[$__rate_interval]))",
                   "{{source}} truncated")),
            graph("Files", "short", 8, """
                  Files held open; files that could not be opened or read, and files that were gone when they
                  were to be read on. No open file means that no pattern of the source matches.""",
                  ("sum by (source) (apierrd_files_open{L})", "{{source}} open"),
                  ("sum by (source) (increase(apierrd_file_open_errors_total{L}[$__rate_interval]))",
                   "{{source}} failed"),
                  ("sum by (source) (increase(apierrd_files_missing_total{L}[$__rate_interval]))",
                   "{{source}} missing"))),
    section("Limits and state", 8,
            bars("Label values in use", "percentunit", 8, """
                 How much of the limit on distinct values of each label is used. Beyond it new values
                 are counted as other: names are lost, counts are not.""",
                 "max by (label) (apierrd_label_values{I} / (apierrd_label_values_limit{I} > 0))", "{{label}}",
                 bad=(0.8, 1), most=1),
            graph("Observations counted as other", "cps", 8, """
                  Observations per second that came under the label value other because a limit was
                  reached.""",
                  (per_second("apierrd_label_overflow_total", "label", "{I}"), "{{label}}")),
            graph("Attempts to write the state that failed", "short", 8, """
                  While the state cannot be written, the counters stand still; nothing is lost. Make
                  room on its disk.""",
                  ("sum by (instance) (increase(apierrd_checkpoint_failures_total{I}[$__rate_interval]))",
                   "{{instance}}")),
            graph("apierrd's own messages", "cps", 8, """
                  Messages per second that apierrd logs about itself, by level. Errors want a look at
                  its journal.""",
                  (per_second("apierrd_log_messages_total", "level", "{I}"), "{{level}}")),
            graph("Time since the configuration was loaded", "s", 8, """
                  Age of the configuration in force. A reload that goes well brings it back to 0.""",
                  (since("apierrd_config_last_reload_success_timestamp_seconds{I}", "instance"), "{{instance}}")),
            graph("HTTP requests", "reqps", 8, """
                  Requests that apierrd answered per second, by path and status.""",
                  (per_second("apierrd_http_requests_total", "handler, status", "{I}"),
                   "{{handler}} {{status}}")),
            graph("HTTP connections", "short", 24, """
                  Open connections, and clients that were turned away because of a limit: too many
                  connections, too slow, too many requests at once, answers that nobody reads.""",
                  ("sum by (instance) (apierrd_http_connections{I})", "{{instance}} open"),
                  ("sum by (reason) (increase(apierrd_http_shed_total{I}[$__rate_interval]))",
                   "turned away: {{reason}}"))),
    section("Cost", 8,
            graph("CPU", "percentunit", 6, "CPU time that apierrd spends; 100 % is one core.",
                  (f"sum by (instance) (rate(process_cpu_seconds_total{{I}}[$__rate_interval]) {OURS})",
                   "{{instance}}")),
            graph("Memory", "bytes", 6, "Memory of the process: resident, and address space in all.",
                  (f"sum by (instance) (process_resident_memory_bytes{{I}} {OURS})", "{{instance}} resident"),
                  (f"sum by (instance) (process_virtual_memory_bytes{{I}} {OURS})", "{{instance}} virtual")),
            graph("File descriptors", "percentunit", 6, """
                  How much of the limit on open files the process uses. At 100 % logs cannot be opened.""",
                  (f"max by (instance) (process_open_fds{{I}} / process_max_fds{{I}} {OURS})",
                   "{{instance}}"),
                  lines=(0.8, 0.95)),
            graph("Series", "short", 6, "Series in a scrape: what apierrd costs Prometheus.",
                  ("sum by (instance) (apierrd_series{I})", "{{instance}}")),
            graph("Size of a scrape", "bytes", 12, "Bytes of a scrape before compression.",
                  ("max by (instance) (apierrd_exposition_bytes{I})", "{{instance}}")),
            graph("Duration of a scrape", "s", 12, """
                  How long apierrd takes to render a scrape, and how long Prometheus waits for it: the
                  difference is the network and the wait for a commit.""",
                  ("max by (instance) (apierrd_scrape_duration_seconds{I})", "{{instance}} renders"),
                  (f"max by (instance) (scrape_duration_seconds{{I}} {OURS})", "{{instance}} answers"))),
    section("Alerts pushed to Alertmanager", 8,
            graph("Pushed alerts", "cps", 8, """
                  Alerts per second that apierrd itself sends to each Alertmanager, failed to send, or
                  dropped. Empty unless pushing is configured.""",
                  (per_second("apierrd_alert_push_sent_total", "alertmanager", "{I}"), "{{alertmanager}} sent"),
                  (per_second("apierrd_alert_push_failed_total", "alertmanager", "{I}"),
                   "{{alertmanager}} failed"),
                  (per_second("apierrd_alert_push_dropped_total", "alertmanager", "{I}"),
                   "{{alertmanager}} dropped")),
            graph("Active pushed alerts", "short", 8, """
                  Alerts that apierrd keeps alive at Alertmanager now. Empty unless pushing is configured.""",
                  ("sum by (instance) (apierrd_alert_push_active{I})", "{{instance}}")),
            graph("Time since the last successful push", "s", 8, """
                  How long ago each Alertmanager last took alerts. Empty unless pushing is configured.""",
                  (since("apierrd_alert_push_last_success_timestamp_seconds{I}", "alertmanager"),
                   "{{alertmanager}}"))))

OBJECTIVES = {"0.99": "99%", "0.995": "99.5%", "0.999": "99.9%", "0.9995": "99.95%"}
BUDGET = "(1 - $objective)"


def per_service(expr):
    return f"max by (source, api_service) ({expr})"


SLO = dashboard(
    "slo", "SLO",
    "Does the vendor keep its objective, how much of the error budget of 30 days is left, and how fast is it "
    "being used up? Needs the recording rules deploy/prometheus/apierrd.rules.yml.",
    ["source", "api_service"],
    section("The last 30 days", 5,
            stat("Objective", "percentunit", 4, """
                 The share of calls that should not fail on the vendor's side; chosen above. Alerts fire
                 by the objective in their rules, which is 99.5 % unless you changed it.""",
                 "vector($objective)", decimals=2),
            stat("Availability", "percentunit", 5, """
                 Share of calls in 30 days that did not fail on the vendor's side, of the service where it is
                 lowest. Failures by callers, credentials, quotas and the like are not the vendor's and do
                 not count. With less than 30 days of data it is that of what there is.""",
                 f"1 - max({RATIO}30d{{A}})", empty="no calls", decimals=3),
            gauge("Budget left", "percentunit", 5, """
                  What is left of the failures that the objective allows in 30 days, of the service
                  where it is least. At 0 the objective is missed.""",
                  f"clamp_min(1 - max({RATIO}30d{{A}}) / {BUDGET}, 0)", "", good=(0.1, 0.3)),
            stat("Burn rate", "none", 5, """
                 How fast the budget is used, over one hour, by the service that uses it fastest: at 1
                 it lasts exactly 30 days, at 14.4 it is gone in two. Orange from 1, red from 14.4,
                 where an alert pages.""",
                 f"max({RATIO}1h{{A}}) / {BUDGET}", bad=(1, 14.4), empty="no calls", decimals=1),
            stat("Vendor failures in 1 h", "none", 5, """
                 Failures on the vendor's side in the last hour. The burn-rate pages want at least ten:
                 a ratio over a handful of calls says little.""",
                 "sum (source_api_service:apierrd_vendor_errors:increase1h{A})", bad=(10,), decimals=0)),
    section("Burn rate", 8,
            graph("Burn rate of the fastest service by window", "none", 12, """
                  The same failures seen through windows of 5 min to 3 d. A page needs a long and a
                  short window above its line (14.4 for 1 h and 5 min, 6 for 6 h and 30 min): the long
                  one says that it matters, the short one that it is still so.""",
                  *((f"max({RATIO}{window}{{A}}) / {BUDGET}", window)
                    for window in ("5m", "30m", "1h", "6h", "3d")), lines=(6, 14.4)),
            graph("Budget left by service", "percentunit", 12, """
                  What is left of each service's budget of 30 days, over time. Below 0 the objective is
                  missed; it recovers as old failures drop out of the 30 days.""",
                  (f"1 - {per_service(RATIO + '30d{A}')} / {BUDGET}", "{{source}} {{api_service}}"),
                  least=None, most=1)),
    section("By service", 9,
            table("Services", 24, """
                  Share of each service's calls that failed on the vendor's side, by window, and what is
                  left of its budget.""",
                  ["source", "api_service"],
                  ("budget left", "percentunit", f"1 - {per_service(RATIO + '30d{A}')} / {BUDGET}"),
                  *((f"failed in {window}", "percentunit", per_service(RATIO + window + "{A}"))
                    for window in ("5m", "1h", "6h", "3d", "30d")),
                  ("failures in 6 h", "short",
                   "sum by (source, api_service) (source_api_service:apierrd_vendor_errors:increase6h{A})"),
                  ("calls per second", "reqps",
                   "sum by (source, api_service) (source_api_service:apierrd_api_calls:rate5m{A})"),
                  empty="no calls", links=[("api", "api_service")])),
    section("What is behind it", 8,
            graph("Vendor failures by service", "reqps", 8, """
                  Failures on the vendor's side per second, over 5 min: what the budget is spent on.
                  Codes that the catalog leaves out of the objective are not in it.""",
                  ("sum by (source, api_service) (source_api_service:apierrd_vendor_errors:rate5m{A})",
                   "{{source}} {{api_service}}"), link=("api", "api_service")),
            graph("Vendor failures by code", "reqps", 8, """
                  Failures on the vendor's side per second, by code: what to write in the ticket.""",
                  (f"sum by (api_service, code) ({VENDOR}) > 0", "{{api_service}} {{code}}"),
                  link=("codes", "code")),
            graph("Share of failures by fault domain", "percentunit", 8, """
                  Share of calls that failed, over 5 min, by whose fault it was, of the service where it is
                  highest. Only vendor counts for the objective.""",
                  ("""max by (fault_domain) (
                   source_api_service_fault_domain:apierrd_api_errors_per_calls:ratio_rate5m{A})""",
                   "{{fault_domain}}")),
            graph("Calls", "reqps", 24, """
                  Calls per second, over 5 min, by service. With little traffic a single failure uses up
                  much of the budget.""",
                  ("sum by (source, api_service) (source_api_service:apierrd_api_calls:rate5m{A})",
                   "{{source}} {{api_service}}"))),
    extra_variables=[choice("objective", "Objective", OBJECTIVES, "0.995")])


def texts():
    """File names and what belongs in them."""
    return {f"{board['uid']}.json": json.dumps(board, indent=2, ensure_ascii=False) + "\n"
            for board in (OVERVIEW, API, CODES, INGESTION, SLO)}


if __name__ == "__main__":
    for name, text in texts().items():
        (pathlib.Path(__file__).parent / "dashboards" / name).write_text(text, encoding="utf-8")
        print(name)
