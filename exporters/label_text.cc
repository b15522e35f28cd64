#include "exporters/label_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace apierrd {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  return character.size() == 2 && first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

// How many bytes at the front are printable ASCII: nearly all of nearly every text, and so taken
// over in one piece.
std::size_t plain_size(std::string_view text) {
  const auto plain = [](char c) { return c >= 0x20 && c < 0x7F; };
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), plain) - text.begin());
}

// What a display does not show but obeys.
bool is_invisible(char32_t c) {
  return c == 0x61C || c == 0x180E || c == 0x200B || c == 0x200E || c == 0x200F || c == 0xFEFF ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
         (c >= 0xE0000 && c <= 0xE007F);
}

}  // namespace

char32_t code_point(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first;
  char32_t value = first & (0x7FU >> character.size());
  for (const char c : character.substr(1)) value = value << 6 | (static_cast<unsigned>(c) & 0x3FU);
  return value;
}

std::string visible_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = std::max<std::size_t>(1, character_size(text));
    const char32_t c = code_point(text.substr(0, size));
    if (is_invisible(c)) {
      out += fmt::format("<U+{:04X}>", static_cast<std::uint32_t>(c));
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string safe_label_value(std::string_view value) { return safe_text(value, kLabelValueMax); }

std::string safe_text(std::string_view text, std::size_t bytes_max) {
  const std::size_t plain = std::min(plain_size(text), bytes_max);
  std::string out(text.substr(0, plain));
  text.remove_prefix(plain);
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    const std::string_view character = text.substr(0, size == 0 ? 1 : size);
    const bool bad = size == 0 || is_control(character);
    const std::string_view safe = bad ? kReplacement : character;
    if (out.size() + safe.size() > bytes_max) break;
    out.append(safe);
    text.remove_prefix(character.size());
  }
  return out;
}

void append_label_value(std::string& out, std::string_view value) {
  const auto special = [](char c) { return c == '\n' || c == '"' || c == '\\'; };
  while (!value.empty()) {
    const auto found = std::find_if(value.begin(), value.end(), special);
    const auto plain = static_cast<std::size_t>(found - value.begin());
    out.append(value.substr(0, plain));
    if (plain == value.size()) return;
    out.push_back('\\');
    out.push_back(value[plain] == '\n' ? 'n' : value[plain]);
    value.remove_prefix(plain + 1);
  }
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out.push_back(',');
  out.append(name).append("=\"");
  append_label_value(out, value);
  out.push_back('"');
}

}  // namespace apierrd
