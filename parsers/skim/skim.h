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
#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

#include "parsers/json_document.h"
#include "parsers/skim/skim_outline.h"
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

/// What was found in one document.
class Skim {
 public:
  /// Skims the document that begins at `text` and ends at the first newline or at the end. Returns
  /// false if it is not plainly a valid object. kJsonPadding bytes behind `text` must be readable.
  /// `look_ahead`: the next document is most likely the line behind it, if it has not been changed
  /// until then; forget_ahead() if it may have been.
  bool document(std::string_view text, const SkimTree& tree, SkimKernel kernel,
                bool look_ahead = false);
  void forget_ahead() { ahead_ = {}; }

  /// After success: the document's bytes, without the newline or a CR before it; and with them.
  std::string_view text() const { return {begin_, extent_.size}; }
  std::size_t line_bytes() const { return extent_.line_bytes; }

  /// After success: not 0 if the document has the outline of an earlier one, and the same for all
  /// that do. What has been said of one is true of the others: which places have a value, and its
  /// type.
  std::uint64_t outline_id() const { return outline_id_; }
  /// Whether kOutlineCommonLines have had it.
  bool is_outline_common() const { return outlines_[latest_outline_].lines >= kOutlineCommonLines; }

  /// The value at a place of the tree; nullptr if the document has none. It lives until the next
  /// document(). Of a container only the type is known.
  const JsonNode* at(std::uint8_t place) {
    const std::uint64_t bit = std::uint64_t{1} << place;
    if ((found_ & bit) == 0) return nullptr;
    JsonNode& node = nodes_[place];
    if ((made_ & bit) != 0) return &node;
    made_ |= bit;
    const char* const start = begin_ + value_at(place);
    if (*start != '"') {
      make_node(place, start);
      return &node;
    }
    node.raw = string_at(place);
    node.type = JsonType::kString;
    node.escaped = extent_.escaped && node.raw.find('\\') != std::string_view::npos;
    return &node;
  }

  /// Whether no string has escapes.
  bool is_plain() const { return !extent_.escaped; }
  /// After success, if there is an outline_id(): where lines of this outline have a value.
  const SkimSpan& span(std::uint8_t place) const { return outlines_[latest_outline_].spans[place]; }
  /// And the text there, of a string what stands between its quotes.
  std::string_view text_of(const SkimSpan& span) const {
    return sketches_[sketch_].text(span, begin_);
  }

  // What a kernel fills in.
  const char* begin_ = nullptr;
  SkimExtent extent_;
  std::uint64_t found_ = 0;  ///< set of places
  // Of a line without a known outline, where values begin, and of each 64 bytes the quotes that
  // begin or end a string.
  std::array<std::uint32_t, kSkimPlacesMax> value_at_{};
  std::vector<std::uint64_t> quotes_ = std::vector<std::uint64_t>(kSkimBytesMax / 64 + 2);

  /// In turn: the next line's is drawn before the latest one's is looked at, since what was just
  /// written here and there cannot be read together until it has reached the cache.
  std::array<SkimSketch, 2> sketches_;
  std::size_t sketch_ = 0;  ///< the document's; the other one may be of ...
  std::string_view ahead_;  ///< a text that begins with the next line
  bool look_ahead_ = false;
  SkimSketch& sketch() { return sketches_[sketch_]; }
  std::array<SkimOutline, kOutlinesMax> outlines_;  ///< by their hash
  std::size_t latest_outline_ = 0;
  std::uint64_t outline_id_ = 0, outlines_learned_ = 0;
  std::uint64_t outlines_of_ = 0;  ///< the tree's id
  std::uint32_t unknown_ = 0;      ///< lines in a row whose outline was not known
  static std::size_t outline_slot(std::uint64_t hash) { return (hash >> 32) % kOutlinesMax; }
  /// Whether it is worth while to draw an outline: of a log whose lines have little in common, only
  /// now and then.
  bool expects_known() const { return unknown_ < 64 || unknown_ % 64 == 0; }
  /// Of a line that was proved valid without an outline to follow.
  void learn();
  static constexpr std::size_t kBlocksPerWalk = 32;
  std::uint64_t any_wrong_ = 0;
  std::array<std::uint64_t, kBlocksPerWalk> in_object_wrong_{};  ///< what may stand in arrays only
  /// Offsets of what must be looked at one by one, and room for some that are written in vain.
  std::array<std::uint32_t, kBlocksPerWalk * 64 + 16> events_{};

 private:
  void make_node(std::uint8_t place, const char* start);
  static std::string_view number_at(const char* first) {
    const char* end = first + 1;
    while (*end != ',' && *end != '}' && *end != ' ') ++end;
    return {first, static_cast<std::size_t>(end - first)};
  }
  std::size_t value_at(std::uint8_t place) const {
    if (outline_id_ == 0) return value_at_[place];
    const SkimSpan& known = span(place);
    return sketches_[sketch_].at[known.begin] + (known.is_string ? 1U : 0U);
  }
  std::string_view string_at(std::uint8_t place) const {
    if (outline_id_ != 0) return text_of(span(place));
    const std::size_t begin = value_at_[place] + 1U;
    std::size_t block = begin / 64;
    std::uint64_t quotes = quotes_[block] >> (begin % 64);
    std::size_t end = begin;
    while (quotes == 0) {
      end = ++block * 64;
      quotes = quotes_[block];
    }
    end += static_cast<std::size_t>(std::countr_zero(quotes));
    return {begin_ + begin, end - begin};
  }

  std::uint64_t made_ = 0;  ///< places whose node is made
  std::array<JsonNode, kSkimPlacesMax> nodes_;
};

/// One for each kernel; for Skim::document and tests.
bool skim_portable(std::string_view text, const SkimTree& tree, Skim& skim);
bool skim_avx2(std::string_view text, const SkimTree& tree, Skim& skim);
bool skim_avx512(std::string_view text, const SkimTree& tree, Skim& skim);

}  // namespace apierrd
