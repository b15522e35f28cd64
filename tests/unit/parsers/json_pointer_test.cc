#include "parsers/json_pointer.h"

#include <gtest/gtest.h>

#include "tests/support/padded.h"

namespace apierrd {
namespace {

TEST(JsonPointer, ExamplesOfRfc6901) {
  const test::Padded text(R"({"foo":["bar","baz"],"":0,"a/b":1,"m~n":8,"e^f":3})");
  JsonDocument document;
  ASSERT_EQ(document.parse(text.view()), Verdict::kRecord);
  const auto raw = [&](const char* pointer) {
    const JsonNode* node = resolve(document, document.root(), *parse_json_pointer(pointer));
    return node == nullptr ? std::string("(none)") : std::string(node->raw);
  };
  EXPECT_EQ(raw("/foo/0"), "bar");
  EXPECT_EQ(raw("/"), "0");
  EXPECT_EQ(raw("/a~1b"), "1");
  EXPECT_EQ(raw("/m~0n"), "8");
  EXPECT_EQ(raw("/foo/01"), "(none)");
  EXPECT_EQ(raw("/foo/2"), "(none)");
  EXPECT_EQ(raw("/foo/bar"), "(none)");
  EXPECT_EQ(raw("/nope/x"), "(none)");
  EXPECT_EQ(resolve(document, document.root(), *parse_json_pointer("")), &document.root());
}

TEST(JsonPointer, RefusesMalformedText) {
  for (const char* text : {"foo", "foo/bar", "/a~", "/a~2"}) {
    EXPECT_FALSE(parse_json_pointer(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace apierrd
