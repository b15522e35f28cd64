// A log's other generations: what rotation and copytruncate make of it, seen or unseen. Decision
// 0010 in docs/decisions says why it is done this way.
#include <algorithm>

#include "daemon/siblings.h"
#include "daemon/tailer.h"

namespace apierrd {

FilePosition position_of(const std::string& path, OpenFile& file, const FileInfo& info,
                         std::uint64_t offset) {
  return {path, info.id, offset, marker_of(read_tail(file, offset, kMarkerBytes)), info.born_ns};
}

namespace {

bool is_same_file(const FilePosition& position, const FileInfo& info) {
  return position.id == info.id && position.born_ns != 0 && position.born_ns == info.born_ns;
}

}  // namespace

Tailer::Younger Tailer::younger_than(const TailedFile& tailed) {
  return [born_ns = tailed.born_ns, modified_ns = tailed.modified_ns](const FileInfo& info) {
    return born_ns != 0 && info.born_ns != 0 ? info.born_ns > born_ns
                                             : info.modified_ns > modified_ns;
  };
}

// copytruncate copies first and truncates then: until it does, a copy must not count a second time.
// It may still be growing, or its original may have been truncated a moment ago.
bool Tailer::hold_back_copy(TailedFile& copy) {
  for (const TailedFile& original : tailed_) {
    if (!original.named || !is_rotated_name(original.path, copy.path)) continue;
    const std::uint64_t common = std::min(copy.size, original.size);
    const std::string tail = read_tail(*original.file, common, kMarkerBytes);
    // What is there at the very first look has a right of its own, even if it is the same.
    const bool same_so_far =
        !first_sweep_ && common > 0 && !tail.empty() && has_tail(*copy.file, common, tail);
    const bool same_to_offset = original.offset > 0 && copy.size >= original.offset &&
                                has_tail(*copy.file, original.offset, original.tail);
    if (!same_so_far && !same_to_offset) continue;
    copy.copy_of = original.id;
    copy.copied_size = copy.size;
    return true;
  }
  return false;
}

// Reads on, under its rotated names, what was renamed or came and went unseen: files of a known
// position that have more, and files born after the newest generation we knew. All others are
// history.
void Tailer::find_generations(const std::string& path, const Younger& younger,
                              std::int64_t now_ns) {
  for (const std::string& name : rotated_files(files_, path)) {
    const Result<std::optional<FileInfo>> info = files_.info(name);
    if (!info || !*info || !(*info)->regular || is_followed((*info)->id)) continue;
    Result<std::unique_ptr<OpenFile>> file = files_.open(name);
    if (!file) {
      fail(file.error());
      continue;
    }
    const std::optional<FilePosition> position = take_position(**file, **info, name);
    // Known, but of other content now: truncated while nobody looked.
    const bool rewritten =
        !position && std::any_of(resume_.begin(), resume_.end(),
                                 [&](auto& known) { return is_same_file(known, **info); });
    if (position && position->offset == (*info)->size) {
      resume_.push_back(*position);  // read to its end before
    } else if (position || rewritten || younger(**info)) {
      const std::uint64_t offset = position ? position->offset : 0;
      follow(path, *std::move(file), **info, offset, now_ns).named = false;
      ++counts_.rotations;
    }
  }
}

// Once, when all files the patterns match have been opened.
void Tailer::look_into_the_past(std::int64_t now_ns) {
  std::set<std::string> paths;
  for (const TailedFile& tailed : tailed_) paths.insert(tailed.path);
  for (const FilePosition& position : resume_) paths.insert(position.path);
  for (const std::string& path : paths) {
    const auto newest = newest_born_ns_.find(path);
    if (newest != newest_born_ns_.end()) {
      find_generations(
          path,
          [born = newest->second](const FileInfo& info) {
            return born != 0 && info.born_ns > born;
          },
          now_ns);
      continue;
    }
    // Never followed before: what rotation had left by now is not ours to count.
    for (const std::string& name : rotated_files(files_, path)) {
      const Result<std::unique_ptr<OpenFile>> file = files_.open(name);
      if (!file) continue;
      const Result<FileInfo> info = (*file)->info();
      if (info && info->size > 0 && !is_followed(info->id)) {
        resume_.push_back(position_of(path, **file, *info, info->size));
      }
    }
  }
}

// Finds the copy of a truncated file and reads it on from where the original stopped. Returns how
// many bytes the copy has from there on.
std::uint64_t Tailer::recover_from_copy(const TailedFile& truncated, std::int64_t now_ns) {
  const auto take_over = [&truncated](TailedFile& copy) {
    copy.offset = copy.read_end = truncated.offset;
    copy.tail = truncated.tail;
    copy.copy_of.reset();
    return copy.size - truncated.offset;
  };
  for (TailedFile& copy : tailed_) {
    const bool unread = copy.read_end == 0 && is_rotated_name(truncated.path, copy.path);
    if (copy.copy_of ? copy.copy_of != truncated.id : !unread) continue;
    if (const Result<FileInfo> info = copy.file->info())
      copy.size = info->size;  // it may have grown
    if (copy.size >= truncated.offset && has_tail(*copy.file, truncated.offset, truncated.tail))
      return take_over(copy);
  }
  if (truncated.offset == 0) return 0;
  for (const std::string& path : rotated_files(files_, truncated.path)) {
    const Result<std::optional<FileInfo>> info = files_.info(path);
    if (!info || !*info || (*info)->size < truncated.offset || is_followed((*info)->id)) continue;
    Result<std::unique_ptr<OpenFile>> file = files_.open(path);
    if (!file || !has_tail(**file, truncated.offset, truncated.tail)) continue;
    TailedFile& copy = follow(truncated.path, *std::move(file), **info, truncated.offset, now_ns);
    copy.named = false;
    return take_over(copy);
  }
  return 0;
}

// `seen_end`: how far the old content is known to have gone.
void Tailer::start_over(TailedFile& tailed, std::uint64_t seen_end, std::int64_t now_ns) {
  const std::uint64_t uncounted = std::max(seen_end, tailed.read_end) - tailed.offset;
  std::uint64_t recovered = recover_from_copy(tailed, now_ns);
  // Copies nobody knows: of further truncations since, or of this one if nothing had been counted.
  const std::size_t before = tailed_.size();
  find_generations(tailed.path, younger_than(tailed), now_ns);
  if (tailed.offset == 0 && tailed_.size() > before) recovered = uncounted;
  const std::uint64_t lost = uncounted - std::min(uncounted, recovered);
  ++counts_.truncations;
  counts_.lost_bytes[static_cast<std::size_t>(LossReason::kTruncated)] += lost;
  events_.file_truncated(tailed.path, lost);
  tailed.offset = tailed.read_end = 0;
  tailed.tail.clear();
  tailed.cutter = {};
}

// The position whose file this is, by its content; it is taken out of the list.
std::optional<FilePosition> Tailer::take_position(OpenFile& file, const FileInfo& info,
                                                  const std::string& path) {
  // Without the same id, or a rotated name of the same path, the marker alone speaks, and one of
  // few bytes says too little. Where nothing was counted there is no marker; then id and birth must
  // be the same.
  const auto fits = [&](const FilePosition& position) {
    if (position.offset == 0) return is_same_file(position, info);
    return info.size >= position.offset &&
           (position.id == info.id || is_rotated_name(position.path, path) ||
            position.offset >= kMarkerBytes) &&
           marker_of(read_tail(file, position.offset, kMarkerBytes)) == position.marker;
  };
  // The same file most likely has the same id, and of several that fit the furthest is right.
  const auto rank = [&](const FilePosition& position) {
    return std::pair(position.id == info.id, position.offset);
  };
  auto best = resume_.end();
  for (auto position = resume_.begin(); position != resume_.end(); ++position) {
    if (best != resume_.end() && rank(*position) <= rank(*best)) continue;
    if (fits(*position)) best = position;
  }
  if (best == resume_.end()) return {};
  FilePosition found = std::move(*best);
  resume_.erase(best);
  return found;
}

}  // namespace apierrd
