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
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
             __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("pclmul");
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

SkimKey SkimKey::of(std::string_view key, std::uint8_t object_of, std::uint8_t place,
                    std::uint8_t object) {
  SkimKey result;
  if (key.empty() || key.size() > 2 * sizeof result.first) return result;
  const std::size_t head = std::min(key.size(), sizeof result.first);
  std::memcpy(&result.first, key.data(), head);
  result.first_mask = SkimObject::kKeyMasks[head];
  if (key.size() > head) {
    result.last_at = static_cast<std::uint32_t>(key.size() - sizeof result.last);
    std::memcpy(&result.last, key.data() + result.last_at, sizeof result.last);
    result.last_mask = ~std::uint64_t{0};
  }
  result.size = static_cast<std::uint32_t>(key.size());
  result.object_of = object_of;
  result.place = place;
  result.object = object;
  return result;
}

bool Skim::document(std::string_view text, const SkimTree& tree, SkimKernel kernel) {
  // Below, the byte before a token is looked at: before any other there is this one.
  if (!text.starts_with('{')) return false;
  if (expected_of_ != tree.id) {
    expected_ = {};
    expected_of_ = tree.id;
  }
  begin_ = text.data();
  found_ = made_ = 0;
  escaped_ = not_ascii_ = false;
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
  return valid && (!not_ascii_ || valid_utf8(this->text()));
}

void Skim::make_node(std::uint8_t place) {
  JsonNode& node = nodes_[place];
  const std::size_t start = value_at_[place];
  const char* const value = begin_ + start;
  node.escaped = false;
  if (*value == '"') {
    std::size_t block = (start + 1) / 64;
    std::uint64_t quotes = quotes_[block] & (~std::uint64_t{0} << ((start + 1) % 64));
    while (quotes == 0) quotes = quotes_[++block];
    const std::size_t end = block * 64 + static_cast<std::size_t>(std::countr_zero(quotes));
    node.type = JsonType::kString;
    node.raw = {value + 1, end - start - 1};
    node.escaped = escaped_ && node.raw.find('\\') != std::string_view::npos;
    return;
  }
  switch (*value) {
    case '{': node.type = JsonType::kObject; return;
    case '[': node.type = JsonType::kArray; return;
    case 't': node.type = JsonType::kTrue; return;
    case 'f': node.type = JsonType::kFalse; return;
    case 'n': node.type = JsonType::kNull; return;
    default: break;
  }
  node.type = JsonType::kNumber;
  std::size_t size = 1;
  for (char c = value[size]; c != ',' && c != '}' && c != ' '; c = value[size]) ++size;
  node.raw = {value, size};
}

}  // namespace apierrd
