#include "daemon/top_view.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/text_width.h"

namespace apierrd {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

TopStatus busy() {
  TopStatus status;
  status.version = "1.2.3";
  status.time = 1'795'424'400;
  status.started = status.time - 7'300;
  status.calls = 12'345;
  status.failed = 678;
  status.lines = 12'400;
  status.alerts.push_back({"ApiPaidNotDelivered", "critical", "billing X (app)", "1 so far"});
  for (int i = 0; i < 40; ++i) {
    TopCode code;
    code.source = "app";
    code.service = "billing";
    code.code = "FailedOperation.Code" + std::to_string(i);
    code.fault_domain = i == 0 ? "vendor" : "quota";
    code.severity = i == 0 ? "critical" : "warning";
    code.action = "PayDeals";
    code.request_id = "r-" + std::to_string(i);
    code.message = "余额不足，请充值后重试 balance is not sufficient";
    code.count = static_cast<std::uint64_t>(i) * 10 + 1;
    code.last_observed = status.time - 65 - i;
    code.minutes = std::vector<std::uint64_t>(60, static_cast<std::uint64_t>(i));
    status.codes.push_back(code);
  }
  status.sources.push_back({"app", 12'400, 3, 2, 4096, 0, 1500, 1, 130});
  return status;
}

TEST(RenderTop, NoLineIsWiderAndThereAreNoMore) {
  for (const std::size_t width : {20U, 40U, 79U, 80U, 120U, 200U}) {
    for (const std::size_t height : {5U, 10U, 24U, 50U}) {
      TopOptions options;
      options.width = width;
      options.height = height;
      options.keys = true;
      const std::vector<std::string> lines = render_top(busy(), {}, options);
      EXPECT_LE(lines.size(), height);
      for (const std::string& line : lines) EXPECT_LE(text_width(line), width) << line;
    }
  }
}

TEST(RenderTop, SaysWhatFailsAndWhoseFaultItIs) {
  TopOptions options;
  options.width = 160;
  options.url = "http://h:1";
  const std::string text = joined(render_top(busy(), {}, options));
  for (const char* part : {"apierrd 1.2.3  http://h:1  up 2 h", "12,345 calls", "678 failed, 5.5 %",
                           "critical ApiPaidNotDelivered", "vendor", "FailedOperation.Code39",
                           "PayDeals r-0 ", "1.5 kB, 2 min", "4.1 kB"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(RenderTop, WhatDoesNotFitIsCounted) {
  TopOptions options;
  options.height = 24;
  EXPECT_THAT(joined(render_top(busy(), {}, options)), HasSubstr("more codes"));
  options.height = 0;
  EXPECT_THAT(joined(render_top(busy(), {}, options)), Not(HasSubstr("more codes")));
}

TEST(RenderTop, RatesSinceTheAnswerBefore) {
  TopStatus before = busy();
  TopStatus now = before;
  now.time += 2;
  now.calls += 100;
  now.codes[0].count += 3;
  now.codes.push_back(now.codes[1]);
  now.codes.back().code = "Born.Since";
  now.codes.back().count = 8;
  const TopOptions options;
  const std::string text = joined(render_top(now, before, options));
  EXPECT_THAT(text, HasSubstr("12,445 calls (50/s)"));
  EXPECT_THAT(text, HasSubstr("         4    1.5 "));
  EXPECT_THAT(text, HasSubstr("         8    4.0 "));
  now.calls = 1;  // its state was lost
  EXPECT_THAT(joined(render_top(now, before, options)), HasSubstr("1 calls   "));
}

TEST(RenderTop, Sorted) {
  TopOptions options;
  options.messages = false;
  const auto first = [&] {
    const std::vector<std::string> lines = render_top(busy(), {}, options);
    const auto head = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
      return line.find("last hour") != std::string::npos;
    });
    return *(head + 1);
  };
  EXPECT_THAT(first(), HasSubstr("Code0 "));
  options.sort = TopSort::kCount;
  EXPECT_THAT(first(), HasSubstr("Code39 "));
  options.sort = TopSort::kRecent;
  EXPECT_THAT(first(), HasSubstr("Code0 "));
}

TEST(RenderTop, AnOldPictureSaysSo) {
  TopOptions options;
  options.complaint = "cannot reach the daemon";
  EXPECT_THAT(joined(render_top(busy(), {}, options)),
              HasSubstr("what is shown is old: cannot reach the daemon"));
}

TEST(ParseTopStatus, NothingDrivesTheTerminal) {
  const Result<TopStatus> status = parse_top_status(
      R"({"version":"\u001b[2J","codes":[{"code":"a\u001b]0;x\u0007b\u202Ec","count":3,)"
      R"("minutes":[1,2],"last_observed":12.5,"recent":[{"message":"\u009b31m","action":"A",)"
      R"("request_id":"r"},{"message":"older"}]}],"sources":[{"source":"s","lost_bytes":)"
      R"({"truncated":1,"missing":2},"files":[{"lag_bytes":5},{"lag_bytes":6}]}],)"
      R"("conditions":[{"alert":"Quiet","active":false},{"alert":"Loud","active":true}]})");
  ASSERT_TRUE(status) << status.error().text();
  const TopCode& code = status->codes.at(0);
  EXPECT_EQ(code.code,
            "a\xEF\xBF\xBD]0;x\xEF\xBF\xBD"
            "b<U+202E>c");
  EXPECT_EQ(code.message,
            "\xEF\xBF\xBD"
            "31m");
  EXPECT_EQ(code.count, 3U);
  EXPECT_EQ(code.last_observed, 12.5);
  EXPECT_THAT(code.minutes, testing::ElementsAre(1, 2));
  EXPECT_EQ(status->sources.at(0).lost_bytes, 3U);
  EXPECT_EQ(status->sources.at(0).lag_bytes, 11U);
  ASSERT_EQ(status->alerts.size(), 1U);
  EXPECT_EQ(status->alerts[0].alert, "Loud");
  for (const std::string& line : render_top(*status, {}, {})) {
    EXPECT_THAT(line, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\u202E"))));
  }
}

TEST(ParseTopStatus, OtherAnswersAreRefused) {
  for (const char* body : {"", "{", "[]", "null", "{}", "<html>", "{\"codes\":"}) {
    EXPECT_FALSE(parse_top_status(body)) << body;
  }
  const Result<TopStatus> odd = parse_top_status(
      R"({"codes":[1,null,"x",{"count":"many","minutes":{},"recent":7}],"sources":{},"time":-1e400})");
  ASSERT_TRUE(odd);
  EXPECT_FALSE(render_top(*odd, {}, {}).empty());
}

TEST(BlockSparkline, TheLastAtTheRight) {
  EXPECT_EQ(block_sparkline({0, 7, 1, 14}, 4), " ▄▁█");
  EXPECT_EQ(block_sparkline({0, 0, 4, 4, 0, 8}, 3), " ██");
  EXPECT_EQ(block_sparkline({5}, 3), "  █");
  EXPECT_EQ(block_sparkline({}, 2), "  ");
  EXPECT_EQ(block_sparkline({1}, 0), "");
}

TEST(TextWidth, WideAndCombining) {
  EXPECT_EQ(text_width("abc"), 3U);
  EXPECT_EQ(text_width("余额"), 4U);
  EXPECT_EQ(text_width("e\u0301"), 1U);
  EXPECT_EQ(text_width("\U0001f4a5"), 2U);
  EXPECT_EQ(fitted("余额不足", 5), "余额…");
  EXPECT_EQ(fitted("余额不足", 4), "余… ");
  EXPECT_EQ(fitted("abc", 5), "abc  ");
  EXPECT_EQ(fitted("abc", 5, true), "  abc");
  EXPECT_EQ(fitted("abcdef", 4), "abc…");
  EXPECT_EQ(fitted("abc", 0), "");
}

}  // namespace
}  // namespace apierrd
