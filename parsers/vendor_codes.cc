#include "parsers/vendor_codes.h"

#include <algorithm>
#include <charconv>

namespace apierrd {

namespace {

// The number at the start of `text`, taken off it. The text was checked when it was loaded.
std::uint32_t take_number(std::string_view& text) {
  std::uint32_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// Whether `0-3,7` holds a position.
bool holds(std::string_view ranges, std::size_t position) {
  while (!ranges.empty()) {
    const std::uint32_t first = take_number(ranges);
    std::uint32_t last = first;
    if (ranges.starts_with('-')) {
      ranges.remove_prefix(1);
      last = take_number(ranges);
    }
    if (position < first) return false;
    if (position <= last) return true;
    if (!ranges.empty()) ranges.remove_prefix(1);
  }
  return false;
}

}  // namespace

const VendorCodes::Service* VendorCodes::find_service(std::string_view name) const {
  const auto found =
      std::lower_bound(services_.begin(), services_.end(), name,
                       [](const Service& a, std::string_view wanted) { return a.name < wanted; });
  return found != services_.end() && found->name == name ? &*found : nullptr;
}

const VendorCodes::Action* VendorCodes::find_action(const Service& service,
                                                    std::string_view name) const {
  const auto end = actions_.begin() + service.actions_end;
  const auto found =
      std::lower_bound(actions_.begin() + service.actions_begin, end, name,
                       [](const Action& a, std::string_view wanted) { return a.name < wanted; });
  return found != end && found->name == name ? &*found : nullptr;
}

std::span<const std::uint32_t> VendorCodes::codes_of(const Service& service) const {
  return std::span(service_codes_)
      .subspan(service.codes_begin, service.codes_end - service.codes_begin);
}

std::size_t VendorCodes::index_of(std::string_view code) const {
  const auto found = std::lower_bound(codes_.begin(), codes_.end(), code);
  return found != codes_.end() && *found == code ? static_cast<std::size_t>(found - codes_.begin())
                                                 : codes_.size();
}

std::size_t VendorCodes::position_of(const Service& service, std::string_view code) const {
  const std::span<const std::uint32_t> own = codes_of(service);
  const std::size_t index = index_of(code);
  const auto found = std::lower_bound(own.begin(), own.end(), index);
  return found != own.end() && *found == index ? static_cast<std::size_t>(found - own.begin())
                                               : own.size();
}

std::vector<std::string_view> VendorCodes::services() const {
  std::vector<std::string_view> out;
  for (const Service& service : services_) out.push_back(service.name);
  return out;
}

std::string_view VendorCodes::versions(std::string_view service) const {
  const Service* found = find_service(service);
  return found ? found->versions : std::string_view();
}

std::string_view VendorCodes::name_zh(std::string_view service) const {
  const Service* found = find_service(service);
  return found ? found->name_zh : std::string_view();
}

std::vector<std::string_view> VendorCodes::codes(std::string_view service) const {
  std::vector<std::string_view> out;
  if (const Service* found = find_service(service)) {
    for (const std::uint32_t code : codes_of(*found)) out.push_back(codes_[code]);
  }
  return out;
}

std::size_t VendorCodes::code_count(std::string_view service) const {
  const Service* found = find_service(service);
  return found ? found->codes_end - found->codes_begin : 0;
}

std::vector<std::string_view> VendorCodes::actions(std::string_view service) const {
  std::vector<std::string_view> out;
  if (const Service* found = find_service(service)) {
    for (std::uint32_t i = found->actions_begin; i < found->actions_end; ++i) {
      out.push_back(actions_[i].name);
    }
  }
  return out;
}

bool VendorCodes::documents(std::string_view service, std::string_view code) const {
  const Service* found = find_service(service);
  return found && position_of(*found, code) < codes_of(*found).size();
}

bool VendorCodes::documents(std::string_view service, std::string_view action,
                            std::string_view code) const {
  const Service* owner = find_service(service);
  const Action* found = owner ? find_action(*owner, action) : nullptr;
  return found && holds(found->ranges, position_of(*owner, code));
}

bool VendorCodes::knows_action(std::string_view service, std::string_view action) const {
  const Service* owner = find_service(service);
  return owner && find_action(*owner, action) != nullptr;
}

bool VendorCodes::lists_codes_of(std::string_view service, std::string_view action) const {
  const Service* owner = find_service(service);
  const Action* found = owner ? find_action(*owner, action) : nullptr;
  return found && !found->ranges.empty();
}

std::vector<std::string_view> VendorCodes::services_of(std::string_view code) const {
  std::vector<std::string_view> out;
  const std::size_t index = index_of(code);
  if (index == codes_.size()) return out;
  for (auto i = code_services_begin_[index]; i < code_services_begin_[index + 1]; ++i) {
    out.push_back(services_[code_services_[i]].name);
  }
  return out;
}

bool VendorCodes::documented_anywhere(std::string_view code) const {
  const std::size_t index = index_of(code);
  return index < codes_.size() && code_services_begin_[index] < code_services_begin_[index + 1];
}

}  // namespace apierrd
