// Every error code a vendor documents: which service has it, and which action may return it. Says
// nothing of what a code means (catalog.h).
//
// Loaded from one generated text (docs/catalog.md describes it) in a few milliseconds, without a
// copy: all texts are views into it, so it must outlive the VendorCodes. Immutable once loaded; may
// be read from any thread. Look-ups are binary searches; names and codes compare bytewise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/result.h"

namespace apierrd {

/// Larger files are refused; that of the whole vendor has 1.2 MiB.
inline constexpr std::size_t kVendorCodesBytesMax = 32U << 20;

class VendorCodes {
 public:
  /// No services and no codes.
  VendorCodes() = default;

  /// `file` is for messages: an error names file:line and what was expected there. Without `check`
  /// names and ranges are taken as they are: for text that was checked before.
  static Result<VendorCodes> parse(std::string_view text, const std::string& file,
                                   bool check = true);

  std::string_view source() const { return source_; }  ///< what the file was made from
  /// All codes, sorted.
  std::span<const std::string_view> codes() const { return codes_; }
  std::vector<std::string_view> services() const;  ///< sorted
  std::size_t action_count() const { return actions_.size(); }

  bool has(std::string_view service) const { return find_service(service) != nullptr; }
  std::string_view versions(std::string_view service) const;  ///< comma-separated
  std::string_view name_zh(std::string_view service) const;   ///< empty if there is none
  /// All codes of a service, sorted; none if there is no such service.
  std::vector<std::string_view> codes(std::string_view service) const;
  std::size_t code_count(std::string_view service) const;
  std::vector<std::string_view> actions(std::string_view service) const;  ///< sorted

  bool documents(std::string_view service, std::string_view code) const;
  bool documents(std::string_view service, std::string_view action, std::string_view code) const;
  bool knows_action(std::string_view service, std::string_view action) const;
  /// Whether the action's codes are listed. Some actions exist without a list, which says nothing.
  bool lists_codes_of(std::string_view service, std::string_view action) const;
  /// The services that document a code, sorted.
  std::vector<std::string_view> services_of(std::string_view code) const;
  bool documented_anywhere(std::string_view code) const;

 private:
  friend class VendorCodesLoader;

  struct Service {
    std::string_view name, versions, name_zh;
    // Ranges of service_codes_ and actions_.
    std::uint32_t codes_begin = 0, codes_end = 0, actions_begin = 0, actions_end = 0;
  };
  struct Action {
    std::string_view name;
    /// Positions among the service's codes, as in the file: `0-3,7`; empty if none are listed.
    std::string_view ranges;
  };

  const Service* find_service(std::string_view name) const;
  const Action* find_action(const Service& service, std::string_view name) const;
  std::span<const std::uint32_t> codes_of(const Service& service) const;
  /// Where a code stands in codes_; codes_.size() if it does not.
  std::size_t index_of(std::string_view code) const;
  /// Where a code stands among the service's codes; their number if it does not.
  std::size_t position_of(const Service& service, std::string_view code) const;

  std::string_view source_;
  std::vector<std::string_view> codes_;
  std::vector<Service> services_;
  std::vector<std::uint32_t> service_codes_;  ///< service by service, ascending
  std::vector<Action> actions_;               ///< service by service, sorted
  // The way back: the services of code i are code_services_[code_services_begin_[i]] up to those of
  // the next. 16 bits hold a service, see kServicesMax.
  std::vector<std::uint32_t> code_services_begin_;
  std::vector<std::uint16_t> code_services_;
};

}  // namespace apierrd
