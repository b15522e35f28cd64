// What a Catalog holds, as lists: for zeros, for looking codes up, for messages.
#include <algorithm>
#include <iterator>
#include <set>

#include "parsers/catalog.h"

namespace apierrd {

std::vector<const CatalogEntry*> Catalog::entries() const {
  std::vector<const CatalogEntry*> out;
  for (const auto& [name, vendor] : vendors_) {
    for (const auto& [product, codes] : vendor.products) {
      for (const auto& [code, entry] : codes) out.push_back(&entry);
    }
  }
  std::sort(out.begin(), out.end(), [](const CatalogEntry* a, const CatalogEntry* b) {
    return std::tie(a->product, a->code) < std::tie(b->product, b->code);
  });
  return out;
}

std::vector<ProductCode> Catalog::all_codes() const {
  std::vector<ProductCode> out;
  for (const CatalogEntry* entry : entries()) out.push_back({entry->product, entry->code});
  const CodeMap* common = codes_of_product(kCommonProduct);
  for (const std::string_view service : vendor_codes_.services()) {
    for (const std::string_view code : vendor_codes_.codes(service)) {
      if (find_in(common, code) == nullptr) out.push_back({service, code});
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::string_view> Catalog::codes_of(std::string_view product) const {
  const Context context = context_of(product);
  std::vector<std::string_view> out;
  for (const CodeMap* codes : {context.own, context.common}) {
    if (codes == nullptr) continue;
    for (const auto& [code, entry] : *codes) out.push_back(code);
  }
  if (context.codes != nullptr) {
    const std::vector<std::string_view> listed = context.codes->codes(product);
    out.insert(out.end(), listed.begin(), listed.end());
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::size_t Catalog::code_count(std::string_view product) const {
  std::size_t count = vendor_codes_.code_count(product);
  if (const CodeMap* curated = codes_of_product(product)) {
    for (const auto& [code, entry] : *curated) count += !vendor_codes_.documents(product, code);
  }
  return count;
}

bool Catalog::has_product(std::string_view product) const {
  return codes_of_product(product) != nullptr || vendor_codes_.has(product);
}

std::vector<std::string_view> Catalog::curated_products() const {
  std::vector<std::string_view> out;
  for (const auto& [name, vendor] : vendors_) {
    for (const auto& [product, codes] : vendor.products) {
      const bool shared = product == product_key(name, kCommonProduct) ||
                          product == product_key(name, kClientProduct);
      if (!shared) out.push_back(product);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string_view> Catalog::products() const {
  const std::vector<std::string_view> curated = curated_products();
  const std::vector<std::string_view> listed = vendor_codes_.services();
  std::vector<std::string_view> out;
  std::set_union(curated.begin(), curated.end(), listed.begin(), listed.end(),
                 std::back_inserter(out));
  return out;
}

}  // namespace apierrd
