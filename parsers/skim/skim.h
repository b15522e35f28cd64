// Skims a line: one pass of SIMD over its bytes that proves it to be one valid JSON object and
// finds the places a plan asks for, without looking at anything else by itself.
//
// The fast path. It only ever says yes, or that it does not know: whatever is not plainly a valid
// document (a key twice, control characters, deep nesting, an escaped key, a fault anywhere) is
// left to the full parser, which alone decides. So it must never say yes to what
// JsonDocument::parse refuses; tests compare the two. Pure; one Skim per thread.
//
// How it works: docs/decisions/0017-skimming.md.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "parsers/json_document.h"
#include "parsers/skim/skim_plan.h"

namespace apierrd {

/// Which instructions are used; all come to the same.
enum class SkimKernel : std::uint8_t { kOff, kPortable, kAvx2, kAvx512 };

/// The best this machine has. Not the portable one, which is no faster than the full parser: it is
/// there to compare the others with, and to start from on other processors.
SkimKernel best_skim_kernel();
bool has_skim_kernel(SkimKernel kernel);

/// Longer lines are the full parser's.
inline constexpr std::size_t kSkimBytesMax = 256U << 10;

/// A key as it was met, with what a plan says of it, to be known again by two comparisons.
struct SkimKey {
  std::uint64_t first = 0, first_mask = 0;  ///< its first bytes
  std::uint64_t last = 0, last_mask = 0;    ///< its last ones, if it is longer than 8
  std::uint32_t size = 0, last_at = 0;
  std::uint8_t object_of = SkimObject::kNone;  ///< the object it stood in; none: no key
  std::uint8_t place = SkimObject::kNone, object = SkimObject::kNone;

  /// No key if it is longer than 16 bytes.
  static SkimKey of(std::string_view key, std::uint8_t object_of, std::uint8_t place,
                    std::uint8_t object);
};

/// What was found in one document.
class Skim {
 public:
  /// Skims the document that begins at `text` and ends at the first newline or at the end. Returns
  /// false if it is not plainly a valid object. kJsonPadding bytes behind `text` must be readable.
  bool document(std::string_view text, const SkimTree& tree, SkimKernel kernel);

  /// After success: the document's bytes, without the newline or a CR before it; and with them.
  std::string_view text() const { return {begin_, size_}; }
  std::size_t line_bytes() const { return line_bytes_; }

  /// The value at a place of the tree; nullptr if the document has none. It lives until the next
  /// document(). Of a container only the type is known.
  const JsonNode* at(std::uint8_t place) {
    const std::uint64_t bit = std::uint64_t{1} << place;
    if ((found_ & bit) == 0) return nullptr;
    if ((made_ & bit) == 0) make_node(place);
    made_ |= bit;
    return &nodes_[place];
  }

  // What a kernel fills in.
  const char* begin_ = nullptr;
  std::size_t size_ = 0;
  std::size_t line_bytes_ = 0;
  std::uint64_t found_ = 0;  ///< set of places
  bool escaped_ = false;     ///< there is a backslash somewhere
  bool not_ascii_ = false;
  std::array<std::uint32_t, kSkimPlacesMax> value_at_{};  ///< offsets of values
  /// Of each 64 bytes the quotes that begin or end a string.
  std::vector<std::uint64_t> quotes_ = std::vector<std::uint64_t>(kSkimBytesMax / 64 + 2);

  /// The keys of the last document's objects that matter, in their order.
  static constexpr std::size_t kKeysExpected = 64;
  std::array<SkimKey, kKeysExpected> expected_;
  std::uint64_t expected_of_ = 0;  ///< the tree's id

  static constexpr std::size_t kBlocksPerWalk = 32;
  std::uint64_t any_wrong_ = 0;
  std::array<std::uint64_t, kBlocksPerWalk> in_object_wrong_{};  ///< what may stand in arrays only
  /// Offsets of what must be looked at one by one, and room for some that are written in vain.
  std::array<std::uint32_t, kBlocksPerWalk * 64 + 16> events_{};

 private:
  void make_node(std::uint8_t place);

  std::uint64_t made_ = 0;  ///< places whose node is made
  std::array<JsonNode, kSkimPlacesMax> nodes_;
};

/// One for each kernel; for Skim::document and tests.
bool skim_portable(std::string_view text, const SkimTree& tree, Skim& skim);
bool skim_avx2(std::string_view text, const SkimTree& tree, Skim& skim);
bool skim_avx512(std::string_view text, const SkimTree& tree, Skim& skim);

}  // namespace apierrd
