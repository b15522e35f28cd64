#include "parsers/time_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "parsers/ascii.h"

namespace apierrd {

namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kMaxNanos = std::numeric_limits<std::int64_t>::max();

// Takes exactly `count` digits off the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return {};
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!is_digit(text[i])) return {};
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// Days since 1970-01-01 of a proleptic Gregorian date; after Howard Hinnant's days_from_civil.
constexpr std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) {
  year -= month <= 2;
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(year - era * 400);
  const unsigned day_of_year = (153 * (month + (month > 2 ? -3U : 9U)) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

int days_in_month(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

// `.123456` off the front of `text`, as nanoseconds; 0 if there is no fraction.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  constexpr std::int64_t kScales[] = {0,      100'000'000, 10'000'000, 1'000'000, 100'000,
                                      10'000, 1'000,       100,        10,        1};
  if (text.empty() || text.front() != '.') return 0;
  std::int64_t nanos = 0;
  std::size_t count = 1;
  for (; count < text.size() && is_digit(text[count]); ++count) {
    if (count <= 9) nanos = nanos * 10 + (text[count] - '0');
  }
  if (count == 1) return {};
  text.remove_prefix(count);
  return nanos * kScales[std::min<std::size_t>(count - 1, 9)];
}

// `Z` or `+08:00`, the whole rest of `text`, as seconds east of UTC.
std::optional<int> take_offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6) return {};
  const int sign = text.front() == '-' ? -1 : 1;
  if (!take(text, "+-")) return {};
  const auto hours = take_digits(text, 2);
  if (!hours || !take(text, ":")) return {};
  const auto minutes = take_digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return {};
  return sign * (*hours * 3600 + *minutes * 60);
}

std::optional<std::int64_t> scaled(std::int64_t whole, std::int64_t scale, std::int64_t rest) {
  if (static_cast<std::uint64_t>(whole) < 1U << 31) return whole * scale + rest;  // scale <= 1e9
  if (whole < 0 || whole > (kMaxNanos - rest) / scale) return {};
  return whole * scale + rest;
}

// A number's whole part off the front of `text`; false if there is none, or it is too large.
bool take_whole(std::string_view& text, std::int64_t& whole) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

// A plain decimal number times `scale`, exactly; other spellings (1e9) by way of a double.
std::optional<std::int64_t> parse_scaled(std::string_view text, std::int64_t scale) {
  std::string_view rest = text;
  std::int64_t whole = 0;
  if (take_whole(rest, whole)) {
    const auto fraction = take_fraction(rest);
    if (fraction && rest.empty()) {
      return scaled(whole, scale, *fraction / (kNanosPerSecond / scale));
    }
  }
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return {};
  value *= static_cast<double>(scale);
  if (!std::isfinite(value) || value < 0 || value >= 9.2e18) return {};
  return static_cast<std::int64_t>(value);
}

std::int64_t nanos_per(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kNanosecond: return 1;
    case TimeUnit::kMicrosecond: return 1'000;
    case TimeUnit::kMillisecond: return 1'000'000;
    case TimeUnit::kSecond: return kNanosPerSecond;
  }
  return 1;
}

// The unit of an epoch number nobody named the unit of, by its number of whole digits.
std::int64_t scale_by_size(std::string_view number) {
  std::size_t digits = 0;
  while (digits < number.size() && is_digit(number[digits])) ++digits;
  if (digits <= 11) return kNanosPerSecond;
  if (digits <= 14) return 1'000'000;
  if (digits <= 17) return 1'000;
  return 1;
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  constexpr std::string_view kDateTime = "0000-00-00T00:00:00";
  if (text.size() <= kDateTime.size()) return {};
  if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':' ||
      (text[10] != 'T' && text[10] != 't' && text[10] != ' ')) {
    return {};
  }
  unsigned wrong = 0;
  const auto pair = [&text, &wrong](std::size_t at) {
    const unsigned tens = static_cast<unsigned char>(text[at]) - unsigned{'0'};
    const unsigned ones = static_cast<unsigned char>(text[at + 1]) - unsigned{'0'};
    wrong |= static_cast<unsigned>(tens > 9) | static_cast<unsigned>(ones > 9);
    return static_cast<int>(tens * 10 + ones);
  };
  const int year = pair(0) * 100 + pair(2), month = pair(5), day = pair(8);
  const int hour = pair(11), minute = pair(14), second = pair(17);
  if (wrong != 0) return {};
  text.remove_prefix(kDateTime.size());
  const auto fraction = take_fraction(text);
  if (!fraction) return {};
  const auto offset = take_offset(text);
  if (!offset) return {};
  if (year > 2261 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
      hour > 23 || minute > 59 || second > 60) {
    return {};
  }
  const std::int64_t days =
      days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  const std::int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - *offset;
  return scaled(seconds, kNanosPerSecond, second == 60 ? 0 : *fraction);
}

std::optional<std::int64_t> parse_time(std::string_view text, TimeFormat format) {
  switch (format) {
    case TimeFormat::kRfc3339: return parse_rfc3339(text);
    case TimeFormat::kEpochSeconds: return parse_scaled(text, kNanosPerSecond);
    case TimeFormat::kEpochMilliseconds: return parse_scaled(text, 1'000'000);
    case TimeFormat::kEpochMicroseconds: return parse_scaled(text, 1'000);
    case TimeFormat::kEpochNanoseconds: return parse_scaled(text, 1);
    case TimeFormat::kAuto: break;
  }
  if (const auto time = parse_rfc3339(text)) return time;
  return parse_scaled(text, scale_by_size(text));
}

std::optional<std::int64_t> parse_duration(std::string_view text, TimeUnit unit) {
  if (!text.empty() && is_digit(text.back())) return parse_scaled(text, nanos_per(unit));
  struct Suffix {
    std::string_view text;
    std::int64_t nanos;
  };
  // The longer suffix first, so that `ms` is not taken for `s`.
  constexpr Suffix kSuffixes[] = {{"ns", 1},
                                  {"us", 1'000},
                                  {"\u00B5s", 1'000},
                                  {"\u03BCs", 1'000},
                                  {"ms", 1'000'000},
                                  {"s", kNanosPerSecond},
                                  {"m", 60 * kNanosPerSecond},
                                  {"h", 3600 * kNanosPerSecond}};
  for (const Suffix& suffix : kSuffixes) {
    if (!text.ends_with(suffix.text)) continue;
    text.remove_suffix(suffix.text.size());
    if (suffix.nanos <= kNanosPerSecond) return parse_scaled(text, suffix.nanos);
    const auto seconds = parse_scaled(text, kNanosPerSecond);
    return seconds ? scaled(*seconds, suffix.nanos / kNanosPerSecond, 0) : std::nullopt;
  }
  return parse_scaled(text, nanos_per(unit));
}

std::string rfc3339_text(std::int64_t unix_ns) {
  const std::int64_t seconds = unix_ns / kNanosPerSecond;
  const auto text = [](std::int64_t number, std::size_t digits) {
    std::string out = std::to_string(number);
    return std::string(digits - std::min(digits, out.size()), '0') + out;
  };
  int year = 1970;
  std::int64_t day = seconds / 86400;
  const auto days_in_year = [](int y) { return 337 + days_in_month(y, 2); };
  for (; day >= days_in_year(year); ++year) day -= days_in_year(year);
  int month = 1;
  for (; day >= days_in_month(year, month); ++month) day -= days_in_month(year, month);
  return text(year, 4) + "-" + text(month, 2) + "-" + text(day + 1, 2) + "T" +
         text(seconds / 3600 % 24, 2) + ":" + text(seconds / 60 % 60, 2) + ":" +
         text(seconds % 60, 2) + "." + text(unix_ns / 1'000'000 % 1000, 3) + "Z";
}

}  // namespace apierrd
