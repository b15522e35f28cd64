// The other generations of a log file: what rotation has made of it, found by name and content.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/os.h"

namespace apierrd {

/// True if `candidate` is `path` with what logrotate and its like append: `.1`, `-20261123`,
/// `.2026-11-23T09:00`; not other logs that merely begin alike (`api.log.err`).
bool is_rotated_name(std::string_view path, std::string_view candidate);

/// The files there are now whose names are rotated names of `path`; compressed ones are left out.
std::vector<std::string> rotated_files(FileSystem& files, const std::string& path);

enum class TailMatch { kSame, kDifferent, kUnreadable };

/// Whether the bytes before `offset` of the file are `tail`. A file that is too short has others;
/// one that cannot be read says nothing, least of all that it was truncated.
TailMatch compare_tail(OpenFile& file, std::uint64_t offset, std::string_view tail);

/// True only if they are known to be `tail`.
bool has_tail(OpenFile& file, std::uint64_t offset, std::string_view tail);

/// The last `size` bytes before `offset`; shorter if they cannot be read.
std::string read_tail(OpenFile& file, std::uint64_t offset, std::size_t size);

}  // namespace apierrd
