#include "daemon/read_buffer.h"

#include <algorithm>

#include "parsers/json_document.h"
#include "parsers/line_batch.h"

namespace apierrd {

namespace {

// At least this much is read at once, so that a system call costs little per line.
constexpr std::size_t kBlockBytes = 256U << 10;

}  // namespace

std::size_t block_bytes_for(std::size_t line_bytes_max) {
  // A block must be able to hold the longest line and all around it, or that line could never be
  // told from one that is too long.
  return std::max(kBlockBytes, line_bytes_max + kLineSlack + 1);
}

ReadBuffer::ReadBuffer(std::size_t line_bytes_max)
    : block_bytes_(block_bytes_for(line_bytes_max)),
      bytes_(std::make_unique_for_overwrite<char[]>(block_bytes_ + kJsonPadding)) {}

}  // namespace apierrd
