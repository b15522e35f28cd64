#include "parsers/call_parser.h"

#include <gtest/gtest.h>

#include "tests/support/padded.h"

namespace apierrd {
namespace {

class CallParserTest : public testing::Test {
 protected:
  Verdict parse(std::string_view line) {
    line_ = std::make_unique<test::Padded>(line);
    return parser.parse(line_->view(), format);
  }
  const ApiCall& call() const { return parser.call(); }

  SourceFormat format = tencentcloud_format();
  CallParser parser;

 private:
  std::unique_ptr<test::Padded> line_;
};

TEST_F(CallParserTest, ReadsEveryField) {
  ASSERT_EQ(parse(R"({"time":"2026-11-23T09:00:00.123Z","service":"billing","action":"PayDeals",)"
                  R"("version":"2018-07-09","region":"ap-guangzhou","latency_ms":12.5,"response":)"
                  R"({"Response":{"Error":{"Code":"InternalError","Message":"m"},)"
                  R"("RequestId":"r-1"}}})"),
            Verdict::kRecord);
  EXPECT_EQ(call().service, "billing");
  EXPECT_EQ(call().action, "PayDeals");
  EXPECT_EQ(call().region, "ap-guangzhou");
  EXPECT_EQ(call().code, "InternalError");
  EXPECT_EQ(call().request_id, "r-1");
  EXPECT_EQ(call().time_unix_ns, 1'795'424'400'123'000'000);
  EXPECT_EQ(call().latency_ns, 12'500'000);
}

TEST_F(CallParserTest, ResponseAsEscapedString) {
  ASSERT_EQ(
      parse(R"({"response":"{\"Response\":{\"Error\":{\"Code\":\"X.Y\"},\"RequestId\":\"q\"}}"})"),
      Verdict::kRecord);
  EXPECT_EQ(call().code, "X.Y");
  EXPECT_EQ(call().request_id, "q");
  EXPECT_EQ(call().origin.envelope, CallOrigin::Envelope::kString);
  for (const char* line : {R"({"response":""})", R"({"response":"{\"Response\":{"})",
                           R"({"response":"\ud800"})", R"({"response":"{} x"})"}) {
    EXPECT_EQ(parse(line), Verdict::kInvalidResponse) << line;
  }
}

TEST_F(CallParserTest, BareEnvelope) {
  ASSERT_EQ(parse(R"({"Response":{"Error":{"Code":"A"}}})"), Verdict::kRecord);
  EXPECT_EQ(call().service, "unknown");
  EXPECT_EQ(call().action, "unknown");
  EXPECT_EQ(call().origin.envelope, CallOrigin::Envelope::kBare);
}

TEST_F(CallParserTest, WhatIsNoApiCall) {
  for (const char* line :
       {"{}", "[]", "7", "\"x\"", "null", R"({"response":null})", R"({"response":{}})",
        R"({"response":{"Response":null}})", R"({"Response":null})", R"({"Response":[]})",
        R"({"response":[1]})", R"({"response":"null"})", R"({"msg":"started"})"}) {
    EXPECT_EQ(parse(line), Verdict::kNotApiCall) << line;
  }
  EXPECT_EQ(parse(" \t"), Verdict::kBlank);
  EXPECT_EQ(parse(""), Verdict::kBlank);
}

TEST_F(CallParserTest, OnlyResponseErrorCodeMeansFailure) {
  for (const char* response :
       {R"({})", R"({"Error":null})", R"({"Error":"text"})", R"({"Error":7})", R"({"Error":{}})",
        R"({"Error":{"Code":""}})", R"({"Error":{"Code":7}})", R"({"Error":[{"Code":"X"}]})",
        R"({"Data":{"Error":{"Code":"X"}}})", R"({"ErrorCode":"X","Code":3})"}) {
    ASSERT_EQ(parse(std::string(R"({"response":{"Response":)") + response + "}}"),
              Verdict::kRecord);
    EXPECT_FALSE(call().failed()) << response;
  }
}

TEST_F(CallParserTest, LastOfDuplicateKeysCounts) {
  ASSERT_EQ(parse(R"({"response":{"Response":{"Error":{"Code":"A"}}},"response":{"Response":{}}})"),
            Verdict::kRecord);
  EXPECT_FALSE(call().failed());
  ASSERT_EQ(parse(R"({"Response":{"\u0045rror":{"Code":"A","Code":"B"}}})"), Verdict::kRecord);
  EXPECT_EQ(call().code, "B");
}

TEST_F(CallParserTest, UnreadableTimeAndLatencyDoNotCostTheCall) {
  ASSERT_EQ(parse(R"({"time":"yesterday","latency_ms":"fast","response":{"Response":{}}})"),
            Verdict::kRecord);
  EXPECT_TRUE(call().unreadable_time);
  EXPECT_TRUE(call().unreadable_latency);
  ASSERT_EQ(parse(R"({"time":null,"response":{"Response":{}}})"), Verdict::kRecord);
  EXPECT_FALSE(call().unreadable_time);
  EXPECT_FALSE(call().time_unix_ns.has_value());
  ASSERT_EQ(parse(R"({"time":{"x":1},"response":{"Response":{}}})"), Verdict::kRecord);
  EXPECT_TRUE(call().unreadable_time);
}

TEST_F(CallParserTest, HalfASurrogatePairInANeededField) {
  EXPECT_EQ(parse(R"({"service":"\ud800","response":{"Response":{}}})"), Verdict::kInvalidString);
  EXPECT_EQ(parse(R"({"action":"\ud800","response":{"Response":{}}})"), Verdict::kInvalidString);
  EXPECT_EQ(parse(R"({"Response":{"Error":{"Code":"\ud800"}}})"), Verdict::kInvalidString);
  ASSERT_EQ(parse(R"({"Response":{"RequestId":"\ud800"},"x":"\ud800"})"), Verdict::kRecord);
  EXPECT_TRUE(call().request_id.empty());
}

TEST_F(CallParserTest, ServiceFromTheHostWhereNoFieldNamesIt) {
  ASSERT_EQ(parse(R"({"host":"CVM.ap-guangzhou.tencentcloudapi.com","response":{"Response":{}}})"),
            Verdict::kRecord);
  EXPECT_EQ(call().service, "cvm");
  EXPECT_EQ(call().origin.service_rule, "/host");
  ASSERT_EQ(parse(R"({"host":"example.com","service":7,"response":{"Response":{}}})"),
            Verdict::kRecord);
  EXPECT_EQ(call().service, "unknown");
}

TEST_F(CallParserTest, FieldMapIsData) {
  LogFormat& log = format.formats[0];
  JsonShape& shape = log.json[0];
  shape.service.resize(2);
  shape.service[0].at = *parse_json_pointer("/req/svc");
  shape.service[1].at = *parse_json_pointer("/s~1v/1");
  shape.payload = {*parse_json_pointer("/out")};
  shape.time = {*parse_json_pointer("/ts")};
  log.time_format = TimeFormat::kEpochMilliseconds;
  shape.latency = {*parse_json_pointer("/cost")};
  log.latency_unit = TimeUnit::kSecond;
  ASSERT_EQ(parse(R"({"s/v":["a","b"],"ts":"1795424400123","cost":0.25,"out":{"Response":{}}})"),
            Verdict::kRecord);
  EXPECT_EQ(call().service, "b");
  EXPECT_EQ(call().time_unix_ns, 1'795'424'400'123'000'000);
  EXPECT_EQ(call().latency_ns, 250'000'000);
}

TEST_F(CallParserTest, LongRequestIdsAreLeftOut) {
  ASSERT_EQ(parse(R"({"Response":{"RequestId":")" + std::string(64, 'x') + R"("}})"),
            Verdict::kRecord);
  EXPECT_TRUE(call().request_id.empty());
  ASSERT_EQ(parse(R"({"Response":{"RequestId":")" + std::string(63, 'x') + R"("}})"),
            Verdict::kRecord);
  EXPECT_EQ(call().request_id.size(), 63U);
}

TEST(TrimCode, BlanksAndOneTrailingDot) {
  EXPECT_EQ(trim_code("FailedOperation.DownloadError "), "FailedOperation.DownloadError");
  EXPECT_EQ(trim_code("FailedOperation.PermissionDenied."), "FailedOperation.PermissionDenied");
  EXPECT_EQ(trim_code(" A. "), "A");
  EXPECT_EQ(trim_code("A.."), "A.");
  EXPECT_EQ(trim_code("."), "unknown");
  EXPECT_EQ(trim_code("  "), "unknown");
}

TEST(ServiceOfHost, KnownSuffixesOnly) {
  const std::vector<std::string> hosts = tencentcloud_format().formats[0].hosts;
  std::string lower;
  EXPECT_EQ(service_of_host("billing.tencentcloudapi.com", hosts, lower), "billing");
  EXPECT_EQ(service_of_host("https://billing.intl.tencentcloudapi.com:443/x?y", hosts, lower),
            "billing");
  EXPECT_EQ(service_of_host("cloudaudit.ap-guangzhou.api.tencentyun.com", hosts, lower),
            "cloudaudit");
  EXPECT_EQ(
      service_of_host("x.tencentcloudapi.com/?to=https://y.tencentcloudapi.com", hosts, lower),
      "x");
  EXPECT_EQ(service_of_host("`ttps://cvm.tencentcloudapi.com", hosts, lower), "");
  EXPECT_EQ(service_of_host("tencentcloudapi.com", hosts, lower), "");
  EXPECT_EQ(service_of_host(".tencentcloudapi.com", hosts, lower), "");
  EXPECT_EQ(service_of_host("evil.com/cvm.tencentcloudapi.com", hosts, lower), "");
}

}  // namespace
}  // namespace apierrd
