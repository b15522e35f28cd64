#include "parsers/time_text.h"

#include <gtest/gtest.h>

namespace apierrd {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(ParseRfc3339, FormsLogsUse) {
  EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_rfc3339("2026-11-23T09:00:00.123Z"), 1'795'424'400 * kSecond + 123'000'000);
  EXPECT_EQ(parse_rfc3339("2026-11-23T17:00:00+08:00"), 1'795'424'400 * kSecond);
  EXPECT_EQ(parse_rfc3339("2026-11-23t09:00:00z"), 1'795'424'400 * kSecond);
  EXPECT_EQ(parse_rfc3339("2026-11-23 09:00:00-00:30"), 1'795'426'200 * kSecond);
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00.123456789123Z"),
            1'709'164'800 * kSecond + 123'456'789);
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), 1'483'228'800 * kSecond);  // a leap second
}

TEST(LogTimes, AreThoseOfParseRfc3339) {
  LogTimes times;
  const auto time_of = [&times](std::string_view text) {
    std::int64_t unix_ns = 0;
    return times.parse_rfc3339(text, unix_ns) ? std::optional(unix_ns) : std::nullopt;
  };
  for (const char* text :
       {"2026-11-23T09:00:00.123Z", "2026-11-23T09:00:59Z", "2026-11-23T09:00:60Z",
        "2026-11-23T09:00:01.5Z", "2026-11-23T09:00:61Z", "2026-11-23T09:00:0aZ",
        "2026-11-23T09:00-01Z", "2026-11-23T09:00:01.Z", "2026-11-23T09:00:01ZZ",
        "2026-11-23T09:00:01+08:00", "2026-11-23t09:00:01z", "2026-11-23T09:01:00.25Z",
        "2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z", "2016-12-31T23:59:60.5Z", "Z", ""}) {
    EXPECT_EQ(time_of(text), parse_rfc3339(text)) << text;
  }
  EXPECT_FALSE(time_of(std::string(16, '\0') + ":00Z").has_value());
}

TEST(ParseRfc3339, RefusesTheRest) {
  for (const char* text :
       {"", "2026-11-23", "2026-11-23T09:00:00", "2026-11-23T09:00Z", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "2026-00-10T00:00:00Z", "2026-11-31T00:00:00Z",
        "2026-11-23T24:00:00Z", "2026-11-23T09:60:00Z", "2026-11-23T09:00:61Z",
        "2026-11-23T09:00:00.Z", "2026-11-23T09:00:00+8:00", "2026-11-23T09:00:00+0800",
        "2026-11-23T09:00:00Zx", "1969-12-31T23:59:59Z", "2262-05-01T00:00:00Z", "x"}) {
    EXPECT_FALSE(parse_rfc3339(text).has_value()) << text;
  }
}

TEST(Rfc3339Text, GivesBackWhatWasRead) {
  for (const char* text :
       {"1970-01-01T00:00:00.000Z", "2026-11-23T09:00:00.123Z", "2024-02-29T23:59:59.999Z",
        "2024-12-31T12:00:00.000Z", "2100-03-01T00:00:01.010Z", "2261-12-31T23:59:59.000Z"}) {
    EXPECT_EQ(rfc3339_text(*parse_rfc3339(text)), text);
  }
}

TEST(ParseTime, EpochUnitsAreExact) {
  EXPECT_EQ(parse_time("1795424400", TimeFormat::kEpochSeconds), 1'795'424'400 * kSecond);
  EXPECT_EQ(parse_time("1795424400.123456789", TimeFormat::kEpochSeconds),
            1'795'424'400 * kSecond + 123'456'789);
  EXPECT_EQ(parse_time("1795424400123", TimeFormat::kEpochMilliseconds),
            1'795'424'400 * kSecond + 123'000'000);
  EXPECT_EQ(parse_time("1795424400123.5", TimeFormat::kEpochMilliseconds),
            1'795'424'400 * kSecond + 123'500'000);
  EXPECT_EQ(parse_time("1795424400123456", TimeFormat::kEpochMicroseconds),
            1'795'424'400 * kSecond + 123'456'000);
  EXPECT_EQ(parse_time("1795424400123456789", TimeFormat::kEpochNanoseconds),
            1'795'424'400 * kSecond + 123'456'789);
  EXPECT_EQ(parse_time("1.7954244e9", TimeFormat::kEpochSeconds), 1'795'424'400 * kSecond);
}

TEST(ParseTime, AutoTellsUnitsBySize) {
  for (const char* text : {"1795424400", "1795424400000", "1795424400000000", "1795424400000000000",
                           "2026-11-23T09:00:00Z"}) {
    EXPECT_EQ(parse_time(text, TimeFormat::kAuto), 1'795'424'400 * kSecond) << text;
  }
}

TEST(ParseTime, AFormatTakesOnlyItsOwn) {
  EXPECT_FALSE(parse_time("1795424400", TimeFormat::kRfc3339).has_value());
  EXPECT_FALSE(parse_time("2026-11-23T09:00:00Z", TimeFormat::kEpochSeconds).has_value());
  for (const char* text : {"", "-1", "x", "1x", " 1", "99999999999999999999", "1e30"}) {
    EXPECT_FALSE(parse_time(text, TimeFormat::kEpochNanoseconds).has_value()) << text;
  }
}

TEST(ParseDuration, UnitOfTheFormatOrItsOwn) {
  EXPECT_EQ(parse_duration("12.5", TimeUnit::kMillisecond), 12'500'000);
  EXPECT_EQ(parse_duration("0", TimeUnit::kSecond), 0);
  EXPECT_EQ(parse_duration("250", TimeUnit::kMicrosecond), 250'000);
  EXPECT_EQ(parse_duration("73.355878ms", TimeUnit::kSecond), 73'355'878);
  EXPECT_EQ(parse_duration("1.5s", TimeUnit::kMillisecond), 1'500'000'000);
  EXPECT_EQ(parse_duration("9\u00B5s", TimeUnit::kSecond), 9'000);
  EXPECT_EQ(parse_duration("15m", TimeUnit::kSecond), 900 * kSecond);
  EXPECT_EQ(parse_duration("2h", TimeUnit::kSecond), 7200 * kSecond);
}

// Every length of whole part and fraction, around what fits a word.
TEST(ParseDuration, IsExactAtAnyLength) {
  for (std::size_t whole = 1; whole <= 10; ++whole) {
    for (std::size_t decimals = 0; decimals <= 7; ++decimals) {
      const std::string digits = std::string("9070512843").substr(0, whole);
      const std::string fraction = std::string("6081975").substr(0, decimals);
      const std::string text = digits + (decimals == 0 ? "" : ".") + fraction;
      const std::string nanos = digits + (fraction + "000000").substr(0, 6);
      EXPECT_EQ(parse_duration(text, TimeUnit::kMillisecond), std::stoll(nanos)) << text;
    }
  }
}

TEST(ParseDuration, AByteThatIsNoDigitIsRefusedAnywhere) {
  const std::string number = "12.34567";
  for (std::size_t i = 0; i < number.size(); ++i) {
    for (int c = 0; c < 256; ++c) {
      if (c == 'e' || c == 'E') continue;  // an exponent
      std::string text = number;
      text[i] = static_cast<char>(c);
      const bool unit = i + 1 == text.size() && (c == 's' || c == 'm' || c == 'h');
      const bool fine = (c >= '0' && c <= '9') || (c == '.' && i == 2) || unit;
      EXPECT_EQ(parse_duration(text, TimeUnit::kMillisecond).has_value(), fine) << text;
    }
  }
}

TEST(ParseDuration, MinusNoughtAndAFractionWasTakenForPositive) {
  for (const char* text : {"-0.5", "-0.0001", "-0.123456789012", "-0.5s", "-1.5", "-12"}) {
    EXPECT_FALSE(parse_duration(text, TimeUnit::kMillisecond).has_value()) << text;
    EXPECT_FALSE(parse_time(text, TimeFormat::kEpochSeconds).has_value()) << text;
  }
  for (const char* text : {"-0", "-0.0", "-0.000000000000"})
    EXPECT_EQ(parse_duration(text, TimeUnit::kMillisecond), 0) << text;
}

TEST(ParseDuration, RefusesTheRest) {
  for (const char* text : {"", "-1", "fast", "1 ms", "ms", "1e40", "1.2.3"}) {
    EXPECT_FALSE(parse_duration(text, TimeUnit::kMillisecond).has_value()) << text;
  }
}

}  // namespace
}  // namespace apierrd
