// Text for terminals: the progress bar, and what printable() leaves of hostile text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/log.h"
#include "daemon/progress_bar.h"
#include "daemon/text_width.h"

namespace apierrd {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kGb = 1'000'000'000;

TEST(ProgressLine, BarPercentAndRate) {
  EXPECT_EQ(progress_line({"api.log", kGb, 4 * kGb, 2}, 80),
            "api.log [######...................]  25 %  1.0 GB of 4.0 GB  500.0 MB/s");
  EXPECT_EQ(progress_line({"api.log", 4 * kGb, 4 * kGb, 0}, 80),
            "api.log [#########################] 100 %  4.0 GB of 4.0 GB");
  EXPECT_EQ(progress_line({"-", 5'000'000, 0, 1}, 80), "-  5.0 MB  5.0 MB/s");
}

TEST(ProgressLine, NotYetAllIsNot100) {
  EXPECT_THAT(progress_line({"a", 4 * kGb - 1, 4 * kGb, 1}, 80), HasSubstr("]  99 %"));
}

TEST(ProgressLine, NeverWiderThanTheTerminal) {
  const Progress progress{"/var/log/" + std::string(200, 'x') + "余额", kGb, 2 * kGb, 3};
  for (const std::size_t columns : {0U, 1U, 10U, 40U, 60U, 79U, 120U}) {
    EXPECT_LE(text_width(progress_line(progress, columns)), columns) << columns;
  }
  EXPECT_THAT(progress_line(progress, 79), HasSubstr("[######"));
  EXPECT_THAT(progress_line(progress, 50), Not(HasSubstr("[")));
}

TEST(ProgressLine, ANameDrivesNoTerminal) {
  EXPECT_THAT(progress_line({"a\x1b[2J", 1, 2, 1}, 80), Not(HasSubstr("\x1b")));
}

TEST(Printable, ControlsAreShown) {
  EXPECT_EQ(printable("a\x1b[31m\x7f\n"), "a\\x1b[31m\\x7f\\x0a");
  EXPECT_EQ(printable("a\u009b31m é 中"), "a\\u009b31m é 中");
  EXPECT_EQ(printable("a\u202Eb"), "a<U+202E>b");
  EXPECT_EQ(printable("\xC2"), "\xC2");
}

}  // namespace
}  // namespace apierrd
