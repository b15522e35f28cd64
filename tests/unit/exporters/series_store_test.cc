#include "exporters/series_store.h"

#include <gtest/gtest.h>

#include <set>

#include "exporters/exposition.h"

namespace apierrd {
namespace {

constexpr std::int64_t kNow = 1'795'424'400'000'000'000;

class SeriesStoreTest : public testing::Test {
 protected:
  static ApiCall call(std::string_view action, std::string_view code = {},
                      std::string_view service = "billing") {
    ApiCall call;
    call.service = service;
    call.action = action;
    call.code = code;
    call.request_id = "id-1";
    call.latency_ns = 120'000'000;
    return call;
  }
  void add(const ApiCall& call) { tally.add(call, *catalog, kNow); }
  void apply() {
    store.apply(source, tally, kNow);
    tally.clear();
  }
  std::uint64_t total_calls() const {
    std::uint64_t total = 0;
    for (const CallSeries& series : store.state().calls) total += series.count;
    return total;
  }

  std::uint64_t finding_count(std::string_view service, Documentation finding) const {
    std::uint64_t total = 0;
    for (const FindingSeries& series : store.state().findings) {
      if (series.service == service && series.finding == finding) total += series.count;
    }
    return total;
  }

  std::shared_ptr<const Catalog> catalog = std::make_shared<const Catalog>(builtin_catalog());
  SeriesLimits limits{3, 4, 2, 100, 100, 5};
  SeriesStore store{limits, catalog};
  std::uint32_t source = store.add_source("s", {"billing"});
  Tally tally;
};

TEST_F(SeriesStoreTest, FailedItemsAreNoFailedCalls) {
  ApiCall sent = call("SendSms", {}, "sms");
  sent.failed_items = {"LimitExceeded.X", "LimitExceeded.X", "LimitExceeded.Y"};
  add(sent);
  apply();
  ASSERT_EQ(store.state().items.size(), 2U);
  EXPECT_EQ(store.state().items[0].count, 2U);
  EXPECT_EQ(store.state().items[0].labels,
            R"(source="s",api_service="sms",action="SendSms",code="LimitExceeded.X")");
  EXPECT_TRUE(store.state().errors.empty());
  EXPECT_EQ(total_calls(), 1U);
}

TEST_F(SeriesStoreTest, ItemsBeyondTheLimitAreFoldedAndCounted) {
  for (int i = 0; i < 7; ++i) {
    const std::string action = "A" + std::to_string(i % 3);
    const std::string code = "FailedOperation" + std::string(i < 4 ? "" : ".InvalidDeal");
    ApiCall sent = call(action);
    sent.failed_items = {code, "InternalError"};
    add(sent);
    apply();
  }
  std::uint64_t items = 0;
  for (const ItemSeries& series : store.state().items) items += series.count;
  EXPECT_EQ(items, 14U);
  // Five are admitted; the two codes that come beyond go on under the action `other`.
  EXPECT_EQ(store.state().items.size(), 5U + 2U);
}

TEST_F(SeriesStoreTest, EveryDocumentedCodeIsThereAtZero) {
  std::set<std::string_view> codes;
  for (const CodeSeries& series : store.state().codes) {
    EXPECT_EQ(series.count, 0U);
    EXPECT_TRUE(codes.insert(series.code).second) << series.code;
  }
  for (const std::string_view code : catalog->codes_of("billing")) {
    EXPECT_TRUE(codes.contains(code)) << code;
  }
}

TEST_F(SeriesStoreTest, ExactlyOneInfoPerServiceAndCode) {
  store.add_source("second", {"billing"});
  add(call("A", "InternalError", "cvm"));
  add(call("A", "InternalError"));
  apply();
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const CodeInfo& info : store.state().infos) {
    EXPECT_TRUE(seen.insert({info.service, info.code}).second) << info.code;
  }
}

TEST_F(SeriesStoreTest, CountsAddUpOverBatches) {
  for (int i = 0; i < 3; ++i) {
    add(call("A"));
    add(call("A", "InternalError"));
    apply();
  }
  ASSERT_EQ(store.state().calls.size(), 1U);
  EXPECT_EQ(store.state().calls[0].count, 6U);
  EXPECT_EQ(store.state().calls[0].durations.buckets[2], 6U);
  EXPECT_EQ(store.state().calls[0].durations.sum_ns, 720'000'000U);
  ASSERT_EQ(store.state().errors.size(), 1U);
  EXPECT_EQ(store.state().errors[0].count, 3U);
  EXPECT_EQ(store.state().errors[0].exemplar.request_id(), "id-1");
  const CodeSeries& code = store.state().codes[store.state().errors[0].code_series];
  EXPECT_EQ(code.count, 3U);
  EXPECT_EQ(code.last_observed_unix_ns, kNow);
}

TEST_F(SeriesStoreTest, BeyondTheBudgetIsOtherAndTotalsStayExact) {
  for (int i = 0; i < 50; ++i) {
    add(call("Action" + std::to_string(i)));
    if (i % 7 == 0) apply();
  }
  for (int i = 0; i < 10; ++i) add(call("A", "Brand.New" + std::to_string(i)));
  for (int i = 0; i < 10; ++i) add(call("A", "", "service" + std::to_string(i)));
  apply();
  EXPECT_EQ(total_calls(), 70U);
  const SeriesSnapshot& state = store.state();
  const auto overflow = [&](BoundedLabel label) {
    return state.overflow[static_cast<std::size_t>(label)];
  };
  EXPECT_EQ(overflow(BoundedLabel::kService), 8U);  // billing and two more are admitted
  EXPECT_EQ(overflow(BoundedLabel::kCode), 8U);
  EXPECT_GE(overflow(BoundedLabel::kAction), 46U);
  std::uint64_t errors = 0, by_code = 0;
  for (const ErrorSeries& series : state.errors) errors += series.count;
  for (const CodeSeries& series : state.codes) by_code += series.count;
  EXPECT_EQ(errors, 10U);
  EXPECT_EQ(by_code, 10U);
}

TEST_F(SeriesStoreTest, ErrorSeriesLimitFoldsTheActionOnly) {
  SeriesLimits roomy = SeriesLimits::none();
  roomy.error_series = 2;
  SeriesStore small(roomy, catalog);
  const std::uint32_t index = small.add_source("s", {"billing"});
  for (int i = 0; i < 5; ++i) add(call("Action" + std::to_string(i), "InternalError"));
  small.apply(index, tally, kNow);
  ASSERT_EQ(small.state().errors.size(), 3U);
  EXPECT_EQ(small.state().errors[2].action, "other");
  EXPECT_EQ(small.state().errors[2].count, 3U);
  EXPECT_EQ(small.state().overflow[static_cast<std::size_t>(BoundedLabel::kAction)], 3U);
  EXPECT_EQ(small.state().calls.size(), 5U);
}

TEST_F(SeriesStoreTest, UndocumentedCodesAreCountedAndDated) {
  add(call("A", "FailedOperation.BrandNew"));
  apply();
  EXPECT_EQ(finding_count("billing", Documentation::kNowhere), 1U);
  const auto& infos = store.state().infos;
  EXPECT_EQ(infos.back().code, "FailedOperation.BrandNew");
  EXPECT_EQ(infos.back().first_seen_unix_ns, kNow);
  EXPECT_NE(infos.back().labels.find("documented=\"false\""), std::string_view::npos);
  EXPECT_NE(infos.back().labels.find("fault_domain=\"vendor\""), std::string_view::npos);
}

TEST_F(SeriesStoreTest, FindingsStandAtZeroAndCountFailedCalls) {
  ASSERT_EQ(store.state().findings.size(), 3U);
  for (const FindingSeries& series : store.state().findings) EXPECT_EQ(series.count, 0U);
  const std::string_view code = "FailedOperation.InvalidDeal";
  std::string_view unlisted = "unknown";
  for (const std::string_view action : catalog->vendor_codes().actions("billing")) {
    const Documentation finding = catalog->documentation("billing", action, code);
    if (finding == Documentation::kProduct) unlisted = action;
  }
  ASSERT_NE(unlisted, "unknown");
  add(call(unlisted, code));
  add(call(unlisted, code));
  add(call("NobodyKnows", code));
  add(call("A", code, "cvm"));
  add(call("A", "Brand.New"));
  apply();
  EXPECT_EQ(finding_count("billing", Documentation::kProduct), 2U);
  EXPECT_EQ(finding_count("billing", Documentation::kElsewhere), 0U);
  EXPECT_EQ(finding_count("cvm", Documentation::kElsewhere), 1U);
  EXPECT_EQ(finding_count("billing", Documentation::kNowhere), 1U);
  EXPECT_EQ(store.state().findings.size(), 4U);
}

TEST_F(SeriesStoreTest, ASnapshotDoesNotChange) {
  add(call("A"));
  apply();
  const auto snapshot = store.snapshot(kNow);
  add(call("A"));
  apply();
  EXPECT_EQ(snapshot->calls[0].count, 1U);
  EXPECT_EQ(store.state().calls[0].count, 2U);
}

TEST_F(SeriesStoreTest, ANewCatalogReclassifiesWithoutTouchingCounts) {
  add(call("A", "InternalError"));
  apply();
  CatalogBuilder builder;
  builder.add_builtin();
  builder.add("schema: 1\nproduct: billing\ncodes: [{code: InternalError, severity: critical}]",
              "overlay.yaml");
  ASSERT_TRUE(builder.errors().empty());
  store.set_catalog(std::make_shared<const Catalog>(builder.build()));
  const CodeSeries& code = store.state().codes[store.state().errors[0].code_series];
  EXPECT_EQ(code.count, 1U);
  EXPECT_NE(store.state().infos[code.info].labels.find("severity=\"critical\""),
            std::string_view::npos);
}

TEST_F(SeriesStoreTest, RestoreContinuesWhereTheLastRunStopped) {
  PersistedState persisted;
  persisted.sources.push_back({"s", {}, {}});
  persisted.sources[0].lines.lines = 10;
  persisted.sources[0].files.rotations = 2;
  PersistedSeries row;
  row.source = "s", row.service = "billing", row.action = "A", row.count = 5;
  persisted.calls.push_back(row);
  row.code = "InternalError", row.count = 3, row.time_unix_ns = 7;
  persisted.codes.push_back(row);
  persisted.errors.push_back(row);
  row.finding = Documentation::kNowhere;
  persisted.findings.push_back(row);
  store.restore(persisted);
  add(call("A", "InternalError"));
  add(call("A", "Brand.New"));
  apply();
  FileCounts files;
  files.rotations = 1;
  store.set_files(source, files);
  EXPECT_EQ(finding_count("billing", Documentation::kNowhere), 4U);
  EXPECT_EQ(store.state().calls[0].count, 7U);
  EXPECT_EQ(store.state().errors[0].count, 4U);
  EXPECT_EQ(store.state().codes[store.state().errors[0].code_series].count, 4U);
  EXPECT_EQ(store.state().sources[0].lines.lines, 10U);
  EXPECT_EQ(store.state().sources[0].files.rotations, 3U);
}

}  // namespace
}  // namespace apierrd
