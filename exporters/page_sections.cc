#include "exporters/page_sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "exporters/label_text.h"
#include "exporters/page_text.h"
#include "parsers/error_code.h"

namespace apierrd {

namespace {

template <class... Values>
void add(std::string& out, fmt::format_string<Values...> format, Values&&... values) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Values>(values)...);
}

// A table that scrolls within itself when the window is narrow; by keyboard, too.
void open_table(std::string& out, std::string_view what, std::string_view head) {
  add(out,
      "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">"
      "<table><thead><tr>{}</tr></thead>",
      what, head);
}

void close_table(std::string& out, std::size_t rows) {
  out += "</table></div>";
  if (rows > kTableRowsMax) {
    add(out, "<p class=\"soft\">{} more rows; /metrics has all.</p>",
        grouped(rows - kTableRowsMax));
  }
}

template <class Row>
std::span<const Row> shown_rows(const std::vector<Row>& rows) {
  return std::span(rows).first(std::min(rows.size(), kTableRowsMax));
}

std::string fault_badge(FaultDomain fault) {
  return fmt::format("<span class=\"badge fault {0}\">{0}</span>", name_of(fault));
}

// Beside a code; nothing for what is documented as it should be.
std::string_view finding_badge(Documentation finding) {
  switch (finding) {
    case Documentation::kAction: break;
    case Documentation::kProduct: return " <span class=\"badge warn\">not of this action</span>";
    case Documentation::kElsewhere: return " <span class=\"badge warn\">of other products</span>";
    case Documentation::kNowhere: return " <span class=\"badge warn\">undocumented</span>";
  }
  return "";
}

// Whose description is shown, if it is not the code's own.
std::string borrowed_from(const Classification& is) {
  if (is.curated()) return "";
  if (is.entry == nullptr) return fmt::format("By rule {}: ", html_escaped(is.via));
  return fmt::format("Treated like {}: ", html_escaped(is.entry->code));
}

void add_failure(std::string& out, const RecentFailure& failure, std::int64_t now) {
  add(out, "<li><div>{} <b>{}</b> RequestId <code class=\"id\">{}</code></div>",
      ago_html(failure.time_unix_ns, now), log_text(failure.action),
      failure.request_id.empty() ? "none" : log_text(failure.request_id));
  add(out, "<p class=\"message\"><bdi>{}</bdi></p><small>{} at byte {}</small></li>",
      failure.message.empty() ? "no message" : log_text(failure.message), log_text(failure.path),
      grouped(failure.offset_bytes));
}

void add_latest(std::string& out, const FailingCode& row, const std::string& id, std::int64_t now) {
  if (row.recent == nullptr || row.recent->failures.empty()) {
    if (row.request_id.empty()) return;
    add(out, "<p class=\"soft\">Last RequestId <code class=\"id\">{}</code></p>",
        log_text(safe_label_value(row.request_id)));
    return;
  }
  const RecentFailure& latest = row.recent->failures.front();
  add(out,
      "<details id=\"{}\"><summary><span class=\"latest\">Latest: <code class=\"id\">{}</code> "
      "<bdi>{}</bdi></span></summary><ol class=\"recent\">",
      id, log_text(latest.request_id), log_text(latest.message));
  for (const RecentFailure& failure : row.recent->failures) add_failure(out, failure, now);
  out += "</ol></details>";
}

void add_code(std::string& out, const StatusView& view, const FailingCode& row) {
  const Classification& is = row.info->classification;
  const std::string& source = view.snapshot->sources[row.series->source].name;
  const std::int64_t now = view.snapshot->time_unix_ns;
  const auto id = [&](std::string_view kind) {
    return row_id(kind, {source, row.series->service, row.series->code});
  };
  add(out,
      "<tbody id=\"{}\" class=\"{}\"><tr><th scope=\"row\"><code>{}</code>{}"
      "<small>class {}, {}</small></th>",
      id("code"), name_of(is.severity()), log_text(row.series->code), finding_badge(row.finding),
      log_text(class_of(row.series->code)), name_of(is.severity()));
  add(out,
      "<td class=\"wide\">{}</td><td class=\"n\" data-label=\"count\">{}</td>"
      "<td data-label=\"last\">{}</td><td data-label=\"fault\">{}</td>"
      "<td data-label=\"retry\">{}</td><td data-label=\"service\"><bdi>{}</bdi></td>"
      "<td data-label=\"source\"><bdi>{}</bdi></td></tr>",
      sparkline_svg(row.minutes), grouped(row.series->count),
      ago_html(row.series->last_observed_unix_ns, now), fault_badge(is.fault_domain()),
      name_of(is.retryable()), log_text(row.series->service), log_text(source));
  out += "<tr class=\"what\"><td colspan=\"8\">";
  if (is.meaning != nullptr) {
    add(out, "<p>{}{} <b>Do:</b> {}</p>", borrowed_from(is), html_escaped(is.meaning->description),
        html_escaped(is.meaning->remedy));
  } else {
    add(out,
        "<p>No catalog knows it. <b>Do:</b> look for it at the vendor, then add an overlay."
        "</p>");
  }
  add_latest(out, row, id("latest"), now);
  out += "</td></tr></tbody>";
}

}  // namespace

void add_codes_section(std::string& out, const StatusView& view) {
  const std::vector<FailingCode> rows = failing_codes(view);
  out += "<section id=\"codes\" aria-labelledby=\"codes-h\"><h2 id=\"codes-h\">What fails</h2>";
  if (rows.empty()) {
    out += "<p class=\"soft\">No failed call has been read yet.</p></section>";
    return;
  }
  out +=
      "<p class=\"soft\">Counts go on over restarts; the bars are the last 60 minutes. What looks "
      "like a secret in a message is shown as [masked].</p>"
      "<div class=\"scroll cards\" role=\"region\" tabindex=\"0\" aria-label=\"Failing codes\">"
      "<table class=\"codes\"><thead><tr><th scope=\"col\">Code</th><th scope=\"col\">Last hour"
      "</th><th scope=\"col\" class=\"n\">Count</th><th scope=\"col\">Last</th>"
      "<th scope=\"col\">Fault</th><th scope=\"col\">Retry</th><th scope=\"col\">Service</th>"
      "<th scope=\"col\">Source</th></tr></thead>";
  for (const FailingCode& row : shown_rows(rows)) add_code(out, view, row);
  close_table(out, rows.size());
  out += "</section>";
}

// What failed within calls that succeeded; only where a source counts it.
void add_items_section(std::string& out, const StatusView& view) {
  const SeriesSnapshot& snapshot = *view.snapshot;
  std::vector<const ItemSeries*> rows;
  for (const ItemSeries& item : snapshot.items) rows.push_back(&item);
  if (rows.empty()) return;
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ItemSeries* a, const ItemSeries* b) { return a->count > b->count; });
  out +=
      "<section id=\"items\" aria-labelledby=\"items-h\"><h2 id=\"items-h\">Failed items of calls "
      "that succeeded</h2>";
  open_table(out, "Failed items",
             "<th scope=\"col\">Code<th scope=\"col\" class=\"n\">Count<th scope=\"col\">Fault"
             "<th scope=\"col\">Retry<th scope=\"col\">Action<th scope=\"col\">Service"
             "<th scope=\"col\">Source");
  out += "<tbody>";
  for (const ItemSeries* item : shown_rows(rows)) {
    const Classification is = snapshot.catalog->classify(item->service, item->action, item->code);
    add(out,
        "<tr><th scope=\"row\"><code>{}</code>{}</th><td class=\"n\">{}</td><td>{}</td>"
        "<td>{}</td><td><bdi>{}</bdi></td><td><bdi>{}</bdi></td><td><bdi>{}</bdi></td></tr>",
        log_text(item->code), finding_badge(is.documentation), grouped(item->count),
        fault_badge(is.fault_domain()), name_of(is.retryable()), log_text(item->action),
        log_text(item->service), log_text(snapshot.sources[item->source].name));
  }
  out += "</tbody>";
  close_table(out, rows.size());
  out += "</section>";
}

void add_actions_section(std::string& out, const StatusView& view) {
  const std::vector<ActionRow> rows = action_rows(*view.snapshot);
  out +=
      "<section id=\"actions\" aria-labelledby=\"actions-h\"><h2 id=\"actions-h\">By action</h2>";
  if (rows.empty()) {
    out += "<p class=\"soft\">No call has been read yet.</p></section>";
    return;
  }
  open_table(out, "Calls by action",
             "<th scope=\"col\">Action<th scope=\"col\" class=\"n\">Calls"
             "<th scope=\"col\" class=\"n\">Failed<th scope=\"col\" class=\"n\">Share"
             "<th scope=\"col\">Fails most with<th scope=\"col\">Service<th scope=\"col\">Source");
  out += "<tbody>";
  for (const ActionRow& row : shown_rows(rows)) {
    const double share = static_cast<double>(row.failed) / static_cast<double>(row.call->count);
    const std::string& source = view.snapshot->sources[row.call->source].name;
    add(out,
        "<tr id=\"{}\"><th scope=\"row\"><code>{}</code></th><td class=\"n\">{}</td>"
        "<td class=\"n\">{}</td><td class=\"n\"><svg class=\"share\" viewBox=\"0 0 60 8\" "
        "width=\"60\" height=\"8\" aria-hidden=\"true\"><path class=\"base\" d=\"M0 0h60v8H0z\"/>"
        "<path d=\"M0 0h{:.1f}v8H0z\"/></svg> {:.1f} %</td>",
        row_id("action", {source, row.call->service, row.call->action}), log_text(row.call->action),
        grouped(row.call->count), grouped(row.failed), std::min(1.0, share) * 60, share * 100);
    add(out, "<td><code>{}</code></td><td><bdi>{}</bdi></td><td><bdi>{}</bdi></td></tr>",
        log_text(row.worst_code), log_text(row.call->service), log_text(source));
  }
  out += "</tbody>";
  close_table(out, rows.size());
  out += "</section>";
}

void add_catalog_section(std::string& out, const CatalogAnswer& answer) {
  out +=
      "<section id=\"catalog\" aria-labelledby=\"catalog-h\" data-keep><h2 id=\"catalog-h\">"
      "Look a code up</h2>";
  add(out,
      "<form action=\"/catalog\" method=\"get\" role=\"search\"><label for=\"q\">Part of a code, "
      "or product/code</label><div class=\"ask\"><input id=\"q\" name=\"q\" type=\"search\" "
      "maxlength=\"{}\" autocomplete=\"off\" autocapitalize=\"off\" spellcheck=\"false\" "
      "placeholder=\"Balance\" value=\"{}\"><button>Look up</button></div></form>"
      "<div id=\"found\" role=\"status\">",
      kQueryBytesMax, html_escaped(answer.query));
  if (!answer.query.empty()) {
    add(out, "<p class=\"soft\">{} for <code>{}</code>{}</p>",
        answer.rows.empty() ? "No documented code" : "Documented codes", log_text(answer.query),
        answer.complaint.empty() ? std::string() : ": " + log_text(answer.complaint));
  }
  if (!answer.rows.empty()) out += "<dl class=\"found\">";
  for (const CatalogRow& row : answer.rows) {
    const Classification& is = row.classification;
    std::string products;
    for (std::size_t i = 0; i < std::min<std::size_t>(row.products.size(), 6); ++i) {
      products += (i > 0 ? ", " : "") + html_escaped(row.products[i]);
    }
    if (row.products.size() > 6) products += fmt::format(" and {} more", row.products.size() - 6);
    add(out,
        "<dt><code>{}</code> {} <span class=\"badge\">retry: {}</span> <small>{} · {}</small></dt>",
        html_escaped(row.code), fault_badge(is.fault_domain()), name_of(is.retryable()),
        name_of(is.severity()), products);
    if (is.meaning == nullptr) continue;
    add(out, "<dd>{}{} <b>Do:</b> {}", borrowed_from(is), html_escaped(is.meaning->description),
        html_escaped(is.meaning->remedy));
    if (!is.meaning->description_zh.empty()) {
      add(out, "<br><span lang=\"zh\">{}</span>", html_escaped(is.meaning->description_zh));
    }
    out += "</dd>";
  }
  if (!answer.rows.empty()) out += "</dl>";
  if (answer.more > 0) {
    add(out, "<p class=\"soft\">{} more; narrow it down.</p>", grouped(answer.more));
  }
  out += "</div></section>";
}

}  // namespace apierrd
