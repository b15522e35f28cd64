#include "parsers/time_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
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
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month != 2) return kDays[month - 1];
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return leap ? 29 : 28;
}

// `.123456` off the front of `text`, as nanoseconds; 0 if there is no fraction.
std::optional<std::int64_t> take_fraction(std::string_view& text) {
  static constexpr std::int64_t kScales[] = {0,      100'000'000, 10'000'000, 1'000'000, 100'000,
                                             10'000, 1'000,       100,        10,        1};
  if (text.empty() || text.front() != '.') return 0;
  const char* const begin = text.data() + 1;
  const char* const end = text.data() + text.size();
  const char* at = begin;
  std::int64_t nanos = 0;
  for (; at != end && is_digit(*at); ++at) {
    if (at - begin < 9) nanos = nanos * 10 + (*at - '0');
  }
  if (at == begin) return {};
  text = {at, static_cast<std::size_t>(end - at)};
  return nanos * kScales[std::min<std::ptrdiff_t>(at - begin, 9)];
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

// Of a short number such as `63.25`, whose fraction has no more digits than `scale` has zeros.
std::optional<std::int64_t> parse_short(std::string_view text, std::int64_t scale) {
  constexpr std::size_t kBytesMax = 9;  // times 1e9 it still fits
  if (text.size() > kBytesMax || text.empty() || !is_digit(text.front())) return {};
  std::int64_t number = 0;
  std::size_t at = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) number = number * 10 + (text[at] - '0');
  if (at == text.size()) return number * scale;
  if (text[at] != '.' || at + 1 == text.size()) return {};
  std::int64_t part = scale;
  for (++at; at < text.size(); ++at) {
    if (!is_digit(text[at]) || part == 1) return {};
    number = number * 10 + (text[at] - '0');
    part /= 10;
  }
  return number * part;
}

// A plain decimal number times `scale`, exactly; other spellings (1e9) by way of a double.
std::optional<std::int64_t> parse_scaled(std::string_view text, std::int64_t scale) {
  if (const auto number = parse_short(text, scale)) return number;
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

// Eight bytes of a text, in which 0 stands for any digit. Of a digit's value plus 0x76, and of no
// difference plus 0x7F, a byte's highest bit stays clear.
struct Shape {
  std::array<std::uint8_t, 8> bytes{}, margins{};
  constexpr explicit Shape(std::string_view text) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<std::uint8_t>(text[i]);
      margins[i] = text[i] == '0' ? 0x76 : 0x7F;
    }
  }
};

// The digits' values at their places, and 0 at all others; false if the text is of another shape.
bool take_shape(const char* text, const Shape& shape, std::array<std::uint8_t, 8>& values) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, text, sizeof bytes);
  const std::uint64_t differs = bytes ^ std::bit_cast<std::uint64_t>(shape.bytes);
  values = std::bit_cast<std::array<std::uint8_t, 8>>(differs);
  const std::uint64_t sums = differs + std::bit_cast<std::uint64_t>(shape.margins);
  return ((sums | differs) & 0x8080808080808080) == 0;
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  constexpr std::size_t kDateTimeBytes = std::string_view("0000-00-00T00:00:00").size();
  if (text.size() <= kDateTimeBytes) return {};
  std::array<std::uint8_t, 8> date{}, time{};
  constexpr Shape kDate("0000-00-"), kTime("00:00:00");
  if (!take_shape(text.data(), kDate, date) || !take_shape(text.data() + 11, kTime, time))
    return {};
  const char between = text[10];
  if (between != 'T' && between != 't' && between != ' ') return {};
  if (!is_digit(text[8]) || !is_digit(text[9])) return {};
  const int year = date[0] * 1000 + date[1] * 100 + date[2] * 10 + date[3];
  const int month = date[5] * 10 + date[6];
  const int day = (text[8] - '0') * 10 + (text[9] - '0');
  const int hour = time[0] * 10 + time[1], minute = time[3] * 10 + time[4];
  const int second = time[6] * 10 + time[7];
  text.remove_prefix(kDateTimeBytes);
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

std::optional<std::int64_t> LogTimes::parse_rfc3339(std::string_view text) {
  constexpr std::size_t kSecondsEnd = kMinuteBytes + std::string_view(":00").size();
  const bool in_zulu = text.size() > kSecondsEnd && text.back() == 'Z';
  if (!in_zulu) return apierrd::parse_rfc3339(text);
  const bool known = std::memcmp(text.data(), minute_.data(), kMinuteBytes) == 0;
  const unsigned tens = static_cast<unsigned char>(text[kMinuteBytes + 1]) - unsigned{'0'};
  const unsigned ones = static_cast<unsigned char>(text[kMinuteBytes + 2]) - unsigned{'0'};
  if (known && text[kMinuteBytes] == ':' && tens < 6 && ones < 10) {
    std::string_view rest = text.substr(kSecondsEnd);
    const auto fraction = take_fraction(rest);
    if (!fraction || rest.size() != 1) return {};
    return minute_unix_ns_ + (tens * 10 + ones) * kNanosPerSecond + *fraction;
  }
  const auto time = apierrd::parse_rfc3339(text);
  if (time && tens < 6) {  // no leap second, which counts to the next minute
    std::memcpy(minute_.data(), text.data(), kMinuteBytes);
    minute_unix_ns_ = *time - *time % (60 * kNanosPerSecond);
  }
  return time;
}

std::optional<std::int64_t> parse_time(std::string_view text, TimeFormat format, LogTimes& times) {
  switch (format) {
    case TimeFormat::kRfc3339: return times.parse_rfc3339(text);
    case TimeFormat::kEpochSeconds: return parse_scaled(text, kNanosPerSecond);
    case TimeFormat::kEpochMilliseconds: return parse_scaled(text, 1'000'000);
    case TimeFormat::kEpochMicroseconds: return parse_scaled(text, 1'000);
    case TimeFormat::kEpochNanoseconds: return parse_scaled(text, 1);
    case TimeFormat::kAuto: break;
  }
  if (const auto time = times.parse_rfc3339(text)) return time;
  return parse_scaled(text, scale_by_size(text));
}

std::optional<std::int64_t> parse_time(std::string_view text, TimeFormat format) {
  LogTimes times;
  return parse_time(text, format, times);
}

std::optional<std::int64_t> parse_duration(std::string_view text, TimeUnit unit) {
  if (!text.empty() && is_digit(text.back())) return parse_scaled(text, nanos_per(unit));
  struct Suffix {
    std::string_view text;
    std::int64_t nanos;
  };
  // The longer suffix first, so that `ms` is not taken for `s`.
  static constexpr Suffix kSuffixes[] = {{"ns", 1},
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
