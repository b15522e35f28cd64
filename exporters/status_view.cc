#include "exporters/status_view.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "exporters/label_text.h"
#include "parsers/mask_secrets.h"
#include "parsers/secret_shapes.h"

namespace apierrd {

namespace {

// Whether a code is documented for the actions it was seen with: what is true of any of them, the
// farthest first.
std::vector<Documentation> findings_of(const SeriesSnapshot& snapshot) {
  std::vector<Documentation> findings;
  for (const CodeSeries& code : snapshot.codes) {
    findings.push_back(snapshot.infos[code.info].classification.documentation);
  }
  for (const ErrorSeries& error : snapshot.errors) {
    Documentation& finding = findings[error.code_series];
    if (finding != Documentation::kAction) continue;
    finding = snapshot.catalog->documentation(error.service, error.action, error.code);
  }
  return findings;
}

std::vector<const ErrorSeries*> latest_errors(const SeriesSnapshot& snapshot) {
  std::vector<const ErrorSeries*> latest(snapshot.codes.size());
  for (const ErrorSeries& error : snapshot.errors) {
    const ErrorSeries*& best = latest[error.code_series];
    if (error.exemplar.id_size != 0 &&
        (best == nullptr || error.exemplar.time_unix_ns >= best->exemplar.time_unix_ns)) {
      best = &error;
    }
  }
  return latest;
}

using CodeKey = std::tuple<std::string_view, std::string_view, std::string_view>;

std::map<CodeKey, const RecentCode*> recent_by_code(const std::vector<RecentCode>& recent) {
  std::map<CodeKey, const RecentCode*> out;
  for (const RecentCode& code : recent) out[{code.source, code.service, code.code}] = &code;
  return out;
}

constexpr std::size_t kSettingBytesMax = 65'536;  // a list of many paths

}  // namespace

ShownSetting shown_setting(std::string key, std::string value, const std::string& origin) {
  // Only the last part: names of sources stand before it.
  const std::string_view name = std::string_view(key).substr(key.rfind('.') + 1);
  value = is_secret_name(name) && !value.empty() ? std::string(kMasked) : mask_url_passwords(value);
  return {std::move(key), safe_text(value, kSettingBytesMax), safe_text(origin, kSettingBytesMax)};
}

std::vector<FailingCode> failing_codes(const StatusView& view) {
  const SeriesSnapshot& snapshot = *view.snapshot;
  std::vector<FailingCode> rows;
  const std::vector<Documentation> findings = findings_of(snapshot);
  const std::vector<const ErrorSeries*> latest = latest_errors(snapshot);
  const auto recent = recent_by_code(view.recent);
  for (std::size_t i = 0; i < snapshot.codes.size(); ++i) {
    const CodeSeries& series = snapshot.codes[i];
    if (series.count == 0) continue;
    FailingCode row{&series, &snapshot.infos[series.info], {}, findings[i], nullptr, {}};
    if (latest[i] != nullptr) row.request_id = latest[i]->exemplar.request_id();
    const auto found =
        recent.find({snapshot.sources[series.source].name, series.service, series.code});
    if (found != recent.end()) {
      row.recent = found->second;
      row.minutes = row.recent->minutes_until(minute_of(snapshot.time_unix_ns));
    }
    rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end(), [](const FailingCode& a, const FailingCode& b) {
    const auto rank = [](const FailingCode& row) {
      const Classification& is = row.info->classification;
      return std::pair(!is.pages(), is.severity());
    };
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    if (a.series->count != b.series->count) return a.series->count > b.series->count;
    return a.series < b.series;
  });
  return rows;
}

std::vector<ActionRow> action_rows(const SeriesSnapshot& snapshot) {
  struct Failures {
    std::uint64_t total = 0, most = 0;
    std::string_view worst_code;
  };
  std::map<std::tuple<std::uint32_t, std::string_view, std::string_view>, Failures> failed;
  for (const ErrorSeries& error : snapshot.errors) {
    if (!is_failure(snapshot.infos[snapshot.codes[error.code_series].info])) continue;
    Failures& failures = failed[{error.source, error.service, error.action}];
    failures.total += error.count;
    if (error.count <= failures.most) continue;
    failures.most = error.count;
    failures.worst_code = error.code;
  }
  std::vector<ActionRow> rows;
  for (const CallSeries& call : snapshot.calls) {
    if (call.count == 0) continue;
    const auto found = failed.find({call.source, call.service, call.action});
    const Failures failures = found == failed.end() ? Failures{} : found->second;
    rows.push_back({&call, failures.total, failures.worst_code});
  }
  std::sort(rows.begin(), rows.end(), [](const ActionRow& a, const ActionRow& b) {
    if (a.failed != b.failed) return a.failed > b.failed;
    return a.call->count != b.call->count ? a.call->count > b.call->count : a.call < b.call;
  });
  return rows;
}

StatusTotals totals_of(const SeriesSnapshot& snapshot) {
  StatusTotals totals;
  for (const CallSeries& call : snapshot.calls) totals.calls += call.count;
  for (const CodeSeries& code : snapshot.codes) {
    if (is_failure(snapshot.infos[code.info])) totals.failed += code.count;
  }
  for (const SourceSeries& source : snapshot.sources) {
    totals.lines += source.lines.lines;
    totals.rejected += rejected_lines(source.lines);
    for (const FileStatus& file : source.files.files) totals.lag_bytes += file.lag_bytes;
  }
  return totals;
}

bool is_failure(const CodeInfo& info) {
  return info.classification.fault_domain() != FaultDomain::kNone;
}

}  // namespace apierrd
