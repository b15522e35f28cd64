// Looking at files and reading them. Which file is which generation is in tailer_generations.cc.
#include "daemon/tailer.h"

#include <fnmatch.h>

#include <algorithm>

#include "daemon/compressed_file.h"

namespace apierrd {

namespace {

// Times of files tick in steps of some milliseconds: a change within a step of the last one shows
// nothing. So long a file is compared whether its time has changed or not.
constexpr std::int64_t kTimeIsCoarseNs = 100'000'000;

// The deepest folder of a pattern that holds no wildcard.
std::string fixed_folder_of(const std::string& pattern) {
  return folder_of(pattern.substr(0, pattern.find_first_of("*?[")) + "x");
}

// New folders that it would match give no hint.
bool has_wild_folder(const std::string& pattern) {
  return fixed_folder_of(pattern) != folder_of(pattern);
}

}  // namespace

void Tailer::fail(const Error& error) {
  ++counts_.open_errors;
  blind_ = true;  // what heals it gives no hint
  events_.file_failed(error);
}

// Which file it is, or how it goes on: to be looked at again by the next sweep.
void Tailer::cannot_tell(const Error& error) {
  look_again_ = true;
  fail(error);
}

// Names may be there that this sweep has not seen.
void Tailer::cannot_list(const Error& error) {
  unlisted_ = true;
  cannot_tell(error);
}

bool Tailer::matches(const std::string& path) const {
  // Compressed files are looked at as generations of a log, never as logs of their own.
  return !is_compressed_name(path) &&
         std::any_of(options_.patterns.begin(), options_.patterns.end(),
                     [&path](const std::string& pattern) {
                       return ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) ==
                              0;
                     });
}

// The log a name belongs to: the path it is a rotated name of, if that is a log of ours, else
// itself. A writer that begins a dated file each day has no other log.
std::string Tailer::log_of(const std::string& name) const {
  const std::vector<std::string> paths = unrotated_names(name);
  for (auto path = paths.rbegin(); path != paths.rend(); ++path) {
    if (by_log_.contains(*path) || matched_names_.contains(*path)) return *path;
  }
  return name;
}

std::set<std::string> Tailer::folders() const {
  std::set<std::string> folders;
  for (const std::string& pattern : options_.patterns) folders.insert(fixed_folder_of(pattern));
  for (const auto& [log, generations] : by_log_) folders.insert(folder_of(log));
  return folders;
}

void Tailer::sweep(std::int64_t now_ns, BatchSink& sink) {
  ++sweep_;
  files_changed_ = stirred_ = true;
  wants_sweep_ = blind_ = unlisted_ = false;
  newcomers_.clear();
  newcomer_births_.clear();
  matched_names_.clear();
  for (const std::string& pattern : options_.patterns) {
    Result<std::vector<std::string>> found = files_.glob(pattern);
    if (!found) {
      cannot_list(found.error());
      continue;
    }
    for (std::string& name : *found) {
      if (!is_compressed_name(name)) matched_names_.insert(std::move(name));
    }
  }
  // The logs themselves first: should a file have two names, that one counts.
  for (const bool rotated : {false, true}) {
    for (const std::string& name : matched_names_) {
      const std::string log = log_of(name);
      if ((log != name) == rotated) look_at_name(name, log, true, now_ns);
    }
  }
  look_at_unseen(now_ns);
  look_for_generations(now_ns);
  meet_newcomers(now_ns);
  if (first_sweep_ && first_start_) settle_first_start();
  account_for_missing();
  close_quiet_files(now_ns, sink);
  forget_oldest();
  first_sweep_ = false;
  resumed_.clear();
  const auto unsettled = [](const auto& time) { return !time.second.settled; };
  blind_ = blind_ ||
           std::any_of(options_.patterns.begin(), options_.patterns.end(), has_wild_folder) ||
           std::any_of(folder_times_.begin(), folder_times_.end(), unsettled) ||
           std::any_of(generations_.begin(), generations_.end(),
                       [this](const Generation& generation) { return is_silent(generation); });
}

// A file that is followed without a name, or through a link.
bool Tailer::is_silent(const Generation& generation) const {
  if (!generation.exists || !generation.at.followed || generation.copy_of != 0) return false;
  return generation.stuck || generation.silent || generation.at.name.empty();
}

void Tailer::look_at_name(const std::string& name, const std::string& log, bool matched,
                          std::int64_t now_ns) {
  const Result<std::optional<FileInfo>> found = files_.info(name);
  if (!found) return fail(found.error());
  if (!*found || !(*found)->regular) return;
  Generation* const known = known_as(**found);
  if (known == nullptr) {
    if (newcomer_births_.try_emplace((*found)->id, (*found)->born_ns).second) {
      newcomers_.push_back({name, log, **found, matched, false});
    }
    return;
  }
  const bool may_be_news = known->waiting()
                               ? (*found)->size > 0
                               : known->copy_of != 0 && !is_still_a_copy(*known, **found);
  if (may_be_news) {
    newcomers_.push_back({name, log, **found, matched, true});
    newcomer_births_[(*found)->id] = (*found)->born_ns;
    return remove(*known);
  }
  if (known->sweep == sweep_) return;  // it has two names
  known->sweep = sweep_;
  place(*known, name, log);
  measure(*known, **found, now_ns);
}

// Files that no pattern has shown: renamed, deleted, or written to without a name.
void Tailer::look_at_unseen(std::int64_t now_ns) {
  for (Generation& generation : generations_) {
    if (!generation.exists || generation.sweep == sweep_ || generation.copy_of != 0) continue;
    look_for_name(generation, now_ns);
    if (generation.sweep == sweep_ || !generation.file) continue;
    const Result<FileInfo> info = generation.file->info();
    info ? measure(generation, *info, now_ns) : fail(info.error());
  }
}

// Whether a file is still where it was. Of those open under no log's name the descriptor says
// enough.
void Tailer::look_for_name(Generation& generation, std::int64_t now_ns) {
  const bool expected =
      generation.at.followed ||
      (generation.waiting() && now_ns - generation.active_ns < options_.linger_ns);
  const bool by_descriptor = generation.file && !generation.live();
  if (generation.at.name.empty() || !expected || by_descriptor) return;
  const Result<std::optional<FileInfo>> named = files_.info(generation.at.name);
  if (!named) return fail(named.error());
  if (!*named || known_as(**named) != &generation) return lose_name(generation);
  generation.sweep = sweep_;
  measure(generation, **named, now_ns);
}

void Tailer::look_at(const std::string& path, std::int64_t now_ns) {
  const auto found = by_name_.find(path);
  if (found == by_name_.end()) {
    // Perhaps a new log, a new name of one that we know, or what is left of one.
    if (matches(path) || log_of(path) != path) wants_sweep_ = true;
    return;
  }
  stirred_ = files_changed_ = true;
  Generation* const known = found->second;  // known_as() may take the name from it
  const Result<std::optional<FileInfo>> info = files_.info(path);
  if (!info || !*info || known_as(**info) != known) {
    wants_sweep_ = true;
    return;
  }
  const bool for_a_sweep = known->copy_of != 0 || known->waiting();
  if (for_a_sweep && (*info)->size != known->size) wants_sweep_ = true;
  measure(*known, **info, now_ns);
}

void Tailer::measure(Generation& generation, const FileInfo& info, std::int64_t now_ns) {
  generation.stuck = false;
  if (generation.copy_of != 0 || generation.waiting()) {  // a sweep sees what has become of it
    look_again_ = look_again_ || info.size != generation.size;
    return;
  }
  if (!generation.verified) return verify(generation, info, now_ns);
  if (generation.packed) return;
  const bool touched = info.modified_ns != generation.modified_ns;
  if (touched) {
    generation.modified_ns = info.modified_ns;
    generation.settled_ns = now_ns;
  }
  if (info.size < generation.read_end) return truncated(generation, now_ns);
  if (touched || now_ns - generation.settled_ns < kTimeIsCoarseNs) {
    if (generation.at.offset > 0 && !ensure_open(generation)) return;
    const ContentMatch content =
        generation.at.offset == 0
            ? ContentMatch::kSame
            : compare_marker(*generation.file, generation.at.offset, generation.at.marker);
    if (content == ContentMatch::kDifferent) return truncated(generation, now_ns);
  }
  if (info.size != generation.size) {
    generation.active_ns = now_ns;
    generation.dirty = generation.dirty || generation.size == 0;
    touch(generation);
  }
  generation.size = info.size;
  close_beyond_limit(generation);
}

// False, and told of, if it cannot be opened now. A file that is another by now is found by a
// sweep.
bool Tailer::ensure_open(Generation& generation) {
  if (generation.file) return true;
  Result<std::unique_ptr<OpenFile>> file = files_.open(generation.at.name);
  if (!file) {
    generation.stuck = true;
    cannot_tell(file.error());
    return false;
  }
  const Result<FileInfo> info = (*file)->info();
  if (!info || !is_file(*info, generation.at.id, generation.at.born_ns)) {
    generation.stuck = true;
    wants_sweep_ = names_changed_ = true;
    return false;
  }
  Result<std::string> tail = read_tail(**file, generation.at.offset, kMarkerBytes);
  if (!tail) {
    generation.stuck = true;
    cannot_tell(tail.error());
    return false;
  }
  generation.tail = *std::move(tail);
  generation.file = *std::move(file);
  ++open_count_;
  return true;
}

void Tailer::close(Generation& generation) {
  if (!generation.file) return;
  generation.file.reset();
  generation.tail = std::string();
  --open_count_;
}

// Only a file that was just seen under its name can be opened again.
void Tailer::close_beyond_limit(Generation& generation) {
  if (open_count_ > options_.open_files_max && generation.sweep == sweep_) close(generation);
}

bool Tailer::read(std::int64_t now_ns, BatchSink& sink) {
  bool more = false;
  std::uint64_t key = 0;  // reading adds and removes others
  for (auto at = unread_.begin(); at != unread_.end(); at = unread_.upper_bound(key)) {
    key = *at;
    Generation& generation = *by_key_.at(key);
    if (generation.has_more() && ensure_open(generation)) {
      files_changed_ = stirred_ = true;
      read_block(generation, now_ns, sink);
      close_beyond_limit(generation);
    }
    more = more || generation.has_more();
    if (!generation.behind()) unread_.erase(key);
  }
  return more;
}

// Of which nothing was read there is no content to compare; but it may have become shorter.
bool Tailer::has_shrunk_unread(Generation& generation) {
  if (generation.at.offset != 0 || generation.packed) return false;
  const Result<FileInfo> now = generation.file->info();
  return now && now->size < generation.size;
}

void Tailer::read_block(Generation& generation, std::int64_t now_ns, BatchSink& sink) {
  const std::uint64_t pending = generation.cutter.pending_bytes();
  const std::uint64_t from = generation.at.offset + pending;
  const std::span<char> room = sink.block();
  const Result<std::size_t> count = generation.file->read_at(from, room);
  // Looked at after the block was read: if the file was truncated before, the block is not what it
  // seems.
  const ContentMatch before =
      generation.packed || generation.at.offset == 0
          ? ContentMatch::kSame
          : compare_marker(*generation.file, generation.at.offset, generation.at.marker);
  const bool short_of_it = count && *count < room.size() && from + *count < generation.size;
  const bool replaced = short_of_it && has_shrunk_unread(generation);
  if (replaced || (count && before == ContentMatch::kDifferent)) {
    sink.settle();  // it may be forgotten now
    return truncated(generation, now_ns);
  }
  if (!count || before == ContentMatch::kUnreadable) {
    fail(!count ? count.error()
                : environment_error("cannot read again what stands before the offset",
                                    generation.at.name));
    generation.stuck = true;
    return;
  }
  if (*count == 0) {  // it has shrunk, which the next look sees
    generation.stuck = true;
    return;
  }
  const std::string_view block(room.data(), *count);
  const LineCutter::Cut cut =
      generation.cutter.cut(block, options_.line_bytes_max, options_.framing);
  generation.read_end = from + *count;
  generation.size = std::max(generation.size, generation.read_end);
  generation.active_ns = now_ns;
  if (cut.batch.bytes > 0) {
    const std::size_t counted = cut.consumed - generation.cutter.pending_bytes();
    const std::size_t kept = std::min(counted, kMarkerBytes);
    std::string tail = generation.tail + std::string(block.substr(counted - kept, kept));
    if (tail.size() > kMarkerBytes) tail.erase(0, tail.size() - kMarkerBytes);
    if (pending > 0 && counted < kMarkerBytes) {  // what was passed over lies before this block
      Result<std::string> whole = read_tail(*generation.file, from + counted, kMarkerBytes);
      if (whole) tail = *std::move(whole);
    }
    if (from == 0) mark_head(generation, block.substr(0, counted));
    hand_out(generation, cut.batch, sink);
    generation.tail = std::move(tail);
    generation.at.marker = marker_of(generation.tail);
  }
  // A full block may have been cut before its end; the rest is read again with what follows it.
  if (block.size() == room.size()) {
    generation.read_end = generation.at.offset + generation.cutter.pending_bytes();
  }
  if (generation.cutter.at_file_start()) skip_hole(generation, sink);
}

// A place near its start by which a file is known even if a power loss has taken all the rest.
void Tailer::mark_head(Generation& generation, std::string_view text) {
  std::size_t newline = text.find('\n', std::min(text.size(), kMarkerBytes));
  if (newline == std::string_view::npos) newline = text.find('\n');
  if (newline == std::string_view::npos) return;
  const std::size_t end = newline + 1;
  const std::size_t kept = std::min(end, kMarkerBytes);
  add_mark(generation.at.marks, {end, marker_of(text.substr(end - kept, kept))});
}

// A hole may be far larger than what was ever written: its rest is not read but stepped over.
void Tailer::skip_hole(Generation& generation, BatchSink& sink) {
  const Result<std::uint64_t> data = generation.file->data_from(generation.at.offset);
  if (!data || *data <= generation.at.offset + 1) return;
  LineBatch hole;
  hole.bytes = *data - 1 - generation.at.offset;  // the cutter judges its last byte by what follows
  hand_out(generation, hole, sink);
  generation.tail.assign(std::min<std::uint64_t>(generation.at.offset, kMarkerBytes), '\0');
  generation.at.marker = marker_of(generation.tail);
  generation.read_end = generation.at.offset;
  generation.size = std::max(generation.size, generation.read_end);
}

void Tailer::hand_out(Generation& generation, LineBatch batch, BatchSink& sink) {
  if (batch.bytes == 0) return;
  batch.at_file_start = generation.before_first_line();
  batch.path = generation.at.name.empty() ? generation.at.log : generation.at.name;
  batch.offset = generation.at.offset;
  generation.at.offset += batch.bytes;
  generation.dirty = true;
  sink.take(batch, [&generation, size = batch.bytes](const BatchOutcome& outcome) {
    ByteLedger& ledger = generation.at.ledger;
    const BytesByKind& bytes = outcome.bytes;
    ledger.parsed += bytes.parsed;
    ledger.ignored += bytes.ignored;
    ledger.rejected += bytes.rejected;
    ledger.padding += size - bytes.parsed - bytes.ignored - bytes.rejected;
    generation.caught_up_unix_ns =
        std::max(generation.caught_up_unix_ns, outcome.newest_record_unix_ns);
  });
}

// Files that are no log's any more, once nobody writes them.
void Tailer::close_quiet_files(std::int64_t now_ns, BatchSink& sink) {
  for (Generation& generation : generations_) {
    if (!generation.exists || !generation.at.followed || generation.copy_of != 0) continue;
    if (generation.live() || !generation.verified || generation.has_more() ||
        now_ns - generation.active_ns < options_.linger_ns) {
      continue;
    }
    // Its last line never got a newline and never will: it counts as `replay` would count it.
    if (generation.size > generation.at.offset && ensure_open(generation)) {
      const std::span<char> rest = sink.block();
      const std::uint64_t from = generation.at.offset + generation.cutter.pending_bytes();
      const Result<std::size_t> count = generation.file->read_at(from, rest);
      if (count) {
        hand_out(generation, generation.cutter.finish({rest.data(), *count}), sink);
        sink.settle();
      } else {
        fail(count.error());
      }
    }
    if (generation.size > generation.at.offset) {
      lose_bytes(generation, LossReason::kReadError, generation.size - generation.at.offset);
    } else if (generation.file) {
      const Result<std::string> tail =
          read_tail(*generation.file, generation.at.offset, kMarkerBytes);
      if (tail) generation.at.marker = marker_of(*tail);
    }
    events_.file_closed(generation.at.log);
    close(generation);
    generation.read_end = generation.size;
    generation.cutter = LineCutter(false);
    generation.at.followed = false;
    generation.dirty = true;
  }
}

}  // namespace apierrd
