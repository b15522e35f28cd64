// What once was wrong in `auto`; each test is named after what broke. Most were found by
// tests/property/differential_auto_test.py.
#include <gtest/gtest.h>

#include "parsers/call_parser.h"
#include "parsers/wrappers.h"
#include "tests/support/padded.h"

namespace apierrd {
namespace {

class AutoRegressionTest : public testing::Test {
 protected:
  Verdict parse(std::string_view text) {
    text_ = std::make_unique<test::Padded>(text);
    return parser_.parse(text_->view(), format_, &catalog_);
  }
  const ApiCall& call() const { return parser_.call(); }
  std::size_t calls() const { return parser_.calls().size(); }

 private:
  SourceFormat format_ = *source_format("auto", builtin_formats());
  Catalog catalog_ = builtin_catalog();
  CallParser parser_;
  std::unique_ptr<test::Padded> text_;
};

TEST_F(AutoRegressionTest, PayloadInTwoStringsThatBreaksOffWasTakenForASuccess) {
  EXPECT_EQ(parse(R"({"response":"\"{\\\"Response\\\":{},\\\"x\\\":nul}\""})"),
            Verdict::kInvalidResponse);
  EXPECT_EQ(parse(R"({"response":"\"{\\\"Response\\\":{\""})"), Verdict::kInvalidResponse);
  EXPECT_EQ(parse(R"({"response":"\"oops\""})"), Verdict::kNotApiCall);
  EXPECT_EQ(parse(R"({"response":"\"{\\\"Response\\\":{}}\""})"), Verdict::kRecord);
}

TEST_F(AutoRegressionTest, CutResponseInAStringWasIgnoredInSilence) {
  EXPECT_EQ(parse(R"({"response":"{\"Response\":{\"Error\":{\"Co"})"), Verdict::kInvalidResponse);
  EXPECT_EQ(parse(R"({"response":"oops"})"), Verdict::kNotApiCall);
}

TEST_F(AutoRegressionTest, HalfASurrogatePairWasCalledAnInvalidResponse) {
  EXPECT_EQ(parse(R"({"Response":{"Error":{"Code":"\ud800"}}})"), Verdict::kInvalidString);
}

TEST_F(AutoRegressionTest, UnknownCodeHidAKnownOneBehindIt) {
  ASSERT_EQ(parse("{ errno: 1, code: 'EPIPE', inner: { code: 'InternalError' } }"),
            Verdict::kRecord);
  EXPECT_EQ(call().code, "InternalError");
  EXPECT_EQ(calls(), 1U);
}

TEST_F(AutoRegressionTest, SameFailureWithRequestIdNoneCountedTwice) {
  ASSERT_EQ(parse("[TencentCloudSDKException] code:InternalError message:m requestId:None; "
                  "[TencentCloudSDKException] code:InternalError message:m requestId:None"),
            Verdict::kRecord);
  EXPECT_EQ(calls(), 1U);
}

TEST_F(AutoRegressionTest, CutDocumentHidThatTheRecordIsNoUtf8) {
  EXPECT_EQ(parse("answer: {\"a\":\"\xff"), Verdict::kInvalidUtf8);
  EXPECT_EQ(parse("answer: {\"a\":\""), Verdict::kInvalidJson);
}

TEST_F(AutoRegressionTest, MessageOfTheWholeLengthCostTheFieldsBehindIt) {
  const std::string head = "[TencentCloudSDKError] Code=A.B, Message=";
  const std::string tail = ", RequestId=r-1";
  ASSERT_EQ(parse(head + std::string(kCapturedTextMax, 'm') + tail), Verdict::kRecord);
  EXPECT_EQ(call().request_id, "r-1");
  ASSERT_EQ(parse(head + std::string(kCapturedTextMax + 1, 'm') + tail), Verdict::kRecord);
  EXPECT_EQ(call().request_id, "");
}

// Each took more than a minute.
TEST_F(AutoRegressionTest, LineOfManyErrorsCostItsLengthSquared) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += "Code=A" + std::to_string(i) + ", Message=, RequestId=" + std::to_string(i) + " ";
  }
  ASSERT_EQ(parse(text), Verdict::kRecord);
  EXPECT_EQ(calls(), 20'000U);
}

TEST_F(AutoRegressionTest, LineOfManyResponsesCostItsLengthSquared) {
  std::string text = " api[A] success ";
  for (int i = 0; i < 40'000; ++i) text += R"({"Response":{}})";
  ASSERT_EQ(parse(text), Verdict::kRecord);
  EXPECT_EQ(calls(), 40'000U);
  EXPECT_EQ(call().action, "A");
}

TEST(WrapperRegressionTest, AnyThreeLettersWereAMonth) {
  WrappedLine line;
  for (const char* text : {"Foo 11 22:14:15 host app: x", "Oct 1x 22:14:15 host app: x",
                           "Oct 11 22:1x:15 host app: x", "anF 11 22:14:15 host app: x"}) {
    line.content = text;
    EXPECT_FALSE(unwrap_syslog(line)) << text;
  }
  line.content = "Oct  1 22:14:15 host app: x";
  EXPECT_TRUE(unwrap_syslog(line));
  EXPECT_EQ(line.content, "x");
}

TEST(WrapperRegressionTest, JournaldsTimeAnywhereInTheLineWasEnough) {
  const test::Padded text(R"({"x":{"__REALTIME_TIMESTAMP":"1"},"MESSAGE":"m"})");
  WrappedLine line;
  line.content = text.view();
  TextPool texts;
  JsonDocument scratch;
  EXPECT_FALSE(unwrap_journald(line, texts, scratch));
}

}  // namespace
}  // namespace apierrd
