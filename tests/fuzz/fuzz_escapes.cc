// Strings of JSON without their escapes: every kernel comes to what a reading byte by byte does,
// wherever the string ends and whatever follows it.
#include <array>
#include <string>

#include "parsers/unescape/unescape.h"
#include "tests/support/fuzz_input.h"
#include "tests/support/plain_json.h"
#include "tests/support/skim_kernels.h"

using namespace apierrd;

namespace {

// Where the string's closing quote stands; npos if it does not end.
std::size_t closing_quote(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2U : 1U;
  return at < text.size() ? at : std::string_view::npos;
}

struct Plain {
  std::string said;
  std::size_t read = 0;
};

Plain plainly(std::string_view text) {
  Plain out;
  while (out.read < text.size() && text[out.read] != '"') {
    char c = text[out.read];
    std::size_t size = 1;
    if (c == '\\') {
      if (out.read + 1 == text.size()) {
        ++out.read;
        break;
      }
      c = text[out.read + 1];
      if (c != '"' && c != '\\' && c != '/') break;
      size = 2;
    }
    out.said += c;
    out.read += size;
  }
  return out;
}

void check(std::string_view text, SkimKernel kernel) {
  const Plain wanted = plainly(text);
  std::string room(text.size() + kUnescapeSlack, '\x7F');
  const PlainPart part = unescape_plain(text, room.data(), kernel);
  REQUIRE(part.read == wanted.read && part.written == wanted.said.size());
  REQUIRE(room.substr(0, part.written) == wanted.said);
  const PlainPart sizes = unescape_plain(text, nullptr, kernel);
  REQUIRE(sizes.read == part.read && sizes.written == part.written);

  const std::size_t quote = closing_quote(text);
  const std::string_view raw = text.substr(0, quote);
  const auto said = quote == std::string_view::npos ? std::nullopt : test::plain_unescaped(raw);
  std::string out;
  std::string_view seen;
  const std::size_t end = unescape_string(text, out, seen, kernel);
  REQUIRE(end == (said ? quote : std::string_view::npos));
  if (said) REQUIRE(seen == *said);

  std::string_view body;
  bool rare = false;
  const bool ends = ends_with_newline_escape(text, body, rare, kernel);
  if (!ends) {
    REQUIRE(!said || !raw.ends_with("\\n") || !said->ends_with('\n'));
    return;
  }
  REQUIRE(quote != std::string_view::npos && raw == std::string(body) + "\\n");
  if (said) REQUIRE(said->ends_with('\n'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string decoded;
  const auto wanted = test::plain_unescaped(text);
  REQUIRE(decode_json_text(text, decoded) == wanted.has_value());
  if (wanted) REQUIRE(decoded == *wanted);
  // What stands behind the text is read, and must not matter.
  constexpr std::array kBehind{"\0", "\"\\\"\\", "\\n\"\\n\""};
  for (const char* behind : kBehind) {
    std::string padded(text);
    while (padded.size() < size + kJsonPadding)
      padded.append(behind, 1 + std::string_view(behind).size() / 2);
    const std::string_view view = std::string_view(padded).substr(0, size);
    for (const SkimKernel kernel : test::kernels_here()) check(view, kernel);
  }
  return 0;
}
