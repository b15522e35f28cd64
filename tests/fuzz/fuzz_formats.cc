// Any bytes as a log in any format: the ledger closes, names are text, a line harms no neighbour,
// and where a reader's blocks end makes no difference. Formats of users' own come with the input.
//
// The input: the format by its place among the built-in ones (or Y: a format file in YAML up to a
// line `---` follows, and its last format is used), how lines are wrapped and joined, the limit of
// lines, the size of blocks; then the log.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "parsers/format_reader.h"
#include "tests/support/block_reader.h"
#include "tests/support/fuzz_input.h"
#include "tests/support/plain_json.h"

using namespace apierrd;

namespace {

std::shared_ptr<const Catalog> catalog() {
  static const auto kCatalog = std::make_shared<const Catalog>(builtin_catalog());
  return kCatalog;
}

std::optional<SourceFormat> own_format(std::string_view yaml) {
  std::vector<LogFormat> formats = builtin_formats();
  std::vector<Error> errors;
  const std::size_t before = formats.size();
  read_format_file(yaml, "fuzz.yaml", formats, errors);
  for (const Error& error : errors) REQUIRE(!error.text().empty());
  if (!errors.empty() || formats.size() == before) return std::nullopt;
  return source_format(formats.back().name, formats);
}

const SourceFormat& builtin_format(std::size_t index) {
  static const std::vector<SourceFormat> kFormats = [] {
    std::vector<SourceFormat> all{*source_format("auto", builtin_formats())};
    for (const LogFormat& format : builtin_formats()) {
      all.push_back(*source_format(format.name, builtin_formats()));
    }
    return all;
  }();
  return kFormats[index % kFormats.size()];
}

Framing framing_of(std::size_t choice) {
  using enum Wrapper;
  static const std::vector<Framing> kFramings{{false, {}, false, 500},
                                              {true, {}, false, 500},
                                              {true, {}, true, 500},
                                              {false, {}, true, 3},
                                              {false, {kDocker}, false, 500},
                                              {false, {kCri}, true, 500},
                                              {false, {kSyslog}, false, 500},
                                              {false, {kJournald}, false, 500},
                                              {false, {kSyslog, kCri, kDocker}, true, 500}};
  return kFramings[choice % kFramings.size()];
}

Tally tally_of(std::string text, const Ruleset& ruleset) {
  static CallParser parser;
  const std::size_t size = text.size();
  text.append(kJsonPadding, '\0');
  Tally tally(SIZE_MAX);
  process_batch({std::string_view(text).substr(0, size), size, 0, false, 0}, ruleset, parser,
                tally);
  return tally;
}

void check_ledger(const Tally& tally, std::size_t size) {
  std::uint64_t verdicts = 0, bytes = 0, calls = 0, errors = 0;
  for (const std::uint64_t count : tally.lines.by_verdict) verdicts += count;
  for (const std::uint64_t count : tally.lines.bytes_by_verdict) bytes += count;
  REQUIRE(verdicts == tally.lines.lines);
  REQUIRE(bytes == size && tally.lines.bytes == size);
  for (const CallRow* row : tally.calls()) {
    calls += row->count;
    REQUIRE(row->durations.count() <= row->count);
    REQUIRE(test::plain_utf8(row->service) && test::plain_utf8(row->action));
  }
  for (const ErrorRow* row : tally.errors()) {
    errors += row->count;
    REQUIRE(!row->code.empty() && test::plain_utf8(row->code));
    REQUIRE(row->latest.message.size() <= kMessageKeptMax);
  }
  REQUIRE(calls == tally.lines.records && errors <= calls);
  REQUIRE(calls >= tally.lines.by_verdict[static_cast<std::size_t>(Verdict::kRecord)]);
}

void check_neighbours(const std::string& log, const Tally& alone, const Ruleset& ruleset) {
  const std::string good = "no call\n";
  const Tally among = tally_of(good + log + "\n" + good, ruleset);
  REQUIRE(among.lines.lines == alone.lines.lines + 2 + (log.empty() || log.back() == '\n'));
  REQUIRE(test::rows_text(among) == test::rows_text(alone));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  test::FuzzInput input(data, size);
  const std::uint8_t kind = input.byte();
  const std::size_t framing = input.choice(9);
  const bool short_lines = input.choice(2) == 1;
  std::size_t step = 1 + input.choice(200);
  std::optional<SourceFormat> own;
  if (kind == 'Y') {
    std::string yaml;
    while (!input.empty()) {
      const std::string_view line = input.text();
      if (line == "---") break;
      yaml.append(line).append("\n");
    }
    own = own_format(yaml);
    if (!own) return 0;
  }
  Ruleset ruleset{catalog(), own ? *std::move(own) : builtin_format(kind - std::size_t{'0'}),
                  short_lines ? std::size_t{300} : std::size_t{8192}};
  ruleset.format.framing = framing_of(framing);

  const std::string log(input.rest());
  step = std::max(step, log.size() / 50);  // each look costs the block
  const Tally alone = tally_of(log, ruleset);
  check_ledger(alone, log.size());
  if (ruleset.format.framing.one_line_each()) check_neighbours(log, alone, ruleset);

  test::BlockReader whole(ruleset), reader(ruleset);
  const std::string wanted = test::text_of(whole.read(log, SIZE_MAX, [&] { return log.size(); }));
  const std::size_t block_max = ruleset.line_bytes_max + kLineSlack + 1 + step;
  REQUIRE(test::text_of(reader.read(log, block_max, [&] { return step; })) == wanted);
  return 0;
}
