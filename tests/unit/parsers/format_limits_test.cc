// Every limit of what a log or a format can grow, at its edge: the last that is in, the first that
// is out.
#include <gtest/gtest.h>

#include "parsers/format_reader.h"
#include "parsers/framing.h"
#include "parsers/json_prefix.h"
#include "parsers/process_batch.h"
#include "tests/support/padded.h"

namespace apierrd {
namespace {

class AutoLimitsTest : public testing::Test {
 protected:
  Verdict parse(std::string_view text) {
    text_ = std::make_unique<test::Padded>(text);
    return parser.parse(text_->view(), format_);
  }
  CallParser parser;

 private:
  SourceFormat format_ = *source_format("auto", builtin_formats());
  std::unique_ptr<test::Padded> text_;
};

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' || c == '\\' ? "\\" : "").append(1, c);
  return out + "\"";
}

TEST_F(AutoLimitsTest, TextsInEachOther) {
  std::string record = R"({"Response":{"Error":{"Code":"X"}}})";
  for (std::size_t texts = 1; texts < kNestingMax; ++texts) {
    record = "{\"msg\":" + json_string(record) + "}";
  }
  EXPECT_EQ(parse(record), Verdict::kRecord);
  EXPECT_EQ(parser.nesting().depth, kNestingMax - 1);
  EXPECT_EQ(parse("{\"msg\":" + json_string(record) + "}"), Verdict::kNotApiCall);
}

TEST_F(AutoLimitsTest, StringsInEachOtherThatHoldTheResponse) {
  std::string response = R"({"Response":{"Error":{"Code":"X"}}})";
  for (int level = 0; level < 4; ++level) response = json_string(response);
  EXPECT_EQ(parse("{\"response\":" + response + "}"), Verdict::kRecord);
  EXPECT_EQ(parser.call().origin.envelope, CallOrigin::Envelope::kString);
}

TEST_F(AutoLimitsTest, RequestIdsOfPrintedErrors) {
  const std::string head = "[TencentCloudSDKError] Code=X, Message=m, RequestId=";
  ASSERT_EQ(parse(head + std::string(kRequestIdMax, 'i')), Verdict::kRecord);
  EXPECT_EQ(parser.call().request_id.size(), kRequestIdMax);
  ASSERT_EQ(parse(head + std::string(kRequestIdMax + 1, 'i')), Verdict::kRecord);
  EXPECT_EQ(parser.call().request_id, "");
}

TEST_F(AutoLimitsTest, MemoryOfALineOfManyCallsIsGivenBack) {
  std::string many = "[";
  for (int i = 0; i < 5'000; ++i) many += R"({"Response":{}},)";
  many.back() = ']';
  ASSERT_EQ(parse(many), Verdict::kRecord);
  EXPECT_EQ(parser.calls().size(), 5'000U);
  ASSERT_EQ(parse(R"({"Response":{}})"), Verdict::kRecord);
  EXPECT_EQ(parser.calls().size(), 1U);
  ASSERT_EQ(parse(many), Verdict::kRecord);
  EXPECT_EQ(parser.calls().size(), 5'000U);
}

TEST(FormatLimits, WhatLooksLikeACode) {
  EXPECT_TRUE(looks_like_code("X" + std::string(kCodeBytesMax - 1, 'x')));
  EXPECT_FALSE(looks_like_code("X" + std::string(kCodeBytesMax, 'x')));
  EXPECT_FALSE(looks_like_code("xX"));
}

TEST(FormatLimits, DepthOfADocumentThatIsJoined) {
  JsonPrefix prefix;
  std::size_t used = 0;
  prefix.reset();
  EXPECT_EQ(prefix.feed("{\"a\":" + std::string(kMaxJsonDepth - 1, '['), used),
            JsonPrefix::State::kOpen);
  prefix.reset();
  EXPECT_EQ(prefix.feed("{\"a\":" + std::string(kMaxJsonDepth, '['), used),
            JsonPrefix::State::kBroken);
}

TEST(FormatLimits, NameOfAFormat) {
  for (const std::size_t size : {std::size_t{64}, std::size_t{65}}) {
    std::vector<LogFormat> formats;
    std::vector<Error> errors;
    read_format_file("schema: 1\nformats: [{name: " + std::string(size, 'a') +
                         ", errors: ['failed: {code}']}]\n",
                     "f.yaml", formats, errors);
    EXPECT_EQ(formats.size(), size == 64 ? 1U : 0U);
    EXPECT_EQ(errors.empty(), size == 64);
  }
}

// The texts of the records that lines become.
std::vector<std::string> records(std::string_view text, const Framing& framing,
                                 std::size_t bytes_max) {
  const test::Padded padded(text);
  std::vector<std::string> out;
  Framer framer(framing, bytes_max);
  const auto keep = [&](const std::vector<Record>& ready) {
    for (const Record& record : ready) {
      out.push_back(record.too_long ? "too long" : std::string(record.text));
    }
  };
  for (std::string_view rest = padded.view(); !rest.empty();) {
    const std::size_t before = rest.size();
    const std::string_view line = take_line(rest);
    keep(framer.feed(line, before - rest.size()));
  }
  keep(framer.finish());
  return out;
}

TEST(FramingLimits, WrappersInEachOther) {
  std::string line = "text";
  for (std::size_t i = 0; i < kWrappersMax; ++i) line = "<34>Oct 11 22:14:15 host app: " + line;
  const Framing detect{true, {}, false, 500};
  EXPECT_EQ(records(line + "\n", detect, 1'000), std::vector<std::string>{"text"});
  EXPECT_EQ(records("<34>Oct 11 22:14:15 host app: " + line + "\n", detect, 1'000),
            std::vector<std::string>{"<34>Oct 11 22:14:15 host app: text"});
}

TEST(FramingLimits, LinesOfADocument) {
  const Framing three{false, {}, true, 3};
  EXPECT_EQ(records("{\n\"a\":1\n}\n", three, 1'000), std::vector<std::string>{"{\n\"a\":1\n}"});
  EXPECT_EQ(records("{\n\"a\":\n1\n}\n", three, 1'000),
            (std::vector<std::string>{"{", "\"a\":", "1", "}"}));
}

TEST(FramingLimits, BytesOfADocumentInTheFile) {
  const Framing framing{false, {}, true, 500};
  const std::string text = "{\n\"a\":1\n}\n";
  EXPECT_EQ(records(text, framing, text.size()), std::vector<std::string>{"{\n\"a\":1\n}"});
  EXPECT_EQ(records(text, framing, text.size() - 1),
            (std::vector<std::string>{"{", "\"a\":1", "}"}));
}

TEST(FramingLimits, BytesOfPartsInTheFile) {
  const Framing framing{true, {}, false, 500};
  const std::string text = "2026-11-25T09:00:00Z stdout P a\n2026-11-25T09:00:00Z stdout F b\n";
  EXPECT_EQ(records(text, framing, text.size()), std::vector<std::string>{"ab"});
  EXPECT_EQ(records(text, framing, text.size() - 1), (std::vector<std::string>{"a", "b"}));
}

TEST(FramingLimits, BytesOfALine) {
  const Framing framing{true, {}, true, 500};
  EXPECT_EQ(records(std::string(10, 'x') + "\n", framing, 10),
            std::vector<std::string>{std::string(10, 'x')});
  EXPECT_EQ(records(std::string(11, 'x') + "\n", framing, 10),
            std::vector<std::string>{"too long"});
}

}  // namespace
}  // namespace apierrd
