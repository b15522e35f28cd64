// Any bytes as a JSON document: accepted if and only if a second reading, byte by byte, accepts
// them, with the same verdict on UTF-8, and both find the same values in it; whatever is behind
// them.
#include <algorithm>
#include <string>

#include "parsers/json_document.h"
#include "tests/support/fuzz_input.h"
#include "tests/support/padded.h"
#include "tests/support/plain_json.h"

using namespace apierrd;

namespace {

void write(const JsonDocument& document, const JsonNode& node, std::string& out) {
  const bool object = node.type == JsonType::kObject;
  if (!object && node.type != JsonType::kArray) {
    if (node.type == JsonType::kString) return test::PlainJson::write_string(node.raw, out);
    out += node.raw;
    return;
  }
  out += object ? '{' : '[';
  document.each_child(node, [&](const JsonNode& child) {
    if (object) {
      test::PlainJson::write_string(child.key, out);
      out += '=';
      std::string key;
      const bool text = decode_json_string(child.key, key);
      if (text) REQUIRE(document.find(node, key) != nullptr);
    }
    write(document, child, out);
    out += ',';
    return true;
  });
  out += object ? '}' : ']';
}

std::size_t brackets_open(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return c == '[' || c == '{'; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static JsonDocument document;
  if (size > 16384) return 0;
  constexpr std::string_view kBehind("\0,]}:\"[{", 8);
  const test::Padded padded({reinterpret_cast<const char*>(data), size},
                            kBehind[size % kBehind.size()]);
  const std::string_view text = padded.view();
  const Verdict verdict = document.parse(text);
  test::PlainJson plain(text, kMaxJsonDepth);
  const auto wanted = plain.read();
  const bool utf8 = test::plain_utf8(text);
  REQUIRE(valid_utf8(text) == utf8);
  REQUIRE((verdict == Verdict::kRecord) == (utf8 && wanted.has_value()));
  // Of a document that is both broken and too deep either may be said.
  if (verdict == Verdict::kTooDeep) REQUIRE(brackets_open(text) > kMaxJsonDepth);
  if (verdict == Verdict::kInvalidJson) REQUIRE(utf8);
  if (verdict == Verdict::kInvalidUtf8) REQUIRE(!utf8);
  if (verdict != Verdict::kRecord) return 0;
  std::string seen;
  write(document, document.root(), seen);
  REQUIRE(seen == *wanted);
  return 0;
}
