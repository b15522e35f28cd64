#include "daemon/state_rows.h"

#include <algorithm>

#include "exporters/label_text.h"

namespace apierrd {

namespace {

// The exemplars of a histogram, each behind its bucket.
struct BucketExemplar {
  std::uint64_t bucket;
  Exemplar exemplar;
};

}  // namespace

std::string exemplars_blob(const CallSeries& series, const std::vector<Exemplar>& exemplars) {
  std::string blob;
  for (std::size_t bucket = 0; bucket < kDurationBuckets; ++bucket) {
    if (series.exemplars[bucket] == kNoExemplar) continue;
    BucketExemplar entry{};
    entry.bucket = bucket;
    const Exemplar& exemplar = exemplars[series.exemplars[bucket]];
    entry.exemplar.set(exemplar.request_id(), exemplar.time_unix_ns, exemplar.value_ns);
    blob.append(reinterpret_cast<const char*>(&entry), sizeof entry);
  }
  return blob;
}

bool are_labels(std::initializer_list<std::string_view> texts) {
  return std::all_of(texts.begin(), texts.end(),
                     [](std::string_view text) { return safe_text(text, text.size()) == text; });
}

bool read_exemplars(std::string_view blob,
                    std::vector<std::pair<std::size_t, Exemplar>>& exemplars) {
  for (; !blob.empty(); blob.remove_prefix(std::min(blob.size(), sizeof(BucketExemplar)))) {
    BucketExemplar entry{};
    if (!copy_from(blob.substr(0, sizeof entry), entry)) return false;
    if (entry.bucket >= kDurationBuckets || entry.exemplar.id_size > kRequestIdMax) return false;
    if (!is_time(entry.exemplar.time_unix_ns) || entry.exemplar.value_ns < 0) return false;
    exemplars.emplace_back(entry.bucket, entry.exemplar);
  }
  return true;
}

NamedCounts named_counts(const SourceSeries& source) {
  NamedCounts counts;
  LineCounts lines = source.lines;
  FileCounts files = source.files;
  visit_source_counts(lines, files,
                      [&](const std::string& name, std::uint64_t value) { counts[name] = value; });
  counts["newest_record_unix_ns"] = static_cast<std::uint64_t>(lines.newest_record_unix_ns);
  return counts;
}

}  // namespace apierrd
