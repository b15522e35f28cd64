#include "parsers/skim/skim.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace apierrd {

bool has_skim_kernel(SkimKernel kernel) {
  switch (kernel) {
    case SkimKernel::kOff:
    case SkimKernel::kPortable: return true;
#if defined(__x86_64__)
    case SkimKernel::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") &&
             __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
             __builtin_cpu_supports("pclmul");
    case SkimKernel::kAvx512:
      return has_skim_kernel(SkimKernel::kAvx2) && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512vbmi2");
#else
    case SkimKernel::kAvx2:
    case SkimKernel::kAvx512: return false;
#endif
  }
  return false;
}

SkimKernel best_skim_kernel() {
  static const SkimKernel kBest = [] {
    for (const SkimKernel kernel : {SkimKernel::kAvx512, SkimKernel::kAvx2}) {
      if (has_skim_kernel(kernel)) return kernel;
    }
    return SkimKernel::kOff;
  }();
  return kBest;
}

bool Skim::document(std::string_view text, const SkimTree& tree, SkimKernel kernel,
                    bool look_ahead) {
  // Below, the byte before a token is looked at: before any other there is this one.
  if (!text.starts_with('{')) return false;
  if (outlines_of_ != tree.id) {
    for (SkimOutline& outline : outlines_) outline.bytes = 0;
    outlines_of_ = tree.id;
  }
  begin_ = text.data();
  found_ = made_ = outline_id_ = 0;
  extent_ = {};
  look_ahead_ = look_ahead;
  if (!look_ahead) forget_ahead();
  bool valid = false;
  switch (kernel) {
    case SkimKernel::kOff: return false;
    case SkimKernel::kPortable: valid = skim_portable(text, tree, *this); break;
#if defined(__x86_64__)
    case SkimKernel::kAvx2: valid = skim_avx2(text, tree, *this); break;
    case SkimKernel::kAvx512: valid = skim_avx512(text, tree, *this); break;
#else
    case SkimKernel::kAvx2:
    case SkimKernel::kAvx512: return false;
#endif
  }
  return valid && (!extent_.not_ascii || valid_utf8(this->text()));
}

void Skim::learn() {
  ++unknown_;
  const SkimSketch& drawn = sketch();
  if (!drawn.whole) return;
  SkimOutline& outline = outlines_[outline_slot(outline_hash(drawn.outline.data(), drawn.bytes))];
  if (outline.learn(drawn, text(), found_)) outline.id = ++outlines_learned_;
}

void Skim::make_node(std::uint8_t place, const char* start) {
  JsonNode& node = nodes_[place];
  node.escaped = false;
  switch (*start) {
    case '{': node.type = JsonType::kObject; return;
    case '[': node.type = JsonType::kArray; return;
    case 't': node.type = JsonType::kTrue; return;
    case 'f': node.type = JsonType::kFalse; return;
    case 'n': node.type = JsonType::kNull; return;
    default: break;
  }
  node.type = JsonType::kNumber;
  node.raw = number_at(start);
}

}  // namespace apierrd
