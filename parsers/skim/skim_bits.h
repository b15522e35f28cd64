// What the kernels have in common below their pass. Included as simd_bits.h is.
#pragma once

#include <bit>
#include <cstdint>

#include "parsers/simd_bits.h"

namespace apierrd {
namespace {

/// 64 bytes of text by their classes; a bit is a byte.
struct ByteClasses {
  Bits newline, quote, backslash, control, not_ascii;
  Bits open, close, curly, colon, comma, blank, digit, zero, point, minus;

  /// Neither control characters nor backslashes.
  SIMD_INLINE bool is_plain() const { return (control | backslash) == 0; }
};

/// Where an outline is drawn to.
struct OutlineOut {
  std::uint8_t* outline;
  std::uint16_t* at;
};

/// Writes the offsets of the bits, some more than there are: no branch for the usual number.
[[maybe_unused]] SIMD_INLINE std::uint32_t* append_offsets(std::uint32_t* out, std::uint32_t base,
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

#ifdef SKIM_CLMUL
/// Each bit is the parity of all bits up to it: a product without carries with all ones.
SIMD_INLINE Bits parity_by_product(Bits bits) {
  return static_cast<Bits>(_mm_cvtsi128_si64(_mm_clmulepi64_si128(
      _mm_set_epi64x(0, static_cast<long long>(bits)), _mm_set1_epi8('\xFF'), 0)));
}
#endif

}  // namespace
}  // namespace apierrd
