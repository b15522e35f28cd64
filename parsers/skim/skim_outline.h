// What lines of one structure have in common. A line's outline is its bytes outside of strings: a
// string is its last quote, and a run of digits one 0. So of
//
//     {"action":"RunInstances","latency_ms":63.3,"ok":true}
//
// it is `{":",":0.0,":true}`. Two lines with one outline have the same tokens but for the texts of
// strings and the digits of numbers: if the one is a valid document, the other is one as well once
// its strings are in order and no number of it begins with 0 and another digit. And its fields are
// where those of the first one are if its keys are the same.
//
// Plain data, and what of it needs no SIMD; one set per thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "parsers/skim/skim_plan.h"

namespace apierrd {

/// A quarter of the longest line: an answer's list of short members takes a third of its bytes.
/// Lines with longer outlines are rarely alike.
inline constexpr std::size_t kOutlineBytesMax = 8U << 10;
/// Outlines are compared in words; behind their bytes are so many zeros.
inline constexpr std::size_t kOutlinePadding = 64;
/// Of the lines that have outlines; offsets in them fit 16 bits.
inline constexpr std::size_t kOutlinedBytesMax = 32U << 10;
/// Keys of one line, of objects on the way to places.
inline constexpr std::size_t kOutlineKeysMax = 48;
/// Structures that are remembered: a service's log has a handful.
inline constexpr std::size_t kOutlinesMax = 32;
/// Lines after which more may be prepared for the next ones. Of a log with more structures than are
/// remembered each is soon forgotten.
inline constexpr std::uint32_t kOutlineCommonLines = 8;

/// Where lines of one outline have a value: places in the outline.
struct SkimSpan {
  /// Of a string the byte before its first quote, and its last quote; of anything else its first
  /// byte, and the one behind it, of containers behind that first byte.
  std::uint16_t begin = 0, end = 0;
  bool is_string = false;
};

/// Where a line ends, and what is in it.
struct SkimExtent {
  std::size_t size = 0;        ///< without the line end
  std::size_t line_bytes = 0;  ///< with it
  bool escaped = false;        ///< there is a backslash somewhere
  bool not_ascii = false;
};

/// The line at hand, or the next one.
struct SkimSketch {
  struct Key {
    std::uint32_t begin = 0, bytes = 0;
    std::uint8_t place = SkimObject::kNone;
  };
  bool whole = false;  ///< `outline` is all of the line's
  std::uint32_t bytes = 0;
  bool zeros = false;  ///< somewhere a run of digits begins with 0
  SkimExtent extent;
  static constexpr std::size_t kRoom = kOutlineBytesMax + 2 * kOutlinePadding;
  std::array<std::uint8_t, kRoom> outline{};
  std::array<std::uint16_t, kRoom> at{};  ///< the line's offset of each byte

  /// The pass that proves the line valid has found all keys that matter.
  bool keys_known = false;
  std::uint32_t key_count = 0;
  std::array<Key, kOutlineKeysMax> keys{};

  void begin_keys() {
    keys_known = true;
    key_count = 0;
  }
  void add_key(std::size_t begin, std::size_t size, std::uint8_t place) {
    if (key_count == keys.size()) {
      keys_known = false;
      return;
    }
    keys[key_count++] = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(size),
                         place};
  }

  /// The bytes of the value there, of a string those between its quotes.
  std::string_view text(const SkimSpan& span, const char* line) const {
    const std::size_t begin = at[span.begin] + (span.is_string ? 2U : 0U);
    return {line + begin, at[span.end] - begin};
  }
};

/// A structure that was proved valid.
struct SkimOutline {
  struct Key {
    /// The byte before it, its first quote, its bytes, its last quote and the colon.
    alignas(32) std::array<std::uint8_t, kOutlinePadding> text{};
    std::uint64_t mask = 0;   ///< of bytes in `text`
    std::uint16_t bytes = 0;  ///< of them before the colon
    std::uint16_t colon = 0;  ///< its place in the outline
    std::uint8_t place = SkimObject::kNone;
  };
  std::uint64_t hash = 0;
  std::uint32_t bytes = 0;            ///< 0: none
  std::uint64_t id = 0;               ///< no two of a Skim have the same
  std::uint32_t lines = 0;            ///< that have followed it
  std::uint64_t found = 0;            ///< set of places
  std::vector<std::uint8_t> outline;  ///< `bytes` and the padding
  std::vector<Key> keys;
  std::vector<std::uint16_t> numbers;            ///< places of first digits
  std::array<SkimSpan, kSkimPlacesMax> spans{};  ///< of the places in `found`

  /// What `sketch` shows of `line`, which was proved valid and has these places; false, and there
  /// is none, if it does not fit.
  bool learn(const SkimSketch& sketch, std::string_view line, std::uint64_t places);

 private:
  bool add_key(const SkimSketch::Key& key, const SkimSketch& sketch, std::string_view line);
  void add_span(std::uint8_t place, std::size_t colon);
  void add_numbers();
};

/// Eight bytes of an outline at a time; the zeros behind it must be there.
inline std::uint64_t outline_hash(const std::uint8_t* outline, std::size_t bytes) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;
  std::uint64_t hash = bytes, factor = kOdd;
  for (std::size_t i = 0; i < bytes; i += sizeof(std::uint64_t), factor += 2 * kOdd) {
    std::uint64_t word = 0;
    __builtin_memcpy(&word, outline + i, sizeof word);
    hash += (word ^ word >> 29) * factor;
  }
  return hash * kOdd;
}

}  // namespace apierrd
