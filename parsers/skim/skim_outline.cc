#include "parsers/skim/skim_outline.h"

#include <algorithm>
#include <bit>

namespace apierrd {

void SkimOutline::learn(const SkimSketch& sketch, std::string_view line, const SkimSignature& of,
                        std::uint64_t of_id) {
  bytes = 0;
  key_begins.clear();
  key_remainders.clear();
  if (!sketch.keys_known) return;
  outline.assign(sketch.outline.get(), sketch.outline.get() + sketch.bytes + kOutlinePadding);
  signature = of;
  signature_id = of_id;
  const auto places = static_cast<std::size_t>(std::bit_width(of.found));
  spans.assign(sketch.spans.data(), sketch.spans.data() + places);
  for (std::size_t i = 0; i < sketch.key_count; ++i) {
    if (!add_key(sketch.colons[i], sketch, line)) return;
  }
  add_numbers();
  bytes = sketch.bytes;
}

// The byte before a key is outside of strings, and so the same in all lines of the outline: no
// backslash can make the key's first quote one within a longer string. Nor its last quote: keys
// with backslashes are the full parser's.
bool SkimOutline::add_key(std::size_t colon, const SkimSketch& sketch, std::string_view line) {
  const std::size_t begin = sketch.key_begin(colon) - 2;
  const std::size_t size = sketch.at[colon] + std::size_t{1} - begin;
  if (size >= 2 * KeyPiece::kBytes) return false;
  const auto piece = [&](std::string_view text) {
    KeyPiece out;
    std::copy(text.begin(), text.end(), out.text.begin());
    out.mask = static_cast<std::uint32_t>((std::uint64_t{1} << text.size()) - 1);
    out.before = static_cast<std::uint16_t>(colon - 2);
    return out;
  };
  const std::string_view text = line.substr(begin, size);
  key_begins.push_back(piece(text.substr(0, KeyPiece::kBytes)));
  if (size > KeyPiece::kBytes) key_remainders.push_back(piece(text.substr(KeyPiece::kBytes)));
  return true;
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
