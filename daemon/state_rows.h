// How values are laid out in the rows of the state database. Plain functions.
#pragma once

#include <cstring>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/sqlite.h"
#include "exporters/series_store.h"

namespace apierrd {

/// Numbers side by side, in the byte order of the machine, which does not change under a state.
template <class Numbers>
AsBlob as_blob(const Numbers& numbers) {
  return {{reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(numbers[0])}};
}

/// False if the blob has another size.
template <class Value>
bool copy_from(std::string_view blob, Value& value) {
  if (blob.size() != sizeof value) return false;
  std::memcpy(&value, blob.data(), sizeof value);
  return true;
}

/// Whether a number can be a time: since 1970, as the parsers give it. Another one would overflow
/// where it is subtracted.
constexpr bool is_time(std::int64_t unix_ns) { return unix_ns >= 0; }

/// Whether all can be labels: nobody but a disk writes anything else. One byte that is no UTF-8
/// makes Prometheus refuse a whole scrape.
bool are_labels(std::initializer_list<std::string_view> texts);

/// The exemplars of a histogram, each with its bucket; and back: false if the blob is out of order.
std::string exemplars_blob(const CallSeries& series, const std::vector<Exemplar>& exemplars);
bool read_exemplars(std::string_view blob,
                    std::vector<std::pair<std::size_t, Exemplar>>& exemplars);

/// The named numbers of a source, in both directions.
template <class Visit>
void visit_source_counts(LineCounts& lines, FileCounts& files, Visit&& visit) {
  visit("lines", lines.lines);
  visit("bytes", lines.bytes);
  visit("records", lines.records);
  visit("unreadable_times", lines.unreadable_times);
  visit("unreadable_latencies", lines.unreadable_latencies);
  visit("late_records", lines.late_records);
  for (const VerdictInfo& verdict : kVerdicts) {
    visit("verdict." + std::string(verdict.name),
          lines.by_verdict[static_cast<std::size_t>(verdict.verdict)]);
    visit("bytes." + std::string(verdict.name),
          lines.bytes_by_verdict[static_cast<std::size_t>(verdict.verdict)]);
  }
  visit("rotations", files.rotations);
  visit("truncations", files.truncations);
  visit("open_errors", files.open_errors);
  visit("missing", files.missing);
  for (std::size_t reason = 0; reason < kLossReasons.size(); ++reason) {
    visit("lost." + std::string(kLossReasons[reason]), files.lost_bytes[reason]);
  }
}

using NamedCounts = std::map<std::string, std::uint64_t>;
NamedCounts named_counts(const SourceSeries& source);

}  // namespace apierrd
