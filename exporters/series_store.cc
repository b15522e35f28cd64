#include "exporters/series_store.h"

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "exporters/label_text.h"
#include "parsers/mask_secrets.h"

namespace apierrd {

namespace {

constexpr std::uint8_t bit(BoundedLabel label) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(label));
}

// An error whose series did not fit although its action did: counted as an overflow of the action.
constexpr std::uint8_t kErrorSeriesFolded = 0x80;

bool is_shown(const Exemplar& exemplar) {
  return exemplar.id_size != 0 && !request_id_is_secret(exemplar.request_id());
}

// Safe label values hold no NUL, so it can stand between the parts.
std::string key_of(std::uint32_t source, std::initializer_list<std::string_view> parts) {
  std::string key = std::to_string(source);
  for (const std::string_view part : parts) key.append(1, '\0').append(part);
  return key;
}

// A row's value as text that stays: within its labels, unless it stands there escaped.
std::string_view value_in(LabelArena& arena, std::string_view labels, const std::string& value) {
  const std::size_t at = labels.find(value);
  return at == std::string_view::npos ? arena.emplace_back(value) : labels.substr(at, value.size());
}

std::string label_text(
    std::string_view source_labels,
    std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
  std::string out(source_labels);
  for (const auto& [name, value] : labels) append_label(out, name, value);
  return out;
}

}  // namespace

SeriesLimits SeriesLimits::none() {
  constexpr std::size_t kMax = std::numeric_limits<std::uint32_t>::max() - 1;
  return {kMax, kMax, kMax, kMax, kMax, kMax};
}

SeriesStore::SeriesStore(const SeriesLimits& limits, std::shared_ptr<const Catalog> catalog)
    : limits_(limits),
      arena_(std::make_shared<LabelArena>()),
      budgets_{{{limits.services, {}}, {limits.actions, {}}, {limits.undocumented_codes, {}}, {}}} {
  state_.catalog = std::move(catalog);
  state_.arena = arena_;
  state_.label_limits = {limits.services, limits.actions, limits.undocumented_codes,
                         kFileLabelsMax};
}

std::string_view SeriesStore::keep(std::string text) {
  return arena_->emplace_back(std::move(text));
}

bool SeriesStore::admit(BoundedLabel label, std::string_view value) {
  Budget& budget = budgets_[static_cast<std::size_t>(label)];
  if (budget.values.contains(value)) return true;
  if (budget.values.size() >= budget.limit) return false;
  budget.values.emplace(value);
  state_.admitted.emplace_back(label, keep(std::string(value)));
  return true;
}

std::uint32_t SeriesStore::add_source(const std::string& name,
                                      const std::vector<std::string>& products) {
  const auto known = std::find_if(state_.sources.begin(), state_.sources.end(),
                                  [&name](const SourceSeries& s) { return s.name == name; });
  const auto index = static_cast<std::uint32_t>(known - state_.sources.begin());
  if (known == state_.sources.end()) {
    SourceSeries& source = state_.sources.emplace_back();
    source.name = name;
    append_label(source.labels, "source", safe_label_value(name));
    retired_files_.emplace_back();
  }
  for (const std::string& product : products) {
    admit(BoundedLabel::kService, product);
    if (std::find(state_.products.begin(), state_.products.end(), product) ==
        state_.products.end()) {
      state_.products.push_back(keep(product));
    }
    for (const Documentation finding :
         {Documentation::kProduct, Documentation::kElsewhere, Documentation::kNowhere}) {
      finding_series(index, product, finding);
    }
    for (const std::string_view code : state_.catalog->codes_of(product)) {
      code_series(index, product, std::string(code), false);
    }
  }
  return index;
}

std::string SeriesStore::admitted_service(std::string_view service, std::uint8_t& folded) {
  std::string safe = safe_label_value(service);
  if (safe == kUnknownName || admit(BoundedLabel::kService, safe)) return safe;
  folded |= bit(BoundedLabel::kService);
  return std::string(kOther);
}

std::string SeriesStore::admitted_action(const std::string& service, std::string_view action,
                                         std::uint8_t& folded) {
  std::string safe = safe_label_value(action);
  if (safe == kUnknownName || admit(BoundedLabel::kAction, service + '\0' + safe)) return safe;
  folded |= bit(BoundedLabel::kAction);
  return std::string(kOther);
}

std::string SeriesStore::admitted_code(std::string_view code, bool documented,
                                       std::uint8_t& folded) {
  std::string safe = safe_label_value(code);
  if (documented || admit(BoundedLabel::kCode, safe)) return safe;
  folded |= bit(BoundedLabel::kCode);
  return std::string(kOther);
}

// Finds the row of `key` in `index`, or appends to `rows` what `make` returns.
template <class Row, class Make>
static std::uint32_t find_or_add(std::unordered_map<std::string, std::uint32_t>& index,
                                 std::vector<Row>& rows, const std::string& key, Make&& make) {
  const auto [found, added] = index.try_emplace(key, static_cast<std::uint32_t>(rows.size()));
  if (added) rows.push_back(make());
  return found->second;
}

std::uint32_t SeriesStore::call_series(std::uint32_t source, const std::string& service,
                                       const std::string& action) {
  return find_or_add(call_index_, state_.calls, key_of(source, {service, action}), [&] {
    CallSeries series;
    series.labels = keep(
        label_text(state_.sources[source].labels, {{"api_service", service}, {"action", action}}));
    series.service = value_in(*arena_, series.labels, service);
    series.action = value_in(*arena_, series.labels, action);
    series.source = source;
    series.exemplars.fill(kNoExemplar);
    return series;
  });
}

std::uint32_t SeriesStore::code_info(const std::string& service, const std::string& code) {
  return find_or_add(info_index_, state_.infos, key_of(0, {service, code}), [&] {
    CodeInfo info;
    info.first_seen_labels = keep(label_text({}, {{"api_service", service}, {"code", code}}));
    info.service = value_in(*arena_, info.first_seen_labels, service);
    info.code = value_in(*arena_, info.first_seen_labels, code);
    render_info(info);
    return info;
  });
}

void SeriesStore::render_info(CodeInfo& info) {
  // `other` is no code, but the join by code needs its row like any other.
  info.classification = info.code == kOther ? Classification{}
                                            : state_.catalog->classify(info.service, {}, info.code);
  const Classification& is = info.classification;
  std::string labels = label_text({}, {{"api_service", info.service},
                                       {"code", info.code},
                                       {"class", class_of(info.code)},
                                       {"fault_domain", name_of(is.fault_domain())},
                                       {"retryable", name_of(is.retryable())},
                                       {"severity", name_of(is.severity())},
                                       {"documented", is.documented() ? "true" : "false"}});
  if (labels != info.labels) info.labels = keep(std::move(labels));  // the arena only grows
}

std::uint32_t SeriesStore::code_series(std::uint32_t source, const std::string& service,
                                       const std::string& code, bool lazy) {
  return find_or_add(code_index_, state_.codes, key_of(source, {service, code}), [&] {
    if (lazy) ++lazy_codes_;
    CodeSeries series;
    series.labels =
        keep(label_text(state_.sources[source].labels, {{"api_service", service}, {"code", code}}));
    series.service = value_in(*arena_, series.labels, service);
    series.code = value_in(*arena_, series.labels, code);
    series.source = source;
    series.info = code_info(service, code);
    return series;
  });
}

template <class Series>
void SeriesStore::name_series(Series& series, std::uint32_t source, const std::string& service,
                              const std::string& action, const std::string& code) {
  series.labels = keep(label_text(state_.sources[source].labels,
                                  {{"api_service", service}, {"action", action}, {"code", code}}));
  series.service = value_in(*arena_, series.labels, service);
  series.action = value_in(*arena_, series.labels, action);
  series.code = value_in(*arena_, series.labels, code);
  series.source = source;
}

std::uint32_t SeriesStore::error_series(std::uint32_t source, const std::string& service,
                                        const std::string& action, const std::string& code) {
  return find_or_add(error_index_, state_.errors, key_of(source, {service, action, code}), [&] {
    ErrorSeries series;
    name_series(series, source, service, action, code);
    series.code_series = code_series(source, service, code, true);
    return series;
  });
}

std::uint32_t SeriesStore::item_series(std::uint32_t source, const std::string& service,
                                       const std::string& action, const std::string& code) {
  return find_or_add(item_index_, state_.items, key_of(source, {service, action, code}), [&] {
    ItemSeries series;
    name_series(series, source, service, action, code);
    code_info(service, code);
    return series;
  });
}

std::uint32_t SeriesStore::finding_series(std::uint32_t source, const std::string& service,
                                          Documentation finding) {
  const std::string key = key_of(source, {service, name_of(finding)});
  return find_or_add(finding_index_, state_.findings, key, [&] {
    FindingSeries series;
    std::string labels = label_text(state_.sources[source].labels, {{"api_service", service}});
    series.service_labels = keep(labels);
    append_label(labels, "finding", name_of(finding));
    series.labels = keep(std::move(labels));
    series.service = value_in(*arena_, series.labels, service);
    series.finding = finding;
    series.source = source;
    return series;
  });
}

RowHandle SeriesStore::find_call(std::uint32_t source, std::string_view service,
                                 std::string_view action) {
  RowHandle handle;
  const std::string safe_service = admitted_service(service, handle.folded);
  std::string safe_action = admitted_action(safe_service, action, handle.folded);
  if (state_.calls.size() >= limits_.call_series &&
      !call_index_.contains(key_of(source, {safe_service, safe_action}))) {
    handle.folded |= bit(BoundedLabel::kAction);
    safe_action = kOther;
  }
  handle.series = call_series(source, safe_service, safe_action);
  return handle;
}

RowHandle SeriesStore::find_error(std::uint32_t source, const ErrorRow& row) {
  RowHandle handle;
  const std::string service = admitted_service(row.service, handle.folded);
  std::string action = admitted_action(service, row.action, handle.folded);
  std::string code = admitted_code(row.code, row.classification.documented(), handle.folded);
  if (lazy_codes_ >= limits_.code_series &&
      !code_index_.contains(key_of(source, {service, code}))) {
    handle.folded |= bit(BoundedLabel::kCode);
    code = kOther;
  }
  if (state_.errors.size() >= limits_.error_series &&
      !error_index_.contains(key_of(source, {service, action, code}))) {
    if (action != kOther) handle.folded |= kErrorSeriesFolded;
    action = kOther;
  }
  handle.series = error_series(source, service, action, code);
  return handle;
}

RowHandle SeriesStore::find_item(std::uint32_t source, const ErrorRow& row) {
  RowHandle handle;
  const std::string service = admitted_service(row.service, handle.folded);
  std::string action = admitted_action(service, row.action, handle.folded);
  const std::string code = admitted_code(row.code, row.classification.documented(), handle.folded);
  if (state_.items.size() >= limits_.error_series &&
      !item_index_.contains(key_of(source, {service, action, code}))) {
    if (action != kOther) handle.folded |= kErrorSeriesFolded;
    action = kOther;
  }
  handle.series = item_series(source, service, action, code);
  return handle;
}

void SeriesStore::count_overflow(std::uint8_t folded, std::uint64_t observations) {
  for (std::size_t label = 0; label < kBoundedLabels.size(); ++label) {
    if (folded & 1U << label) state_.overflow[label] += observations;
  }
}

// The call's own row has counted its service and action already.
void SeriesStore::count_overflow(const ErrorRow& row) {
  if (row.handle.folded & bit(BoundedLabel::kCode)) {
    state_.overflow[static_cast<std::size_t>(BoundedLabel::kCode)] += row.count;
  }
  if (row.handle.folded & kErrorSeriesFolded) {
    state_.overflow[static_cast<std::size_t>(BoundedLabel::kAction)] += row.count;
  }
}

std::uint32_t SeriesStore::exemplar_slot(CallSeries& series, std::size_t bucket) {
  if (series.exemplars[bucket] == kNoExemplar) {
    series.exemplars[bucket] = static_cast<std::uint32_t>(state_.exemplars.size());
    state_.exemplars.emplace_back();
  }
  return series.exemplars[bucket];
}

void SeriesStore::apply(std::uint32_t source, const Tally& tally, std::int64_t now_unix_ns) {
  state_.sources[source].lines.add(tally.lines);
  for (CallRow* row : tally.calls()) {
    if (row->handle.series == RowHandle::kNone) {
      row->handle = find_call(source, row->service, row->action);
    }
    CallSeries& series = state_.calls[row->handle.series];
    series.count += row->count;
    series.durations.add(row->durations);
    for (std::size_t bucket = 0; bucket < kDurationBuckets; ++bucket) {
      if (row->durations.buckets[bucket] == 0 || !is_shown(row->exemplars[bucket])) continue;
      state_.exemplars[exemplar_slot(series, bucket)] = row->exemplars[bucket];
    }
    count_overflow(row->handle.folded, row->count);
  }
  for (ErrorRow* row : tally.errors()) {
    if (row->handle.series == RowHandle::kNone) row->handle = find_error(source, *row);
    ErrorSeries& series = state_.errors[row->handle.series];
    series.count += row->count;
    if (is_shown(row->exemplar)) series.exemplar = row->exemplar;
    CodeSeries& code = state_.codes[series.code_series];
    code.count += row->count;
    code.last_observed_unix_ns = now_unix_ns;
    count_overflow(*row);
    count_finding(source, series, *row, now_unix_ns);
  }
  for (ErrorRow* row : tally.items()) {
    if (row->handle.series == RowHandle::kNone) row->handle = find_item(source, *row);
    state_.items[row->handle.series].count += row->count;
    count_overflow(*row);
  }
}

void SeriesStore::count_finding(std::uint32_t source, const ErrorSeries& series,
                                const ErrorRow& row, std::int64_t now_unix_ns) {
  const Documentation finding = row.classification.documentation;
  if (finding == Documentation::kAction) return;
  const std::uint32_t index = finding_series(source, std::string(series.service), finding);
  state_.findings[index].count += row.count;
  if (finding != Documentation::kNowhere) return;
  CodeInfo& info = state_.infos[state_.codes[series.code_series].info];
  if (info.first_seen_unix_ns == 0 && info.code != kOther) info.first_seen_unix_ns = now_unix_ns;
}

void SeriesStore::set_max_silence(std::uint32_t source, std::uint64_t seconds) {
  state_.sources[source].max_silence_s = seconds;
}

bool SeriesStore::set_files(std::uint32_t source, FileCounts files) {
  const FileCounts& before = retired_files_[source];
  files.rotations += before.rotations;
  files.truncations += before.truncations;
  files.open_errors += before.open_errors;
  files.missing += before.missing;
  for (std::size_t i = 0; i < files.lost_bytes.size(); ++i) {
    files.lost_bytes[i] += before.lost_bytes[i];
  }
  FileCounts& shown = state_.sources[source].files;
  const bool changed = shown.rotations != files.rotations ||
                       shown.truncations != files.truncations ||
                       shown.open_errors != files.open_errors || shown.missing != files.missing ||
                       shown.lost_bytes != files.lost_bytes;
  shown = std::move(files);
  return changed;
}

void SeriesStore::retire_files(std::uint32_t source) {
  FileCounts& files = state_.sources[source].files;
  files.files.clear();
  files.files_open = 0;
  files.oldest_unread_unix_ns = 0;
  retired_files_[source] = files;
}

void SeriesStore::restore(const PersistedState& persisted) {
  for (const auto& [label, value] : persisted.admitted) admit(label, value);
  for (const PersistedSource& source : persisted.sources) {
    const std::uint32_t index = add_source(source.name, {});
    state_.sources[index].lines = source.lines;
    state_.sources[index].files = retired_files_[index] = source.files;
  }
  for (const PersistedSeries& row : persisted.calls) {
    CallSeries& series =
        state_.calls[call_series(add_source(row.source, {}), row.service, row.action)];
    series.count = row.count;
    series.durations = row.durations;
    for (const auto& [bucket, exemplar] : row.bucket_exemplars) {
      state_.exemplars[exemplar_slot(series, bucket)] = exemplar;
    }
  }
  for (const PersistedSeries& row : persisted.codes) {
    const std::uint32_t index =
        code_series(add_source(row.source, {}), row.service, row.code, true);
    CodeSeries& series = state_.codes[index];
    series.count = row.count;
    series.last_observed_unix_ns = row.time_unix_ns;
  }
  for (const PersistedSeries& row : persisted.errors) {
    ErrorSeries& series =
        state_.errors[error_series(add_source(row.source, {}), row.service, row.action, row.code)];
    series.count = row.count;
    series.exemplar = row.exemplar;
  }
  for (const PersistedSeries& row : persisted.items) {
    const std::uint32_t source = add_source(row.source, {});
    state_.items[item_series(source, row.service, row.action, row.code)].count = row.count;
  }
  for (const PersistedSeries& row : persisted.findings) {
    const std::uint32_t source = add_source(row.source, {});
    state_.findings[finding_series(source, row.service, row.finding)].count = row.count;
  }
  for (const PersistedSeries& row : persisted.infos) {
    state_.infos[code_info(row.service, row.code)].first_seen_unix_ns = row.time_unix_ns;
  }
  state_.overflow = persisted.overflow;
}

void SeriesStore::set_catalog(std::shared_ptr<const Catalog> catalog) {
  state_.catalog = std::move(catalog);
  for (CodeInfo& info : state_.infos) render_info(info);
}

std::shared_ptr<const SeriesSnapshot> SeriesStore::snapshot(std::int64_t now_unix_ns) const {
  auto copy = std::make_shared<SeriesSnapshot>(state_);
  copy->time_unix_ns = now_unix_ns;
  for (std::size_t label = 0; label < budgets_.size(); ++label) {
    copy->label_values[label] = budgets_[label].values.size();
  }
  for (const SourceSeries& source : copy->sources) {
    const std::size_t files = source.files.files.size();
    const auto label = static_cast<std::size_t>(BoundedLabel::kFile);
    copy->label_values[label] += std::min(files, kFileLabelsMax);
  }
  return copy;
}

}  // namespace apierrd
