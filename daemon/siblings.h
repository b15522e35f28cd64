// The other generations of a log file: what rotation has made of it, found by name and content.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/os.h"

namespace apierrd {

/// True if `candidate` is `path` with what logrotate and its like append: `.1`, `-20261123`,
/// `.2026-11-23T09:00`, and `.gz` or `.zst` behind it; not other logs that merely begin alike
/// (`api.log.err`).
bool is_rotated_name(std::string_view path, std::string_view candidate);

/// The paths that `candidate` is a rotated name of, the longest first.
std::vector<std::string> unrotated_names(std::string_view candidate);

/// The folder a path is in, as a path.
std::string folder_of(const std::string& path);

/// The names in one folder, as paths, sorted.
class FolderListing {
 public:
  FolderListing(FileSystem& files, const std::string& folder);
  /// Why names may be lacking, if so.
  const std::optional<Error>& error() const { return error_; }
  /// The rotated names of `path`, sorted. A compressed one is left out as long as it stands beside
  /// the file it is made from: it may not be whole yet.
  std::vector<std::string> rotated_names_of(const std::string& path) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::optional<Error> error_;
};

/// Which files the rotated names of a folder named at one moment: it is looked at twice.
class FolderCensus {
 public:
  FolderCensus(FileSystem& files, const std::string& folder);
  /// Those of `path`. Empty if any of these names came, went or moved between the looks: one that
  /// is shifted meanwhile may not be seen at all. An error if not all could be looked at.
  Result<std::optional<std::vector<FileInfo>>> rotated_files_of(const std::string& path) const;

 private:
  struct Look {
    FolderListing listing;
    std::map<std::string, Result<FileInfo>> files;  ///< by path; without id if it names nothing
  };
  static Look look(FileSystem& files, const std::string& folder);

  Look first_, second_;
};

enum class ContentMatch { kSame, kDifferent, kUnreadable };

/// Whether the bytes before `offset` of the file have this marker. A file that is too short has
/// other bytes; one that cannot be read says nothing, least of all that it was truncated.
ContentMatch compare_marker(OpenFile& file, std::uint64_t offset, std::uint64_t marker);

/// Whether two files have the same bytes before `offset`, kMarkerBytes at most.
ContentMatch compare_content(OpenFile& one, OpenFile& other, std::uint64_t offset);

/// The last `size` bytes before `offset`, fewer if the file ends before; an error if it cannot be
/// read.
Result<std::string> read_tail(OpenFile& file, std::uint64_t offset, std::size_t size);

}  // namespace apierrd
