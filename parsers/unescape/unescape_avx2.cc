// 64 bytes in two registers; written eight at a time.
#if defined(__x86_64__)

#include <immintrin.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#define UNESCAPE_TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define UNESCAPE_INLINE UNESCAPE_TARGET __attribute__((always_inline)) inline

namespace apierrd {
namespace {

// Which of eight bytes are dropped -> where those come from that are kept.
constexpr std::array<std::uint64_t, 256> kept_bytes() {
  std::array<std::uint64_t, 256> table{};
  for (std::size_t dropped = 0; dropped < table.size(); ++dropped) {
    unsigned shift = 0;
    for (std::uint64_t byte = 0; byte < 8; ++byte) {
      if ((dropped >> byte & 1) != 0) continue;
      table[dropped] |= byte << shift;
      shift += 8;
    }
  }
  return table;
}
constexpr std::array<std::uint64_t, 256> kKeptBytes = kept_bytes();

struct Block {
  std::uint64_t quote, backslash, slash;

  UNESCAPE_INLINE static std::uint64_t are(__m256i low, __m256i high, char c) {
    const __m256i wanted = _mm256_set1_epi8(c);
    const int a = _mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
    const int b = _mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
    return static_cast<std::uint32_t>(a) | static_cast<std::uint64_t>(static_cast<std::uint32_t>(b))
                                               << 32;
  }

  UNESCAPE_INLINE static Block load(const char* text) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32));
    return {are(low, high, '"'), are(low, high, '\\'), are(low, high, '/')};
  }

  // The block's bytes but those dropped, and others behind them: 64 in all.
  UNESCAPE_INLINE static void write(const char* text, std::uint64_t dropped, char* out) {
    if (dropped == 0) {
      std::memcpy(out, text, 64);
      return;
    }
#pragma GCC unroll 8
    for (int i = 0; i < 64; i += 8, dropped >>= 8) {
      const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(text + i));
      const __m128i kept =
          _mm_loadl_epi64(reinterpret_cast<const __m128i*>(&kKeptBytes[dropped & 0xFF]));
      _mm_storel_epi64(reinterpret_cast<__m128i*>(out), _mm_shuffle_epi8(bytes, kept));
      out += 8 - std::popcount(dropped & 0xFF);
    }
  }
};

}  // namespace
}  // namespace apierrd

#include "parsers/unescape/unescape_kernel.h"

namespace apierrd {

UNESCAPE_TARGET PlainPart unescape_avx2(std::string_view text, char* out) {
  return out == nullptr ? unescape_blocks<false>(text, out) : unescape_blocks<true>(text, out);
}

}  // namespace apierrd

#endif
