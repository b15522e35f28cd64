// The error codes: which are documented where, what each means, whose fault it is, what to do.
//
// Data, not code: curated catalogs and rules (YAML) and the vendor's whole list of codes are
// compiled in; a user's overlay files change or add to the curated ones. Where a code is documented
// and what it means are two questions, answered apart. A Catalog is immutable once built and may be
// read from any thread. Codes are compared case-sensitively; a documented code that ends in a dot
// is known by its trimmed form.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/classification_rules.h"
#include "parsers/embedded_file.h"
#include "parsers/error_code.h"
#include "parsers/meaning.h"
#include "parsers/result.h"
#include "parsers/vendor_codes.h"

namespace apierrd {

/// A code that somebody has described.
struct CatalogEntry {
  std::string product;  ///< `billing`, `aws/s3`, `common`, `aws/common`
  std::string code;     ///< trimmed
  Meaning meaning;
};

/// Where the vendor documents a code that a call has failed with.
enum class Documentation : std::uint8_t {
  kAction,     ///< for the action; or for the product, if no list of the action's codes is known
  kProduct,    ///< for the product, but not for this action
  kElsewhere,  ///< for other products of the vendor only
  kNowhere,
};
inline constexpr std::size_t kDocumentationCount = 4;
std::string_view name_of(Documentation value);

/// How the meaning of a code was found, in the order tried.
enum class Match : std::uint8_t {
  kProduct,       ///< a curated entry of the product
  kCommon,        ///< a curated entry for every product, or of the SDKs
  kOtherProduct,  ///< a curated entry of another product
  kRule,          ///< a rule caught its words
  kParent,        ///< a curated entry for a leading part of it
  kClassAlias,    ///< its class behaves like a curated code
  kNone,
};
std::string_view name_of(Match value);

struct Classification {
  Documentation documentation = Documentation::kNowhere;
  Match match = Match::kNone;
  const Meaning* meaning = nullptr;     ///< nullptr if kNone
  const CatalogEntry* entry = nullptr;  ///< the curated entry it comes from; not of rules
  std::string_view via;                 ///< name of the rule, pattern of the class alias

  bool documented() const { return documentation != Documentation::kNowhere; }
  FaultDomain fault_domain() const {
    return meaning ? meaning->fault_domain : FaultDomain::kUnknown;
  }
  Retryable retryable() const { return meaning ? meaning->retryable : Retryable::kNo; }
  Severity severity() const { return meaning ? meaning->severity : Severity::kWarning; }
  /// The meaning is this very code's.
  bool curated() const { return match <= Match::kOtherProduct; }
  /// Each single occurrence pages.
  bool pages() const { return curated() && meaning->event_page; }
  /// `curated`, `rule:NAME`, `parent:CODE`, `class_alias:CLASS` or `none`.
  std::string meaning_by() const;
};

/// A documented code of a product.
struct ProductCode {
  std::string_view product, code;
  auto operator<=>(const ProductCode&) const = default;
};

class Catalog {
 public:
  /// `service` is `cvm` or `aws/s3`; an empty action is one nobody knows. `code` is trimmed (see
  /// trim_code). What it points to lives as long as the Catalog.
  Classification classify(std::string_view service, std::string_view action,
                          std::string_view code) const;
  Documentation documentation(std::string_view service, std::string_view action,
                              std::string_view code) const;
  /// The products of the service's vendor that document a code, the service itself and the common
  /// catalog left out; sorted.
  std::vector<std::string_view> elsewhere(std::string_view service, std::string_view code) const;

  /// A curated entry, or nullptr.
  const CatalogEntry* find(std::string_view product, std::string_view code) const;
  /// All curated entries, sorted by product and code.
  std::vector<const CatalogEntry*> entries() const;
  /// All documented codes of all products, sorted. A common code stands under `common` only, unless
  /// the product has an entry of its own for it.
  std::vector<ProductCode> all_codes() const;
  /// The codes a call of `product` may fail with: its own and the common ones, sorted.
  std::vector<std::string_view> codes_of(std::string_view product) const;
  /// How many codes are documented for a product, common ones left out unless it is their catalog.
  std::size_t code_count(std::string_view product) const;

  bool has_product(std::string_view product) const;
  /// Those with a curated catalog, sorted, without the common ones and the SDKs'.
  std::vector<std::string_view> curated_products() const;
  /// Those and all services of the vendor's list, sorted.
  std::vector<std::string_view> products() const;

  const VendorCodes& vendor_codes() const { return vendor_codes_; }
  const ClassificationRules& rules() const { return rules_; }

 private:
  friend class CatalogBuilder;
  using CodeMap = std::map<std::string, CatalogEntry, std::less<>>;
  struct Vendor {
    std::map<std::string, CodeMap, std::less<>> products;           ///< by full name: `aws/s3`
    std::map<std::string, std::string, std::less<>> class_aliases;  ///< class or prefix* -> code
  };
  /// What is known of a service, looked up once per classification.
  struct Context {
    std::string_view service;
    const Vendor* vendor = nullptr;
    const CodeMap* own = nullptr;  ///< curated
    const CodeMap* common = nullptr;
    const CodeMap* client = nullptr;
    const VendorCodes* codes = nullptr;  ///< the vendor's list; nullptr for vendors without
  };

  Context context_of(std::string_view service) const;
  const CodeMap* codes_of_product(std::string_view product) const;
  static const CatalogEntry* find_in(const CodeMap* codes, std::string_view code);
  Documentation documentation(const Context& context, std::string_view action,
                              std::string_view code) const;
  void find_meaning(const Context& context, std::string_view code, Classification& out) const;
  static bool find_curated(const Context& context, std::string_view code, Classification& out);
  bool find_rule(const Context& context, std::string_view code, Classification& out) const;
  static bool find_class(const Context& context, std::string_view code, Classification& out);
  static bool find_parent(const Context& context, std::string_view code, Classification& out);
  static bool find_alias(const Context& context, std::string_view code, Classification& out);

  std::map<std::string, Vendor, std::less<>> vendors_;
  ClassificationRules rules_;  ///< of kDefaultVendor's codes
  VendorCodes vendor_codes_;   ///< kDefaultVendor's
};

/// Gathers catalog files into a Catalog. Later files may change entries of earlier ones key by key.
class CatalogBuilder {
 public:
  /// Reads one file's text; complaints are kept with file:line:column.
  void add(std::string_view text, const std::string& file);
  /// These replace what an earlier call has added.
  void add_rules(std::string_view text, const std::string& file);
  void add_vendor_codes(std::string_view text, const std::string& file);
  /// All files compiled into the program; its list of codes only if wanted.
  void add_builtin(bool with_vendor_codes = true);

  const std::vector<Error>& errors() const { return errors_; }
  /// The catalog, once errors() is empty. Leaves the builder empty.
  Catalog build();

 private:
  struct FileContext;
  void add_tree(const struct YamlValue& root, const std::string& file);
  void add_code(const struct YamlValue& value, FileContext& context);
  void add_alias(const struct YamlValue& value, FileContext& context);

  Catalog catalog_;
  std::vector<Error> errors_;
};

/// The catalog files compiled into the program, rules and vendor codes among them.
std::span<const EmbeddedFile> builtin_catalog_files();

/// The compiled-in catalog; its files are checked by a test, so this cannot fail.
Catalog builtin_catalog();

}  // namespace apierrd
