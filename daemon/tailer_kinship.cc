// Whose content a file has that nobody knows yet: it goes on with a generation, is only a copy of
// one, or is no relative of any.
#include <algorithm>

#include "daemon/tailer.h"

namespace apierrd {

namespace {

// Blank lines and holes are no content to know a file by.
bool is_blank(const std::string& text) {
  return text.find_first_not_of(std::string_view("\0\r\n ", 4)) == std::string::npos;
}

}  // namespace

Tailer::Relative Tailer::relative_of(const Newcomer& newcomer, OpenFile& file, const FileInfo& info,
                                     std::int64_t age, std::int64_t now_ns) {
  Relative relative = relative_by_marker(newcomer, file, info, now_ns);
  if (relative.kinship == Kinship::kNone && info.size > 0)
    relative = relative_by_head(newcomer, file, info, now_ns);
  if (relative.kinship == Kinship::kNone)
    relative = relative_nothing_was_read_of(newcomer, info, age);
  return relative;
}

// Whether a generation's content is where it is said to be.
ContentMatch Tailer::is_alive(Generation& generation, std::int64_t now_ns) {
  if (!generation.exists) return ContentMatch::kDifferent;
  if (!generation.file) {
    if (generation.at.name.empty()) return ContentMatch::kDifferent;
    const Result<std::optional<FileInfo>> named = files_.info(generation.at.name);
    if (!named) return ContentMatch::kUnreadable;
    if (!*named || known_as(**named) != &generation) return ContentMatch::kDifferent;
    if (!generation.at.followed || generation.packed) return ContentMatch::kSame;
    if (!ensure_open(generation)) return ContentMatch::kUnreadable;
  }
  ContentMatch content = ContentMatch::kSame;
  if (generation.at.offset > 0) {
    content = compare_marker(*generation.file, generation.at.offset, generation.at.marker);
  } else {  // nothing to compare; but a log that was not truncated is nowhere shorter
    const Result<FileInfo> now = generation.file->info();
    if (!now) return ContentMatch::kUnreadable;
    if (now->size < std::max(generation.size, generation.read_end))
      content = ContentMatch::kDifferent;
  }
  if (content == ContentMatch::kDifferent) truncated(generation, now_ns);
  return content;
}

// In the file's order, as a compressed one wants to be read; the furthest is right.
std::vector<Tailer::Generation*> Tailer::comparable_with(const Newcomer& newcomer,
                                                         const FileInfo& info) {
  std::vector<Generation*> found;
  const auto add = [&](Generation* generation, std::uint64_t least) {
    const std::uint64_t offset = generation->at.offset;
    if (offset < least || offset > info.size || generation->copy_of != 0) return;
    found.push_back(generation);
  };
  const auto log = by_log_.find(newcomer.log);
  const bool related = newcomer.rotated() && log != by_log_.end();
  if (related) {
    for (Generation* generation : log->second) add(generation, 1);
  }
  // Of others a few bytes say too little, and what lives is another log.
  for (const auto& [key, generation] : gone_) {
    if (!related || generation->at.log != newcomer.log) add(generation, kMarkerBytes);
  }
  // What has lost its name may be back under it: its file system was mounted anew, or it was
  // restored, or written anew by an editor. Or what was met before the log is its copy.
  if (!related && log != by_log_.end()) {
    for (Generation* generation : log->second) {
      if (!generation->exists) continue;
      if (generation->at.name.empty()) add(generation, kMarkerBytes);
      if (generation->guessed) add(generation, 1);
    }
  }
  std::sort(found.begin(), found.end(), [](const Generation* a, const Generation* b) {
    return std::pair(a->at.offset, a->at.key) < std::pair(b->at.offset, b->at.key);
  });
  return found;
}

// A generation whose content before its offset the file has. If that one lives, the file is a copy
// of it; if not, the file goes on where it stopped.
Tailer::Relative Tailer::relative_by_marker(const Newcomer& newcomer, OpenFile& file,
                                            const FileInfo& info, std::int64_t now_ns) {
  Relative furthest;
  for (Generation* candidate : comparable_with(newcomer, info)) {
    const Result<std::string> tail = read_tail(file, candidate->at.offset, kMarkerBytes);
    if (!tail) return {Kinship::kUnreadable, nullptr};
    const bool telling = !is_blank(*tail) || candidate->searched_for;
    if (telling && marker_of(*tail) == candidate->at.marker) furthest.generation = candidate;
  }
  if (furthest.generation == nullptr) return {};
  switch (is_alive(*furthest.generation, now_ns)) {
    case ContentMatch::kUnreadable: return {Kinship::kUnreadable, nullptr};
    case ContentMatch::kDifferent: return {Kinship::kContinuation, furthest.generation};
    case ContentMatch::kSame: break;
  }
  if (!newcomer.rotated() && furthest.generation->guessed) {
    const bool original = has_all_of(*furthest.generation, file, info);
    return original ? Relative{Kinship::kContinuation, furthest.generation} : Relative{};
  }
  const Relative relative = is_copy_of(*furthest.generation, file, info);
  if (relative.kinship != Kinship::kNone) return relative;
  if (furthest.generation->at.name.empty() && has_all_of(*furthest.generation, file, info)) {
    return {Kinship::kContinuation, furthest.generation};
  }
  // Truncated while it was compared?
  const bool lives = is_alive(*furthest.generation, now_ns) == ContentMatch::kSame;
  return lives ? Relative{} : Relative{Kinship::kLater, nullptr};
}

// A copy is nowhere longer and nowhere different; a log that merely begins alike is none.
Tailer::Relative Tailer::is_copy_of(Generation& original, OpenFile& file, const FileInfo& info) {
  const bool was_open = original.file != nullptr;
  if (!ensure_open(original)) return {Kinship::kUnreadable, nullptr};
  Relative relative;
  const Result<FileInfo> now = original.file->info();
  if (!now) {
    relative.kinship = Kinship::kUnreadable;
  } else if (info.size <= now->size) {
    switch (compare_content(*original.file, file, info.size)) {
      case ContentMatch::kUnreadable: relative.kinship = Kinship::kUnreadable; break;
      case ContentMatch::kSame: relative = {Kinship::kCopy, &original}; break;
      case ContentMatch::kDifferent: break;
    }
  }
  if (!was_open) close(original);
  return relative;
}

// It holds what the other one does, and perhaps more: whoever writes has moved on to it.
bool Tailer::has_all_of(Generation& original, OpenFile& file, const FileInfo& info) {
  const Result<FileInfo> now = original.file ? original.file->info() : Result<FileInfo>(FileInfo{});
  return now && original.file && info.size >= now->size &&
         compare_content(*original.file, file, now->size) == ContentMatch::kSame;
}

// copytruncate copies first and truncates then: until it does, a copy must not count a second time.
// It may still be growing, and nothing of its original may have been read yet.
Tailer::Relative Tailer::relative_by_head(const Newcomer& newcomer, OpenFile& file,
                                          const FileInfo& info, std::int64_t now_ns) {
  // What a first start finds has a right of its own, even if it is the same.
  if (!newcomer.rotated() || (first_start_ && first_sweep_)) return {};
  const auto log = by_log_.find(newcomer.log);
  if (log == by_log_.end()) return {};
  std::vector<Generation*> originals;  // read by their name or, having lost it, by their descriptor
  for (Generation* generation : log->second) {
    if (!generation->verified || generation->copy_of != 0) continue;
    if (generation->live() || generation->file) originals.push_back(generation);
  }
  // A few bytes are the same in many; it is the log itself that is copied.
  std::stable_partition(originals.begin(), originals.end(),
                        [](const Generation* generation) { return generation->live(); });
  for (Generation* original : originals) {
    const Relative relative = is_copy_of(*original, file, info);
    // As long as nothing of it was read nobody could tell that it was truncated after all.
    const bool unread = original->at.offset == 0 && original->read_end < info.size;
    if (relative.kinship == Kinship::kCopy && unread) return {Kinship::kLater, nullptr};
    if (relative.kinship != Kinship::kNone) return relative;
  }
  // None is like it, unless one was truncated while it was compared.
  for (Generation* original : originals) {
    if (is_alive(*original, now_ns) != ContentMatch::kSame) return {Kinship::kLater, nullptr};
  }
  return {};
}

// A log of which no line was read before its file was truncated or went out of sight: there is
// nothing to tell its content by but that its copy has all of it.
Tailer::Relative Tailer::relative_nothing_was_read_of(const Newcomer& newcomer,
                                                      const FileInfo& info, std::int64_t age) {
  const auto log = by_log_.find(newcomer.log);
  if (!newcomer.rotated() || log == by_log_.end()) return {};
  for (Generation* generation : log->second) {
    if (generation->at.offset != 0 || !generation->at.followed) continue;
    if (generation->file || generation->copy_of != 0) continue;
    if (age < generation->at.first_born_ns || info.size < generation->unread) continue;
    if (generation->searched_for || !generation->exists || generation->at.name.empty()) {
      generation->guessed = true;
      return {Kinship::kContinuation, generation};
    }
  }
  return {};
}

// A copy in the making may have been met before its log was: to be met anew, as a copy.
void Tailer::forget_copies_of(Generation& log) {
  if (first_start_ && first_sweep_) return;  // what a first start finds has a right of its own
  const std::vector<Generation*> others = by_log_[log.at.log];
  for (Generation* other : others) {
    if (!other->guessed || other->at.offset != 0 || !other->exists) continue;
    const bool was_open = other->file != nullptr;
    if (!ensure_open(*other)) continue;
    const Result<FileInfo> info = other->file->info();
    if (info && is_copy_of(log, *other->file, *info).kinship == Kinship::kCopy) {
      remove(*other);
      names_changed_ = wants_sweep_ = true;
    } else if (!was_open) {
      close(*other);
    }
  }
}

}  // namespace apierrd
