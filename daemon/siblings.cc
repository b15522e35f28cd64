#include "daemon/siblings.h"

#include <algorithm>

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

bool is_rotated_name(std::string_view path, std::string_view candidate) {
  if (!candidate.starts_with(path)) return false;
  const std::string_view suffix = candidate.substr(path.size());
  constexpr std::string_view kAllowed = "0123456789.-_:TZ";
  return suffix.size() >= 2 && (suffix.front() == '.' || suffix.front() == '-') &&
         suffix[1] >= '0' && suffix[1] <= '9' &&
         suffix.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::vector<std::string> rotated_files(FileSystem& files, const std::string& path) {
  std::vector<std::string> found = files.glob(glob_escaped(path) + "[.-]*");
  std::erase_if(
      found, [&path](const std::string& candidate) { return !is_rotated_name(path, candidate); });
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
