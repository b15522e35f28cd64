// What the kernels have in common below their pass: each file includes it behind its SKIM_TARGET
// (the instructions its functions may use). All in an unnamed namespace: nothing compiled for a
// better machine may be linked into what runs on a lesser one.
#pragma once

#include <bit>
#include <cstdint>

#define SKIM_INLINE SKIM_TARGET __attribute__((always_inline)) inline

namespace apierrd {
namespace {

/// 64 bytes of text by their classes; a bit is a byte.
struct ByteClasses {
  std::uint64_t newline, quote, backslash, control, not_ascii;
  std::uint64_t open, close, curly, colon, comma, blank, digit, zero;
};

/// Writes the offsets of the bits, some more than there are: no branch for the usual number.
[[maybe_unused]] SKIM_INLINE std::uint32_t* append_offsets(std::uint32_t* out, std::uint32_t base,
                                                           std::uint64_t bits) {
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
SKIM_INLINE std::uint64_t parity_by_product(std::uint64_t bits) {
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_clmulepi64_si128(
      _mm_set_epi64x(0, static_cast<long long>(bits)), _mm_set1_epi8('\xFF'), 0)));
}
#endif

}  // namespace
}  // namespace apierrd
