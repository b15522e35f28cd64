// What the files come to: how far behind they are, which have something new, what to commit.
//
// Most files of a source are quiet most of the time. What is done for every line, every event and
// every commit goes over those that are not; only a sweep, and a list of all files, costs as much
// as there are files.
#include <algorithm>

#include "daemon/tailer.h"

namespace apierrd {

// It may be behind from here on.
void Tailer::touch(Generation& generation) {
  files_changed_ = stirred_ = true;
  unread_.insert(generation.at.key);
  active_.insert(generation.at.key);
  if (std::exchange(generation.quiet, false)) generation.caught_up_unix_ns = refreshed_unix_ns_;
}

const FileCounts& Tailer::refresh_totals(std::int64_t now_unix_ns) {
  counts_.oldest_unread_unix_ns = 0;
  for (auto key = active_.begin(); key != active_.end();) {
    Generation& generation = *by_key_.at(*key);
    const bool behind = generation.behind();
    if (!behind) {
      generation.quiet = generation.exists && generation.copy_of == 0;
      key = active_.erase(key);
      continue;
    }
    ++key;
    // Whatever is unread was written after the latest moment at which nothing was, and after the
    // newest call that was read.
    std::int64_t since = std::max(generation.caught_up_unix_ns, generation.at.born_ns);
    since = std::min(since == 0 ? now_unix_ns : since, now_unix_ns);
    if (counts_.oldest_unread_unix_ns == 0 || since < counts_.oldest_unread_unix_ns) {
      counts_.oldest_unread_unix_ns = since;
    }
  }
  refreshed_unix_ns_ = now_unix_ns;
  counts_.files_open = open_count_;
  return counts_;
}

const FileCounts& Tailer::refresh_counts(std::int64_t now_unix_ns) {
  refresh_totals(now_unix_ns);
  if (std::exchange(files_changed_, false)) list_files();
  return counts_;
}

void Tailer::list_files() {
  // A file that was renamed shares its log's row.
  std::map<std::string_view, std::uint64_t> lags;
  for (const Generation& generation : generations_) {
    if (!generation.exists || generation.copy_of != 0) continue;
    const std::uint64_t size = std::max(generation.size, generation.at.offset);
    if (generation.live() || size > generation.at.offset) {
      lags[generation.at.log] += size - generation.at.offset;
    }
  }
  std::vector<FileStatus> files;
  files.reserve(lags.size());
  for (const auto& [log, lag] : lags) {
    const auto history = histories_.find(log);
    files.push_back(history == histories_.end() ? FileStatus{} : history->second);
    files.back().path = log;
    files.back().lag_bytes = lag;
  }
  counts_.files = std::move(files);
}

std::uint64_t Tailer::backlog_bytes() const {
  std::uint64_t bytes = 0;
  for (const std::uint64_t key : unread_) {
    const Generation& generation = *by_key_.at(key);
    if (!generation.behind()) continue;
    const std::uint64_t end = std::min(generation.backlog_end, generation.size);
    bytes += end - std::min(end, generation.read_end);
  }
  return bytes;
}

// Nothing is missing when a file that was empty is gone.
FilePosition Tailer::kept(const Generation& generation) {
  FilePosition at = generation.at;
  const bool had_content = generation.had_content || std::max(at.offset, generation.size) > 0;
  at.followed = at.followed && had_content;
  return at;
}

std::vector<FilePosition> Tailer::positions() const {
  std::vector<FilePosition> positions{forgotten_};
  for (const Generation& generation : generations_) {
    if (generation.copy_of == 0) positions.push_back(kept(generation));
  }
  return positions;
}

PositionChanges Tailer::changes() const {
  PositionChanges changes;
  changes.removed = removed_;
  if (forgotten_changed_) changes.changed.push_back(forgotten_);
  for (const Generation& generation : generations_) {
    if (generation.copy_of == 0 && generation.dirty) changes.changed.push_back(kept(generation));
  }
  return changes;
}

void Tailer::settle() {
  if (!std::exchange(stirred_, false)) return;
  removed_.clear();
  forgotten_changed_ = false;
  for (Generation& generation : generations_) {
    if (generation.copy_of != 0 || !generation.dirty) continue;
    generation.dirty = false;
    const Mark mark{generation.at.offset, generation.at.marker};
    if (mark.offset > 0 && mark != generation.committed) add_mark(generation.at.marks, mark);
    generation.committed = mark;
  }
}

}  // namespace apierrd
