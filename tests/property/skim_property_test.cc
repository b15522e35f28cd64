// The fast path against the full parser: whatever a kernel says yes to is a valid document, and a
// log counted with any kernel comes to the same as without. In memory.
//
// The seed is printed with a failure; APIERRD_SEED and APIERRD_CASES choose others.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "parsers/ascii.h"
#include "parsers/process_batch.h"
#include "tests/support/mutate.h"
#include "tests/support/padded.h"
#include "tests/support/random_lives.h"
#include "tests/support/skim_kernels.h"

namespace apierrd {
namespace {

std::shared_ptr<const Catalog> catalog() {
  static const auto catalog = std::make_shared<const Catalog>(builtin_catalog());
  return catalog;
}

const SourceFormat& any_format() {
  static const SourceFormat format = *source_format("auto", builtin_formats());
  return format;
}

// Everything a tally holds, as text.
std::string all_of(const Tally& tally) {
  std::ostringstream out;
  const auto exemplar = [&out](const Exemplar& one) {
    out << " " << one.request_id();
    if (one.id_size > 0) out << "@" << one.time_unix_ns << "=" << one.value_ns;
  };
  const LineCounts& lines = tally.lines;
  out << lines.lines << " " << lines.bytes << " " << lines.records << " " << lines.unreadable_times
      << " " << lines.unreadable_latencies << " " << lines.late_records << " "
      << lines.newest_record_unix_ns;
  for (const std::uint64_t count : lines.by_verdict) out << " " << count;
  for (const std::uint64_t bytes : lines.bytes_by_verdict) out << " " << bytes;
  for (const CallRow* row : tally.calls()) {
    out << "\n" << row->service << "|" << row->action << "|" << row->count;
    out << " " << row->durations.sum_ns;
    for (const std::uint64_t count : row->durations.buckets) out << " " << count;
    for (const Exemplar& one : row->exemplars) exemplar(one);
  }
  for (const ErrorRow* row : tally.errors()) {
    out << "\n" << row->service << "|" << row->action << "|" << row->code << "|" << row->count;
    exemplar(row->exemplar);
    const FailureDetail& latest = row->latest;
    out << " " << latest.request_id << "|" << latest.message << "|" << latest.time_unix_ns << "|"
        << latest.offset_bytes;
  }
  return out.str();
}

std::string counted(const std::string& text, const SourceFormat& format, SkimKernel kernel) {
  const test::Padded padded(text);
  const Ruleset ruleset{catalog(), format, 3'000};
  CallParser parser(kernel);
  Tally tally;
  const LineBatch batch{padded.view(), text.size(), 0, false, 1'795'424'400'000'000'000};
  process_batch(batch, ruleset, parser, tally);
  return all_of(tally);
}

// Lines as they are logged, whole and broken.
class Lines {
 public:
  explicit Lines(std::uint64_t seed) : random_(seed) {
    const bool steady = below(4) == 0;  // many lines alike
    const std::uint64_t count = 1 + below(steady ? 60 : 12);
    for (std::uint64_t i = 0; i < count; ++i) {
      // Lines alike, in which digits, letters and structure differ a little, are the usual case.
      const bool as_before = !last_.empty() && below(steady ? 16 : 2) != 0;
      std::string next = as_before ? alike(last_) : line();
      last_ = next;
      for (std::uint64_t left = below(steady ? 12 : 3) == 0 ? 1 + below(3) : 0; left > 0; --left)
        mutate(next);
      text += next + (below(16) == 0 ? "\r\n" : "\n");
    }
    if (below(4) == 0) text.pop_back();
  }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  std::string text;

  void mutate(std::string& line) {
    test::mutate(line, "{}[]:,\"\\ 01.-etn\t\r\x01\x7F\x80\xE4\xFFu", random_);
  }

 private:
  template <std::size_t size>
  std::string one_of(const std::array<const char*, size>& texts) {
    return texts[below(size)];
  }

  std::string gap() { return spaced_ && below(2) == 0 ? std::string(1 + below(3), ' ') : ""; }

  std::string filler() {
    static constexpr std::array kParts{
        "a", "message ", "\\n", "\\\"", "\\\\", "\\u4f59", "\u4f59\u989d", "{", "}", ":", ",", "/"};
    std::string out;
    const std::uint64_t most = below(20) == 0 ? 600 : 40;
    for (std::uint64_t left = below(most); left > 0; --left) out += one_of(kParts);
    return out;
  }

  std::string value(unsigned depth) {
    static constexpr std::array kScalars{"0",
                                         "1",
                                         "-1",
                                         "12.5",
                                         "1e9",
                                         "0.0",
                                         "-0",
                                         "1E-2",
                                         "true",
                                         "false",
                                         "null",
                                         "\"\"",
                                         "123456789012345678901234567890"};
    switch (below(depth > 3 ? 2 : 4)) {
      case 0: return one_of(kScalars);
      case 1: return "\"" + filler() + "\"";
      case 2: {
        std::string out = "[";
        for (std::uint64_t i = below(5); i > 0; --i)
          out += gap() + value(depth + 1) + gap() + (i > 1 ? "," : "");
        return out + "]";
      }
      default: {
        std::string out = "{";
        for (std::uint64_t i = below(5); i > 0; --i)
          out += gap() + key() + gap() + ":" + gap() + value(depth + 1) + (i > 1 ? "," : "");
        return out + "}";
      }
    }
  }

  std::string key() {
    static constexpr std::array kKeys{
        "Error",
        "Code",
        "RequestId",
        "Response",
        "response",
        "service",
        "action",
        "time",
        "x",
        "Set",
        "a key of more than sixty-four bytes, which no plan can have in any format",
        "ser\\u0076ice",
        ""};
    return "\"" + one_of(kKeys) + "\"";
  }

  std::string response() {
    static constexpr std::array kCodes{
        "InternalError", "FailedOperation.PayPriceError", "AuthFailure", "New.Code.", " X ", ""};
    std::vector<std::string> members;
    if (below(2) == 0)
      members.push_back("\"Error\":" + gap() + "{\"Code\":\"" + one_of(kCodes) +
                        "\",\"Message\":\"" + filler() + "\"}");
    if (below(4) != 0)
      members.push_back("\"RequestId\":\"id-" + std::to_string(below(1000)) + "\"");
    while (below(3) != 0) members.push_back(key() + ":" + value(0));
    return "{\"Response\":" + gap() + object(members) + "}";
  }

  std::string object(std::vector<std::string>& members) {
    if (below(2) == 0) std::shuffle(members.begin(), members.end(), random_);
    std::string out = "{" + gap();
    for (const std::string& member : members)
      out += member + gap() + (&member == &members.back() ? "" : "," + gap());
    return out + "}";
  }

  static std::string escaped(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out + "\"";
  }

  std::string line() {
    static constexpr std::array kTimes{"\"2026-11-23T09:00:00.123Z\"",
                                       "\"2026-11-23 09:00:00+08:00\"",
                                       "1795424400",
                                       "1795424400.5",
                                       "\"no time\"",
                                       "null",
                                       "\"2026-02-30T00:00:00Z\"",
                                       "\"2026-11-23T09:00:60Z\""};
    static constexpr std::array kLatencies{"12.5", "0",   "\"30s\"", "\"5\"",
                                           "-1",   "1e3", "\"x\"",   "{}"};
    spaced_ = below(4) == 0;
    std::vector<std::string> members;
    if (below(8) != 0) members.push_back("\"time\":" + gap() + one_of(kTimes));
    if (below(8) != 0)
      members.push_back("\"service\":" + gap() + (below(9) == 0 ? value(3) : "\"billing\""));
    if (below(8) != 0) members.push_back("\"action\":\"A" + std::to_string(below(4)) + "\"");
    if (below(2) != 0) members.push_back("\"region\":\"ap-guangzhou\"");
    if (below(6) == 0) members.push_back("\"request\":{\"host\":\"cvm.tencentcloudapi.com\"}");
    if (below(4) != 0) members.push_back("\"latency_ms\":" + one_of(kLatencies));
    while (below(3) == 0) members.push_back(key() + ":" + value(0));
    const std::string answer = response();
    if (below(9) == 0) return answer;
    members.push_back("\"response\":" + (below(3) == 0 ? escaped(answer) : answer));
    return object(members);
  }

  // The same with some letters and digits replaced: keys, names, numbers, literals.
  std::string alike(std::string line) {
    static constexpr std::string_view kLike = "00123456789abceEnrstuX";
    for (std::uint64_t left = below(6); left > 0; --left) {
      char& c = line[below(line.size())];
      if (is_letter(c) || is_digit(c)) c = kLike[below(kLike.size())];
    }
    return line;
  }

  std::mt19937_64 random_;
  bool spaced_ = false;
  std::string last_;
};

TEST(SkimProperty, EveryKernelCountsWhatTheFullParserCounts) {
  const SourceFormat strict = tencentcloud_format();
  const std::uint64_t first = test::first_seed();
  const std::uint64_t cases = 10 * test::cases();
  for (std::uint64_t seed = first; seed < first + cases; ++seed) {
    const Lines lines(seed);
    for (const SourceFormat* format : {&strict, &any_format()}) {
      const std::string wanted = counted(lines.text, *format, SkimKernel::kOff);
      for (const SkimKernel kernel : test::kernels_here()) {
        ASSERT_EQ(counted(lines.text, *format, kernel), wanted)
            << "seed " << seed << ", kernel " << static_cast<int>(kernel) << "\n"
            << lines.text;
      }
    }
  }
}

std::string in_docker(const std::string& line, Lines& lines) {
  std::string out = R"({"log":")";
  for (const char c : line) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  if (lines.below(16) != 0) out += lines.below(16) == 0 ? "\\r\\n" : "\\n";
  out += lines.below(8) == 0 ? R"(","stream":"stderr",)" : R"(","stream":"stdout",)";
  if (lines.below(8) == 0) out += R"("attrs":{"tag":"a\"b"},)";
  return out + R"("time":"2026-11-23T09:00:00.000000001Z"})";
}

// Each line in this wrapper, but for some.
std::string wrapped(std::string_view text, Wrapper wrapper, Lines& lines) {
  std::string out;
  while (!text.empty()) {
    std::string line(take_line(text));
    if (lines.below(16) != 0) {
      switch (wrapper) {
        case Wrapper::kDocker: line = in_docker(line, lines); break;
        case Wrapper::kCri:
          line.insert(0, lines.below(9) == 0 ? "2026-11-23T09:00:00Z stdout P "
                                             : "2026-11-23T09:00:00.5Z stderr F ");
          break;
        default: line.insert(0, "<34>Oct 11 22:14:15 host app[1]: "); break;
      }
      if (lines.below(8) == 0) lines.mutate(line);
    }
    out += line + "\n";
  }
  return out;
}

TEST(SkimProperty, WrappedLinesCountAsWhatTheFullParserCounts) {
  const std::uint64_t first = test::first_seed();
  const std::uint64_t cases = 3 * test::cases();
  std::uint64_t seed = first;
  const auto check = [&seed](const std::string& text, const SourceFormat& format) {
    const std::string wanted = counted(text, format, SkimKernel::kOff);
    for (const SkimKernel kernel : test::kernels_here()) {
      ASSERT_EQ(counted(text, format, kernel), wanted)
          << "seed " << seed << ", kernel " << static_cast<int>(kernel) << "\n"
          << text;
    }
  };
  for (; seed < first + cases; ++seed) {
    Lines lines(seed);
    for (const Wrapper wrapper : {Wrapper::kDocker, Wrapper::kCri, Wrapper::kSyslog}) {
      const std::string text = wrapped(lines.text, wrapper, lines);
      SourceFormat strict = tencentcloud_format();
      strict.framing.wrappers = {wrapper};
      ASSERT_NO_FATAL_FAILURE(check(text, strict));
      ASSERT_NO_FATAL_FAILURE(check(text, any_format()));
    }
  }
}

// All short sequences of tokens, in an object and by themselves, wherever their blocks end.
TEST(SkimProperty, NoKernelTakesASequenceOfTokensThatIsNoDocument) {
  static constexpr std::array<std::string_view, 15> kTokens{
      " ", "}",  "[",    "]",    ":", ",",  "\"a\"",       "1",
      "{", "01", "true", "-1.5", ".", "e1", "\"Response\""};
  const SourceFormat format = tencentcloud_format();
  JsonDocument document;
  Skim skim;
  std::uint64_t taken = 0, valid = 0;
  const bool is_slow = std::getenv("APIERRD_SLOW") != nullptr;
  const std::uint64_t sequences = 15 * 15 * 15 * 15 * (is_slow ? 1 : 15);
  for (std::uint64_t number = 0; number < sequences; ++number) {
    std::string tokens;
    for (std::uint64_t rest = number; rest > 0; rest /= kTokens.size()) {
      tokens += kTokens[rest % kTokens.size()];
    }
    const std::string pad(number % 64, 'x');
    std::string items = "1";  // so that blocks of the outline end anywhere as well
    for (std::uint64_t i = 0; i < number % 61; ++i) items += i % 2 == 0 ? " " : ",1";
    for (const std::string& text : {"{\"" + pad + "\":" + tokens + "}",
                                    "{\"" + pad + "\":[" + items + "]," + tokens + "}", tokens}) {
      const test::Padded padded(text);
      const bool is_valid = document.parse(padded.view()) == Verdict::kRecord;
      valid += is_valid;
      for (const SkimKernel kernel : test::kernels_here()) {
        const bool yes = skim.document(padded.view(), format.skim->record, kernel);
        taken += yes;
        ASSERT_TRUE(is_valid || !yes) << text << ", kernel " << static_cast<int>(kernel);
      }
    }
  }
  EXPECT_GT(taken, valid / 2 * test::kernels_here().size());  // it is of use as well
}

}  // namespace
}  // namespace apierrd
