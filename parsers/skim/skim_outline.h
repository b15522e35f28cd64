// What lines of one structure have in common. A line's outline is its bytes outside of strings: a
// string is its last quote, and a run of digits one 0. So of
//
//     {"action":"RunInstances","latency_ms":63.3,"ok":true}
//
// it is `{":",":0.0,":true}`, and the line is a valid document if its outline is one, its strings
// are in order and no number of it begins with 0 and another digit. Two lines with one outline have
// the same tokens but for the texts of strings and the digits of numbers: what is proved of the
// one holds for the other. And its fields are where those of the first one are if its keys are
// the same.
//
// Plain data, and what of it needs no SIMD; one set per thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "parsers/json_document.h"
#include "parsers/skim/skim_plan.h"

namespace apierrd {

/// Longer lines are the full parser's: offsets in an outline have 16 bits.
inline constexpr std::size_t kSkimBytesMax = 64U << 10;
/// And lines with longer outlines: half of the longest line. An answer's list of short members
/// takes a third of its bytes.
inline constexpr std::size_t kOutlineBytesMax = kSkimBytesMax / 2;
/// Outlines are read 64 bytes at a time; behind their bytes are so many zeros.
inline constexpr std::size_t kOutlinePadding = 64;
/// Keys of one line, of objects on the way to places; with more it is not remembered.
inline constexpr std::size_t kOutlineKeysMax = 48;
/// Structures that are remembered: a service's log has a handful, and one for each length of the
/// lists in its answers, which seldom come in pages of more than a hundred.
inline constexpr std::size_t kOutlinesMax = 256;

/// Where a scalar's text is, of a string what stands between its quotes: from so many bytes behind
/// one place of the outline up to another one. Of a container nothing is said.
struct SkimSpan {
  std::uint16_t begin = 0, end = 0;
  std::uint8_t skipped = 0;
};

/// Which places of a document have a value, and of which type.
struct SkimSignature {
  std::uint64_t found = 0;                   ///< set of places
  std::array<std::uint64_t, 3> type_bits{};  ///< of their types' numbers

  bool operator==(const SkimSignature&) const = default;
  [[gnu::always_inline]] void add(std::uint8_t place, JsonType type) {
    const std::uint64_t number{static_cast<std::uint8_t>(type)};
    found |= std::uint64_t{1} << place;
    for (std::size_t i = 0; i < type_bits.size(); ++i) type_bits[i] |= (number >> i & 1) << place;
  }
  JsonType type_of(std::uint8_t place) const {
    const auto bit = [&](std::size_t i) { return (type_bits[i] >> place & 1) << i; };
    return static_cast<JsonType>(bit(0) | bit(1) | bit(2));
  }
};

/// Where a line ends, and what is in it.
struct SkimExtent {
  std::size_t size = 0;        ///< without the line end
  std::size_t line_bytes = 0;  ///< with it
  bool escaped = false;        ///< there is a backslash somewhere
  bool not_ascii = false;
};

inline constexpr std::uint64_t kHashFactor = 0x9E3779B97F4A7C15;

/// Outlines have zeros behind them.
constexpr bool ends_scalar(std::uint8_t c) { return c == ',' || c == '}' || c == ']' || c <= ' '; }

/// Of valid values.
inline constexpr auto kTypesByFirstByte = [] {
  std::array<JsonType, 256> types{};
  types.fill(JsonType::kNumber);
  types['{'] = JsonType::kObject;
  types['['] = JsonType::kArray;
  types['"'] = JsonType::kString;
  types['t'] = JsonType::kTrue;
  types['f'] = JsonType::kFalse;
  types['n'] = JsonType::kNull;
  return types;
}();

/// The line at hand, or the next one.
struct SkimSketch {
  /// For all of a line: how much of it is outside of strings is known when it is drawn.
  static constexpr std::size_t kRoom = kSkimBytesMax + 2 * kOutlinePadding;

  bool whole = false;  ///< `outline` is all of the line's
  std::uint32_t bytes = 0;
  std::uint64_t hash = 0;  ///< of `outline`, if make_hash() was called
  SkimExtent extent;
  // Memory that is never written is never taken.
  std::unique_ptr<std::uint8_t[]> outline = std::make_unique_for_overwrite<std::uint8_t[]>(kRoom);
  /// The line's offset of each byte.
  std::unique_ptr<std::uint16_t[]> at = std::make_unique_for_overwrite<std::uint16_t[]>(kRoom);

  /// What the proof has found in it: keys, and where places have a value.
  bool keys_known = false;  ///< the colons behind all keys that matter are in `colons`
  std::uint32_t key_count = 0;
  std::uint64_t keys_hash = 0;  ///< of their first bytes
  std::array<std::uint16_t, kOutlineKeysMax> colons{};
  std::array<SkimSpan, kSkimPlacesMax> spans{};

  void begin_keys() {
    keys_known = true;
    key_count = 0;
    keys_hash = 0;
  }
  [[gnu::always_inline]] void add_key(std::size_t colon, std::uint64_t first_bytes) {
    keys_hash = (keys_hash ^ first_bytes) * kHashFactor;
    keys_known = keys_known && key_count < colons.size();
    if (keys_known) colons[key_count++] = static_cast<std::uint16_t>(colon);
  }

  void make_hash() {
    std::uint64_t factor = kHashFactor;
    hash = bytes;
    for (std::size_t i = 0; i < bytes; i += sizeof(std::uint64_t), factor += 2 * kHashFactor) {
      std::uint64_t word = 0;
      std::memcpy(&word, outline.get() + i, sizeof word);
      hash += (word ^ word >> 29) * factor;
    }
    hash *= kHashFactor;
  }

  /// Of the key whose last quote stands right before the colon.
  std::size_t key_begin(std::size_t colon) const { return at[colon - 2] + 2U; }
  std::size_t key_end(std::size_t colon) const { return at[colon - 1]; }
  /// Whether the digits there begin with 0 and have another one behind it.
  bool has_leading_zero(std::size_t digits, const char* line) const {
    const auto* const first = reinterpret_cast<const std::uint8_t*>(line) + at[digits];
    return static_cast<unsigned>(first[0] << 8 | first[1]) - 0x3030U < 10;  // 00 to 09
  }
};

/// What a document says at its places that have a value which is no container.
struct SkimTexts {
  const char* line = nullptr;
  const std::uint16_t* offsets = nullptr;  ///< of its sketch
  const SkimSpan* spans = nullptr;

  /// The bytes of the scalar, of a string those between its quotes.
  [[gnu::always_inline]] std::string_view at(std::uint8_t place) const {
    const SkimSpan& span = spans[place];
    const char* const begin = line + offsets[span.begin] + span.skipped;
    return {begin, line + offsets[span.end]};
  }
};

/// A structure that was proved valid.
struct SkimOutline {
  /// Of a key, the byte before it, its first quote, its bytes, its last quote and the colon: as
  /// many as are compared at once.
  struct KeyPiece {
    static constexpr std::size_t kBytes = 32;
    alignas(kBytes) std::array<std::uint8_t, kBytes> text{};
    std::uint32_t mask = 0;    ///< of bytes in `text`
    std::uint16_t before = 0;  ///< where the byte before the key is in the outline
  };
  static_assert(kSkimKeyMax + std::string_view(",\"\":").size() < 2 * KeyPiece::kBytes);
  std::uint32_t bytes = 0;                           ///< 0: none
  std::vector<std::uint8_t> outline;                 ///< `bytes` and the padding
  std::vector<KeyPiece> key_begins, key_remainders;  ///< few keys have more than the one
  std::vector<std::uint16_t> numbers;                ///< places where integer parts begin
  SkimSignature signature;
  std::uint64_t signature_id = 0;
  std::vector<SkimSpan> spans;  ///< by places, as many as there are

  /// What `sketch` shows of `line`, which was proved valid and has this signature. There is none
  /// if it does not fit.
  void learn(const SkimSketch& sketch, std::string_view line, const SkimSignature& of,
             std::uint64_t of_id);

 private:
  bool add_key(std::size_t colon, const SkimSketch& sketch, std::string_view line);
  void add_numbers();
};

/// The value behind a colon, and its type.
struct SkimValue {
  SkimSpan span;
  JsonType type = JsonType::kNull;
};
[[gnu::always_inline]] inline SkimValue value_behind(const std::uint8_t* outline,
                                                     std::size_t colon) {
  std::size_t value = colon + 1;
  while (outline[value] == ' ') ++value;
  const JsonType type = kTypesByFirstByte[outline[value]];
  const auto at = [](std::size_t place) { return static_cast<std::uint16_t>(place); };
  // A string's place is that of its last quote; its first one follows the byte before.
  if (type == JsonType::kString) return {{at(value - 1), at(value), 2}, type};
  if (type == JsonType::kObject || type == JsonType::kArray) return {{}, type};
  std::size_t end = value + 1;
  while (!ends_scalar(outline[end])) ++end;
  return {{at(value), at(end), 0}, type};
}

}  // namespace apierrd
