#include "exporters/conditions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace apierrd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::int64_t kMinuteNs = 60'000'000'000;
constexpr std::int64_t kStart = 29'900'000 * kMinuteNs;

class ConditionsTest : public testing::Test {
 protected:
  void fail_call(std::string_view code, std::int64_t now) {
    Tally tally;
    ApiCall call;
    call.service = "billing";
    call.action = "PayDeals";
    call.code = code;
    tally.add(call, *catalog, now);
    store.apply(source, tally, now);
  }
  void read_lines(std::uint64_t lines, std::uint64_t rejected, std::int64_t now) {
    Tally tally;
    tally.lines.lines = lines;
    tally.lines.by_verdict[static_cast<std::size_t>(Verdict::kInvalidJson)] = rejected;
    store.apply(source, tally, now);
  }
  void note(std::int64_t now) { history.note(*store.snapshot(now)); }
  std::set<std::string> active(std::int64_t now) const {
    std::set<std::string> names;
    for (const Condition& row : judge(*store.snapshot(now), health, history)) {
      if (row.active) names.insert(row.alert);
    }
    return names;
  }

  std::shared_ptr<const Catalog> catalog = std::make_shared<const Catalog>(builtin_catalog());
  SeriesStore store{SeriesLimits{}, catalog};
  std::uint32_t source = store.add_source("payments", {"billing"});
  DaemonHealth health;
  CounterHistory history;
};

TEST_F(ConditionsTest, EachIsThereWhenAllIsWell) {
  note(kStart);
  std::set<std::string> names;
  for (const Condition& row : judge(*store.snapshot(kStart), health, history)) {
    EXPECT_FALSE(row.active) << row.alert;
    EXPECT_FALSE(row.means.empty() || row.remedy.empty()) << row.alert;
    EXPECT_TRUE(names.insert(row.alert).second) << row.alert;
  }
  EXPECT_EQ(names.size(), 9U);
}

TEST_F(ConditionsTest, PaidNotDeliveredForAnHour) {
  note(kStart);
  fail_call("FailedOperation.BalanceInsufficient", kStart);
  EXPECT_THAT(active(kStart), IsEmpty());
  fail_call("FailedOperation.PaySuccDeliverFailed", kStart);
  EXPECT_THAT(active(kStart + 60 * kMinuteNs - 1), ElementsAre("ApiPaidNotDelivered"));
  EXPECT_THAT(active(kStart + 60 * kMinuteNs), IsEmpty());
}

TEST_F(ConditionsTest, UndocumentedCode) {
  note(kStart);
  fail_call("Brand.NewCode", kStart);
  EXPECT_THAT(active(kStart + kMinuteNs), ElementsAre("ApiUndocumentedCode"));
}

TEST_F(ConditionsTest, OnlyNewLossesCount) {
  FileCounts files;
  files.lost_bytes[0] = 1000;
  store.set_files(source, files);
  note(kStart);  // of an earlier run
  EXPECT_THAT(active(kStart), IsEmpty());
  note(kStart + kMinuteNs);
  files.lost_bytes[0] = 1001;
  files.open_errors = 1;
  store.set_files(source, files);
  EXPECT_THAT(active(kStart + kMinuteNs),
              UnorderedElementsAre("ApierrdDataLost", "ApierrdFileOpenErrors"));
  for (int minute = 2; minute < 20; ++minute) note(kStart + minute * kMinuteNs);
  EXPECT_THAT(active(kStart + 11 * kMinuteNs),
              UnorderedElementsAre("ApierrdDataLost", "ApierrdFileOpenErrors"));
  EXPECT_THAT(active(kStart + 16 * kMinuteNs), ElementsAre("ApierrdDataLost"));
  EXPECT_THAT(active(kStart + 19 * kMinuteNs), IsEmpty());
}

TEST_F(ConditionsTest, ParseFailuresByShareAndNumber) {
  note(kStart);
  read_lines(900, 9, kStart);
  EXPECT_THAT(active(kStart), IsEmpty()) << "too few";
  read_lines(100, 1, kStart);
  EXPECT_THAT(active(kStart), IsEmpty()) << "exactly 1 %";
  read_lines(1, 1, kStart);
  EXPECT_THAT(active(kStart), ElementsAre("ApierrdParseFailures"));
}

TEST_F(ConditionsTest, Lagging) {
  FileCounts files;
  files.oldest_unread_unix_ns = kStart;
  store.set_files(source, files);
  EXPECT_THAT(active(kStart + 2 * kMinuteNs), IsEmpty());
  EXPECT_THAT(active(kStart + 2 * kMinuteNs + 1), ElementsAre("ApierrdIngestionLagging"));
}

TEST_F(ConditionsTest, StateAndReload) {
  health.state_failed_unix_ns = kStart;
  health.reload_successful = false;
  health.reload_error = "unknown key";
  EXPECT_THAT(active(kStart),
              UnorderedElementsAre("ApierrdCheckpointStale", "ApierrdConfigReloadFailed"));
}

TEST_F(ConditionsTest, TheGravestFirstAndTheQuietLast) {
  note(kStart);
  health.state_failed_unix_ns = kStart;
  fail_call("FailedOperation.PaySuccDeliverFailed", kStart);
  const std::vector<Condition> rows = judge(*store.snapshot(kStart), health, history);
  EXPECT_EQ(rows[0].alert, "ApiPaidNotDelivered");
  EXPECT_EQ(rows[0].subject, "billing FailedOperation.PaySuccDeliverFailed (payments)");
  EXPECT_EQ(rows[1].alert, "ApierrdCheckpointStale");
  EXPECT_FALSE(rows[2].active);
}

TEST(CounterHistory, KeepsOneOfAMinuteForAnHour) {
  auto catalog = std::make_shared<const Catalog>(builtin_catalog());
  SeriesStore store(SeriesLimits{}, catalog);
  store.add_source("a", {});
  CounterHistory history;
  EXPECT_EQ(history.before(kStart, 10).minute, 0);
  for (int i = 0; i < 200; ++i) history.note(*store.snapshot(kStart + i * kMinuteNs / 2));
  const std::int64_t now = kStart + 99 * kMinuteNs;
  EXPECT_EQ(history.before(now, 10).minute, 29'900'000 + 89);
  EXPECT_EQ(history.before(now, 1000).minute, 29'900'000 + 39);
}

}  // namespace
}  // namespace apierrd
