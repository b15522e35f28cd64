// Any bytes as a log: no crash, the ledger closes, one line never changes what another counts, and
// skimmed lines come to what the full parser makes of them.
#include <cstdlib>
#include <string>

#include "parsers/process_batch.h"

using namespace apierrd;

namespace {

std::shared_ptr<const Catalog> catalog() {
  static const auto kCatalog = std::make_shared<const Catalog>(builtin_catalog());
  return kCatalog;
}

const Ruleset& strict() {
  static const Ruleset kRuleset{catalog(), tencentcloud_format(), 4096};
  return kRuleset;
}

const Ruleset& any_shape() {
  static const Ruleset kRuleset = [] {
    Ruleset ruleset{catalog(), *source_format("auto", builtin_formats()), 4096};
    ruleset.format.framing.join_json = true;
    return ruleset;
  }();
  return kRuleset;
}

Tally tally_of(std::string text, const Ruleset& ruleset, CallParser& parser) {
  const std::size_t size = text.size();
  text.append(kJsonPadding, '\0');
  Tally tally(SIZE_MAX);
  LineBatch batch{std::string_view(text).substr(0, size), size, 0, false, 0};
  process_batch(batch, ruleset, parser, tally);
  return tally;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static CallParser parser, full(SkimKernel::kOff), portable(SkimKernel::kPortable);
  const std::string input(reinterpret_cast<const char*>(data), size);
  const Tally alone = tally_of(input, strict(), parser);
  for (const LineCounts& lines : {alone.lines, tally_of(input, any_shape(), parser).lines}) {
    std::uint64_t verdicts = 0, bytes = 0;
    for (const std::uint64_t count : lines.by_verdict) verdicts += count;
    for (const std::uint64_t count : lines.bytes_by_verdict) bytes += count;
    require(verdicts == lines.lines && lines.bytes == size && bytes == size);
  }

  const Tally in_full = tally_of(input, strict(), full);
  const Tally by_portable = tally_of(input, strict(), portable);
  for (const Tally* tally : {&alone, &by_portable}) {
    const Tally& skimmed = *tally;
    require(skimmed.lines.by_verdict == in_full.lines.by_verdict);
    require(skimmed.lines.newest_record_unix_ns == in_full.lines.newest_record_unix_ns);
    require(skimmed.calls().size() == in_full.calls().size());
    for (std::size_t i = 0; i < in_full.calls().size(); ++i) {
      const CallRow &row = *skimmed.calls()[i], &wanted = *in_full.calls()[i];
      require(row.service == wanted.service && row.action == wanted.action);
      require(row.count == wanted.count && row.durations.sum_ns == wanted.durations.sum_ns);
    }
    require(skimmed.errors().size() == in_full.errors().size());
    for (std::size_t i = 0; i < in_full.errors().size(); ++i) {
      const ErrorRow &row = *skimmed.errors()[i], &wanted = *in_full.errors()[i];
      require(row.code == wanted.code && row.count == wanted.count);
      require(row.latest.message == wanted.latest.message);
    }
  }

  const std::string good =
      R"({"service":"s","action":"neighbour","response":{"Response":{"Error":{"Code":"X"}}}})";
  const Tally among = tally_of(good + "\n" + input + "\n" + good + "\n", strict(), parser);
  require(among.lines.lines == alone.lines.lines + 2 + (input.empty() || input.back() == '\n'));
  require(among.lines.records == alone.lines.records + 2);
  require(among.errors().size() <= alone.errors().size() + 1);
  return 0;
}
