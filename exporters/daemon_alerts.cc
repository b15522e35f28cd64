// Alerts about apierrd itself: while one of them fires, the alerts about calls may be late or
// blind.
#include <fmt/format.h>

#include "exporters/alert_rules.h"

namespace apierrd {

namespace {

PrometheusRule alert(std::string name, std::string severity, std::string hold, std::string expr,
                     std::string summary, std::string description) {
  PrometheusRule rule;
  rule.name = std::move(name);
  rule.severity = std::move(severity);
  rule.hold = std::move(hold);
  rule.expr = std::move(expr);
  rule.summary = std::move(summary);
  rule.description = std::move(description);
  rule.runbook = "apierrd";
  return rule;
}

// How much a counter grew of late, also over a gap longer than that: what was lost while the daemon
// was down is counted when it is back, and increase() sees no step then.
std::string grown(std::string_view counter) {
  return fmt::format(
      "increase({0}[15m]) > 0\n"
      "or\n"
      "{0} - max_over_time({0}[3d:15m] offset 15m) > 0",
      counter);
}

void presence(const std::string& job, std::vector<PrometheusRule>& rules) {
  rules.push_back(alert(
      "ApierrdDown", "critical", "3m", fmt::format("up{{job=\"{}\"}} == 0", job),
      "apierrd on {{ $labels.instance }} cannot be scraped",
      "Errors of API calls logged there are not seen. Counting goes on where it stopped once it "
      "runs again: see `systemctl status apierrd` and its journal, or what is between it and "
      "Prometheus."));
  rules.push_back(alert(
      "ApierrdAbsent", "critical", "10m", fmt::format("absent(up{{job=\"{}\"}})", job),
      "Prometheus knows no apierrd to scrape",
      fmt::format("No target has the job {}. Either the scrape job or the discovery of its targets "
                  "is gone, or it has another name than these rules were made for.",
                  job)));
  rules.push_back(alert(
      "ApierrdRestarting", "warning", "",
      fmt::format("changes(process_start_time_seconds{{job=\"{}\"}}[15m]) > 2", job),
      "apierrd on {{ $labels.instance }} restarts again and again",
      "It started {{ $value }} times in 15 minutes. Its journal says why it ended; nothing is "
      "counted twice."));
  rules.push_back(alert(
      "Watchdog", "none", "", "vector(1)", "Alerting works",
      "This alert always fires. Have its route tell a service outside that raises the alarm when "
      "it no longer arrives."));
}

void reading(std::vector<PrometheusRule>& rules) {
  rules.push_back(alert(
      "ApierrdIngestionStalled", "critical", "5m",
      "apierrd_source_lag_bytes\n"
      "and on (job, instance, source) min_over_time(apierrd_source_lag_seconds[5m]) > 0\n"
      "and on (job, instance, source) increase(apierrd_ingest_bytes_total[5m]) == 0",
      "apierrd does not read on in {{ $labels.source }}",
      "On {{ $labels.instance }} {{ $value | humanize1024 }}B wait to be read and nothing was for "
      "5 "
      "minutes: errors in them raise no alert. See its journal for files it cannot open or state "
      "it cannot write."));
  rules.push_back(alert("ApierrdIngestionLagging", "warning", "10m",
                        "min_over_time(apierrd_source_lag_seconds[5m]) > 120",
                        "apierrd is {{ $value | humanizeDuration }} behind in {{ $labels.source }}",
                        "On {{ $labels.instance }} the log grows faster than it is read, or a "
                        "backlog is being made up "
                        "for. Alerts about {{ $labels.source }} come that late."));
  rules.push_back(alert(
      "ApierrdLogSilence", "warning", "5m",
      "time() - (\n"
      "  apierrd_source_last_record_timestamp_seconds > 0\n"
      "  or\n"
      "  apierrd_source_last_record_timestamp_seconds\n"
      "  + on (job, instance) group_left () process_start_time_seconds\n"
      ")\n"
      "> on (job, instance, source) apierrd_source_max_silence_seconds",
      "No call in the log of {{ $labels.source }} for {{ $value | humanizeDuration }}",
      "On {{ $labels.instance }} that is longer than its max_silence. Either it makes no calls, or "
      "its log goes elsewhere or is no longer written."));
  rules.push_back(alert(
      "ApierrdFileOpenErrors", "warning", "10m",
      "increase(apierrd_file_open_errors_total[10m]) > 0",
      "apierrd cannot read a log of {{ $labels.source }}",
      "On {{ $labels.instance }} {{ printf \"%.0f\" $value }} attempts to open or read one failed "
      "in "
      "10 minutes: errors in it raise no alert. The journal says which and why (file_failed); most "
      "often the service's group may not read the log or its folders."));
  const std::string rejected =
      "sum without (reason) (rate(apierrd_parse_failures_total[10m]))\n"
      "/\n"
      "(rate(apierrd_ingest_lines_total[10m]) > 0)\n"
      "> {}\n"
      "and\n"
      "sum without (reason) (increase(apierrd_parse_failures_total[10m])) >= 10";
  const std::string remedy =
      "The log's format has probably changed: `apierrd explain` on one of its lines says what is "
      "wrong with it. Calls in such lines are not counted.";
  rules.push_back(alert("ApierrdParseFailures", "warning", "10m",
                        fmt::format(fmt::runtime(rejected), "0.01"),
                        "apierrd rejects lines of {{ $labels.source }}",
                        "On {{ $labels.instance }} {{ $value | humanizePercentage }} of the lines "
                        "cannot be read. " +
                            remedy));
  rules.push_back(alert("ApierrdParseFailures", "critical", "10m",
                        fmt::format(fmt::runtime(rejected), "0.5"),
                        "apierrd rejects most lines of {{ $labels.source }}",
                        "On {{ $labels.instance }} {{ $value | humanizePercentage }} of the lines "
                        "cannot be read. " +
                            remedy));
}

void losses(std::vector<PrometheusRule>& rules) {
  rules.push_back(alert(
      "ApierrdDataLost", "warning", "", grown("apierrd_lost_bytes_total"),
      "Unread log of {{ $labels.source }} is gone",
      "On {{ $labels.instance }} {{ $value | humanize1024 }}B were lost before they were read "
      "({{ $labels.reason }}): what they told of errors is missing. Look at how the log is "
      "rotated, "
      "and run `apierrd audit`."));
  PrometheusRule missing = alert(
      "ApierrdDataLost", "warning", "", grown("apierrd_files_missing_total"),
      "A log of {{ $labels.source }} went away while apierrd was down",
      "On {{ $labels.instance }} {{ printf \"%.0f\" $value }} files that were read before are "
      "nowhere, and what was written to them meanwhile is unknown. Look at how the log is rotated, "
      "and run `apierrd audit`.");
  missing.labels = {{"reason", "file_missing"}};
  rules.push_back(std::move(missing));
  rules.push_back(alert(
      "ApierrdCheckpointStale", "critical", "5m",
      "time() - (\n"
      "  apierrd_checkpoint_last_success_timestamp_seconds > 0\n"
      "  or on (job, instance)\n"
      "  process_start_time_seconds and on (job, instance) apierrd_checkpoint_failures_total > 0\n"
      ") > 300",
      "apierrd on {{ $labels.instance }} does not write its state",
      "The last time was {{ $value | humanizeDuration }} ago. Counters shown stand still, so no "
      "alert about calls fires. Look for a full or read-only disk under state.path; the journal "
      "says state_not_written."));
  rules.push_back(alert("ApierrdLabelOverflow", "info", "",
                        "increase(apierrd_label_overflow_total[1h]) > 0",
                        "apierrd counts values of {{ $labels.label }} as other",
                        "On {{ $labels.instance }} a limit on {{ $labels.label }} is reached: "
                        "totals stay right, names "
                        "are lost. Raise it under `limits`, or find out who makes names up."));
  rules.push_back(alert(
      "ApierrdConfigReloadFailed", "warning", "5m",
      "max_over_time(apierrd_config_last_reload_successful[5m]) == 0",
      "apierrd on {{ $labels.instance }} refuses its configuration",
      "The one before stays in effect, and the next start will fail. `apierrd check --config FILE` "
      "says what is wrong."));
  rules.push_back(alert(
      "ApierrdAlertPushFailing", "warning", "5m",
      "(\n"
      "  increase(apierrd_alert_push_failed_total[10m]) > 0\n"
      "  unless on (job, instance, alertmanager)\n"
      "  increase(apierrd_alert_push_sent_total[10m]) > 0\n"
      ")\n"
      "or\n"
      "increase(apierrd_alert_push_dropped_total[10m]) > 0",
      "apierrd cannot push alerts to {{ $labels.alertmanager }}",
      "{{ printf \"%.0f\" $value }} failed or were dropped in 10 minutes on {{ $labels.instance "
      "}}. "
      "See whether that Alertmanager runs and takes what it is sent; the journal has its answer."));
}

}  // namespace

std::vector<RuleGroup> daemon_alerts(const RulesOptions& options) {
  RuleGroup group{"apierrd.daemon", "", {}};
  presence(options.job, group.rules);
  reading(group.rules);
  losses(group.rules);
  return {std::move(group)};
}

}  // namespace apierrd
