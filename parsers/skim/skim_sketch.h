// The short way, included by each kernel's file behind its `Masks`: draws a line's outline and
// follows that of an earlier line, if there is one like it (skim_outline.h).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "parsers/ascii.h"
#include "parsers/skim/skim.h"
#include "parsers/skim/skim_line.h"

namespace apierrd {
namespace {

class Sketch {
 public:
  SIMD_INLINE Sketch(std::string_view text, Skim& skim)
      : text_(text), line_(text), skim_(skim), sketch_(skim.sketch_) {}

  // False: no line like it is known. The outline is kept for it to be learned.
  SIMD_INLINE bool run() {
    sketch_.whole = draw();
    if (!sketch_.whole) return false;
    SkimOutline* known = &skim_.outlines_[skim_.latest_outline_];
    if (!is(*known)) {
      const std::uint64_t hash = outline_hash(sketch_.outline, sketch_.bytes);
      skim_.latest_outline_ = Skim::outline_slot(hash);
      known = &skim_.outlines_[skim_.latest_outline_];
      if (!is(*known)) return false;
    }
    if (!has_keys(*known) || (sketch_.zeros && !numbers_valid(*known))) return false;
    skim_.found_ = known->found;
    skim_.outline_id_ = known->id;
    if (known->lines < kOutlineCommonLines) ++known->lines;
    line_.leave(skim_);
    return true;
  }

 private:
  // False if it has no outline, or is faulty.
  SIMD_INLINE bool draw() {
    for (std::size_t base = 0; base < text_.size() && base < kOutlinedBytesMax; base += 64) {
      const Masks masks = Masks::load(text_.data() + base);
      if (masks.control == 0 && text_.size() - base > 64) {
        line_.pass(masks);
        draw_block(base, masks, ~Bits{0});
      } else {
        Bits valid = 0;
        if (!line_.enter(base, masks, valid)) return false;  // a control character
        draw_block(base, masks, valid);
        return end();
      }
      if (bytes_ > kOutlineBytesMax) return false;
    }
    return false;
  }

  SIMD_INLINE void draw_block(std::size_t base, const Masks& masks, Bits valid) {
    const Bits outside = ~line_.strings<Masks>(line_.quotes(base, masks, valid)) & valid;
    const Bits digits_on = masks.digit & (masks.digit << 1 | digit_before_);
    const Bits zero = masks.zero & ~digits_on;
    zeros_ |= digits_on & (zero << 1 | zero_before_) & outside;
    digit_before_ = masks.digit >> 63;
    zero_before_ = zero >> 63;
    bytes_ = Masks::put_outline(text_.data(), static_cast<std::uint32_t>(base),
                                outside & ~digits_on, masks.digit, sketch_, bytes_);
  }

  SIMD_INLINE bool end() {
    if (bytes_ > kOutlineBytesMax) return false;
    std::memset(sketch_.outline.data() + bytes_, 0, kOutlinePadding);
    sketch_.bytes = bytes_;
    sketch_.zeros = zeros_ != 0;
    return !line_.faulty() && !line_.in_string();
  }

  SIMD_INLINE bool is(const SkimOutline& known) const {
    return known.bytes == sketch_.bytes &&
           Masks::same_outline(known.outline, sketch_.outline, known.bytes);
  }

  // All are compared before the one branch, so that nothing waits for it.
  SIMD_INLINE bool has_keys(const SkimOutline& known) const {
    Bits differs = 0;
    for (std::uint32_t i = 0; i < known.key_count; ++i) {
      const SkimOutline::Key& key = known.keys[i];
      const std::size_t colon = sketch_.at[key.colon];
      const std::size_t begin = colon < key.bytes ? 0 : colon - key.bytes;
      differs |= Masks::differing(text_.data() + begin, key.text.data(), key.mask);
    }
    return differs == 0;
  }

  // No number may begin with 0 and another digit; a fraction may.
  SIMD_INLINE bool numbers_valid(const SkimOutline& known) const {
    for (std::uint32_t i = 0; i < known.number_count; ++i) {
      const char* const digit = text_.data() + sketch_.at[known.numbers[i]];
      if (*digit == '0' && is_digit(digit[1])) return false;
    }
    return true;
  }

  std::string_view text_;
  SkimmedLine line_;
  Skim& skim_;
  SkimSketch& sketch_;
  std::uint32_t bytes_ = 0;
  Bits digit_before_ = 0, zero_before_ = 0;  // whether the last byte was a digit; a run's first, 0
  Bits zeros_ = 0;                           // digits behind such a 0
};

// Each with the registers to itself.
SIMD_TARGET __attribute__((noinline)) bool follow_known(std::string_view text, Skim& skim) {
  return Sketch(text, skim).run();
}
SIMD_TARGET __attribute__((noinline)) bool prove(std::string_view text, const SkimTree& tree,
                                                 Skim& skim) {
  return Pass(text).run(tree, skim);
}

// All of a kernel: the short way, else the pass.
SIMD_INLINE bool skim_line(std::string_view text, const SkimTree& tree, Skim& skim) {
  skim.sketch_.whole = false;
  if (skim.expects_known() && follow_known(text, skim)) {
    skim.unknown_ = 0;
    return true;
  }
  skim.sketch_.begin_keys();
  if (!prove(text, tree, skim)) return false;
  skim.learn();
  return true;
}

}  // namespace
}  // namespace apierrd
