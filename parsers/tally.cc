#include "parsers/tally.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <limits>

#include "parsers/mask_secrets.h"

namespace apierrd {

namespace {

// Lengths stand before the parts, so that no two different label sets share a key.
void append_part(std::string& key, std::string_view part) {
  const auto size = static_cast<std::uint32_t>(part.size());
  key.append(reinterpret_cast<const char*>(&size), sizeof size);
  key.append(part);
}

template <class Word>
std::uint64_t word_at(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Of the size, the first bytes and the last, multiplied into the upper bits.
std::uint64_t cheap_hash(std::string_view text) {
  std::uint64_t first = 0, last = 0;
  const char* const end = text.data() + text.size();
  if (text.size() >= 8) {
    first = word_at<std::uint64_t>(text.data());
    last = word_at<std::uint64_t>(end - 8);
  } else if (text.size() >= 4) {
    first = word_at<std::uint32_t>(text.data());
    last = word_at<std::uint32_t>(end - 4);
  } else if (!text.empty()) {
    first = word_at<std::uint8_t>(text.data());
    last = word_at<std::uint8_t>(end - 1) << 8 | word_at<std::uint8_t>(&text[text.size() / 2]);
  }
  return (first ^ (last * 3) ^ text.size()) * 0x9E3779B97F4A7C15;
}

// Of two texts of at least a word and at most two: whether the words differ that they begin and end
// with.
template <class Word>
std::uint64_t ends_differ(const char* a, const char* b, std::size_t size) {
  const std::size_t last = size - sizeof(Word);
  return (word_at<Word>(a) ^ word_at<Word>(b)) |
         (word_at<Word>(a + last) ^ word_at<Word>(b + last));
}

// Names are short: without a call or a loop.
[[gnu::always_inline]] inline bool same_text(std::string_view a, std::string_view b) {
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  if (size == 0 || size > 32) return a == b;
  if (size < 4) {  // the first, the middle and the last are all
    const auto differ = [&](std::size_t i) { return static_cast<unsigned>(a[i] ^ b[i]); };
    return (differ(0) | differ(size / 2) | differ(size - 1)) == 0;
  }
  if (size < 8) return ends_differ<std::uint32_t>(a.data(), b.data(), size) == 0;
  if (size <= 16) return ends_differ<std::uint64_t>(a.data(), b.data(), size) == 0;
  const std::size_t half = size - 16;
  return (ends_differ<std::uint64_t>(a.data(), b.data(), 16) |
          ends_differ<std::uint64_t>(&a[half], &b[half], 16)) == 0;
}

// The bounds of the durations whose highest bit is the same: how many are below them all, and the
// one that is among them.
struct Bounds {
  std::size_t below;
  std::int64_t within;  ///< if there is none, beyond all durations
};
// Numbers the highest bit, 0 for none.
constexpr std::size_t width_of(std::int64_t duration_ns) {
  return static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(duration_ns)));
}
constexpr std::array<Bounds, 65> kBoundsByWidth = [] {
  std::array<Bounds, 65> by_width{};  // g++ 12 gets members' own values wrong here: none has any
  for (std::size_t width = 0; width < by_width.size(); ++width) {
    by_width[width] = {0, std::numeric_limits<std::int64_t>::max()};
    if (width == by_width.size() - 1) break;  // of negative ones, below all bounds
    for (const std::int64_t bound : kDurationBoundsNs) {
      if (width_of(bound) < width) ++by_width[width].below;
      if (width_of(bound) == width) by_width[width].within = bound;
    }
  }
  return by_width;
}();
static_assert(std::adjacent_find(kDurationBoundsNs.begin(), kDurationBoundsNs.end(),
                                 [](std::int64_t a, std::int64_t b) { return b < 2 * a; }) ==
                  kDurationBoundsNs.end(),
              "no two bounds have the same highest bit");

bool is_within(std::string_view text, std::string_view whole) {
  const std::less_equal<> not_behind;
  return text.empty() || (not_behind(whole.data(), text.data()) &&
                          not_behind(text.data() + text.size(), whole.data() + whole.size()));
}

// The row that is `same`, of two found lately, or else by `find`.
template <class Row, class Same, class Find>
Row& recent_or(std::array<Row*, 2>& recent, const Same& same, const Find& find) {
  for (Row* row : recent) {
    if (row != nullptr && same(*row)) return *row;
  }
  Row& row = find();
  recent = {&row, recent.front()};
  return row;
}

}  // namespace

std::size_t duration_bucket(std::int64_t duration_ns) {
  const Bounds& bounds = kBoundsByWidth[width_of(duration_ns)];
  return bounds.below + (bounds.within < duration_ns ? 1U : 0U);
}

std::uint64_t DurationCounts::count() const {
  std::uint64_t total = 0;
  for (const std::uint64_t bucket : buckets) total += bucket;
  return total;
}

void DurationCounts::add(const DurationCounts& other) {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
  sum_ns += other.sum_ns;
}

void LineCounts::add(const LineCounts& other) {
  lines += other.lines;
  bytes += other.bytes;
  records += other.records;
  for (std::size_t i = 0; i < by_verdict.size(); ++i) {
    by_verdict[i] += other.by_verdict[i];
    bytes_by_verdict[i] += other.bytes_by_verdict[i];
  }
  unreadable_times += other.unreadable_times;
  unreadable_latencies += other.unreadable_latencies;
  late_records += other.late_records;
  newest_record_unix_ns = std::max(newest_record_unix_ns, other.newest_record_unix_ns);
}

BytesByKind bytes_by_kind(const LineCounts& lines) {
  BytesByKind bytes;
  std::uint64_t* const by_kind[] = {&bytes.parsed, &bytes.ignored, &bytes.rejected};
  for (const VerdictInfo& verdict : kVerdicts) {
    *by_kind[static_cast<std::size_t>(verdict.kind)] +=
        lines.bytes_by_verdict[static_cast<std::size_t>(verdict.verdict)];
  }
  return bytes;
}

CallRow& Tally::call_row(const ApiCall& call) {
  const std::uint64_t hash = cheap_hash(call.service) * 31 + cheap_hash(call.action);
  return recent_or(
      recent_calls_[hash >> (64 - kRecentBits)],
      [&call](const CallRow& row) {
        return same_text(row.action, call.action) && same_text(row.service, call.service);
      },
      [this, &call]() -> CallRow& { return indexed_call_row(call); });
}

CallRow& Tally::indexed_call_row(const ApiCall& call) {
  key_.clear();
  append_part(key_, call.service);
  append_part(key_, call.action);
  if (const auto found = call_index_.find(std::string_view(key_)); found != call_index_.end()) {
    return *found->second;
  }
  if (name_is_secret(call.service) || name_is_secret(call.action)) {
    const std::string service = shown_name(call.service), action = shown_name(call.action);
    ApiCall shown;
    shown.service = service;
    shown.action = action;
    return indexed_call_row(shown);
  }
  CallRow& row = call_rows_.emplace_back();
  row.service = call.service;
  row.action = call.action;
  call_index_.emplace(key_, &row);
  return row;
}

ErrorRow& Tally::count_error(ErrorRows& errors, const CallRow& calls, std::string_view code,
                             const Catalog& catalog) {
  const auto of_calls = static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(&calls));
  const std::uint64_t hash = of_calls * 0x9E3779B97F4A7C15 + cheap_hash(code);
  ErrorRow& row = recent_or(
      errors.recent[hash >> (64 - kRecentBits)],
      [&](const ErrorRow& known) { return known.calls == &calls && same_text(known.code, code); },
      [&]() -> ErrorRow& { return indexed_error_row(errors, calls, code, catalog); });
  if (row.count++ == 0) errors.touched.push_back(&row);
  return row;
}

ErrorRow& Tally::indexed_error_row(ErrorRows& errors, const CallRow& calls, std::string_view code,
                                   const Catalog& catalog) {
  key_.clear();
  append_part(key_, calls.service);
  append_part(key_, calls.action);
  append_part(key_, code);
  if (const auto found = errors.index.find(std::string_view(key_)); found != errors.index.end()) {
    return *found->second;
  }
  const Classification is = catalog.classify(calls.service, calls.action, code);
  if (!is.documented() && name_is_secret(code)) {
    return indexed_error_row(errors, calls, kMasked, catalog);
  }
  ErrorRow& row = errors.rows.emplace_back();
  row.service = calls.service;
  row.action = calls.action;
  row.code = code;
  row.calls = &calls;
  row.classification = is;
  row.pages = row.classification.pages();
  errors.index.emplace(key_, &row);
  return row;
}

void Tally::add(const ApiCall& call, const Catalog& catalog, std::int64_t now_unix_ns,
                std::uint64_t offset_bytes, std::string_view lasting) {
  const std::int64_t time = call.time_unix_ns.value_or(now_unix_ns);
  ++lines.records;
  if (call.unreadable_time || call.unreadable_latency) [[unlikely]] {
    lines.unreadable_times += call.unreadable_time;
    lines.unreadable_latencies += call.unreadable_latency;
  }
  if (call.time_unix_ns) {
    lines.newest_record_unix_ns = std::max(lines.newest_record_unix_ns, time);
    lines.late_records += time < now_unix_ns - kLateNs;
  }
  CallRow& row = call_row(call);
  if (row.count++ == 0) touched_calls_.push_back(&row);
  if (call.latency_ns) {
    const std::size_t bucket = duration_bucket(*call.latency_ns);
    ++row.durations.buckets[bucket];
    row.durations.sum_ns += static_cast<std::uint64_t>(*call.latency_ns);
    row.exemplars[bucket].set(call.request_id, time, *call.latency_ns);
  }
  for (const std::string_view code : call.failed_items) count_error(items_, row, code, catalog);
  if (!call.failed()) return;
  ErrorRow& error = count_error(errors_, row, call.code, catalog);
  error.exemplar.set(call.request_id, time, 0);
  error.latest.time_unix_ns = time;
  error.latest.offset_bytes = offset_bytes;
  const bool pages = error.pages && paging_.size() < kPagingFailuresMax;
  const bool lasts =
      !lasting.empty() && is_within(call.request_id, lasting) && is_within(call.message, lasting);
  if (lasts && !pages) {
    if (!error.uncopied) uncopied_.push_back(&error);
    error.uncopied = {call.request_id, call.message};
    return;
  }
  error.uncopied.reset();
  error.latest.set_texts(call.request_id, call.message);
  if (pages) paging_.push_back({&error, error.latest});
}

void Tally::settle() {
  for (ErrorRow* row : uncopied_) {
    if (row->uncopied) row->latest.set_texts(row->uncopied->request_id, row->uncopied->message);
    row->uncopied.reset();
  }
  uncopied_.clear();
}

void Tally::ErrorRows::clear() {
  for (ErrorRow* row : touched) {
    row->count = 0;
    row->exemplar.id_size = 0;
  }
  touched.clear();
}

void Tally::ErrorRows::reset() {
  touched.clear();
  index.clear();
  recent = {};
  rows.clear();
}

void Tally::clear() {
  lines = {};
  for (ErrorRow* row : uncopied_) row->uncopied.reset();
  uncopied_.clear();
  for (CallRow* row : touched_calls_) {
    row->count = 0;
    for (std::size_t i = 0; i < kDurationBuckets; ++i) {
      if (row->durations.buckets[i] != 0) row->exemplars[i].id_size = 0;
    }
    row->durations = {};
  }
  touched_calls_.clear();
  errors_.clear();
  items_.clear();
  paging_.clear();
  const std::size_t rows = call_rows_.size() + errors_.rows.size() + items_.rows.size();
  if (rows > rows_kept_max_) reset();
}

void Tally::reset() {
  lines = {};
  uncopied_.clear();
  touched_calls_.clear();
  call_index_.clear();
  recent_calls_ = {};
  call_rows_.clear();
  errors_.reset();
  items_.reset();
  paging_.clear();
}

}  // namespace apierrd
