// A log's other generations: what rotation and copytruncate make of it, seen or unseen. Decision
// 0010 in docs/decisions says why it is done this way.
#include <algorithm>

#include "daemon/compressed_file.h"
#include "daemon/siblings.h"
#include "daemon/tailer.h"

namespace apierrd {

FilePosition position_of(const std::string& path, OpenFile& file, const FileInfo& info,
                         std::uint64_t offset) {
  return {path, info.id, offset, marker_of(read_tail(file, offset, kMarkerBytes)), info.born_ns};
}

namespace {

bool is_generation(const std::string& log, const std::string& path) {
  return path == log || is_rotated_name(log, path);
}

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
  std::vector<TailedFile*> originals;
  for (const std::string& path : unrotated_names(copy.path)) {
    for (TailedFile* original : followed_as(path)) originals.push_back(original);
  }
  for (const TailedFile* candidate : originals) {
    const TailedFile& original = *candidate;
    if (!original.named) continue;
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

// Whether what was read before tells that a compressed file need not be unpacked: it was so once
// (then it is known by its own name), or was written before anything that is known of the log.
bool Tailer::is_history(const std::string& path, const FileInfo& compressed) const {
  std::int64_t oldest_born_ns = INT64_MAX;
  for (const FilePosition& known : resume_) {
    if (is_compressed_name(known.path) && known.id == compressed.id &&
        known.born_ns == compressed.born_ns) {
      return true;
    }
    if (is_generation(path, known.path)) {
      oldest_born_ns = std::min(oldest_born_ns, known.born_ns);
    }
  }
  for (const TailedFile& tailed : tailed_) {
    if (!is_generation(path, tailed.path)) continue;
    oldest_born_ns = std::min(oldest_born_ns, tailed.born_ns);
  }
  return compressed.modified_ns < oldest_born_ns;
}

// The file of a rotated name of `path`, unless it is followed or known already.
std::optional<Tailer::Generation> Tailer::open_generation(const std::string& path,
                                                          const std::string& name) {
  const Result<std::optional<FileInfo>> found = files_.info(name);
  if (!found || !*found || !(*found)->regular || is_followed((*found)->id)) return {};
  const bool compressed = is_compressed_name(name);
  if (compressed && is_history(path, **found)) return {};
  Result<std::unique_ptr<OpenFile>> file = files_.open(name);
  if (!file) {
    fail(file.error());
    return {};
  }
  const Result<FileInfo> info = (*file)->info();  // of a compressed file: the size of its text
  if (!info) {
    fail(info.error());
    return {};
  }
  return Generation{name, *std::move(file), *info, compressed};
}

// Whether it is the compressed form of a file that is followed by its descriptor.
bool Tailer::is_packed_copy(const std::string& path, Generation& generation) const {
  if (!generation.compressed) return false;
  for (const TailedFile& tailed : tailed_) {
    if (tailed.size == 0 || tailed.size > generation.info.size) continue;
    if (!is_generation(path, tailed.path)) continue;
    const std::string tail = read_tail(*tailed.file, tailed.size, kMarkerBytes);
    const bool readable = tail.size() == std::min<std::uint64_t>(tailed.size, kMarkerBytes);
    if (readable && has_tail(*generation.file, tailed.size, tail)) return true;
  }
  return false;
}

// Known from now on, as read to its end.
void Tailer::remember(const std::string& path, Generation& generation) {
  const std::string& known_as = generation.compressed ? generation.name : path;
  resume_.push_back(position_of(known_as, *generation.file, generation.info, generation.info.size));
}

// Reads on, under its rotated names, what was renamed or came and went unseen: files of a known
// position that have more, and files born after the newest generation we knew (of a compressed one
// counts when it was last written to). All others are history.
void Tailer::find_generations(const std::string& path, const Younger& younger,
                              RotatedFiles& rotated, std::int64_t now_ns) {
  for (const std::string& name : rotated.of(path)) {
    std::optional<Generation> found = open_generation(path, name);
    if (!found) continue;
    const std::optional<FilePosition> position = take_position(*found->file, found->info, name);
    // Known, but of other content now: truncated while nobody looked.
    const bool rewritten = !position && !found->compressed &&
                           std::any_of(resume_.begin(), resume_.end(), [&](auto& known) {
                             return is_same_file(known, found->info);
                           });
    FileInfo age = found->info;
    if (found->compressed) age.born_ns = age.modified_ns;
    if ((position && position->offset == found->info.size) || is_packed_copy(path, *found)) {
      remember(path, *found);  // read to its end before
    } else if (position || rewritten || younger(age)) {
      const std::uint64_t offset = position ? position->offset : 0;
      TailedFile& tailed = follow(path, std::move(found->file), found->info, offset, now_ns);
      tailed.named = false;
      if (found->compressed) tailed.packed_name = name;
      ++counts_.rotations;
    }
  }
}

// Never followed before: what rotation had left by now is not ours to count.
void Tailer::pass_over_generations(const std::string& path, RotatedFiles& rotated) {
  for (const std::string& name : rotated.of(path)) {
    const Result<std::optional<FileInfo>> info = files_.info(name);
    if (!info || !*info || !(*info)->regular || is_followed((*info)->id)) continue;
    if (is_compressed_name(name)) {
      resume_.push_back({name, (*info)->id, 0, marker_of({}), (*info)->born_ns});
    } else if (std::optional<Generation> found = open_generation(path, name)) {
      if (found->info.size > 0) remember(path, *found);
    }
  }
}

// Once, when all files the patterns match have been opened.
void Tailer::look_into_the_past(std::int64_t now_ns) {
  std::set<std::string> paths;
  for (const TailedFile& tailed : tailed_) paths.insert(tailed.path);
  for (const FilePosition& position : resume_) {
    if (!is_compressed_name(position.path)) paths.insert(position.path);
  }
  RotatedFiles rotated(files_);
  for (const std::string& path : paths) {
    const auto newest = newest_born_ns_.find(path);
    if (newest == newest_born_ns_.end()) {
      pass_over_generations(path, rotated);
      continue;
    }
    const auto younger = [born = newest->second](const FileInfo& info) {
      return born != 0 && info.born_ns > born;
    };
    find_generations(path, younger, rotated, now_ns);
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
  for (const std::string& name : RotatedFiles(files_).of(truncated.path)) {
    std::optional<Generation> found = open_generation(truncated.path, name);
    if (!found || found->info.size < truncated.offset ||
        !has_tail(*found->file, truncated.offset, truncated.tail)) {
      continue;
    }
    TailedFile& copy =
        follow(truncated.path, std::move(found->file), found->info, truncated.offset, now_ns);
    copy.named = false;
    if (found->compressed) copy.packed_name = name;
    return take_over(copy);
  }
  return 0;
}

// `seen_end`: how far the old content is known to have gone.
void Tailer::start_over(TailedFile& tailed, std::uint64_t seen_end, std::int64_t now_ns) {
  const std::uint64_t uncounted = std::max(seen_end, tailed.read_end) - tailed.offset;
  if (const Result<FileInfo> info = tailed.file->info()) tailed.size = info->size;
  std::uint64_t recovered = recover_from_copy(tailed, now_ns);
  // Copies nobody knows: of further truncations since, or of this one if nothing had been counted.
  const std::size_t before = tailed_.size();
  RotatedFiles rotated(files_);
  find_generations(tailed.path, younger_than(tailed), rotated, now_ns);
  if (tailed.offset == 0 && tailed_.size() > before) recovered = uncounted;
  const std::uint64_t lost = uncounted - std::min(uncounted, recovered);
  ++counts_.truncations;
  counts_.lost_bytes[static_cast<std::size_t>(LossReason::kTruncated)] += lost;
  events_.file_truncated(tailed.path, lost);
  tailed.offset = tailed.read_end = 0;
  tailed.tail.clear();
  tailed.cutter = LineCutter();
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
           marker_of(read_tail(file, position.offset, kMarkerBytes)) == position.marker;
  };
  // The same file most likely has the same id; only if none of those fits the others are asked.
  const std::vector<std::string> logs = unrotated_names(path);
  std::vector<std::size_t> same_id, others;
  for (std::size_t i = 0; i < resume_.size(); ++i) {
    const FilePosition& position = resume_[i];
    const bool related =
        is_rotated_name(position.path, path) ||
        (is_compressed_name(path) && std::any_of(logs.begin(), logs.end(), [&](auto& log) {
           return is_generation(log, position.path);
         }));
    if (position.id == info.id) {
      same_id.push_back(i);
    } else if (related || (position.offset >= kMarkerBytes && !is_compressed_name(path))) {
      others.push_back(i);
    }
  }
  for (std::vector<std::size_t>* candidates : {&same_id, &others}) {
    // In the file's order, as a compressed one wants to be read; the furthest is right.
    std::stable_sort(candidates->begin(), candidates->end(), [this](std::size_t a, std::size_t b) {
      return resume_[a].offset < resume_[b].offset;
    });
    std::optional<std::size_t> best;
    for (const std::size_t i : *candidates) {
      const bool further = !best || resume_[i].offset > resume_[*best].offset;
      if (further && fits(resume_[i])) best = i;
    }
    if (!best) continue;
    FilePosition found = std::move(resume_[*best]);
    resume_.erase(resume_.begin() + static_cast<std::ptrdiff_t>(*best));
    return found;
  }
  return {};
}

}  // namespace apierrd
