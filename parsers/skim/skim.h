// Skims a line: one pass of SIMD over its bytes leaves what stands outside of strings, its outline
// (skim_outline.h), which is then known, or proved to be a valid object's, and shows where the
// places are that a plan asks for. Nothing else is looked at by itself.
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

/// Signatures that are remembered: a line of a log has one of a handful.
inline constexpr std::size_t kSignaturesMax = 32;
/// Lines after which more may be prepared for the next ones. Of a log with more signatures than are
/// remembered each is soon forgotten.
inline constexpr std::uint32_t kSignatureCommonLines = 8;

/// What was found in one document.
class Skim {
 public:
  Skim() = default;
  Skim(const Skim&) = delete;
  Skim& operator=(const Skim&) = delete;

  /// Skims the document that begins at `text` and ends at the first newline or at the end. Returns
  /// false if it is not plainly a valid object. kJsonPadding bytes behind `text` must be readable.
  /// `look_ahead`: the next document is most likely the line behind it, in a text with the same end
  /// that has not been changed until then; forget_ahead() if it may be another.
  bool document(std::string_view text, const SkimTree& tree, SkimKernel kernel,
                bool look_ahead = false);
  void forget_ahead() { ahead_ = nullptr; }

  /// After success: the document's bytes, without the newline or a CR before it; and with them.
  std::string_view text() const { return {begin_, extent().size}; }
  std::size_t line_bytes() const { return extent().line_bytes; }
  /// Whether no string has escapes.
  bool is_plain() const { return !extent().escaped; }

  /// After success: a number that only documents of one signature have. What has been said of one
  /// is true of the others: which places have a value, and its type.
  std::uint64_t signature_id() const { return signature_id_; }
  /// Whether others are to be expected.
  bool is_signature_common() const {
    return is_followed_ || signatures_[latest_signature_].lines >= kSignatureCommonLines;
  }
  /// Whether it was known by the outline of an earlier one.
  bool is_followed() const { return is_followed_; }

  /// The value at a place of the tree; nullptr if the document has none. It lives until the next
  /// document(). Of a container only the type is known.
  const JsonNode* at(std::uint8_t place) {
    if ((signature_->found >> place & 1) == 0) return nullptr;
    JsonNode& node = nodes_[place];
    node.type = signature_->type_of(place);
    const bool is_container = node.type == JsonType::kObject || node.type == JsonType::kArray;
    node.raw = is_container ? std::string_view() : texts().at(place);
    node.escaped = extent().escaped && node.type == JsonType::kString &&
                   node.raw.find('\\') != std::string_view::npos;
    return &node;
  }
  /// After success: what it says at its places, until the next document().
  SkimTexts texts() const { return {begin_, sketch_->at.get(), spans_}; }

  // What a kernel fills in.
  const SkimSignature* signature_ = nullptr;
  std::uint64_t signature_id_ = 0;
  const SkimSpan* spans_ = nullptr;  ///< by places
  SkimSignature proved_;             ///< of a document that is not followed
  bool is_followed_ = false;

  /// In turn: the next line's is drawn before the latest one's is looked at, since what was just
  /// written here and there cannot be read together until it has reached the cache.
  std::array<SkimSketch, 2> sketches_;
  SkimSketch* sketch_ = &sketches_[0];       ///< the document's
  SkimSketch* next_sketch_ = &sketches_[1];  ///< it may be of ...
  const char* ahead_ = nullptr;              ///< the next line
  bool look_ahead_ = false;
  SkimSketch& sketch() { return *sketch_; }

  std::array<SkimOutline, kOutlinesMax> outlines_;  ///< by their hash
  std::size_t latest_outline_ = 0;
  static std::size_t outline_slot(std::uint64_t hash) { return (hash >> 32) % kOutlinesMax; }

  /// Of what must be looked at one by one: what may stand in arrays only, by blocks of an outline;
  /// offsets, and room for some that are written in vain.
  static constexpr std::size_t kBlocksPerWalk = 32;
  std::uint64_t any_wrong_ = 0;
  std::array<std::uint64_t, kBlocksPerWalk> in_object_wrong_{};
  std::array<std::uint32_t, kBlocksPerWalk * 64 + 16> events_{};

 private:
  struct KnownSignature {
    SkimSignature signature;
    std::uint64_t id = 0;  ///< 0: none
    std::uint32_t lines = 0;
  };
  const SkimExtent& extent() const { return sketch_->extent; }
  [[gnu::noinline]] void forget_tree();
  [[gnu::noinline]] void learn();
  void find_signature();

  const char* begin_ = nullptr;
  std::uint64_t tree_ = 0;  ///< whose outlines and signatures these are
  std::array<KnownSignature, kSignaturesMax> signatures_;
  std::size_t latest_signature_ = 0;
  std::uint64_t signatures_seen_ = 0;
  /// By slot the hash of the latest outline that was not known: one is learned if it comes again.
  std::array<std::uint64_t, kOutlinesMax> strangers_{};
  std::array<JsonNode, kSkimPlacesMax> nodes_;
};

/// One for each kernel; for Skim::document and tests.
bool skim_portable(std::string_view text, const SkimTree& tree, Skim& skim);
bool skim_avx2(std::string_view text, const SkimTree& tree, Skim& skim);
bool skim_avx512(std::string_view text, const SkimTree& tree, Skim& skim);

}  // namespace apierrd
