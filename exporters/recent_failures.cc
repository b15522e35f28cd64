#include "exporters/recent_failures.h"

#include <algorithm>
#include <limits>

#include "exporters/label_text.h"
#include "parsers/mask_secrets.h"

namespace apierrd {

namespace {

// Moves the minutes so that the last is `minute`; the clock may have been set back, then nothing.
void move_to(RecentCode& code, std::int64_t minute) {
  code.per_minute = code.minutes_until(minute);
  code.newest_minute = std::max(code.newest_minute, minute);
}

void add(std::uint32_t& count, std::uint64_t more) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
  count = static_cast<std::uint32_t>(std::min(count + more, kMax));
}

}  // namespace

std::array<std::uint32_t, kRecentMinutes> RecentCode::minutes_until(std::int64_t now_minute) const {
  std::array<std::uint32_t, kRecentMinutes> minutes{};
  const std::int64_t passed = std::max<std::int64_t>(0, now_minute - newest_minute);
  if (passed >= static_cast<std::int64_t>(kRecentMinutes)) return minutes;
  std::copy(per_minute.begin() + passed, per_minute.end(), minutes.begin());
  return minutes;
}

std::string shown_message(std::string_view raw) {
  return safe_text(mask_secrets(raw), kMessageKeptMax);
}

std::string shown_request_id(std::string_view raw) {
  return request_id_is_secret(raw) ? std::string() : safe_label_value(raw);
}

RecentCode& RecentFailures::code_of(std::string_view source, const ErrorRow& row) {
  Key key{source, safe_label_value(row.service), safe_label_value(row.code)};
  if (const auto known = codes_.find(key); known != codes_.end()) return known->second;
  if (codes_.size() >= kRecentCodesMax) {
    codes_.erase(std::min_element(codes_.begin(), codes_.end(), [](const auto& a, const auto& b) {
      return a.second.newest_minute < b.second.newest_minute;
    }));
  }
  RecentCode& code = codes_[key];
  std::tie(code.source, code.service, code.code) = std::move(key);
  return code;
}

void RecentFailures::record(const Tally& tally, const BatchPlace& place, std::int64_t now_unix_ns) {
  if (tally.errors().empty()) return;
  const std::lock_guard lock(mutex_);
  for (const ErrorRow* row : tally.errors()) {
    RecentCode& code = code_of(place.source, *row);
    move_to(code, minute_of(now_unix_ns));
    add(code.per_minute.back(), row->count);
    const FailureDetail& latest = row->latest;
    code.failures.push_front({safe_label_value(row->action), latest.request_id, latest.message,
                              std::string(place.path), place.offset_bytes + latest.offset_bytes,
                              latest.time_unix_ns});
    if (code.failures.size() > kRecentPerCode) code.failures.pop_back();
  }
}

std::vector<RecentCode> RecentFailures::codes() const {
  std::vector<RecentCode> codes;
  {
    const std::lock_guard lock(mutex_);
    codes.reserve(codes_.size());
    for (const auto& [key, code] : codes_) codes.push_back(code);
  }
  for (RecentCode& code : codes) {
    for (RecentFailure& failure : code.failures) {
      failure.request_id = shown_request_id(failure.request_id);
      failure.message = shown_message(failure.message);
    }
  }
  return codes;
}

}  // namespace apierrd
