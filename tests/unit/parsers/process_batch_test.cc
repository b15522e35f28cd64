#include "parsers/process_batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "tests/support/padded.h"

namespace apierrd {
namespace {

class ProcessBatchTest : public testing::Test {
 protected:
  void process(std::string_view text, bool at_file_start = false) {
    const test::Padded padded(text);
    LineBatch batch{padded.view(), text.size(), 0, at_file_start, 1'795'424'400'000'000'000};
    process_batch(batch, ruleset, parser, tally);
  }
  std::uint64_t count(Verdict verdict) const {
    return tally.lines.by_verdict[static_cast<std::size_t>(verdict)];
  }

  Ruleset ruleset{std::make_shared<const Catalog>(builtin_catalog()), tencentcloud_format(), 200};
  CallParser parser;
  Tally tally;
};

constexpr const char* kGood = R"({"service":"billing","action":"A","response":{"Response":{}}})";
constexpr const char* kFailed =
    R"({"service":"billing","action":"A","response":{"Response":{"Error":{"Code":"InternalError"}}}})";

TEST_F(ProcessBatchTest, EveryLineHasOneVerdict) {
  process(std::string(kGood) + "\n\n{}\nx\n" + std::string(300, 'y') + "\n" + kFailed);
  EXPECT_EQ(tally.lines.lines, 6U);
  EXPECT_EQ(count(Verdict::kRecord), 2U);
  EXPECT_EQ(count(Verdict::kBlank), 1U);
  EXPECT_EQ(count(Verdict::kNotApiCall), 1U);
  EXPECT_EQ(count(Verdict::kInvalidJson), 1U);
  EXPECT_EQ(count(Verdict::kLineTooLong), 1U);
  ASSERT_EQ(tally.calls().size(), 1U);
  EXPECT_EQ(tally.calls()[0]->count, 2U);
  ASSERT_EQ(tally.errors().size(), 1U);
  EXPECT_EQ(tally.errors()[0]->code, "InternalError");
}

TEST_F(ProcessBatchTest, LineLimitIsExact) {
  const std::string padding(200 - std::string(kGood).size(), ' ');
  process(std::string(kGood) + padding + "\r\n");
  EXPECT_EQ(count(Verdict::kRecord), 1U);
  process(std::string(kGood) + padding + " \n");
  EXPECT_EQ(count(Verdict::kLineTooLong), 1U);
}

TEST_F(ProcessBatchTest, ByteOrderMarkOnlyAtTheStartOfAFile) {
  process(std::string("\xEF\xBB\xBF") + kGood + "\n", true);
  EXPECT_EQ(count(Verdict::kRecord), 1U);
  process(std::string("\xEF\xBB\xBF") + kGood + "\n", false);
  EXPECT_EQ(count(Verdict::kInvalidJson), 1U);
}

TEST_F(ProcessBatchTest, FailuresKnowWhereTheirRecordBegins) {
  const std::string before = std::string("\xEF\xBB\xBF") + kGood + "\r\n\n";
  process(before + kFailed + "\n", true);
  ASSERT_EQ(tally.errors().size(), 1U);
  EXPECT_EQ(tally.errors()[0]->latest.offset_bytes, before.size());
  tally.clear();

  ruleset.format.framing.join_json = true;  // a record of two lines, and one behind it
  const std::string failed(kFailed);
  const std::string record = "{\n" + failed.substr(1) + "\n";
  process(record + record);
  ASSERT_EQ(tally.errors().size(), 1U);
  EXPECT_EQ(tally.errors()[0]->latest.offset_bytes, record.size());
}

TEST_F(ProcessBatchTest, WhatIsKeptOfAFailureOutlivesTheBatch) {
  const auto failed = [](const std::string& code, const std::string& message) {
    return R"({"service":"billing","action":"A","response":{"Response":{"RequestId":"of )" +
           message + R"(","Error":{"Code":")" + code + R"(","Message":")" + message + "\"}}}}\n";
  };
  const std::string page = "FailedOperation.PaySuccDeliverFailed";
  process(failed("InternalError", "first") + failed("InternalError", "second") +
          failed("LimitExceeded", "es\\u0063aped") + failed(page, "one") + failed(page, "two"));
  process(failed("InternalError", "third") + failed("LimitExceeded", "plain"));
  ASSERT_EQ(tally.errors().size(), 3U);
  for (const ErrorRow* row : tally.errors()) {
    const std::string latest = row->code == "InternalError"   ? "third"
                               : row->code == "LimitExceeded" ? "plain"
                                                              : "two";
    EXPECT_EQ(row->latest.message, latest);
    EXPECT_EQ(row->latest.request_id, "of " + latest);
  }
  ASSERT_EQ(tally.paging().size(), 2U);
  EXPECT_EQ(tally.paging()[0].detail.message, "one");
  EXPECT_EQ(tally.paging()[1].detail.message, "two");
  tally.clear();
  process(failed("LimitExceeded", "plain") + failed("LimitExceeded", "es\\u0063aped"));
  EXPECT_EQ(tally.errors()[0]->latest.message, "escaped");
}

// They are compared by their first and last bytes and what is between: each byte counts.
TEST_F(ProcessBatchTest, NamesThatDifferInOneByteAreTwo) {
  for (std::size_t bytes = 1; bytes <= 40; ++bytes) {
    ApiCall call;
    const std::string same(bytes, 'a');
    call.service = "s";
    call.action = same;
    tally.add(call, *ruleset.catalog, 1);
    for (std::size_t i = 0; i < bytes; ++i) {
      std::string other = same;
      other[i] = 'b';
      call.action = other;
      tally.add(call, *ruleset.catalog, 1);
      call.action = same;
      tally.add(call, *ruleset.catalog, 1);
    }
    EXPECT_EQ(tally.calls().size(), bytes + 1);
    EXPECT_EQ(tally.calls()[0]->count, bytes + 1);
    tally.reset();
  }
}

TEST_F(ProcessBatchTest, AFailureThatSaysNothingKeptTheTextsOfTheOneBefore) {
  ApiCall call;
  call.code = "InternalError";
  call.message = call.request_id = "first";
  tally.add(call, *ruleset.catalog, 1);
  call.message = call.request_id = {};
  tally.add(call, *ruleset.catalog, 2);  // no text lasts, so there is nothing to settle
  EXPECT_EQ(tally.errors()[0]->latest.time_unix_ns, 2);
  EXPECT_EQ(tally.errors()[0]->latest.message, "");
  EXPECT_EQ(tally.errors()[0]->latest.request_id, "");
}

TEST_F(ProcessBatchTest, ClearKeepsRowsAndResetForgetsThem) {
  process(std::string(kFailed) + "\n");
  CallRow* row = tally.calls()[0];
  row->handle.series = 7;
  tally.clear();
  EXPECT_TRUE(tally.calls().empty());
  process(std::string(kFailed) + "\n");
  EXPECT_EQ(tally.calls()[0], row);
  EXPECT_EQ(tally.calls()[0]->handle.series, 7U);
  EXPECT_EQ(tally.calls()[0]->count, 1U);
  tally.reset();
  process(std::string(kFailed) + "\n");
  EXPECT_EQ(tally.calls()[0]->handle.series, RowHandle::kNone);
}

TEST_F(ProcessBatchTest, HostileNamesDoNotGrowATallyForEver) {
  Tally small(10);
  for (int i = 0; i < 100; ++i) {
    ApiCall call;
    const std::string action = "Action" + std::to_string(i);
    call.action = action;
    small.add(call, *ruleset.catalog, 0);
    if (i % 5 == 4) {
      EXPECT_LE(small.calls().size(), 5U);
      small.clear();
    }
  }
}

// However long they are, and wherever they differ: known names are compared by words.
TEST_F(ProcessBatchTest, NamesThatDifferInOneByteAreCountedApart) {
  for (std::size_t size = 1; size <= 40; ++size) {
    const std::string name(size, 'a');
    Tally small;
    const auto add = [&](const std::string& service, const std::string& action,
                         const std::string& code) {
      ApiCall call;
      call.service = service, call.action = action, call.code = code;
      for (int i = 0; i < 2; ++i) small.add(call, *ruleset.catalog, 0);
    };
    add(name, name, name);
    for (std::size_t i = 0; i < size; ++i) {
      std::string other = name;
      other[i] = 'b';
      add(other, name, name), add(name, other, name), add(name, name, other);
      add(name, name, name);
    }
    EXPECT_EQ(small.calls().size(), 1 + 2 * size);
    EXPECT_EQ(small.errors().size(), 1 + 3 * size);
    for (const ErrorRow* row : small.errors())
      EXPECT_EQ(row->count, row == small.errors().front() ? 2 + 2 * size : 2U) << row->code;
  }
}

TEST_F(ProcessBatchTest, LateAndNewestRecords) {
  process(R"({"time":"2026-11-23T08:00:00Z","response":{"Response":{}}})"
          "\n"
          R"({"time":"2026-11-23T08:59:00Z","response":{"Response":{}}})"
          "\n"
          R"({"time":"soon","latency_ms":1,"response":{"Response":{}}})");
  EXPECT_EQ(tally.lines.late_records, 1U);
  EXPECT_EQ(tally.lines.newest_record_unix_ns, (1'795'424'400 - 60) * 1'000'000'000LL);
  EXPECT_EQ(tally.lines.unreadable_times, 1U);
  EXPECT_EQ(tally.calls()[0]->durations.count(), 1U);
}

TEST(DurationBucket, ABoundBelongsToItsBucket) {
  EXPECT_EQ(duration_bucket(0), 0U);
  EXPECT_EQ(duration_bucket(50'000'000), 0U);
  EXPECT_EQ(duration_bucket(50'000'001), 1U);
  EXPECT_EQ(duration_bucket(30'000'000'000), 8U);
  EXPECT_EQ(duration_bucket(30'000'000'001), 9U);
  std::vector<std::int64_t> durations{std::numeric_limits<std::int64_t>::max()};
  for (int bit = 0; bit < 62; ++bit) durations.push_back(std::int64_t{1} << bit);
  durations.insert(durations.end(), kDurationBoundsNs.begin(), kDurationBoundsNs.end());
  for (const std::int64_t near : durations) {
    for (const std::int64_t duration : {near - 1, near, near == durations[0] ? near : near + 1}) {
      const auto first =
          std::lower_bound(kDurationBoundsNs.begin(), kDurationBoundsNs.end(), duration);
      EXPECT_EQ(duration_bucket(duration), first - kDurationBoundsNs.begin()) << duration;
    }
  }
}

}  // namespace
}  // namespace apierrd
