// Random streams of Docker, CRI and pretty-printed JSON lines, whole and broken: however a stream
// is cut into blocks, it comes to the same as in one piece. In memory.
//
// The seed is printed with a failure; APIERRD_SEED and APIERRD_CASES choose others.
#include <gtest/gtest.h>

#include <random>
#include <sstream>
#include <string>

#include "tests/support/block_reader.h"
#include "tests/support/random_lives.h"

namespace apierrd {
namespace {

constexpr std::size_t kLineBytesMax = 400;

class Stream {
 public:
  explicit Stream(std::uint64_t seed) : random_(seed) {
    ruleset.catalog = catalog();
    ruleset.format = *source_format(below(4) == 0 ? "tencentcloud" : "auto", builtin_formats());
    ruleset.line_bytes_max = kLineBytesMax;
    Framing& framing = ruleset.format.framing;
    framing.detect = below(4) != 0;
    if (!framing.detect && below(2) == 0) framing.wrappers = {Wrapper::kCri};
    framing.join_json = below(4) != 0;
    framing.join_lines_max = below(2) == 0 ? 500 : 2 + below(8);
    if (below(8) == 0) {  // before a line that is not too long: of that it would be a part
      text = "\xEF\xBB\xBF";
      add_parts(below(2) == 0);
      add("");  // should there be none
    }
    const std::uint64_t count = 1 + below(60);
    for (std::uint64_t i = 0; i < count; ++i) piece();
    if (below(3) == 0) text.resize(below(text.size() + 1));  // half a line at the end
  }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  Ruleset ruleset;
  std::string text;

 private:
  static std::shared_ptr<const Catalog> catalog() {
    static const auto catalog = std::make_shared<const Catalog>(builtin_catalog());
    return catalog;
  }

  std::string document(const char* gap) {
    std::ostringstream out;
    out << "{" << gap << "\"service\": \"billing\"," << gap << "\"action\": \"A" << below(3)
        << "\"," << gap << "\"response\": {" << gap << "\"Response\": {";
    if (below(2) == 0) out << gap << "\"Error\": {\"Code\": \"InternalError\"}";
    out << gap << "}" << gap << "}" << gap << "}";
    return out.str();
  }

  std::string content() {
    switch (below(5)) {
      case 0: return "[TencentCloudSDKError] Code=AuthFailure.SignatureFailure, Message=m";
      case 1: return "some text";
      case 2: return "{";
      default: return document(" ");
    }
  }

  void add(const std::string& line) { text += line + (below(16) == 0 ? "\r\n" : "\n"); }

  void add_cri(const std::string& part, bool partial) {
    add(std::string("2024-03-14T21:16:57.048Z ") + (below(3) == 0 ? "stderr" : "stdout") +
        (partial ? " P " : " F ") + part);
  }

  void add_docker(const std::string& part, bool partial) {
    std::string escaped;
    for (const char c : part) escaped += (c == '"' ? std::string("\\") : std::string()) + c;
    add("{\"log\":\"" + escaped + (partial ? "" : "\\n") + "\",\"stream\":\"" +
        (below(3) == 0 ? "stderr" : "stdout") + "\",\"time\":\"2021-04-27T09:07:15.166Z\"}");
  }

  void add_parts(bool docker) {
    const std::string whole = content();
    const std::size_t middle = below(whole.size() + 1);
    const bool split = below(2) == 0;
    const auto write = [&](const std::string& part, bool partial) {
      docker ? add_docker(part, partial) : add_cri(part, partial);
    };
    if (split) write(whole.substr(0, middle), true);
    if (split && below(4) == 0) piece();  // something in between
    if (below(8) != 0) write(split ? whole.substr(middle) : whole, false);
  }

  void add_pretty() {
    std::string lines = document("\n");
    if (below(4) == 0) lines.resize(below(lines.size() + 1));  // the writer died
    add(below(4) == 0 ? "2024-03-14 12:00:00 response: " + lines : lines);
  }

  void piece() {
    switch (below(12)) {
      case 0: return add(content());
      case 1: return add(std::string(kLineBytesMax - 5 + below(10), 'x'));
      case 2: return add("{\"a\":");
      case 3: return add("");
      case 4:
      case 5:
      case 6: return add_parts(true);
      case 7:
      case 8:
      case 9: return add_parts(false);
      default: return add_pretty();
    }
  }

  std::mt19937_64 random_;
};

TEST(FramingProperty, WhereBlocksEndMakesNoDifference) {
  const std::uint64_t first = test::first_seed(), count = test::cases();
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    Stream stream(seed);
    test::BlockReader whole(stream.ruleset);
    const std::string wanted =
        test::text_of(whole.read(stream.text, SIZE_MAX, [&] { return stream.text.size() + 1; }));
    const std::size_t smallest = kLineBytesMax + kLineSlack + 1;
    for (const std::uint64_t step : {std::uint64_t{1}, std::uint64_t{40}, std::uint64_t{900}}) {
      test::BlockReader reader(stream.ruleset);
      const std::string seen = test::text_of(reader.read(stream.text, smallest + stream.below(900),
                                                         [&] { return 1 + stream.below(step); }));
      ASSERT_EQ(seen, wanted) << "APIERRD_SEED=" << seed << " steps of up to " << step << "\n"
                              << stream.text;
    }
  }
}

}  // namespace
}  // namespace apierrd
