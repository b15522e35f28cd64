// The page at `/`: what fails now, whose fault it is, what to do; and how ingestion fares. Rendered
// on the server and complete without a script; a small one refreshes it. Pure. Everything that came
// from a log is escaped and cannot reorder what stands beside it.
#pragma once

#include <string>
#include <string_view>

#include "exporters/catalog_search.h"
#include "exporters/status_view.h"

namespace apierrd {

std::string render_status_page(const StatusView& view);

/// The page at `/catalog`: what a look-up found; for browsers without a script, and for the script.
std::string render_catalog_page(const CatalogAnswer& answer, const std::string& version);

/// The same facts as the page, as JSON, for /api/v1/status.
std::string render_status_json(const StatusView& view);
/// For /api/v1/config.
std::string render_config_json(const StatusView& view);

/// A file of exporters/web that the page refers to, for example "page.css".
std::string_view web_asset(std::string_view name);

}  // namespace apierrd
