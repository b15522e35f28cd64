// Which file is which generation, as long as it is known: by id and birth while it lives, by
// content after a restart; what truncation, deletion and power loss make of it. Decision 0011 says
// why it is done this way.
#include <algorithm>

#include "daemon/compressed_file.h"
#include "daemon/tailer.h"

namespace apierrd {

namespace {

// Generations that were read to their ends and whose files are gone, remembered in case their
// content comes to light again, compressed or restored. Enough for years of daily rotation.
constexpr std::size_t kRememberedMax = 1'000;

}  // namespace

Tailer::Tailer(FileSystem& files, TailEvents& events, TailOptions options, TailResume resume)
    : files_(files),
      events_(events),
      options_(std::move(options)),
      first_start_(resume.first_start),
      rebooted_(resume.rebooted),
      forget_beyond_(kRememberedMax) {
  forgotten_.followed = false;
  for (FilePosition& position : resume.positions) {
    if (position.key == 0) {
      forgotten_ = std::move(position);
      continue;
    }
    const std::uint64_t next_key = std::max(next_key_, position.key + 1);
    next_key_ = position.key;
    Generation& generation = add(position.log, position.name);
    next_key_ = next_key;
    generation.at = std::move(position);
    resumed_.emplace(generation.at.id.inode, generation.at.key);
    generation.dirty = false;
    generation.committed = {generation.at.offset, generation.at.marker};
    generation.size = generation.read_end = generation.at.offset;
    generation.had_content = generation.at.followed && generation.at.offset == 0;
    generation.packed = is_compressed_name(generation.at.name);
    by_id_[generation.at.id] = &generation;
  }
}

// By other rules records that were held back as open may be whole: to be read again.
void Tailer::set_options(TailOptions options) {
  if (options.framing != options_.framing) {
    for (Generation& generation : generations_) {
      if (!generation.at.followed) continue;
      touch(generation);
      generation.read_end =
          std::min(generation.read_end, generation.at.offset + generation.cutter.pending_bytes());
    }
  }
  options_ = std::move(options);
}

Tailer::Generation& Tailer::add(const std::string& log, const std::string& name) {
  Generation& generation = generations_.emplace_back();
  generation.at.key = next_key_++;
  generation.at.log = log;
  generation.at.name = name;
  by_key_[generation.at.key] = std::prev(generations_.end());
  gone_[generation.at.key] = &generation;
  touch(generation);
  if (!name.empty()) by_name_[name] = &generation;
  by_log_[log].push_back(&generation);
  return generation;
}

void Tailer::remove(Generation& generation) {
  lose_file(generation);
  const auto log = by_log_.find(generation.at.log);
  std::erase(log->second, &generation);
  if (log->second.empty()) by_log_.erase(log);
  if (generation.copy_of == 0) removed_.push_back(generation.at.key);
  if (generation.at.ledger != ByteLedger{}) {
    forgotten_.ledger.add(generation.at.ledger);
    forgotten_.offset += generation.at.offset;
    forgotten_changed_ = true;
  }
  const std::uint64_t key = generation.at.key;
  for (std::set<std::uint64_t>* keys : {&unread_, &active_}) keys->erase(key);
  gone_.erase(key);
  const auto known = by_key_.find(key);
  generations_.erase(known->second);
  by_key_.erase(known);
}

void Tailer::set_exists(Generation& generation, bool exists) {
  touch(generation);
  generation.exists = exists;
  exists ? gone_.erase(generation.at.key) : gone_.emplace(generation.at.key, &generation).second;
}

// The generation a file is known to hold. An inode number whose file was born at another time has
// been given away since.
Tailer::Generation* Tailer::known_as(const FileInfo& info) {
  if (const auto found = by_id_.find(info.id); found != by_id_.end()) {
    if (is_file(info, found->first, found->second->at.born_ns)) return found->second;
    if (!found->second->file) lose_file(*found->second);
  }
  if (!first_sweep_ || first_start_ || info.born_ns == 0) return nullptr;
  // Device numbers may be others after a boot.
  const auto [begin, end] = resumed_.equal_range(info.id.inode);
  for (auto resumed = begin; resumed != end; ++resumed) {
    const auto found = by_key_.find(resumed->second);
    if (found == by_key_.end()) continue;
    Generation& generation = *found->second;
    if (!generation.exists && generation.at.id.inode == info.id.inode &&
        generation.at.born_ns == info.born_ns) {
      claim(generation, info);
      return &generation;
    }
  }
  return nullptr;
}

void Tailer::claim(Generation& generation, const FileInfo& info) {
  const auto old = by_id_.find(generation.at.id);
  if (old != by_id_.end() && old->second == &generation) by_id_.erase(old);
  generation.at.id = info.id;
  generation.at.born_ns = info.born_ns;
  if (generation.at.first_born_ns == 0) generation.at.first_born_ns = info.born_ns;
  by_id_[info.id] = &generation;
  generation.dirty = true;
}

// It was seen under this name.
void Tailer::place(Generation& generation, const std::string& name, const std::string& log) {
  FilePosition& at = generation.at;
  if (!generation.exists || at.name != name) generation.silent = !files_.gives_hints(name);
  if (!generation.exists) set_exists(generation, true);
  if (at.name != name || at.log != log) {
    if (at.name == at.log) {
      count_rotation(at.log);
      events_.file_rotated(at.log);
    }
    const auto old = by_name_.find(at.name);
    if (old != by_name_.end() && old->second == &generation) by_name_.erase(old);
    if (at.log != log) {
      std::erase(by_log_[at.log], &generation);
      if (by_log_[at.log].empty()) by_log_.erase(at.log);
      by_log_[log].push_back(&generation);
    }
    at.name = name;
    at.log = log;
    generation.dirty = true;
  }
  by_name_[name] = &generation;
  if (generation.live() && !at.followed) {
    at.followed = generation.dirty = true;
  }
}

// Its name names another file, or nothing; it may turn up under another name.
void Tailer::lose_name(Generation& generation) {
  if (generation.live()) {
    count_rotation(generation.at.log);
    events_.file_rotated(generation.at.log);
  }
  const auto old = by_name_.find(generation.at.name);
  if (old != by_name_.end() && old->second == &generation) by_name_.erase(old);
  generation.at.name.clear();
  generation.dirty = true;
  names_changed_ = true;
}

// Only its content could tell it now.
void Tailer::lose_file(Generation& generation) {
  close(generation);
  const auto id = by_id_.find(generation.at.id);
  if (id != by_id_.end() && id->second == &generation) by_id_.erase(id);
  const auto name = by_name_.find(generation.at.name);
  if (name != by_name_.end() && name->second == &generation) by_name_.erase(name);
  set_exists(generation, false);
  generation.at.id = {};
  generation.dirty = true;
}

// Its file is open: goes on reading there. False if it cannot be read now, or was truncated since
// it was compared.
bool Tailer::resume_at(Generation& generation, std::uint64_t offset) {
  Result<std::string> tail = read_tail(*generation.file, offset, kMarkerBytes);
  if (!tail) {
    cannot_tell(tail.error());
    return false;
  }
  const bool same_place = offset == generation.at.offset && generation.at.marker != 0;
  if (same_place && marker_of(*tail) != generation.at.marker) {
    names_changed_ = wants_sweep_ = true;
    return false;
  }
  touch(generation);
  generation.tail = *std::move(tail);
  generation.at.offset = generation.read_end = offset;
  generation.at.marker = marker_of(generation.tail);
  generation.cutter = LineCutter(generation.before_first_line());
  return true;
}

// A file known from an earlier run is there; now its content decides.
void Tailer::verify(Generation& generation, const FileInfo& info, std::int64_t now_ns) {
  generation.modified_ns = info.modified_ns;
  generation.settled_ns = now_ns;
  const bool done =
      !generation.at.followed && (generation.packed || info.size == generation.at.offset);
  if (done) {
    generation.verified = true;
    generation.size = generation.read_end = generation.at.offset;
    return;
  }
  if (!ensure_open(generation)) return;
  const Result<FileInfo> opened = generation.file->info();  // of a packed one the size of its text
  ContentMatch content =
      !opened ? ContentMatch::kUnreadable
      : generation.at.offset == 0
          ? ContentMatch::kSame
          : compare_marker(*generation.file, generation.at.offset, generation.at.marker);
  if (content == ContentMatch::kSame && !resume_at(generation, generation.at.offset)) {
    return close(generation);
  }
  if (content == ContentMatch::kDifferent && rebooted_) {
    content = undo_power_loss(generation, *generation.file, opened->size);
  }
  if (content == ContentMatch::kUnreadable) {
    cannot_tell(opened ? environment_error("cannot read", generation.at.name) : opened.error());
    return close(generation);
  }
  generation.verified = true;
  if (content == ContentMatch::kDifferent) return truncated(generation, now_ns);
  generation.size = opened->size;
  generation.had_content = false;  // its size says so from now on
  if (first_sweep_) generation.backlog_end = generation.size;
  generation.active_ns = now_ns;
  generation.at.followed = generation.dirty = true;
  events_.file_opened(generation.at.name, generation.at.offset);
  close_beyond_limit(generation);
}

// After a power loss a log may be shorter than what was counted, or end in NUL bytes: what its
// writer had not synced is gone. If what stands before an earlier commit is still there it is the
// same file. Everything up to its end, or up to the NUL bytes, was counted before.
ContentMatch Tailer::undo_power_loss(Generation& generation, OpenFile& file, std::uint64_t size) {
  FilePosition& at = generation.at;
  for (auto mark = at.marks.rbegin(); mark != at.marks.rend(); ++mark) {
    if (mark->offset > size || mark->offset >= at.offset) continue;
    const ContentMatch content = compare_marker(file, mark->offset, mark->marker);
    if (content == ContentMatch::kUnreadable) return content;
    if (content == ContentMatch::kDifferent) continue;
    std::uint64_t resumed = std::min(size, at.offset);
    for (std::uint64_t from = mark->offset; from < resumed; from += kMarkerBytes) {
      const std::uint64_t to = std::min<std::uint64_t>(from + kMarkerBytes, resumed);
      const Result<std::string> bytes = read_tail(file, to, to - from);
      if (!bytes) return ContentMatch::kUnreadable;
      const std::size_t nul = bytes->find('\0');
      if (nul != std::string::npos) resumed = from + nul;
    }
    // The file has grown beyond what was counted and has no hole: where the old content ends cannot
    // be seen. Rather a second's lines twice than lost.
    if (resumed == at.offset) resumed = mark->offset;
    const std::uint64_t counted = at.offset;
    if (!resume_at(generation, resumed)) return ContentMatch::kUnreadable;
    generation.cutter = LineCutter(true);  // to step over NUL bytes
    at.ledger.undone += counted - resumed;
    std::erase_if(at.marks, [resumed](const Mark& later) { return later.offset > resumed; });
    generation.dirty = true;
    events_.file_shortened(at.name, counted, resumed);
    return ContentMatch::kSame;
  }
  return ContentMatch::kDifferent;
}

// The content before its offset is gone from its file. What the file holds now is a new generation;
// what was not read of the old one may be in a copy, which the next sweep looks for.
void Tailer::truncated(Generation& generation, std::int64_t now_ns) {
  ++counts_.truncations;
  ++history_of(generation.at.log).truncations;
  generation.searched_for = true;
  generation.unread =
      std::max({generation.size, generation.read_end, generation.at.offset}) - generation.at.offset;
  std::vector<Generation*> copies;  // they may be what is looked for: to be met anew
  for (Generation& copy : generations_) {
    if (copy.copy_of == generation.at.key) copies.push_back(&copy);
  }
  for (Generation* copy : copies) remove(*copy);

  std::unique_ptr<OpenFile> file = std::move(generation.file);
  const FilePosition old = generation.at;
  lose_file(generation);
  generation.at.name.clear();
  Generation& next = add(old.log, old.name);
  next.at.id = old.id;
  next.at.born_ns = next.at.first_born_ns = old.born_ns;
  by_id_[old.id] = &next;
  set_exists(next, true);
  next.verified = true;
  next.silent = generation.silent;
  next.file = std::move(file);
  next.sweep = generation.sweep;
  next.active_ns = next.settled_ns = now_ns;
  next.caught_up_unix_ns = generation.caught_up_unix_ns;
  const Result<FileInfo> info = next.file ? next.file->info() : Result<FileInfo>(FileInfo{});
  if (info && next.file) {
    next.size = info->size;
    next.modified_ns = info->modified_ns;
  }
  names_changed_ = wants_sweep_ = true;
  // Under a rotated name it may be a copy of its log: the next sweep asks for its relatives.
  if (!next.live() && !next.at.name.empty()) {
    next.at.followed = false;
    close(next);
    next.size = 0;
  }
}

// A copy that is held back may have another size. It is still being made; or it was complete, is
// written to itself, and was a log of its own from there on. False if it is neither: then it is met
// anew.
bool Tailer::is_still_a_copy(Generation& copy, const FileInfo& info) {
  if (info.size == copy.size) return true;
  const auto found = by_key_.find(copy.copy_of);
  if (info.size < copy.size || found == by_key_.end() || !found->second->exists) return false;
  Generation& original = *found->second;
  if (!ensure_open(original) || !ensure_open(copy)) return true;
  const Result<FileInfo> now = original.file->info();
  const ContentMatch content =
      now ? compare_content(*original.file, *copy.file, std::min(info.size, now->size))
          : ContentMatch::kUnreadable;
  // After the content was compared: only if it lives did they differ while it did.
  const ContentMatch alive =
      original.at.offset == 0
          ? ContentMatch::kSame
          : compare_marker(*original.file, original.at.offset, original.at.marker);
  const bool told = content != ContentMatch::kUnreadable && alive != ContentMatch::kUnreadable;
  if (!told || (content == ContentMatch::kSame && info.size <= now->size)) {
    if (told) copy.size = info.size;
    close(copy);
    return true;
  }
  if (original.at.name.empty()) return false;  // it may go on with it
  if (alive != ContentMatch::kSame || !copy.whole_copy || !resume_at(copy, copy.size)) return false;
  copy.copy_of = 0;
  copy.at.ledger.skipped = copy.size;
  copy.size = info.size;
  copy.dirty = true;
  return true;
}

// Logs that come and go for ever, as those named by date, share one history beyond a limit.
FileStatus& Tailer::history_of(const std::string& log) {
  constexpr std::size_t kHistoriesMax = 1'000;
  const bool room = histories_.size() < kHistoriesMax || histories_.contains(log);
  return histories_[room ? log : std::string()];
}

void Tailer::count_rotation(const std::string& log) {
  ++counts_.rotations;
  ++history_of(log).rotations;
}

void Tailer::lose_bytes(Generation& generation, LossReason reason, std::uint64_t bytes) {
  counts_.lost_bytes[static_cast<std::size_t>(reason)] += bytes;
  history_of(generation.at.log).lost_bytes += bytes;
  generation.at.ledger.lost += bytes;
  generation.dirty = true;
}

void Tailer::forget_oldest() {
  std::vector<Generation*> copies;  // whose files are gone
  for (Generation& generation : generations_) {
    if (generation.copy_of != 0 && !generation.exists) copies.push_back(&generation);
  }
  for (Generation* copy : copies) remove(*copy);
  const auto may_go = [](const Generation& generation) {
    return !generation.at.followed && !generation.file && generation.copy_of == 0 &&
           !generation.searched_for;
  };
  auto resting =
      static_cast<std::size_t>(std::count_if(generations_.begin(), generations_.end(), may_go));
  if (resting <= forget_beyond_) return;
  std::vector<Generation*> oldest;
  for (Generation& generation : generations_) {
    if (resting <= kRememberedMax) break;
    if (!may_go(generation)) continue;
    const Result<std::optional<FileInfo>> info = files_.info(generation.at.name);
    // As long as its file is there it would be taken for news.
    if (!info || (*info && (*info)->id == generation.at.id)) continue;
    oldest.push_back(&generation);
    --resting;
  }
  for (Generation* generation : oldest) remove(*generation);
  forget_beyond_ = std::max(kRememberedMax, resting + kRememberedMax / 10);
}

}  // namespace apierrd
