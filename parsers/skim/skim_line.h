// A document's blocks of 64 bytes one after the other: where it ends, and what is in its strings.
// Included by each kernel's file behind its `Masks`: ByteClasses with load(), prefix_xor(),
// append(), put_outline(), same_outline() and differing().
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "parsers/ascii.h"
#include "parsers/skim/skim.h"
#include "parsers/skim/skim_bits.h"

namespace apierrd {
namespace {

SIMD_INLINE bool valid_escape(const char* at) {
  if (std::memchr("\"\\/bfnrt", *at, 8) != nullptr) return true;
  if (*at != 'u') return false;
  for (int i = 1; i <= 4; ++i) {
    if (hex_value(at[i]) < 0) return false;
  }
  return true;
}

class SkimmedLine {
 public:
  SIMD_INLINE explicit SkimmedLine(std::string_view text) : text_(text) {}

  // Whether the document ends in the block at `base`, a multiple of 64 within the text. `valid` is
  // set to the block's bytes that are the document's.
  SIMD_INLINE bool enter(std::size_t base, const ByteClasses& masks, Bits& valid) {
    valid = ~Bits{0};
    const bool last = (masks.control != 0 || text_.size() - base <= 64) && cut(base, masks, valid);
    not_ascii_ |= masks.not_ascii & valid;
    faults_ |= masks.control & valid;
    return last;
  }

  // Whether it ends in this block, and there is nothing to look at by itself before the newline.
  SIMD_INLINE bool ends_plainly(std::size_t base, const ByteClasses& masks, Bits& valid) {
    const Bits end = masks.control & -masks.control;
    valid = end - 1;
    if ((end & masks.newline) == 0 || (masks.backslash & valid) != 0) return false;
    size_ = base + static_cast<unsigned>(std::countr_zero(end));
    line_bytes_ = size_ + 1;
    not_ascii_ |= masks.not_ascii & valid;
    return true;
  }

  // Takes a plain block that is not the text's last one: the document does not end in it.
  SIMD_INLINE void pass(const ByteClasses& masks) { not_ascii_ |= masks.not_ascii; }

  // The block's quotes that begin or end a string. Looks at its escapes.
  SIMD_INLINE Bits quotes(std::size_t base, const ByteClasses& masks, Bits valid) {
    const Bits quote = masks.quote & valid;
    if ((masks.backslash | escaped_) == 0) return quote;
    backslashes_ |= masks.backslash & valid;
    const Bits escaped = escaped_bytes(masks.backslash, escaped_);
    for (Bits odd = escaped & valid & ~(masks.quote | masks.backslash); odd != 0; odd &= odd - 1) {
      if (!valid_escape(text_.data() + base + std::countr_zero(odd))) faults_ = 1;
    }
    return quote & ~escaped;
  }

  // The bytes of its strings, with their first quotes and without the last ones.
  template <class Masks>
  SIMD_INLINE Bits strings(Bits quotes) {
    const Bits string = Masks::prefix_xor(quotes) ^ in_string_;
    in_string_ = static_cast<Bits>(static_cast<std::int64_t>(string) >> 63);
    return string;
  }

  SIMD_INLINE bool faulty() const { return faults_ != 0; }
  SIMD_INLINE bool in_string() const { return in_string_ != 0; }

  SIMD_INLINE SkimExtent extent() const {
    return {size_, line_bytes_, backslashes_ != 0, not_ascii_ != 0};
  }

 private:
  SIMD_INLINE bool cut(std::size_t base, const ByteClasses& masks, Bits& valid) {
    const std::size_t left = text_.size() - base;
    if (masks.newline == 0 && left > 64) return false;
    const auto end =
        masks.newline == 0 ? 64U : static_cast<unsigned>(std::countr_zero(masks.newline));
    const std::size_t bytes = end < left ? end : left;
    size_ = base + bytes;
    line_bytes_ = size_ + (end < left ? 1 : 0);
    if (bytes > 0 && text_[size_ - 1] == '\r') --size_;
    const std::size_t bits = size_ - base;
    valid = bits >= 64 ? ~Bits{0} : (Bits{1} << bits) - 1;
    return true;
  }

  std::string_view text_;
  Bits in_string_ = 0;  // all ones if the next block begins inside a string
  Bits escaped_ = 0;    // 1 if its first byte is escaped
  Bits backslashes_ = 0, not_ascii_ = 0, faults_ = 0;
  std::size_t size_ = 0, line_bytes_ = 0;
};

}  // namespace
}  // namespace apierrd
