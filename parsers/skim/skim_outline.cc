#include "parsers/skim/skim_outline.h"

#include <algorithm>
#include <cstring>

namespace apierrd {

bool SkimOutline::learn(const SkimSketch& sketch, std::string_view line, std::uint64_t places) {
  bytes = key_count = number_count = 0;
  if (!sketch.whole || !sketch.keys_known) return false;
  outline = sketch.outline;
  found = places;
  std::size_t texts_used = 0;
  for (std::size_t i = 0; i < sketch.key_count; ++i) {
    if (!add_key(sketch.keys[i], sketch, line, texts_used)) return false;
  }
  const std::string_view text(reinterpret_cast<const char*>(outline.data()), sketch.bytes);
  if (!add_numbers(text)) return false;
  hash = outline_hash(outline, sketch.bytes);
  bytes = sketch.bytes;
  return true;
}

bool SkimOutline::add_key(const SkimSketch::Key& key, const SkimSketch& sketch,
                          std::string_view line, std::size_t& texts_used) {
  const std::string_view text = line.substr(key.begin, key.bytes);
  const auto colon = static_cast<std::uint16_t>(key.begin + key.bytes + 1);
  const auto end = sketch.at.begin() + sketch.bytes;
  const auto found_at = std::lower_bound(sketch.at.begin(), end, colon);
  if (found_at == end || *found_at != colon || text.empty()) return false;
  Key& result = keys[key_count++];
  result = {};
  const std::size_t head = std::min(text.size(), sizeof result.first);
  std::memcpy(&result.first, text.data(), head);
  result.first_mask = SkimObject::kKeyMasks[head];
  if (text.size() > head) {
    result.last_at = static_cast<std::uint16_t>(text.size() - sizeof result.last);
    std::memcpy(&result.last, text.data() + result.last_at, sizeof result.last);
    result.last_mask = ~std::uint64_t{0};
  }
  if (text.size() > kShortKey) {
    const std::string_view middle = text.substr(head, text.size() - kShortKey);
    if (texts.size() - texts_used < middle.size()) return false;
    std::copy(middle.begin(), middle.end(),
              texts.begin() + static_cast<std::ptrdiff_t>(texts_used));
    result.middle = static_cast<std::uint16_t>(texts_used);
    texts_used += middle.size();
  }
  result.bytes = static_cast<std::uint16_t>(text.size());
  result.colon = static_cast<std::uint16_t>(found_at - sketch.at.begin());
  result.place = key.place;
  return true;
}

// Where an integer part begins: not behind a point, and not in an exponent.
bool SkimOutline::add_numbers(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '0') continue;
    const bool minus = text[i - 1] == '-';
    if (std::string_view(".eE+").find(text[i - (minus ? 2 : 1)]) != std::string_view::npos)
      continue;
    if (number_count == numbers.size()) return false;
    numbers[number_count++] = static_cast<std::uint16_t>(i);
  }
  return true;
}

}  // namespace apierrd
