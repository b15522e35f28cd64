// Memory that a log is read into, one block at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace apierrd {

class ReadBuffer {
 public:
  explicit ReadBuffer(std::size_t line_bytes_max);
  /// Room for one block; the padding parsers need follows it.
  std::span<char> block() { return {bytes_.get(), block_bytes_}; }

 private:
  std::size_t block_bytes_;
  std::unique_ptr<char[]> bytes_;  ///< not zeroed: what nothing is read into is never touched
};

/// The size of a block where lines may have `line_bytes_max` bytes.
std::size_t block_bytes_for(std::size_t line_bytes_max);

}  // namespace apierrd
