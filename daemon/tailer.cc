#include "daemon/tailer.h"

#include <fnmatch.h>

#include <algorithm>

#include "daemon/compressed_file.h"
#include "daemon/siblings.h"
#include "parsers/json_document.h"

namespace apierrd {

namespace {

// At least this much is read at once, so that a system call costs little per line.
constexpr std::size_t kBlockBytes = 256U << 10;

// The deepest folder of a pattern that holds no wildcard.
std::string fixed_folder_of(const std::string& pattern) {
  return folder_of(pattern.substr(0, pattern.find_first_of("*?[")) + "x");
}

// Rotated files remembered, and files not seen again yet. The oldest are let go.
constexpr std::size_t kUnusedPositionsMax = 1'000;

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
    : files_(files), events_(events), options_(std::move(options)), resume_(std::move(resume)) {
  for (const FilePosition& position : resume_) {
    std::int64_t& newest = newest_born_ns_[position.path];
    newest = std::max(newest, position.born_ns);
  }
}

void Tailer::fail(const Error& error) {
  ++counts_.open_errors;
  events_.file_failed(error);
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
  if (first_sweep_) look_into_the_past(now_ns);
  close_quiet_files(now_ns, sink);
  first_sweep_ = false;
}

void Tailer::look_at(const std::string& path, std::int64_t now_ns) {
  if (!by_path_.contains(path) && !matches(path)) {
    // Perhaps the new name of a file that is still written to.
    for (TailedFile& tailed : tailed_) {
      if (!tailed.named) measure(tailed, now_ns);
    }
    return;
  }
  const Result<std::optional<FileInfo>> found = files_.info(path);
  if (!found) return fail(found.error());
  const std::optional<FileInfo>& named = *found;
  for (TailedFile* tailed : followed_as(path)) check_name(*tailed, named, now_ns);
  if (!named || !named->regular) return;
  const auto known = by_id_.find(named->id);
  if (known == by_id_.end()) {
    if (matches(path)) open(path, now_ns);
    return;
  }
  TailedFile& tailed = *known->second;
  // A renamed file that a pattern still matches goes on under its new name.
  if (!tailed.named && matches(path)) {
    set_path(tailed, path);
    tailed.named = true;
  }
  measure(tailed, now_ns);
}

// A copy, since files join while they are looked at.
std::vector<Tailer::TailedFile*> Tailer::followed_as(const std::string& path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? std::vector<TailedFile*>() : found->second;
}

void Tailer::set_path(TailedFile& tailed, const std::string& path) {
  forget_path(tailed);
  tailed.path = path;
  by_path_[path].push_back(&tailed);
}

void Tailer::forget_path(const TailedFile& tailed) {
  const auto found = by_path_.find(tailed.path);
  if (found == by_path_.end()) return;
  std::erase(found->second, &tailed);
  if (found->second.empty()) by_path_.erase(found);
}

void Tailer::check_name(TailedFile& tailed, const std::optional<FileInfo>& named,
                        std::int64_t now_ns) {
  if (!tailed.named || (named && named->id == tailed.id)) return;
  tailed.named = false;
  ++counts_.rotations;
  events_.file_rotated(tailed.path);
  // First, lest the copy of a truncated file is taken for a later generation.
  measure(tailed, now_ns);
  RotatedFiles rotated(files_);
  find_generations(tailed.path, younger_than(tailed), rotated, now_ns);
}

void Tailer::open(const std::string& path, std::int64_t now_ns) {
  Result<std::unique_ptr<OpenFile>> file = files_.open(path);
  if (!file) return fail(file.error());
  const Result<FileInfo> info = (*file)->info();
  if (!info) return fail(info.error());
  if (!info->regular) return;
  const std::optional<FilePosition> position = take_position(**file, *info, path);
  const bool at_end = !position && options_.start_at_end && first_sweep_;
  const std::uint64_t offset = position ? position->offset
                               : at_end ? last_line_start(**file, info->size)
                                        : 0;
  TailedFile& tailed = follow(path, *std::move(file), *info, offset, now_ns);
  if (offset == 0) hold_back_copy(tailed);
}

Tailer::TailedFile& Tailer::follow(const std::string& path, std::unique_ptr<OpenFile> file,
                                   const FileInfo& info, std::uint64_t offset,
                                   std::int64_t now_ns) {
  TailedFile& tailed = tailed_.emplace_back();
  set_path(tailed, path);
  tailed.id = info.id;
  by_id_[info.id] = &tailed;
  tailed.offset = tailed.read_end = offset;
  tailed.size = info.size;
  tailed.modified_ns = info.modified_ns;
  tailed.born_ns = info.born_ns;
  tailed.active_ns = now_ns;
  tailed.file = std::move(file);
  tailed.tail = read_tail(*tailed.file, offset, kMarkerBytes);
  tailed.cutter = LineCutter(tailed.before_first_line());
  events_.file_opened(path, offset);
  return tailed;
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
  const bool rewritten =
      info->modified_ns != tailed.modified_ns &&
      compare_tail(*tailed.file, tailed.offset, tailed.tail) == TailMatch::kDifferent;
  if (info->size < tailed.read_end || rewritten) start_over(tailed, tailed.size, now_ns);
  if (info->size != tailed.size) tailed.active_ns = now_ns;
  tailed.size = info->size;
  tailed.modified_ns = info->modified_ns;
  if (tailed.copy_of && tailed.size > tailed.copied_size && !hold_back_copy(tailed)) {
    tailed.copy_of.reset();  // a file of its own after all
    tailed.offset = tailed.read_end = tailed.copied_size;
    tailed.tail = read_tail(*tailed.file, tailed.offset, kMarkerBytes);
  } else if (tailed.read_end == 0 && tailed.size > 0) {
    hold_back_copy(tailed);
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
  const TailMatch before = tailed.packed_name.empty()
                               ? compare_tail(*tailed.file, tailed.offset, tailed.tail)
                               : TailMatch::kSame;
  if (before == TailMatch::kDifferent) return start_over(tailed, tailed.read_end, now_ns);
  if (!count || *count == 0 || before == TailMatch::kUnreadable) {
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
    tailed.tail.append(
        block.substr(counted - std::min(counted, kMarkerBytes), std::min(counted, kMarkerBytes)));
    if (pending > 0) tailed.tail = read_tail(*tailed.file, tailed.offset, kMarkerBytes);
    if (tailed.tail.size() > kMarkerBytes) tailed.tail.erase(0, tailed.tail.size() - kMarkerBytes);
  }
  // A full block may have been cut before its end; the rest is read again with what follows it.
  if (block.size() == buffer.block().size()) {
    tailed.read_end = tailed.offset + tailed.cutter.pending_bytes();
  }
  if (tailed.cutter.at_file_start()) skip_hole(tailed, sink);
}

// A hole may be far larger than what was ever written: its rest is not read but stepped over.
void Tailer::skip_hole(TailedFile& tailed, const Sink& sink) {
  const Result<std::uint64_t> data = tailed.file->data_from(tailed.offset);
  if (!data || *data <= tailed.offset + 1) return;
  LineBatch hole;
  hole.bytes = *data - 1 - tailed.offset;  // the cutter judges its last byte by what follows
  hand_out(tailed, hole, sink);
  tailed.tail.assign(std::min<std::uint64_t>(tailed.offset, kMarkerBytes), '\0');
  tailed.read_end = tailed.offset;
  tailed.size = std::max(tailed.size, tailed.read_end);
}

void Tailer::hand_out(TailedFile& tailed, LineBatch batch, const Sink& sink) {
  if (batch.bytes == 0) return;
  batch.at_file_start = tailed.before_first_line();
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
    // Remembered, so that its rotated name is not taken for news; and its writer may still come
    // back.
    const FileInfo info{tailed.id, tailed.size, tailed.modified_ns, tailed.born_ns, true};
    // A compressed file is known by its own name from now on: it need not be unpacked again.
    const std::string& path = tailed.packed_name.empty() ? tailed.path : tailed.packed_name;
    resume_.push_back(position_of(path, *tailed.file, info, tailed.offset));
    forget_path(tailed);
    by_id_.erase(tailed.id);
    return true;
  });
}

const FileCounts& Tailer::refresh_counts(std::int64_t now_unix_ns) {
  std::map<std::string_view, std::uint64_t>
      lags;  // a file without a name shares its successor's row
  bool behind = false;
  for (const TailedFile& tailed : tailed_) {
    if (tailed.copy_of) continue;
    lags[tailed.path] += tailed.size - std::min(tailed.size, tailed.offset);
    behind = behind || tailed.has_more();
  }
  counts_.files.clear();
  for (const auto& [path, lag] : lags) counts_.files.push_back({std::string(path), lag});
  counts_.files_open = tailed_.size();
  if (!behind) counts_.caught_up_unix_ns = now_unix_ns;
  return counts_;
}

std::vector<FilePosition> Tailer::positions() {
  // Files not seen again yet may still come back, an unreadable one for example.
  if (resume_.size() > kUnusedPositionsMax) {
    resume_.erase(resume_.begin(),
                  resume_.end() - static_cast<std::ptrdiff_t>(kUnusedPositionsMax));
  }
  std::vector<FilePosition> positions = resume_;
  for (const TailedFile& tailed : tailed_) {
    if (tailed.copy_of) continue;
    positions.push_back(
        {tailed.path, tailed.id, tailed.offset, marker_of(tailed.tail), tailed.born_ns});
  }
  return positions;
}

}  // namespace apierrd
