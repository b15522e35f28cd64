#include "parsers/error_code.h"

#include <algorithm>

#include "parsers/ascii.h"

namespace apierrd {

namespace {

bool made_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [others](char c) {
    return is_letter(c) || is_digit(c) || others.find(c) != std::string_view::npos;
  });
}

}  // namespace

std::string_view trim_code(std::string_view code) {
  if (!code.empty() && is_letter(code.front()) && is_letter(code.back())) return code;  // as most
  code = trim_blanks(code);
  if (code.ends_with('.')) code.remove_suffix(1);
  code = trim_blanks(code);
  return code.empty() ? kUnknownName : code;
}

std::string_view class_of(std::string_view code) { return code.substr(0, code.find('.')); }

std::string_view vendor_of(std::string_view service) {
  const std::size_t slash = service.find('/');
  return slash == std::string_view::npos ? kDefaultVendor : service.substr(0, slash);
}

std::string product_key(std::string_view vendor, std::string_view product) {
  std::string key;
  if (vendor != kDefaultVendor) key.append(vendor).append(1, '/');
  return key.append(product);
}

bool valid_code(std::string_view code, std::string_view vendor) {
  return !code.empty() && code.size() <= kCodeBytesMax && is_letter(code.front()) &&
         made_of(code, vendor == kDefaultVendor ? "._" : "._-:/");
}

std::string_view code_rule_text(std::string_view vendor) {
  return vendor == kDefaultVendor
             ? "letters, digits, dots and underscores, at most 128, a letter first"
             : "letters, digits and any of ._-:/, at most 128, a letter first";
}

bool valid_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && made_of(name, "._-");
}

}  // namespace apierrd
