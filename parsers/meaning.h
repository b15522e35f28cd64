// What an error code means: whose fault it is, whether a retry helps, how grave it is, what to do.
// The same for a curated catalog entry and for a rule that stands for many codes. Passive data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace apierrd {

/// Who has to act.
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

struct Meaning {
  FaultDomain fault_domain = FaultDomain::kUnknown;
  Retryable retryable = Retryable::kNo;
  Severity severity = Severity::kWarning;
  bool event_page = false;  ///< every single occurrence pages
  bool slo = true;          ///< counts against the vendor's objective if fault_domain is vendor
  std::string description;
  std::string description_zh;
  std::string remedy;
  std::string source;  ///< the document or rule it comes from
};

/// Reads the keys of a meaning, all but `source`, from a mapping. What is absent stays as it is;
/// with `need_all` the absence of a key without a default is a complaint.
void read_meaning(class YamlMapReader& reader, bool need_all, Meaning& meaning);

}  // namespace apierrd
