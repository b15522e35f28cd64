// The world as the daemon needs it: files and clocks, behind interfaces so that the reader can be
// tested without disk or time. os_posix.cc holds the real ones.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "parsers/result.h"

namespace apierrd {

/// Which file it is, as long as it exists; an inode number is used again after that.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const FileId&) const = default;
};

struct FileInfo {
  FileId id;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t born_ns = 0;  ///< 0 where the file system does not tell
  bool regular = false;
};

/// Whether `info` is of the file with this id that was born then. An inode number is given away
/// when its file is deleted; where a birth is not told (0) the number has to do.
inline bool is_file(const FileInfo& info, const FileId& id, std::int64_t born_ns) {
  return info.id == id && (born_ns == 0 || info.born_ns == 0 || born_ns == info.born_ns);
}

/// An open file; closed by its destructor. One thread at a time.
class OpenFile {
 public:
  virtual ~OpenFile() = default;
  /// Reads at most `into.size()` bytes; 0 = end of file.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;
  virtual Result<FileInfo> info() = 0;
  /// Where, from `offset` on, there is anything but a hole; the file's size if nothing follows.
  virtual Result<std::uint64_t> data_from(std::uint64_t offset) { return offset; }
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// Compressed files (`.gz`, `.zst`) are read, and their size told, unpacked.
  virtual Result<std::unique_ptr<OpenFile>> open(const std::string& path) = 0;
  /// What the path names now, links followed; empty if nothing. The size of a compressed file is
  /// the stored one.
  virtual Result<std::optional<FileInfo>> info(const std::string& path) = 0;
  /// Whether watching its folder tells of every change of what the path names: not through a link
  /// or a mount.
  virtual bool gives_hints(const std::string& path) { return !path.empty(); }
  /// The paths a pattern (glob(7)) matches, sorted; an error if there may be more of them: no
  /// descriptor or memory is left, or a disk fails. What is absent or not permitted matches
  /// nothing.
  virtual Result<std::vector<std::string>> glob(const std::string& pattern) = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t unix_ns() = 0;       ///< wall clock; may jump
  virtual std::int64_t monotonic_ns() = 0;  ///< never goes back
};

class PosixFileSystem : public FileSystem {
 public:
  Result<std::unique_ptr<OpenFile>> open(const std::string& path) override;
  Result<std::optional<FileInfo>> info(const std::string& path) override;
  bool gives_hints(const std::string& path) override;
  Result<std::vector<std::string>> glob(const std::string& pattern) override;
};

class SystemClock : public Clock {
 public:
  std::int64_t unix_ns() override;
  std::int64_t monotonic_ns() override;
};

/// Cores this process may run on, at least 1.
std::size_t usable_cores();

/// The text of errno.
std::string errno_text(int error);

/// A whole small file (configuration, catalogs).
Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max);

}  // namespace apierrd
