#include "parsers/framing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "parsers/line_batch.h"
#include "tests/support/padded.h"

namespace apierrd {
namespace {

struct Seen {
  std::string text;
  std::uint32_t lines = 1;
  bool too_long = false, not_wrapped = false;
  bool operator==(const Seen&) const = default;
};

void PrintTo(const Seen& seen, std::ostream* out) {
  *out << "{" << seen.lines << " lines" << (seen.too_long ? ", too long" : "")
       << (seen.not_wrapped ? ", not wrapped" : "") << ": " << seen.text << "}";
}

class FramingTest : public testing::Test {
 protected:
  std::vector<Seen> records(std::string_view text) {
    const test::Padded padded(text);
    std::string_view rest = padded.view();
    std::vector<Seen> seen;
    const auto keep = [&](const std::vector<Record>& ready) {
      for (const Record& record : ready) {
        seen.push_back({record.too_long ? std::string() : std::string(record.text), record.lines,
                        record.too_long, record.not_wrapped});
        bytes += record.bytes;
      }
    };
    Framer framer(framing, bytes_max);
    bytes = 0;
    while (!rest.empty()) {
      const std::size_t before = rest.size();
      const std::string_view line = take_line(rest);
      keep(framer.feed(line, before - rest.size()));
    }
    keep(framer.finish());
    EXPECT_EQ(bytes, text.size());
    return seen;
  }
  std::size_t closed(std::string_view text) {
    const test::Padded padded(text);
    return closed_bytes(padded.view(), framing, bytes_max);
  }

  Framing framing{true, {}, true, 500};
  std::size_t bytes_max = 1'000;
  std::uint64_t bytes = 0;
};

std::string cri(const char* stream, const char* tag, const std::string& text) {
  return std::string("2024-03-14T21:16:57.04800154Z ") + stream + " " + tag + " " + text + "\n";
}

TEST_F(FramingTest, PartsOfTwoStreamsAreJoinedApart) {
  EXPECT_EQ(records(cri("stdout", "P", "a") + cri("stderr", "P", "x") + cri("stdout", "F", "b") +
                    cri("stderr", "F", "y")),
            (std::vector<Seen>{{"ab", 2}, {"xy", 2}}));
}

TEST_F(FramingTest, ALineWithoutWrapperIsNoPartOfAWrappedOne) {
  EXPECT_EQ(records(cri("stdout", "P", "a") + "plain\n" + cri("stdout", "F", "b")),
            (std::vector<Seen>{{"plain"}, {"ab", 2}}));
}

TEST_F(FramingTest, WrappersWithinPartsAreTakenOffAsTold) {
  framing.detect = false;
  framing.wrappers = {Wrapper::kCri, Wrapper::kSyslog};
  EXPECT_EQ(
      records(cri("stdout", "P", "<34>Oct 11 22:14:15 ho") + cri("stdout", "F", "st app[1]: text")),
      (std::vector<Seen>{{"text", 2}}));
  EXPECT_EQ(records(cri("stdout", "P", "no sys") + cri("stdout", "F", "log")),
            (std::vector<Seen>{{"no syslog", 2, false, true}}));
}

TEST_F(FramingTest, TheLastPartIsNotLookedIntoByItself) {
  EXPECT_EQ(
      records(cri("stdout", "P", "said: ") + cri("stdout", "F", "<34>Oct 11 22:14:15 h a: x")),
      (std::vector<Seen>{{"said: <34>Oct 11 22:14:15 h a: x", 2}}));
}

TEST_F(FramingTest, PartsWithinAnotherWrapperAreJoined) {
  const std::string first =
      R"({"log":"2024-03-14T21:16:57Z stdout P a\n","stream":"stdout","time":""})";
  const std::string second =
      R"({"log":"2024-03-14T21:16:57Z stdout F b\n","stream":"stdout","time":""})";
  EXPECT_EQ(records(first + "\n" + second + "\n"), (std::vector<Seen>{{"ab", 2}}));
}

TEST_F(FramingTest, AnOpenPartHoldsUpNoMoreThanALimitOfOtherLines) {
  std::string text = cri("stdout", "P", "a");
  std::vector<Seen> wanted{{"a"}};
  for (int i = 0; i < 30; ++i) text += cri("stderr", "F", "other"), wanted.push_back({"other"});
  text += cri("stdout", "F", "b");
  wanted.push_back({"b"});
  std::vector<Seen> seen = records(text);
  const auto part = std::find(seen.begin(), seen.end(), Seen{"a"});
  ASSERT_NE(part, seen.end());
  std::rotate(seen.begin(), part, part + 1);  // it counts once it is given up
  EXPECT_EQ(seen, wanted);
  EXPECT_EQ(closed(text), text.size());
}

TEST_F(FramingTest, ARecordOfTooManyPartsCountsAsFarAsItGoes) {
  const std::string text(400, 'a'), part = cri("stdout", "P", text);
  EXPECT_EQ(records(part + part + part + cri("stdout", "F", "b")),
            (std::vector<Seen>{{text + text, 2}, {text + "b", 2}}));
}

TEST_F(FramingTest, ALineTooLongEndsWhatIsOpen) {
  EXPECT_EQ(records("{\n" + std::string(1'001, 'x') + "\n}\n"),
            (std::vector<Seen>{{"{"}, {"", 1, true}, {"}"}}));
}

TEST_F(FramingTest, AStrayBraceCostsNoNeighbour) {
  const std::string call = R"({"Response":{}})";
  EXPECT_EQ(records("before\n{\n" + call + "\nafter\n"),
            (std::vector<Seen>{{"before"}, {"{"}, {call}, {"after"}}));
}

TEST_F(FramingTest, ADocumentBehindOneThatStopsIsFound) {
  EXPECT_EQ(records("resp {\"a\":\n{\n\"b\":1\n}\n{\n\"c\":2\n}\n"),
            (std::vector<Seen>{{"resp {\"a\":"}, {"{\n\"b\":1\n}", 3}, {"{\n\"c\":2\n}", 3}}));
  EXPECT_EQ(records("resp {\"a\":\n{\n\"b\":1\n}\n"),
            (std::vector<Seen>{{"resp {\"a\":"}, {"{\n\"b\":1\n}", 3}}));
}

TEST_F(FramingTest, ADocumentOfTooManyLinesIsGivenUpFromItsFirst) {
  framing.join_lines_max = 3;
  EXPECT_EQ(records("{\n\"a\": {\n\"b\": 1\n}\n}\nend\n"),
            (std::vector<Seen>{{"{"}, {"\"a\": {\n\"b\": 1\n}", 3}, {"}"}, {"end"}}));
}

TEST_F(FramingTest, ClosedUpToWhereNoRecordIsOpen) {
  const std::string first = cri("stdout", "F", "a");
  EXPECT_EQ(closed(first + cri("stdout", "P", "b")), first.size());
  EXPECT_EQ(closed("{\n}\n{\n"), 4U);
  EXPECT_EQ(closed("{\nx\n{\n"), 4U);
}

TEST_F(FramingTest, APartAtAFilesStartBehindAByteOrderMarkIsWaitedFor) {
  const std::string text = "\xEF\xBB\xBF" + cri("stdout", "P", "a");
  const test::Padded padded(text);
  EXPECT_EQ(LineCutter(true).cut(padded.view(), bytes_max, framing).consumed, 0U);
}

}  // namespace
}  // namespace apierrd
