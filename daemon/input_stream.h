// A log as `replay` reads it: a whole file, standard input, or a compressed one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "parsers/result.h"

namespace apierrd {

class InputStream {
 public:
  virtual ~InputStream() = default;
  /// Reads at most `into.size()` bytes of the uncompressed log; 0 = end.
  virtual Result<std::size_t> read(std::span<char> into) = 0;
  /// Bytes of the stored file used up so far and in all (0 if unknown), for a progress bar.
  virtual std::uint64_t consumed_bytes() const = 0;
  virtual std::uint64_t total_bytes() const = 0;
};

/// `-` is standard input. gzip (several members) and zstd (several frames) are recognised by their
/// first bytes, whatever the name.
Result<std::unique_ptr<InputStream>> open_input(const std::string& path);

}  // namespace apierrd
