// 64 bytes in two registers of AVX2. Included as simd_bits.h is.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstdint>

#include "parsers/simd_bits.h"

namespace apierrd {
namespace {

/// The highest bit of each byte.
SIMD_INLINE Bits bits_of(__m256i low, __m256i high) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
         static_cast<Bits>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32;
}

/// Which bytes are `c`.
SIMD_INLINE Bits bytes_equal(__m256i low, __m256i high, char c) {
  const __m256i wanted = _mm256_set1_epi8(c);
  return bits_of(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted));
}

/// The places of the bits set in a byte: what a shuffle takes to keep those of eight bytes.
alignas(64) constexpr auto kPicks = [] {
  std::array<std::array<std::uint8_t, 8>, 256> picks{};
  for (unsigned byte = 0; byte < picks.size(); ++byte) {
    std::size_t count = 0;
    for (std::uint8_t bit = 0; bit < 8; ++bit) {
      if ((byte >> bit & 1) != 0) picks[byte][count++] = bit;
    }
  }
  return picks;
}();

SIMD_INLINE __m128i picks_of(Bits byte) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(kPicks[byte & 0xFF].data()));
}

}  // namespace
}  // namespace apierrd
