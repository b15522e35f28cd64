#include "daemon/tailer.h"

#include <fnmatch.h>

#include <algorithm>

#include "daemon/siblings.h"
#include "parsers/json_document.h"

namespace apierrd {

namespace {

// At least this much is read at once, so that a system call costs little per line.
constexpr std::size_t kBlockBytes = 256U << 10;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The deepest folder of a pattern that holds no wildcard.
std::string fixed_folder_of(const std::string& pattern) {
  return folder_of(pattern.substr(0, pattern.find_first_of("*?[")) + "x");
}

constexpr std::size_t kUnusedPositionsMax = 1'000;

// Rotated files are compressed in place; their lines were read before. (`replay` reads them.)
bool is_compressed(const std::string& path) {
  return path.ends_with(".gz") || path.ends_with(".zst");
}

}  // namespace

std::uint64_t marker_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  return hash;
}

ReadBuffer::ReadBuffer(std::size_t line_bytes_max) { resize_for(line_bytes_max); }

void ReadBuffer::resize_for(std::size_t line_bytes_max) {
  // A block must be able to hold the longest line and all around it, or that line could never be
  // told from one that is too long.
  block_bytes_ = std::max(kBlockBytes, line_bytes_max + kLineSlack + 1);
  bytes_.assign(block_bytes_ + kJsonPadding, '\0');
}

Tailer::Tailer(FileSystem& files, TailEvents& events, TailOptions options,
               std::vector<FilePosition> resume)
    : files_(files), events_(events), options_(std::move(options)), resume_(std::move(resume)) {}

void Tailer::fail(const Error& error) {
  ++counts_.open_errors;
  events_.file_failed(error);
}

bool Tailer::matches(const std::string& path) const {
  return !is_compressed(path) && std::any_of(options_.patterns.begin(), options_.patterns.end(),
                                             [&path](const std::string& pattern) {
                                               return ::fnmatch(pattern.c_str(), path.c_str(),
                                                                FNM_PATHNAME | FNM_PERIOD) == 0;
                                             });
}

std::set<std::string> Tailer::folders() const {
  std::set<std::string> folders;
  for (const std::string& pattern : options_.patterns) folders.insert(fixed_folder_of(pattern));
  for (const TailedFile& tailed : tailed_) folders.insert(folder_of(tailed.path));
  return folders;
}

void Tailer::sweep(std::int64_t now_ns, const Sink& sink) {
  std::set<std::string> paths;
  for (const std::string& pattern : options_.patterns) {
    for (std::string& path : files_.glob(pattern)) paths.insert(std::move(path));
  }
  for (const TailedFile& tailed : tailed_) {
    if (tailed.named) paths.insert(tailed.path);
  }
  for (const std::string& path : paths) look_at(path, now_ns);
  for (TailedFile& tailed : tailed_) {
    if (!tailed.named) measure(tailed, now_ns);
  }
  if (first_sweep_) find_rotated_positions(now_ns);
  close_quiet_files(now_ns, sink);
  first_sweep_ = false;
}

void Tailer::look_at(const std::string& path, std::int64_t now_ns) {
  const bool followed = std::any_of(tailed_.begin(), tailed_.end(),
                                    [&path](const auto& tailed) { return tailed.path == path; });
  if (!followed && !matches(path)) {  // perhaps the new name of a file that is still written to
    for (TailedFile& tailed : tailed_) {
      if (!tailed.named) measure(tailed, now_ns);
    }
    return;
  }
  const Result<std::optional<FileInfo>> found = files_.info(path);
  if (!found) return fail(found.error());
  const std::optional<FileInfo>& named = *found;
  for (TailedFile& tailed : tailed_) {
    if (tailed.path == path) check_name(tailed, named, now_ns);
  }
  if (!named || !named->regular) return;
  const auto known = std::find_if(tailed_.begin(), tailed_.end(),
                                  [&](const TailedFile& tailed) { return tailed.id == named->id; });
  if (known == tailed_.end()) {
    if (matches(path)) open(path, now_ns);
    return;
  }
  // A renamed file that a pattern still matches goes on under its new name.
  if (!known->named && matches(path)) {
    known->path = path;
    known->named = true;
  }
  measure(*known, now_ns);
}

bool Tailer::is_followed(const FileId& id) const {
  return std::any_of(tailed_.begin(), tailed_.end(),
                     [&id](const TailedFile& tailed) { return tailed.id == id; });
}

void Tailer::check_name(TailedFile& tailed, const std::optional<FileInfo>& named,
                        std::int64_t now_ns) {
  if (!tailed.named || (named && named->id == tailed.id)) return;
  tailed.named = false;
  ++counts_.rotations;
  events_.file_rotated(tailed.path);
  find_missed_generations(tailed, now_ns);
}

void Tailer::open(const std::string& path, std::int64_t now_ns) {
  Result<std::unique_ptr<OpenFile>> file = files_.open(path);
  if (!file) return fail(file.error());
  const Result<FileInfo> info = (*file)->info();
  if (!info) return fail(info.error());
  if (!info->regular) return;
  const std::uint64_t offset = first_offset(**file, *info);
  TailedFile& tailed = follow(path, *std::move(file), *info, offset, now_ns);
  if (offset == 0) hold_back_copy(tailed);
}

Tailer::TailedFile& Tailer::follow(const std::string& path, std::unique_ptr<OpenFile> file,
                                   const FileInfo& info, std::uint64_t offset,
                                   std::int64_t now_ns) {
  TailedFile& tailed = tailed_.emplace_back();
  tailed.path = path;
  tailed.id = info.id;
  tailed.offset = tailed.read_end = offset;
  tailed.size = info.size;
  tailed.modified_ns = info.modified_ns;
  tailed.born_ns = info.born_ns;
  tailed.active_ns = now_ns;
  tailed.file = std::move(file);
  tailed.tail = read_tail(*tailed.file, offset, kMarkerBytes);
  events_.file_opened(path, offset);
  return tailed;
}

// copytruncate copies first and truncates then: until it does, a copy must not count a second time.
bool Tailer::hold_back_copy(TailedFile& copy) {
  for (const TailedFile& original : tailed_) {
    if (!original.named || original.offset == 0 || copy.size < original.offset ||
        !is_rotated_name(original.path, copy.path) ||
        !has_tail(*copy.file, original.offset, original.tail)) {
      continue;
    }
    copy.copy_of = original.id;
    copy.copied_size = copy.size;
    return true;
  }
  return false;
}

// Files that were renamed while the daemon was down, and those that came and went after them.
void Tailer::find_rotated_positions(std::int64_t now_ns) {
  const std::vector<FilePosition> unused = resume_;
  for (const FilePosition& position : unused) {
    for (const std::string& path : rotated_files(files_, position.path)) {
      const Result<std::optional<FileInfo>> info = files_.info(path);
      if (!info || !*info || !(*info)->regular || is_followed((*info)->id)) continue;
      Result<std::unique_ptr<OpenFile>> file = files_.open(path);
      if (!file) continue;
      const std::size_t before = resume_.size();
      const std::uint64_t offset = first_offset(**file, **info);
      if (resume_.size() == before) continue;  // it is none of ours
      TailedFile& found = follow(position.path, *std::move(file), **info, offset, now_ns);
      found.named = false;
      ++counts_.rotations;
      find_missed_generations(found, now_ns);
      break;
    }
  }
}

// Rotated names that are younger than `after` and that nobody follows were never looked at.
void Tailer::find_missed_generations(const TailedFile& after, std::int64_t now_ns) {
  for (const std::string& path : rotated_files(files_, after.path)) {
    const Result<std::optional<FileInfo>> info = files_.info(path);
    if (!info || !*info || !(*info)->regular || is_followed((*info)->id)) continue;
    const bool dated = after.born_ns != 0 && (*info)->born_ns != 0;
    const bool younger =
        dated ? (*info)->born_ns > after.born_ns : (*info)->modified_ns > after.modified_ns;
    if (!younger) continue;
    Result<std::unique_ptr<OpenFile>> file = files_.open(path);
    if (!file) {
      fail(file.error());
      continue;
    }
    follow(after.path, *std::move(file), **info, 0, now_ns).named = false;
    ++counts_.rotations;
  }
}

// Finds the copy of a truncated file and reads it on from where the original stopped. Returns how
// many bytes the copy has from there on.
std::uint64_t Tailer::recover_from_copy(const TailedFile& truncated, std::int64_t now_ns) {
  if (truncated.offset == 0) return 0;
  const auto take_over = [&truncated](TailedFile& copy) {
    copy.offset = copy.read_end = truncated.offset;
    copy.tail = truncated.tail;
    copy.copy_of.reset();
    return copy.size - truncated.offset;
  };
  for (TailedFile& copy : tailed_) {
    if (copy.copy_of != truncated.id || copy.size < truncated.offset) continue;
    if (has_tail(*copy.file, truncated.offset, truncated.tail)) return take_over(copy);
  }
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
  const std::uint64_t recovered = recover_from_copy(tailed, now_ns);
  const std::uint64_t lost = uncounted - std::min(uncounted, recovered);
  ++counts_.truncations;
  counts_.lost_bytes[static_cast<std::size_t>(LossReason::kTruncated)] += lost;
  events_.file_truncated(tailed.path, lost);
  tailed.offset = tailed.read_end = 0;
  tailed.tail.clear();
  tailed.cutter = {};
}

// Where to begin: behind what was counted before, if the file's content says it is that file.
std::uint64_t Tailer::first_offset(OpenFile& file, const FileInfo& info) {
  // Without the same id the marker alone speaks, and one of few bytes says too little.
  const auto is_resumed = [&](const FilePosition& position) {
    return position.offset > 0 && info.size >= position.offset &&
           (position.id == info.id || position.offset >= kMarkerBytes) &&
           marker_of(read_tail(file, position.offset, kMarkerBytes)) == position.marker;
  };
  // The same file most likely has the same id, and of several that fit the furthest is right.
  const auto rank = [&](const FilePosition& position) {
    return std::pair(position.id == info.id, position.offset);
  };
  auto best = resume_.end();
  for (auto position = resume_.begin(); position != resume_.end(); ++position) {
    if (best != resume_.end() && rank(*position) <= rank(*best)) continue;
    if (is_resumed(*position)) best = position;
  }
  if (best != resume_.end()) {
    const std::uint64_t offset = best->offset;
    resume_.erase(best);
    return offset;
  }
  return options_.start_at_end && first_sweep_ ? last_line_start(file, info.size) : 0;
}

// The start of the line that is being written, or the end if the last line is whole.
std::uint64_t Tailer::last_line_start(OpenFile& file, std::uint64_t size) {
  std::vector<char> tail(std::min<std::uint64_t>(size, options_.line_bytes_max + 1));
  const Result<std::size_t> count = file.read_at(size - tail.size(), tail);
  if (!count) return size;
  const std::string_view text(tail.data(), *count);
  const std::size_t newline = text.rfind('\n');
  return newline == std::string_view::npos ? size : size - tail.size() + newline + 1;
}

void Tailer::measure(TailedFile& tailed, std::int64_t now_ns) {
  const Result<FileInfo> info = tailed.file->info();
  if (!info) return fail(info.error());
  const bool rewritten = info->size == tailed.size && info->modified_ns != tailed.modified_ns &&
                         !has_tail(*tailed.file, tailed.offset, tailed.tail);
  if (info->size < tailed.read_end || rewritten) start_over(tailed, tailed.size, now_ns);
  if (info->size != tailed.size) tailed.active_ns = now_ns;
  tailed.size = info->size;
  tailed.modified_ns = info->modified_ns;
  if (tailed.copy_of && tailed.size > tailed.copied_size) {  // a file of its own after all
    tailed.copy_of.reset();
    tailed.offset = tailed.read_end = tailed.copied_size;
    tailed.tail = read_tail(*tailed.file, tailed.offset, kMarkerBytes);
  }
}

bool Tailer::read(ReadBuffer& buffer, std::int64_t now_ns, const Sink& sink) {
  bool more = false;
  for (TailedFile& tailed : tailed_) {
    if (!tailed.has_more()) continue;
    read_block(tailed, buffer, now_ns, sink);
    more = more || tailed.has_more();
  }
  return more;
}

void Tailer::read_block(TailedFile& tailed, ReadBuffer& buffer, std::int64_t now_ns,
                        const Sink& sink) {
  const std::uint64_t pending = tailed.cutter.pending_bytes();
  const std::uint64_t from = tailed.offset + pending;
  const Result<std::size_t> count = tailed.file->read_at(from, buffer.block());
  // Looked at after the block was read: if the file was truncated before, the block is not what it
  // seems.
  if (!has_tail(*tailed.file, tailed.offset, tailed.tail)) {
    return start_over(tailed, tailed.read_end, now_ns);
  }
  if (!count || *count == 0) {
    if (!count) fail(count.error());
    tailed.size = tailed.read_end;  // measured again before the next try
    return;
  }
  const std::string_view block(buffer.block().data(), *count);
  const LineCutter::Cut cut = tailed.cutter.cut(block, options_.line_bytes_max);
  tailed.read_end = from + *count;
  tailed.size = std::max(tailed.size, tailed.read_end);
  tailed.active_ns = now_ns;
  if (cut.batch.bytes > 0) {
    const std::size_t counted = cut.consumed - tailed.cutter.pending_bytes();
    hand_out(tailed, cut.batch, sink);
    tailed.tail.append(block.substr(0, counted));
    if (pending > 0) tailed.tail = read_tail(*tailed.file, tailed.offset, kMarkerBytes);
    if (tailed.tail.size() > kMarkerBytes) tailed.tail.erase(0, tailed.tail.size() - kMarkerBytes);
  }
  // A full block may have been cut before its end; the rest is read again with what follows it.
  if (block.size() == buffer.block().size()) {
    tailed.read_end = tailed.offset + tailed.cutter.pending_bytes();
  }
}

void Tailer::hand_out(TailedFile& tailed, LineBatch batch, const Sink& sink) {
  if (batch.bytes == 0) return;
  batch.at_file_start = tailed.offset == 0;
  tailed.offset += batch.bytes;
  sink(batch);
}

void Tailer::close_quiet_files(std::int64_t now_ns, const Sink& sink) {
  std::erase_if(tailed_, [&](TailedFile& tailed) {
    if (tailed.named || tailed.has_more() || now_ns - tailed.active_ns < options_.linger_ns) {
      return false;
    }
    // Its last line never got a newline and never will: it counts as `replay` would count it.
    ReadBuffer rest(options_.line_bytes_max);
    const std::uint64_t from = tailed.offset + tailed.cutter.pending_bytes();
    const Result<std::size_t> count = tailed.file->read_at(from, rest.block());
    if (count) {
      hand_out(tailed, tailed.cutter.finish({rest.block().data(), *count}), sink);
    } else {
      fail(count.error());
      counts_.lost_bytes[static_cast<std::size_t>(LossReason::kReadError)] +=
          tailed.size - tailed.offset;
    }
    events_.file_closed(tailed.path);
    return true;
  });
}

const FileCounts& Tailer::refresh_counts(std::int64_t now_unix_ns) {
  counts_.files.clear();
  bool behind = false;
  for (const TailedFile& tailed : tailed_) {
    if (tailed.copy_of) continue;
    const std::uint64_t lag = tailed.size - std::min(tailed.size, tailed.offset);
    behind = behind || tailed.has_more();
    // A file without a name shares the row of its successor.
    const auto row = std::find_if(counts_.files.begin(), counts_.files.end(),
                                  [&](const FileStatus& f) { return f.path == tailed.path; });
    if (row != counts_.files.end()) {
      row->lag_bytes += lag;
    } else {
      counts_.files.push_back({tailed.path, lag});
    }
  }
  std::sort(counts_.files.begin(), counts_.files.end(),
            [](const FileStatus& a, const FileStatus& b) { return a.path < b.path; });
  counts_.files_open = tailed_.size();
  if (!behind) counts_.caught_up_unix_ns = now_unix_ns;
  return counts_;
}

std::vector<FilePosition> Tailer::positions() {
  // Files not seen again yet may still come back, an unreadable one for example; the oldest are let
  // go.
  const std::size_t kept = std::min(resume_.size(), kUnusedPositionsMax);
  std::vector<FilePosition> positions(resume_.end() - static_cast<std::ptrdiff_t>(kept),
                                      resume_.end());
  for (const TailedFile& tailed : tailed_) {
    if (tailed.offset == 0 || tailed.copy_of) continue;
    positions.push_back({tailed.path, tailed.id, tailed.offset, marker_of(tailed.tail)});
  }
  return positions;
}

}  // namespace apierrd
