// What the kernels have in common: each file includes it behind its UNESCAPE_TARGET (the
// instructions its functions may use) and its `Block`: 64 bytes as masks of `quote`, `backslash`
// and `slash`, and write(). All in an unnamed namespace, as skim_bits.h says why.
#pragma once

#include <bit>
#include <cstdint>

#include "parsers/unescape/unescape.h"

namespace apierrd {
namespace {

using Bits = std::uint64_t;

// Where a block's text stops, and which of its bytes are not written.
struct Stop {
  Bits dropped = 0;    // backslashes that escape what follows
  unsigned size = 64;  // bytes before it
  bool found = false;
  bool inside_escape = false;  // it is the second byte of an escape
};

// `carry` is 1 if the block's first byte is escaped.
UNESCAPE_INLINE Stop find_stop(const Block& block, std::size_t left, Bits& carry) {
  Stop stop;
  Bits escaped = 0;
  if ((block.backslash | carry) != 0) {
    // Of backslashes in a row every second one is escaped (as simdjson finds them).
    constexpr Bits kOdd = 0xAAAAAAAAAAAAAAAA;
    const Bits first = block.backslash & ~carry;
    const Bits codes = (((first << 1) | kOdd) - first) ^ kOdd;
    escaped = codes ^ (block.backslash | carry);
    carry = (codes & block.backslash) >> 63;
  }
  stop.dropped = block.backslash & ~escaped;
  const Bits other = escaped & ~(block.quote | block.backslash | block.slash);
  Bits stops = (block.quote & ~escaped) | other;
  if (left < 64) stops |= ~Bits{0} << left;
  if (stops == 0) return stop;
  stop.found = true;
  stop.size = static_cast<unsigned>(std::countr_zero(stops));
  stop.inside_escape = stop.size < left && (other >> stop.size & 1) != 0;
  return stop;
}

template <bool kWrite>
UNESCAPE_INLINE PlainPart unescape_blocks(std::string_view text, char* out) {
  PlainPart part;
  Bits carry = 0;
  for (; part.read < text.size(); part.read += 64) {
    const char* const from = text.data() + part.read;
    const Block block = Block::load(from);
    const Stop stop = find_stop(block, text.size() - part.read, carry);
    if constexpr (kWrite) Block::write(from, stop.dropped, out + part.written);
    if (!stop.found) {
      part.written += 64U - static_cast<unsigned>(std::popcount(stop.dropped));
      continue;
    }
    const Bits before = (Bits{1} << stop.size) - 1;
    part.written += stop.size - static_cast<unsigned>(std::popcount(stop.dropped & before));
    part.read += stop.size;  // of an escape back to its backslash, perhaps in the block before
    part.read -= stop.inside_escape ? 1 : 0;
    return part;
  }
  part.read = text.size();
  return part;
}

}  // namespace
}  // namespace apierrd
