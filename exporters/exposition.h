// Metric values -> the two text formats Prometheus reads.
//
// Text format 0.0.4 and OpenMetrics 1.0 differ in family names, in exemplars and in the final `#
// EOF`; a fault in any of them costs the whole scrape, so both come from this one writer. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/metric_table.h"
#include "exporters/series_store.h"

namespace apierrd {

enum class ExpositionFormat : std::uint8_t { kText004, kOpenMetrics100 };

/// The Content-Type header of a format.
std::string_view content_type_of(ExpositionFormat format);

/// The format an Accept header asks for; text 0.0.4 unless OpenMetrics 1.0 is preferred (RFC 9110
/// section 12.5.1; Prometheus: docs/instrumenting/content_negotiation.md).
ExpositionFormat negotiate_format(std::string_view accept);

class ExpositionWriter {
 public:
  /// A page of a size known roughly beforehand is written without copying it while it grows.
  explicit ExpositionWriter(ExpositionFormat format, std::size_t expected_bytes = 0)
      : format_(format) {
    out_.reserve(expected_bytes);
  }

  /// Begins a family; its samples follow, all before the next begin().
  void begin(Metric metric);
  /// `labels` is rendered text (append_label) without braces. A sample is the family's single
  /// value.
  void sample(std::string_view labels, std::uint64_t value, const Exemplar* exemplar = nullptr);
  void sample(std::string_view labels, double value);
  /// A point in time as seconds, exactly; 0 stays 0.
  void time_sample(std::string_view labels, std::int64_t unix_ns);
  /// A histogram; exemplars may hold kNoExemplar.
  void histogram(const CallSeries& series, const std::vector<Exemplar>& exemplars);

  /// The finished page; the writer is used up.
  std::string finish();

  std::uint64_t samples() const { return samples_; }
  std::uint64_t bytes() const { return out_.size(); }
  ExpositionFormat format() const { return format_; }

 private:
  void name_and_labels(std::string_view suffix, std::string_view labels);
  /// The exemplar's value in billionths, as durations have it.
  void end_of_sample(const Exemplar* exemplar = nullptr, std::int64_t exemplar_value_e9 = 0);

  ExpositionFormat format_;
  std::string out_;
  std::string_view family_;
  std::string_view suffix_;
  std::uint64_t samples_ = 0;
};

/// How many rows of each error family a scraper has seen. Rows beyond are new to it and shown as 0
/// once, so that its increase() sees their first error.
struct SeenRows {
  std::size_t codes = SIZE_MAX, errors = SIZE_MAX, items = SIZE_MAX, findings = SIZE_MAX;
  static SeenRows of(const SeriesSnapshot& snapshot) {
    return {snapshot.codes.size(), snapshot.errors.size(), snapshot.items.size(),
            snapshot.findings.size()};
  }
};

/// Writes everything a snapshot holds.
void write_series(ExpositionWriter& writer, const SeriesSnapshot& snapshot,
                  const SeenRows& seen = {});

/// Nanoseconds as a decimal number of seconds, exactly and without trailing zeros.
std::string seconds_text(std::int64_t nanoseconds);

}  // namespace apierrd
