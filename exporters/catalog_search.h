// Looking codes up by a part of their name, as `apierrd codes`, the page and /api/v1/codes do.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "exporters/json_writer.h"
#include "parsers/catalog.h"

namespace apierrd {

inline constexpr std::size_t kFoundCodesMax = 100;  ///< in an answer over HTTP
inline constexpr std::size_t kQueryBytesMax = 200;  ///< the longest documented code has 89

/// The documented codes whose name holds `pattern` in any case; `PRODUCT/` before it narrows to a
/// product, as does `product`. Sorted by product and code. Error: no such product.
Result<std::vector<ProductCode>> find_codes(const Catalog& catalog, std::string product,
                                            std::string pattern);

/// One code as `apierrd codes --output json` shows it, without its closing bracket.
void begin_code_json(JsonWriter& json, const ProductCode& code, const Classification& is);

/// An answer for a page: products that mean the same by a code share a row, described ones first.
struct CatalogRow {
  std::string_view code;
  std::vector<std::string_view> products;
  Classification classification;
};
struct CatalogAnswer {
  std::string query;
  std::vector<CatalogRow> rows;            ///< at most kFoundCodesMax
  std::size_t more = 0;                    ///< rows left out
  std::string complaint;                   ///< why there is no answer
  std::shared_ptr<const Catalog> catalog;  ///< what the rows point into
};
CatalogAnswer search_catalog(std::shared_ptr<const Catalog> catalog, const std::string& query);

/// For /api/v1/codes.
std::string render_codes_json(const Catalog& catalog, const std::string& query);

}  // namespace apierrd
