// The parts of the data path, each at work alone on a fixed input. Two programs run them:
// stages_bench measures their time, stage_cost has their instructions counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace apierrd::bench {

/// What a run came to. `sum` is a second number to know it by: failed calls, most often.
struct Outcome {
  std::uint64_t count = 0, sum = 0;
  bool operator==(const Outcome&) const = default;
};

struct Stage {
  std::size_t items = 0;  ///< lines, calls or series that a run goes through
  std::size_t bytes = 0;  ///< and their text, if it is about text
  Outcome expected;       ///< known without the code that is measured
  std::function<Outcome()> run;
};

struct StageInfo {
  std::string_view name;
  Stage (*make)();
};

std::span<const StageInfo> stages();

}  // namespace apierrd::bench
