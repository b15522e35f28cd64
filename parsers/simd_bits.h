// What all code by SIMD has in common: each file includes it behind its SIMD_TARGET (the
// instructions its functions may use). All in an unnamed namespace: nothing compiled for a better
// machine may be linked into what runs on a lesser one.
#pragma once

#include <cstdint>

#define SIMD_INLINE SIMD_TARGET __attribute__((always_inline)) inline

namespace apierrd {
namespace {

using Bits = std::uint64_t;  ///< of 64 bytes, the first one's lowest

/// The bytes behind a backslash that is no escaped one itself: of backslashes in a row every second
/// one is (as simdjson finds them). `carry` is 1 if the block's first byte is escaped, and is set
/// for the next block.
[[maybe_unused]] SIMD_INLINE Bits escaped_bytes(Bits backslash, Bits& carry) {
  constexpr Bits kOdd = 0xAAAAAAAAAAAAAAAA;
  const Bits first = backslash & ~carry;
  const Bits maybe_escaped = first << 1;
  const Bits codes = ((maybe_escaped | kOdd) - first) ^ kOdd;
  const Bits escaped = codes ^ (backslash | carry);
  carry = (codes & backslash) >> 63;
  return escaped;
}

}  // namespace
}  // namespace apierrd
