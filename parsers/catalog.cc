#include "parsers/catalog.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "parsers/call_parser.h"

namespace apierrd {

namespace {

constexpr std::array<std::string_view, 10> kFaultDomains{
    "caller",   "credential", "permission", "quota", "business",
    "resource", "vendor",     "network",    "none",  "unknown"};
constexpr std::array<std::string_view, 4> kRetryables{"no", "backoff", "later", "after_fix"};
constexpr std::array<std::string_view, 3> kSeverities{"critical", "warning", "info"};
constexpr std::array<std::string_view, 6> kMatches{"product", "common",      "other_product",
                                                   "parent",  "class_alias", "none"};

}  // namespace

std::string_view name_of(FaultDomain value) {
  return kFaultDomains[static_cast<std::size_t>(value)];
}
std::string_view name_of(Retryable value) { return kRetryables[static_cast<std::size_t>(value)]; }
std::string_view name_of(Severity value) { return kSeverities[static_cast<std::size_t>(value)]; }
std::string_view name_of(Match value) { return kMatches[static_cast<std::size_t>(value)]; }

std::string_view class_of(std::string_view code) { return code.substr(0, code.find('.')); }

const Catalog::CodeMap* Catalog::codes_of_product(std::string_view product) const {
  const auto found = products_.find(product);
  return found == products_.end() ? nullptr : &found->second;
}

const CatalogEntry* Catalog::find_in(const CodeMap* codes, std::string_view code) const {
  if (codes == nullptr) return nullptr;
  const auto found = codes->find(code);
  return found == codes->end() ? nullptr : &found->second;
}

const CatalogEntry* Catalog::find(std::string_view product, std::string_view code) const {
  return find_in(codes_of_product(product), code);
}

Classification Catalog::classify(std::string_view service, std::string_view code) const {
  const CodeMap* own = service == kCommonProduct ? nullptr : codes_of_product(service);
  const CodeMap* common = codes_of_product(kCommonProduct);
  if (const auto* entry = find_in(own, code)) return {entry, Match::kProduct};
  if (const auto* entry = find_in(common, code)) return {entry, Match::kCommon};
  for (const auto& [product, codes] : products_) {
    if (const auto* entry = find_in(&codes, code)) return {entry, Match::kOtherProduct};
  }
  for (std::size_t dot = code.rfind('.'); dot != std::string_view::npos; dot = code.rfind('.')) {
    code = code.substr(0, dot);
    if (const auto* entry = find_in(own, code)) return {entry, Match::kParent};
    if (const auto* entry = find_in(common, code)) return {entry, Match::kParent};
  }
  // `code` is now the bare class. Exact names first, then the longest prefix.
  const std::string* like = nullptr;
  if (const auto exact = class_aliases_.find(code); exact != class_aliases_.end()) {
    like = &exact->second;
  } else {
    std::size_t longest = 0;
    for (const auto& [pattern, target] : class_aliases_) {
      if (!pattern.ends_with('*') || pattern.size() <= longest) continue;
      if (!code.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1))) continue;
      longest = pattern.size();
      like = &target;
    }
  }
  if (like == nullptr) return {};
  return {find_in(common, *like), Match::kClassAlias};
}

std::vector<const CatalogEntry*> Catalog::entries() const {
  std::vector<const CatalogEntry*> out;
  for (const auto& [product, codes] : products_) {
    for (const auto& [code, entry] : codes) out.push_back(&entry);
  }
  return out;
}

std::vector<std::string_view> Catalog::codes_of(std::string_view product) const {
  std::set<std::string_view> codes;
  for (const std::string_view name : {product, kCommonProduct}) {
    if (const CodeMap* map = codes_of_product(name)) {
      for (const auto& [code, entry] : *map) codes.insert(code);
    }
  }
  return {codes.begin(), codes.end()};
}

std::vector<std::string_view> Catalog::products() const {
  std::vector<std::string_view> out;
  for (const auto& [product, codes] : products_) {
    if (product != kCommonProduct) out.push_back(product);
  }
  return out;
}

std::span<const EmbeddedFile> embedded_files_of_catalogs();  // cmake/Embed.cmake

std::span<const EmbeddedFile> builtin_catalog_files() { return embedded_files_of_catalogs(); }

Catalog builtin_catalog() {
  CatalogBuilder builder;
  for (const EmbeddedFile& file : builtin_catalog_files()) {
    builder.add(file.bytes, std::string(file.path));
  }
  assert(builder.errors().empty());
  return builder.build();
}

}  // namespace apierrd
