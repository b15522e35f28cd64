// The short way, included by each kernel's file behind its `Masks`: draws a line's outline and
// follows that of an earlier line, if there is one like it (skim_outline.h).
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "parsers/skim/skim.h"
#include "parsers/skim/skim_line.h"

namespace apierrd {
namespace {

// Draws the outline of the line that `text` begins with.
class Drawing {
 public:
  SIMD_INLINE Drawing(std::string_view text, SkimSketch& sketch)
      : text_(text), line_(text), sketch_(sketch), out_{sketch.outline.get(), sketch.at.get()} {}

  // False if it has no outline, or is faulty.
  SIMD_INLINE bool run() {
    std::size_t base = 0;
    // Most blocks: a loop that has little to keep in registers.
    const std::size_t plain_end =
        std::min(text_.size() - std::min(text_.size(), std::size_t{64}), kSkimBytesMax);
    for (; base < plain_end; base += 64) {
      const Masks masks = Masks::load(text_.data() + base);
      if (!masks.is_plain()) {
        Bits valid = 0;
        if (!line_.ends_plainly(base, masks, valid)) break;
        draw_block(base, masks, masks.quote & valid, valid);
        return end();
      }
      line_.pass(masks);
      draw_block(base, masks, masks.quote, ~Bits{0});
    }
    for (; base < text_.size() && base < kSkimBytesMax; base += 64) {
      const Masks masks = Masks::load(text_.data() + base);
      Bits valid = 0;
      const bool last = line_.enter(base, masks, valid);
      draw_block(base, masks, line_.quotes(base, masks, valid), valid);
      if (line_.faulty()) return false;
      if (last) return end();
    }
    return false;
  }

 private:
  SIMD_INLINE void draw_block(std::size_t base, const Masks& masks, Bits quotes, Bits valid) {
    const Bits outside = ~line_.strings<Masks>(quotes) & valid;
    const Bits digits_on = masks.digit & (masks.digit << 1 | digit_before_);
    digit_before_ = masks.digit >> 63;
    bytes_ = Masks::put_outline(text_.data(), static_cast<std::uint32_t>(base),
                                outside & ~digits_on, masks.digit, out_, bytes_);
  }

  SIMD_INLINE bool end() {
    if (bytes_ > kOutlineBytesMax || line_.in_string()) return false;
    std::memset(sketch_.outline.get() + bytes_, 0, kOutlinePadding);
    sketch_.bytes = bytes_;
    sketch_.extent = line_.extent();
    return true;
  }

  std::string_view text_;
  SkimmedLine line_;
  SkimSketch& sketch_;
  const OutlineOut out_;  // pointers are not to be read again behind each store
  std::uint32_t bytes_ = 0;
  Bits digit_before_ = 0;  // whether the last byte was a digit
};

// What was drawn, beside the outlines that are known.
class Comparison {
 public:
  SIMD_INLINE Comparison(const char* text, Skim& skim)
      : text_(text), skim_(skim), sketch_(skim.sketch()) {}

  // False: no line like it is known.
  SIMD_INLINE bool run() {
    const SkimOutline* known = &skim_.outlines_[skim_.latest_outline_];
    if (!is(*known)) {
      sketch_.make_hash();
      skim_.latest_outline_ = Skim::outline_slot(sketch_.hash);
      known = &skim_.outlines_[skim_.latest_outline_];
      if (!is(*known)) return false;
    }
    if (!is_like(*known)) return false;
    skim_.signature_ = &known->signature;
    skim_.signature_id_ = known->signature_id;
    skim_.spans_ = known->spans.data();
    return true;
  }

 private:
  SIMD_INLINE bool is(const SkimOutline& known) const {
    return known.bytes == sketch_.bytes &&
           Masks::same_outline(known.outline.data(), sketch_.outline.get(), known.bytes);
  }

  // Whether its keys are the same, and no number begins with 0 and another digit; a fraction may.
  // All are looked at before the one branch, so that nothing waits for it.
  SIMD_INLINE bool is_like(const SkimOutline& known) const {
    Bits differs = 0;
    const std::uint16_t* const at = sketch_.at.get();
    for (const SkimOutline::KeyPiece& key : known.key_begins)
      differs |= Masks::differing(text_ + at[key.before], key.text.data(), key.mask);
    for (const SkimOutline::KeyPiece& key : known.key_remainders) {
      const char* const begin = text_ + at[key.before] + SkimOutline::KeyPiece::kBytes;
      differs |= Masks::differing(begin, key.text.data(), key.mask);
    }
    for (const std::uint16_t number : known.numbers)
      differs |= Bits{sketch_.has_leading_zero(number, text_)};
    return differs == 0;
  }

  const char* text_;
  Skim& skim_;
  SkimSketch& sketch_;
};

// Each with the registers to itself.
SIMD_TARGET __attribute__((noinline)) void draw(std::string_view text, SkimSketch& sketch) {
  sketch.whole = Drawing(text, sketch).run();
}
SIMD_TARGET __attribute__((noinline)) bool compare(std::string_view text, Skim& skim) {
  return Comparison(text.data(), skim).run();
}
SIMD_TARGET __attribute__((noinline)) bool prove(const char* text, const SkimTree& tree,
                                                 Skim& skim) {
  return Pass(text, skim).run(tree, skim);
}

// The line's outline, drawn now or when the one before it was skimmed.
SIMD_INLINE bool has_outline(std::string_view text, Skim& skim) {
  const bool drawn = skim.ahead_ == text.data();
  skim.forget_ahead();
  if (drawn) {
    std::swap(skim.sketch_, skim.next_sketch_);
  } else {
    draw(text, skim.sketch());
  }
  return skim.sketch().whole;
}

SIMD_INLINE void draw_ahead(std::string_view text, Skim& skim) {
  std::string_view next = text;
  next.remove_prefix(skim.sketch().extent.line_bytes);
  if (!next.starts_with('{')) return;
  draw(next, *skim.next_sketch_);
  skim.ahead_ = next.data();
}

// All of a kernel: the short way, else the proof.
SIMD_INLINE bool skim_line(std::string_view text, const SkimTree& tree, Skim& skim) {
  if (!has_outline(text, skim)) return false;
  if (skim.look_ahead_) draw_ahead(text, skim);
  skim.is_followed_ = compare(text, skim);
  if (skim.is_followed_) return true;
  skim.sketch().begin_keys();
  skim.spans_ = skim.sketch().spans.data();
  skim.signature_ = &skim.proved_;
  return prove(text.data(), tree, skim);
}

}  // namespace
}  // namespace apierrd
