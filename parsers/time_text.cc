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
bool take_fraction(std::string_view& text, std::int64_t& nanos) {
  static constexpr std::int64_t kScales[] = {0,      100'000'000, 10'000'000, 1'000'000, 100'000,
                                             10'000, 1'000,       100,        10,        1};
  nanos = 0;
  if (text.empty() || text.front() != '.') return true;
  const char* const begin = text.data() + 1;
  const char* const end = text.data() + text.size();
  const char* at = begin;
  std::int64_t digits = 0;
  for (; at != end && is_digit(*at); ++at) {
    if (at - begin < 9) digits = digits * 10 + (*at - '0');
  }
  if (at == begin) return false;
  text = {at, static_cast<std::size_t>(end - at)};
  nanos = digits * kScales[std::min<std::ptrdiff_t>(at - begin, 9)];
  return true;
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

// `whole` times `scale`, which is at most 1e9, and `rest`.
bool scale(std::int64_t whole, std::int64_t scale, std::int64_t rest, std::int64_t& out) {
  const bool fits = static_cast<std::uint64_t>(whole) < 1U << 31 ||
                    (whole >= 0 && whole <= (kMaxNanos - rest) / scale);
  if (fits) out = whole * scale + rest;
  return fits;
}

// A number's whole part off the front of `text`; false if there is none, or it is too large. Before
// a fraction a whole part of -0 has lost its sign: what begins with one is read otherwise.
bool take_whole(std::string_view& text, std::int64_t& whole) {
  if (text.starts_with('-')) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

constexpr std::int64_t kPowersOfTen[] = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, kNanosPerSecond};

// Up to eight bytes of text as a number, the first one lowest.
std::uint64_t bytes_of(std::string_view text) {
  const std::size_t size = text.size();
  const auto at = [text](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(text[i])} << (i * 8);
  };
  if (size < 4) return at(0) | at(size / 2) | at(size - 1);
  std::uint32_t first = 0, last = 0;
  std::memcpy(&first, text.data(), sizeof first);
  std::memcpy(&last, text.data() + size - sizeof last, sizeof last);
  return first | std::uint64_t{last} << ((size - sizeof last) * 8);
}

// Of a short number such as `63.25`, times 10^`zeros`, if its fraction has no more digits. All of
// its digits at once: how many there are cannot be predicted.
bool parse_short(std::string_view text, unsigned zeros, std::int64_t& out) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHighBits = 0x8080808080808080;
  constexpr bool kInOrder = std::endian::native == std::endian::little;
  if (!kInOrder || text.size() > sizeof(std::uint64_t) || text.empty()) return false;
  std::uint64_t digits = bytes_of(text);
  auto size = static_cast<unsigned>(text.size());
  unsigned decimals = 0;
  const std::uint64_t differs = digits ^ kOnes * '.';
  if (const std::uint64_t point = (differs - kOnes) & ~differs & kHighBits; point != 0) {
    const auto whole = static_cast<unsigned>(std::countr_zero(point)) / 8;
    decimals = --size - whole;
    if (whole == 0 || decimals == 0 || decimals > zeros) return false;
    const std::uint64_t in_whole = (std::uint64_t{1} << (whole * 8)) - 1;
    digits = (digits & in_whole) | (digits >> 8 & ~in_whole);
  }
  // The digits' values, zeros before them.
  const unsigned unused = (8 - size) * 8;
  std::uint64_t value = digits << unused ^ (kOnes * '0') << unused;
  if ((((value + kOnes * 0x76) | value) & kHighBits) != 0) return false;
  value = value * 10 + (value >> 8);  // by twos, by fours, all eight
  value = ((value & 0x000000FF000000FF) * 0x000F424000000064 +
           (value >> 16 & 0x000000FF000000FF) * 0x0000271000000001) >>
          32;
  out = static_cast<std::int64_t>(value) * kPowersOfTen[zeros - decimals];
  return true;
}

[[gnu::noinline]] bool parse_long(std::string_view text, unsigned zeros, std::int64_t& out) {
  const std::int64_t factor = kPowersOfTen[zeros];
  std::string_view rest = text;
  std::int64_t whole = 0, fraction = 0;
  if (take_whole(rest, whole) && take_fraction(rest, fraction) && rest.empty())
    return scale(whole, factor, fraction / (kNanosPerSecond / factor), out);
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return false;
  value *= static_cast<double>(factor);
  if (!std::isfinite(value) || value < 0 || value >= 9.2e18) return false;
  out = static_cast<std::int64_t>(value);
  return true;
}

// A plain decimal number times 10^`zeros`, exactly; other spellings (1e9) by way of a double.
bool parse_scaled(std::string_view text, unsigned zeros, std::int64_t& out) {
  return parse_short(text, zeros, out) || parse_long(text, zeros, out);
}

// How many zeros a unit has in nanoseconds.
unsigned zeros_of(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kNanosecond: return 0;
    case TimeUnit::kMicrosecond: return 3;
    case TimeUnit::kMillisecond: return 6;
    case TimeUnit::kSecond: return 9;
  }
  return 0;
}

// The same of a time's format; of one that nobody has named by the number of whole digits.
unsigned zeros_of(TimeFormat format, std::string_view number) {
  switch (format) {
    case TimeFormat::kEpochSeconds: return 9;
    case TimeFormat::kEpochMilliseconds: return 6;
    case TimeFormat::kEpochMicroseconds: return 3;
    case TimeFormat::kEpochNanoseconds: return 0;
    case TimeFormat::kAuto:
    case TimeFormat::kRfc3339: break;
  }
  std::size_t digits = 0;
  while (digits < number.size() && is_digit(number[digits])) ++digits;
  if (digits <= 11) return 9;
  if (digits <= 14) return 6;
  if (digits <= 17) return 3;
  return 0;
}

// A duration that does not end in a digit.
[[gnu::noinline]] bool parse_suffixed(std::string_view text, TimeUnit unit, std::int64_t& ns) {
  struct Suffix {
    std::string_view text;
    unsigned zeros;
    std::int64_t seconds = 1;
  };
  // The longer suffix first, so that `ms` is not taken for `s`.
  static constexpr Suffix kSuffixes[] = {{"ns", 0}, {"us", 3}, {"\u00B5s", 3}, {"\u03BCs", 3},
                                         {"ms", 6}, {"s", 9},  {"m", 9, 60},   {"h", 9, 3600}};
  for (const Suffix& suffix : kSuffixes) {
    if (!text.ends_with(suffix.text)) continue;
    text.remove_suffix(suffix.text.size());
    return parse_scaled(text, suffix.zeros, ns) && scale(ns, suffix.seconds, 0, ns);
  }
  return parse_scaled(text, zeros_of(unit), ns);
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

// Eight bytes, by number.
struct Values {
  std::uint64_t word = 0;
  int operator[](std::size_t i) const {
    return std::bit_cast<std::array<std::uint8_t, sizeof word>>(word)[i];
  }
};

std::uint64_t word_at(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// The digits' values at their places, and 0 at all others; false if the text is of another shape.
bool take_shape(const char* text, const Shape& shape, Values& values) {
  values.word = word_at(text) ^ std::bit_cast<std::uint64_t>(shape.bytes);
  const std::uint64_t sums = values.word + std::bit_cast<std::uint64_t>(shape.margins);
  return ((sums | values.word) & 0x8080808080808080) == 0;
}

}  // namespace

bool parse_rfc3339(std::string_view text, std::int64_t& unix_ns) {
  constexpr std::size_t kDateTimeBytes = std::string_view("0000-00-00T00:00:00").size();
  if (text.size() <= kDateTimeBytes) return false;
  Values date, time;
  constexpr Shape kDate("0000-00-"), kTime("00:00:00");
  if (!take_shape(text.data(), kDate, date) || !take_shape(text.data() + 11, kTime, time))
    return false;
  const char between = text[10];
  if (between != 'T' && between != 't' && between != ' ') return false;
  if (!is_digit(text[8]) || !is_digit(text[9])) return false;
  const int year = date[0] * 1000 + date[1] * 100 + date[2] * 10 + date[3];
  const int month = date[5] * 10 + date[6];
  const int day = (text[8] - '0') * 10 + (text[9] - '0');
  const int hour = time[0] * 10 + time[1], minute = time[3] * 10 + time[4];
  const int second = time[6] * 10 + time[7];
  text.remove_prefix(kDateTimeBytes);
  std::int64_t fraction = 0;
  if (!take_fraction(text, fraction)) return false;
  const auto offset = take_offset(text);
  if (!offset) return false;
  if (year > 2261 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
      hour > 23 || minute > 59 || second > 60) {
    return false;
  }
  const std::int64_t days =
      days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  const std::int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - *offset;
  return scale(seconds, kNanosPerSecond, second == 60 ? 0 : fraction, unix_ns);
}

bool LogTimes::is_latest_minute(std::string_view text) const {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  static_assert(kMinuteBytes == 2 * kWord);
  const std::uint64_t differs = (word_at(text.data()) ^ word_at(minute_.data())) |
                                (word_at(text.data() + kWord) ^ word_at(minute_.data() + kWord));
  return differs == 0;
}

bool LogTimes::parse_usual(std::string_view text, std::int64_t& unix_ns) {
  constexpr Shape kMilliseconds(":00.000Z");
  Values at;
  const bool usual = text.size() == kMinuteBytes + sizeof at && is_latest_minute(text) &&
                     take_shape(text.data() + kMinuteBytes, kMilliseconds, at) && at[1] < 6;
  if (usual) {
    unix_ns = minute_unix_ns_ + (at[1] * 10 + at[2]) * kNanosPerSecond +
              (at[4] * 100 + at[5] * 10 + at[6]) * kPowersOfTen[6];
  }
  return usual;
}

bool LogTimes::parse_rfc3339(std::string_view text, std::int64_t& unix_ns) {
  return parse_usual(text, unix_ns) || parse_unusual(text, unix_ns);
}

bool LogTimes::parse_unusual(std::string_view text, std::int64_t& unix_ns) {
  constexpr std::size_t kSecondsEnd = kMinuteBytes + std::string_view(":00").size();
  const bool in_zulu = text.size() > kSecondsEnd && text.back() == 'Z';
  if (!in_zulu) return apierrd::parse_rfc3339(text, unix_ns);
  const unsigned tens = static_cast<unsigned char>(text[kMinuteBytes + 1]) - unsigned{'0'};
  const unsigned ones = static_cast<unsigned char>(text[kMinuteBytes + 2]) - unsigned{'0'};
  if (is_latest_minute(text) && text[kMinuteBytes] == ':' && tens < 6 && ones < 10) {
    std::string_view rest = text.substr(kSecondsEnd);
    std::int64_t fraction = 0;
    if (!take_fraction(rest, fraction) || rest.size() != 1) return false;
    unix_ns = minute_unix_ns_ + (tens * 10 + ones) * kNanosPerSecond + fraction;
    return true;
  }
  if (!apierrd::parse_rfc3339(text, unix_ns)) return false;
  if (tens < 6) {  // no leap second, which counts to the next minute
    std::memcpy(minute_.data(), text.data(), kMinuteBytes);
    minute_unix_ns_ = unix_ns - unix_ns % (60 * kNanosPerSecond);
  }
  return true;
}

bool parse_time(std::string_view text, TimeFormat format, LogTimes& times, std::int64_t& unix_ns) {
  const bool as_text = format == TimeFormat::kAuto || format == TimeFormat::kRfc3339;
  if (as_text && times.parse_rfc3339(text, unix_ns)) return true;
  return format != TimeFormat::kRfc3339 && parse_scaled(text, zeros_of(format, text), unix_ns);
}

bool parse_duration(std::string_view text, TimeUnit unit, std::int64_t& ns) {
  const bool has_suffix = text.empty() || !is_digit(text.back());
  return has_suffix ? parse_suffixed(text, unit, ns) : parse_scaled(text, zeros_of(unit), ns);
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  std::int64_t unix_ns = 0;
  return parse_rfc3339(text, unix_ns) ? std::optional(unix_ns) : std::nullopt;
}

std::optional<std::int64_t> parse_time(std::string_view text, TimeFormat format) {
  LogTimes times;
  std::int64_t unix_ns = 0;
  return parse_time(text, format, times, unix_ns) ? std::optional(unix_ns) : std::nullopt;
}

std::optional<std::int64_t> parse_duration(std::string_view text, TimeUnit unit) {
  std::int64_t ns = 0;
  return parse_duration(text, unit, ns) ? std::optional(ns) : std::nullopt;
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
