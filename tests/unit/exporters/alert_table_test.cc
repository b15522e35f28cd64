#include "exporters/alert_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace apierrd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kMinuteNs = 60 * kSecondNs;
constexpr std::int64_t kNow = 500'000 * kHourNs;
constexpr char kPaid[] = "FailedOperation.PaySuccDeliverFailed";

// A code of a user's own that pages.
Catalog catalog_with_overlay() {
  CatalogBuilder builder;
  builder.add_builtin();
  builder.add(R"(schema: 1
product: billing
sources: {us: ourselves}
codes:
  - {code: Mine.Pages, fault_domain: vendor, retryable: no, severity: warning, event: page,
     description: Mine., remedy: Call me., source: us}
)",
              "mine.yaml");
  EXPECT_THAT(builder.errors(), IsEmpty()) << builder.errors().at(0).text();
  return builder.build();
}

class AlertTableTest : public testing::Test {
 protected:
  void call(std::string_view id, std::int64_t logged = kNow, std::string_view code = kPaid,
            std::string_view message = "m", std::uint64_t offset = 0) {
    ApiCall call;
    call.service = "billing";
    call.action = "PayDeals";
    call.code = code;
    call.request_id = id;
    call.message = message;
    call.time_unix_ns = logged;
    tally.add(call, catalog, logged, offset);
  }
  void read(std::int64_t now = kNow, std::string_view source = "payments") {
    table.add(tally, {source, "/var/log/api.log", 1000}, now);
    tally.clear();
  }
  void events(int count, int from = 0, std::int64_t now = kNow) {
    for (int i = from; i < from + count; ++i) {
      call("id-" + std::to_string(i), now);
      read(now);
    }
  }
  std::vector<std::string> ids(std::int64_t now = kNow) const {
    std::vector<std::string> ids;
    for (const Alert& alert : table.alerts(now)) ids.push_back(alert.request_id);
    return ids;
  }
  Alert last(std::int64_t now = kNow) const { return table.alerts(now).back(); }

  Catalog catalog = catalog_with_overlay();
  Tally tally;
  AlertTable table;
};

TEST_F(AlertTableTest, AnEventIsAnAlertWithItsPlace) {
  call("first", kNow - kMinuteNs, kPaid, "SecretId AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE\x01", 20);
  call("other", kNow, "InternalError");
  read();
  ASSERT_THAT(table.alerts(kNow), SizeIs(1));
  const Alert alert = last();
  EXPECT_EQ(alert.alertname(), "ApiPaidNotDeliveredEvent");
  EXPECT_EQ(alert.severity, "critical");
  EXPECT_EQ(alert.source, "payments");
  EXPECT_EQ(alert.service, "billing");
  EXPECT_EQ(alert.action, "PayDeals");
  EXPECT_EQ(alert.code, kPaid);
  EXPECT_EQ(alert.request_id, "first");
  EXPECT_EQ(alert.message, "SecretId [masked]\xEF\xBF\xBD");
  EXPECT_EQ(alert.path, "/var/log/api.log");
  EXPECT_EQ(alert.offset_bytes, 1020U);
  EXPECT_EQ(alert.first_unix_ns, kNow - kMinuteNs);
  EXPECT_THAT(alert.description, HasSubstr("Do not pay again"));
}

TEST_F(AlertTableTest, AUsersCodeThatPagesHasTheOtherName) {
  call("mine", kNow, "Mine.Pages");
  read();
  EXPECT_EQ(last().alertname(), "ApiPagingEvent");
  EXPECT_EQ(last().severity, "warning");
  EXPECT_EQ(last().description, "Mine. Call me.");
}

TEST_F(AlertTableTest, ARequestSeenAgainIsTheSameAlert) {
  call("a"), call("a"), call("b");
  read();
  call("a", kNow + kMinuteNs);
  read(kNow + kMinuteNs);
  EXPECT_THAT(ids(), ElementsAre("a", "b"));
  EXPECT_EQ(table.alerts(kNow)[0].count, 3U);
  call("a");
  read(kNow, "another source");
  EXPECT_THAT(ids(), ElementsAre("a", "b", "a"));
}

TEST_F(AlertTableTest, ATimeInTheFutureIsNow) {
  call("a", kNow + kHourNs);
  read();
  EXPECT_EQ(last().first_unix_ns, kNow);
}

TEST_F(AlertTableTest, BeyondTwentyAnHourThereIsOneAggregate) {
  events(25);
  ASSERT_THAT(table.alerts(kNow), SizeIs(kStormMax + 1));
  Alert aggregate = last();
  EXPECT_TRUE(aggregate.aggregate());
  EXPECT_EQ(aggregate.count, 5U);
  EXPECT_EQ(aggregate.service + aggregate.action, "");
  EXPECT_EQ(aggregate.alertname(), "ApiPaidNotDeliveredEvent");
  call("mine", kNow, "Mine.Pages");  // a storm of one code hides no other
  read();
  EXPECT_EQ(last().request_id, "mine");
  events(1, 100, kNow + kHourNs);  // the hour is over
  EXPECT_EQ(last().request_id, "id-100");
  EXPECT_THAT(table.alerts(kNow), SizeIs(kStormMax + 3));
}

TEST_F(AlertTableTest, ABatchOfManyCountsThemAll) {
  for (int i = 0; i < 250; ++i) call("id-" + std::to_string(i));
  read();
  ASSERT_THAT(table.alerts(kNow), SizeIs(kStormMax + 1));
  EXPECT_EQ(last().count, 250 - kStormMax);
}

TEST_F(AlertTableTest, TheBacklogIsAggregated) {
  call("old", kNow - kBacklogNs - 1);
  call("older", kNow - 3 * kBacklogNs);
  call("young", kNow - kBacklogNs);
  read();
  EXPECT_THAT(ids(), ElementsAre("", "young"));
  EXPECT_EQ(table.alerts(kNow)[0].count, 2U);
  EXPECT_EQ(table.alerts(kNow)[0].first_unix_ns, kNow - 3 * kBacklogNs);
  EXPECT_EQ(table.alerts(kNow)[0].last_unix_ns, kNow - kBacklogNs - 1);
}

TEST_F(AlertTableTest, WithoutARequestIdEventsAreAggregated) {
  call(""), call("");
  read();
  ASSERT_THAT(table.alerts(kNow), SizeIs(1));
  EXPECT_EQ(last().count, 2U);
}

TEST_F(AlertTableTest, HeldThenResolvedThenForgotten) {
  call("a");
  read();
  const std::int64_t end = kNow + kBacklogNs;
  table.advance(end - 1);
  EXPECT_TRUE(last().active());
  table.advance(end);
  EXPECT_EQ(last(end).resolved_unix_ns, end);
  table.advance(end + kResolvedKeptNs - 1);
  EXPECT_THAT(ids(end + kResolvedKeptNs - 1), ElementsAre("a"));
  table.advance(end + kResolvedKeptNs);
  EXPECT_EQ(table.size(), 0U);
}

TEST_F(AlertTableTest, AResolvedAlertIsNotRaisedAgainByTheSameRequest) {
  table.set_hold(kMinuteNs);
  call("a");
  read();
  table.advance(kNow + kMinuteNs);
  call("a");
  read(kNow + 2 * kMinuteNs);
  EXPECT_FALSE(last().active());
}

TEST_F(AlertTableTest, AnAggregateLivesOnWithEachEventAndAgainAfterItsEnd) {
  table.set_hold(kMinuteNs);
  events(kStormMax + 1);
  call("");
  read(kNow + kMinuteNs - 1);
  table.advance(kNow + kMinuteNs);
  EXPECT_TRUE(last().aggregate() && last().active());
  table.advance(kNow + 2 * kMinuteNs);
  EXPECT_FALSE(last().active());
  call("", kNow + 3 * kMinuteNs);
  read(kNow + 3 * kMinuteNs);
  EXPECT_TRUE(last().active());
  EXPECT_EQ(last().count, 1U);
  EXPECT_EQ(last().first_unix_ns, kNow + 3 * kMinuteNs);
}

TEST_F(AlertTableTest, AShortHoldDoesNotWeakenTheStormGuard) {
  table.set_hold(kSecondNs);
  events(kStormMax);
  table.advance(kNow + kSecondNs);
  table.advance(kNow + kHourNs / 2);
  EXPECT_THAT(table.alerts(kNow + kHourNs / 2), IsEmpty());
  events(1, 100, kNow + kHourNs / 2);
  EXPECT_TRUE(last(kNow + kHourNs / 2).aggregate());
}

TEST_F(AlertTableTest, ActiveAlertsNeverGiveWay) {
  std::int64_t now = kNow;
  for (std::size_t i = 0; i < kAlertsMax; ++i) {  // from many sources: no storm
    call("id-" + std::to_string(i), now);
    read(now, "source-" + std::to_string(i));
  }
  call("one too many");
  read();
  ASSERT_THAT(table.alerts(kNow), SizeIs(kAlertsMax + 1));
  EXPECT_TRUE(last().aggregate());
  table.advance(kNow + kBacklogNs);  // now they are resolved, and the oldest makes room
  call("next", kNow + kBacklogNs);
  read(kNow + kBacklogNs);
  EXPECT_EQ(last(kNow + kBacklogNs).request_id, "next");
  EXPECT_THAT(ids(kNow + kBacklogNs), Not(testing::Contains("id-0")));
  EXPECT_EQ(table.size(), kAlertsMax + 1);
}

TEST_F(AlertTableTest, AggregatesAreBoundedToo) {
  for (std::size_t i = 0; i <= kAggregatesMax; ++i) {
    call("");
    read(kNow + static_cast<std::int64_t>(i), "source-" + std::to_string(i));
  }
  EXPECT_EQ(table.size(), kAggregatesMax);
  EXPECT_EQ(table.alerts(kNow)[0].source, "source-1");
  EXPECT_THAT(table.changes().removed, SizeIs(1));
}

TEST_F(AlertTableTest, ChangesAreWhatTheStateLacks) {
  events(2);
  ASSERT_THAT(table.changes().changed, SizeIs(2));
  AlertList saved;
  for (const Alert* alert : table.changes().changed) saved.push_back(*alert);
  table.settle();
  EXPECT_FALSE(table.changed());

  AlertTable after;
  after.restore(saved);
  EXPECT_FALSE(after.changed());
  call("id-1"), call("new");
  after.add(tally, {"payments", "/var/log/api.log", 0}, kNow);
  const AlertChanges changes = after.changes();
  ASSERT_THAT(changes.changed, SizeIs(2));
  EXPECT_EQ(changes.changed[0]->request_id, "id-1");
  EXPECT_EQ(changes.changed[0]->key, saved[1].key);
  EXPECT_EQ(changes.changed[1]->key, saved[1].key + 1);
}

}  // namespace
}  // namespace apierrd
