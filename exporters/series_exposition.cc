// Which sample of which metric a snapshot's rows become.
#include <algorithm>
#include <map>
#include <set>

#include "exporters/exposition.h"
#include "exporters/label_text.h"

namespace apierrd {

namespace {

std::string with_label(std::string labels, std::string_view name, std::string_view value) {
  append_label(labels, name, value);
  return labels;
}

// A family of counters, those new to the scraper at 0.
template <class Row>
void write_zero_first(ExpositionWriter& writer, Metric metric, const std::vector<Row>& rows,
                      std::size_t seen) {
  writer.begin(metric);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Exemplar* exemplar = nullptr;
    if constexpr (requires { rows[i].exemplar; }) exemplar = &rows[i].exemplar;
    if (i < seen) {
      writer.sample(rows[i].labels, rows[i].count, exemplar);
    } else {
      writer.sample(rows[i].labels, std::uint64_t{0});
    }
  }
}

void write_calls(ExpositionWriter& writer, const SeriesSnapshot& snapshot, const SeenRows& seen) {
  writer.begin(Metric::kApiCalls);
  for (const CallSeries& series : snapshot.calls) writer.sample(series.labels, series.count);

  write_zero_first(writer, Metric::kErrorsByCode, snapshot.codes, seen.codes);
  write_zero_first(writer, Metric::kErrors, snapshot.errors, seen.errors);

  writer.begin(Metric::kErrorLastObserved);
  for (const CodeSeries& series : snapshot.codes) {
    writer.time_sample(series.labels, series.last_observed_unix_ns);
  }

  writer.begin(Metric::kErrorCodeInfo);
  for (const CodeInfo& info : snapshot.infos) writer.sample(info.labels, std::uint64_t{1});

  write_zero_first(writer, Metric::kItemFailures, snapshot.items, seen.items);

  writer.begin(Metric::kUndocumentedErrors);
  for (std::size_t i = 0; i < snapshot.findings.size(); ++i) {
    const FindingSeries& series = snapshot.findings[i];
    if (series.finding != Documentation::kNowhere) continue;
    writer.sample(series.service_labels, i < seen.findings ? series.count : std::uint64_t{0});
  }
  write_zero_first(writer, Metric::kDocumentationFindings, snapshot.findings, seen.findings);

  writer.begin(Metric::kUndocumentedFirstSeen);
  for (const CodeInfo& info : snapshot.infos) {
    if (info.first_seen_unix_ns != 0) {
      writer.time_sample(info.first_seen_labels, info.first_seen_unix_ns);
    }
  }

  writer.begin(Metric::kCallDuration);
  for (const CallSeries& series : snapshot.calls) {
    if (series.durations.count() != 0) writer.histogram(series, snapshot.exemplars);
  }
}

void write_verdicts(ExpositionWriter& writer, const SeriesSnapshot& snapshot, Metric metric,
                    VerdictKind kind) {
  writer.begin(metric);
  for (const SourceSeries& source : snapshot.sources) {
    for (const VerdictInfo& verdict : kVerdicts) {
      if (verdict.kind != kind) continue;
      writer.sample(with_label(source.labels, "reason", verdict.name),
                    source.lines.by_verdict[static_cast<std::size_t>(verdict.verdict)]);
    }
  }
}

// One sample a source.
template <class Value>
void write_each(ExpositionWriter& writer, const SeriesSnapshot& snapshot, Metric metric,
                Value&& value) {
  writer.begin(metric);
  for (const SourceSeries& source : snapshot.sources) writer.sample(source.labels, value(source));
}

void write_lines(ExpositionWriter& writer, const SeriesSnapshot& snapshot) {
  write_each(writer, snapshot, Metric::kIngestLines,
             [](const SourceSeries& source) { return source.lines.lines; });
  write_each(writer, snapshot, Metric::kIngestBytes,
             [](const SourceSeries& source) { return source.lines.bytes; });
  write_verdicts(writer, snapshot, Metric::kParseFailures, VerdictKind::kRejected);
  write_verdicts(writer, snapshot, Metric::kIgnoredLines, VerdictKind::kIgnored);
  writer.begin(Metric::kUnreadableFields);
  for (const SourceSeries& source : snapshot.sources) {
    writer.sample(with_label(source.labels, "field", "time"), source.lines.unreadable_times);
    writer.sample(with_label(source.labels, "field", "latency"), source.lines.unreadable_latencies);
  }
  write_each(writer, snapshot, Metric::kLateRecords,
             [](const SourceSeries& source) { return source.lines.late_records; });
}

std::uint64_t lag_bytes(const SourceSeries& source) {
  std::uint64_t total = 0;
  for (const FileStatus& file : source.files.files) total += file.lag_bytes;
  return total;
}

void write_file_lags(ExpositionWriter& writer, const SeriesSnapshot& snapshot) {
  writer.begin(Metric::kFileLagBytes);
  std::size_t room = kFileLabelsMax;
  for (const SourceSeries& source : snapshot.sources) {
    std::map<std::string, std::uint64_t> lags;  // labels are cut: two long paths may have one
    for (const FileStatus& file : source.files.files) {
      std::string label = safe_label_value(file.path);
      if (!lags.contains(label) && room == 0) {
        label = kOther;
      } else if (!lags.contains(label)) {
        --room;
      }
      lags[label] += file.lag_bytes;
    }
    for (const auto& [label, bytes] : lags) {
      writer.sample(with_label(source.labels, "file", label), bytes);
    }
  }
}

void write_files(ExpositionWriter& writer, const SeriesSnapshot& snapshot) {
  write_each(writer, snapshot, Metric::kSourceLagBytes, lag_bytes);
  writer.begin(Metric::kSourceLagSeconds);
  for (const SourceSeries& source : snapshot.sources) {
    const std::int64_t since = source.files.oldest_unread_unix_ns;
    const std::int64_t age = since == 0 ? 0 : snapshot.time_unix_ns - since;
    writer.time_sample(source.labels, std::max<std::int64_t>(0, age));
  }
  write_file_lags(writer, snapshot);
  writer.begin(Metric::kSourceLastRecord);
  for (const SourceSeries& source : snapshot.sources) {
    writer.time_sample(source.labels, source.lines.newest_record_unix_ns);
  }
  writer.begin(Metric::kSourceMaxSilence);
  for (const SourceSeries& source : snapshot.sources) {
    if (source.max_silence_s != 0) writer.sample(source.labels, source.max_silence_s);
  }
  write_each(writer, snapshot, Metric::kFileRotations,
             [](const SourceSeries& source) { return source.files.rotations; });
  write_each(writer, snapshot, Metric::kFileTruncations,
             [](const SourceSeries& source) { return source.files.truncations; });
  writer.begin(Metric::kLostBytes);
  for (const SourceSeries& source : snapshot.sources) {
    for (std::size_t reason = 0; reason < kLossReasons.size(); ++reason) {
      writer.sample(with_label(source.labels, "reason", kLossReasons[reason]),
                    source.files.lost_bytes[reason]);
    }
  }
  write_each(writer, snapshot, Metric::kFilesMissing,
             [](const SourceSeries& source) { return source.files.missing; });
  write_each(writer, snapshot, Metric::kFilesOpen,
             [](const SourceSeries& source) { return source.files.files_open; });
  write_each(writer, snapshot, Metric::kFileOpenErrors,
             [](const SourceSeries& source) { return source.files.open_errors; });
}

void write_limits(ExpositionWriter& writer, const SeriesSnapshot& snapshot) {
  const auto each_label = [&](Metric metric, const auto& values) {
    writer.begin(metric);
    for (std::size_t label = 0; label < kBoundedLabels.size(); ++label) {
      writer.sample(with_label({}, "label", kBoundedLabels[label]),
                    static_cast<std::uint64_t>(values[label]));
    }
  };
  each_label(Metric::kLabelOverflow, snapshot.overflow);
  each_label(Metric::kLabelValues, snapshot.label_values);
  each_label(Metric::kLabelValuesLimit, snapshot.label_limits);
}

// Not of all products of the vendor: two hundred samples that never change would help nobody.
void write_catalog(ExpositionWriter& writer, const SeriesSnapshot& snapshot) {
  const Catalog& catalog = *snapshot.catalog;
  std::set<std::string_view> products(snapshot.products.begin(), snapshot.products.end());
  for (const std::string_view product : catalog.curated_products()) products.insert(product);
  products.insert(kCommonProduct);
  writer.begin(Metric::kCatalogueCodes);
  for (const std::string_view product : products) {
    writer.sample(with_label({}, "api_service", safe_label_value(product)),
                  std::uint64_t{catalog.code_count(product)});
  }
}

}  // namespace

void write_series(ExpositionWriter& writer, const SeriesSnapshot& snapshot, const SeenRows& seen) {
  write_calls(writer, snapshot, seen);
  write_lines(writer, snapshot);
  write_files(writer, snapshot);
  write_limits(writer, snapshot);
  write_catalog(writer, snapshot);
}

}  // namespace apierrd
