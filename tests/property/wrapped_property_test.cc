// The quick ways through wrappers against slow ones written down here: strings unescaped by each
// kernel and byte by byte, Docker's wrapper taken off, and where blocks of wrapped lines are cut.
// Random lines, whole and broken, in memory.
//
// The seed is printed with a failure; APIERRD_SEED and APIERRD_CASES choose others.
#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "parsers/framing.h"
#include "parsers/unescape/unescape.h"
#include "tests/support/mutate.h"
#include "tests/support/padded.h"
#include "tests/support/random_lives.h"
#include "tests/support/skim_kernels.h"
#include "tests/support/slow_wrappers.h"

namespace apierrd {
namespace {

class Texts {
 public:
  explicit Texts(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  // What may stand between a string's quotes, and what may not.
  std::string escaped() {
    static constexpr std::array kParts{
        "\\\"",    "\\\\",  "\\\\\\\"", "\\/", "/",    "{",       "}",
        "[",       "1",     ":",        ",",   "\xE4", "\\u0026", "\\ud83d\\ude00",
        "\\u000a", "\\\\n", "\\n",      "\\r", "\\t",  "a b"};
    const bool plain = below(2) == 0;
    std::string out;
    for (std::uint64_t left = below(below(4) == 0 ? 100 : 12); left > 0; --left) {
      if (below(4) == 0) out.append(below(70), 'x');
      out += kParts[below(plain ? 11 : kParts.size())];
    }
    return out;
  }

  // The log of a line that has been wrapped before.
  std::string log(unsigned depth) {
    switch (below(depth > 1 ? 4 : 8)) {
      case 0: return escaped();
      case 1: return "{" + escaped() + "}";
      case 2:
        return std::string(R"({\"_)") + (below(4) == 0 ? "\\u005f" : "_") +
               R"(REALTIME_TIMESTAMP\":\"1655046591494032\",\"MESSAGE\":\")" +
               (below(2) == 0 ? "2024-03-14T21:16:57Z stdout P a" : "text") + R"(\"})";
      case 3: return "text";
      default: {
        std::string out;
        for (const char c : line(depth + 1)) {
          if (c == '"' || c == '\\') out += '\\';
          out += c;
        }
        return out;
      }
    }
  }

  std::string docker(unsigned depth) {
    static constexpr std::array kEnds{"\\n", "\\n",   "\\n",      "\\r\\n",
                                      "",    "\\\\n", "\\\\r\\n", "\\u000a"};
    static constexpr std::array kRests{
        R"(","stream":"stdout","time":"2026-11-23T09:00:00.000000001Z"})",
        R"(","stream":"stdout","time":"2026-11-23T09:00:00.000000001Z"})",
        R"(","stream":"stderr","time":"2026-11-23T09:00:00+08:00"})",
        R"(","stream":"stdout","attrs":{"tag":"\n\"","x":"\\"},"time":"2026-11-23T09:00:00Z"})",
        R"(","time":"2026-11-23T09:00:00Z","stream":"stderr"})",
        R"(","stream":"stdout","time":"no time"})",
        R"(","stream":"stdout"})",
        R"("})"};
    return R"({"log":")" + log(depth) + kEnds[below(kEnds.size())] + kRests[below(kRests.size())];
  }

  std::string line(unsigned depth = 0) {
    static constexpr std::array kOthers{"2024-03-14T21:16:57Z stdout F ",
                                        "2024-03-14T21:16:57Z stderr P ",
                                        "<34>1 2026-07-23T09:30:45Z h a 1 m - ",
                                        "Oct 11 22:14:15 host app[1]: ",
                                        "",
                                        "Oct",
                                        "x"};
    std::string out = below(3) != 0
                          ? docker(depth)
                          : kOthers[below(kOthers.size())] + (below(2) == 0 ? docker(depth) : "{}");
    for (std::uint64_t left = below(6) == 0 ? 1 + below(2) : 0; left > 0; --left) mutate(out);
    return out;
  }

 private:
  void mutate(std::string& line) { test::mutate(line, "{}\"\\\\nru/,: F\x01\xFF", random_); }

  std::mt19937_64 random_;
};

TEST(WrappedProperty, EveryKernelUnescapesAsByteByByte) {
  const std::uint64_t first = test::first_seed(), cases = 20 * test::cases();
  for (std::uint64_t seed = first; seed < first + cases; ++seed) {
    Texts texts(seed);
    std::string text = texts.escaped() + (texts.below(2) == 0 ? "\"" : "") + texts.escaped();
    if (texts.below(8) == 0) text += '\\';
    const test::Padded padded(text + "\"\\\\\\n");  // what follows must not matter
    const std::string_view view = padded.view().substr(0, text.size());
    std::string wanted(text.size() + kUnescapeSlack, '\0');
    const PlainPart part = unescape_plain(view, wanted.data(), SkimKernel::kPortable);
    for (const SkimKernel kernel : test::kernels_here()) {
      std::string seen(text.size() + kUnescapeSlack, '\0');
      const PlainPart by_kernel = unescape_plain(view, seen.data(), kernel);
      ASSERT_EQ(by_kernel.read, part.read) << "seed " << seed << "\n" << text;
      ASSERT_EQ(seen.substr(0, by_kernel.written), wanted.substr(0, part.written))
          << "seed " << seed << "\n"
          << text;
      const PlainPart sizes = unescape_plain(view, nullptr, kernel);
      ASSERT_EQ(sizes.read, part.read) << "seed " << seed << "\n" << text;
      ASSERT_EQ(sizes.written, part.written) << "seed " << seed << "\n" << text;
    }
  }
}

TEST(WrappedProperty, DockersWrapperComesOffAsStepByStep) {
  const std::uint64_t first = test::first_seed(), cases = 20 * test::cases();
  std::uint64_t unwrapped = 0;
  for (std::uint64_t seed = first; seed < first + cases; ++seed) {
    const std::string text = Texts(seed).line();
    const test::Padded padded(text);
    const std::optional<test::Unwrapped> wanted = test::slowly_unwrapped(padded.view());
    unwrapped += wanted.has_value();
    for (const SkimKernel kernel : test::kernels_here()) {
      TextPool texts;
      WrappedLine line;
      line.content = padded.view();
      std::optional<test::Unwrapped> seen;
      if (unwrap_docker(line, texts, kernel))
        seen = {std::string(line.content), line.partial, line.stream, line.time_unix_ns()};
      ASSERT_EQ(seen, wanted) << "seed " << seed << ", kernel " << static_cast<int>(kernel) << "\n"
                              << text;
    }
  }
  EXPECT_GT(unwrapped, cases / 4);
  EXPECT_LT(unwrapped, cases);
}

TEST(WrappedProperty, BlocksAreCutWhereNoRecordIsOpen) {
  using enum Wrapper;
  const std::vector<std::vector<Wrapper>> wrappers{
      {kDocker}, {kCri}, {kSyslog}, {kJournald}, {kDocker, kCri}, {kCri, kDocker}, {}};
  std::vector<Framing> framings{{true, {}, false, 500}, {true, {}, true, 500}};
  for (const auto& some : wrappers) framings.push_back({false, some, some.empty(), 500});
  const std::uint64_t first = test::first_seed(), cases = 5 * test::cases();
  for (std::uint64_t seed = first; seed < first + cases; ++seed) {
    Texts texts(seed);
    std::string text;
    for (std::uint64_t left = 1 + texts.below(8); left > 0; --left) {
      text += texts.line() + (texts.below(16) == 0 ? "\r\n" : "\n");
    }
    const test::Padded padded(text);
    for (const Framing& framing : framings) {
      const std::size_t bytes_max = texts.below(2) == 0 ? 300 : 3'000;
      ASSERT_EQ(closed_bytes(padded.view(), framing, bytes_max),
                test::slowly_closed(padded.view(), framing, bytes_max))
          << "seed " << seed << ", framing " << &framing - framings.data() << "\n"
          << text;
    }
  }
}

}  // namespace
}  // namespace apierrd
