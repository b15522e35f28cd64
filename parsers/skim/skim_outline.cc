#include "parsers/skim/skim_outline.h"

#include <algorithm>

namespace apierrd {

bool SkimOutline::learn(const SkimSketch& sketch, std::string_view line, std::uint64_t places) {
  bytes = lines = 0;
  keys.clear();
  if (!sketch.whole || !sketch.keys_known) return false;
  const auto drawn = sketch.outline.begin();
  outline.assign(drawn, drawn + static_cast<std::ptrdiff_t>(sketch.bytes + kOutlinePadding));
  found = places;
  for (std::size_t i = 0; i < sketch.key_count; ++i) {
    if (!add_key(sketch.keys[i], sketch, line)) return false;
  }
  add_numbers();
  hash = outline_hash(outline.data(), sketch.bytes);
  bytes = sketch.bytes;
  return true;
}

// The byte before a key is outside of strings, and so the same in all lines of the outline: no
// backslash can make the key's first quote one within a longer string.
bool SkimOutline::add_key(const SkimSketch::Key& key, const SkimSketch& sketch,
                          std::string_view line) {
  const std::size_t colon = key.begin + key.bytes + 1, begin = key.begin - 2;
  const auto end = sketch.at.begin() + sketch.bytes;
  const auto found_at = std::lower_bound(sketch.at.begin(), end, colon);
  const std::size_t size = colon + 1 - begin;
  if (found_at == end || *found_at != colon || size >= kOutlinePadding) return false;
  Key& result = keys.emplace_back();
  std::copy_n(line.begin() + static_cast<std::ptrdiff_t>(begin), size, result.text.begin());
  result.mask = (std::uint64_t{1} << size) - 1;
  result.bytes = static_cast<std::uint16_t>(size - 1);
  result.colon = static_cast<std::uint16_t>(found_at - sketch.at.begin());
  result.place = key.place;
  if (key.place != SkimObject::kNone) add_span(key.place, result.colon);
  return true;
}

void SkimOutline::add_span(std::uint8_t place, std::size_t colon) {
  const auto is_blank = [](std::uint8_t c) { return c == ' '; };
  const auto ends_value = [](std::uint8_t c) {
    return c == ',' || c == '}' || c == ']' || c == ' ';
  };
  const auto value = std::find_if_not(outline.begin() + static_cast<std::ptrdiff_t>(colon) + 1,
                                      outline.end(), is_blank);
  const bool is_string = *value == '"', is_container = *value == '{' || *value == '[';
  const auto end = is_string      ? value
                   : is_container ? value + 1
                                  : std::find_if(value, outline.end(), ends_value);
  const auto first = value - outline.begin() - (is_string ? 1 : 0);
  spans[place] = {static_cast<std::uint16_t>(first),
                  static_cast<std::uint16_t>(end - outline.begin()), is_string};
}

// Where an integer part begins: not behind a point, and not in an exponent.
void SkimOutline::add_numbers() {
  numbers.clear();
  const std::string_view text(reinterpret_cast<const char*>(outline.data()),
                              outline.size() - kOutlinePadding);
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '0') continue;
    const bool minus = text[i - 1] == '-';
    if (std::string_view(".eE+").find(text[i - (minus ? 2 : 1)]) != std::string_view::npos)
      continue;
    numbers.push_back(static_cast<std::uint16_t>(i));
  }
}

}  // namespace apierrd
