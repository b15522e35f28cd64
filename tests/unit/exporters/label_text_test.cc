#include "exporters/label_text.h"

#include <gtest/gtest.h>

namespace apierrd {
namespace {

TEST(SafeLabelValue, KeepsGoodText) {
  EXPECT_EQ(safe_label_value("FailedOperation.X_1"), "FailedOperation.X_1");
  EXPECT_EQ(safe_label_value("订单 \U0001F600"), "订单 \U0001F600");
  EXPECT_EQ(safe_label_value(""), "");
}

TEST(SafeLabelValue, ReplacesWhatWouldBreakAScrape) {
  using namespace std::string_view_literals;
  EXPECT_EQ(safe_label_value("a\0b"sv), "a\uFFFDb");
  EXPECT_EQ(safe_label_value("a\nb\x7F"), "a\uFFFDb\uFFFD");
  EXPECT_EQ(safe_label_value("\xC2\x85"), "\uFFFD");
  EXPECT_EQ(safe_label_value("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(safe_label_value("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // an encoded surrogate
  EXPECT_EQ(safe_label_value("\xC0\xAF"), "\uFFFD\uFFFD");            // overlong
  EXPECT_EQ(safe_label_value("\xE4\xBD"), "\uFFFD\uFFFD");            // cut short
  EXPECT_EQ(safe_label_value("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST(SafeLabelValue, CutsAtACharacter) {
  EXPECT_EQ(safe_label_value(std::string(127, 'a') + "你").size(), 127U);
  EXPECT_EQ(safe_label_value(std::string(128, 'a') + "b").size(), 128U);
}

TEST(AppendLabel, Escapes) {
  std::string out;
  append_label(out, "a", "x\"y\\z\n");
  append_label(out, "b", "");
  EXPECT_EQ(out, R"(a="x\"y\\z\n",b="")");
}

}  // namespace
}  // namespace apierrd
