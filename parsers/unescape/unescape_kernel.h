// What the kernels have in common: each file includes it, as simd_bits.h is, behind its `Block`:
// 64 bytes as masks of `quote`, `backslash` and `slash`, and write().
#pragma once

#include <bit>
#include <cstdint>

#include "parsers/simd_bits.h"
#include "parsers/unescape/unescape.h"

namespace apierrd {
namespace {

// What matters of a block.
struct Found {
  Bits dropped;  // backslashes that escape what follows
  Bits other;    // bytes behind such, of an escape that is not plain
  Bits stops;    // those, and quotes that are not escaped
};

// `carry` is 1 if the block's first byte is escaped.
SIMD_INLINE Found find_in(const Block& block, Bits& carry) {
  if ((block.backslash | carry) == 0) return {0, 0, block.quote};
  const Bits escaped = escaped_bytes(block.backslash, carry);
  const Bits other = escaped & ~(block.quote | block.backslash | block.slash);
  return {block.backslash & ~escaped, other, (block.quote & ~escaped) | other};
}

template <bool kWrite>
SIMD_INLINE PlainPart unescape_blocks(std::string_view text, char* out) {
  Bits carry = 0;
  std::size_t read = 0, written = 0;
  for (; read < text.size(); read += 64) {
    const char* const from = text.data() + read;
    const std::size_t left = text.size() - read;
    const Found found = find_in(Block::load(from), carry);
    if constexpr (kWrite) Block::write(from, found.dropped, out + written);
    if (found.stops == 0 && left >= 64) {
      written += 64U - static_cast<unsigned>(std::popcount(found.dropped));
      continue;
    }
    const Bits end = left < 64 ? Bits{1} << left : 0;
    const auto size = static_cast<unsigned>(std::countr_zero(found.stops | end));
    const Bits before = (Bits{1} << size) - 1;
    written += size - static_cast<unsigned>(std::popcount(found.dropped & before));
    read += size;
    // Of an escape it stops before the backslash, which may stand in the block before.
    if (read < text.size() && (found.other >> size & 1) != 0) --read;
    return {read, written};
  }
  return {text.size(), written};
}

}  // namespace
}  // namespace apierrd
