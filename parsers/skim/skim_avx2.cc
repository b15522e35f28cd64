// 64 bytes in two registers.
#if defined(__x86_64__)

#include <immintrin.h>

#include <array>
#include <bit>
#include <cstdint>

#define SIMD_TARGET __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul")))
#define SKIM_CLMUL

#include "parsers/simd_avx2.h"
#include "parsers/skim/skim_bits.h"
#include "parsers/skim/skim_outline.h"

namespace apierrd {
namespace {

struct Masks : ByteClasses {
  // Bytes from `first` to `first` + `count` - 1.
  SIMD_INLINE static std::uint64_t among(__m256i low, __m256i high, char first, char count) {
    const __m256i base = _mm256_set1_epi8(first),
                  most = _mm256_set1_epi8(static_cast<char>(count - 1));
    const __m256i a = _mm256_sub_epi8(low, base), b = _mm256_sub_epi8(high, base);
    return bits_of(_mm256_cmpeq_epi8(_mm256_min_epu8(a, most), a),
                   _mm256_cmpeq_epi8(_mm256_min_epu8(b, most), b));
  }

  SIMD_INLINE static Masks load(const char* text) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32));
    const __m256i fold = _mm256_set1_epi8(0x20);  // [ ] as { }
    const __m256i low_folded = _mm256_or_si256(low, fold),
                  high_folded = _mm256_or_si256(high, fold);
    Masks masks;
    masks.newline = bytes_equal(low, high, '\n');
    masks.quote = bytes_equal(low, high, '"');
    masks.backslash = bytes_equal(low, high, '\\');
    masks.control = among(low, high, 0, 0x20);
    masks.not_ascii = bits_of(low, high);
    masks.open = bytes_equal(low_folded, high_folded, '{');
    masks.close = bytes_equal(low_folded, high_folded, '}');
    masks.curly =
        bits_of(_mm256_slli_epi16(low, 2), _mm256_slli_epi16(high, 2));  // bit 5 to the top
    masks.colon = bytes_equal(low, high, ':');
    masks.comma = bytes_equal(low, high, ',');
    masks.blank = bytes_equal(low, high, ' ');
    masks.digit = among(low, high, '0', 10);
    masks.zero = bytes_equal(low, high, '0');
    masks.point = bytes_equal(low, high, '.');
    masks.minus = bytes_equal(low, high, '-');
    return masks;
  }

  SIMD_INLINE static std::uint64_t prefix_xor(std::uint64_t bits) {
    return parity_by_product(bits);
  }

  SIMD_INLINE static std::uint32_t* append(std::uint32_t* out, std::uint32_t base,
                                           std::uint64_t bits) {
    return append_offsets(out, base, bits);
  }

  // Eight bytes at a time, by a table of which of them are kept.
  SIMD_INLINE static std::uint32_t put_outline(const char* text, std::uint32_t base, Bits kept,
                                               Bits, OutlineOut out, std::uint32_t bytes) {
    alignas(32) std::array<char, 64> drawn;
    for (std::size_t i = 0; i < drawn.size(); i += 32) {
      const __m256i line = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + base + i));
      const __m256i zero = _mm256_set1_epi8('0');
      const __m256i value = _mm256_sub_epi8(line, zero);
      const __m256i digits = _mm256_cmpeq_epi8(_mm256_min_epu8(value, _mm256_set1_epi8(9)), value);
      _mm256_store_si256(reinterpret_cast<__m256i*>(drawn.data() + i),
                         _mm256_blendv_epi8(line, zero, digits));
    }
    for (std::uint32_t i = 0; i < drawn.size(); i += 8, kept >>= 8) {
      const __m128i picks = picks_of(kept);
      const __m128i eight = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(drawn.data() + i));
      _mm_storel_epi64(reinterpret_cast<__m128i*>(out.outline + bytes),
                       _mm_shuffle_epi8(eight, picks));
      _mm_storeu_si128(
          reinterpret_cast<__m128i*>(out.at + bytes),
          _mm_add_epi16(_mm_cvtepu8_epi16(picks), _mm_set1_epi16(static_cast<short>(base + i))));
      bytes += static_cast<std::uint32_t>(std::popcount(kept & 0xFF));
    }
    return bytes;
  }

  SIMD_INLINE static __m256i at(const void* bytes, std::size_t i) {
    return _mm256_loadu_si256(
        reinterpret_cast<const __m256i*>(static_cast<const char*>(bytes) + i));
  }

  SIMD_INLINE static Bits differing(const char* text, const std::uint8_t* key, std::uint32_t mask) {
    const int same = _mm256_movemask_epi8(_mm256_cmpeq_epi8(at(text, 0), at(key, 0)));
    return ~static_cast<std::uint32_t>(same) & mask;
  }

  SIMD_INLINE static bool same_outline(const std::uint8_t* a, const std::uint8_t* b,
                                       std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; i += 32) {
      if (_mm256_movemask_epi8(_mm256_cmpeq_epi8(at(a, i), at(b, i))) != -1) return false;
    }
    return true;
  }
};

}  // namespace
}  // namespace apierrd

#include "parsers/skim/skim_kernel.h"
#include "parsers/skim/skim_sketch.h"

namespace apierrd {

SIMD_TARGET bool skim_avx2(std::string_view text, const SkimTree& tree, Skim& skim) {
  return skim_line(text, tree, skim);
}

}  // namespace apierrd

#endif
