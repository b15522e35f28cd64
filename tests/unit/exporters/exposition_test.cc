#include "exporters/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "exporters/http_responder.h"
#include "exporters/json_writer.h"
#include "exporters/label_text.h"
#include "exporters/metrics_page.h"

namespace apierrd {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kNow = 1'795'424'400'000'000'000;

std::shared_ptr<const SeriesSnapshot> busy_snapshot(std::string_view action = "PayDeals") {
  auto catalog = std::make_shared<const Catalog>(builtin_catalog());
  SeriesStore store(SeriesLimits{}, catalog);
  const std::uint32_t source = store.add_source("payments", {"billing"});
  Tally tally;
  ApiCall call;
  call.service = "billing";
  call.action = action;
  call.request_id = "ed93f3cb-f35e-473f-b9f3-0d451b8b79c6";
  call.code = "FailedOperation.PaySuccDeliverFailed";
  call.latency_ns = 120'000'000;
  call.time_unix_ns = kNow - 1'500'000'000;
  tally.add(call, *catalog, kNow);
  tally.lines.lines = 1;
  store.apply(source, tally, kNow);
  return store.snapshot(kNow);
}

std::string exposition(ExpositionFormat format, const SeenRows& seen = {}) {
  ExpositionWriter writer(format);
  write_series(writer, *busy_snapshot(), seen);
  return writer.finish();
}

TEST(MetricTable, NamesFollowTheConventions) {
  std::set<std::string_view> names;
  for (const MetricInfo& info : kMetrics) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_EQ(info.name.ends_with("_total"), info.type == MetricType::kCounter) << info.name;
    EXPECT_EQ(info.name.ends_with("_info"), info.type == MetricType::kInfo) << info.name;
    EXPECT_TRUE(info.help.ends_with('.')) << info.name;
    EXPECT_EQ(info.help.find_first_of("\\\n"), std::string_view::npos) << info.name;
  }
  EXPECT_EQ(static_cast<std::size_t>(Metric::kProcessStartTime) + 1, kMetrics.size());
  EXPECT_EQ(info_of(Metric::kBuildInfo).name, "apierrd_build_info");
  EXPECT_EQ(info_of(Metric::kLostBytes).name, "apierrd_lost_bytes_total");
}

TEST(MetricTable, DocumentationSaysTheSame) {
  std::ifstream file(APIERRD_SOURCE_DIR "/docs/metrics.md");
  std::stringstream text;
  text << file.rdbuf();
  constexpr const char* kTypes[] = {"counter", "gauge", "histogram", "info"};
  for (const MetricInfo& info : kMetrics) {
    const std::string labels = info.labels.empty() ? "-" : std::string(info.labels);
    EXPECT_THAT(text.str(), HasSubstr("| `" + std::string(info.name) + "` | " +
                                      kTypes[static_cast<std::size_t>(info.type)] + " | " + labels +
                                      " | " + std::string(info.help)));
  }
}

TEST(Exposition, EveryMetricOfTheTableIsExposed) {
  SelfMetrics self("0", "0", "0");
  self.add_alertmanager("http://am:9093");
  for (const ExpositionFormat format :
       {ExpositionFormat::kText004, ExpositionFormat::kOpenMetrics100}) {
    ExpositionWriter writer(format);
    write_series(writer, *busy_snapshot());
    self.write(writer);
    const std::string text = writer.finish();
    for (const MetricInfo& info : kMetrics) {
      std::string family(info.name);
      if (format == ExpositionFormat::kOpenMetrics100) {
        if (family.ends_with("_total")) family.resize(family.size() - 6);
        if (family.ends_with("_info")) family.resize(family.size() - 5);
      }
      EXPECT_THAT(text, HasSubstr("# TYPE " + family + " ")) << family;
    }
  }
}

TEST(Exposition, TextFormat) {
  const std::string text = exposition(ExpositionFormat::kText004);
  EXPECT_THAT(text,
              HasSubstr("# TYPE apierrd_api_calls_total counter\napierrd_api_calls_total{"
                        "source=\"payments\",api_service=\"billing\",action=\"PayDeals\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE apierrd_error_code_info gauge\n"));
  EXPECT_THAT(text, HasSubstr("le=\"1.0\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("request_id")));
  EXPECT_THAT(text, Not(HasSubstr("# EOF")));
}

TEST(Exposition, OpenMetricsWithExemplars) {
  const std::string text = exposition(ExpositionFormat::kOpenMetrics100);
  EXPECT_THAT(text, HasSubstr("# TYPE apierrd_api_calls counter\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE apierrd_error_code info\n"));
  EXPECT_THAT(text, HasSubstr("code=\"FailedOperation.PaySuccDeliverFailed\"} 1 # {request_id=\""
                              "ed93f3cb-f35e-473f-b9f3-0d451b8b79c6\"} 1 1795424398.5\n"));
  EXPECT_THAT(text,
              HasSubstr("le=\"0.25\"} 1 # {request_id=\"ed93f3cb-f35e-473f-b9f3-0d451b8b79c6\""
                        "} 0.12 1795424398.5\n"));
  EXPECT_TRUE(text.ends_with("# EOF\n"));
}

TEST(Exposition, FilesWhoseLongPathsMakeOneLabelAreOneSeries) {
  SeriesStore store(SeriesLimits{}, std::make_shared<const Catalog>(builtin_catalog()));
  const std::string folder = "/var/log/pods/" + std::string(kLabelValueMax, 'p');
  FileCounts files;
  files.files = {{folder + "/0.log", 3, 0, 0, 0}, {folder + "/1.log", 4, 0, 0, 0}};
  store.set_files(store.add_source("s", {}), files);
  ExpositionWriter writer(ExpositionFormat::kText004);
  write_series(writer, *store.snapshot(kNow));
  const std::string label = safe_label_value(folder);
  EXPECT_THAT(writer.finish(),
              HasSubstr("apierrd_file_lag_bytes{source=\"s\",file=\"" + label + "\"} 7\n# HELP"));
}

TEST(Exposition, ASumOfDurationsBeyond292YearsIsNotNegative) {
  CallSeries series;
  series.exemplars.fill(kNoExemplar);
  series.durations.buckets.back() = 2;
  series.durations.sum_ns = 2 * static_cast<std::uint64_t>(INT64_MAX);
  ExpositionWriter writer(ExpositionFormat::kText004);
  writer.begin(Metric::kCallDuration);
  writer.histogram(series, {});
  EXPECT_THAT(writer.finish(), HasSubstr("_sum 18446744073.709551614\n"));
}

TEST(Exposition, AnExemplarIsMadeSafeAndEscaped) {
  Exemplar exemplar;
  exemplar.set("a\"b\\\xFF\n", 1'500'000'000, 0);
  ExpositionWriter writer(ExpositionFormat::kOpenMetrics100);
  writer.begin(Metric::kErrors);
  writer.sample("code=\"X\"", std::uint64_t{7}, &exemplar);
  EXPECT_THAT(writer.finish(), HasSubstr("_total{code=\"X\"} 7 # {request_id=\"a\\\"b\\\\"
                                         "\uFFFD\uFFFD\"} 1 1.5\n"));
}

TEST(Exposition, AHistogramAddsItsBucketsUp) {
  CallSeries series{};
  series.labels = "action=\"A\"";
  series.exemplars.fill(kNoExemplar);
  series.durations.buckets[1] = 2;
  series.durations.buckets[9] = 1;
  series.durations.sum_ns = 40'250'000'000;
  ExpositionWriter writer(ExpositionFormat::kText004);
  writer.begin(Metric::kCallDuration);
  writer.histogram(series, {});
  const std::string text = writer.finish();
  const std::string name(info_of(Metric::kCallDuration).name);
  EXPECT_THAT(text, HasSubstr(name + "_bucket{action=\"A\",le=\"0.05\"} 0\n" + name +
                              "_bucket{action=\"A\",le=\"0.1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(name + "_bucket{action=\"A\",le=\"+Inf\"} 3\n" + name +
                              "_sum{action=\"A\"} 40.25\n" + name + "_count{action=\"A\"} 3\n"));
  series.labels = {};
  ExpositionWriter bare(ExpositionFormat::kText004);
  bare.begin(Metric::kCallDuration);
  bare.histogram(series, {});
  EXPECT_THAT(bare.finish(), HasSubstr(name + "_bucket{le=\"0.05\"} 0\n"));
}

TEST(Exposition, ARowNewToAScraperIsZeroOnce) {
  EXPECT_THAT(exposition(ExpositionFormat::kText004, {SIZE_MAX, 0, SIZE_MAX}),
              HasSubstr("apierrd_api_errors_total{source=\"payments\",api_service=\"billing\","
                        "action=\"PayDeals\",code=\"FailedOperation.PaySuccDeliverFailed\"} 0\n"));
}

TEST(SecondsText, IsExact) {
  EXPECT_EQ(seconds_text(0), "0");
  EXPECT_EQ(seconds_text(1'500'000'000), "1.5");
  EXPECT_EQ(seconds_text(1'795'424'400'000'000'001), "1795424400.000000001");
  EXPECT_EQ(seconds_text(-1), "-0.000000001");
}

TEST(NegotiateFormat, AcceptHeaders) {
  using enum ExpositionFormat;
  // What Prometheus 2.42 sends.
  EXPECT_EQ(negotiate_format("application/openmetrics-text;version=1.0.0,application/"
                             "openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;"
                             "q=0.5,*/*;q=0.1"),
            kOpenMetrics100);
  EXPECT_EQ(negotiate_format(""), kText004);
  EXPECT_EQ(negotiate_format("*/*"), kText004);
  EXPECT_EQ(negotiate_format("text/plain;version=0.0.4"), kText004);
  EXPECT_EQ(negotiate_format("application/openmetrics-text; version=1.0.0; charset=utf-8"),
            kOpenMetrics100);
  EXPECT_EQ(negotiate_format("application/openmetrics-text;version=0.0.1"), kText004);
  EXPECT_EQ(negotiate_format("application/openmetrics-text;q=0.2,text/plain;q=0.9"), kText004);
  EXPECT_EQ(negotiate_format("application/openmetrics-text;q=0"), kText004);
  EXPECT_EQ(negotiate_format(",;q=,;;version=,\xFF"), kText004);
}

TEST(AcceptsGzip, Tokens) {
  EXPECT_TRUE(accepts_gzip("gzip"));
  EXPECT_TRUE(accepts_gzip("deflate, gzip;q=0.5"));
  EXPECT_FALSE(accepts_gzip(""));
  EXPECT_FALSE(accepts_gzip("identity"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0"));
  EXPECT_FALSE(accepts_gzip("xgzip"));
}

TEST(ParseListenAddress, Forms) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:19877")->port, 19877);
  EXPECT_EQ(parse_listen_address("[::1]:80")->host, "::1");
  EXPECT_EQ(parse_listen_address(":80")->host, "0.0.0.0");
  for (const char* text : {"", "80", "a:", "a:b", "a:70000", "a:-1", "::1:80", "a:8x"}) {
    EXPECT_FALSE(parse_listen_address(text).has_value()) << text;
  }
}

TEST(ScraperMemory, EachScraperSeesAZeroFirst) {
  ScraperMemory memory;
  const auto seen = [&memory](const std::string& client, std::size_t rows, std::int64_t now) {
    return memory.seen(client, {0, rows, 0}, now).errors;
  };
  EXPECT_EQ(seen("a", 3, kNow), SIZE_MAX);
  EXPECT_EQ(seen("a", 5, kNow + 1), 3U);
  EXPECT_EQ(seen("b", 5, kNow + 2), SIZE_MAX);
  EXPECT_EQ(seen("a", 5, kNow + 3), 5U);
  EXPECT_EQ(seen("a", 6, kNow + 700'000'000'000), SIZE_MAX);  // forgotten meanwhile
  for (int i = 0; i < 100; ++i) seen("client" + std::to_string(i), 1, kNow + 900 + i);
  EXPECT_EQ(seen("client99", 1, kNow + 2'000), 1U);
}

TEST(JsonWriter, CommasAndEscapes) {
  JsonWriter json;
  json.begin_object().member("a", std::uint64_t{18446744073709551615U}).key("b").begin_array();
  json.value("x\"\\\n\x01").value(true).begin_object().end_object().end_array().end_object();
  EXPECT_EQ(json.take(), "{\"a\":18446744073709551615,\"b\":[\"x\\\"\\\\\\n\\u0001\",true,{}]}");
}

}  // namespace
}  // namespace apierrd
