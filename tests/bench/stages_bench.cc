// Time of each stage, by Google Benchmark; a stage that counts wrongly is not timed but reported.
//   stages_bench [--benchmark_filter=NAME] ...
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "tests/bench/stages.h"

namespace apierrd::bench {

namespace {

void time_stage(benchmark::State& state, const StageInfo& info) {
  const Stage stage = info.make();
  if (stage.run() != stage.expected) {
    state.SkipWithError("counts something else than the log holds");
    return;
  }
  for (auto _ : state) benchmark::DoNotOptimize(stage.run());
  const auto runs = static_cast<std::int64_t>(state.iterations());
  state.SetItemsProcessed(runs * static_cast<std::int64_t>(stage.items));
  if (stage.bytes > 0) state.SetBytesProcessed(runs * static_cast<std::int64_t>(stage.bytes));
}

}  // namespace

}  // namespace apierrd::bench

int main(int argc, char** argv) {
  for (const apierrd::bench::StageInfo& info : apierrd::bench::stages()) {
    benchmark::RegisterBenchmark(std::string(info.name).c_str(), [&info](benchmark::State& state) {
      apierrd::bench::time_stage(state, info);
    });
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
