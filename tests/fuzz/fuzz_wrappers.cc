// Lines in the wrappers of container runtimes, syslog and journald: a wrapped line counts as the
// line itself does, whole or in parts; the quick ways of unwrapping and of finding where blocks end
// come to what the slow ones do, with every kernel, on any bytes.
//
// The input: the wrapper, where the line is parted; then the line, and behind it any bytes.
#include <algorithm>
#include <string>
#include <vector>

#include "parsers/framing.h"
#include "tests/support/block_reader.h"
#include "tests/support/fuzz_input.h"
#include "tests/support/padded.h"
#include "tests/support/skim_kernels.h"
#include "tests/support/slow_wrappers.h"

using namespace apierrd;

namespace {

using enum Wrapper;

// `text` between the quotes of a JSON string, escaped as Docker does it.
std::string escaped(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (byte < 0x20) {
      out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    } else {
      out += c;
    }
  }
  return out;
}

std::string wrapped(std::string_view line, Wrapper wrapper, bool partial) {
  constexpr const char* kTime = "2026-11-23T09:00:00.123456789Z";
  switch (wrapper) {
    case kDocker:
      return "{\"log\":\"" + escaped(line) + (partial ? "" : "\\n") +
             "\",\"stream\":\"stderr\",\"time\":\"" + kTime + "\"}\n";
    case kCri:
      return std::string(kTime) + " stdout " + (partial ? "P " : "F ") + std::string(line) + "\n";
    case kSyslog:
      return std::string("<165>1 ") + kTime + " host app 12 ID1 - " + std::string(line) + "\n";
    case kJournald: break;
  }
  std::string bytes;
  for (const char c : line) {
    bytes += (bytes.empty() ? "" : ",") + std::to_string(static_cast<std::uint8_t>(c));
  }
  return "{\"__REALTIME_TIMESTAMP\":\"1655046591494032\",\"MESSAGE\":[" + bytes + "]}\n";
}

const Ruleset& rules(std::vector<Wrapper> wrappers, bool any_shape) {
  static const auto kCatalog = std::make_shared<const Catalog>(builtin_catalog());
  static Ruleset strict{kCatalog, tencentcloud_format(), 1U << 20};
  static Ruleset loose{kCatalog, *source_format("auto", builtin_formats()), 1U << 20};
  Ruleset& ruleset = any_shape ? loose : strict;
  ruleset.format.framing = {false, std::move(wrappers), false, 500};
  return ruleset;
}

Tally tally_of(const std::string& text, const Ruleset& ruleset) {
  static CallParser parser;
  const test::Padded padded(text);
  Tally tally(SIZE_MAX);
  process_batch({padded.view(), text.size(), 0, false, 0}, ruleset, parser, tally);
  return tally;
}

// What the line comes to by itself and wrapped; `parts` is how many lines it was written in.
void check_same(const std::string& line, const std::string& lines, std::size_t parts,
                const std::vector<Wrapper>& wrappers) {
  for (const bool any_shape : {false, true}) {
    const Tally bare = tally_of(line + "\n", rules({}, any_shape));
    const Tally seen = tally_of(lines, rules(wrappers, any_shape));
    REQUIRE(test::rows_text(seen) == test::rows_text(bare));
    auto wanted = bare.lines.by_verdict;
    wanted[static_cast<std::size_t>(Verdict::kJoined)] += parts - 1;
    REQUIRE(seen.lines.by_verdict == wanted);
    REQUIRE(seen.lines.bytes == lines.size());
  }
}

void check_wrapped(std::string line, std::size_t choice, std::size_t cut) {
  if (line.ends_with('\r')) line.pop_back();  // would belong to the line end
  for (const Wrapper wrapper : {kDocker, kCri, kSyslog, kJournald}) {
    // Syslog drops the mark of its own (RFC 5424 section 6.4).
    if (wrapper == kSyslog && line.starts_with(kByteOrderMark)) continue;
    check_same(line, wrapped(line, wrapper, false), 1, {wrapper});
  }
  const Wrapper inner = choice % 2 == 0 ? kCri : kSyslog;
  std::string once = wrapped(line, inner, false);
  once.pop_back();
  if (inner == kCri || !line.starts_with(kByteOrderMark))
    check_same(line, wrapped(once, kDocker, false), 1, {kDocker, inner});
  const Wrapper parted = choice < 2 ? kDocker : kCri;
  cut = std::min(cut, line.size());
  if (line.substr(0, cut).ends_with('\r')) return;  // CRI's line would end in it
  check_same(line,
             wrapped(line.substr(0, cut), parted, true) + wrapped(line.substr(cut), parted, false),
             2, {parted});
}

void check_unwrapping(std::string_view line) {
  const test::Padded padded(line);
  const auto wanted = test::slowly_unwrapped(padded.view());
  for (const SkimKernel kernel : test::kernels_here()) {
    TextPool texts;
    WrappedLine seen;
    seen.content = padded.view();
    const bool unwrapped = unwrap_docker(seen, texts, kernel);
    REQUIRE(unwrapped == wanted.has_value());
    if (!unwrapped) continue;
    REQUIRE(seen.content == wanted->content && seen.partial == wanted->partial);
    REQUIRE(seen.stream == wanted->stream && seen.time_unix_ns() == wanted->time);
  }
}

void check_cuts(const std::string& text) {
  static const std::vector<Framing> kFramings{{true, {}, false, 500},
                                              {true, {}, true, 5},
                                              {false, {kDocker}, false, 500},
                                              {false, {kCri}, false, 500},
                                              {false, {kSyslog}, false, 500},
                                              {false, {kJournald}, false, 500},
                                              {false, {kDocker, kCri}, false, 500},
                                              {false, {}, true, 500}};
  const test::Padded padded(text);
  for (const Framing& framing : kFramings) {
    for (const std::size_t bytes_max : {std::size_t{300}, std::size_t{1} << 20}) {
      REQUIRE(closed_bytes(padded.view(), framing, bytes_max) ==
              test::slowly_closed(padded.view(), framing, bytes_max));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  test::FuzzInput input(data, size);
  const std::size_t choice = input.choice(4), cut = input.byte();
  test::FuzzInput again = input;
  check_wrapped(std::string(input.text()), choice, cut);
  const std::string text(again.rest());
  check_unwrapping(text.substr(0, text.find('\n')));
  check_cuts(text + "\n");
  return 0;
}
