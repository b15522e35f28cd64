#include "daemon/siblings.h"

#include <algorithm>

#include "daemon/compressed_file.h"

namespace apierrd {

namespace {

// Characters with a meaning to glob(3) stand for themselves.
std::string glob_escaped(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

}  // namespace

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool is_rotated_name(std::string_view path, std::string_view candidate) {
  if (!candidate.starts_with(path)) return false;
  std::string_view suffix = candidate.substr(path.size());
  if (is_compressed_name(suffix)) suffix = suffix.substr(0, suffix.rfind('.'));
  constexpr std::string_view kAllowed = "0123456789.-_:TZ";
  return suffix.size() >= 2 && (suffix.front() == '.' || suffix.front() == '-') &&
         suffix[1] >= '0' && suffix[1] <= '9' &&
         suffix.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::vector<std::string> unrotated_names(std::string_view candidate) {
  std::vector<std::string> names;
  const std::size_t name_start = candidate.rfind('/') + 1;  // 0 if there is no slash
  for (std::size_t at = candidate.size(); at-- > name_start + 1;) {
    if (candidate[at] != '.' && candidate[at] != '-') continue;
    const std::string_view path = candidate.substr(0, at);
    if (is_rotated_name(path, candidate)) names.emplace_back(path);
  }
  return names;
}

std::vector<std::string> RotatedFiles::of(const std::string& path) {
  const std::string folder = folder_of(path);
  const bool relative = path.find('/') == std::string::npos;
  auto listed = by_folder_.find(folder);
  if (listed == by_folder_.end()) {
    const std::string within = relative ? "" : folder == "/" ? "/" : glob_escaped(folder) + "/";
    std::vector<std::string> names = files_.glob(within + "*");
    for (std::string& hidden : files_.glob(within + ".*")) names.push_back(std::move(hidden));
    std::sort(names.begin(), names.end());
    listed = by_folder_.emplace(folder, std::move(names)).first;
  }
  const std::vector<std::string>& all = listed->second;
  const auto has = [&all](const std::string& name) {
    return std::binary_search(all.begin(), all.end(), name);
  };
  std::vector<std::string> found;
  for (auto name = std::lower_bound(all.begin(), all.end(), path);
       name != all.end() && name->starts_with(path); ++name) {
    if (!is_rotated_name(path, *name)) continue;
    if (is_compressed_name(*name) && has(name->substr(0, name->rfind('.')))) continue;
    found.push_back(*name);
  }
  return found;
}

// Sets `failed` when the file could not be read; an end before `offset` only shortens the tail.
static std::string read_tail(OpenFile& file, std::uint64_t offset, std::size_t size, bool& failed) {
  std::string tail(std::min<std::uint64_t>(size, offset), '\0');
  std::size_t have = 0;
  failed = false;
  while (have < tail.size()) {
    const Result<std::size_t> count =
        file.read_at(offset - tail.size() + have, std::span(tail).subspan(have));
    failed = !count;
    if (failed || *count == 0) break;
    have += *count;
  }
  tail.resize(have);
  return tail;
}

std::string read_tail(OpenFile& file, std::uint64_t offset, std::size_t size) {
  bool failed = false;
  return read_tail(file, offset, size, failed);
}

TailMatch compare_tail(OpenFile& file, std::uint64_t offset, std::string_view tail) {
  bool failed = false;
  const std::string found = read_tail(file, offset, tail.size(), failed);
  if (failed) return TailMatch::kUnreadable;
  return found == tail ? TailMatch::kSame : TailMatch::kDifferent;
}

bool has_tail(OpenFile& file, std::uint64_t offset, std::string_view tail) {
  return compare_tail(file, offset, tail) == TailMatch::kSame;
}

}  // namespace apierrd
