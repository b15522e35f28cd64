#include "parsers/line_batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace apierrd {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) lines.emplace_back(take_line(text));
  return lines;
}

TEST(TakeLine, LineEnds) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(lines_of("a\nb\r\n\n\r\nc"), (Lines{"a", "b", "", "", "c"}));
  EXPECT_EQ(lines_of("a\rb\r\r\n"), (Lines{"a\rb\r"}));
}

TEST(LineCutter, KeepsTheUnfinishedLineBack) {
  LineCutter cutter;
  const auto cut = cutter.cut("one\ntwo\nthr", 100);
  EXPECT_EQ(cut.batch.text, "one\ntwo\n");
  EXPECT_EQ(cut.batch.bytes, 8U);
  EXPECT_EQ(cut.consumed, 8U);
  EXPECT_EQ(cutter.finish("thr").text, "thr");
}

TEST(LineCutter, AHoleAtTheStartBelongsToNoLine) {
  using namespace std::string_view_literals;
  LineCutter cutter;
  EXPECT_EQ(cutter.cut("\0\0\0"sv, 1).batch.bytes, 2U);
  const auto cut = cutter.cut("\0\0one\n\0two\n"sv, 100);
  EXPECT_EQ(cut.batch.text, "one\n\0two\n"sv);
  EXPECT_EQ(cut.batch.bytes, 11U);
  EXPECT_EQ(cut.consumed, 11U);
  EXPECT_EQ(LineCutter(false).cut("\0one\n"sv, 100).batch.text, "\0one\n"sv);
}

TEST(LineCutter, ALineOfNulBytesIsALine) {
  using namespace std::string_view_literals;
  const auto cut = LineCutter().cut("\0\0\0\none\n"sv, 100);
  EXPECT_EQ(cut.batch.text, "\0\none\n"sv);
  EXPECT_EQ(cut.batch.bytes, 8U);
  LineCutter cutter;
  EXPECT_EQ(cutter.cut("\0\0"sv, 100).consumed, 1U);
  EXPECT_EQ(cutter.finish("\0"sv).text, "\0"sv);
}

TEST(LineCutter, ALineOfTheLimitWithMarkAndCrIsStillWaitedFor) {
  LineCutter cutter;
  EXPECT_EQ(cutter
                .cut("\xEF\xBB\xBF"
                     "12345\r",
                     5)
                .consumed,
            0U);
  EXPECT_EQ(cutter.pending_bytes(), 0U);
}

TEST(LineCutter, OverlongLineIsOneLineHoweverManyBlocks) {
  LineCutter cutter;
  EXPECT_EQ(cutter.cut("1234567890", 5).consumed, 10U);
  EXPECT_EQ(cutter.cut("89", 5).consumed, 2U);
  EXPECT_EQ(cutter.pending_bytes(), 12U);
  const auto cut = cutter.cut("0\nok\nrest", 5);
  EXPECT_EQ(cut.batch.overlong_lines, 1U);
  EXPECT_EQ(cut.batch.text, "ok\n");
  EXPECT_EQ(cut.batch.bytes, 14U + 3U);
  EXPECT_EQ(cut.consumed, 5U);
  EXPECT_EQ(cutter.pending_bytes(), 0U);
}

TEST(LineCutter, OverlongLastLineWithoutNewline) {
  LineCutter cutter;
  (void)cutter.cut("1234567890", 5);
  const LineBatch batch = cutter.finish("89");
  EXPECT_EQ(batch.overlong_lines, 1U);
  EXPECT_EQ(batch.bytes, 12U);
}

// However a file is cut into blocks, the same lines come out and every byte is accounted for.
TEST(LineCutter, AnyChunkingGivesTheSameLines) {
  constexpr std::size_t kLimit = 6;
  const unsigned seed = 20261123;
  std::mt19937 random(seed);
  for (int round = 0; round < 3000; ++round) {
    std::string file;
    for (auto i = random() % 60; i > 0; --i) file.push_back("abcd\r\n\n"[random() % 7]);
    std::vector<std::string> expected;
    for (std::string& line : lines_of(file)) {
      expected.push_back(line.size() > kLimit ? "(too long)" : line);
    }
    LineCutter cutter;
    std::vector<std::string> seen;
    std::uint64_t bytes = 0;
    const auto take = [&](const LineBatch& batch) {
      for (unsigned i = 0; i < batch.overlong_lines; ++i) seen.emplace_back("(too long)");
      for (std::string& line : lines_of(batch.text)) {
        seen.push_back(line.size() > kLimit ? "(too long)" : line);
      }
      bytes += batch.bytes;
    };
    std::size_t at = 0;     // first byte the cutter has not consumed
    std::size_t known = 0;  // bytes the "file" has so far
    while (known < file.size()) {
      known = std::min(file.size(), known + 1 + random() % 7);
      const auto cut = cutter.cut(std::string_view(file).substr(at, known - at), kLimit);
      take(cut.batch);
      at += cut.consumed;
    }
    take(cutter.finish(std::string_view(file).substr(at)));
    ASSERT_EQ(seen, expected) << "seed " << seed << " round " << round;
    ASSERT_EQ(bytes, file.size()) << "seed " << seed << " round " << round;
  }
}

}  // namespace
}  // namespace apierrd
