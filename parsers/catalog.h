// The documented error codes: what each means, whose fault it is, whether a retry helps, what to
// do.
//
// Data, not code: the YAML files of parsers/catalogs are compiled in, a user's overlay files change
// or add to them. A Catalog is immutable once built and may be read from any thread. Codes are
// compared case-sensitively; a documented code that ends in a dot is known by its trimmed form.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "parsers/embedded_file.h"
#include "parsers/result.h"

namespace apierrd {

/// Who has to act. Names in fault_domain_names(), same order.
enum class FaultDomain : std::uint8_t {
  kCaller,      ///< our request is wrong
  kCredential,  ///< our key, signature, token or clock
  kPermission,  ///< our account may not do this
  kQuota,       ///< a limit of ours: rate, count, capacity
  kBusiness,    ///< the account's affairs: money, contracts, orders
  kResource,    ///< the state of the thing acted upon
  kVendor,      ///< the vendor's side
  kNetwork,     ///< the way there
  kNone,        ///< nobody: the call would have succeeded (DryRunOperation)
  kUnknown,
};
enum class Retryable : std::uint8_t { kNo, kBackoff, kLater, kAfterFix };
/// Alert policy: critical pages, warning is a ticket in working hours, info is for dashboards.
enum class Severity : std::uint8_t { kCritical, kWarning, kInfo };

std::string_view name_of(FaultDomain value);
std::string_view name_of(Retryable value);
std::string_view name_of(Severity value);

/// The product name of codes that every product may return.
inline constexpr std::string_view kCommonProduct = "common";

struct CatalogEntry {
  std::string product;
  std::string code;  ///< trimmed
  FaultDomain fault_domain = FaultDomain::kUnknown;
  Retryable retryable = Retryable::kNo;
  Severity severity = Severity::kWarning;
  bool event_page = false;  ///< every single occurrence pages
  bool slo = true;          ///< counts against the vendor's objective if fault_domain is vendor
  std::string description;
  std::string description_zh;
  std::string remedy;
  std::string source;  ///< the document it comes from
};

/// How a code was matched, in the order tried.
enum class Match : std::uint8_t {
  kProduct,       ///< documented for the product
  kCommon,        ///< documented for every product
  kOtherProduct,  ///< documented, but only for another product
  kParent,        ///< not documented; a leading part of it is
  kClassAlias,    ///< not documented; its class behaves like a documented one
  kNone,
};
std::string_view name_of(Match value);

struct Classification {
  const CatalogEntry* entry = nullptr;  ///< what the code is, or inherits from; nullptr if kNone
  Match match = Match::kNone;

  bool documented() const { return match <= Match::kOtherProduct; }
  FaultDomain fault_domain() const { return entry ? entry->fault_domain : FaultDomain::kUnknown; }
  Retryable retryable() const { return entry ? entry->retryable : Retryable::kNo; }
  Severity severity() const { return entry ? entry->severity : Severity::kWarning; }
};

/// The part before the first dot.
std::string_view class_of(std::string_view code);

class Catalog {
 public:
  /// Entries live as long as the Catalog. `code` is trimmed (see trim_code).
  Classification classify(std::string_view service, std::string_view code) const;
  const CatalogEntry* find(std::string_view product, std::string_view code) const;

  /// All entries, sorted by product and code.
  std::vector<const CatalogEntry*> entries() const;
  /// The codes a call of `product` may fail with: its own and the common ones, sorted.
  std::vector<std::string_view> codes_of(std::string_view product) const;
  bool has_product(std::string_view product) const { return products_.contains(product); }
  /// Without `common`, sorted.
  std::vector<std::string_view> products() const;

 private:
  friend class CatalogBuilder;
  using CodeMap = std::map<std::string, CatalogEntry, std::less<>>;

  const CatalogEntry* find_in(const CodeMap* codes, std::string_view code) const;
  const CodeMap* codes_of_product(std::string_view product) const;

  std::map<std::string, CodeMap, std::less<>> products_;
  std::map<std::string, std::string, std::less<>> class_aliases_;  ///< class or prefix* -> code
};

/// Gathers catalog files into a Catalog. Later files may change entries of earlier ones key by key.
class CatalogBuilder {
 public:
  /// Reads one file's text; complaints are kept with file:line:column.
  void add(std::string_view text, const std::string& file);
  const std::vector<Error>& errors() const { return errors_; }
  /// The catalog, once errors() is empty. Leaves the builder empty.
  Catalog build();

 private:
  struct FileContext;
  void add_code(const struct YamlValue& value, FileContext& context);
  void add_alias(const struct YamlValue& value, FileContext& context);

  Catalog catalog_;
  std::vector<Error> errors_;
};

/// The catalog files compiled into the program.
std::span<const EmbeddedFile> builtin_catalog_files();

/// The compiled-in catalog; its files are checked by a test, so this cannot fail.
Catalog builtin_catalog();

}  // namespace apierrd
