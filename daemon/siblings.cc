#include "daemon/siblings.h"

#include <algorithm>

#include "daemon/compressed_file.h"
#include "daemon/file_position.h"

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

FolderListing::FolderListing(FileSystem& files, const std::string& folder) {
  const std::string within = folder == "." ? "" : folder == "/" ? "/" : glob_escaped(folder) + "/";
  for (const char* pattern : {"*", ".*"}) {
    Result<std::vector<std::string>> found = files.glob(within + pattern);
    if (!found) {
      error_ = found.error();
      continue;
    }
    for (std::string& name : *found) names_.push_back(std::move(name));
  }
  std::sort(names_.begin(), names_.end());
}

std::vector<std::string> FolderListing::rotated_names_of(const std::string& path) const {
  std::vector<std::string> found;
  for (auto name = std::lower_bound(names_.begin(), names_.end(), path);
       name != names_.end() && name->starts_with(path); ++name) {
    if (!is_rotated_name(path, *name)) continue;
    const bool beside_plain =
        is_compressed_name(*name) &&
        std::binary_search(names_.begin(), names_.end(), name->substr(0, name->rfind('.')));
    if (!beside_plain) found.push_back(*name);
  }
  return found;
}

FolderCensus::FolderCensus(FileSystem& files, const std::string& folder)
    : first_(look(files, folder)), second_(look(files, folder)) {}

FolderCensus::Look FolderCensus::look(FileSystem& files, const std::string& folder) {
  Look seen{FolderListing(files, folder), {}};
  for (const std::string& name : seen.listing.names()) {
    if (unrotated_names(name).empty()) continue;
    const Result<std::optional<FileInfo>> info = files.info(name);
    seen.files.emplace(name, info ? Result<FileInfo>(info->value_or(FileInfo{})) : info.error());
  }
  return seen;
}

Result<std::optional<std::vector<FileInfo>>> FolderCensus::rotated_files_of(
    const std::string& path) const {
  for (const Look* seen : {&first_, &second_}) {
    if (seen->listing.error()) return *seen->listing.error();
  }
  const std::vector<std::string> names = first_.listing.rotated_names_of(path);
  std::optional<std::vector<FileInfo>> files;
  if (names != second_.listing.rotated_names_of(path)) return files;
  files.emplace();
  for (const std::string& name : names) {
    const Result<FileInfo>& one = first_.files.at(name);
    const Result<FileInfo>& other = second_.files.at(name);
    if (!one) return one.error();
    if (!other) return other.error();
    if (!is_file(*other, one->id, one->born_ns)) return std::optional<std::vector<FileInfo>>();
    files->push_back(*one);
  }
  return files;
}

Result<std::string> read_tail(OpenFile& file, std::uint64_t offset, std::size_t size) {
  std::string tail(std::min<std::uint64_t>(size, offset), '\0');
  std::size_t have = 0;
  while (have < tail.size()) {
    const Result<std::size_t> count =
        file.read_at(offset - tail.size() + have, std::span(tail).subspan(have));
    if (!count) return count.error();
    if (*count == 0) break;
    have += *count;
  }
  tail.resize(have);
  return tail;
}

ContentMatch compare_marker(OpenFile& file, std::uint64_t offset, std::uint64_t marker) {
  const Result<std::string> tail = read_tail(file, offset, kMarkerBytes);
  if (!tail) return ContentMatch::kUnreadable;
  const bool whole = tail->size() == std::min<std::uint64_t>(offset, kMarkerBytes);
  return whole && marker_of(*tail) == marker ? ContentMatch::kSame : ContentMatch::kDifferent;
}

ContentMatch compare_content(OpenFile& one, OpenFile& other, std::uint64_t offset) {
  const Result<std::string> tail = read_tail(one, offset, kMarkerBytes);
  if (!tail) return ContentMatch::kUnreadable;
  if (tail->size() < std::min<std::uint64_t>(offset, kMarkerBytes)) return ContentMatch::kDifferent;
  return compare_marker(other, offset, marker_of(*tail));
}

}  // namespace apierrd
