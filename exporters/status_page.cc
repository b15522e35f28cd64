#include "exporters/status_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "exporters/exposition.h"
#include "exporters/json_writer.h"
#include "exporters/label_text.h"
#include "parsers/embedded_file.h"

namespace apierrd {

std::span<const EmbeddedFile> embedded_files_of_web();  // cmake/Embed.cmake

namespace {

constexpr std::size_t kRowsMax = 200;  // a page is for looking; /metrics has everything

std::string ago(std::int64_t then_ns, std::int64_t now_ns) {
  if (then_ns == 0) return "never";
  const std::int64_t seconds = std::max<std::int64_t>(0, (now_ns - then_ns) / 1'000'000'000);
  if (seconds < 60) return fmt::format("{} s ago", seconds);
  if (seconds < 3600) return fmt::format("{} min ago", seconds / 60);
  if (seconds < 86400) return fmt::format("{} h ago", seconds / 3600);
  return fmt::format("{} days ago", seconds / 86400);
}

// What the page and its JSON say of one failing code.
struct FailingCode {
  const CodeSeries* series;
  const CodeInfo* info;
  std::string_view request_id;  ///< of the latest
  Documentation finding;        ///< the farthest of its actions
};

// Whether a code is documented for the actions it was seen with: what is true of any of them, the
// farthest first.
std::vector<Documentation> findings_of(const SeriesSnapshot& snapshot) {
  std::vector<Documentation> findings;
  for (const CodeSeries& code : snapshot.codes) {
    findings.push_back(snapshot.infos[code.info].classification.documentation);
  }
  for (const ErrorSeries& error : snapshot.errors) {
    Documentation& finding = findings[error.code_series];
    if (finding != Documentation::kAction) continue;
    finding = snapshot.catalog->documentation(error.service, error.action, error.code);
  }
  return findings;
}

// Beside a code; nothing for what is documented as it should be.
std::string_view finding_badge(Documentation finding) {
  switch (finding) {
    case Documentation::kAction: break;
    case Documentation::kProduct: return " <i class=\"badge\">not of this action</i>";
    case Documentation::kElsewhere: return " <i class=\"badge\">of other products</i>";
    case Documentation::kNowhere: return " <i class=\"badge\">undocumented</i>";
  }
  return "";
}

// Whose description is shown, if it is not the code's own.
std::string borrowed_from(const Classification& is) {
  if (is.curated()) return "";
  if (is.entry == nullptr) return fmt::format("By rule {}: ", html_escaped(is.via));
  return fmt::format("Treated like {}: ", html_escaped(is.entry->code));
}

std::vector<FailingCode> failing_codes(const SeriesSnapshot& snapshot) {
  std::vector<FailingCode> rows;
  const std::vector<Documentation> findings = findings_of(snapshot);
  std::vector<const ErrorSeries*> latest(snapshot.codes.size());
  for (const ErrorSeries& error : snapshot.errors) {
    const ErrorSeries*& best = latest[error.code_series];
    if (error.exemplar.id_size != 0 &&
        (best == nullptr || error.exemplar.time_unix_ns >= best->exemplar.time_unix_ns)) {
      best = &error;
    }
  }
  for (std::size_t i = 0; i < snapshot.codes.size(); ++i) {
    const CodeSeries& series = snapshot.codes[i];
    if (series.count == 0) continue;
    rows.push_back({&series, &snapshot.infos[series.info],
                    latest[i] ? latest[i]->exemplar.request_id() : std::string_view(),
                    findings[i]});
  }
  // What pages at its first occurrence, then by severity, then the most frequent.
  std::sort(rows.begin(), rows.end(), [](const FailingCode& a, const FailingCode& b) {
    const auto rank = [](const FailingCode& row) {
      const Classification& is = row.info->classification;
      return std::pair(!is.pages(), is.severity());
    };
    return rank(a) != rank(b) ? rank(a) < rank(b) : a.series->count > b.series->count;
  });
  return rows;
}

struct Totals {
  std::uint64_t calls = 0, failed = 0, lines = 0, rejected = 0, lag_bytes = 0;
};

std::uint64_t rejected_lines(const LineCounts& lines) {
  std::uint64_t total = 0;
  for (const VerdictInfo& verdict : kVerdicts) {
    if (verdict.kind == VerdictKind::kRejected) {
      total += lines.by_verdict[static_cast<std::size_t>(verdict.verdict)];
    }
  }
  return total;
}

// DryRunOperation and its like arrive as errors but are none (fault_domain none).
bool is_failure(const CodeInfo& info) {
  return info.classification.fault_domain() != FaultDomain::kNone;
}

Totals totals_of(const SeriesSnapshot& snapshot) {
  Totals totals;
  for (const CallSeries& call : snapshot.calls) totals.calls += call.count;
  for (const CodeSeries& code : snapshot.codes) {
    if (is_failure(snapshot.infos[code.info])) totals.failed += code.count;
  }
  for (const SourceSeries& source : snapshot.sources) {
    totals.lines += source.lines.lines;
    totals.rejected += rejected_lines(source.lines);
    for (const FileStatus& file : source.files.files) totals.lag_bytes += file.lag_bytes;
  }
  return totals;
}

void tile(std::string& out, std::string_view name, const std::string& value, bool bad = false) {
  fmt::format_to(std::back_inserter(out), "<div class=\"tile{}\"><b>{}</b><span>{}</span></div>",
                 bad ? " bad" : "", value, name);
}

void render_codes(std::string& out, const SeriesSnapshot& snapshot) {
  const std::vector<FailingCode> rows = failing_codes(snapshot);
  out += "<section><h2>What fails</h2>";
  if (rows.empty()) {
    out += "<p class=\"empty\">No failed call has been read yet.</p></section>";
    return;
  }
  out +=
      "<table><thead><tr><th>Code<th class=\"n\">Count<th>Last<th>Fault<th>Retry<th>Service"
      "<th>Source<th>Last RequestId</tr></thead>";
  for (const FailingCode& row : std::span(rows).first(std::min(rows.size(), kRowsMax))) {
    const Classification& is = row.info->classification;
    fmt::format_to(
        std::back_inserter(out),
        "<tbody class=\"{}\"><tr><td><code>{}</code>{}<td class=\"n\">{}<td>{}"
        "<td><i class=\"fault {}\">{}</i><td>{}<td>{}<td>{}<td><code class=\"id\">{}</code></tr>",
        name_of(is.severity()), html_escaped(row.series->code), finding_badge(row.finding),
        grouped(row.series->count), ago(row.series->last_observed_unix_ns, snapshot.time_unix_ns),
        name_of(is.fault_domain()), name_of(is.fault_domain()), name_of(is.retryable()),
        html_escaped(row.series->service), html_escaped(snapshot.sources[row.series->source].name),
        html_escaped(safe_label_value(row.request_id)));
    if (is.meaning != nullptr) {
      fmt::format_to(std::back_inserter(out),
                     "<tr class=\"what\"><td colspan=\"8\">{}{} <b>Do:</b> {}</tr>",
                     borrowed_from(is), html_escaped(is.meaning->description),
                     html_escaped(is.meaning->remedy));
    }
    out += "</tbody>";
  }
  out += "</table></section>";
}

// What failed within calls that succeeded; only where a source counts it.
void render_items(std::string& out, const SeriesSnapshot& snapshot) {
  std::vector<const ItemSeries*> rows;
  for (const ItemSeries& item : snapshot.items) rows.push_back(&item);
  if (rows.empty()) return;
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ItemSeries* a, const ItemSeries* b) { return a->count > b->count; });
  if (rows.size() > kRowsMax) rows.resize(kRowsMax);
  out +=
      "<section><h2>Failed items of calls that succeeded</h2><table><thead><tr><th>Code"
      "<th class=\"n\">Count<th>Fault<th>Retry<th>Action<th>Service<th>Source</tr></thead><tbody>";
  for (const ItemSeries* item : rows) {
    const Classification is = snapshot.catalog->classify(item->service, item->action, item->code);
    fmt::format_to(std::back_inserter(out),
                   "<tr><td><code>{}</code>{}<td class=\"n\">{}<td><i class=\"fault {}\">{}</i>"
                   "<td>{}<td>{}<td>{}<td>{}</tr>",
                   html_escaped(item->code), finding_badge(is.documentation), grouped(item->count),
                   name_of(is.fault_domain()), name_of(is.fault_domain()), name_of(is.retryable()),
                   html_escaped(item->action), html_escaped(item->service),
                   html_escaped(snapshot.sources[item->source].name));
  }
  out += "</tbody></table></section>";
}

void render_actions(std::string& out, const SeriesSnapshot& snapshot) {
  std::map<std::tuple<std::uint32_t, std::string_view, std::string_view>, std::uint64_t> failed;
  for (const ErrorSeries& error : snapshot.errors) {
    if (is_failure(snapshot.infos[snapshot.codes[error.code_series].info])) {
      failed[{error.source, error.service, error.action}] += error.count;
    }
  }
  std::vector<const CallSeries*> rows;
  for (const CallSeries& call : snapshot.calls) rows.push_back(&call);
  const auto failures = [&failed](const CallSeries* call) {
    const auto found = failed.find({call->source, call->service, call->action});
    return found == failed.end() ? std::uint64_t{0} : found->second;
  };
  std::sort(rows.begin(), rows.end(), [&](const CallSeries* a, const CallSeries* b) {
    return failures(a) != failures(b) ? failures(a) > failures(b) : a->count > b->count;
  });
  if (rows.size() > kRowsMax) rows.resize(kRowsMax);
  out +=
      "<section><h2>By action</h2><table><thead><tr><th>Action<th>Service<th>Source"
      "<th class=\"n\">Calls<th class=\"n\">Failed<th class=\"n\">Share<th></tr></thead><tbody>";
  for (const CallSeries* call : rows) {
    const double share = static_cast<double>(failures(call)) / static_cast<double>(call->count);
    fmt::format_to(std::back_inserter(out),
                   "<tr><td><code>{}</code><td>{}<td>{}<td class=\"n\">{}<td class=\"n\">{}"
                   "<td class=\"n\">{:.1f} %<td><meter value=\"{:.4f}\"></meter></tr>",
                   html_escaped(call->action), html_escaped(call->service),
                   html_escaped(snapshot.sources[call->source].name), grouped(call->count),
                   grouped(failures(call)), share * 100, share);
  }
  out += "</tbody></table></section>";
}

void render_sources(std::string& out, const SeriesSnapshot& snapshot) {
  out +=
      "<section><h2>Ingestion</h2><table><thead><tr><th>Source<th class=\"n\">Lines"
      "<th class=\"n\">Calls<th class=\"n\">Ignored<th class=\"n\">Rejected"
      "<th class=\"n\">Rotations<th class=\"n\">Lost bytes<th>Files (bytes behind)</tr></thead>"
      "<tbody>";
  for (const SourceSeries& source : snapshot.sources) {
    std::string rejected;
    std::uint64_t ignored = 0;
    for (const VerdictInfo& verdict : kVerdicts) {
      const std::uint64_t count =
          source.lines.by_verdict[static_cast<std::size_t>(verdict.verdict)];
      if (verdict.kind == VerdictKind::kIgnored) ignored += count;
      if (verdict.kind == VerdictKind::kRejected && count > 0) {
        rejected += fmt::format("<br><small>{} {}</small>", verdict.name, grouped(count));
      }
    }
    std::uint64_t lost = 0;
    for (const std::uint64_t bytes : source.files.lost_bytes) lost += bytes;
    std::string missing;
    if (source.files.missing > 0) {
      missing = fmt::format("<br><small>{} files missing</small>", grouped(source.files.missing));
    }
    std::string files;
    for (std::size_t i = 0; i < std::min<std::size_t>(source.files.files.size(), 20); ++i) {
      const FileStatus& file = source.files.files[i];
      files += fmt::format("<div><code>{}</code> {}</div>", html_escaped(file.path),
                           file.lag_bytes == 0 ? "read to its end" : grouped(file.lag_bytes));
    }
    if (files.empty()) files = "<i>no file matches yet</i>";
    fmt::format_to(std::back_inserter(out),
                   "<tr><td>{}<td class=\"n\">{}<td class=\"n\">{}<td class=\"n\">{}"
                   "<td class=\"n\">{}{}<td class=\"n\">{}<td class=\"n\">{}{}<td>{}</tr>",
                   html_escaped(source.name), grouped(source.lines.lines),
                   grouped(source.lines.records), grouped(ignored),
                   grouped(rejected_lines(source.lines)), rejected, grouped(source.files.rotations),
                   grouped(lost), missing, files);
  }
  out += "</tbody></table></section>";
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out.push_back(c);
    }
  }
  return out;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string_view web_asset(std::string_view name) {
  for (const EmbeddedFile& file : embedded_files_of_web()) {
    if (file.path.substr(file.path.rfind('/') + 1) == name) return file.bytes;
  }
  return {};
}

std::string render_status_page(const SeriesSnapshot& snapshot, const PageInfo& info) {
  const Totals totals = totals_of(snapshot);
  std::string out =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>apierrd</title><link rel=\"stylesheet\" href=\"/page.css\">"
      "<script src=\"/page.js\" defer></script></head><body>";
  fmt::format_to(
      std::back_inserter(out),
      "<header><h1>apierrd</h1><small>version {}</small><nav><a href=\"/metrics\">metrics</a>"
      "<a href=\"/-/ready\">ready</a><a href=\"/api/v1/status\">json</a></nav></header>"
      "<main>",
      html_escaped(info.version));
  if (!info.not_ready.empty()) {
    fmt::format_to(std::back_inserter(out), "<p class=\"notice\">Not ready: {}</p>",
                   html_escaped(info.not_ready));
  }
  out += "<div class=\"tiles\">";
  tile(out, "calls", grouped(totals.calls));
  tile(out, "failed", grouped(totals.failed));
  tile(out, "lines read", grouped(totals.lines));
  tile(out, "lines rejected", grouped(totals.rejected), totals.rejected > 0);
  tile(out, "bytes behind", grouped(totals.lag_bytes));
  out += "</div>";
  render_codes(out, snapshot);
  render_items(out, snapshot);
  render_actions(out, snapshot);
  render_sources(out, snapshot);
  out += "</main></body></html>\n";
  return out;
}

std::string render_status_json(const SeriesSnapshot& snapshot, const PageInfo& info) {
  const Totals totals = totals_of(snapshot);
  JsonWriter json;
  json.begin_object().member("schema", std::uint64_t{1}).member("version", info.version);
  json.member("ready", info.not_ready.empty()).member("not_ready", info.not_ready);
  json.member("calls", totals.calls).member("failed", totals.failed);
  json.member("lines", totals.lines).member("rejected", totals.rejected);
  json.member("lag_bytes", totals.lag_bytes);
  json.key("codes").begin_array();
  for (const FailingCode& row : failing_codes(snapshot)) {
    const Classification& is = row.info->classification;
    json.begin_object().member("source", snapshot.sources[row.series->source].name);
    json.member("api_service", row.series->service).member("code", row.series->code);
    json.member("count", row.series->count).member("documented", is.documented());
    json.member("finding", name_of(row.finding)).member("meaning_by", is.meaning_by());
    json.member("fault_domain", name_of(is.fault_domain()));
    json.member("retryable", name_of(is.retryable())).member("severity", name_of(is.severity()));
    json.key("last_observed").raw(seconds_text(row.series->last_observed_unix_ns));
    json.member("request_id", safe_label_value(row.request_id));
    if (is.meaning != nullptr) json.member("remedy", is.meaning->remedy);
    json.end_object();
  }
  json.end_array().key("item_failures").begin_array();
  for (const ItemSeries& item : snapshot.items) {
    json.begin_object().member("source", snapshot.sources[item.source].name);
    json.member("api_service", item.service).member("action", item.action);
    json.member("code", item.code).member("count", item.count).end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

}  // namespace apierrd
