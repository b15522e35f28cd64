// What is kept of a log file over a restart: which file it is, how far it was counted, what its
// bytes came to, and by what its content is known again. Plain values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/os.h"

namespace apierrd {

/// How much of a file's content before an offset tells it from others: a few calls, each with an
/// id.
inline constexpr std::size_t kMarkerBytes = 1024;

/// A place in a file and the hash of the kMarkerBytes before it (fewer at a file's start).
struct Mark {
  std::uint64_t offset = 0;
  std::uint64_t marker = 0;
  bool operator==(const Mark&) const = default;
};

/// What the bytes of one generation came to. All but `lost` lie before its offset:
/// parsed + ignored + rejected + padding + skipped = offset + undone.
struct ByteLedger {
  std::uint64_t parsed = 0;    ///< lines with records, line ends included
  std::uint64_t ignored = 0;   ///< lines that are in order but show no call
  std::uint64_t rejected = 0;  ///< lines that cannot be accepted
  std::uint64_t padding = 0;   ///< of no line: byte order mark, hole at the start
  std::uint64_t skipped = 0;   ///< there before the source was followed (`start_at: end`, history)
  std::uint64_t undone = 0;    ///< counted, then gone from the file by a power loss
  std::uint64_t lost = 0;      ///< known to have been there, never read

  std::uint64_t counted() const { return parsed + ignored + rejected + padding + skipped; }
  void add(const ByteLedger& other);
  bool operator==(const ByteLedger&) const = default;
};

/// One generation of a log: content that was written under the log's path, in whatever file it is
/// now.
struct FilePosition {
  std::uint64_t key = 0;  ///< of the row; unique within its source
  std::string log;        ///< the path it is a generation of
  std::string name;       ///< where it was seen last
  FileId id;
  std::int64_t born_ns = 0;  ///< of that file; 0 where the file system does not tell
  std::int64_t first_born_ns =
      0;                     ///< of the first file that held it, before copies and packed ones
  std::uint64_t offset = 0;  ///< behind the last counted line
  std::uint64_t marker = 0;  ///< of offset
  std::vector<Mark> marks;   ///< where it was committed before, the latest last
  ByteLedger ledger;
  bool followed = true;  ///< more was expected of it, as of the last commit
  /// All names beside it were seen since it was known: an unknown file that is older is history.
  /// Until then one may have been renamed from under the listing.
  bool settled = false;
  bool operator==(const FilePosition&) const = default;
};

/// Adds where a file was committed. Of those long past only some are kept: a power loss takes back
/// what was written last.
void add_mark(std::vector<Mark>& marks, const Mark& mark);
inline constexpr std::size_t kMarksMax = 16;

/// A hash of `bytes`, stable between versions (FNV-1a, 64 bit).
std::uint64_t marker_of(std::string_view bytes);

}  // namespace apierrd
