// 64 bytes in two registers; written eight at a time.
#if defined(__x86_64__)

#include <immintrin.h>

#include <bit>
#include <cstdint>
#include <cstring>

#define SIMD_TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))

#include "parsers/simd_avx2.h"

namespace apierrd {
namespace {

struct Block {
  std::uint64_t quote, backslash, slash;

  SIMD_INLINE static Block load(const char* text) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32));
    return {bytes_equal(low, high, '"'), bytes_equal(low, high, '\\'), bytes_equal(low, high, '/')};
  }

  // The block's bytes but those dropped, and others behind them: 64 in all.
  SIMD_INLINE static void write(const char* text, std::uint64_t dropped, char* out) {
    if (dropped == 0) {
      std::memcpy(out, text, 64);
      return;
    }
    Bits kept = ~dropped;
#pragma GCC unroll 8
    for (int i = 0; i < 64; i += 8, kept >>= 8) {
      const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(text + i));
      _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_shuffle_epi8(bytes, picks_of(kept)));
      out += std::popcount(kept & 0xFF);
    }
  }
};

}  // namespace
}  // namespace apierrd

#include "parsers/unescape/unescape_kernel.h"

namespace apierrd {

SIMD_TARGET PlainPart unescape_avx2(std::string_view text, char* out) {
  return out == nullptr ? unescape_blocks<false>(text, out) : unescape_blocks<true>(text, out);
}

}  // namespace apierrd

#endif
