#include "parsers/skim/skim.h"

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
  if (tree_ != tree.id) forget_tree();
  tree_ = tree.id;
  begin_ = text.data();
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
  if (!valid || (extent().not_ascii && !valid_utf8(this->text()))) return false;
  if (!is_followed_) learn();
  return true;
}

void Skim::forget_tree() {
  for (SkimOutline& outline : outlines_) outline.bytes = 0;
  for (KnownSignature& known : signatures_) known.id = 0;
  strangers_ = {};
}

void Skim::learn() {
  find_signature();
  SkimSketch& drawn = sketch();
  drawn.make_hash();
  const std::uint64_t hash = drawn.hash ^ drawn.keys_hash;
  std::uint64_t& stranger = strangers_[outline_slot(drawn.hash)];
  if (stranger == hash)
    outlines_[outline_slot(drawn.hash)].learn(drawn, text(), proved_, signature_id_);
  stranger = hash;
}

void Skim::find_signature() {
  const auto is_it = [this](const KnownSignature& known) {
    return known.id != 0 && known.signature == proved_;
  };
  if (!is_it(signatures_[latest_signature_])) {
    std::uint64_t hash = proved_.found;
    for (const std::uint64_t bits : proved_.type_bits)
      hash = (hash ^ hash >> 29) * kHashFactor + bits;
    latest_signature_ = (hash * kHashFactor >> 32) % kSignaturesMax;
    KnownSignature& known = signatures_[latest_signature_];
    if (!is_it(known)) known = {proved_, ++signatures_seen_, 0};
  }
  KnownSignature& known = signatures_[latest_signature_];
  if (known.lines < kSignatureCommonLines) ++known.lines;
  signature_id_ = known.id;
}

}  // namespace apierrd
