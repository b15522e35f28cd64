#include "parsers/skim/skim.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "parsers/log_format.h"
#include "tests/support/padded.h"

namespace apierrd {
namespace {

constexpr std::string_view kLine =
    R"({"time":"2026-11-23T09:00:00.123Z","service":"billing","action":"PayDeals","latency_ms":12.5,)"
    R"("other":[{"response":1},[],{}],"response":{"Response":{"Set":[{"RequestId":2}],)"
    R"("Error":{"Code":"InternalError","Message":"a \"b\" 余"},"RequestId":"r-1"}}})";

// Each kernel this machine has.
class SkimTest : public testing::TestWithParam<SkimKernel> {
 protected:
  bool takes(std::string_view text) {
    padded_.emplace(text);
    return skim.document(padded_->view(), format.skim->record, GetParam());
  }
  // The value at a pointer of the first shape's record.
  const JsonNode* at(const JsonPointer& pointer) {
    return skim.at(format.skim->of_record.at(pointer.slot));
  }
  const JsonShape& shape() const { return format.formats[0].json[0]; }

  SourceFormat format = tencentcloud_format();
  Skim skim;

 private:
  std::optional<test::Padded> padded_;
};

std::vector<SkimKernel> kernels_here() {
  std::vector<SkimKernel> kernels;
  for (const SkimKernel kernel : {SkimKernel::kPortable, SkimKernel::kAvx2, SkimKernel::kAvx512}) {
    if (has_skim_kernel(kernel)) kernels.push_back(kernel);
  }
  return kernels;
}

std::string name_of(const testing::TestParamInfo<SkimKernel>& kernel) {
  constexpr std::array kNames{"off", "portable", "avx2", "avx512"};
  return kNames[static_cast<std::size_t>(kernel.param)];
}

INSTANTIATE_TEST_SUITE_P(Kernels, SkimTest, testing::ValuesIn(kernels_here()), name_of);

TEST_P(SkimTest, FindsThePlacesOfThePlan) {
  ASSERT_TRUE(takes(kLine));
  EXPECT_EQ(skim.text(), kLine);
  EXPECT_EQ(at(shape().action[0].at)->raw, "PayDeals");
  EXPECT_EQ(at(shape().latency[0])->raw, "12.5");
  EXPECT_EQ(at(shape().latency[0])->type, JsonType::kNumber);
  EXPECT_EQ(at(shape().payload[0])->type, JsonType::kObject);
  EXPECT_EQ(at(shape().region[0].at), nullptr);
  const auto& in_payload = format.skim->of_member.at(0);
  EXPECT_EQ(skim.at(in_payload.at(shape().code[0].at.slot))->raw, "InternalError");
  const JsonNode* message = skim.at(in_payload.at(shape().message[0].at.slot));
  EXPECT_EQ(message->raw, R"(a \"b\" 余)");
  EXPECT_TRUE(message->escaped);
  EXPECT_EQ(skim.at(in_payload.at(shape().request_id[0].at.slot))->raw, "r-1");
}

TEST_P(SkimTest, EndsAtTheLineEnd) {
  ASSERT_TRUE(takes(std::string(kLine) + "\r\n{\n"));
  EXPECT_EQ(skim.text(), kLine);
  EXPECT_EQ(skim.line_bytes(), kLine.size() + 2);
  EXPECT_FALSE(takes(std::string(kLine.substr(0, kLine.size() - 1)) + "\n}"));
}

TEST_P(SkimTest, LeavesToTheFullParserWhatIsNotPlain) {
  for (const char* text :
       {"", " {}", "[]", "{} ", "{}{}", "{},{}", "{", "}", R"({"a":1}})",
        R"({"service":"a","service":"b"})", R"({"response":{},"response":{}})",
        R"({"ser\u0076ice":"a"})", R"({"service" :"a"})", "{\"a\":\"\t\"}", "{\"a\":\t1}",
        "{\"a\":\"\xFF\"}", R"({"a":"\x"})", R"({"a":"\u12G4"})"}) {
    EXPECT_FALSE(takes(text)) << text;
  }
  const std::string deep = std::string(70, '[') + std::string(70, ']');
  EXPECT_FALSE(takes("{\"a\":" + deep + "}"));
  EXPECT_FALSE(takes("{\"a\":\"" + std::string(kSkimBytesMax, 'x') + "\"}"));
}

// A scalar was followed to before its document's first byte; a vector has nothing before it.
TEST_P(SkimTest, NothingIsReadBeforeTheDocument) {
  for (const std::string_view text :
       {"-", "e1", "1.5", "x{}", ":", ": {}", ",{}", "\"a\":1", "]"}) {
    std::vector<char> bytes(text.size() + kJsonPadding);
    std::copy(text.begin(), text.end(), bytes.begin());
    EXPECT_FALSE(skim.document({bytes.data(), text.size()}, format.skim->record, GetParam()))
        << text;
  }
}

TEST_P(SkimTest, LimitsAtTheirEdges) {
  const auto nested = [](std::size_t arrays) {
    return "{\"a\":" + std::string(arrays, '[') + std::string(arrays, ']') + "}";
  };
  EXPECT_TRUE(takes(nested(59)));  // and the object around them
  EXPECT_FALSE(takes(nested(60)));
  const auto of_bytes = [](std::size_t bytes) {
    return "{\"a\":\"" + std::string(bytes - 8, 'x') + "\"}";
  };
  EXPECT_TRUE(takes(of_bytes(kSkimBytesMax)));
  EXPECT_FALSE(takes(of_bytes(kSkimBytesMax + 1)));
  std::string keys = "{";
  for (std::size_t i = 0; i < 3 * Skim::kKeysExpected; ++i)
    keys += "\"k" + std::to_string(i) + "\":1,";
  for (int i = 0; i < 2; ++i) {  // learned, and known again
    ASSERT_TRUE(takes(keys + "\"action\":\"A\"}"));
    EXPECT_EQ(at(shape().action[0].at)->raw, "A");
  }
}

TEST_P(SkimTest, FaultsAreSeenWhereverABlockEnds) {
  for (std::size_t pad = 0; pad < 110; ++pad) {
    const std::string before = "{\"" + std::string(pad, 'p') + "\":";
    for (const char* good : {"0}", "-1.5e3}", "[1, 2 , 3]}",
                             R"("\\\"",)"
                             R"("b":[{},{"c":"d"}]})",
                             "true}"}) {
      EXPECT_TRUE(takes(before + good)) << pad << " " << good;
    }
    for (const char* bad : {"00}", "1.}", "[1,]}", R"("\"})", R"(1,"b"})", R"({"c":"d":1}})",
                            "truee}", "[1 2]}", "1,2}", R"(["a":1]})", "[}}", "{]}"}) {
      EXPECT_FALSE(takes(before + bad)) << pad << " " << bad;
    }
  }
}

// What was learned of one format's keys must not serve another's.
TEST_P(SkimTest, TwoPlansInTurn) {
  JsonShape other;
  other.payload = {*parse_json_pointer("/action"), *parse_json_pointer("/service")};
  const auto plan = plan_skimming(other);
  ASSERT_NE(plan, nullptr);
  const test::Padded padded(R"({"service":"s","action":"a"})");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(takes(padded.view()));
    EXPECT_EQ(at(shape().action[0].at)->raw, "a");
    ASSERT_TRUE(skim.document(padded.view(), plan->record, GetParam()));
    EXPECT_EQ(skim.at(plan->of_record[0])->raw, "a");
    EXPECT_EQ(skim.at(plan->of_record[1])->raw, "s");
  }
}

TEST(SkimPlan, IsNotMadeForArraysAndLists) {
  JsonShape shape;
  shape.payload = {*parse_json_pointer("/a/0")};
  EXPECT_EQ(plan_skimming(shape), nullptr);
  shape.payload = {*parse_json_pointer("/" + std::string(kSkimKeyMax + 1, 'k'))};
  EXPECT_EQ(plan_skimming(shape), nullptr);
  shape.payload = {*parse_json_pointer("/a")};
  EXPECT_NE(plan_skimming(shape), nullptr);
  shape.each = *parse_json_pointer("/Records");
  EXPECT_EQ(plan_skimming(shape), nullptr);
}

}  // namespace
}  // namespace apierrd
