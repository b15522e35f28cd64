// Random logs of all kinds, counted with one thread and with several: every count, exemplar and
// message, the order of what is told and of what pages are the same. In memory.
//
// The seed is printed with a failure; APIERRD_SEED and APIERRD_CASES choose others.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/ingest.h"
#include "daemon/whole_file.h"
#include "exporters/exposition.h"
#include "tests/support/mem_file_system.h"
#include "tests/support/random_lives.h"

namespace apierrd {
namespace {

constexpr std::int64_t kNow = 1'800'000'000'000'000'000;

class StandingClock : public Clock {
 public:
  std::int64_t unix_ns() override { return kNow; }
  std::int64_t monotonic_ns() override { return kNow; }
};

// Two sources, read strictly and by looking for whatever shows a call; few labels are admitted.
Config config_of(std::size_t threads) {
  ConfigOutcome outcome = parse_config(R"(
sources:
  - name: strict
    paths: [/log/strict*.log]
    item_failures: [{at: /Response/Set, code: /Code, ok: [Ok]}]
  - name: loose
    paths: [/log/loose*.log]
    format: auto
    wrapper: auto
    join_json: true
limits: {line_bytes: 600, services: 3, actions: 6, undocumented_codes: 3}
)",
                                       "test.yaml");
  outcome.config.reader_threads = threads;
  outcome.config.hand_over_bytes = 0;
  return outcome.config;
}

std::shared_ptr<const Catalog> the_catalog() {
  static const auto catalog = std::make_shared<const Catalog>(builtin_catalog());
  return catalog;
}

class RandomLog {
 public:
  explicit RandomLog(std::uint64_t seed) : random_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  std::string text(std::uint64_t lines) {
    std::string text = below(6) == 0 ? std::string(below(3), '\0') + "\xEF\xBB\xBF" : "";
    for (; lines > 0; --lines) text += piece() + (below(9) == 0 ? "\r\n" : "\n");
    if (below(4) == 0) text.resize(below(text.size() + 1));
    return text;
  }

 private:
  std::string piece() {
    switch (below(12)) {
      case 0: return "";
      case 1: return "no JSON, {\"just";
      case 2: return std::string(580 + below(60), 'x');
      case 3: return std::string(2'000 * below(3), 'y');
      case 4:
        return "2026-11-23T09:00:00.1Z stdout P " + call("") + "\n2026-11-23T09:00:00.1Z stdout F ";
      case 5: return "{\n\"service\": \"cvm\",\n\"response\": {\"Response\": {}}\n}";
      case 6: return call(R"("Set":[{"Code":"Ok"},{"Code":"Failed)" + number(3) + "\"}],");
      case 7: return call(error("FailedOperation.PaySuccDeliverFailed"));
      case 8: return call(error("Made.Up" + number(6)));
      case 9: return call(error("InternalError"));
      default: return call("");
    }
  }
  std::string number(std::uint64_t bound) { return std::to_string(below(bound)); }
  static std::string error(const std::string& code) {
    return R"("Error":{"Code":")" + code + R"(","Message":"it is so"},)";
  }
  std::string call(const std::string& within) {
    std::string line = R"({"service":"s)" + number(4) + R"(","action":"A)" + number(5) + '"';
    if (below(3) != 0) line += R"(,"time":"2026-11-23T09:00:0)" + number(12) + R"(Z")";
    if (below(3) != 0) line += R"(,"latency_ms":)" + number(40'000);
    line += R"(,"response":{"Response":{)" + within;
    return line + R"("RequestId":"id-)" + std::to_string(++written_) + R"("}}})";
  }

  std::mt19937_64 random_;
  std::uint64_t written_ = 0;
};

// ---- a tally as text

void print(std::ostream& out, const Exemplar& exemplar) {
  if (exemplar.id_size == 0) return;
  out << " " << exemplar.request_id() << "@" << exemplar.time_unix_ns << "=" << exemplar.value_ns;
}

void print(std::ostream& out, const FailureDetail& detail) {
  out << " " << detail.request_id << "|" << detail.message << "|" << detail.time_unix_ns << "|"
      << detail.offset_bytes;
}

std::string printed(const Tally& tally) {
  std::ostringstream out;
  const LineCounts& lines = tally.lines;
  out << lines.lines << " " << lines.bytes << " " << lines.records << " " << lines.unreadable_times
      << " " << lines.unreadable_latencies << " " << lines.late_records << " "
      << lines.newest_record_unix_ns;
  for (std::size_t i = 0; i < kVerdictCount; ++i) {
    out << " " << lines.by_verdict[i] << "/" << lines.bytes_by_verdict[i];
  }
  for (const CallRow* row : tally.calls()) {
    out << "\ncall " << row->service << " " << row->action << " " << row->count << " "
        << row->durations.sum_ns;
    for (const std::uint64_t count : row->durations.buckets) out << " " << count;
    for (const Exemplar& exemplar : row->exemplars) print(out, exemplar);
  }
  for (const ErrorRow* row : tally.errors()) {
    out << "\nerror " << row->service << " " << row->action << " " << row->code << " " << row->count
        << " " << row->pages << row->classification.documented();
    print(out, row->exemplar);
    print(out, row->latest);
  }
  for (const ErrorRow* row : tally.items()) {
    out << "\nitem " << row->service << " " << row->action << " " << row->code << " " << row->count;
  }
  for (const PagingFailure& failure : tally.paging()) {
    out << "\npages " << failure.row->action;
    print(out, failure.detail);
  }
  return out.str();
}

// ---- whole files, as replay reads them

// Gives as much at once as it likes, `most` at most.
class ChoppedStream : public InputStream {
 public:
  ChoppedStream(const std::string& text, std::uint64_t seed, std::size_t most = 5'000)
      : text_(text), random_(seed), most_(most) {}
  Result<std::size_t> read(std::span<char> into) override {
    const std::size_t some = most_ - random_() % std::min<std::size_t>(most_, 5'000);
    const std::size_t count = std::min({into.size(), text_.size() - at_, some});
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(at_), count, into.begin());
    at_ += count;
    return count;
  }
  std::uint64_t consumed_bytes() const override { return at_; }
  std::uint64_t total_bytes() const override { return text_.size(); }

 private:
  const std::string& text_;
  std::mt19937_64 random_;
  std::size_t most_, at_ = 0;
};

std::string replayed(const std::vector<std::string>& logs, std::uint64_t seed,
                     std::size_t threads) {
  const Config config = config_of(threads);
  std::vector<Tally> tallies;
  std::vector<Ruleset> rulesets;
  for (const SourceConfig& source : config.sources) {
    tallies.emplace_back(SIZE_MAX);
    rulesets.push_back({the_catalog(), source.log_format, config.line_bytes});
  }
  {
    BatchCounter counter({threads, config.line_bytes, config.hand_over_bytes});
    for (std::size_t i = 0; i < logs.size(); ++i) {
      ChoppedStream stream(logs[i], seed + i);
      const std::size_t source = i % tallies.size();
      if (!count_whole(stream, rulesets[source], counter, kNow, tallies[source])) return "failed";
    }
    counter.settle();
  }
  return printed(tallies[0]) + "\n" + printed(tallies[1]);
}

TEST(Parallel, WholeFilesComeToTheSameWithAnyNumberOfThreads) {
  for (std::uint64_t i = 0, seed = test::first_seed(); i < test::cases() / 4; ++i, ++seed) {
    RandomLog random(seed);
    std::vector<std::string> logs(1 + random.below(5));
    for (std::string& log : logs) log = random.text(random.below(300));
    const std::string expected = replayed(logs, seed, 1);
    for (const std::size_t threads : {2U, 4U}) {
      ASSERT_EQ(replayed(logs, seed, threads), expected)
          << threads << " threads; APIERRD_SEED=" << seed << " APIERRD_CASES=4";
    }
  }
}

TEST(WholeFile, LinesAroundWhatIsReadAtOnce) {
  const Ruleset ruleset{the_catalog(), config_of(1).sources.front().log_format, kLineBytesDefault};
  for (const std::size_t bytes : {kReadAloneBytes - 2, kReadAloneBytes - 1, kReadAloneBytes,
                                  kReadAloneBytes + 1, 3 * kReadAloneBytes, kLineBytesDefault}) {
    std::string line =
        R"({"action":"A","response":{"Response":{"RequestId":"1"}},"pad":"","end":1})";
    line.insert(line.find(R"(","end)"), bytes - line.size(), 'x');
    const std::string text = line + "\n" + line + "\n" + line;
    for (const std::size_t threads : {1U, 2U}) {
      BatchCounter counter({threads, kLineBytesDefault, kHandOverBytes});
      ChoppedStream stream(text, 1, text.size());
      Tally tally(SIZE_MAX);
      ASSERT_TRUE(count_whole(stream, ruleset, counter, kNow, tally));
      counter.settle();
      EXPECT_EQ(tally.lines.records, 3U) << bytes << " bytes, " << threads << " threads";
      EXPECT_EQ(tally.lines.bytes, text.size());
    }
  }
}

// ---- the daemon's way

// All that it told while it counted, and what it shows at the end.
std::string followed(const std::vector<std::string>& logs, std::uint64_t seed,
                     std::size_t threads) {
  std::mt19937_64 random(seed);
  test::MemFileSystem files;
  StandingClock clock;
  Log log([](std::string_view) {});
  log.set_level("error");
  std::ostringstream told;
  CommitObserver observer;
  observer.alerts = [&told](const AlertList& alerts) {
    for (const Alert& alert : alerts) {
      told << "alert " << alert.request_id << " " << alert.count << " " << alert.path << "\n";
    }
  };
  Ingest ingest(config_of(threads), the_catalog(), files, clock, log, nullptr, "", observer,
                [&told](const Tally& tally, const BatchPlace& place, std::int64_t) {
                  told << place.source << " " << place.path << " " << place.offset_bytes << " "
                       << printed(tally) << "\n";
                });
  if (!ingest.restore()) return "failed";
  std::size_t begun = 0;
  while (begun < logs.size()) {  // some files at a time, some rounds of reading
    for (std::size_t some = 1 + random() % 3; some > 0 && begun < logs.size(); --some, ++begun) {
      const std::string name = begun % 2 == 0 ? "/log/strict" : "/log/loose";
      files.append(name + std::to_string(begun) + ".log", logs[begun]);
    }
    ingest.sweep();
    for (std::size_t rounds = random() % 3; rounds > 0; --rounds) ingest.read_round();
    if (random() % 2 == 0) ingest.commit();
  }
  while (ingest.read_round()) {
  }
  ingest.commit();
  ExpositionWriter writer(ExpositionFormat::kOpenMetrics100);
  write_series(writer, *ingest.snapshot());
  return told.str() + std::to_string(ingest.backlog_bytes()) + "\n" + writer.finish();
}

TEST(Parallel, TheDaemonTellsAndShowsTheSameWithAnyNumberOfThreads) {
  for (std::uint64_t i = 0, seed = test::first_seed(); i < test::cases() / 20; ++i, ++seed) {
    RandomLog random(seed);
    std::vector<std::string> logs(1 + random.below(6));
    for (std::string& log : logs) {  // now and then of several blocks
      log = random.text(random.below(3) == 0 ? 3'000 + random.below(2'000) : random.below(300));
    }
    const std::string expected = followed(logs, seed, 1);
    for (const std::size_t threads : {2U, 4U}) {
      ASSERT_EQ(followed(logs, seed, threads), expected)
          << threads << " threads; APIERRD_SEED=" << seed << " APIERRD_CASES=20";
    }
  }
}

}  // namespace
}  // namespace apierrd
