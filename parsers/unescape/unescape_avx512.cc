// 64 bytes in one register; one instruction drops bytes.
#if defined(__x86_64__)

#include <immintrin.h>

#include <cstdint>

#define SIMD_TARGET \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi,bmi2,popcnt")))

#include "parsers/simd_bits.h"

namespace apierrd {
namespace {

struct Block {
  std::uint64_t quote, backslash, slash;

  SIMD_INLINE static Block load(const char* text) {
    const __m512i bytes = _mm512_loadu_si512(text);
    return {_mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('"')),
            _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\\')),
            _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('/'))};
  }

  // The block's bytes but those dropped, and zeros behind them. Not compressed straight into
  // memory, which some processors do byte by byte.
  SIMD_INLINE static void write(const char* text, std::uint64_t dropped, char* out) {
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(~dropped, _mm512_loadu_si512(text)));
  }
};

}  // namespace
}  // namespace apierrd

#include "parsers/unescape/unescape_kernel.h"

namespace apierrd {

SIMD_TARGET PlainPart unescape_avx512(std::string_view text, char* out) {
  return out == nullptr ? unescape_blocks<false>(text, out) : unescape_blocks<true>(text, out);
}

}  // namespace apierrd

#endif
