// What the kernels have in common below their pass: each file includes it behind its SKIM_TARGET
// (the instructions its functions may use). All in an unnamed namespace: nothing compiled for a
// better machine may be linked into what runs on a lesser one.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "parsers/skim/skim_outline.h"

#define SKIM_INLINE SKIM_TARGET __attribute__((always_inline)) inline

namespace apierrd {
namespace {

using Bits = std::uint64_t;  ///< of 64 bytes, the first one's lowest

/// 64 bytes of text by their classes; a bit is a byte.
struct ByteClasses {
  Bits newline, quote, backslash, control, not_ascii;
  Bits open, close, curly, colon, comma, blank, digit, zero;
};

/// Writes the offsets of the bits, some more than there are: no branch for the usual number.
[[maybe_unused]] SKIM_INLINE std::uint32_t* append_offsets(std::uint32_t* out, std::uint32_t base,
                                                           Bits bits) {
  const int count = std::popcount(bits);
  std::uint32_t* const end = out + count;
  for (int written = 0; written < count; written += 8) {
    for (int i = 0; i < 8; ++i, bits &= bits - 1) {
      *out++ = base + static_cast<std::uint32_t>(std::countr_zero(bits));
    }
  }
  return end;
}

/// The line's bytes of `kept` to its outline (skim_outline.h), behind `bytes` of it; returns how
/// many there are then. Writes some more than there are.
[[maybe_unused]] SKIM_INLINE std::uint32_t put_outline_bytes(const char* text, std::uint32_t base,
                                                             Bits kept, Bits digits,
                                                             SkimSketch& sketch,
                                                             std::uint32_t bytes) {
  const auto count = static_cast<std::uint32_t>(std::popcount(kept));
  std::uint8_t* outline = sketch.outline.data() + bytes;
  std::uint16_t* at = sketch.at.data() + bytes;
  for (std::uint32_t written = 0; written < count; written += 8) {
    for (int i = 0; i < 8; ++i, kept &= kept - 1) {
      const auto bit = static_cast<unsigned>(std::countr_zero(kept)) % 64;
      *outline++ = (digits >> bit & 1) != 0 ? std::uint8_t{'0'}
                                            : static_cast<std::uint8_t>(text[base + bit]);
      *at++ = static_cast<std::uint16_t>(base + bit);
    }
  }
  return bytes + count;
}

#ifdef SKIM_CLMUL
/// Each bit is the parity of all bits up to it: a product without carries with all ones.
SKIM_INLINE Bits parity_by_product(Bits bits) {
  return static_cast<Bits>(_mm_cvtsi128_si64(_mm_clmulepi64_si128(
      _mm_set_epi64x(0, static_cast<long long>(bits)), _mm_set1_epi8('\xFF'), 0)));
}
#endif

}  // namespace
}  // namespace apierrd
