// Follows the log files of one source and hands out their lines, each once.
//
// What is followed is a generation: content that was written under a log's path, in whatever file
// it is by now. While a file is known its descriptor or its id and birth say that it is the same; a
// new file, and every file after a restart, is told by its content before the offset. A file whose
// content there is another was truncated: its old content goes on in the copy that copytruncate
// made, if there is one, and what the file holds now is a new generation. Files that came and went
// unseen are found among the rotated names. docs/state.md says what is done when; decision 0011
// says why.
//
// Works on the FileSystem interface alone: no clock, threads or logging of its own. One thread. A
// sink may count while reading goes on; before any call but read() it must be settled.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/batch_sink.h"
#include "daemon/file_position.h"
#include "daemon/os.h"
#include "daemon/siblings.h"
#include "exporters/series_store.h"
#include "parsers/line_batch.h"
#include "parsers/tally.h"

namespace apierrd {

struct TailOptions {
  std::vector<std::string> patterns;  ///< glob(7)
  std::size_t line_bytes_max = kLineBytesDefault;
  Framing framing;            ///< positions stand only where no record is open
  bool start_at_end = false;  ///< of files found by a source's very first look
  /// How long a file that is no log's any more is held open after its last line: a writer that was
  /// told to reopen its log may take minutes to do so.
  std::int64_t linger_ns = 300'000'000'000;
  /// Beyond this many, files are open only while they are read. Files without a name stay open:
  /// there would be no way back to them.
  std::size_t open_files_max = 1'000;
};

/// What an earlier run left.
struct TailResume {
  std::vector<FilePosition> positions;
  bool first_start = true;  ///< there was no earlier run of this source
  bool rebooted = false;    ///< the machine was started anew since
};

/// What is worth telling an operator; the daemon logs it.
class TailEvents {
 public:
  virtual ~TailEvents() = default;
  virtual void file_opened(const std::string& path, std::uint64_t offset) = 0;
  virtual void file_rotated(const std::string& path) = 0;
  virtual void file_truncated(const std::string& path, std::uint64_t lost_bytes) = 0;
  /// A power loss took back what had been counted: the file was `counted` bytes long.
  virtual void file_shortened(const std::string& path, std::uint64_t counted,
                              std::uint64_t resumed_at) = 0;
  /// A file that was followed is gone: what was written to it behind the offset, if anything, is
  /// lost.
  virtual void file_missing(const std::string& path, std::uint64_t offset) = 0;
  virtual void file_closed(const std::string& path) = 0;
  virtual void file_failed(const Error& error) = 0;
};

/// What changed since the last commit.
struct PositionChanges {
  std::vector<FilePosition> changed;
  std::vector<std::uint64_t> removed;  ///< keys
};

class Tailer {
 public:
  Tailer(FileSystem& files, TailEvents& events, TailOptions options, TailResume resume);

  void set_options(TailOptions options);

  /// Looks at everything: new files, rotations, truncations, files nobody writes any more.
  void sweep(std::int64_t now_ns, BatchSink& sink);
  /// Looks at one path that may have changed. What it cannot tell is left to the next sweep.
  void look_at(const std::string& path, std::int64_t now_ns);
  /// Something was seen that only a sweep can deal with.
  bool wants_sweep() const { return wants_sweep_; }
  /// Something may happen that only a sweep sees: no hints from a folder tell of it.
  bool is_blind() const { return blind_ || look_again_; }
  /// Reads one block of each file that has more. Returns whether any may have more still.
  bool read(std::int64_t now_ns, BatchSink& sink);

  /// Folders in which files may appear or change.
  std::set<std::string> folders() const;
  const FileCounts& counts() const { return counts_; }
  /// Brings all of counts() up to date and returns it; costs as much as there are files, if
  /// anything has happened since. `now_unix_ns` is the wall clock.
  const FileCounts& refresh_counts(std::int64_t now_unix_ns);
  /// The same but for counts().files; costs as much as there are files with something new.
  const FileCounts& refresh_totals(std::int64_t now_unix_ns);
  /// Bytes that were there at the first look and have not been read yet.
  std::uint64_t backlog_bytes() const;

  /// Everything a later run needs.
  std::vector<FilePosition> positions() const;
  PositionChanges changes() const;
  /// There may be changes() since the last settle(); they cost as much as there are files.
  bool stirred() const { return stirred_; }
  /// What changes() told has been committed.
  void settle();

 private:
  struct Generation {
    FilePosition at;
    std::unique_ptr<OpenFile> file;  ///< closed while quiet, or if nobody knows where it is
    std::uint64_t size = 0;          ///< as of the last look
    std::uint64_t read_end = 0;      ///< all bytes before it have been seen
    std::int64_t modified_ns = 0;
    std::int64_t settled_ns = 0;  ///< when modified_ns was seen first: it ticks coarsely
    std::string tail;  ///< while it is open: the bytes before the offset that at.marker is of
    LineCutter cutter;
    bool exists = false;        ///< its file is known: open, or under at.name
    bool verified = false;      ///< its content was found to be what it was when it was committed
    bool had_content = false;   ///< in an earlier run, which had read none of it
    bool packed = false;        ///< compressed, and will not change
    bool stuck = false;         ///< could not be read; tried again at the next sweep
    bool searched_for = false;  ///< truncated away; a copy may hold its end
    std::uint64_t unread = 0;   ///< while searched for: bytes it is known to have had left
    std::uint64_t copy_of = 0;  ///< key of the generation this is only a copy of, held back; or 0
    bool guessed = false;       ///< met under a rotated name; nothing in it tells whose copy it is
    bool whole_copy = false;    ///< it had all that had been counted of its original
    std::uint64_t backlog_end = 0;  ///< its size at the first look
    std::uint64_t sweep = 0;        ///< the last one that saw it under a name
    bool silent = false;            ///< no hints tell of changes under its name
    bool quiet = false;  ///< not behind at the last refresh; then that is when it had caught up
    std::int64_t active_ns = 0;  ///< when it last had something new
    std::int64_t caught_up_unix_ns =
        0;              ///< when it was last seen read to its end, or its newest call
    bool dirty = true;  ///< differs from what is committed
    Mark committed;

    /// An empty file under a rotated name: a log that was never written, or a copy about to be
    /// made. What it is shows when there is something in it.
    bool waiting() const {
      return !at.followed && at.offset == 0 && !packed && copy_of == 0 && at.ledger == ByteLedger{};
    }
    bool live() const { return exists && at.name == at.log; }
    bool behind() const { return size > read_end && exists && copy_of == 0; }
    bool has_more() const { return behind() && !stuck; }
    /// Nothing stands before the offset but a hole (LineCutter).
    bool before_first_line() const { return tail.find_first_not_of('\0') == std::string::npos; }
  };

  /// A file nobody knows yet.
  struct Newcomer {
    std::string name, log;
    FileInfo info;
    bool matched = false;  ///< a pattern matches the name
    bool news = false;     ///< it was seen before there was anything in it
    bool rotated() const { return name != log; }
  };

  // tailer.cc: looking and reading
  bool matches(const std::string& path) const;
  std::string log_of(const std::string& name) const;
  void look_at_name(const std::string& name, const std::string& log, bool matched,
                    std::int64_t now_ns);
  void look_at_unseen(std::int64_t now_ns);
  void look_for_name(Generation& generation, std::int64_t now_ns);
  void measure(Generation& generation, const FileInfo& info, std::int64_t now_ns);
  bool ensure_open(Generation& generation);
  void close(Generation& generation);
  void close_beyond_limit(Generation& generation);
  void read_block(Generation& generation, std::int64_t now_ns, BatchSink& sink);
  static bool has_shrunk_unread(Generation& generation);
  static void mark_head(Generation& generation, std::string_view text);
  void skip_hole(Generation& generation, BatchSink& sink);
  void hand_out(Generation& generation, LineBatch batch, BatchSink& sink);
  void close_quiet_files(std::int64_t now_ns, BatchSink& sink);
  void fail(const Error& error);
  void cannot_tell(const Error& error);
  void cannot_list(const Error& error);
  bool is_silent(const Generation& generation) const;

  // tailer_counts.cc: what it all comes to
  void touch(Generation& generation);
  static FilePosition kept(const Generation& generation);
  void list_files();

  // tailer_generations.cc: which file is which
  Generation& add(const std::string& log, const std::string& name);
  void remove(Generation& generation);
  void set_exists(Generation& generation, bool exists);
  Generation* known_as(const FileInfo& info);
  void place(Generation& generation, const std::string& name, const std::string& log);
  void claim(Generation& generation, const FileInfo& info);
  void take_file(Generation& generation, const Newcomer& newcomer, std::unique_ptr<OpenFile> file,
                 const FileInfo& info, std::int64_t now_ns);
  void lose_file(Generation& generation);
  void lose_name(Generation& generation);
  bool resume_at(Generation& generation, std::uint64_t offset);
  void verify(Generation& generation, const FileInfo& info, std::int64_t now_ns);
  ContentMatch undo_power_loss(Generation& generation, OpenFile& file, std::uint64_t size);
  void truncated(Generation& generation, std::int64_t now_ns);
  bool is_still_a_copy(Generation& copy, const FileInfo& info);
  void lose_bytes(Generation& generation, LossReason reason, std::uint64_t bytes);
  FileStatus& history_of(const std::string& log);
  void count_rotation(const std::string& log);
  void forget_oldest();

  // tailer_newcomers.cc: files nobody knows yet
  void look_for_generations(std::int64_t now_ns);
  void meet_newcomers(std::int64_t now_ns);
  void meet(const Newcomer& newcomer, std::int64_t newest_born_ns, std::int64_t now_ns);
  void hold_back(const Newcomer& newcomer, const Generation& original);
  void cannot_open(const Newcomer& newcomer, const Error& error);
  void slipped_away(const Newcomer& newcomer);
  void wait_for_content(const Newcomer& newcomer, bool history, std::int64_t now_ns);
  void pass_over(const Newcomer& newcomer, OpenFile* file, const FileInfo& info);
  std::int64_t newest_born_ns(const std::string& log) const;
  std::int64_t oldest_born_ns(const std::string& log) const;
  std::uint64_t start_of(OpenFile& file, const FileInfo& info);

  // tailer_kinship.cc: whose content they have
  enum class Kinship : std::uint8_t { kNone, kContinuation, kCopy, kUnreadable, kLater };
  struct Relative {
    Kinship kinship = Kinship::kNone;
    Generation* generation = nullptr;
  };
  Relative relative_of(const Newcomer& newcomer, OpenFile& file, const FileInfo& info,
                       std::int64_t age, std::int64_t now_ns);
  Relative relative_by_marker(const Newcomer& newcomer, OpenFile& file, const FileInfo& info,
                              std::int64_t now_ns);
  Relative relative_by_head(const Newcomer& newcomer, OpenFile& file, const FileInfo& info,
                            std::int64_t now_ns);
  Relative relative_nothing_was_read_of(const Newcomer& newcomer, const FileInfo& info,
                                        std::int64_t age);
  std::vector<Generation*> comparable_with(const Newcomer& newcomer, const FileInfo& info);
  ContentMatch is_alive(Generation& generation, std::int64_t now_ns);
  Relative is_copy_of(Generation& original, OpenFile& file, const FileInfo& info);
  static bool has_all_of(Generation& original, OpenFile& file, const FileInfo& info);
  void forget_copies_of(Generation& log);

  // tailer_missing.cc: what was not found
  using Censuses = std::map<std::string, FolderCensus>;  ///< by folder
  void account_for_missing();
  bool is_missed(const Generation& generation);
  bool may_be_elsewhere(const std::string& log, Censuses& censuses);
  bool has_seen(const FileInfo& info) const;
  bool may_have_counted(const Generation& generation, std::uint64_t unread) const;

  FileSystem& files_;
  TailEvents& events_;
  TailOptions options_;
  bool first_start_;
  bool rebooted_;
  std::uint64_t next_key_ = 1;
  FilePosition forgotten_;  ///< key 0: what generations came to that are not remembered any more
  bool forgotten_changed_ = false;
  std::list<Generation> generations_;  ///< by key; a list: they join while others are looked at
  std::unordered_map<std::uint64_t, std::list<Generation>::iterator> by_key_;
  std::set<std::uint64_t> unread_;  ///< keys, ascending: all that are behind, and perhaps others
  std::set<std::uint64_t> active_;  ///< keys of those that are not quiet, if they exist
  std::map<std::uint64_t, Generation*> gone_;            ///< by key: whose file is not known
  std::multimap<std::uint64_t, std::uint64_t> resumed_;  ///< inode to key, of an earlier run
  std::map<FileId, Generation*> by_id_;
  std::unordered_map<std::string, Generation*> by_name_;
  std::unordered_map<std::string, std::vector<Generation*>> by_log_;
  std::set<std::string> matched_names_;  ///< what the patterns matched in the last sweep
  std::vector<Newcomer> newcomers_;      ///< of the sweep that is going on
  std::map<FileId, std::int64_t> newcomer_births_;
  std::vector<std::uint64_t> removed_;
  FileCounts counts_;
  std::int64_t refreshed_unix_ns_ = 0;
  bool files_changed_ = true;  ///< since counts_.files was made
  bool stirred_ = true;
  std::map<std::string, FileStatus, std::less<>> histories_;  ///< by log; without their lag
  std::size_t open_count_ = 0;
  std::size_t forget_beyond_;
  std::uint64_t sweep_ = 0;
  bool first_sweep_ = true;
  bool wants_sweep_ = false;
  bool blind_ = true;
  bool unlisted_ = false;      ///< a folder could not be listed by this sweep
  bool names_changed_ = true;  ///< look at all folders, whatever their times say
  bool look_again_ = false;    ///< the same, since something could not be told
  struct FolderTime {
    std::int64_t modified_ns = 0;
    std::int64_t seen_ns = 0;
    bool settled = false;  ///< it has stood still, and all its names were seen
  };
  void settle_folder(const std::set<std::string>& logs);
  void settle_first_start();
  std::map<std::string, FolderTime> folder_times_;
  std::map<FileId, std::uint64_t> unreadable_at_first_;  ///< sizes; for start_at_end
};

}  // namespace apierrd
