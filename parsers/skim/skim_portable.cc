// For any machine: the 64 bytes are turned into eight words of 64 bits, one for each bit of a byte,
// and classes of bytes are Boolean functions of these.
#include <bit>
#include <cstdint>
#include <cstring>
#include <initializer_list>

#define SIMD_TARGET

#include "parsers/skim/skim_bits.h"
#include "parsers/skim/skim_outline.h"

namespace apierrd {
namespace {

struct Masks : ByteClasses {
  // The bits of eight bytes as a matrix, transposed (Hacker's Delight, section 7-3).
  static std::uint64_t transposed(std::uint64_t x) {
    std::uint64_t t = (x ^ (x >> 7)) & 0x00AA00AA00AA00AA;
    x ^= t ^ (t << 7);
    t = (x ^ (x >> 14)) & 0x0000CCCC0000CCCC;
    x ^= t ^ (t << 14);
    t = (x ^ (x >> 28)) & 0x00000000F0F0F0F0;
    return x ^ t ^ (t << 28);
  }

  static Masks load(const char* text) {
    std::uint64_t plane[8] = {};
    for (unsigned word = 0; word < 8; ++word) {
      std::uint64_t bytes = 0;
      for (unsigned i = 0; i < 8; ++i) {
        bytes |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[word * 8 + i]))
                 << (i * 8);
      }
      bytes = transposed(bytes);
      for (unsigned bit = 0; bit < 8; ++bit)
        plane[bit] |= (bytes >> (bit * 8) & 0xFF) << (word * 8);
    }
    const auto are = [&plane](unsigned c, unsigned ignored = 0) {
      std::uint64_t bits = ~std::uint64_t{0};
      for (unsigned bit = 0; bit < 8; ++bit) {
        if ((ignored >> bit & 1) == 0) bits &= (c >> bit & 1) != 0 ? plane[bit] : ~plane[bit];
      }
      return bits;
    };
    Masks masks;
    masks.newline = are('\n');
    masks.quote = are('"');
    masks.backslash = are('\\');
    masks.control = ~(plane[5] | plane[6] | plane[7]);
    masks.not_ascii = plane[7];
    masks.open = are('{', 0x20);
    masks.close = are('}', 0x20);
    masks.curly = plane[5];
    masks.colon = are(':');
    masks.comma = are(',');
    masks.blank = are(' ');
    masks.digit = are('0', 0x0F) & ~(plane[3] & (plane[1] | plane[2]));
    masks.zero = are('0');
    masks.point = are('.');
    masks.minus = are('-');
    return masks;
  }

  static std::uint64_t prefix_xor(std::uint64_t bits) {
    for (const unsigned shift : {1U, 2U, 4U, 8U, 16U, 32U}) bits ^= bits << shift;
    return bits;
  }

  SIMD_INLINE static std::uint32_t* append(std::uint32_t* out, std::uint32_t base,
                                           std::uint64_t bits) {
    return append_offsets(out, base, bits);
  }

  // Writes some more than there are: no branch for the usual number.
  static std::uint32_t put_outline(const char* text, std::uint32_t base, Bits kept, Bits digits,
                                   OutlineOut out, std::uint32_t bytes) {
    const auto count = static_cast<std::uint32_t>(std::popcount(kept));
    std::uint8_t* outline = out.outline + bytes;
    std::uint16_t* at = out.at + bytes;
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

  static Bits differing(const char* text, const std::uint8_t* key, std::uint32_t mask) {
    return std::memcmp(text, key, static_cast<std::size_t>(std::popcount(mask))) == 0 ? 0 : mask;
  }

  SIMD_INLINE static bool same_outline(const std::uint8_t* a, const std::uint8_t* b,
                                       std::size_t bytes) {
    return std::memcmp(a, b, bytes) == 0;
  }
};

}  // namespace
}  // namespace apierrd

#include "parsers/skim/skim_kernel.h"
#include "parsers/skim/skim_sketch.h"

namespace apierrd {

// What is seldom called is kept out of where the others are called from.
[[gnu::noinline]] bool skim_portable(std::string_view text, const SkimTree& tree, Skim& skim) {
  return skim_line(text, tree, skim);
}

}  // namespace apierrd
