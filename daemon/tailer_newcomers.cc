// Files nobody knows yet: what goes on with a generation, what is held back as a copy of one, what
// is history, and what is new.
#include <algorithm>

#include "daemon/compressed_file.h"
#include "daemon/tailer.h"

namespace apierrd {

namespace {

// A folder whose time has stood still for so long has been seen as it is.
constexpr std::int64_t kFolderSettlesNs = 1'000'000'000;

// When content was last known to be young: a compressed file has the time of its original's last
// line, a plain one that of its birth.
std::int64_t age_of(const FileInfo& info, bool packed) {
  return packed || info.born_ns == 0 ? info.modified_ns : info.born_ns;
}

}  // namespace

// Looks at the rotated names of all logs, in folders where names have come or gone.
void Tailer::look_for_generations(std::int64_t now_ns) {
  std::map<std::string, std::set<std::string>> logs;
  std::set<std::string> with_newcomers;
  for (const auto& [log, generations] : by_log_) logs[folder_of(log)].insert(log);
  for (const Newcomer& newcomer : newcomers_) {
    logs[folder_of(newcomer.log)].insert(newcomer.log);
    with_newcomers.insert(folder_of(newcomer.name));
  }
  std::erase_if(folder_times_, [&logs](const auto& time) { return !logs.contains(time.first); });
  const bool again = std::exchange(look_again_, false);
  const bool all = std::exchange(names_changed_, false) || again;
  for (const auto& [folder, names] : logs) {
    const Result<std::optional<FileInfo>> info = files_.info(folder);
    FolderTime& time = folder_times_[folder];
    if (info && *info && (*info)->modified_ns != time.modified_ns) {
      time = {(*info)->modified_ns, now_ns, false};
    }
    const bool still = info && *info && now_ns - time.seen_ns >= kFolderSettlesNs;
    if (still && !std::exchange(time.settled, still)) settle_folder(names);
    if (still && !all && !with_newcomers.contains(folder)) continue;
    const FolderListing listing(files_, folder);
    if (listing.error()) {
      time = {};
      cannot_list(*listing.error());
    }
    for (const std::string& log : names) {
      for (const std::string& name : listing.rotated_names_of(log)) {
        if (log_of(name) == log) look_at_name(name, log, matches(name), now_ns);
      }
    }
  }
}

void Tailer::settle_folder(const std::set<std::string>& logs) {
  for (const std::string& log : logs) {
    const auto generations = by_log_.find(log);
    if (generations == by_log_.end()) continue;
    for (Generation* generation : generations->second) {
      generation->dirty = generation->dirty || !generation->at.settled;
      generation->at.settled = true;
    }
  }
}

// What was rotated before is history, whether the first look has seen it or not.
void Tailer::settle_first_start() {
  for (Generation& generation : generations_) generation.at.settled = true;
}

void Tailer::meet_newcomers(std::int64_t now_ns) {
  // As of before: what comes to light together is compared with what was known.
  std::map<std::string, std::int64_t> newest;
  std::optional<std::int64_t> newest_of_all;
  for (const Newcomer& newcomer : newcomers_) {
    const bool known = by_log_.contains(newcomer.log);
    if (!known && !newest_of_all) newest_of_all = newest_born_ns(newcomer.log);
    newest.emplace(newcomer.log, known ? newest_born_ns(newcomer.log) : *newest_of_all);
  }
  std::stable_sort(newcomers_.begin(), newcomers_.end(), [](const auto& a, const auto& b) {
    return age_of(a.info, is_compressed_name(a.name)) < age_of(b.info, is_compressed_name(b.name));
  });
  const std::vector<Newcomer> newcomers = newcomers_;
  for (const Newcomer& newcomer : newcomers) meet(newcomer, newest[newcomer.log], now_ns);
}

void Tailer::meet(const Newcomer& newcomer, std::int64_t newest_born_ns, std::int64_t now_ns) {
  const bool packed = is_compressed_name(newcomer.name);
  if (known_as(newcomer.info) != nullptr) return;  // under another name
  const std::int64_t age = age_of(newcomer.info, packed);
  const bool may_be_history = newcomer.rotated() && !newcomer.matched && !newcomer.news;
  if (packed && ((first_start_ && first_sweep_) || age < oldest_born_ns(newcomer.log))) {
    return pass_over(newcomer, nullptr, newcomer.info);  // not even unpacked
  }
  Result<std::unique_ptr<OpenFile>> file = files_.open(newcomer.name);
  if (!file) return cannot_open(newcomer, file.error());
  const Result<FileInfo> info = (*file)->info();
  if (!info) return cannot_tell(info.error());
  if (!is_file(*info, newcomer.info.id, newcomer.info.born_ns)) return slipped_away(newcomer);
  if (!info->regular) return;
  const bool history = may_be_history && age < newest_born_ns;
  // A packed file that is not empty itself has all the text it will ever have.
  const bool is_packed_whole = packed && newcomer.info.size > 0;
  if (newcomer.rotated() && info->size == 0 && !is_packed_whole) {
    return wait_for_content(newcomer, history, now_ns);
  }
  const Relative relative = relative_of(newcomer, **file, *info, age, now_ns);
  switch (relative.kinship) {
    case Kinship::kUnreadable:
      return cannot_tell(
          environment_error("cannot read", newcomer.name, "or what it is compared with"));
    case Kinship::kLater: names_changed_ = wants_sweep_ = true; return;
    case Kinship::kCopy: return hold_back(newcomer, *relative.generation);
    case Kinship::kContinuation:
      return take_file(*relative.generation, newcomer, *std::move(file), *info, now_ns);
    case Kinship::kNone: break;
  }
  if (history) return pass_over(newcomer, file->get(), *info);
  Generation& generation = add(newcomer.log, newcomer.name);
  generation.at.offset = start_of(**file, *info);
  generation.at.ledger.skipped = generation.at.offset;
  generation.guessed = newcomer.rotated();
  if (newcomer.rotated() && !(first_start_ && first_sweep_)) count_rotation(newcomer.log);
  take_file(generation, newcomer, *std::move(file), *info, now_ns);
  if (!newcomer.rotated()) forget_copies_of(generation);
}

void Tailer::cannot_open(const Newcomer& newcomer, const Error& error) {
  const Result<std::optional<FileInfo>> named = files_.info(newcomer.name);
  const bool still_there =
      !named || (*named && is_file(**named, newcomer.info.id, newcomer.info.born_ns));
  if (!still_there) return slipped_away(newcomer);
  if (first_sweep_) unreadable_at_first_[newcomer.info.id] = newcomer.info.size;
  cannot_tell(error);
}

// It was shifted or packed since its folder was listed: not looked at under any name.
void Tailer::slipped_away(const Newcomer& newcomer) {
  newcomer_births_.erase(newcomer.info.id);
  names_changed_ = wants_sweep_ = true;
}

// Where to begin in a file that is new to us.
std::uint64_t Tailer::start_of(OpenFile& file, const FileInfo& info) {
  if (!options_.start_at_end || !first_start_) return 0;
  std::uint64_t size = info.size;
  if (!first_sweep_) {
    const auto found = unreadable_at_first_.find(info.id);
    if (found == unreadable_at_first_.end()) return 0;
    size = std::min(size, found->second);
  }
  // The start of the line that is being written, or the end if the last line is whole.
  const std::uint64_t looked_at = std::min<std::uint64_t>(size, options_.line_bytes_max + 1);
  const Result<std::string> tail = read_tail(file, size, looked_at);
  if (!tail) return size;
  const std::size_t newline = tail->rfind('\n');
  return newline == std::string::npos ? size : size - tail->size() + newline + 1;
}

void Tailer::take_file(Generation& generation, const Newcomer& newcomer,
                       std::unique_ptr<OpenFile> file, const FileInfo& info, std::int64_t now_ns) {
  if (generation.searched_for) {
    // The copy was complete when its original was truncated, but perhaps not when it was met.
    const Result<FileInfo> complete = file->info();
    const std::uint64_t size = complete ? complete->size : info.size;
    const std::uint64_t recovered = size - std::min(size, generation.at.offset);
    const std::uint64_t lost = generation.unread - std::min(generation.unread, recovered);
    lose_bytes(generation, LossReason::kTruncated, lost);
    events_.file_truncated(generation.at.log, lost);
    generation.searched_for = false;
  }
  generation.guessed = generation.guessed && newcomer.rotated();
  close(generation);
  claim(generation, info);
  if (generation.at.name.empty()) generation.at.name = newcomer.name;
  place(generation, newcomer.name, newcomer.log);
  generation.file = std::move(file);
  ++open_count_;
  generation.packed = is_compressed_name(newcomer.name);
  generation.size = info.size;
  generation.modified_ns = info.modified_ns;
  generation.settled_ns = generation.active_ns = now_ns;
  generation.sweep = sweep_;
  generation.stuck = false;
  if (first_sweep_) generation.backlog_end = info.size;
  generation.verified = resume_at(generation, generation.at.offset);
  if (!generation.verified) return close(generation);
  generation.at.followed = true;
  events_.file_opened(newcomer.name, generation.at.offset);
  if (generation.packed && generation.size == generation.at.offset) {
    close(generation);
    generation.at.followed = false;
  }
  close_beyond_limit(generation);
}

void Tailer::hold_back(const Newcomer& newcomer, const Generation& original) {
  Generation& copy = add(newcomer.log, newcomer.name);
  copy.copy_of = original.at.key;
  copy.whole_copy = original.at.offset > 0 && newcomer.info.size >= original.at.offset;
  set_exists(copy, true);
  copy.verified = true;
  copy.size = newcomer.info.size;
  copy.sweep = sweep_;
  claim(copy, newcomer.info);
}

void Tailer::wait_for_content(const Newcomer& newcomer, bool history, std::int64_t now_ns) {
  if (history) return;
  Generation& generation = add(newcomer.log, newcomer.name);
  generation.at.followed = false;
  set_exists(generation, true);
  generation.active_ns = now_ns;
  generation.sweep = sweep_;
  claim(generation, newcomer.info);
}

// History: known from now on, as read to its end.
void Tailer::pass_over(const Newcomer& newcomer, OpenFile* file, const FileInfo& info) {
  Generation& generation = add(newcomer.log, newcomer.name);
  set_exists(generation, true);
  generation.verified = true;
  generation.packed = is_compressed_name(newcomer.name);
  generation.at.followed = false;
  generation.sweep = sweep_;
  generation.modified_ns = info.modified_ns;
  claim(generation, info);
  if (file == nullptr) return;
  const Result<std::string> tail = read_tail(*file, info.size, kMarkerBytes);
  if (!tail) return remove(generation);
  generation.at.offset = generation.size = generation.read_end = info.size;
  generation.at.ledger.skipped = info.size;
  generation.at.marker = marker_of(*tail);
}

// Of a log that is known; of all if it is not. 0 if nothing is.
std::int64_t Tailer::newest_born_ns(const std::string& log) const {
  std::int64_t newest = 0;
  const auto look = [&newest](const Generation& generation) {
    if (generation.copy_of != 0 || !generation.at.settled) return;
    newest = std::max(newest, generation.at.first_born_ns);
  };
  if (const auto known = by_log_.find(log); known != by_log_.end()) {
    for (const Generation* generation : known->second) look(*generation);
    return newest;
  }
  if (first_start_ && first_sweep_) return INT64_MAX;
  for (const Generation& generation : generations_) look(generation);
  return newest;
}

std::int64_t Tailer::oldest_born_ns(const std::string& log) const {
  const auto known = by_log_.find(log);
  if (known == by_log_.end()) return 0;
  std::int64_t oldest = INT64_MAX;
  for (const Generation* generation : known->second) {
    if (generation->copy_of != 0) continue;
    oldest = std::min(oldest, generation->at.first_born_ns);
  }
  return oldest == INT64_MAX ? 0 : oldest;
}

}  // namespace apierrd
