#include "exporters/alert_push.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace apierrd {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::Not;
using testing::SizeIs;

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kNow = 500'000 * kHourNs;
constexpr std::int64_t kResend = 60 * kSecondNs;

AlertList alerts(std::size_t count) {
  AlertList list(count);
  for (std::size_t i = 0; i < count; ++i) {
    list[i].key = list[i].revision = i + 1;
    list[i].request_id = "id-" + std::to_string(i);
    list[i].code = "FailedOperation.PaySuccDeliverFailed";
    list[i].first_unix_ns = list[i].last_unix_ns = kNow - kSecondNs;
  }
  return list;
}

TEST(ParseAlertmanagerUrl, TakesOriginAndPrefix) {
  const auto parse = [](std::string_view url) {
    const auto parsed = parse_alertmanager_url(url);
    return parsed ? parsed->origin + "|" + parsed->prefix : parsed.error().text();
  };
  EXPECT_EQ(parse("http://am:9093"), "http://am:9093|");
  EXPECT_EQ(parse("https://am.example.com/team/am/"), "https://am.example.com|/team/am");
  EXPECT_EQ(parse("http://[::1]:9093/"), "http://[::1]:9093|");
  for (const char* bad :
       {"", "am:9093", "ftp://am", "http://", "http://:9093", "http://am:x", "http://am:70000",
        "http://am:", "http://am?x", "http://am/#x", "http://a m", "http://::1:9093", "http://am\n",
        "http://am:999999999999"}) {
    EXPECT_THAT(parse(bad), HasSubstr("is no Alertmanager's URL")) << bad;
  }
  EXPECT_THAT(parse("http://user:password@am:9093"),
              testing::AllOf(HasSubstr("must not hold"), Not(HasSubstr("password@"))));
  EXPECT_THAT(parse("http://am/" + std::string(300, 'x')), HasSubstr("256"));
}

TEST(RenderAlerts, LabelsAnnotationsAndTimes) {
  AlertList list = alerts(1);
  Alert& alert = list[0];
  alert.source = "payments", alert.service = "billing", alert.action = "PayDeals";
  alert.severity = "critical", alert.message = "a \"b\"", alert.path = "/a.log";
  alert.offset_bytes = 7;
  AlertDress dress{"host", {{"cluster", "eu"}}, "https://runbooks/apierrd", kResend};
  const Alert* const one[] = {&alert};
  EXPECT_EQ(
      render_alerts(one, dress, kNow),
      R"([{"labels":{"alertname":"ApiPaidNotDeliveredEvent","severity":"critical",)"
      R"("source":"payments","api_service":"billing","action":"PayDeals",)"
      R"("code":"FailedOperation.PaySuccDeliverFailed","request_id":"id-0","instance":"host",)"
      R"("origin":"apierrd","cluster":"eu"},"annotations":{)"
      R"("summary":"billing PayDeals failed with FailedOperation.PaySuccDeliverFailed",)"
      R"("message":"a \"b\"","log_file":"/a.log","offset":"7",)"
      R"("time":"2027-01-15T07:59:59.000Z",)"
      R"("runbook_url":"https://runbooks/apierrd#apipaidnotdeliveredevent"},)"
      R"("startsAt":"2027-01-15T07:59:59.000Z","endsAt":"2027-01-15T08:04:00.000Z"}])");
  alert.resolved_unix_ns = kNow;
  EXPECT_THAT(render_alerts(one, dress, kNow + kSecondNs),
              HasSubstr(R"("endsAt":"2027-01-15T08:00:00.000Z")"));
}

TEST(RenderAlerts, AnAggregateTellsHowMany) {
  AlertList list = alerts(1);
  list[0].request_id = {}, list[0].count = 5, list[0].source = "payments";
  const Alert* const one[] = {&list[0]};
  const std::string text = render_alerts(one, {}, kNow);
  EXPECT_THAT(text, HasSubstr("5 calls of payments failed"));
  EXPECT_THAT(text, HasSubstr(R"("count":"5")"));
  EXPECT_THAT(text, HasSubstr("first_time"));
  EXPECT_THAT(text, Not(HasSubstr("request_id")));
  EXPECT_THAT(text, Not(HasSubstr("instance")));
}

class PushTargetTest : public testing::Test {
 protected:
  PushResult push(std::int64_t now = kNow) {
    posts.clear();
    return target.push(list, kResend, now, [this](std::span<const Alert* const> batch) {
      posts.push_back(batch.size());
      if (failing_from <= posts.size()) return PushAnswer::kFailed;
      for (const Alert* alert : batch) {
        if (alert->request_id == invalid) return PushAnswer::kRefused;
      }
      for (const Alert* alert : batch) taken.push_back(alert->request_id);
      return PushAnswer::kTaken;
    });
  }

  AlertList list = alerts(3);
  PushTarget target;
  std::string invalid;
  std::size_t failing_from = SIZE_MAX;
  std::vector<std::size_t> posts;
  std::vector<std::string> taken;
};

TEST_F(PushTargetTest, SendsWhatIsNewChangedOrLongAgo) {
  EXPECT_EQ(push().taken, 3U);
  EXPECT_EQ(push(kNow + kSecondNs).taken, 0U);
  list[1].revision = 9;
  EXPECT_EQ(push(kNow + kSecondNs).taken, 1U);
  EXPECT_EQ(push(kNow + kResend).taken, 2U);
  EXPECT_EQ(push(kNow + kResend + kSecondNs).taken, 1U);
  EXPECT_EQ(push(kNow).taken, 3U) << "the clock was set back";
}

TEST_F(PushTargetTest, BatchesAreBounded) {
  list = alerts(2 * kPushBatchMax + 1);
  push();
  EXPECT_THAT(posts, ElementsAre(kPushBatchMax, kPushBatchMax, 1));
}

TEST_F(PushTargetTest, TheInvalidOneIsFoundAndLeftOut) {
  list = alerts(100);
  invalid = "id-37";
  const PushResult result = push();
  EXPECT_EQ(result.taken, 99U);
  EXPECT_EQ(result.refused, 1U);
  EXPECT_FALSE(result.failed);
  EXPECT_THAT(posts, SizeIs(Le(16U)));
  EXPECT_THAT(taken, SizeIs(99));
  EXPECT_THAT(target.due(list, kResend, kNow + kResend), SizeIs(99));
  EXPECT_THAT(target.due(list, kResend, kNow + kRefusedNs), SizeIs(100));
  list[37].revision = 1000;
  EXPECT_THAT(target.due(list, kResend, kNow), SizeIs(1));
}

TEST_F(PushTargetTest, AFailureMakesEverythingDueButWhatWasRefused) {
  list = alerts(kPushBatchMax + 2);
  invalid = "id-0";
  push();
  invalid.clear();
  failing_from = 2;
  const PushResult result = push(kNow + kResend);
  EXPECT_TRUE(result.failed);
  EXPECT_EQ(result.taken, kPushBatchMax);
  EXPECT_THAT(target.due(list, kResend, kNow + kResend), SizeIs(kPushBatchMax + 1));
}

TEST_F(PushTargetTest, ForgetsWhatIsGone) {
  push();
  list.clear();
  push();
  list = alerts(3);
  EXPECT_EQ(push().taken, 3U);
}

TEST(Backoff, DoublesToAMinuteWithJitter) {
  EXPECT_EQ(backoff_ns(1, 0), kSecondNs);
  EXPECT_EQ(backoff_ns(2, 0), 2 * kSecondNs);
  EXPECT_EQ(backoff_ns(6, 0), 32 * kSecondNs);
  EXPECT_EQ(backoff_ns(7, 0), 60 * kSecondNs);
  EXPECT_EQ(backoff_ns(4'000'000'000, 0), 60 * kSecondNs);
  EXPECT_EQ(backoff_ns(7, 1), 30 * kSecondNs);
}

}  // namespace
}  // namespace apierrd
