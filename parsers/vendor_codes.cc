#include "parsers/vendor_codes.h"

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

// The first of the rows from `begin` to `end`, which are sorted, that is not before what is wanted.
template <class IsBefore>
std::size_t first_not(std::size_t begin, std::size_t end, const IsBefore& is_before) {
  while (begin < end) {
    const std::size_t middle = begin + (end - begin) / 2;
    if (is_before(middle)) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

std::size_t code_count_of(const VendorService<IndexedText>& service) {
  return service.codes_end - service.codes_begin;
}

}  // namespace

VendorCodes VendorCodes::of_index(std::string_view index) {
  VendorCodes codes;
  codes.index_bytes_ = index;
  codes.index_ = VendorCodesIndex(index);
  return codes;
}

std::optional<VendorCodes::Service> VendorCodes::find_service(std::string_view name) const {
  const std::size_t at = first_not(0, index_.services.size(), [&](std::size_t i) {
    return text(index_.services[i].name) < name;
  });
  if (at == index_.services.size() || text(index_.services[at].name) != name) return {};
  return index_.services[at];
}

std::optional<VendorCodes::Action> VendorCodes::find_action(const Service& service,
                                                            std::string_view name) const {
  const std::size_t at = first_not(service.actions_begin, service.actions_end, [&](std::size_t i) {
    return text(index_.actions[i].name) < name;
  });
  if (at == service.actions_end || text(index_.actions[at].name) != name) return {};
  return index_.actions[at];
}

std::size_t VendorCodes::index_of(std::string_view code) const {
  const std::size_t at = first_not(0, index_.codes.size(),
                                   [&](std::size_t i) { return text(index_.codes[i]) < code; });
  const bool found = at < index_.codes.size() && text(index_.codes[at]) == code;
  return found ? at : index_.codes.size();
}

std::size_t VendorCodes::position_of(const Service& service, std::string_view code) const {
  const std::size_t index = index_of(code);
  const std::size_t at = first_not(service.codes_begin, service.codes_end,
                                   [&](std::size_t i) { return index_.service_codes[i] < index; });
  const bool found = at < service.codes_end && index_.service_codes[at] == index;
  return found ? at - service.codes_begin : code_count_of(service);
}

std::vector<std::string_view> VendorCodes::codes() const {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < index_.codes.size(); ++i) out.push_back(text(index_.codes[i]));
  return out;
}

std::vector<std::string_view> VendorCodes::services() const {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < index_.services.size(); ++i)
    out.push_back(text(index_.services[i].name));
  return out;
}

std::string_view VendorCodes::versions(std::string_view service) const {
  const auto found = find_service(service);
  return found ? text(found->versions) : std::string_view();
}

std::string_view VendorCodes::name_zh(std::string_view service) const {
  const auto found = find_service(service);
  return found ? text(found->name_zh) : std::string_view();
}

std::vector<std::string_view> VendorCodes::codes(std::string_view service) const {
  std::vector<std::string_view> out;
  if (const auto found = find_service(service)) {
    for (std::size_t i = found->codes_begin; i < found->codes_end; ++i)
      out.push_back(text(index_.codes[index_.service_codes[i]]));
  }
  return out;
}

std::size_t VendorCodes::code_count(std::string_view service) const {
  const auto found = find_service(service);
  return found ? code_count_of(*found) : 0;
}

std::vector<std::string_view> VendorCodes::actions(std::string_view service) const {
  std::vector<std::string_view> out;
  if (const auto found = find_service(service)) {
    for (std::size_t i = found->actions_begin; i < found->actions_end; ++i)
      out.push_back(text(index_.actions[i].name));
  }
  return out;
}

bool VendorCodes::documents(std::string_view service, std::string_view code) const {
  const auto found = find_service(service);
  return found && position_of(*found, code) < code_count_of(*found);
}

bool VendorCodes::documents(std::string_view service, std::string_view action,
                            std::string_view code) const {
  const auto owner = find_service(service);
  const auto found = owner ? find_action(*owner, action) : std::nullopt;
  return found && holds(text(found->ranges), position_of(*owner, code));
}

bool VendorCodes::knows_action(std::string_view service, std::string_view action) const {
  const auto owner = find_service(service);
  return owner && find_action(*owner, action).has_value();
}

bool VendorCodes::lists_codes_of(std::string_view service, std::string_view action) const {
  const auto owner = find_service(service);
  const auto found = owner ? find_action(*owner, action) : std::nullopt;
  return found && found->ranges.size > 0;
}

std::vector<std::string_view> VendorCodes::services_of(std::string_view code) const {
  std::vector<std::string_view> out;
  const std::size_t index = index_of(code);
  if (index == index_.codes.size()) return out;
  for (auto i = index_.code_services_begin[index]; i < index_.code_services_begin[index + 1]; ++i)
    out.push_back(text(index_.services[index_.code_services[i]].name));
  return out;
}

bool VendorCodes::documented_anywhere(std::string_view code) const {
  const std::size_t index = index_of(code);
  return index < index_.codes.size() &&
         index_.code_services_begin[index] < index_.code_services_begin[index + 1];
}

}  // namespace apierrd
