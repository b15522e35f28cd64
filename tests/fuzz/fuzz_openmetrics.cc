// Any names, numbers, times and ids in the series: the metrics page stays valid in both formats, as
// a strict reader sees it, no series is there twice, and counters read back as they were counted.
//
// The input: one line a text. Of each call service, action, code, RequestId, source, then latency
// and time as up to eight bytes; `!` and a path is a file instead.
#include <string>
#include <vector>

#include "exporters/exposition.h"
#include "exporters/label_text.h"
#include "exporters/self_metrics.h"
#include "tests/support/fuzz_input.h"
#include "tests/support/small_catalog.h"
#include "tests/support/strict_page.h"

using namespace apierrd;

namespace {

constexpr std::int64_t kNow = 1'795'424'400'000'000'000;

struct Series {
  SeriesStore store{{3, 4, 2, 6, 6, 6}, test::small_catalog()};
  std::uint64_t calls = 0, errors = 0;
  FileCounts files;
};

// A name as a configuration may have it.
std::string source_name(std::string_view text) {
  std::string name = safe_text(text, 64);
  return name.empty() ? "s" : name;
}

void add_call(Series& series, test::FuzzInput& input) {
  ApiCall call;
  call.service = input.text();
  call.action = input.text();
  call.code = input.text();
  call.request_id = input.text().substr(0, kRequestIdMax);
  const std::uint32_t source = series.store.add_source(source_name(input.text()), {"shop"});
  const std::int64_t latency = input.number(), time = input.number();
  if (latency > 0) call.latency_ns = latency;  // as parse_duration() gives it
  if (time > 0) call.time_unix_ns = time;
  Tally tally;
  tally.add(call, *test::small_catalog(), kNow);
  tally.lines.lines = 1;
  series.store.apply(source, tally, kNow);
  ++series.calls;
  series.errors += call.failed();
}

void check(const SeriesSnapshot& snapshot, const Series& series, const SelfMetrics& self,
           ExpositionFormat format) {
  const bool open_metrics = format == ExpositionFormat::kOpenMetrics100;
  ExpositionWriter writer(format);
  write_series(writer, snapshot);
  self.write(writer);
  const std::string page = writer.finish();
  const test::StrictPage strict(page, open_metrics);
  for (const std::string& fault : strict.faults()) {
    std::fprintf(stderr, "%s\n%s", fault.c_str(), page.c_str());
  }
  REQUIRE(strict.faults().empty());
  const auto sum = [&](const std::string& family) {
    double total = 0;
    const std::string name = family + (open_metrics ? "" : "_total");
    for (const test::StrictSample& sample : strict.families().at(name).samples)
      total += sample.value;
    return static_cast<std::uint64_t>(total);
  };
  REQUIRE(sum("apierrd_api_calls") == series.calls);
  REQUIRE(sum("apierrd_api_errors") == series.errors);
  REQUIRE(sum("apierrd_api_errors_by_code") == series.errors);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  test::FuzzInput input(data, size);
  Series series;
  static const SelfMetrics self("1", "r", "g++");
  while (!input.empty()) {
    test::FuzzInput peek = input;
    const std::string_view line = peek.text();
    if (!line.starts_with('!')) {
      add_call(series, input);
      continue;
    }
    input = peek;
    series.files.files.push_back({std::string(line.substr(1)), line.size(), 0, 0, 0});
  }
  series.store.set_files(series.store.add_source("s", {}), series.files);
  const auto snapshot = series.store.snapshot(kNow);
  check(*snapshot, series, self, ExpositionFormat::kText004);
  check(*snapshot, series, self, ExpositionFormat::kOpenMetrics100);
  return 0;
}
