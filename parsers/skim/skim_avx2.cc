// 64 bytes in two registers.
#if defined(__x86_64__)

#include <immintrin.h>

#include <bit>
#include <cstdint>

#define SKIM_TARGET __attribute__((target("avx2,bmi,bmi2,lzcnt,pclmul")))
#define SKIM_CLMUL

#include "parsers/skim/skim_bits.h"

namespace apierrd {
namespace {

struct Masks : ByteClasses {
  SKIM_INLINE static std::uint64_t bits(__m256i low, __m256i high) {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
           static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm256_movemask_epi8(high))) << 32;
  }

  SKIM_INLINE static std::uint64_t are(__m256i low, __m256i high, char c) {
    const __m256i wanted = _mm256_set1_epi8(c);
    return bits(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted));
  }

  // Bytes from `first` to `first` + `count` - 1.
  SKIM_INLINE static std::uint64_t among(__m256i low, __m256i high, char first, char count) {
    const __m256i base = _mm256_set1_epi8(first),
                  most = _mm256_set1_epi8(static_cast<char>(count - 1));
    const __m256i a = _mm256_sub_epi8(low, base), b = _mm256_sub_epi8(high, base);
    return bits(_mm256_cmpeq_epi8(_mm256_min_epu8(a, most), a),
                _mm256_cmpeq_epi8(_mm256_min_epu8(b, most), b));
  }

  SKIM_INLINE static Masks load(const char* text) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text + 32));
    const __m256i fold = _mm256_set1_epi8(0x20);  // [ ] as { }
    const __m256i low_folded = _mm256_or_si256(low, fold),
                  high_folded = _mm256_or_si256(high, fold);
    Masks masks;
    masks.newline = are(low, high, '\n');
    masks.quote = are(low, high, '"');
    masks.backslash = are(low, high, '\\');
    masks.control = among(low, high, 0, 0x20);
    masks.not_ascii = bits(low, high);
    masks.open = are(low_folded, high_folded, '{');
    masks.close = are(low_folded, high_folded, '}');
    masks.curly = bits(_mm256_slli_epi16(low, 2), _mm256_slli_epi16(high, 2));  // bit 5 to the top
    masks.colon = are(low, high, ':');
    masks.comma = are(low, high, ',');
    masks.blank = are(low, high, ' ');
    masks.digit = among(low, high, '0', 10);
    masks.zero = are(low, high, '0');
    return masks;
  }

  SKIM_INLINE static std::uint64_t prefix_xor(std::uint64_t bits) {
    return parity_by_product(bits);
  }

  SKIM_INLINE static std::uint32_t* append(std::uint32_t* out, std::uint32_t base,
                                           std::uint64_t bits) {
    return append_offsets(out, base, bits);
  }
};

}  // namespace
}  // namespace apierrd

#include "parsers/skim/skim_kernel.h"

namespace apierrd {

SKIM_TARGET bool skim_avx2(std::string_view text, const SkimTree& tree, Skim& skim) {
  return Pass().run(text, tree, skim);
}

}  // namespace apierrd

#endif
