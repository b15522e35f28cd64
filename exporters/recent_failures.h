// The latest failures by code, for people: how many in each minute of the last hour, and the last
// few with RequestId, message and place in the log.
//
// Kept in memory only and not part of any count: after a restart it begins empty. Thread-safe: the
// ingest thread records, pages read copies.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "parsers/tally.h"

namespace apierrd {

/// Where a tally's lines stand; offsets in its failures count from there.
struct BatchPlace {
  std::string_view source;
  std::string_view path;
  std::uint64_t offset_bytes = 0;
};

struct RecentFailure {
  std::string action, request_id, message;  ///< safe text; secrets masked
  std::string path;
  std::uint64_t offset_bytes = 0;  ///< of its record in the file
  std::int64_t time_unix_ns = 0;
};

inline constexpr std::size_t kRecentMinutes = 60;
inline constexpr std::size_t kRecentPerCode = 5;
inline constexpr std::size_t kRecentCodesMax = 500;  ///< at some 4 KiB each

struct RecentCode {
  std::string source, service, code;
  std::deque<RecentFailure> failures;  ///< the newest first, at most kRecentPerCode
  /// Failures read per minute; the last is the minute of `newest_minute`.
  std::array<std::uint32_t, kRecentMinutes> per_minute{};
  std::int64_t newest_minute = 0;  ///< minutes since 1970

  /// per_minute as seen at `now_minute`: the minutes since then are zeros at its end.
  std::array<std::uint32_t, kRecentMinutes> minutes_until(std::int64_t now_minute) const;
};

constexpr std::int64_t minute_of(std::int64_t unix_ns) { return unix_ns / 60'000'000'000; }

/// A message as a person may see it: valid UTF-8 without control characters, without what may be
/// secret, at most kMessageKeptMax bytes.
std::string shown_message(std::string_view raw);
/// A request id as a label may show it; empty if it is a secret instead.
std::string shown_request_id(std::string_view raw);

class RecentFailures {
 public:
  /// Takes the failures of a tally that has just been counted. Of each code and action the batch's
  /// last is kept with its details. Beyond kRecentCodesMax codes the one quiet for longest goes.
  void record(const Tally& tally, const BatchPlace& place, std::int64_t now_unix_ns);

  /// By source, service and code. Only here secrets are masked: few failures are ever looked at.
  std::vector<RecentCode> codes() const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;
  RecentCode& code_of(std::string_view source, const ErrorRow& row);

  mutable std::mutex mutex_;
  std::map<Key, RecentCode> codes_;  ///< request ids and messages as the log has them
};

}  // namespace apierrd
