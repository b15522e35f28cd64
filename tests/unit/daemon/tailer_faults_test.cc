// What a reader must not conclude from what it could not see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/tailer_fixture.h"

namespace apierrd {
namespace {

using test::Lines;
using test::TailerTest;

class TailerFaultsTest : public TailerTest {
 protected:
  static std::string filler(char letter) { return std::string(700, letter) + "\n"; }
  std::uint64_t lost() const {
    std::uint64_t bytes = 0;
    for (const std::uint64_t of_reason : tailer->counts().lost_bytes) bytes += of_reason;
    return bytes;
  }
  // Lines 2 and 3 are unread, in two files.
  void rotate_while_it_is_stopped() {
    files.append("/log/api.log", "1\n");
    start();
    EXPECT_EQ(look(), (Lines{"1"}));
    files.append("/log/api.log", "2\n");
    restart(tailer->positions());
    files.rename("/log/api.log", "/log/api.log.1");
    files.append("/log/api.log", "3\n");
  }
  // logrotate shifts while the folder is looked at: the listing has names that are others' by now.
  void shift_while_it_is_listed() {
    files.after_glob = [this](const std::string& pattern) {
      if (pattern != "/log/*") return;
      files.rename("/log/api.log.1", "/log/api.log.2");
      files.after_glob = [](const std::string&) {};
    };
  }
  // Line 2 is unread when its log is copied and truncated, and the copy shifted.
  void expect_an_unread_copy_to_be_found() {
    files.append("/log/api.log", "2\n");
    tailer->look_at("/log/api.log", ++now);  // seen, and not read
    files.copy("/log/api.log", "/log/api.log.1");
    files.truncate("/log/api.log");
    shift_while_it_is_listed();
    EXPECT_EQ(look(), (Lines{"2"}));
    EXPECT_EQ(lost(), 0U);
  }
};

TEST_F(TailerFaultsTest, WhatCannotBeListedIsNotGone) {
  rotate_while_it_is_stopped();
  files.unlistable = true;
  EXPECT_EQ(look(), Lines{});
  EXPECT_EQ(tailer->counts().missing, 0U);
  EXPECT_GT(tailer->counts().open_errors, 0U);
  files.unlistable = false;
  EXPECT_THAT(look(), testing::UnorderedElementsAre("2", "3"));
  EXPECT_EQ(tailer->counts().missing, 0U);
}

TEST_F(TailerFaultsTest, WhatIsShiftedDuringASweepIsNotMissing) {
  rotate_while_it_is_stopped();
  shift_while_it_is_listed();
  EXPECT_THAT(look(), testing::UnorderedElementsAre("2", "3"));
  EXPECT_EQ(tailer->counts().missing, 0U);
}

TEST_F(TailerFaultsTest, ACopyThatIsShiftedDuringASweepIsNotLost) {
  files.append("/log/api.log", "1\n");
  start();
  EXPECT_EQ(look(), (Lines{"1"}));
  expect_an_unread_copy_to_be_found();
}

// The copy had the inode number of a log long gone, and was taken for it.
TEST_F(TailerFaultsTest, ACopyInTheInodeOfADeletedLogIsNotLost) {
  files.append("/log/api.log.9", "old\n");
  files.append("/log/api.log", "1\n");
  start();
  EXPECT_EQ(look(), (Lines{"1"}));
  files.remove("/log/api.log.9");
  EXPECT_EQ(look(), Lines{});
  expect_an_unread_copy_to_be_found();
}

// It was looked for again and again, at once, and never given up.
TEST_F(TailerFaultsTest, ANameThatCannotBeLookedAtHoldsUpItsOwnLogAlone) {
  for (const char* name : {"/log/other.txt-1", "/log/api.log.7"}) {
    files = {};
    files.append("/log/api.log", "1\n");
    files.append(name, "x\n");
    start();
    EXPECT_EQ(look(), (Lines{"1"}));
    files.not_to_be_looked_at = name;
    files.append("/log/api.log", "2\n");
    tailer->look_at("/log/api.log", ++now);  // seen, and not read
    files.truncate("/log/api.log");
    EXPECT_EQ(look(), Lines{});
    EXPECT_FALSE(tailer->wants_sweep());
    const bool its_own = std::string_view(name).starts_with("/log/api.log");
    EXPECT_EQ(lost(), its_own ? 0U : 2U) << name;
    files.not_to_be_looked_at.clear();
    look();
    EXPECT_EQ(lost(), 2U) << name;
  }
}

TEST_F(TailerFaultsTest, ALogOfHalfALineThatIsGoneAfterARestartIsMissing) {
  files.append("/log/api.log", "half");
  start();
  EXPECT_EQ(look(), Lines{});
  std::vector<FilePosition> positions = tailer->positions();
  files.remove("/log/api.log");
  for (int i = 0; i < 2; ++i) {
    restart(positions);
    EXPECT_EQ(look(), Lines{});
    EXPECT_EQ(tailer->counts().missing, i == 0 ? 1U : 0U);
    positions = tailer->positions();
  }
}

// Its copy was held back for ever, as the copy of a log that had other content by then.
TEST_F(TailerFaultsTest, ACopyOfWhatWasNeverReadIsNotHeldBack) {
  files.append("/log/api.log", "1\n");
  start();
  EXPECT_EQ(look(), (Lines{"1"}));
  files.copy("/log/api.log", "/log/api.log.2");
  files.truncate("/log/api.log");
  EXPECT_EQ(look(), Lines{});
  files.after_glob = [this](const std::string& pattern) {
    if (pattern != "/log/*") return;
    files.append("/log/api.log", "2\n");  // the log was just seen to be empty
    files.copy("/log/api.log", "/log/api.log.1");
    files.after_glob = [](const std::string&) {};
  };
  test::DirectSink sink(buffer, [](const LineBatch&) { return BatchOutcome{}; });
  tailer->sweep(++now, sink);
  files.truncate("/log/api.log");
  files.append("/log/api.log", "3\n");
  EXPECT_THAT(look(), testing::UnorderedElementsAre("2", "3"));
}

TEST_F(TailerFaultsTest, AnEmptyLogThatWasPackedOrDeletedIsNotMissing) {
  for (const bool packed : {true, false}) {
    files = {};
    files.append("/log/api.log", "1\n");
    start();
    EXPECT_EQ(look(), (Lines{"1"}));
    files.copy("/log/api.log", "/log/api.log.2");
    files.truncate("/log/api.log");
    EXPECT_EQ(look(), Lines{});
    files.rename("/log/api.log", "/log/api.log.1");
    EXPECT_EQ(look(), Lines{});
    packed ? files.compress("/log/api.log.1") : files.remove("/log/api.log.1");
    EXPECT_EQ(look(), Lines{});
    restart(tailer->positions());
    EXPECT_EQ(look(), Lines{});
    EXPECT_EQ(tailer->counts().missing, 0U);
  }
}

// Its copy was taken for a log of its own and counted, and the same bytes said to be lost.
TEST_F(TailerFaultsTest, ALogOfHalfALineThatIsTruncatedDuringASweepIsNotLost) {
  files.append("/log/api.log", "1");
  start();
  EXPECT_EQ(look(), Lines{});
  files.append("/log/api.log", "\n2\n");
  files.copy("/log/api.log", "/log/api.log.1");
  files.after_glob = [this](const std::string& pattern) {
    if (pattern != "/log/*") return;
    files.truncate("/log/api.log");
    files.after_glob = [](const std::string&) {};
  };
  Lines lines = look();
  for (const std::string& line : look()) lines.push_back(line);
  EXPECT_EQ(lines, (Lines{"1", "2"}));
  files.append("/log/api.log", "3\n");
  EXPECT_EQ(look(), (Lines{"3"}));
  EXPECT_EQ(lost(), 0U);
}

TEST_F(TailerFaultsTest, ALogThatIsBackInAnotherFileGoesOnWhereItStopped) {
  for (const bool let_go : {false, true}) {
    for (const bool grown : {false, true}) {
      files = {};
      files.append("/log/api.log", filler('a') + filler('b'));
      start();
      EXPECT_EQ(look().size(), 2U);
      files.copy("/log/api.log", "/backup");
      files.remove("/log/api.log");
      EXPECT_EQ(look(), Lines{});
      now += let_go ? 1000 : 0;
      EXPECT_EQ(look(), Lines{});
      files.rename("/backup", "/log/api.log");
      if (!grown) {
        EXPECT_EQ(look(), Lines{});
      }
      files.append("/log/api.log", "new\n");
      EXPECT_EQ(look(), (Lines{"new"}));
      EXPECT_EQ(tailer->counts().missing, 0U);
    }
  }
}

TEST_F(TailerFaultsTest, ACopyOverAnOlderRotatedFileCountsOnce) {
  files.append("/log/api.log", "1\n2\n");
  start();
  EXPECT_EQ(look().size(), 2U);
  files.rename("/log/api.log", "/log/api.log.1");
  files.append("/log/api.log", "3\n4\n");
  EXPECT_EQ(look(), (Lines{"3", "4"}));
  files.truncate("/log/api.log.1");  // cp api.log api.log.1; : > api.log
  files.append("/log/api.log.1", "3\n4\n");
  EXPECT_EQ(look(), Lines{});
  files.truncate("/log/api.log");
  files.append("/log/api.log", "5\n");
  EXPECT_EQ(look(), (Lines{"5"}));
}

// Nothing was read of the log when it was copied and truncated: its copy is all there is.
TEST_F(TailerFaultsTest, TheCopyOfALogThatWasNeverReadIsNotHeldBack) {
  options.patterns = {"/log/api.log*"};
  files.append("/log/api.log", "1\n");
  start();
  EXPECT_EQ(look(), (Lines{"1"}));
  restart(tailer->positions());
  files.rename("/log/api.log", "/log/api.log.2");
  files.append("/log/api.log", "2\n3\n");
  files.copy("/log/api.log", "/log/api.log.1");
  test::DirectSink sink(buffer, [](const LineBatch&) { return BatchOutcome{}; });
  tailer->sweep(++now, sink);
  files.truncate("/log/api.log");
  files.append("/log/api.log", "4\n5\n6\n");
  EXPECT_THAT(look(), testing::UnorderedElementsAre("2", "3", "4", "5", "6"));
}

}  // namespace
}  // namespace apierrd
