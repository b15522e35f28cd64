// What once was wrong in `auto`; each test is named after what broke. Most were found by
// tests/property/differential_auto_test.py.
#include <gtest/gtest.h>

#include "parsers/call_parser.h"
#include "parsers/wrappers.h"
#include "tests/support/padded.h"

namespace apierrd {
namespace {

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
