#include "parsers/json_document.h"

#include <gtest/gtest.h>

#include "tests/support/padded.h"

namespace apierrd {
namespace {

using test::Padded;

Verdict parse(std::string_view text) {
  const Padded padded(text);
  JsonDocument document;
  return document.parse(padded.view());
}

TEST(JsonDocument, AcceptsEveryKindOfDocument) {
  for (const char* text :
       {"{}", "[]", " {\"a\":1} ", "[1,-0,0.5,1e9,1E+9,1e-9,-12.25e2]", "true", "false", "null",
        "\"text\"", "-7", "[[],{},[{}]]", "{\"a\":{\"b\":[null,true,false,\"\"]}}",
        "\"\\u0041\\n\\\"\\\\\\/\"", "\t[1 , 2]\r", "{\"\":0}"}) {
    EXPECT_EQ(parse(text), Verdict::kRecord) << text;
  }
}

TEST(JsonDocument, RefusesWhatRfc8259Refuses) {
  for (const char* text : {"",
                           "{",
                           "}",
                           "[1",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "[1,]",
                           "[,1]",
                           "{,}",
                           "[1 2]",
                           "{\"a\" 1}",
                           "{\"a\":1 \"b\":2}",
                           "{a:1}",
                           "{'a':1}",
                           "{1:2}",
                           "nul",
                           "tru",
                           "True",
                           "NaN",
                           "[NaN]",
                           "Infinity",
                           "[-Infinity]",
                           "[01]",
                           "[1.]",
                           "[.5]",
                           "[+1]",
                           "[-]",
                           "[1e]",
                           "[0x1]",
                           "[1]]",
                           "[1]x",
                           "{} {}",
                           "[1}",
                           "{\"a\":1]",
                           "[\"a\"x]",
                           "[1x]",
                           "[\"\\x\"]",
                           "[\"\\u12\"]",
                           "[\"\\u12G4\"]",
                           "[\"a\tb\"]",
                           "\"a",
                           "\"a\"b\"",
                           "1 2",
                           "\"\\\"",
                           "{\"\\q\":1}",
                           "[\"a]",
                           "// c",
                           "[1]//c",
                           "{\"a\":\"b\":1}",
                           "{\"a\":\"b\":{}}",
                           "[\"a\":1]",
                           "{\"a\":\"b\":]}",
                           "\xEF\xBB\xBF[1]"}) {
    EXPECT_EQ(parse(text), Verdict::kInvalidJson) << text;
  }
}

TEST(JsonDocument, RefusesFaultsInPartsNobodyNeeds) {
  EXPECT_EQ(parse(R"({"needed":1,"skipped":{"deep":[1,2,{"bad":tru}]}})"), Verdict::kInvalidJson);
  EXPECT_EQ(parse(R"({"skipped":[01],"needed":1})"), Verdict::kInvalidJson);
}

TEST(JsonDocument, AcceptsWhatOnlyAMappedFieldWouldMind) {
  EXPECT_EQ(parse(R"({"a":"\ud800","b":1e999,"c":123456789012345678901234567890})"),
            Verdict::kRecord);
}

TEST(JsonDocument, NamesBrokenUtf8FirstWhateverElseIsWrong) {
  EXPECT_EQ(parse("{\"a\":\"\xFF\"}"), Verdict::kInvalidUtf8);
  EXPECT_EQ(parse("{\"a\":\"\xED\xA0\x80\"}"), Verdict::kInvalidUtf8);  // an encoded surrogate
  EXPECT_EQ(parse("{\"a\":\"\xC0\xAF\""), Verdict::kInvalidUtf8);       // overlong, and unclosed
  EXPECT_EQ(parse("\xFF"), Verdict::kInvalidUtf8);
}

TEST(JsonDocument, NulBytesAreNoJson) {
  using namespace std::string_view_literals;
  EXPECT_EQ(parse("{\"a\":\0}"sv), Verdict::kInvalidJson);
  EXPECT_EQ(parse("\0\0{\"a\":1}"sv), Verdict::kInvalidJson);
  EXPECT_EQ(parse("{\"a\":1}\0"sv), Verdict::kInvalidJson);
  EXPECT_EQ(parse("{\"a\":\"\0\"}"sv), Verdict::kInvalidJson);
}

TEST(JsonDocument, DepthHasALimit) {
  const auto nested = [](unsigned depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(parse(nested(kMaxJsonDepth)), Verdict::kRecord);
  EXPECT_EQ(parse(nested(kMaxJsonDepth + 1)), Verdict::kTooDeep);
  EXPECT_EQ(parse(nested(100'000)), Verdict::kTooDeep);
}

TEST(JsonDocument, FindsTheLastOfDuplicateKeys) {
  const Padded text(R"({"a":1,"b":{"a":9},"a":2,"\u0061":3})");
  JsonDocument document;
  ASSERT_EQ(document.parse(text.view()), Verdict::kRecord);
  ASSERT_NE(document.find(document.root(), "a"), nullptr);
  EXPECT_EQ(document.find(document.root(), "a")->raw, "3");
  EXPECT_EQ(document.find(*document.find(document.root(), "b"), "a")->raw, "9");
  EXPECT_EQ(document.find(document.root(), "c"), nullptr);
}

TEST(JsonDocument, ElementsOfArrays) {
  const Padded text(R"([[1,2],"x",{"k":[3]}])");
  JsonDocument document;
  ASSERT_EQ(document.parse(text.view()), Verdict::kRecord);
  EXPECT_EQ(document.element(document.root(), 1)->raw, "x");
  EXPECT_EQ(document.element(document.root(), 2)->type, JsonType::kObject);
  EXPECT_EQ(document.element(document.root(), 3), nullptr);
}

TEST(JsonDocument, OneDocumentLeavesNothingToTheNext) {
  JsonDocument document;
  for (const char* bad : {"{\"response\"\"ResError\":{\"Code\":ai\"\"alBil}", "[[[", "{\"a\":"}) {
    EXPECT_EQ(document.parse(Padded(bad).view()), Verdict::kInvalidJson) << bad;
    const Padded good(R"({"a":1})");
    EXPECT_EQ(document.parse(good.view()), Verdict::kRecord);
    EXPECT_EQ(document.find(document.root(), "a")->raw, "1");
  }
}

// simdjson peeked at what is behind an unclosed document, went on there and crashed.
TEST(JsonDocument, WhatIsBehindItDoesNotMatter) {
  JsonDocument document;
  const Padded longer("[" + std::string(5'000, '[') + "]");  // the parser keeps its positions
  for (const std::string_view whole :
       {R"([[1,2],[[[[[3]]]]],"]"])", R"({"a":{"b":[1,{"c":"}\"]"}]},"d":[{}]} )", "[[1,2]]]",
        R"([[1,2],\"]])"}) {
    for (std::size_t size = 1; size <= whole.size(); ++size) {
      const std::string_view text = whole.substr(0, size);
      const Verdict verdict = parse(text);
      for (const char behind : std::string_view(",]}:\"[{1 \n")) {
        document.parse(longer.view());
        EXPECT_EQ(document.parse(Padded(text, behind).view()), verdict)
            << text << " and then " << behind;
      }
    }
  }
}

TEST(DecodeJsonString, Escapes) {
  std::string out;
  EXPECT_TRUE(decode_json_string(R"(a\n\t\"\\\/\u0041\u00e9\u4f60\ud83d\ude00z)", out));
  EXPECT_EQ(out, "a\n\t\"\\/A\u00e9\u4f60\U0001F600z");
  EXPECT_TRUE(decode_json_string("plain", out));
  EXPECT_EQ(out, "plain");
  EXPECT_TRUE(decode_json_string("", out));
  EXPECT_EQ(out, "");
}

TEST(DecodeJsonString, HalfASurrogatePairIsNoText) {
  std::string out;
  for (const char* raw : {R"(\ud800)", R"(\udc00)", R"(\ud800x)", R"(\ud800\n)", R"(\ud800\u0041)",
                          R"(\ud800\ud800)"}) {
    EXPECT_FALSE(decode_json_string(raw, out)) << raw;
  }
}

}  // namespace
}  // namespace apierrd
