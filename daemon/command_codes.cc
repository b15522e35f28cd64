// codes: the catalog as a person looks things up in it.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <tuple>

#include "daemon/commands.h"
#include "daemon/config.h"
#include "daemon/log.h"
#include "daemon/name_list.h"
#include "exporters/catalog_search.h"
#include "exporters/json_writer.h"
#include "parsers/catalog.h"

namespace apierrd {

namespace {

struct FoundCode {
  std::string_view product, code;
  Classification classification;
};

std::vector<std::string_view> actions_of(const Catalog& catalog, const FoundCode& row) {
  const VendorCodes& codes = catalog.vendor_codes();
  std::vector<std::string_view> actions = codes.actions(row.product);
  std::erase_if(actions, [&](std::string_view action) {
    return !codes.documents(row.product, action, row.code);
  });
  return actions;
}

void print_json(const Catalog& catalog, const std::vector<FoundCode>& rows, bool with_actions) {
  JsonWriter json;
  json.begin_array();
  for (const FoundCode& row : rows) {
    begin_code_json(json, {row.product, row.code}, row.classification);
    if (with_actions) {
      json.key("actions").begin_array();
      for (const std::string_view action : actions_of(catalog, row)) json.value(action);
      json.end_array();
    }
    json.end_object();
  }
  json.end_array();
  std::cout << json.take() << "\n";
}

// Products for which a code means the same share a block.
using Block = std::pair<std::string_view, const Meaning*>;

std::vector<std::pair<Block, std::vector<const FoundCode*>>> blocks_of(
    const std::vector<FoundCode>& rows) {
  std::map<std::pair<Block, Match>, std::vector<const FoundCode*>> blocks;
  for (const FoundCode& row : rows) {
    const Classification& is = row.classification;
    blocks[{{row.code, is.meaning}, is.match}].push_back(&row);
  }
  std::vector<std::pair<Block, std::vector<const FoundCode*>>> out;
  for (auto& [key, members] : blocks) out.emplace_back(key.first, std::move(members));
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.first, a.second[0]->product) <
           std::tie(b.first.first, b.second[0]->product);
  });
  return out;
}

std::string products_text(const std::vector<const FoundCode*>& rows) {
  std::vector<std::string_view> products;
  for (const FoundCode* row : rows) products.push_back(row->product);
  return some_names(products, 8);
}

void print_table(const Catalog& catalog, const std::vector<FoundCode>& rows, bool with_actions) {
  for (const auto& [block, members] : blocks_of(rows)) {
    const Classification& is = members[0]->classification;
    std::cout << fmt::format("{} ({})\n  fault: {}, retry: {}, severity: {}; meaning: {}\n",
                             block.first, products_text(members), name_of(is.fault_domain()),
                             name_of(is.retryable()), name_of(is.severity()), is.meaning_by());
    if (with_actions) {
      for (const FoundCode* row : members) {
        std::cout << fmt::format("  Actions of {}: {}\n", row->product,
                                 fmt::join(actions_of(catalog, *row), ", "));
      }
    }
    if (is.meaning != nullptr) {
      std::cout << "  " << is.meaning->description << "\n";
      if (!is.meaning->description_zh.empty()) {
        std::cout << "  " << is.meaning->description_zh << "\n";
      }
      std::cout << fmt::format("  Do: {}\n  Source: {}\n", is.meaning->remedy, is.meaning->source);
    }
    std::cout << "\n";
  }
}

}  // namespace

int codes_command(const CodesOptions& options) {
  CatalogOutcome catalog;
  if (options.config_path.empty()) {
    catalog = load_catalog({}, {});
  } else {
    LoadedConfig loaded = load_config(options.config_path);
    catalog = {std::move(loaded.catalog), std::move(loaded.errors)};
  }
  if (!catalog.errors.empty()) return report(catalog.errors);
  const Result<std::vector<ProductCode>> codes =
      find_codes(*catalog.catalog, options.product, options.pattern);
  if (!codes) return report(codes.error());
  std::vector<FoundCode> found;
  for (const auto& [product, code] : *codes) {
    found.push_back({product, code, catalog.catalog->classify(product, {}, code)});
  }
  if (options.output == "json") {
    print_json(*catalog.catalog, found, options.actions);
    return kExitFine;
  }
  print_table(*catalog.catalog, found, options.actions);
  if (found.empty()) {
    std::cerr << "no documented code holds '" << printable(options.pattern) << "'\n";
  }
  return kExitFine;
}

}  // namespace apierrd
