#include "parsers/framing.h"

#include <gtest/gtest.h>

#include "parsers/line_batch.h"
#include "tests/support/padded.h"

namespace apierrd {
namespace {

// What a stream of lines becomes: the text of each record with its number of lines.
class FramingTest : public testing::Test {
 protected:
  std::vector<std::pair<std::string, std::uint32_t>> framed(std::string_view text) {
    const test::Padded padded(text);
    std::vector<std::pair<std::string, std::uint32_t>> out;
    Framer framer(framing, bytes_max);
    const auto take = [&](const std::vector<Record>& records) {
      for (const Record& record : records) {
        bytes += record.bytes;
        out.emplace_back(record.too_long      ? "too long"
                         : record.not_wrapped ? "not wrapped"
                                              : std::string(record.text),
                         record.lines);
      }
    };
    for (std::string_view rest = padded.view(); !rest.empty();) {
      const std::size_t before = rest.size();
      const std::string_view line = take_line(rest);
      take(framer.feed(line, before - rest.size()));
    }
    take(framer.finish());
    EXPECT_EQ(bytes, text.size());
    bytes = 0;
    return out;
  }
  std::size_t closed(std::string_view text) const {
    const test::Padded padded(text);
    return closed_bytes(padded.view(), framing, bytes_max);
  }
  using Lines = std::vector<std::pair<std::string, std::uint32_t>>;

  Framing framing{true, {}, false, 4};
  std::size_t bytes_max = 1000;
  std::uint64_t bytes = 0;
};

constexpr const char* kP = "2026-11-25T09:00:00Z stdout P ";
constexpr const char* kF = "2026-11-25T09:00:00Z stdout F ";
constexpr const char* kE = "2026-11-25T09:00:00Z stderr F ";

TEST_F(FramingTest, PartsOfTwoStreamsAreJoinedApart) {
  const std::string text = std::string(kP) + "ab\n" + kE + "x\n" + kP + "cd\n" + kF + "ef\n";
  EXPECT_EQ(framed(text), (Lines{{"x", 1}, {"abcdef", 3}}));
}

TEST_F(FramingTest, DockerRecordsAreJoinedUntilTheirNewline) {
  const char* const rest = R"(","stream":"stdout","time":"2026-11-25T09:00:00Z"})";
  EXPECT_EQ(framed(std::string(R"({"log":"ab)") + rest + "\n" + R"({"log":"cd\n)" + rest + "\n"),
            (Lines{{"abcd", 2}}));
}

TEST_F(FramingTest, APositionStandsOnlyWhereNoRecordIsOpen) {
  const std::string whole = std::string(kF) + "a\n";
  const std::string open = std::string(kP) + "b\n";
  EXPECT_EQ(closed(whole + open), whole.size());
  EXPECT_EQ(closed(open + std::string(kE) + "x\n"), 0U);
  EXPECT_EQ(closed(open + whole), open.size() + whole.size());
}

TEST_F(FramingTest, PartsBeyondTheLimitAreOneRecordThatIsTooLong) {
  bytes_max = 60;
  std::string text;
  for (int i = 0; i < 5; ++i) text += std::string(kP) + "0123456789012345\n";
  EXPECT_EQ(framed(text + kF + "end\n" + kF + "next\n"), (Lines{{"too long", 6}, {"next", 1}}));
}

TEST_F(FramingTest, UnfinishedPartsAtTheEndCountAsTheyAre) {
  EXPECT_EQ(framed(std::string(kP) + "ab\n"), (Lines{{"ab", 1}}));
}

TEST_F(FramingTest, PrettyPrintedDocumentsAreJoined) {
  framing = {false, {}, true, 10};
  EXPECT_EQ(framed("answer: {\n \"a\": [\n 1\n]\n}, cost 3ms\nplain\n"),
            (Lines{{"answer: {\n \"a\": [\n 1\n]\n}, cost 3ms", 5}, {"plain", 1}}));
  EXPECT_EQ(closed("{\n\"a\":1\n"), 0U);
}

TEST_F(FramingTest, AStrayBraceDoesNotCostItsNeighbours) {
  framing = {false, {}, true, 10};
  EXPECT_EQ(
      framed("{\n{\"a\":1}\nvoid f() {\nplain\n{\n\"b\":2}\n"),
      (Lines{{"{", 1}, {"{\"a\":1}", 1}, {"void f() {", 1}, {"plain", 1}, {"{\n\"b\":2}", 2}}));
}

TEST_F(FramingTest, AJoinEndsAtItsLimitAndEveryLineCountsByItself) {
  framing = {false, {}, true, 3};
  EXPECT_EQ(framed("{\n\"a\":\n[\n1\n]\n}\n").size(), 6U);
}

TEST_F(FramingTest, LinesWithoutTheWrapperThatMustBeThere) {
  framing = {false, {Wrapper::kSyslog, Wrapper::kCri}, false, 10};
  EXPECT_EQ(framed(std::string("Sep  5 09:16:40 h a[1]: ") + kF + "x\n" + kF + "y\n"),
            (Lines{{"x", 1}, {"not wrapped", 1}}));
}

TEST_F(FramingTest, ALineBeyondTheLimitIsARecordOfItsOwn) {
  bytes_max = 40;
  EXPECT_EQ(framed(std::string(kP) + "a\n" + std::string(50, 'x') + "\n" + kF + "b\n"),
            (Lines{{"too long", 1}, {"ab", 2}}));
}

}  // namespace
}  // namespace apierrd
