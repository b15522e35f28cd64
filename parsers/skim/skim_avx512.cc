// 64 bytes in one register; comparisons give bits.
#if defined(__x86_64__)

#include <immintrin.h>

#include <array>
#include <bit>
#include <cstdint>

#define SIMD_TARGET \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi,bmi2,lzcnt,pclmul")))
#define SKIM_CLMUL

#include "parsers/skim/skim_bits.h"
#include "parsers/skim/skim_outline.h"

namespace apierrd {
namespace {

alignas(64) constexpr auto kOffsets = [] {
  std::array<std::uint8_t, 64> offsets{};
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] = static_cast<std::uint8_t>(i);
  return offsets;
}();

struct Masks : ByteClasses {
  SIMD_INLINE static Masks load(const char* text) {
    const __m512i bytes = _mm512_loadu_si512(text);
    const auto are = [bytes](char c)
                         SIMD_TARGET { return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(c)); };
    const __m512i folded = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));  // [ ] as { }
    Masks masks;
    masks.newline = are('\n');
    masks.quote = are('"');
    masks.backslash = are('\\');
    masks.control = _mm512_cmplt_epu8_mask(bytes, _mm512_set1_epi8(0x20));
    masks.not_ascii = _mm512_movepi8_mask(bytes);
    masks.open = _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8('{'));
    masks.close = _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8('}'));
    masks.curly = _mm512_test_epi8_mask(bytes, _mm512_set1_epi8(0x20));
    masks.colon = are(':');
    masks.comma = are(',');
    masks.blank = are(' ');
    masks.digit =
        _mm512_cmplt_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8('0')), _mm512_set1_epi8(10));
    masks.zero = are('0');
    masks.point = are('.');
    masks.minus = are('-');
    return masks;
  }

  SIMD_INLINE bool is_plain() const { return _kortestz_mask64_u8(control, backslash) != 0; }

  SIMD_INLINE static std::uint64_t prefix_xor(std::uint64_t bits) {
    return parity_by_product(bits);
  }

  // Writes the offsets of the bits, sixteen at a time.
  SIMD_INLINE static std::uint32_t* append(std::uint32_t* out, std::uint32_t base,
                                           std::uint64_t bits) {
    const int count = std::popcount(bits);
    __m512i offsets = _mm512_maskz_compress_epi8(bits, _mm512_load_si512(kOffsets.data()));
    const __m512i first = _mm512_set1_epi32(static_cast<int>(base));
    for (int written = 0;;) {
      const __m512i wide = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(offsets));
      _mm512_storeu_si512(out + written, _mm512_add_epi32(wide, first));
      written += 16;
      if (written >= count) return out + count;
      offsets = _mm512_shuffle_i32x4(offsets, offsets, 0b111001);  // the next sixteen
    }
  }

  SIMD_INLINE static std::uint32_t put_outline(const char* text, std::uint32_t base, Bits kept,
                                               Bits digits, OutlineOut out, std::uint32_t bytes) {
    const __m512i line = _mm512_loadu_si512(text + base);
    const __m512i drawn = _mm512_mask_mov_epi8(line, digits, _mm512_set1_epi8('0'));
    _mm512_storeu_si512(out.outline + bytes, _mm512_maskz_compress_epi8(kept, drawn));
    __m512i offsets = _mm512_maskz_compress_epi8(kept, _mm512_load_si512(kOffsets.data()));
    const __m512i first = _mm512_set1_epi16(static_cast<short>(base));
    const auto count = static_cast<std::uint32_t>(std::popcount(kept));
    for (std::uint32_t written = 0;;) {
      const __m512i wide = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(offsets));
      _mm512_storeu_si512(out.at + bytes + written, _mm512_add_epi16(wide, first));
      written += 32;
      if (written >= count) return bytes + count;
      offsets = _mm512_shuffle_i64x2(offsets, offsets, 0b1110);  // the upper half
    }
  }

  SIMD_INLINE static Bits differing(const char* text, const std::uint8_t* key, std::uint32_t mask) {
    const auto* const a = reinterpret_cast<const __m256i*>(text);
    const auto* const b = reinterpret_cast<const __m256i*>(key);
    return _mm256_mask_cmpneq_epi8_mask(mask, _mm256_loadu_si256(a), _mm256_load_si256(b));
  }

  SIMD_INLINE static bool same_outline(const std::uint8_t* a, const std::uint8_t* b,
                                       std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; i += 64) {
      if (_mm512_cmpneq_epi8_mask(_mm512_loadu_si512(a + i), _mm512_loadu_si512(b + i)) != 0)
        return false;
    }
    return true;
  }
};

}  // namespace
}  // namespace apierrd

#include "parsers/skim/skim_kernel.h"
#include "parsers/skim/skim_sketch.h"

namespace apierrd {

SIMD_TARGET bool skim_avx512(std::string_view text, const SkimTree& tree, Skim& skim) {
  return skim_line(text, tree, skim);
}

}  // namespace apierrd

#endif
