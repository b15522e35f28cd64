// One stage, so many times, for ratchet_test.py to have its instructions counted. Without Google
// Benchmark: how often that runs what it measures depends on the clock.
//   stage_cost STAGE TIMES    prints how many items a run goes through
//   stage_cost --compiler     prints what it was compiled with
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "tests/bench/stages.h"

namespace apierrd::bench {

namespace {

int run(const StageInfo& info, int times) {
  const Stage stage = info.make();
  for (int i = 0; i < times; ++i) {
    if (stage.run() != stage.expected) {
      std::fprintf(stderr, "stage_cost: %s: counts something else than its log holds\n",
                   info.name.data());
      return 1;
    }
  }
  std::printf("%zu\n", stage.items);
  return 0;
}

int print_compiler() {
#if defined(__clang__)
  std::printf("clang++ %d\n", __clang_major__);
#else
  std::printf("g++ %d\n", __GNUC__);
#endif
  return 0;
}

}  // namespace

}  // namespace apierrd::bench

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--compiler")
    return apierrd::bench::print_compiler();
  if (argc == 3) {
    for (const apierrd::bench::StageInfo& info : apierrd::bench::stages()) {
      if (info.name == argv[1]) return apierrd::bench::run(info, std::atoi(argv[2]));
    }
  }
  std::fprintf(stderr, "stage_cost: no such stage: stage_cost STAGE TIMES, with STAGE one of");
  for (const apierrd::bench::StageInfo& info : apierrd::bench::stages()) {
    std::fprintf(stderr, " %s", info.name.data());
  }
  std::fprintf(stderr, "\n");
  return 2;
}
