// The sections of the page at `/`; each appends itself. Used by status_page.cc alone.
#pragma once

#include <string>

#include "exporters/catalog_search.h"
#include "exporters/status_view.h"

namespace apierrd {

void add_codes_section(std::string& out, const StatusView& view);
void add_items_section(std::string& out, const StatusView& view);
void add_actions_section(std::string& out, const StatusView& view);
void add_ingestion_section(std::string& out, const StatusView& view);
void add_alerts_section(std::string& out, const StatusView& view);
void add_catalog_section(std::string& out, const CatalogAnswer& answer);
void add_config_section(std::string& out, const StatusView& view);

}  // namespace apierrd
