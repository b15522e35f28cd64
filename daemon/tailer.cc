#include "daemon/tailer.h"

#include <fnmatch.h>

#include <algorithm>

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
bool is_compressed(const std::string& path) { return path.ends_with(".gz") || path.ends_with(".zst"); }

std::optional<std::uint64_t> marker_before(OpenFile& file, std::uint64_t offset) {
  char bytes[kMarkerBytes];
  const std::size_t size = std::min<std::uint64_t>(kMarkerBytes, offset);
  std::size_t have = 0;
  while (have < size) {
    const Result<std::size_t> count =
        file.read_at(offset - size + have, std::span(bytes).subspan(have, size - have));
    if (!count || *count == 0) return {};
    have += *count;
  }
  return marker_of(std::span(bytes).first(size));
}

}  // namespace

std::uint64_t marker_of(std::span<const char> bytes) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char byte : bytes) {
    hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  return hash;
}

ReadBuffer::ReadBuffer(std::size_t line_bytes_max) { resize_for(line_bytes_max); }

void ReadBuffer::resize_for(std::size_t line_bytes_max) {
  // A block must be able to hold the longest line and all around it, or that line could never be told
  // from one that is too long.
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
  return !is_compressed(path) &&
         std::any_of(options_.patterns.begin(), options_.patterns.end(),
                     [&path](const std::string& pattern) {
                       return ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0;
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
    if (tailed.path == path) check_name(tailed, named);
  }
  if (!named || !named->regular) return;
  const auto known = std::find_if(tailed_.begin(), tailed_.end(), [&](const TailedFile& tailed) {
    return tailed.id == named->id;
  });
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

void Tailer::check_name(TailedFile& tailed, const std::optional<FileInfo>& named) {
  if (!tailed.named || (named && named->id == tailed.id)) return;
  tailed.named = false;
  ++counts_.rotations;
  events_.file_rotated(tailed.path);
}

void Tailer::open(const std::string& path, std::int64_t now_ns) {
  Result<std::unique_ptr<OpenFile>> file = files_.open(path);
  if (!file) return fail(file.error());
  const Result<FileInfo> info = (*file)->info();
  if (!info) return fail(info.error());
  if (!info->regular) return;
  TailedFile tailed;
  tailed.path = path;
  tailed.id = info->id;
  tailed.offset = first_offset(**file, *info);
  tailed.read_end = tailed.offset;
  tailed.size = info->size;
  tailed.active_ns = now_ns;
  tailed.file = *std::move(file);
  events_.file_opened(path, tailed.offset);
  tailed_.push_back(std::move(tailed));
}

// Where to begin: behind what was counted before, if the file's content says it is that file.
std::uint64_t Tailer::first_offset(OpenFile& file, const FileInfo& info) {
  // Without the same id the marker alone speaks, and one of few bytes says too little.
  const auto is_resumed = [&](const FilePosition& position) {
    return position.offset > 0 && info.size >= position.offset &&
           (position.id == info.id || position.offset >= kMarkerBytes) &&
           marker_before(file, position.offset) == position.marker;
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
  if (info->size < tailed.read_end) {
    const std::uint64_t lost = std::max(tailed.size, tailed.read_end) - tailed.offset;
    ++counts_.truncations;
    counts_.lost_bytes[static_cast<std::size_t>(LossReason::kTruncated)] += lost;
    events_.file_truncated(tailed.path, lost);
    tailed.offset = tailed.read_end = 0;
    tailed.cutter = {};
  }
  if (info->size != tailed.size) tailed.active_ns = now_ns;
  tailed.size = info->size;
}

bool Tailer::read(ReadBuffer& buffer, std::int64_t now_ns, const Sink& sink) {
  bool more = false;
  for (TailedFile& tailed : tailed_) {
    if (!tailed.has_more()) continue;
    const std::uint64_t from = tailed.offset + tailed.cutter.pending_bytes();
    const Result<std::size_t> count = tailed.file->read_at(from, buffer.block());
    if (!count || *count == 0) {
      if (!count) fail(count.error());
      tailed.size = tailed.read_end;  // look again before the next try
      continue;
    }
    const std::string_view block(buffer.block().data(), *count);
    const LineCutter::Cut cut = tailed.cutter.cut(block, options_.line_bytes_max);
    tailed.read_end = from + *count;
    tailed.size = std::max(tailed.size, tailed.read_end);
    tailed.active_ns = now_ns;
    hand_out(tailed, cut.batch, sink);
    // A full block may have been cut before its end; the rest is read again with what follows it.
    if (block.size() == buffer.block().size()) {
      tailed.read_end = tailed.offset + tailed.cutter.pending_bytes();
    }
    more = more || tailed.has_more();
  }
  return more;
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
  // Files not seen again yet may still come back, an unreadable one for example; the oldest are let go.
  const std::size_t kept = std::min(resume_.size(), kUnusedPositionsMax);
  std::vector<FilePosition> positions(resume_.end() - static_cast<std::ptrdiff_t>(kept),
                                      resume_.end());
  for (TailedFile& tailed : tailed_) {
    const auto marker = marker_before(*tailed.file, tailed.offset);
    if (tailed.offset == 0 || !marker) continue;
    positions.push_back({tailed.path, tailed.id, tailed.offset, *marker});
  }
  return positions;
}

}  // namespace apierrd
