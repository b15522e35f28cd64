// Follows the log files of one source and hands out their lines, each once.
//
// A file is followed by its open descriptor; its path only says which file to follow next. A
// renamed file is read to its end and kept for a while, since its writer may not have noticed. A
// file whose content before the offset is no longer what was read there was truncated: it is read
// from its start, and what was not counted yet is looked for in the copy that copytruncate made.
// Files that came and went between two looks, or while the daemon was down, are found among the
// rotated names. Works on the FileSystem interface alone: no clock, threads or logging of its own.
// One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/os.h"
#include "daemon/siblings.h"
#include "exporters/series_store.h"
#include "parsers/line_batch.h"

namespace apierrd {

struct TailOptions {
  std::vector<std::string> patterns;  ///< glob(7)
  std::size_t line_bytes_max = kLineBytesDefault;
  bool start_at_end = false;  ///< of files found by the very first look, without a position
  /// How long a file without a name is kept after its last line: a writer that was told to reopen
  /// its log may take minutes to do so.
  std::int64_t linger_ns = 300'000'000'000;
};

/// Where a file is to be resumed after a restart: content decides, the id only tells whom to ask
/// first.
struct FilePosition {
  std::string path;
  FileId id;
  std::uint64_t offset = 0;  ///< behind the last counted line
  std::uint64_t marker = 0;  ///< hash of the kMarkerBytes before offset (fewer at a file's start)
  std::int64_t born_ns = 0;  ///< 0 where the file system does not tell
  bool operator==(const FilePosition&) const = default;
};
inline constexpr std::size_t kMarkerBytes = 1024;

/// What is worth telling an operator; the daemon logs it.
class TailEvents {
 public:
  virtual ~TailEvents() = default;
  virtual void file_opened(const std::string& path, std::uint64_t offset) = 0;
  virtual void file_rotated(const std::string& path) = 0;
  virtual void file_truncated(const std::string& path, std::uint64_t lost_bytes) = 0;
  virtual void file_closed(const std::string& path) = 0;
  virtual void file_failed(const Error& error) = 0;
};

/// Memory that files are read into, one block at a time; shared by all tailers of a thread.
class ReadBuffer {
 public:
  explicit ReadBuffer(std::size_t line_bytes_max);
  /// Room for one block; the padding parsers need follows it.
  std::span<char> block() { return {bytes_.data(), block_bytes_}; }
  void resize_for(std::size_t line_bytes_max);

 private:
  std::size_t block_bytes_ = 0;
  std::vector<char> bytes_;
};

class Tailer {
 public:
  using Sink = std::function<void(const LineBatch&)>;

  Tailer(FileSystem& files, TailEvents& events, TailOptions options,
         std::vector<FilePosition> resume);

  void set_options(TailOptions options) { options_ = std::move(options); }

  /// Looks at everything: new files, rotations, truncations, files nobody writes any more.
  void sweep(std::int64_t now_ns, const Sink& sink);
  /// Looks at one path that may have changed.
  void look_at(const std::string& path, std::int64_t now_ns);
  /// Reads one block of each file that has more. Returns whether any may have more still.
  bool read(ReadBuffer& buffer, std::int64_t now_ns, const Sink& sink);

  /// Folders in which files may appear or change.
  std::set<std::string> folders() const;
  const FileCounts& counts() const { return counts_; }
  /// Brings counts().files up to date and returns all of it. `now_unix_ns` is the wall clock.
  const FileCounts& refresh_counts(std::int64_t now_unix_ns);
  /// Where each file would be resumed, those given at the start and not seen since included.
  std::vector<FilePosition> positions();

 private:
  struct TailedFile {
    std::string path;
    std::unique_ptr<OpenFile> file;
    FileId id;
    std::uint64_t offset = 0;    ///< behind the last line handed out
    std::uint64_t read_end = 0;  ///< all bytes before it have been seen
    std::uint64_t size = 0;      ///< as of the last look
    std::int64_t modified_ns = 0;
    std::int64_t born_ns = 0;
    std::string tail;  ///< the last bytes before offset, at most kMarkerBytes
    LineCutter cutter;
    bool named = true;           ///< its path still names it
    std::string packed_name;     ///< of a compressed file, which never changes
    std::int64_t active_ns = 0;  ///< when it last had something new
    /// Set while this is only a copy of a file that is followed itself: it is read when, and from
    /// where, that file is truncated, or when it goes on by itself beyond copied_size.
    std::optional<FileId> copy_of;
    std::uint64_t copied_size = 0;
    bool has_more() const { return size > read_end && !copy_of; }
    /// Nothing stands before the offset but a hole (LineCutter).
    bool before_first_line() const { return tail.find_first_not_of('\0') == std::string::npos; }
  };

  /// A file under a rotated name.
  struct Generation {
    std::string name;
    std::unique_ptr<OpenFile> file;
    FileInfo info;  ///< of a compressed one the size is that of its text
    bool compressed = false;
  };

  bool matches(const std::string& path) const;
  bool is_followed(const FileId& id) const { return by_id_.contains(id); }
  std::vector<TailedFile*> followed_as(const std::string& path) const;
  void set_path(TailedFile& tailed, const std::string& path);
  void forget_path(const TailedFile& tailed);
  void open(const std::string& path, std::int64_t now_ns);
  TailedFile& follow(const std::string& path, std::unique_ptr<OpenFile> file, const FileInfo& info,
                     std::uint64_t offset, std::int64_t now_ns);
  bool hold_back_copy(TailedFile& copy);
  using Younger = std::function<bool(const FileInfo&)>;
  static Younger younger_than(const TailedFile& tailed);
  void find_generations(const std::string& path, const Younger& younger, RotatedFiles& rotated,
                        std::int64_t now_ns);
  void pass_over_generations(const std::string& path, RotatedFiles& rotated);
  std::optional<Generation> open_generation(const std::string& path, const std::string& name);
  bool is_history(const std::string& path, const FileInfo& compressed) const;
  bool is_packed_copy(const std::string& path, Generation& generation) const;
  void remember(const std::string& path, Generation& generation);
  void look_into_the_past(std::int64_t now_ns);
  std::uint64_t recover_from_copy(const TailedFile& truncated, std::int64_t now_ns);
  void start_over(TailedFile& tailed, std::uint64_t seen_end, std::int64_t now_ns);
  void skip_hole(TailedFile& tailed, const Sink& sink);
  void read_block(TailedFile& tailed, ReadBuffer& buffer, std::int64_t now_ns, const Sink& sink);
  std::optional<FilePosition> take_position(OpenFile& file, const FileInfo& info,
                                            const std::string& path);
  std::uint64_t last_line_start(OpenFile& file, std::uint64_t size);
  void measure(TailedFile& tailed, std::int64_t now_ns);
  void check_name(TailedFile& tailed, const std::optional<FileInfo>& named, std::int64_t now_ns);
  static void hand_out(TailedFile& tailed, LineBatch batch, const Sink& sink);
  void close_quiet_files(std::int64_t now_ns, const Sink& sink);
  void fail(const Error& error);

  FileSystem& files_;
  TailEvents& events_;
  TailOptions options_;
  std::vector<FilePosition> resume_;  ///< of files that are not followed at the moment
  std::map<std::string, std::int64_t> newest_born_ns_;  ///< by path, as of the start
  std::list<TailedFile> tailed_;  ///< a list: files join while others are looked at
  std::unordered_map<std::string, std::vector<TailedFile*>> by_path_;
  std::map<FileId, TailedFile*> by_id_;
  FileCounts counts_;
  bool first_sweep_ = true;
};

/// The position behind `offset` of a file.
FilePosition position_of(const std::string& path, OpenFile& file, const FileInfo& info,
                         std::uint64_t offset);

/// The marker of a position: a hash of `bytes`, stable between versions (FNV-1a, 64 bit).
std::uint64_t marker_of(std::string_view bytes);

}  // namespace apierrd
