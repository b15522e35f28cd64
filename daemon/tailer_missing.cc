// What was looked for and not found: whether it may be under a name that was not seen, and what is
// lost if it is not.
#include <algorithm>

#include "daemon/tailer.h"

namespace apierrd {

// Whether this sweep, or an earlier one, has seen the file under a name. Its inode number alone
// does not say so: that of a deleted log is given to the next copy.
bool Tailer::has_seen(const FileInfo& info) const {
  const auto newcomer = newcomer_births_.find(info.id);
  if (newcomer != newcomer_births_.end() && is_file(info, newcomer->first, newcomer->second))
    return true;
  const auto known = by_id_.find(info.id);
  if (known == by_id_.end()) return false;
  const Generation& generation = *known->second;
  const bool may_be_another = generation.copy_of != 0 || generation.waiting();
  if (may_be_another && generation.size != info.size) return generation.sweep == sweep_;
  return generation.exists && !generation.at.name.empty() &&
         is_file(info, generation.at.id, generation.at.born_ns);
}

// Under a name that this sweep could not see: the next one is to look again.
bool Tailer::may_be_elsewhere(const std::string& log, Censuses& censuses) {
  if (names_changed_ || unlisted_) return true;
  const std::string folder = folder_of(log);
  const auto census = censuses.try_emplace(folder, files_, folder).first;
  const auto files = census->second.rotated_files_of(log);
  if (!files) {  // perhaps for good: no reason to look at once
    look_again_ = true;
    return true;
  }
  const bool all_seen =
      *files && std::all_of((*files)->begin(), (*files)->end(),
                            [&](const FileInfo& file) { return !file.regular || has_seen(file); });
  if (all_seen) return false;
  names_changed_ = wants_sweep_ = true;
  return true;
}

// Its file is not known, and more was expected of it.
bool Tailer::is_missed(const Generation& generation) {
  const FilePosition& at = generation.at;
  if (generation.searched_for) return true;
  if (!at.followed || generation.copy_of != 0 || generation.file) return false;
  if (at.name.empty()) return true;
  if (generation.exists) return false;
  // Known from an earlier run. While its name cannot be looked at it may be there.
  const Result<std::optional<FileInfo>> named = files_.info(at.name);
  return named && !(*named && known_as(**named) == &generation);
}

// Of a log of which nothing was read nothing is known to tell its copy by: a file that was met as
// one of its own, and has room for all of it, may have been it.
bool Tailer::may_have_counted(const Generation& generation, std::uint64_t unread) const {
  const auto log = by_log_.find(generation.at.log);
  return std::any_of(log->second.begin(), log->second.end(), [&](const Generation* other) {
    const bool was_read = other->exists || other->at.offset > 0;
    return other != &generation && other->guessed && was_read &&
           other->at.born_ns >= generation.at.first_born_ns &&
           std::max(other->size, other->at.offset) >= unread;
  });
}

void Tailer::account_for_missing() {
  Censuses censuses;
  for (Generation& generation : generations_) {
    FilePosition& at = generation.at;
    if (!is_missed(generation) || may_be_elsewhere(at.log, censuses)) continue;
    const bool truncated = std::exchange(generation.searched_for, false);
    const std::uint64_t unread =
        truncated ? generation.unread : std::max(generation.size, at.offset) - at.offset;
    if (!truncated && generation.exists) lose_file(generation);
    at.followed = false;
    generation.dirty = true;
    const bool was_empty = unread == 0 && !generation.had_content;
    if (at.offset == 0 && (was_empty || may_have_counted(generation, unread))) continue;
    lose_bytes(generation, truncated ? LossReason::kTruncated : LossReason::kMissing, unread);
    if (truncated) {
      events_.file_truncated(at.log, unread);
    } else {
      ++counts_.missing;
      events_.file_missing(at.log, at.offset);
    }
  }
}

}  // namespace apierrd
