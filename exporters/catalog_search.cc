#include "exporters/catalog_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "exporters/label_text.h"
#include "parsers/ascii.h"
#include "parsers/nearest_names.h"

namespace apierrd {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower(c);
  return out;
}

std::string nearest_products(const Catalog& catalog, const std::string& product) {
  std::string out = "the nearest known: ";
  for (const std::string_view name : nearest_names(product, catalog.products(), 3)) {
    if (!out.ends_with(": ")) out += ", ";
    out += name;
  }
  return out;
}

}  // namespace

Result<std::vector<ProductCode>> find_codes(const Catalog& catalog, std::string product,
                                            std::string pattern) {
  const std::size_t slash = pattern.rfind('/');
  if (product.empty() && slash != std::string::npos &&
      catalog.has_product(pattern.substr(0, slash))) {  // some vendors' codes hold a slash, too
    product = pattern.substr(0, slash);
    pattern.erase(0, slash + 1);
  }
  if (!product.empty() && !catalog.has_product(product)) {
    return invalid_error("no catalog documents product '" + product + "'", {},
                         nearest_products(catalog, product));
  }
  pattern = lower(pattern);
  std::vector<ProductCode> found = catalog.all_codes();
  std::erase_if(found, [&](const ProductCode& row) {
    return (!product.empty() && row.product != product) ||
           lower(row.code).find(pattern) == std::string::npos;
  });
  return found;
}

void begin_code_json(JsonWriter& json, const ProductCode& code, const Classification& is) {
  static const Meaning kNone;
  const Meaning& meaning = is.meaning ? *is.meaning : kNone;
  json.begin_object().member("product", code.product).member("code", code.code);
  json.member("class", class_of(code.code)).member("documented", true);
  json.member("fault_domain", name_of(is.fault_domain()));
  json.member("retryable", name_of(is.retryable())).member("severity", name_of(is.severity()));
  json.member("description", meaning.description);
  json.member("description_zh", meaning.description_zh);
  json.member("remedy", meaning.remedy).member("source", meaning.source);
  json.member("meaning_by", is.meaning_by());
}

CatalogAnswer search_catalog(std::shared_ptr<const Catalog> catalog, const std::string& query) {
  CatalogAnswer answer;
  answer.query = safe_text(query, kQueryBytesMax);
  answer.catalog = catalog;
  if (query.empty()) return answer;
  const Result<std::vector<ProductCode>> found = find_codes(*catalog, {}, query);
  if (!found) {
    answer.complaint = found.error().text();
    return answer;
  }
  std::map<std::tuple<std::string_view, const Meaning*, Match>, CatalogRow> rows;
  for (const ProductCode& code : *found) {
    const Classification is = catalog->classify(code.product, {}, code.code);
    CatalogRow& row = rows[{code.code, is.meaning, is.match}];
    row.code = code.code;
    row.products.push_back(code.product);
    row.classification = is;
  }
  for (auto& [key, row] : rows) answer.rows.push_back(std::move(row));
  // What was asked for by its whole name first, then what somebody has described.
  std::stable_sort(answer.rows.begin(), answer.rows.end(), [&](const auto& a, const auto& b) {
    const auto rank = [&query](const CatalogRow& row) {
      return std::pair(row.code != query, !row.classification.curated());
    };
    return rank(a) != rank(b) ? rank(a) < rank(b) : a.code < b.code;
  });
  if (answer.rows.size() > kFoundCodesMax) {
    answer.more = answer.rows.size() - kFoundCodesMax;
    answer.rows.resize(kFoundCodesMax);
  }
  return answer;
}

std::string render_codes_json(const Catalog& catalog, const std::string& query) {
  JsonWriter json;
  json.begin_object().member("schema", std::uint64_t{1});
  json.member("query", safe_text(query, kQueryBytesMax));
  std::vector<ProductCode> codes;
  if (!query.empty()) {
    Result<std::vector<ProductCode>> found = find_codes(catalog, {}, query);
    if (found) {
      codes = *std::move(found);
    } else {
      json.member("complaint", found.error().text());
    }
  }
  const std::size_t shown = std::min(codes.size(), kFoundCodesMax);
  json.member("total", std::uint64_t{codes.size()});
  json.member("more", std::uint64_t{codes.size() - shown}).key("codes").begin_array();
  for (std::size_t i = 0; i < shown; ++i) {
    begin_code_json(json, codes[i], catalog.classify(codes[i].product, {}, codes[i].code));
    json.end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

}  // namespace apierrd
