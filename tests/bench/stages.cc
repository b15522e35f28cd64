#include "tests/bench/stages.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "exporters/exposition.h"
#include "exporters/series_store.h"
#include "parsers/process_batch.h"
#include "tests/bench/made_log.h"

namespace apierrd::bench {

namespace {

constexpr std::size_t kLines = 2'000;
constexpr std::size_t kBlockBytes = 256U << 10;
constexpr std::int64_t kNow = 1'795'424'400'000'000'000;

SourceFormat docker_format() {
  SourceFormat format = tencentcloud_format();
  format.framing.wrappers = {Wrapper::kDocker};
  return format;
}

SourceFormat auto_format() { return source_format("auto", builtin_formats()).value(); }

// ---- parsers, one after the other

Stage cut() {
  const auto log = std::make_shared<const MadeLog>(made_log(LogKind::kDefault, kLines));
  return {kLines, log->size, {kLines, log->size}, [log] {
            Outcome outcome;
            LineCutter cutter;
            std::string_view rest = log->text();
            while (!rest.empty()) {
              const LineCutter::Cut cut =
                  cutter.cut(rest.substr(0, kBlockBytes), kLineBytesDefault);
              std::string_view lines = cut.batch.text;
              for (; !lines.empty(); ++outcome.count) outcome.sum += take_line(lines).size() + 1;
              rest.remove_prefix(cut.consumed);
            }
            return outcome;
          }};
}

Stage frame_docker() {
  struct Work {
    MadeLog log = made_log(LogKind::kDocker, kLines);
    SourceFormat format = docker_format();
  };
  const auto work = std::make_shared<const Work>();
  return {kLines, work->log.size, {kLines, work->log.unwrapped}, [work] {
            Outcome outcome;
            Framer framer(work->format.framing, kLineBytesDefault);
            std::string_view text = work->log.text();
            while (!text.empty()) {
              const std::string_view line = take_line(text);
              for (const Record& record : framer.feed(line, line.size() + 1)) {
                outcome.count += record.lines;
                outcome.sum += record.text.size();
              }
            }
            return outcome;
          }};
}

Stage json_document() {
  struct Work {
    MadeLog log = made_log(LogKind::kDefault, kLines);
    JsonDocument document;
  };
  const auto work = std::make_shared<Work>();
  return {kLines, work->log.size, {kLines, 0}, [work] {
            Outcome outcome;
            std::string_view text = work->log.text();
            while (!text.empty()) {
              outcome.count += work->document.parse(take_line(text)) == Verdict::kRecord ? 1U : 0U;
            }
            return outcome;
          }};
}

Stage parse_call_of(const SourceFormat& format) {
  struct Work {
    MadeLog log;
    SourceFormat format;
    Catalog catalog = builtin_catalog();
    CallParser parser;
  };
  const auto work = std::make_shared<Work>();
  work->log = made_log(LogKind::kDefault, kLines);
  work->format = format;
  return {kLines, work->log.size, {kLines, work->log.failed()}, [work] {
            Outcome outcome;
            std::string_view text = work->log.text();
            while (!text.empty()) {
              const Verdict verdict =
                  work->parser.parse(take_line(text), work->format, &work->catalog);
              if (verdict != Verdict::kRecord) continue;
              outcome.count += work->parser.calls().size();
              outcome.sum += work->parser.call().failed() ? 1U : 0U;
            }
            return outcome;
          }};
}

Stage time_text() {
  const auto log = std::make_shared<const MadeLog>(made_log(LogKind::kDefault, kLines));
  Stage stage{kLines, 0, {kLines, 0}, [log] {
                Outcome outcome;
                for (const MadeCall& call : log->calls) {
                  const auto time = parse_rfc3339(call.time);
                  outcome.count += time ? 1U : 0U;
                  outcome.sum += static_cast<std::uint64_t>(time.value_or(0));
                }
                return outcome;
              }};
  for (const MadeCall& call : log->calls) {
    stage.bytes += call.time.size();
    stage.expected.sum += static_cast<std::uint64_t>(call.time_unix_ns);
  }
  return stage;
}

Stage classify() {
  struct Work {
    MadeLog log = made_log(LogKind::kErrors, kLines);
    Catalog catalog = builtin_catalog();
  };
  const auto work = std::make_shared<const Work>();
  Stage stage{kLines, 0, {}, [work] {
                Outcome outcome;
                for (const MadeCall& call : work->log.calls) {
                  const Classification found =
                      work->catalog.classify(call.service, call.action, call.code);
                  outcome.count += found.meaning != nullptr ? 1U : 0U;
                  outcome.sum += found.documented() ? 1U : 0U;
                }
                return outcome;
              }};
  stage.expected.count = kLines;
  for (const MadeCall& call : work->log.calls) stage.expected.sum += call.documented ? 1U : 0U;
  return stage;
}

// ---- counting

// Sums up and empties a tally, as whoever applies it does.
Outcome take(Tally& tally) {
  Outcome outcome;
  for (const CallRow* row : tally.calls()) outcome.count += row->count;
  for (const ErrorRow* row : tally.errors()) outcome.sum += row->count;
  tally.clear();
  return outcome;
}

ApiCall call_of(const MadeCall& made) {
  ApiCall call;
  call.service = made.service;
  call.action = made.action;
  call.code = made.code;
  call.request_id = made.request_id;
  call.time_unix_ns = made.time_unix_ns;
  call.latency_ns = made.latency_ns;
  return call;
}

Stage tally() {
  struct Work {
    MadeLog log = made_log(LogKind::kDefault, kLines);
    Catalog catalog = builtin_catalog();
    std::vector<ApiCall> calls;
    Tally tally;
  };
  const auto work = std::make_shared<Work>();
  for (const MadeCall& call : work->log.calls) work->calls.push_back(call_of(call));
  return {kLines, 0, {kLines, work->log.failed()}, [work] {
            for (const ApiCall& call : work->calls) work->tally.add(call, work->catalog, kNow);
            return take(work->tally);
          }};
}

Stage batch_of(LogKind kind, const SourceFormat& format) {
  struct Work {
    MadeLog log;
    Ruleset ruleset;
    CallParser parser;
    Tally tally;
  };
  const auto work = std::make_shared<Work>();
  work->log = made_log(kind, kLines);
  work->ruleset = {std::make_shared<const Catalog>(builtin_catalog()), format};
  return {kLines, work->log.size, {kLines, work->log.failed()}, [work] {
            LineBatch batch;
            batch.text = work->log.text();
            batch.bytes = batch.text.size();
            batch.now_unix_ns = kNow;
            process_batch(batch, work->ruleset, work->parser, work->tally);
            return take(work->tally);
          }};
}

// ---- series

constexpr std::size_t kServices = 50, kActionsEach = 100;
constexpr std::size_t kCalls = kServices * kActionsEach;
constexpr std::size_t kSeries = 2 * kCalls;  // of calls, and as many of errors

struct ManySeries {
  std::shared_ptr<const Catalog> catalog = std::make_shared<const Catalog>(builtin_catalog());
  SeriesStore store{SeriesLimits::none(), catalog};
  std::uint32_t source = store.add_source("bench", {});
  Tally tally{SIZE_MAX};

  ManySeries() {
    const std::string request_id = "ed93f3cb-f35e-473f-b9f3-0d451b8b79c6";
    for (std::size_t i = 0; i < kCalls; ++i) {
      const std::string service = "service" + std::to_string(i / kActionsEach);
      const std::string action = "Action" + std::to_string(i);
      ApiCall call;
      call.service = service;
      call.action = action;
      call.code = "InternalError";
      call.request_id = request_id;
      call.latency_ns = static_cast<std::int64_t>(i) * 1'000'000;
      tally.add(call, *catalog, kNow);
    }
  }
};

Stage apply() {
  const auto work = std::make_shared<ManySeries>();
  work->store.apply(work->source, work->tally, kNow);  // from now on all rows have handles
  return {kSeries, 0, {kSeries, 2}, [work] {
            const SeriesSnapshot& state = work->store.state();
            const std::uint64_t before = state.calls.back().count + state.errors.back().count;
            work->store.apply(work->source, work->tally, kNow);
            const std::uint64_t after = state.calls.back().count + state.errors.back().count;
            return Outcome{state.calls.size() + state.errors.size(), after - before};
          }};
}

Stage snapshot() {
  const auto work = std::make_shared<ManySeries>();
  work->store.apply(work->source, work->tally, kNow);
  return {kSeries, 0, {kSeries, 2}, [work] {
            const auto copy = work->store.snapshot(kNow);
            return Outcome{copy->calls.size() + copy->errors.size(),
                           copy->calls.back().count + copy->errors.back().count};
          }};
}

struct Page {
  std::uint64_t samples = 0;
  std::string text;
};

Page page_of(const SeriesSnapshot& snapshot) {
  ExpositionWriter writer(ExpositionFormat::kOpenMetrics100);
  write_series(writer, snapshot);
  const std::uint64_t samples = writer.samples();
  return {samples, writer.finish()};
}

// Beyond what an empty store shows: a call is its counter and the ten buckets, sum and count of its
// histogram; an error is one sample; each service has one code, with count, time and meaning.
Stage exposition() {
  const auto work = std::make_shared<ManySeries>();
  const Page empty = page_of(*work->store.snapshot(kNow));
  work->store.apply(work->source, work->tally, kNow);
  const std::shared_ptr<const SeriesSnapshot> full = work->store.snapshot(kNow);
  const std::uint64_t samples = empty.samples + kCalls * 14 + kServices * 3;
  return {kSeries, page_of(*full).text.size(), {samples, 1}, [full] {
            const Page page = page_of(*full);
            return Outcome{page.samples, page.text.ends_with("# EOF\n") ? 1U : 0U};
          }};
}

constexpr std::array<StageInfo, 18> kStages{{
    {"cut", cut},
    {"frame_docker", frame_docker},
    {"json_document", json_document},
    {"time_text", time_text},
    {"parse_call", [] { return parse_call_of(tencentcloud_format()); }},
    {"parse_call_auto", [] { return parse_call_of(auto_format()); }},
    {"classify", classify},
    {"tally", tally},
    {"parse_strict", [] { return batch_of(LogKind::kDefault, tencentcloud_format()); }},
    {"parse_errors", [] { return batch_of(LogKind::kErrors, tencentcloud_format()); }},
    {"parse_escaped", [] { return batch_of(LogKind::kEscaped, tencentcloud_format()); }},
    {"parse_shuffled", [] { return batch_of(LogKind::kShuffled, tencentcloud_format()); }},
    {"parse_docker", [] { return batch_of(LogKind::kDocker, docker_format()); }},
    {"parse_auto", [] { return batch_of(LogKind::kDefault, auto_format()); }},
    {"parse_docker_auto", [] { return batch_of(LogKind::kDocker, auto_format()); }},
    {"apply", apply},
    {"snapshot", snapshot},
    {"exposition", exposition},
}};

}  // namespace

std::span<const StageInfo> stages() { return kStages; }

}  // namespace apierrd::bench
