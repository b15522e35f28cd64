// The page at `/`: what fails now, whose fault it is, what to do; and how ingestion fares. Rendered
// on the server; a small script refreshes it. Pure. Everything that came from a log is escaped.
#pragma once

#include <string>
#include <string_view>

#include "exporters/series_store.h"

namespace apierrd {

struct PageInfo {
  std::string version;
  std::string not_ready;  ///< why /-/ready says 503; empty = ready
};

std::string render_status_page(const SeriesSnapshot& snapshot, const PageInfo& info);

/// The same facts as JSON, for /api/v1/status.
std::string render_status_json(const SeriesSnapshot& snapshot, const PageInfo& info);

/// A file of exporters/web that the page refers to, for example "page.css".
std::string_view web_asset(std::string_view name);

/// `text` safe inside HTML text and quoted attributes.
std::string html_escaped(std::string_view text);

/// 1234567 -> "1,234,567".
std::string grouped(std::uint64_t number);

}  // namespace apierrd
