// Reads catalog files (docs/catalog.md describes them) and checks every key.
#include <map>
#include <optional>
#include <set>

#include "parsers/catalog.h"
#include "parsers/error_code.h"
#include "parsers/flat_tree.h"
#include "parsers/yaml_tree.h"

namespace apierrd {

struct CatalogBuilder::FileContext {
  const std::string& file;
  std::string vendor;
  std::string product;                         ///< full name: `billing`, `aws/s3`
  std::map<std::string, std::string> sources;  ///< key -> the document it stands for
  std::set<std::string> codes_seen;

  Catalog::Vendor& of(Catalog& catalog) const { return catalog.vendors_[vendor]; }
};

void CatalogBuilder::add(std::string_view text, const std::string& file) {
  const Result<YamlTree> tree = parse_yaml(text, file);
  if (!tree) {
    errors_.push_back(tree.error());
    return;
  }
  add_tree(tree->root, file);
}

void CatalogBuilder::add_tree(const YamlValue& root, const std::string& file) {
  YamlMapReader reader(root, "catalog", file, errors_);
  if (root.kind != YamlValue::Kind::kMap) return;
  if (reader.require("schema") != nullptr) reader.integer("schema", 1, 1);
  FileContext context{file, {}, {}, {}, {}};
  context.vendor = reader.text("vendor").value_or(std::string(kDefaultVendor));
  const YamlValue* product = reader.require("product");
  const std::string name = reader.text("product").value_or("");
  reader.text("title");
  if (const YamlValue* sources = reader.take("sources")) {
    for (const auto& [key, value] : sources->map())
      context.sources[std::string(key.scalar)] = value.scalar;
  }
  const YamlValue* codes = reader.take("codes");
  const YamlValue* aliases = reader.take("class_aliases");
  reader.finish();
  if (product == nullptr) return;
  if (!valid_name(context.vendor) || !valid_name(name)) {
    reader.complain(*product, "neither vendor nor product may have such a name",
                    "letters, digits, dots, dashes and underscores, at most 128");
    return;
  }
  context.product = product_key(context.vendor, name);
  context.of(catalog_).products[context.product];
  for (const auto& [list, what] : {std::pair{codes, "codes"}, {aliases, "class_aliases"}}) {
    if (list != nullptr && list->kind != YamlValue::Kind::kList) {
      reader.complain(*list, std::string("'") + what + "' must be a list");
    }
  }
  if (codes != nullptr) {
    for (const YamlValue& code : codes->list()) add_code(code, context);
  }
  if (aliases != nullptr) {
    for (const YamlValue& alias : aliases->list()) add_alias(alias, context);
  }
}

void CatalogBuilder::add_code(const YamlValue& value, FileContext& context) {
  YamlMapReader reader(value, "code", context.file, errors_);
  if (value.kind != YamlValue::Kind::kMap) return;
  const YamlValue* code_value = reader.require("code");
  const std::optional<std::string> code = reader.text("code");
  if (!code) return;
  const std::size_t errors_before = errors_.size();
  if (!valid_code(*code, context.vendor)) {
    reader.complain(*code_value, "'" + *code + "' cannot be an error code",
                    std::string(code_rule_text(context.vendor)));
  }
  const std::string trimmed(trim_code(*code));
  if (!context.codes_seen.insert(trimmed).second) {
    reader.complain(*code_value, "code '" + trimmed + "' is given twice in this file");
  }
  auto& codes = context.of(catalog_).products[context.product];
  const auto existing = codes.find(trimmed);
  const bool is_new = existing == codes.end();
  CatalogEntry entry = is_new ? CatalogEntry{} : existing->second;
  entry.product = context.product;
  entry.code = trimmed;

  // An overlay may name just the keys it changes; a new code needs them all.
  read_meaning(reader, is_new, entry.meaning);
  if (is_new) reader.require("source");
  const YamlValue* source_value = reader.take("source");
  if (const auto key = reader.text("source")) {
    const auto source = context.sources.find(*key);
    if (source == context.sources.end()) {
      reader.complain(*source_value, "source '" + *key + "' is not listed under 'sources'");
    } else {
      entry.meaning.source = source->second;
    }
  }
  reader.finish();
  if (errors_.size() == errors_before) codes[trimmed] = std::move(entry);
}

void CatalogBuilder::add_alias(const YamlValue& value, FileContext& context) {
  YamlMapReader reader(value, "class alias", context.file, errors_);
  if (value.kind != YamlValue::Kind::kMap) return;
  reader.require("class");
  const auto name = reader.text("class");
  const YamlValue* like_value = reader.require("like");
  const auto like = reader.text("like");
  reader.finish();
  if (!name || !like) return;
  if (catalog_.find(product_key(context.vendor, kCommonProduct), *like) == nullptr) {
    reader.complain(*like_value, "'" + *like + "' is no code of the common catalog");
    return;
  }
  context.of(catalog_).class_aliases[*name] = *like;
}

void CatalogBuilder::add_rules(std::string_view text, const std::string& file) {
  catalog_.rules_ = ClassificationRules::parse(text, file, errors_);
}

void CatalogBuilder::add_vendor_codes(std::string_view text, const std::string& file) {
  Result<VendorCodes> codes = VendorCodes::parse(text, file);
  if (codes) {
    catalog_.vendor_codes_ = *std::move(codes);
  } else {
    errors_.push_back(codes.error());
  }
}

void CatalogBuilder::add_builtin(bool with_vendor_codes) {
  for (const EmbeddedFile& file : builtin_catalog_files()) {
    const std::string path(file.path);
    if (path.ends_with(".codes")) {
      if (with_vendor_codes) catalog_.vendor_codes_ = VendorCodes::of_index(file.bytes);
    } else if (path.ends_with("/rules.yaml")) {
      catalog_.rules_ = ClassificationRules::read(read_flat_tree(file.bytes).root, path, errors_);
    } else {
      add_tree(read_flat_tree(file.bytes).root, path);
    }
  }
}

Catalog CatalogBuilder::build() {
  errors_.clear();
  return std::exchange(catalog_, Catalog{});
}

}  // namespace apierrd
