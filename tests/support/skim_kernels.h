// The kernels of the skimmer that this machine has; what is tested is tested with each.
#pragma once

#include <vector>

#include "parsers/skim/skim.h"

namespace apierrd::test {

inline std::vector<SkimKernel> kernels_here() {
  std::vector<SkimKernel> kernels;
  for (const SkimKernel kernel : {SkimKernel::kPortable, SkimKernel::kAvx2, SkimKernel::kAvx512}) {
    if (has_skim_kernel(kernel)) kernels.push_back(kernel);
  }
  return kernels;
}

}  // namespace apierrd::test
