#include "parsers/skim/skim.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parsers/log_format.h"
#include "tests/support/padded.h"
#include "tests/support/skim_kernels.h"

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

std::string name_of(const testing::TestParamInfo<SkimKernel>& kernel) {
  constexpr std::array kNames{"off", "portable", "avx2", "avx512"};
  return kNames[static_cast<std::size_t>(kernel.param)];
}

INSTANTIATE_TEST_SUITE_P(Kernels, SkimTest, testing::ValuesIn(test::kernels_here()), name_of);

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
  for (std::size_t i = 0; i < 3 * kOutlineKeysMax; ++i) keys += "\"k" + std::to_string(i) + "\":1,";
  for (int i = 0; i < 3; ++i) {  // learned, and known again
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

TEST_P(SkimTest, LinesOfOneOutlineAreFollowed) {
  for (int i = 0; i < 2; ++i) {  // learned when it comes again
    ASSERT_TRUE(takes(R"({"service":"cvm","action":"A","latency_ms":63.25,"ok":true,"n":-0})"));
    EXPECT_FALSE(skim.is_followed());
  }
  ASSERT_TRUE(
      takes(R"({"service":"billing","action":"\u0042","latency_ms":7.0,"ok":true,"n":-40})"));
  EXPECT_TRUE(skim.is_followed());
  EXPECT_EQ(at(shape().service[0].at)->raw, "billing");
  EXPECT_TRUE(at(shape().action[0].at)->escaped);
  EXPECT_EQ(at(shape().latency[0])->raw, "7.0");
  ASSERT_TRUE(takes(R"({"service":"","action":"A","latency_ms":100.001,"ok":true,"n":-9})"));
  EXPECT_TRUE(skim.is_followed());
  ASSERT_TRUE(takes(R"({"service":"cvm","action":"A","latency_ms":1,"ok":null,"n":-0})"));
  EXPECT_FALSE(skim.is_followed());
}

// What an outline does not show: texts of keys, digits, what is in strings.
TEST_P(SkimTest, AnOutlineAloneIsNoProof) {
  const std::string line = R"({"service":"cvm","a key of many letters":1.5e-3,"action":[true,20]})";
  const auto with = [&line](std::string_view part, std::string_view other) {
    std::string text = line;
    return text.replace(text.find(part), part.size(), other);
  };
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(takes(line));
  EXPECT_TRUE(skim.is_followed());
  EXPECT_TRUE(takes(with("1.5", "0.05")));
  EXPECT_TRUE(skim.is_followed());
  EXPECT_TRUE(takes(with("e-3", "e-003")));
  EXPECT_FALSE(takes(with("1.5", "01.5")));
  EXPECT_FALSE(takes(with("20", "00")));
  EXPECT_FALSE(takes(with("cvm", "c\\vm")));
  EXPECT_FALSE(takes(with("cvm", "c\tm")));
  EXPECT_FALSE(takes(with("cvm", "c\xFF")));
  EXPECT_FALSE(takes(with("true", "tru,e")));
  EXPECT_FALSE(takes(with("service", "ser\\u0076ice")));
  EXPECT_FALSE(takes(with("a key of many letters", "service")));
  ASSERT_TRUE(takes(with("service", "region")));
  EXPECT_EQ(at(shape().service[0].at), nullptr);
  ASSERT_TRUE(takes(line));
  ASSERT_TRUE(takes(with("a key of many letters", "a key of MANY letters")));
  EXPECT_FALSE(skim.is_followed());
}

TEST_P(SkimTest, LimitsOfOutlinesAtTheirEdges) {
  const auto is_followed = [this](const std::string& line) {
    EXPECT_TRUE(takes(line) && takes(line) && takes(line)) << line.substr(0, 80);
    return skim.is_followed();
  };
  const auto list = [](std::string_view before, std::size_t count, std::string_view item) {
    std::string text(before);
    for (std::size_t i = 0; i < count; ++i) text.append(i > 0 ? "," : "").append(item);
    return text + "]}";
  };
  // Outlines of `{": [` and `]}`, and of each item a byte and a comma.
  constexpr std::size_t kMost = 16'381;
  static_assert(kOutlineBytesMax == 7 + 2 * kMost - 1);
  EXPECT_TRUE(is_followed(list(R"({"a": [)", kMost, R"("")")));
  EXPECT_FALSE(takes(list(R"({"a":[)", kMost + 1, R"("")")));
  EXPECT_TRUE(is_followed(list(R"({"a": [)", kMost, "1")));
  EXPECT_FALSE(takes(list(R"({"a": [)", kMost, "1").replace(7 + 2 * 16'000, 1, "05")));
  const auto keys = [](std::size_t count) {
    std::string text = "{";
    for (std::size_t i = 0; i < count; ++i)
      text += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":\"x\"";
    return text + "}";
  };
  EXPECT_TRUE(is_followed(keys(kOutlineKeysMax)));
  EXPECT_FALSE(is_followed(keys(kOutlineKeysMax + 1)));
  const auto of_key = [](std::size_t bytes) { return "{\"" + std::string(bytes, 'k') + "\":1}"; };
  EXPECT_TRUE(is_followed(of_key(59)));
  EXPECT_FALSE(is_followed(of_key(60)));
}

// A key is compared in pieces: of every length, a byte that differs anywhere is seen.
TEST_P(SkimTest, KeysOfEveryLengthAreComparedWhole) {
  for (std::size_t bytes = 1; bytes < 60; ++bytes) {
    std::string line = "{\"" + std::string(bytes, 'k') + "\":1}";
    ASSERT_TRUE(takes(line) && takes(line) && takes(line)) << line;
    ASSERT_TRUE(skim.is_followed()) << bytes;
    for (std::size_t i = 0; i < bytes; ++i) {
      line[2 + i] = 'j';
      ASSERT_TRUE(takes(line)) << line;
      EXPECT_FALSE(skim.is_followed()) << line;
      line[2 + i] = 'k';
    }
  }
}

// Lists of any length: no two lines have the same outline.
TEST_P(SkimTest, ASignatureIsTheSameWhateverTheOutline) {
  const auto line = [](std::size_t items, std::string_view service) {
    std::string text = R"({"other":[1)";
    for (std::size_t i = 1; i < items; ++i) text += ",1";
    return text.append(R"(],"service":)").append(service).append("}");
  };
  for (std::uint32_t i = 1; i <= kSignatureCommonLines; ++i) {
    ASSERT_TRUE(takes(line(i, R"("s")")));
    EXPECT_FALSE(skim.is_followed());
    EXPECT_EQ(skim.is_signature_common(), i == kSignatureCommonLines) << i;
  }
  const std::uint64_t signature = skim.signature_id();
  ASSERT_TRUE(takes(line(1, "7")));
  EXPECT_NE(skim.signature_id(), signature);
  EXPECT_FALSE(skim.is_signature_common());
  EXPECT_EQ(at(shape().service[0].at)->type, JsonType::kNumber);
  ASSERT_TRUE(takes(line(2, R"("")")));
  EXPECT_EQ(skim.signature_id(), signature);
}

TEST_P(SkimTest, OfMoreOutlinesThanAreKeptTheLatestAreFollowed) {
  const auto line = [](std::size_t items) {
    std::string text = R"({"a":[1)";
    for (std::size_t i = 0; i < items; ++i) text += ",1";
    return text + "]}";
  };
  for (std::size_t i = 0; i < 10 * kOutlinesMax; ++i) {
    for (int time = 0; time < 3; ++time) ASSERT_TRUE(takes(line(i)));
    EXPECT_TRUE(skim.is_followed());
  }
}

// More than are kept at once: what has a number of its own is still of one kind.
TEST_P(SkimTest, ASignaturesNumberIsNeverThatOfAnother) {
  constexpr std::array<std::string_view, 7> kValues{R"("x")", "1",   "true", "false",
                                                    "null",   "[1]", "{}"};
  std::map<std::uint64_t, std::size_t> kinds;
  static_assert(kValues.size() * kValues.size() > kSignaturesMax);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t kind = 0; kind < kValues.size() * kValues.size(); ++kind) {
      const std::string line = R"({"service":)" + std::string(kValues[kind / kValues.size()]) +
                               R"(,"action":)" + std::string(kValues[kind % kValues.size()]) + "}";
      for (int time = 0; time < 3; ++time) {
        ASSERT_TRUE(takes(line));
        EXPECT_EQ(kinds.emplace(skim.signature_id(), kind).first->second, kind) << line;
      }
    }
  }
}

TEST_P(SkimTest, EveryTypeOfValue) {
  const std::pair<std::string_view, JsonType> kValues[] = {
      {R"("x")", JsonType::kString},     {"-1.5e3", JsonType::kNumber}, {"true", JsonType::kTrue},
      {"false", JsonType::kFalse},       {"null", JsonType::kNull},     {"[1]", JsonType::kArray},
      {R"({"a":1})", JsonType::kObject}, {"0", JsonType::kNumber},      {"-7", JsonType::kNumber}};
  for (const auto& [text, type] : kValues) {
    for (const char* const behind : {"}", ",\"b\":1}", " }"}) {
      const std::string line = R"({"service": )" + std::string(text) + behind;
      for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(takes(line)) << line;
        const JsonNode* node = at(shape().service[0].at);
        ASSERT_NE(node, nullptr) << line;
        EXPECT_EQ(node->type, type) << line;
        if (type == JsonType::kNumber) {
          EXPECT_EQ(node->raw, text);
        }
      }
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
