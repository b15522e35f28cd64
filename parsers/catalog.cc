#include "parsers/catalog.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <set>

namespace apierrd {

namespace {

constexpr std::array<std::string_view, kDocumentationCount> kDocumentations{"action", "product",
                                                                            "elsewhere", "nowhere"};
constexpr std::array<std::string_view, 7> kMatches{
    "product", "common", "other_product", "rule", "parent", "class_alias", "none"};

// `FailedOperation.FailedOperation` says no more than its class.
bool repeats_its_class(std::string_view code) {
  const std::string_view code_class = class_of(code);
  return code.size() > code_class.size() && code.substr(code_class.size() + 1) == code_class;
}

bool take(const CatalogEntry* entry, Match match, Classification& out) {
  if (entry == nullptr) return false;
  out.entry = entry;
  out.meaning = &entry->meaning;
  out.match = match;
  return true;
}

}  // namespace

std::string_view name_of(Documentation value) {
  return kDocumentations[static_cast<std::size_t>(value)];
}
std::string_view name_of(Match value) { return kMatches[static_cast<std::size_t>(value)]; }

std::string Classification::meaning_by() const {
  if (curated()) return "curated";
  if (match == Match::kNone) return "none";
  const std::string_view by = match == Match::kParent ? std::string_view(entry->code) : via;
  return std::string(name_of(match)).append(1, ':').append(by);
}

const CatalogEntry* Catalog::find_in(const CodeMap* codes, std::string_view code) {
  if (codes == nullptr) return nullptr;
  const auto found = codes->find(code);
  return found == codes->end() ? nullptr : &found->second;
}

const Catalog::CodeMap* Catalog::codes_of_product(std::string_view product) const {
  const auto vendor = vendors_.find(vendor_of(product));
  if (vendor == vendors_.end()) return nullptr;
  const auto found = vendor->second.products.find(product);
  return found == vendor->second.products.end() ? nullptr : &found->second;
}

const CatalogEntry* Catalog::find(std::string_view product, std::string_view code) const {
  return find_in(codes_of_product(product), code);
}

Catalog::Context Catalog::context_of(std::string_view service) const {
  Context context;
  context.service = service;
  const std::string_view vendor = vendor_of(service);
  if (const auto found = vendors_.find(vendor); found != vendors_.end()) {
    context.vendor = &found->second;
  }
  const std::string common = product_key(vendor, kCommonProduct);
  context.common = codes_of_product(common);
  context.client = codes_of_product(product_key(vendor, kClientProduct));
  if (service != common) context.own = codes_of_product(service);
  if (vendor == kDefaultVendor) context.codes = &vendor_codes_;
  return context;
}

Documentation Catalog::documentation(const Context& context, std::string_view action,
                                     std::string_view code) const {
  for (const CodeMap* codes : {context.common, context.client}) {
    if (find_in(codes, code) != nullptr) return Documentation::kAction;
  }
  const bool listed = context.codes && context.codes->documents(context.service, code);
  if (listed || find_in(context.own, code) != nullptr) {
    const bool told = context.codes && context.codes->lists_codes_of(context.service, action);
    return !told || context.codes->documents(context.service, action, code)
               ? Documentation::kAction
               : Documentation::kProduct;
  }
  if (context.codes && context.codes->documented_anywhere(code)) return Documentation::kElsewhere;
  if (context.vendor != nullptr) {
    for (const auto& [product, codes] : context.vendor->products) {
      if (find_in(&codes, code) != nullptr) return Documentation::kElsewhere;
    }
  }
  return Documentation::kNowhere;
}

Documentation Catalog::documentation(std::string_view service, std::string_view action,
                                     std::string_view code) const {
  return documentation(context_of(service), action, code);
}

Classification Catalog::classify(std::string_view service, std::string_view action,
                                 std::string_view code) const {
  const Context context = context_of(service);
  Classification out;
  out.documentation = documentation(context, action, code);
  find_meaning(context, code, out);
  return out;
}

void Catalog::find_meaning(const Context& context, std::string_view code,
                           Classification& out) const {
  if (find_curated(context, code, out)) return;
  // A code nobody documents may be anything that its words make one think of: its class is safer.
  const bool class_first = !out.documented() || repeats_its_class(code);
  if (class_first && find_class(context, code, out)) return;
  if (!find_rule(context, code, out)) find_class(context, code, out);
}

bool Catalog::find_curated(const Context& context, std::string_view code, Classification& out) {
  if (take(find_in(context.own, code), Match::kProduct, out)) return true;
  if (take(find_in(context.common, code), Match::kCommon, out)) return true;
  if (take(find_in(context.client, code), Match::kCommon, out)) return true;
  if (context.vendor == nullptr) return false;
  for (const auto& [product, codes] : context.vendor->products) {
    if (take(find_in(&codes, code), Match::kOtherProduct, out)) return true;
  }
  return false;
}

bool Catalog::find_class(const Context& context, std::string_view code, Classification& out) {
  return find_parent(context, code, out) || find_alias(context, code, out);
}

bool Catalog::find_rule(const Context& context, std::string_view code, Classification& out) const {
  if (context.codes == nullptr) return false;  // rules know the words of one vendor
  const ClassificationRule* rule = rules_.match(code);
  if (rule == nullptr) return false;
  out.meaning = &rule->meaning;
  out.match = Match::kRule;
  out.via = rule->name;
  return true;
}

bool Catalog::find_parent(const Context& context, std::string_view code, Classification& out) {
  for (std::size_t dot = code.rfind('.'); dot != std::string_view::npos; dot = code.rfind('.')) {
    code = code.substr(0, dot);
    if (take(find_in(context.own, code), Match::kParent, out)) return true;
    if (take(find_in(context.common, code), Match::kParent, out)) return true;
    if (take(find_in(context.client, code), Match::kParent, out)) return true;
  }
  return false;
}

// The exact class first, then the longest prefix.
bool Catalog::find_alias(const Context& context, std::string_view code, Classification& out) {
  if (context.vendor == nullptr) return false;
  const std::string_view code_class = class_of(code);
  const auto& aliases = context.vendor->class_aliases;
  auto best = aliases.find(code_class);
  if (best == aliases.end()) {
    for (auto alias = aliases.begin(); alias != aliases.end(); ++alias) {
      const std::string_view pattern = alias->first;
      if (!pattern.ends_with('*')) continue;
      if (!code_class.starts_with(pattern.substr(0, pattern.size() - 1))) continue;
      if (best == aliases.end() || pattern.size() > best->first.size()) best = alias;
    }
  }
  if (best == aliases.end()) return false;
  out.via = best->first;
  return take(find_in(context.common, best->second), Match::kClassAlias, out);
}

std::vector<std::string_view> Catalog::elsewhere(std::string_view service,
                                                 std::string_view code) const {
  const Context context = context_of(service);
  std::set<std::string_view> out;
  if (context.vendor != nullptr) {
    for (const auto& [product, codes] : context.vendor->products) {
      const bool shared = &codes == context.common || &codes == context.client;
      if (!shared && find_in(&codes, code) != nullptr) out.insert(product);
    }
  }
  if (context.codes != nullptr) {
    for (const std::string_view product : context.codes->services_of(code)) out.insert(product);
  }
  out.erase(service);
  return {out.begin(), out.end()};
}

std::span<const EmbeddedFile> embedded_files_of_catalogs();  // cmake/Embed.cmake

std::span<const EmbeddedFile> builtin_catalog_files() { return embedded_files_of_catalogs(); }

Catalog builtin_catalog() {
  CatalogBuilder builder;
  builder.add_builtin();
  assert(builder.errors().empty());
  return builder.build();
}

}  // namespace apierrd
