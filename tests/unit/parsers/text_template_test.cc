#include "parsers/text_template.h"

#include <gtest/gtest.h>

namespace apierrd {
namespace {

TextTemplate made(std::string_view text) {
  Result<TextTemplate> result = TextTemplate::parse(text);
  EXPECT_TRUE(result) << text << (result ? "" : ": " + result.error().text());
  return *std::move(result);
}

const TextTemplate& go() {
  static const TextTemplate text = made(
      "[TencentCloudSDKError] Code = {code}{?} , Message = {message}{?} , RequestId = "
      "{request_id}");
  return text;
}

TEST(TextTemplate, TakesWhatItNames) {
  TemplateMatch match;
  ASSERT_TRUE(
      go().find("x [TencentCloudSDKError] Code=A.B, Message=no, money, RequestId=r-1)", 0, match));
  EXPECT_EQ(match[Capture::kCode], "A.B");
  EXPECT_EQ(match[Capture::kMessage], "no, money");
  EXPECT_EQ(match[Capture::kRequestId], "r-1");
  EXPECT_EQ(match.begin, 2U);
}

TEST(TextTemplate, BlanksStandForAnyNumberOfBlanksAndLineEnds) {
  TemplateMatch match;
  ASSERT_TRUE(go().find("[TencentCloudSDKError]Code = A ,\n Message = m, RequestId = r", 0, match));
  EXPECT_EQ(match[Capture::kCode], "A");
  EXPECT_EQ(match[Capture::kMessage], "m");
  EXPECT_EQ(match[Capture::kRequestId], "r");
}

TEST(TextTemplate, WhatMayBeMissingMayBeMissing) {
  TemplateMatch match;
  ASSERT_TRUE(go().find("[TencentCloudSDKError] Code=A.B", 0, match));
  EXPECT_EQ(match[Capture::kCode], "A.B");
  EXPECT_EQ(match[Capture::kMessage], "");
  ASSERT_TRUE(go().find("[TencentCloudSDKError] Code=A.B, Message=to the end", 0, match));
  EXPECT_EQ(match[Capture::kMessage], "to the end");
  EXPECT_FALSE(go().find("[TencentCloudSDKError] Code=, Message=m", 0, match));
}

TEST(TextTemplate, ARequestIdThatRunsIntoTheNextRecordIsCutBehindItsUuid) {
  TemplateMatch match;
  ASSERT_TRUE(
      go().find("[TencentCloudSDKError] Code=A, Message=m, "
                "RequestId=5319d197-3a51-4601-8d29-ae033be8da642024-12-02T15:26:19",
                0, match));
  EXPECT_EQ(match[Capture::kRequestId], "5319d197-3a51-4601-8d29-ae033be8da64");
}

TEST(TextTemplate, ACodeEndsBeforeWhatCannotBePartOfIt) {
  const TextTemplate java = made("]message:{code}-{message}");
  TemplateMatch match;
  ASSERT_TRUE(java.find("[X]message:AuthFailure.UnauthorizedOperation-You may not", 0, match));
  EXPECT_EQ(match[Capture::kCode], "AuthFailure.UnauthorizedOperation");
  EXPECT_EQ(match[Capture::kMessage], "You may not");
  EXPECT_FALSE(java.find("[X]message:7-no code", 0, match));
}

TEST(TextTemplate, AMessageOfRepeatedBeginningsDoesNotCostItsLengthSquared) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "[TencentCloudSDKError] Code=A, Message=";
  TemplateMatch match;
  std::size_t found = 0;
  for (std::size_t from = 0; go().find(text, from, match); from = match.end) ++found;
  EXPECT_GE(found, 1U);
}

TEST(TextTemplate, FaultsAreNamed) {
  for (const char* bad : {"{code}", "x", "a {nope}", "ab{code}{message}", "ab{message} ",
                          "ab{message} {?}{code}", "ab{", "", "ab{?}{code}"}) {
    EXPECT_FALSE(TextTemplate::parse(bad)) << bad;
  }
  TemplateMatch match;
  EXPECT_TRUE(made("{{'code': '{code}'").find("{'code': 'X'}", 0, match));
}

}  // namespace
}  // namespace apierrd
