#include "exporters/status_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "exporters/page_sections.h"
#include "exporters/page_text.h"
#include "parsers/embedded_file.h"
#include "parsers/time_text.h"

namespace apierrd {

std::span<const EmbeddedFile> embedded_files_of_web();  // cmake/Embed.cmake

namespace {

constexpr std::string_view kHead =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<meta name=\"color-scheme\" content=\"light dark\"><title>apierrd</title>"
    "<link rel=\"icon\" href=\"/page.svg\" type=\"image/svg+xml\">"
    "<link rel=\"stylesheet\" href=\"/page.css\">"
    "<script src=\"/page.js\" defer></script></head><body>"
    "<a class=\"skip\" href=\"#main\">Skip to the content</a>";

void add_header(std::string& out, const std::string& version) {
  fmt::format_to(
      std::back_inserter(out),
      "<header><h1><a href=\"/\">apierrd</a></h1><small>version {}</small>"
      "<nav aria-label=\"Sections\"><a href=\"/#codes\">What fails</a>"
      "<a href=\"/#actions\">Actions</a><a href=\"/#ingestion\">Ingestion</a>"
      "<a href=\"/#alerts\">Alerts</a><a href=\"/#catalog\">Look up</a>"
      "<a href=\"/#config\">Configuration</a><a href=\"/metrics\">metrics</a>"
      "<a href=\"/api/v1/status\">json</a></nav></header>"
      "<p id=\"gone\" class=\"notice bad\" hidden><span role=\"status\" id=\"gone-say\"></span> "
      "<span id=\"gone-age\" aria-hidden=\"true\"></span></p>"
      "<p id=\"say\" class=\"unseen\" role=\"status\"></p>",
      html_escaped(version));
}

void add_tile(std::string& out, std::string_view name, const std::string& value, bool bad = false) {
  fmt::format_to(std::back_inserter(out), "<div class=\"tile{}\"><dt>{}</dt><dd>{}</dd></div>",
                 bad ? " bad" : "", name, value);
}

void add_tiles(std::string& out, const StatusView& view) {
  const StatusTotals totals = totals_of(*view.snapshot);
  const double share = totals.calls == 0 ? 0
                                         : static_cast<double>(totals.failed) * 100 /
                                               static_cast<double>(totals.calls);
  out += "<dl class=\"tiles\">";
  add_tile(out, "calls", grouped(totals.calls));
  add_tile(out, "failed", fmt::format("{} <small>{:.1f} %</small>", grouped(totals.failed), share));
  add_tile(out, "lines read", grouped(totals.lines));
  add_tile(out, "lines rejected", grouped(totals.rejected), totals.rejected > 0);
  add_tile(out, "behind", bytes_text(totals.lag_bytes));
  add_tile(out, "up", duration_text(view.snapshot->time_unix_ns - view.started_unix_ns));
  out += "</dl>";
}

// The names of active alerts, each once; the script announces when they change.
std::string active_alerts(const StatusView& view) {
  std::set<std::string_view> seen;
  std::string names;
  for (const Condition& row : view.conditions) {
    if (!row.active || !seen.insert(row.alert).second) continue;
    names += (names.empty() ? "" : ", ") + row.alert;
  }
  return names;
}

}  // namespace

std::string_view web_asset(std::string_view name) {
  for (const EmbeddedFile& file : embedded_files_of_web()) {
    if (file.path.substr(file.path.rfind('/') + 1) == name) return file.bytes;
  }
  return {};
}

std::string render_status_page(const StatusView& view) {
  std::string out(kHead);
  add_header(out, view.version);
  const std::string alerts = active_alerts(view);
  fmt::format_to(std::back_inserter(out), "<main id=\"main\" tabindex=\"-1\" data-alerts=\"{}\">",
                 html_escaped(alerts));
  if (!view.not_ready.empty()) {
    fmt::format_to(std::back_inserter(out), "<p class=\"notice\">Not ready: {}</p>",
                   html_escaped(view.not_ready));
  }
  if (!alerts.empty()) {
    fmt::format_to(std::back_inserter(out),
                   "<p class=\"notice bad\">Active: <a href=\"#alerts\">{}</a></p>",
                   html_escaped(alerts));
  }
  add_tiles(out, view);
  add_codes_section(out, view);
  add_items_section(out, view);
  add_actions_section(out, view);
  add_ingestion_section(out, view);
  add_alerts_section(out, view);
  add_catalog_section(out, {});
  add_config_section(out, view);
  fmt::format_to(std::back_inserter(out),
                 "<p class=\"soft\">As of <time id=\"as-of\">{}</time>.</p></main></body></html>\n",
                 rfc3339_text(view.snapshot->time_unix_ns));
  return out;
}

std::string render_catalog_page(const CatalogAnswer& answer, const std::string& version) {
  std::string out(kHead);
  add_header(out, version);
  out += "<main id=\"main\" tabindex=\"-1\">";
  add_catalog_section(out, answer);
  out += "<p><a href=\"/\">Back to what fails</a></p></main></body></html>\n";
  return out;
}

}  // namespace apierrd
