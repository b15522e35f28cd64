#include "exporters/exposition.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "exporters/label_text.h"

namespace apierrd {

namespace {

constexpr std::string_view kTextType = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kOpenMetricsType =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

// The value of an exemplar that is one failure.
constexpr std::int64_t kOneE9 = 1'000'000'000;

// OpenMetrics wants canonical floats in `le`; the same in both formats, or one series becomes two.
constexpr std::array<std::string_view, kDurationBuckets> kBucketBounds{
    "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "30.0", "+Inf"};

void append_number(std::string& out, std::uint64_t value) {
  char text[24];
  const auto end = std::to_chars(std::begin(text), std::end(text), value).ptr;
  out.append(text, static_cast<std::size_t>(end - text));
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out.append("NaN");
  } else if (std::isinf(value)) {
    out.append(value > 0 ? "+Inf" : "-Inf");
  } else {
    char text[32];
    const auto end = std::to_chars(std::begin(text), std::end(text), value).ptr;
    out.append(text, static_cast<std::size_t>(end - text));
  }
}

void append_seconds(std::string& out, std::uint64_t nanoseconds) {
  append_number(out, nanoseconds / 1'000'000'000);
  const std::uint64_t rest = nanoseconds % 1'000'000'000;
  if (rest == 0) return;
  char fraction[10];  // the nine digits behind a 1, which becomes the point
  std::to_chars(std::begin(fraction), std::end(fraction), 1'000'000'000 + rest);
  fraction[0] = '.';
  std::size_t size = sizeof fraction;
  while (fraction[size - 1] == '0') --size;
  out.append(fraction, size);
}

void append_seconds(std::string& out, std::int64_t nanoseconds) {
  const auto magnitude = static_cast<std::uint64_t>(nanoseconds);
  if (nanoseconds < 0) out.push_back('-');
  append_seconds(out, nanoseconds < 0 ? 0 - magnitude : magnitude);
}

std::string_view type_name(MetricType type, ExpositionFormat format) {
  switch (type) {
    case MetricType::kCounter: return "counter";
    case MetricType::kHistogram: return "histogram";
    case MetricType::kInfo: return format == ExpositionFormat::kOpenMetrics100 ? "info" : "gauge";
    case MetricType::kGauge: break;
  }
  return "gauge";
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// Takes the part up to `separator` off the front of `text`.
std::string_view take_part(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return trimmed(part);
}

}  // namespace

std::string_view content_type_of(ExpositionFormat format) {
  return format == ExpositionFormat::kOpenMetrics100 ? kOpenMetricsType : kTextType;
}

ExpositionFormat negotiate_format(std::string_view accept) {
  double text = 0;
  double open_metrics = 0;
  while (!accept.empty()) {
    std::string_view range = take_part(accept, ',');
    const std::string_view type = take_part(range, ';');
    double quality = 1;
    bool wanted_version = true;
    while (!range.empty()) {
      const std::string_view parameter = take_part(range, ';');
      if (parameter.starts_with("q=")) {
        const std::string_view number = parameter.substr(2);
        if (std::from_chars(number.data(), number.data() + number.size(), quality).ec !=
            std::errc{}) {
          quality = 0;
        }
      } else if (parameter.starts_with("version=")) {
        wanted_version = parameter == "version=1.0.0" || parameter == "version=0.0.4";
      }
    }
    if (!wanted_version) continue;
    if (type == "application/openmetrics-text") open_metrics = std::max(open_metrics, quality);
    if (type == "text/plain" || type == "text/*" || type == "*/*") text = std::max(text, quality);
  }
  return open_metrics > 0 && open_metrics >= text ? ExpositionFormat::kOpenMetrics100
                                                  : ExpositionFormat::kText004;
}

std::string seconds_text(std::int64_t nanoseconds) {
  std::string out;
  append_seconds(out, nanoseconds);
  return out;
}

void ExpositionWriter::begin(Metric metric) {
  const MetricInfo& info = info_of(metric);
  const bool open_metrics = format_ == ExpositionFormat::kOpenMetrics100;
  family_ = info.name;
  suffix_ = {};
  // OpenMetrics names the family without the suffix of its samples; 0.0.4 names it with.
  const std::string_view suffix = info.type == MetricType::kCounter ? "_total"
                                  : info.type == MetricType::kInfo  ? "_info"
                                                                    : "";
  if (open_metrics && !suffix.empty()) {
    family_.remove_suffix(suffix.size());
    suffix_ = suffix;
  }
  const std::string_view type = type_name(info.type, format_);
  const auto line = [this](std::string_view keyword, std::string_view text) {
    out_.append("# ").append(keyword).append(" ").append(family_).append(" ").append(text);
    out_.push_back('\n');
  };
  line("HELP", info.help);
  line("TYPE", type);
}

void ExpositionWriter::name_and_labels(std::string_view suffix, std::string_view labels) {
  out_.append(family_).append(suffix);
  if (labels.empty()) {
    out_.push_back(' ');
  } else {
    out_.append("{").append(labels).append("} ");
  }
}

void ExpositionWriter::end_of_sample(const Exemplar* exemplar, std::int64_t exemplar_value_e9) {
  if (exemplar != nullptr && exemplar->id_size != 0 &&
      format_ == ExpositionFormat::kOpenMetrics100) {
    out_.append(" # {request_id=\"");
    append_label_value(out_, safe_label_value(exemplar->request_id()));
    out_.append("\"} ");
    append_seconds(out_, exemplar_value_e9);
    out_.push_back(' ');
    append_seconds(out_, exemplar->time_unix_ns);
  }
  out_.push_back('\n');
  ++samples_;
}

void ExpositionWriter::sample(std::string_view labels, std::uint64_t value,
                              const Exemplar* exemplar) {
  name_and_labels(suffix_, labels);
  append_number(out_, value);
  end_of_sample(exemplar, kOneE9);
}

void ExpositionWriter::sample(std::string_view labels, double value) {
  name_and_labels(suffix_, labels);
  append_number(out_, value);
  end_of_sample();
}

void ExpositionWriter::time_sample(std::string_view labels, std::int64_t unix_ns) {
  name_and_labels(suffix_, labels);
  append_seconds(out_, unix_ns);
  end_of_sample();
}

void ExpositionWriter::histogram(const CallSeries& series, const std::vector<Exemplar>& exemplars) {
  // What the lines of all buckets begin with.
  std::string head;
  head.append(family_).append("_bucket{").append(series.labels);
  head.append(series.labels.empty() ? "le=\"" : ",le=\"");
  std::uint64_t cumulative = 0;
  for (std::size_t bucket = 0; bucket < kDurationBuckets; ++bucket) {
    cumulative += series.durations.buckets[bucket];
    out_.append(head).append(kBucketBounds[bucket]).append("\"} ");
    append_number(out_, cumulative);
    const std::uint32_t slot = series.exemplars[bucket];
    const Exemplar* exemplar = slot == kNoExemplar ? nullptr : &exemplars[slot];
    end_of_sample(exemplar, exemplar == nullptr ? 0 : exemplar->value_ns);
  }
  name_and_labels("_sum", series.labels);
  append_seconds(out_, series.durations.sum_ns);
  end_of_sample();
  name_and_labels("_count", series.labels);
  append_number(out_, cumulative);
  end_of_sample();
}

std::string ExpositionWriter::finish() {
  if (format_ == ExpositionFormat::kOpenMetrics100) out_.append("# EOF\n");
  return std::move(out_);
}

}  // namespace apierrd
