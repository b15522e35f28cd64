#include "daemon/audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/siblings.h"
#include "daemon/state_sums.h"
#include "daemon/whole_file.h"

namespace apierrd {

namespace {

// The first `size` bytes of an open file.
class Head : public InputStream {
 public:
  Head(OpenFile& file, std::uint64_t size) : file_(file), size_(size) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::uint64_t left = size_ - at_;
    Result<std::size_t> count =
        file_.read_at(at_, into.first(std::min<std::uint64_t>(into.size(), left)));
    if (count) at_ += *count;
    return count;
  }
  std::uint64_t consumed_bytes() const override { return at_; }
  std::uint64_t total_bytes() const override { return size_; }

 private:
  OpenFile& file_;
  std::uint64_t size_;
  std::uint64_t at_ = 0;
};

// The file that holds a generation: under its last name, or a rotated name of its log.
std::unique_ptr<OpenFile> find_file(const FilePosition& at, FileSystem& files) {
  std::vector<std::string> names{at.name};
  const FolderListing listing(files, folder_of(at.log));
  names.push_back(at.log);
  for (std::string& name : listing.rotated_names_of(at.log)) names.push_back(std::move(name));
  for (const std::string& name : names) {
    if (name.empty()) continue;
    const Result<std::optional<FileInfo>> info = files.info(name);
    if (!info || !*info || !(*info)->regular || (*info)->id != at.id) continue;
    Result<std::unique_ptr<OpenFile>> file = files.open(name);
    if (file) return *std::move(file);
  }
  return nullptr;
}

AuditedGeneration look_at(const FilePosition& at, FileSystem& files,
                          const std::optional<Ruleset>& ruleset, std::size_t threads) {
  AuditedGeneration audited{at, FileFinding::kGone, 0};
  const std::unique_ptr<OpenFile> file = find_file(at, files);
  const Result<FileInfo> info = file ? file->info() : Result<FileInfo>(FileInfo{});
  if (!file || !info) return audited;
  if (at.ledger.skipped > 0 && at.offset == at.ledger.skipped) {  // nothing of it was counted
    audited.finding = FileFinding::kMatches;
    audited.unread_bytes = info->size - std::min(info->size, at.offset);
    return audited;
  }
  const bool same =
      at.offset == 0 || compare_marker(*file, at.offset, at.marker) == ContentMatch::kSame;
  if (!same) {
    audited.finding = FileFinding::kChanged;
    return audited;
  }
  audited.unread_bytes = info->size - std::min(info->size, at.offset);
  audited.finding = FileFinding::kMatches;
  if (!ruleset || at.ledger.skipped > 0 || at.ledger.undone > 0) return audited;
  Head head(*file, at.offset);
  Tally tally;
  BatchCounter counter({threads, ruleset->line_bytes_max});
  if (!count_whole(head, *ruleset, counter, 0, tally)) return audited;
  counter.settle();
  ByteLedger counted = ledger_of(tally.lines);
  counted.lost = at.ledger.lost;
  audited.finding = counted == at.ledger ? FileFinding::kRecounted : FileFinding::kDiffers;
  return audited;
}

}  // namespace

std::string_view name_of(FileFinding finding) {
  switch (finding) {
    case FileFinding::kRecounted: return "recounted";
    case FileFinding::kMatches: return "matches";
    case FileFinding::kChanged: return "changed";
    case FileFinding::kGone: return "gone";
    case FileFinding::kDiffers: return "differs";
    case FileFinding::kForgotten: return "forgotten";
  }
  return "";
}

std::vector<AuditedSource> audit(const StateStore::Loaded& state, FileSystem& files,
                                 const RulesetOf& ruleset_of, std::size_t threads) {
  std::vector<AuditedSource> sources;
  for (const PersistedSource& counted : state.series.sources) {
    AuditedSource& source = sources.emplace_back();
    source.name = counted.name;
    const std::optional<Ruleset> ruleset = ruleset_of(counted.name);
    const std::vector<FilePosition> positions = state.positions_of(counted.name);
    source.faults = faults_in_sums(counted, positions);
    for (const FilePosition& at : positions) {
      AuditedGeneration audited = at.key == 0 ? AuditedGeneration{at, FileFinding::kForgotten, 0}
                                              : look_at(at, files, ruleset, threads);
      source.sum.add(at.ledger);
      if (audited.finding == FileFinding::kDiffers) {
        source.faults.push_back(
            fmt::format("{}: counted again it comes to something else", at.name));
      }
      source.generations.push_back(std::move(audited));
    }
  }
  return sources;
}

}  // namespace apierrd
