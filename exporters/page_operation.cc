// The sections of the page that are about apierrd itself: ingestion, alerts, configuration.
#include <fmt/format.h>

#include <algorithm>

#include "exporters/label_text.h"
#include "exporters/page_sections.h"
#include "exporters/page_text.h"

namespace apierrd {

namespace {

template <class... Values>
void add(std::string& out, fmt::format_string<Values...> format, Values&&... values) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Values>(values)...);
}

std::string open_region(std::string_view what) {
  return fmt::format(
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><table><thead><tr>",
      what);
}

std::uint64_t lost_bytes(const SourceSeries& source) {
  std::uint64_t lost = 0;
  for (const std::uint64_t bytes : source.files.lost_bytes) lost += bytes;
  return lost;
}

// A number that should be 0.
std::string fault_count(std::uint64_t count, const std::string& text) {
  return count == 0 ? text : "<b class=\"bad\">" + text + "</b>";
}

void add_source(std::string& out, const SourceSeries& source, std::int64_t now) {
  std::string rejected;
  std::uint64_t ignored = 0;
  for (const VerdictInfo& verdict : kVerdicts) {
    const std::uint64_t count = source.lines.by_verdict[static_cast<std::size_t>(verdict.verdict)];
    if (verdict.kind == VerdictKind::kIgnored) ignored += count;
    if (verdict.kind == VerdictKind::kRejected && count > 0) {
      rejected += fmt::format("<small>{} {}</small>", verdict.name, grouped(count));
    }
  }
  const std::uint64_t bad = rejected_lines(source.lines);
  const std::int64_t lag = lag_ns(source, now);
  add(out,
      "<tr id=\"{}\"><th scope=\"row\"><bdi>{}</bdi></th><td class=\"n\">{}</td>"
      "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}{}</td><td>{}</td>",
      row_id("source", {source.name}), log_text(source.name), grouped(source.lines.lines),
      grouped(source.lines.records), grouped(ignored), fault_count(bad, grouped(bad)), rejected,
      ago_html(source.lines.newest_record_unix_ns, now));
  const FileCounts& files = source.files;
  add(out,
      "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
      "<td class=\"n\">{}{}</td><td class=\"n\">{}</td></tr>",
      lag == 0 ? "none" : duration_text(lag), grouped(files.rotations), grouped(files.truncations),
      fault_count(lost_bytes(source), bytes_text(lost_bytes(source))),
      files.missing == 0 ? ""
                         : fmt::format("<small>{} files missing</small>", grouped(files.missing)),
      fault_count(files.open_errors, grouped(files.open_errors)));
}

std::size_t add_files(std::string& out, const SeriesSnapshot& snapshot) {
  std::size_t rows = 0;
  for (const SourceSeries& source : snapshot.sources) {
    for (const FileStatus& file : source.files.files) {
      if (++rows > kTableRowsMax) continue;
      add(out,
          "<tr id=\"{}\"><th scope=\"row\"><code>{}</code></th><td><bdi>{}</bdi></td>"
          "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
          "<td class=\"n\">{}</td></tr>",
          row_id("file", {source.name, file.path}), log_text(file.path), log_text(source.name),
          file.lag_bytes == 0 ? "read to its end" : bytes_text(file.lag_bytes) + " behind",
          grouped(file.rotations), grouped(file.truncations),
          fault_count(file.lost_bytes, bytes_text(file.lost_bytes)));
    }
  }
  return rows;
}

void add_condition(std::string& out, const Condition& row, std::int64_t now) {
  add(out,
      "<tr id=\"{}\" class=\"{}\"><th scope=\"row\">{}<small>{}</small></th><td>"
      "<span class=\"badge {}\">{}</span></td>",
      row_id("alert", {row.alert, row.subject}), row.active ? name_of(row.severity) : "ok",
      html_escaped(row.alert), html_escaped(row.means), row.active ? name_of(row.severity) : "good",
      row.active ? "active" : "ok");
  if (!row.active) {
    out += "<td></td><td></td></tr>";
    return;
  }
  add(out, "<td><b><bdi>{}</bdi></b> <bdi>{}</bdi>", log_text(row.subject), log_text(row.seen));
  if (row.since_unix_ns != 0) {
    add(out, "<small>since {}</small>", ago_html(row.since_unix_ns, now));
  }
  add(out, "</td><td>{}</td></tr>", html_escaped(row.remedy));
}

}  // namespace

void add_ingestion_section(std::string& out, const StatusView& view) {
  const SeriesSnapshot& snapshot = *view.snapshot;
  out +=
      "<section id=\"ingestion\" aria-labelledby=\"ingestion-h\"><h2 id=\"ingestion-h\">Ingestion"
      "</h2>";
  out += open_region("Sources");
  out +=
      "<th scope=\"col\">Source<th scope=\"col\" class=\"n\">Lines<th scope=\"col\" class=\"n\">"
      "Calls<th scope=\"col\" class=\"n\">Ignored<th scope=\"col\" class=\"n\">Rejected"
      "<th scope=\"col\">Newest call<th scope=\"col\" class=\"n\">Lag<th scope=\"col\" class=\"n\">"
      "Rotations<th scope=\"col\" class=\"n\">Truncations<th scope=\"col\" class=\"n\">Lost"
      "<th scope=\"col\" class=\"n\">Not opened</tr></thead><tbody>";
  for (std::size_t i = 0; i < std::min(snapshot.sources.size(), kTableRowsMax); ++i) {
    add_source(out, snapshot.sources[i], snapshot.time_unix_ns);
  }
  out += "</tbody></table></div>";
  out += open_region("Files");
  out +=
      "<th scope=\"col\">File<th scope=\"col\">Source<th scope=\"col\" class=\"n\">Lag"
      "<th scope=\"col\" class=\"n\">Rotations<th scope=\"col\" class=\"n\">Truncations"
      "<th scope=\"col\" class=\"n\">Lost</tr></thead><tbody>";
  const std::size_t files = add_files(out, snapshot);
  out += "</tbody></table></div>";
  if (files == 0) out += "<p class=\"soft\">No file matches the configured paths yet.</p>";
  if (files > kTableRowsMax) {
    add(out, "<p class=\"soft\">{} more files.</p>", grouped(files - kTableRowsMax));
  }
  out +=
      "<p class=\"soft\">A source's counts are of all runs, a file's since this run began. "
      "Lag is counted in bytes not yet read, and in the age of the oldest unread line.</p>"
      "</section>";
}

namespace {

void add_event(std::string& out, const Alert& alert, std::int64_t now) {
  add(out,
      "<tr id=\"event-{}\"><th scope=\"row\"><code>{}</code><small>{}</small></th>"
      "<td><span class=\"badge {}\">{}</span></td><td><bdi>{}</bdi> <bdi>{}</bdi></td>"
      "<td><code class=\"id\">{}</code></td><td class=\"n\">{}</td><td>{}</td>",
      alert.key, alert.alertname(), log_text(alert.code), alert.active() ? alert.severity : "good",
      alert.active() ? "active" : "resolved", log_text(alert.service), log_text(alert.action),
      alert.aggregate() ? "several together" : log_text(alert.request_id), grouped(alert.count),
      ago_html(alert.last_unix_ns, now));
  add(out, "<td><bdi>{}</bdi><small><code>{}</code> at byte {}</small></td></tr>",
      log_text(alert.message), log_text(alert.path), grouped(alert.offset_bytes));
}

// The newest first.
void add_events(std::string& out, const AlertList& alerts, std::int64_t now) {
  if (alerts.empty()) return;
  out +=
      "<h3>Single events that page</h3><p class=\"soft\">Each is an alert of its own, sent to the "
      "Alertmanagers of the configuration, if it names any.</p>";
  out += open_region("Events that page");
  out +=
      "<th scope=\"col\">Alert<th scope=\"col\">State<th scope=\"col\">Call<th scope=\"col\">"
      "RequestId<th scope=\"col\" class=\"n\">Times<th scope=\"col\">Last<th "
      "scope=\"col\">Message</tr></thead><tbody>";
  const std::size_t shown = std::min(alerts.size(), kTableRowsMax);
  for (std::size_t i = 0; i < shown; ++i) add_event(out, alerts[alerts.size() - 1 - i], now);
  out += "</tbody></table></div>";
  if (shown < alerts.size()) {
    add(out, "<p class=\"soft\">{} older ones are not shown.</p>", alerts.size() - shown);
  }
}

}  // namespace

void add_alerts_section(std::string& out, const StatusView& view) {
  out +=
      "<section id=\"alerts\" aria-labelledby=\"alerts-h\"><h2 id=\"alerts-h\">Alerts, as the "
      "daemon sees them</h2><p class=\"soft\">What the rules of the same names look at, judged "
      "here from the counters; Prometheus decides what pages.</p>";
  out +=
      "<div class=\"scroll cards\" role=\"region\" tabindex=\"0\" aria-label=\"Alerts\">"
      "<table class=\"alerts\"><thead><tr><th scope=\"col\">Alert<th scope=\"col\">State<th "
      "scope=\"col\">Seen<th scope=\"col\">Do"
      "</tr></thead><tbody>";
  for (std::size_t i = 0; i < std::min(view.conditions.size(), kTableRowsMax); ++i) {
    add_condition(out, view.conditions[i], view.snapshot->time_unix_ns);
  }
  out += "</tbody></table></div>";
  add_events(out, *view.alerts, view.snapshot->time_unix_ns);
  out += "</section>";
}

void add_config_section(std::string& out, const StatusView& view) {
  const std::int64_t now = view.snapshot->time_unix_ns;
  out +=
      "<section id=\"config\" aria-labelledby=\"config-h\"><h2 id=\"config-h\">Configuration in "
      "effect</h2>";
  add(out, "<p class=\"soft\">Loaded {}{}. What may be secret is shown as [masked].</p>",
      ago_html(view.health.reload_unix_ns, now),
      view.health.reload_successful ? "" : "; the last reload failed, this stays in effect");
  add(out, "<details id=\"config-d\"><summary>{} values</summary>", view.settings.size());
  out += open_region("Configuration");
  out += "<th scope=\"col\">Key<th scope=\"col\">Value<th scope=\"col\">From</tr></thead><tbody>";
  for (const ShownSetting& setting : view.settings) {
    add(out, "<tr><th scope=\"row\"><code>{}</code></th><td><code>{}</code></td><td>{}</td></tr>",
        log_text(setting.key), log_text(setting.value), log_text(setting.origin));
  }
  out += "</tbody></table></div></details></section>";
}

}  // namespace apierrd
