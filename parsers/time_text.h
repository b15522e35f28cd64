// Points in time and durations as logs write them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace apierrd {

/// How a log writes its time. kAuto takes RFC 3339, and of a number the unit by its size: seconds
/// below 1e11 (the year 5138), then milliseconds, microseconds, nanoseconds.
enum class TimeFormat : std::uint8_t {
  kAuto,
  kRfc3339,
  kEpochSeconds,
  kEpochMilliseconds,
  kEpochMicroseconds,
  kEpochNanoseconds
};

enum class TimeUnit : std::uint8_t { kNanosecond, kMicrosecond, kMillisecond, kSecond };

// Each in two ways: with an optional, and, for each line of a log, with a bool and the number. An
// optional is put together in memory and taken from there at once, which a processor must wait for.

/// RFC 3339 section 5.6 (also with a blank for the T, as many loggers write) to nanoseconds since
/// 1970; a fraction beyond nanoseconds is cut. A leap second counts as the second after it. Empty
/// if the text is anything else or outside 1970..2261.
std::optional<std::int64_t> parse_rfc3339(std::string_view text);
bool parse_rfc3339(std::string_view text, std::int64_t& unix_ns);

/// parse_rfc3339() for the lines of a log: its times, if they end in Z, are mostly of the minute of
/// the one before. One per thread.
class LogTimes {
 public:
  bool parse_rfc3339(std::string_view text, std::int64_t& unix_ns);

 private:
  bool is_latest_minute(std::string_view text) const;
  inline bool parse_usual(std::string_view text, std::int64_t& unix_ns);
  [[gnu::noinline]] bool parse_unusual(std::string_view text, std::int64_t& unix_ns);

  static constexpr std::size_t kMinuteBytes = 16;  ///< `2026-11-23T09:00`
  std::array<char, kMinuteBytes> minute_{'\xFF'};  ///< at first, what no text begins with
  std::int64_t minute_unix_ns_ = 0;
};

/// A time in `format`, from the text of a JSON number or string, to nanoseconds since 1970.
std::optional<std::int64_t> parse_time(std::string_view text, TimeFormat format);
bool parse_time(std::string_view text, TimeFormat format, LogTimes& times, std::int64_t& unix_ns);

/// A duration, `12.5` in `unit` or with a unit of its own (`73.4ms`, `1.2s`, ns, us, µs, m, h), to
/// nanoseconds. Empty if negative, beyond 292 years or not a duration.
std::optional<std::int64_t> parse_duration(std::string_view text, TimeUnit unit);
bool parse_duration(std::string_view text, TimeUnit unit, std::int64_t& ns);

/// `2026-11-23T09:00:00.123Z`; milliseconds, the rest is cut. For times from 1970 on.
std::string rfc3339_text(std::int64_t unix_ns);

}  // namespace apierrd
