// Every error code a vendor documents: which service has it, and which action may return it. Says
// nothing of what a code means (catalog.h).
//
// Made from one generated text (docs/catalog.md describes it). That of the compiled-in list is read
// and checked when the program is built; a start takes the index that it came to as it lies in the
// program. Immutable; may be read from any thread. Look-ups are binary searches; names and codes
// compare bytewise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/result.h"
#include "parsers/vendor_codes_index.h"

namespace apierrd {

/// Larger files are refused; that of the whole vendor has 1.2 MiB.
inline constexpr std::size_t kVendorCodesBytesMax = 32U << 20;

class VendorCodes {
 public:
  /// No services and no codes.
  VendorCodes() = default;

  /// Reads and checks a text, which need not outlive it. `file` is for messages: an error names
  /// file:line and what was expected there.
  static Result<VendorCodes> parse(std::string_view text, const std::string& file);
  /// What has this index(), which must outlive it and is taken as it is.
  static VendorCodes of_index(std::string_view index);
  std::string_view index() const { return index_bytes_; }

  std::string_view source() const { return index_.text(index_.source); }  ///< of the text
  std::vector<std::string_view> codes() const;                            ///< all, sorted
  std::vector<std::string_view> services() const;                         ///< sorted
  std::size_t action_count() const { return index_.actions.size(); }

  bool has(std::string_view service) const { return find_service(service).has_value(); }
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
  using Service = VendorService<IndexedText>;
  using Action = VendorAction<IndexedText>;

  std::string_view text(IndexedText at) const { return index_.text(at); }
  std::optional<Service> find_service(std::string_view name) const;
  std::optional<Action> find_action(const Service& service, std::string_view name) const;
  /// Where a code stands among all; their number if it does not.
  std::size_t index_of(std::string_view code) const;
  /// Where a code stands among the service's codes; their number if it does not.
  std::size_t position_of(const Service& service, std::string_view code) const;

  std::shared_ptr<const std::string> own_;  ///< of a list that is not compiled in
  std::string_view index_bytes_;
  VendorCodesIndex index_;
};

}  // namespace apierrd
