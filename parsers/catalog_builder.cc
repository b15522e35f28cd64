// Reads catalog files (docs/catalog.md describes them) and checks every key.
#include <map>
#include <optional>
#include <set>

#include "parsers/call_parser.h"
#include "parsers/catalog.h"
#include "parsers/yaml_tree.h"

namespace apierrd {

struct CatalogBuilder::FileContext {
  const std::string& file;
  std::string product;
  std::map<std::string, std::string> sources;  ///< key -> the document it stands for
  std::set<std::string> codes_seen;
};

namespace {

constexpr std::size_t kCodeBytesMax = 128;  // the longest documented code has 89

// The vendor's own alphabet: letters, digits, dot, underscore; a letter first.
bool valid_code(std::string_view code) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (code.empty() || code.size() > kCodeBytesMax || !letter(code.front())) return false;
  for (const char c : code) {
    if (!letter(c) && !(c >= '0' && c <= '9') && c != '.' && c != '_') return false;
  }
  return true;
}

}  // namespace

void CatalogBuilder::add(std::string_view text, const std::string& file) {
  const Result<YamlValue> root = parse_yaml(text, file);
  if (!root) {
    errors_.push_back(root.error());
    return;
  }
  YamlMapReader reader(*root, "catalog", file, errors_);
  if (root->kind != YamlValue::Kind::kMap) return;
  if (reader.require("schema") != nullptr) reader.integer("schema", 1, 1);
  FileContext context{file, {}, {}, {}};
  reader.require("product");
  context.product = reader.text("product").value_or("");
  reader.text("title");
  if (const YamlValue* sources = reader.take("sources")) {
    for (const auto& [key, value] : sources->map) context.sources[key.scalar] = value.scalar;
  }
  const YamlValue* codes = reader.take("codes");
  const YamlValue* aliases = reader.take("class_aliases");
  reader.finish();
  if (context.product.empty()) return;
  catalog_.products_[context.product];
  for (const auto& [list, what] : {std::pair{codes, "codes"}, {aliases, "class_aliases"}}) {
    if (list != nullptr && list->kind != YamlValue::Kind::kList) {
      reader.complain(*list, std::string("'") + what + "' must be a list");
    }
  }
  if (codes != nullptr) {
    for (const YamlValue& code : codes->list) add_code(code, context);
  }
  if (aliases != nullptr) {
    for (const YamlValue& alias : aliases->list) add_alias(alias, context);
  }
}

void CatalogBuilder::add_code(const YamlValue& value, FileContext& context) {
  YamlMapReader reader(value, "code", context.file, errors_);
  if (value.kind != YamlValue::Kind::kMap) return;
  const YamlValue* code_value = reader.require("code");
  const std::optional<std::string> code = reader.text("code");
  if (!code) return;
  const std::size_t errors_before = errors_.size();
  if (!valid_code(*code)) {
    reader.complain(*code_value, "'" + *code + "' cannot be an error code",
                    "letters, digits, dots and underscores, at most 128, a letter first");
  }
  const std::string trimmed(trim_code(*code));
  if (!context.codes_seen.insert(trimmed).second) {
    reader.complain(*code_value, "code '" + trimmed + "' is given twice in this file");
  }
  auto& codes = catalog_.products_[context.product];
  const auto existing = codes.find(trimmed);
  const bool is_new = existing == codes.end();
  CatalogEntry entry = is_new ? CatalogEntry{} : existing->second;
  entry.product = context.product;
  entry.code = trimmed;

  // An overlay may name just the keys it changes; a new code needs them all.
  const auto need = [&](std::string_view key) { return is_new ? reader.require(key) : nullptr; };
  need("fault_domain");
  if (const auto index =
          reader.one_of("fault_domain", {"caller", "credential", "permission", "quota", "business",
                                         "resource", "vendor", "network", "none", "unknown"})) {
    entry.fault_domain = static_cast<FaultDomain>(*index);
  }
  need("retryable");
  if (const auto index = reader.one_of("retryable", {"no", "backoff", "later", "after_fix"})) {
    entry.retryable = static_cast<Retryable>(*index);
  }
  need("severity");
  if (const auto index = reader.one_of("severity", {"critical", "warning", "info"})) {
    entry.severity = static_cast<Severity>(*index);
  }
  if (const auto index = reader.one_of("event", {"none", "page"})) entry.event_page = *index == 1;
  if (const auto slo = reader.boolean("slo")) entry.slo = *slo;
  need("description");
  if (auto text = reader.text("description")) entry.description = *std::move(text);
  if (auto text = reader.text("description_zh")) entry.description_zh = *std::move(text);
  need("remedy");
  if (auto text = reader.text("remedy")) entry.remedy = *std::move(text);
  need("source");
  const YamlValue* source_value = reader.take("source");
  if (const auto key = reader.text("source")) {
    const auto source = context.sources.find(*key);
    if (source == context.sources.end()) {
      reader.complain(*source_value, "source '" + *key + "' is not listed under 'sources'");
    } else {
      entry.source = source->second;
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
  if (catalog_.find(kCommonProduct, *like) == nullptr) {
    reader.complain(*like_value, "'" + *like + "' is no code of the common catalog");
    return;
  }
  catalog_.class_aliases_[*name] = *like;
}

Catalog CatalogBuilder::build() {
  errors_.clear();
  return std::exchange(catalog_, Catalog{});
}

}  // namespace apierrd
