#include "parsers/json_prefix.h"

#include <gtest/gtest.h>

namespace apierrd {
namespace {

JsonPrefix::State fed(std::initializer_list<std::string_view> pieces) {
  JsonPrefix prefix;
  prefix.reset();
  JsonPrefix::State state = JsonPrefix::State::kOpen;
  for (const std::string_view piece : pieces) {
    std::size_t used = 0;
    state = prefix.feed(piece, used);
    EXPECT_LE(used, piece.size());
  }
  return state;
}

TEST(JsonPrefix, SaysWhereADocumentEnds) {
  JsonPrefix prefix;
  std::size_t used = 0;
  EXPECT_EQ(prefix.feed(R"({"a":[1,{"b":"}"}],"c":null} rest)", used),
            JsonPrefix::State::kComplete);
  EXPECT_EQ(used, 28U);
}

TEST(JsonPrefix, GoesOnOverLines) {
  EXPECT_EQ(fed({"{", R"("a" :)", "[ 1 ,", "true ]"}), JsonPrefix::State::kOpen);
  EXPECT_EQ(fed({"{", R"("a" :)", "[ 1 ,", "true ]", "}"}), JsonPrefix::State::kComplete);
}

TEST(JsonPrefix, BreaksWhereNoDocumentGoesOn) {
  for (const char* text :
       {"{{", "{a", "{]", R"({"a",)", R"({"a":})", R"({"a":1,})", R"({"a":[1,]})", R"({"a" "b")",
        R"({"a":nul})", R"({"a":'x')", R"({"a":"open)"}) {
    EXPECT_EQ(fed({text}), JsonPrefix::State::kBroken) << text;
  }
  EXPECT_EQ(fed({"{", "2026-11-25 started"}), JsonPrefix::State::kBroken);
  EXPECT_EQ(fed({std::string(2000, '{')}), JsonPrefix::State::kBroken);
}

TEST(FindDocument, BehindAPrefixAndOneAfterAnother) {
  const std::string_view text = R"(a {b} [x], request: {"q":1}, response:{"r":{}},cost 1ms)";
  EmbeddedDocument found = find_document(text, 0);
  EXPECT_EQ(text.substr(found.begin, found.end - found.begin), R"({"q":1})");
  found = find_document(text, found.end);
  EXPECT_EQ(text.substr(found.begin, found.end - found.begin), R"({"r":{}})");
  EXPECT_FALSE(found.cut_off);
  EXPECT_EQ(find_document(text, found.end).begin, std::string_view::npos);
}

TEST(FindDocument, CutOffBetweenTokensOrInsideAString) {
  for (const char* text : {R"(x {"a":)", R"(x {"a":"b)", R"(x {"a)"}) {
    const EmbeddedDocument found = find_document(text, 0);
    EXPECT_EQ(found.begin, 2U) << text;
    EXPECT_TRUE(found.cut_off) << text;
  }
}

TEST(FindDocument, ManyOpenBracesCostTheirLengthOnce) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += R"({"a":)";
  EXPECT_NE(find_document(text + "!", 0).begin, 0U);
}

}  // namespace
}  // namespace apierrd
