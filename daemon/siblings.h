// The other generations of a log file: what rotation has made of it, found by name and content.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/os.h"

namespace apierrd {

/// True if `candidate` is `path` with what logrotate and its like append: `.1`, `-20261123`,
/// `.2026-11-23T09:00`, and `.gz` or `.zst` behind it; not other logs that merely begin alike
/// (`api.log.err`).
bool is_rotated_name(std::string_view path, std::string_view candidate);

/// The paths that `candidate` is a rotated name of.
std::vector<std::string> unrotated_names(std::string_view candidate);

/// The rotated names of logs among the files there are now. Reads each folder once.
class RotatedFiles {
 public:
  explicit RotatedFiles(FileSystem& files) : files_(files) {}
  /// Those of `path`, sorted. A compressed one is left out as long as it stands beside the file it
  /// is made from: it may not be whole yet.
  std::vector<std::string> of(const std::string& path);

 private:
  FileSystem& files_;
  std::map<std::string, std::vector<std::string>, std::less<>> by_folder_;
};

/// The folder a path is in, as a path.
std::string folder_of(const std::string& path);

enum class TailMatch { kSame, kDifferent, kUnreadable };

/// Whether the bytes before `offset` of the file are `tail`. A file that is too short has others;
/// one that cannot be read says nothing, least of all that it was truncated.
TailMatch compare_tail(OpenFile& file, std::uint64_t offset, std::string_view tail);

/// True only if they are known to be `tail`.
bool has_tail(OpenFile& file, std::uint64_t offset, std::string_view tail);

/// The last `size` bytes before `offset`; shorter if they cannot be read.
std::string read_tail(OpenFile& file, std::uint64_t offset, std::size_t size);

}  // namespace apierrd
