#include "exporters/recent_failures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace apierrd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::int64_t kNow = 30'000'000 * kMinuteNs;
constexpr char kPaid[] = "FailedOperation.PaySuccDeliverFailed";

class RecentFailuresTest : public testing::Test {
 protected:
  void add(std::string_view code, std::string_view id, std::string_view message = "m",
           std::uint64_t offset = 0) {
    ApiCall call;
    call.service = "billing";
    call.action = "PayDeals";
    call.code = code;
    call.request_id = id;
    call.message = message;
    tally.add(call, catalog, kNow, offset);
  }
  void record(std::int64_t now = kNow) {
    recent.record(tally, {"payments", "/var/log/api.log", 1000}, now);
    tally.clear();
  }
  RecentCode only() {
    const std::vector<RecentCode> codes = recent.codes();
    EXPECT_THAT(codes, SizeIs(1));
    return codes.at(0);
  }

  Catalog catalog = builtin_catalog();
  Tally tally;
  RecentFailures recent;
};

TEST_F(RecentFailuresTest, TheLatestOfABatchIsKeptWithItsPlace) {
  add(kPaid, "first", "m", 10);
  add(kPaid, "second", "SecretId AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE\x01", 20);
  record();
  const RecentCode code = only();
  EXPECT_EQ(code.code, kPaid);
  EXPECT_EQ(code.source, "payments");
  ASSERT_THAT(code.failures, SizeIs(1));
  EXPECT_EQ(code.failures[0].request_id, "second");
  EXPECT_EQ(code.failures[0].message, "SecretId [masked]\xEF\xBF\xBD");
  EXPECT_EQ(code.failures[0].offset_bytes, 1020U);
  EXPECT_EQ(code.failures[0].path, "/var/log/api.log");
  EXPECT_EQ(code.per_minute.back(), 2U);
}

TEST_F(RecentFailuresTest, NewestFirstAndBounded) {
  for (const char* id : {"1", "2", "3", "4", "5", "6", "7"}) {
    add(kPaid, id);
    record();
  }
  const RecentCode code = only();
  ASSERT_THAT(code.failures, SizeIs(kRecentPerCode));
  EXPECT_EQ(code.failures.front().request_id, "7");
  EXPECT_EQ(code.failures.back().request_id, "3");
}

TEST_F(RecentFailuresTest, MinutesMoveOn) {
  add(kPaid, "a");
  record(kNow);
  add(kPaid, "b");
  record(kNow + 2 * kMinuteNs);
  const auto minutes = only().minutes_until(minute_of(kNow) + 3);
  EXPECT_EQ(minutes[kRecentMinutes - 1], 0U);
  EXPECT_EQ(minutes[kRecentMinutes - 2], 1U);
  EXPECT_EQ(minutes[kRecentMinutes - 3], 0U);
  EXPECT_EQ(minutes[kRecentMinutes - 4], 1U);
  const auto later = only().minutes_until(minute_of(kNow) + 100);
  EXPECT_EQ(std::accumulate(later.begin(), later.end(), 0U), 0U);
}

TEST_F(RecentFailuresTest, AClockSetBackLosesNothing) {
  add(kPaid, "a");
  record(kNow);
  add(kPaid, "b");
  record(kNow - 5 * kMinuteNs);
  EXPECT_EQ(only().per_minute.back(), 2U);
  EXPECT_EQ(only().newest_minute, minute_of(kNow));
}

TEST_F(RecentFailuresTest, BeyondTheLimitTheQuietestGoes) {
  add("Quiet", "q");
  record(kNow - kMinuteNs);
  for (std::size_t i = 0; i < kRecentCodesMax; ++i) add("Code" + std::to_string(i), "x");
  record(kNow);
  const std::vector<RecentCode> codes = recent.codes();
  EXPECT_THAT(codes, SizeIs(kRecentCodesMax));
  for (const RecentCode& code : codes) EXPECT_NE(code.code, "Quiet");
}

TEST_F(RecentFailuresTest, LongMessagesAreCutAtABlank) {
  const std::string word(40, 'x');
  std::string message;
  while (message.size() < 2 * kMessageKeptMax) message += word + " ";
  add(kPaid, "a", message);
  record();
  EXPECT_EQ(only().failures[0].message.size() % (word.size() + 1), word.size());
}

TEST_F(RecentFailuresTest, AMessageOfTheLimitIsKeptWhole) {
  const std::string whole(kMessageKeptMax - 1, '!');
  EXPECT_EQ(beginning_of(whole + "!"), whole + "!");
  EXPECT_EQ(beginning_of(whole + "!!"), whole + "!");
  EXPECT_EQ(beginning_of(whole + " !"), whole);
}

TEST_F(RecentFailuresTest, PagingFailuresAreKeptOneByOne) {
  for (std::size_t i = 0; i < kPagingFailuresMax + 7; ++i) add(kPaid, std::to_string(i));
  add("FailedOperation.BalanceInsufficient", "no page");
  ASSERT_THAT(tally.paging(), SizeIs(kPagingFailuresMax));
  EXPECT_EQ(tally.paging()[3].detail.request_id, "3");
  EXPECT_EQ(tally.paging()[3].row->count, kPagingFailuresMax + 7);
  tally.clear();
  EXPECT_THAT(tally.paging(), SizeIs(0));
}

}  // namespace
}  // namespace apierrd
