#include "daemon/tailer.h"

#include "daemon/siblings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/tailer_fixture.h"

namespace apierrd {
namespace {

using test::Lines;
using test::TailerTest;

TEST_F(TailerTest, FollowsAGrowingFile) {
  files.append("/log/api.log", "one\ntw");
  start();
  EXPECT_EQ(look(), (Lines{"one"}));
  EXPECT_EQ(look(), Lines{});
  files.append("/log/api.log", "o\nthree\n");
  EXPECT_EQ(look(), (Lines{"two", "three"}));
}

TEST_F(TailerTest, FilesBornLaterAreReadFromTheirStart) {
  options.start_at_end = true;
  files.append("/log/api.log", "old\nhalf");
  start();
  EXPECT_EQ(look(), Lines{});
  files.append("/log/api.log", " a line\n");
  files.append("/log/api2.log", "born\n");
  EXPECT_EQ(look(), (Lines{"half a line", "born"}));
}

TEST_F(TailerTest, RenamedFileIsDrainedAndItsSuccessorFollowed) {
  files.append("/log/api.log", "1\n");
  start();
  EXPECT_EQ(look(), (Lines{"1"}));
  const auto old_writer = files.writer("/log/api.log");
  files.append("/log/api.log", "2\n");
  files.rename("/log/api.log", "/log/api.log.1");
  files.append("/log/api.log", "3\n");
  old_writer->append("late\n");
  EXPECT_EQ(look(), (Lines{"2", "late", "3"}));
  old_writer->append("later\n");
  EXPECT_EQ(look(), (Lines{"later"}));
  EXPECT_EQ(tailer->counts().rotations, 1U);
  const FileStatus file = tailer->refresh_counts(0).files.at(0);
  EXPECT_EQ(file.path, "/log/api.log");
  EXPECT_EQ(file.rotations, 1U);
  EXPECT_EQ(file.truncations, 0U);
}

TEST_F(TailerTest, ARenamedFileThatAPatternMatchesIsNotReadTwice) {
  options.patterns = {"/log/api.log*"};
  files.append("/log/api.log", "1\n");
  start();
  EXPECT_EQ(look(), (Lines{"1"}));
  files.rename("/log/api.log", "/log/api.log.1");
  files.append("/log/api.log", "2\n");
  EXPECT_EQ(look(), (Lines{"2"}));
  now += 1000;
  EXPECT_EQ(look(), Lines{});
  EXPECT_EQ(look(), Lines{});
}

TEST_F(TailerTest, LastLineOfADeadFileCountsWhenItIsGivenUp) {
  files.append("/log/api.log", "1\nunfinished");
  start();
  EXPECT_EQ(look(), (Lines{"1"}));
  files.remove("/log/api.log");
  EXPECT_EQ(look(), Lines{});
  now += 1000;
  EXPECT_EQ(look(), (Lines{"unfinished"}));
  EXPECT_EQ(events.seen.back(), "closed /log/api.log");
  EXPECT_EQ(tailer->refresh_counts(0).files_open, 0U);
}

TEST_F(TailerTest, AnOpenRecordIsWaitedForAndWhatItIsOfIsLag) {
  options.framing.join_json = true;
  files.append("/log/api.log", "1\n{\n");
  start();
  EXPECT_EQ(look(), (Lines{"1"}));
  EXPECT_EQ(tailer->refresh_counts(0).files.at(0).lag_bytes, 2U);
  restart(tailer->positions());
  EXPECT_EQ(look(), Lines{});
  files.append("/log/api.log", "}\n");
  EXPECT_EQ(look(), (Lines{"{", "}"}));
}

TEST_F(TailerTest, WhatWasHeldBackIsReadWhenRecordsAreNotJoinedAnyMore) {
  options.framing.join_json = true;
  files.append("/log/api.log", "1\n{\n");
  start();
  EXPECT_EQ(look(), (Lines{"1"}));
  options.framing.join_json = false;
  tailer->set_options(options);
  EXPECT_EQ(look(), (Lines{"{"}));
  EXPECT_EQ(look(), Lines{});
}

TEST_F(TailerTest, TruncationStartsOverAndSaysWhatIsLost) {
  files.append("/log/api.log", "first line\nhalf");
  start();
  EXPECT_EQ(look(), (Lines{"first line"}));
  files.truncate("/log/api.log");
  files.append("/log/api.log", "new\n");
  EXPECT_EQ(look(), (Lines{"new"}));
  EXPECT_EQ(tailer->counts().truncations, 1U);
  EXPECT_EQ(tailer->counts().lost_bytes[static_cast<std::size_t>(LossReason::kTruncated)], 4U);
  const FileStatus file = tailer->refresh_counts(0).files.at(0);
  EXPECT_EQ(file.truncations, 1U);
  EXPECT_EQ(file.lost_bytes, 4U);
}

TEST_F(TailerTest, TruncationThatRegrewBeyondTheOffsetIsSeen) {
  files.append("/log/api.log", "first line\n");
  start();
  EXPECT_EQ(look(), (Lines{"first line"}));
  files.truncate("/log/api.log");
  files.append("/log/api.log", "a much longer line than before\nand more\n");
  EXPECT_EQ(look(), (Lines{"a much longer line than before", "and more"}));
  EXPECT_EQ(tailer->counts().truncations, 1U);
}

TEST_F(TailerTest, TruncationToTheSameSizeIsSeen) {
  files.append("/log/api.log", "line one\n");
  start();
  EXPECT_EQ(look(), (Lines{"line one"}));
  files.truncate("/log/api.log");
  files.append("/log/api.log", "line two\n");
  EXPECT_EQ(look(), (Lines{"line two"}));
}

TEST_F(TailerTest, UncountedRestOfATruncatedFileComesFromItsCopy) {
  for (const bool copy_is_matched : {false, true}) {
    options.patterns = {copy_is_matched ? "/log/api.log*" : "/log/api.log"};
    files = {};
    files.append("/log/api.log", "1\n");
    start();
    EXPECT_EQ(look(), (Lines{"1"}));
    files.append("/log/api.log", "2\n");
    files.copy("/log/api.log", "/log/api.log.1");
    files.truncate("/log/api.log");
    files.append("/log/api.log", "3\n4\n5\n");
    EXPECT_THAT(look(), testing::UnorderedElementsAre("2", "3", "4", "5"));
    EXPECT_EQ(tailer->counts().lost_bytes[0], 0U);
    now += 1000;
    EXPECT_EQ(look(), Lines{});
  }
}

TEST_F(TailerTest, ACopyIsHeldBackUntilItsOriginalIsTruncated) {
  options.patterns = {"/log/api.log*"};
  files.append("/log/api.log", "1\n");
  start();
  EXPECT_EQ(look(), (Lines{"1"}));
  files.append("/log/api.log", "2\n");
  files.copy("/log/api.log", "/log/api.log.1");
  EXPECT_EQ(look(), (Lines{"2"}));
  files.append("/log/api.log", "3\n");
  EXPECT_EQ(look(), (Lines{"3"}));
  files.append("/log/api.log.1", "its own\n");
  EXPECT_EQ(look(), (Lines{"its own"}));
}

TEST_F(TailerTest, AReadErrorIsNoTruncation) {
  files.append("/log/api.log", "1\n");
  start();
  EXPECT_EQ(look(), (Lines{"1"}));
  files.append("/log/api.log", "2\n");
  files.break_reads(true);
  EXPECT_EQ(look(), Lines{});
  EXPECT_EQ(look(), Lines{});
  files.break_reads(false);
  EXPECT_EQ(look(), (Lines{"2"}));
  EXPECT_EQ(tailer->counts().truncations, 0U);
  EXPECT_GT(tailer->counts().open_errors, 0U);
}

TEST_F(TailerTest, PositionsOfFilesNotSeenAreKeptUpToALimit) {
  std::vector<FilePosition> resume;
  for (std::uint64_t i = 1; i <= 1'001; ++i) {
    FilePosition& gone = resume.emplace_back();
    gone.key = i;
    gone.log = gone.name = "/log/gone" + std::to_string(i);
    gone.id = {1, i};
    gone.offset = gone.ledger.parsed = i;
  }
  restart(resume);
  look();
  const std::vector<FilePosition> positions = tailer->positions();
  ASSERT_EQ(positions.size(), 1'001U);
  EXPECT_EQ(positions[0].key, 0U) << "what the forgotten one came to";
  EXPECT_EQ(positions[0].ledger.parsed, 1U);
  EXPECT_EQ(positions[1].log, "/log/gone2");
  EXPECT_EQ(tailer->counts().missing, 1'001U);
}

TEST_F(TailerTest, EqualFilesOfAFirstLookAllCount) {
  options.patterns = {"/log/*"};
  std::vector<const char*> paths{"/log/api.log", "/log/api.log.1", "/log/api2.log"};
  for (int i = 0; i < 2; ++i) {
    files = {};
    for (const char* path : paths) files.append(path, "same\n");
    start();
    EXPECT_EQ(look(), (Lines{"same", "same", "same"}));
    std::reverse(paths.begin(), paths.end());  // they are met by their births
  }
}

TEST_F(TailerTest, ACopyInTheMakingIsNotReadTwice) {
  options.patterns = {"/log/api.log*"};
  files.append("/log/api.log", "1\n2\n");
  start();
  EXPECT_EQ(look().size(), 2U);
  files.append("/log/api.log.1", "");
  EXPECT_EQ(look(), Lines{});
  files.append("/log/api.log.1", "1\n");
  EXPECT_EQ(look(), Lines{});
  files.append("/log/api.log.1", "2\n");
  files.truncate("/log/api.log");
  files.append("/log/api.log", "3\n");
  EXPECT_EQ(look(), (Lines{"3"}));
}

// A copy seen half made, whose original is truncated and written to before the next look.
TEST_F(TailerTest, ACopySeenHalfMadeDoesNotCountItsOtherHalfAgain) {
  for (const bool copy_is_matched : {false, true}) {
    options.patterns = {copy_is_matched ? "/log/api.log*" : "/log/api.log"};
    files = {};
    files.append("/log/api.log", "1\n2\n3\n");
    start();
    EXPECT_EQ(look().size(), 3U);
    files.append("/log/api.log.1", "1\n2");
    EXPECT_EQ(look(), Lines{});
    files.append("/log/api.log.1", "\n3\n4\n");
    files.truncate("/log/api.log");
    files.append("/log/api.log", "5\n");
    EXPECT_THAT(look(), testing::UnorderedElementsAre("4", "5"));
    EXPECT_EQ(look(), Lines{});
  }
}

// Known by its name and inode, which another file has by now: a hint must not trip over that.
TEST_F(TailerTest, AHintOfAFileWhoseInodeWasGivenAway) {
  options.open_files_max = 1;
  for (const char* name : {"/log/api1.log", "/log/api2.log"}) files.append(name, "1\n");
  start();
  look();
  files.rebirth("/log/api2.log", "2\n");
  tailer->look_at("/log/api2.log", ++now);
  EXPECT_EQ(look(), (Lines{"2"}));
}

TEST_F(TailerTest, TwoRotationsBetweenLooks) {
  files.append("/log/api.log.3", "ancient\n");
  files.append("/log/api.log", "1\n");
  start();
  EXPECT_EQ(look(), (Lines{"1"}));
  files.rename("/log/api.log", "/log/api.log.2");
  files.append("/log/api.log", "2\n");
  files.rename("/log/api.log", "/log/api.log.1");
  files.append("/log/api.log", "3\n");
  files.append("/log/api.log.err", "not ours\n");
  EXPECT_THAT(look(), testing::UnorderedElementsAre("2", "3"));
}

TEST_F(TailerTest, RotationsWhileNobodyLooked) {
  files.append("/log/api.log.9", "ancient\n");
  files.append("/log/api.log", std::string(2000, 'x').replace(1999, 1, "\n") + "1\n");
  options.line_bytes_max = 5000;
  start();
  EXPECT_EQ(look().back(), "1");
  const std::vector<FilePosition> positions = tailer->positions();
  files.append("/log/api.log", "2\n");
  files.rename("/log/api.log", "/log/api.log.2");
  files.append("/log/api.log", "3\n");
  files.rename("/log/api.log", "/log/api.log.1");
  files.append("/log/api.log", "4\n");
  restart(positions);
  EXPECT_THAT(look(), testing::UnorderedElementsAre("2", "3", "4"));
}

TEST(IsRotatedName, WhatRotationAppends) {
  EXPECT_TRUE(is_rotated_name("/log/api.log", "/log/api.log.1"));
  EXPECT_TRUE(is_rotated_name("/log/api.log", "/log/api.log-20261123"));
  EXPECT_TRUE(is_rotated_name("/log/api.log", "/log/api.log.2026-11-23T09:00"));
  EXPECT_FALSE(is_rotated_name("/log/api.log", "/log/api.log"));
  EXPECT_FALSE(is_rotated_name("/log/api.log", "/log/api.log.err"));
  EXPECT_TRUE(is_rotated_name("/log/api.log", "/log/api.log.1.gz"));
  EXPECT_TRUE(is_rotated_name("/log/api.log", "/log/api.log-20261123.zst"));
  EXPECT_FALSE(is_rotated_name("/log/api.log", "/log/api.log.gz"));
  EXPECT_FALSE(is_rotated_name("/log/api.log", "/log/api2.log.1"));
}

TEST_F(TailerTest, UnreadableFileIsTriedAgain) {
  files.append("/log/api.log", "1\n");
  files.forbid("/log/api.log", true);
  start();
  EXPECT_EQ(look(), Lines{});
  EXPECT_EQ(tailer->counts().open_errors, 1U);
  files.forbid("/log/api.log", false);
  EXPECT_EQ(look(), (Lines{"1"}));
}

TEST_F(TailerTest, OverlongLineOverManyBlocks) {
  files.append("/log/api.log", "a\n" + std::string(700'000, 'x'));
  start();
  EXPECT_EQ(look(), (Lines{"a"}));
  files.append("/log/api.log", std::string(700'000, 'y') + "\nb\n");
  EXPECT_EQ(look(), (Lines{"(too long)", "b"}));
}

TEST_F(TailerTest, CompressedFilesAreNoLogsOfTheirOwn) {
  options.patterns = {"/log/*"};
  files.append("/log/api.log.gz", "x\n");
  files.append("/log/api.log.zst", "x\n");
  start();
  EXPECT_EQ(look(), Lines{});
}

TEST_F(TailerTest, UnreadEndOfAFileCompressedWhileStoppedIsRead) {
  files.append("/log/api.log", "one\n");
  start();
  EXPECT_EQ(look(), (Lines{"one"}));
  const std::vector<FilePosition> positions = tailer->positions();
  files.append("/log/api.log", "two\n");
  files.rename("/log/api.log", "/log/api.log.1");
  files.compress("/log/api.log.1");
  files.append("/log/api.log", "three\n");
  restart(positions);
  EXPECT_THAT(look(), testing::UnorderedElementsAre("two", "three"));
  restart(tailer->positions());
  EXPECT_EQ(look(), Lines{});
}

TEST_F(TailerTest, CompressedHistoryIsNotOurs) {
  files.append("/log/api.log", "old\n");
  files.rename("/log/api.log", "/log/api.log.1");
  files.compress("/log/api.log.1");
  files.append("/log/api.log", "one\n");
  start();
  EXPECT_EQ(look(), (Lines{"one"}));
  files.rename("/log/api.log.1.gz", "/log/api.log.2.gz");
  files.rename("/log/api.log", "/log/api.log.1");
  files.append("/log/api.log", "two\n");
  EXPECT_EQ(look(), (Lines{"two"}));
  restart(tailer->positions());
  EXPECT_EQ(look(), Lines{});
}

TEST_F(TailerTest, CopyThatWasCompressedAtOnceIsRecovered) {
  files.append("/log/api.log", "1\n");
  start();
  EXPECT_EQ(look(), (Lines{"1"}));
  files.append("/log/api.log", "2\n");
  files.copy("/log/api.log", "/log/api.log.1");
  files.truncate("/log/api.log");
  files.compress("/log/api.log.1");
  files.append("/log/api.log", "3\n");
  EXPECT_THAT(look(), testing::UnorderedElementsAre("2", "3"));
  EXPECT_EQ(tailer->counts().lost_bytes[0], 0U);
}

TEST_F(TailerTest, HoleOfAWriterWithoutAppendCostsNoLine) {
  files.append("/log/api.log", "first line\n");
  start();
  EXPECT_EQ(look(), (Lines{"first line"}));
  files.truncate("/log/api.log");
  const std::string hole(3'000'000, '\0');
  files.append("/log/api.log", hole + "second line\n");
  EXPECT_EQ(look(), (Lines{"second line"}));
  EXPECT_EQ(tailer->positions().back().offset, hole.size() + 12);
  files.append("/log/api.log", "third\n");
  restart(tailer->positions());
  EXPECT_EQ(look(), (Lines{"third"}));
}

TEST_F(TailerTest, ResumesWhereTheMarkerMatches) {
  files.append("/log/api.log", "one\ntwo\nthr");
  start();
  look();
  const std::vector<FilePosition> positions = tailer->positions();
  ASSERT_EQ(positions.size(), 2U);
  EXPECT_EQ(positions[1].offset, 8U);
  files.append("/log/api.log", "ee\n");
  restart(positions);
  EXPECT_EQ(look(), (Lines{"three"}));
}

TEST_F(TailerTest, AnotherFileOfTheSameInodeIsReadFromItsStart) {
  files.append("/log/api.log", "one\ntwo\n");
  start();
  look();
  const std::vector<FilePosition> positions = tailer->positions();
  files.truncate("/log/api.log");
  files.append("/log/api.log", "1\n2\n3\n4\n5\n");
  restart(positions);
  EXPECT_EQ(look(), (Lines{"1", "2", "3", "4", "5"}));
}

// Lines of a length that no marker of them is like another.
std::string numbered_lines(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) text += std::to_string(i) + std::string(99, 'x') + "\n";
  return text;
}

TEST_F(TailerTest, ALogShortenedByPowerLossIsNotCountedAgain) {
  files.append("/log/api.log", numbered_lines(1, 30));
  start();
  EXPECT_EQ(look().size(), 30U);
  tailer->settle();
  files.append("/log/api.log", numbered_lines(31, 40));
  EXPECT_EQ(look().size(), 10U);
  const std::vector<FilePosition> positions = tailer->positions();
  files.cut("/log/api.log", numbered_lines(1, 35).size());
  restart(positions, true);
  EXPECT_EQ(look(), Lines{});
  EXPECT_EQ(tailer->counts().truncations, 0U);
  files.append("/log/api.log", "new\n");
  EXPECT_EQ(look(), (Lines{"new"}));
  const FilePosition after = tailer->positions().back();
  EXPECT_EQ(after.ledger.counted(), after.offset + after.ledger.undone);
  // Without a new start of the machine it is what it looks like: a truncation.
  restart(positions, false);
  EXPECT_EQ(look().size(), 36U);
  EXPECT_EQ(tailer->counts().truncations, 1U);
}

TEST_F(TailerTest, NulBytesOfAPowerLossCostNoLine) {
  files.append("/log/api.log", numbered_lines(1, 30));
  start();
  EXPECT_EQ(look().size(), 30U);
  tailer->settle();
  files.append("/log/api.log", numbered_lines(31, 40));
  EXPECT_EQ(look().size(), 10U);
  const std::vector<FilePosition> positions = tailer->positions();
  const std::size_t kept = numbered_lines(1, 32).size();
  const std::size_t size = numbered_lines(1, 40).size();
  files.cut("/log/api.log", kept);
  files.append("/log/api.log", std::string(size - kept, '\0') + "new\n");
  restart(positions, true);
  EXPECT_EQ(look(), (Lines{"new"}));
}

TEST_F(TailerTest, AFileThatIsGoneAtARestartIsSaidToBeMissing) {
  files.append("/log/api.log", "one\n");
  start();
  look();
  const std::vector<FilePosition> positions = tailer->positions();
  files.rename("/log/api.log", "/elsewhere/api.log");
  files.append("/log/api.log", "two\n");
  restart(positions);
  EXPECT_EQ(look(), (Lines{"two"}));
  EXPECT_EQ(tailer->counts().missing, 1U);
  EXPECT_THAT(events.seen, testing::Contains("missing /log/api.log"));
}

TEST_F(TailerTest, AReadErrorAtARestartIsNoNewFile) {
  files.append("/log/api.log", "one\n");
  start();
  look();
  const std::vector<FilePosition> positions = tailer->positions();
  files.append("/log/api.log", "two\n");
  files.break_reads(true);
  restart(positions);
  EXPECT_EQ(look(), Lines{});
  files.break_reads(false);
  EXPECT_EQ(look(), (Lines{"two"}));
  EXPECT_EQ(tailer->counts().missing, 0U);
}

TEST_F(TailerTest, MoreFilesThanMayBeOpen) {
  options.open_files_max = 2;
  for (int i = 0; i < 9; ++i) files.append("/log/api" + std::to_string(i) + ".log", "1\n");
  start();
  EXPECT_EQ(look().size(), 9U);
  EXPECT_LE(tailer->refresh_counts(0).files_open, 2U);
  for (int i = 0; i < 9; ++i) files.append("/log/api" + std::to_string(i) + ".log", "2\n");
  files.rename("/log/api8.log", "/log/api8.log.1");
  EXPECT_EQ(look().size(), 9U);
  EXPECT_EQ(tailer->counts().missing, 0U);
}

TEST_F(TailerTest, AnUnreadFileDeletedWhileItWasClosedIsCountedAsLost) {
  options.open_files_max = 1;
  for (const char* name : {"/log/api1.log", "/log/api2.log"}) files.append(name, "1\n");
  start();
  EXPECT_EQ(look().size(), 2U);
  for (const char* name : {"/log/api1.log", "/log/api2.log"}) files.append(name, "unread\n");
  for (const char* name : {"/log/api1.log", "/log/api2.log"}) tailer->look_at(name, ++now);
  files.remove("/log/api2.log");
  EXPECT_EQ(look(), (Lines{"unread"}));
  EXPECT_EQ(tailer->counts().missing, 1U);
  EXPECT_EQ(tailer->counts().lost_bytes[static_cast<std::size_t>(LossReason::kMissing)], 7U);
}

TEST_F(TailerTest, AnEmptyRotatedFileIsWaitedFor) {
  files.append("/log/api.log", "one\n");
  start();
  look();
  files.append("/log/api.log.1", "");
  EXPECT_EQ(look(), Lines{});
  restart(tailer->positions());
  EXPECT_EQ(look(), Lines{});
  files.append("/log/api.log.1", "late\n");
  EXPECT_EQ(look(), (Lines{"late"}));
}

TEST_F(TailerTest, ALogThatMerelyBeginsAlikeIsNoCopy) {
  files.append("/log/api.log", "# a line that begins every log\n");
  start();
  EXPECT_EQ(look().size(), 1U);
  files.rename("/log/api.log", "/log/api.log.2");
  files.append("/log/api.log.1", "# a line that begins every log\nmissed\n");
  files.append("/log/api.log", "# a line that begins every log\n");
  EXPECT_THAT(look(), testing::Contains("missed"));
}

TEST_F(TailerTest, WhatItsBytesCameToAddsUpInEveryFile) {
  files.append("/log/api.log", "one\ntwo\n");
  start();
  look();
  files.truncate("/log/api.log");
  files.append("/log/api.log", std::string(50, '\0') + "three\n");
  look();
  for (const FilePosition& position : tailer->positions()) {
    EXPECT_EQ(position.ledger.counted(), position.offset + position.ledger.undone);
  }
  EXPECT_EQ(tailer->positions().back().ledger.padding, 50U);
}

TEST(AddMark, KeepsTheLatestAndThinsOutTheOld) {
  std::vector<Mark> marks;
  for (std::uint64_t i = 1; i <= 10'000; ++i) add_mark(marks, {i * 100, i});
  ASSERT_EQ(marks.size(), kMarksMax);
  EXPECT_EQ(marks.back().offset, 1'000'000U);
  EXPECT_EQ(marks[kMarksMax - 2].offset, 999'900U);
  EXPECT_LT(marks[1].offset, 500'000U);
  EXPECT_TRUE(std::is_sorted(marks.begin(), marks.end(),
                             [](const Mark& a, const Mark& b) { return a.offset < b.offset; }));
}

TEST_F(TailerTest, ADatedFileThatIsWrittenToIsALogOfItsOwn) {
  options.patterns = {"/log/api.log*"};
  options.start_at_end = true;
  files.append("/log/api.log.2026-11-23", "old\n");
  start();
  EXPECT_EQ(look(), Lines{});
  files.append("/log/api.log.2026-11-24", "one\nhalf");
  EXPECT_EQ(look(), (Lines{"one"}));
  now += 1000;  // beyond the linger
  EXPECT_EQ(look(), Lines{});
  files.append("/log/api.log.2026-11-24", " a line\n");
  EXPECT_EQ(look(), (Lines{"half a line"}));
}

TEST_F(TailerTest, RotatedFilesThatMatchAreNotReadByAFirstStartAtTheEnd) {
  options.patterns = {"/log/api.log*"};
  options.start_at_end = true;
  for (const char* name : {"/log/api.log", "/log/api.log.1"}) files.append(name, "old\n");
  start();
  EXPECT_EQ(look(), Lines{});
}

TEST_F(TailerTest, LagIsWhatIsNotCounted) {
  files.append("/log/api.log", "1\nhalf");
  start();
  test::DirectSink sink(buffer, [](const LineBatch&) { return BatchOutcome{}; });
  tailer->sweep(++now, sink);
  EXPECT_EQ(tailer->refresh_counts(5).files.at(0).lag_bytes, 6U);
  EXPECT_EQ(tailer->counts().oldest_unread_unix_ns, 1) << "when the file was born";
  EXPECT_EQ(tailer->backlog_bytes(), 6U);
  look();
  EXPECT_EQ(tailer->refresh_counts(7).files.at(0).lag_bytes, 4U);
  EXPECT_EQ(tailer->counts().oldest_unread_unix_ns, 0);
  EXPECT_EQ(tailer->backlog_bytes(), 0U);
}

TEST_F(TailerTest, AHintReadsJustThatFile) {
  files.append("/log/api.log", "1\n");
  start();
  look();
  files.append("/log/api.log", "2\n");
  files.append("/log/other.txt", "x\n");
  tailer->look_at("/log/other.txt", ++now);
  tailer->look_at("/log/api.log", now);
  Lines lines;
  test::DirectSink sink(buffer, [&](const LineBatch& batch) {
    lines.emplace_back(batch.text);
    return BatchOutcome{};
  });
  tailer->read(now, sink);
  EXPECT_EQ(lines, (Lines{"2\n"}));
}

}  // namespace
}  // namespace apierrd
