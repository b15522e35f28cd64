#include "parsers/call_layout.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "parsers/call_parser.h"
#include "tests/support/padded.h"
#include "tests/support/skim_kernels.h"

namespace apierrd {
namespace {

std::string all_of(const ApiCall& call) {
  std::ostringstream out;
  for (const std::string_view text :
       {call.service, call.action, call.region, call.code, call.message, call.request_id,
        call.origin.format, call.origin.vendor, call.origin.recognised_by, call.origin.code_rule,
        call.origin.service_rule, call.origin.action_rule, call.origin.region_rule})
    out << text << "|";
  out << call.time_unix_ns.value_or(-1) << "|" << call.latency_ns.value_or(-1) << "|"
      << call.unreadable_time << call.unreadable_latency << call.failed_items.size()
      << static_cast<int>(call.origin.envelope);
  return out.str();
}

// A failed call whose fields are these texts, as JSON has them.
struct Fields {
  std::string time = R"("2026-11-23T09:00:00.123Z")", service = "billing", action = "PayDeals";
  std::string region = "ap-guangzhou", latency = "12.5", code = "InternalError", message = "m";
  std::string request_id = "r-1";
};

std::string line_of(const Fields& fields, bool as_string) {
  const std::string quote = as_string ? "\\\"" : "\"";
  const auto member = [&quote](const std::string& key, const std::string& value) {
    return quote + key + quote + ":" + quote + value + quote;
  };
  const std::string response = "{" + quote + "Response" + quote + ":{" + quote + "Error" + quote +
                               ":{" + member("Code", fields.code) + "," +
                               member("Message", fields.message) + "}," +
                               member("RequestId", fields.request_id) + "}}";
  return "{\"time\":" + fields.time + R"(,"service":")" + fields.service + R"(","action":")" +
         fields.action + R"(","region":")" + fields.region + R"(","latency_ms":)" + fields.latency +
         ",\"response\":" + (as_string ? "\"" + response + "\"" : response) + "}";
}

std::vector<Fields> one_field_each() {
  std::vector<Fields> all{{}};
  for (const char* text : {"\"2026-11-23T09:00:59Z\"", "\"\"", "\"yesterday\"", "\"1795424400\""})
    all.emplace_back().time = text;
  for (const char* text : {"7.25", "0.5", "07.5", "123456.789", "1234567890.5", "-3", "1e3"})
    all.emplace_back().latency = text;
  for (const char* name : {"", "b", "cvm.x", "\\u0062illing", "None", "\u4ed8\u6b3e"}) {
    all.emplace_back().service = name;
    all.emplace_back().action = name;
    all.emplace_back().region = name;
    all.emplace_back().code = name;
    all.emplace_back().message = name;
    all.emplace_back().request_id = name;
  }
  for (const char* code : {"A.B.", " InternalError ", "0", "Success"})
    all.emplace_back().code = code;
  for (const std::size_t size : {36U, 63U, 64U, 200U})
    all.emplace_back().request_id = std::string(size, 'i');
  return all;
}

class CallLayoutTest : public testing::TestWithParam<SkimKernel> {
 protected:
  // As the full parser has it.
  void check(const std::string& line) {
    const test::Padded padded(line);
    const Verdict verdict = parser_.parse(padded.view(), format_);
    ASSERT_EQ(verdict, full_.parse(padded.view(), format_)) << line;
    if (verdict != Verdict::kRecord) return;
    ASSERT_EQ(all_of(parser_.call()), all_of(full_.call())) << line;
  }
  void check_all(bool as_string) {
    for (const Fields& fields : one_field_each()) {
      for (std::uint32_t i = 0; i <= kSignatureCommonLines + 1; ++i) check(line_of({}, as_string));
      check(line_of(fields, as_string));
    }
  }

  SourceFormat format_ = tencentcloud_format();
  CallParser parser_{GetParam()}, full_{SkimKernel::kOff};
};

INSTANTIATE_TEST_SUITE_P(Kernels, CallLayoutTest, testing::ValuesIn(test::kernels_here()));

TEST_P(CallLayoutTest, ComesToWhatTheFullParserMakesOfAnyField) { check_all(false); }
TEST_P(CallLayoutTest, AndOfAPayloadInAString) { check_all(true); }

TEST_P(CallLayoutTest, OfAnotherFormatWithTheSameLines) {
  const SourceFormat strict = format_;
  const SourceFormat any = *source_format("auto", builtin_formats());
  for (int turn = 0; turn < 4; ++turn) {
    format_ = turn % 2 == 0 ? strict : any;
    check_all(false);
  }
}

// The next line's outline is drawn before this one's call is counted: its text may change by then.
TEST_P(CallLayoutTest, OfATextThatHasChangedSinceItWasLookedAt) {
  Fields other;
  other.action = "Payments";
  const std::string line = line_of({}, false) + "\n", changed = line_of(other, false) + "\n";
  ASSERT_EQ(line.size(), changed.size());
  std::string text;
  for (int i = 0; i < 20; ++i) text += line;
  const std::size_t size = text.size();
  text.append(kJsonPadding, '\0');
  std::string_view left(text.data(), size);
  for (int i = 0; i < 19; ++i) {
    ASSERT_EQ(parser_.skim_line(left, format_, 10'000), line.size());
    EXPECT_EQ(parser_.call().action, "PayDeals");
    left.remove_prefix(line.size());
  }
  text.replace(size - line.size(), line.size(), "{}\n" + changed.substr(3));
  parser_.begin_lines();
  EXPECT_NE(parser_.skim_line(left, format_, 10'000), line.size());
  text.replace(size - line.size(), line.size(), changed);
  parser_.begin_lines();
  ASSERT_EQ(parser_.skim_line(left, format_, 10'000), line.size());
  EXPECT_EQ(parser_.call().action, "Payments");
}

TEST_P(CallLayoutTest, OfARecordInThePlaceOfALineThatWasLookedAt) {
  Fields other;
  other.action = "Pay\001eals";
  const std::string line = line_of({}, false), changed = line_of(other, false);
  ASSERT_EQ(changed.size(), line.size());
  for (std::uint32_t i = 0; i <= kSignatureCommonLines + 1; ++i) check(line);
  std::string text = line + "\n" + line;
  const std::size_t size = text.size(), next = line.size() + 1;
  text.append(kJsonPadding, '\0');
  parser_.begin_lines();
  ASSERT_EQ(parser_.skim_line({text.data(), size}, format_, 10'000), next);
  text.replace(next, line.size(), changed);
  const std::string_view record(&text[next], line.size());
  EXPECT_EQ(parser_.parse(record, format_), full_.parse(record, format_));
}

}  // namespace
}  // namespace apierrd
