// Any bytes as the answer that `apierrd top` gets, from whoever listens there: an error or a screen
// of the size asked for, in which no control character of theirs reaches the terminal.
//
// The input: width, height and sorting, then the answer; from a line `%%%` on, an earlier answer.
#include "daemon/text_width.h"
#include "daemon/top_status.h"
#include "daemon/top_view.h"
#include "tests/support/fuzz_input.h"
#include "tests/support/plain_json.h"

using namespace apierrd;

namespace {

void check_line(const std::string& line, const TopOptions& options) {
  REQUIRE(test::plain_utf8(line));
  for (const char c : line) REQUIRE(static_cast<std::uint8_t>(c) >= 0x20 && c != 0x7F);
  for (const std::string_view mark : {"\u202E", "\u2066", "\u200F", "\u0085"}) {
    REQUIRE(line.find(mark) == std::string::npos);
  }
  REQUIRE(text_width(line) <= options.width);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16384) return 0;
  test::FuzzInput input(data, size);
  TopOptions options;
  options.width = 1 + input.byte();
  options.height = input.byte() % 60;
  options.sort = static_cast<TopSort>(input.choice(kTopSorts));
  options.keys = options.width % 2 == 0;
  const std::string answers(input.rest());
  const std::size_t mark = answers.find("\n%%%\n");
  const Result<TopStatus> status = parse_top_status(answers.substr(0, mark));
  if (!status) return 0;
  std::optional<TopStatus> before;
  if (mark != std::string::npos) {
    if (const Result<TopStatus> earlier = parse_top_status(answers.substr(mark + 5)))
      before = *earlier;
  }
  const std::vector<std::string> lines = render_top(*status, before, options);
  REQUIRE(options.height == 0 || lines.size() <= options.height);
  for (const std::string& line : lines) check_line(line, options);
  return 0;
}
