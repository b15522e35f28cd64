// Logs are written and rotated while the reader looks: between any two of its calls to the file
// system the writer and logrotate may have gone on, and a folder changes while it is listed.
// Whatever happens in between, every line is handed out exactly once, and nothing is said to be
// missing or lost. Unlike in lives (tailer_property_test) no step is whole to the reader: it sees
// names half shifted, and copies that lack their end. The seed is printed with a failure;
// APIERRD_SEED and APIERRD_CASES choose others.
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <random>
#include <set>

#include "daemon/tailer.h"
#include "tests/support/direct_sink.h"
#include "tests/support/mem_file_system.h"
#include "tests/support/random_lives.h"

namespace apierrd {
namespace {

constexpr const char* kPath = "/log/api.log";
constexpr int kGenerationsMax = 15;
constexpr int kSweepsMax = 10;  // of one look; the writer may go on for ever

// Calls `meanwhile` before each thing it is asked for.
class RacingFiles : public test::MemFileSystem {
 public:
  Result<std::unique_ptr<OpenFile>> open(const std::string& path) override {
    meanwhile();
    auto file = MemFileSystem::open(path);
    if (!file) return file;
    return std::unique_ptr<OpenFile>(std::make_unique<RacingFile>(*this, *std::move(file)));
  }
  Result<std::optional<FileInfo>> info(const std::string& path) override {
    meanwhile();
    return MemFileSystem::info(path);
  }
  // Names of the folder as it was up to some name, and as it is from there on.
  Result<std::vector<std::string>> glob(const std::string& pattern) override {
    meanwhile();
    std::vector<std::string> names = *MemFileSystem::glob(pattern);
    const std::string turn = names.empty() ? "" : names[names.size() / 2];
    std::erase_if(names, [&turn](const std::string& name) { return name >= turn; });
    meanwhile();
    const std::vector<std::string> later = *MemFileSystem::glob(pattern);
    for (const std::string& name : later) {
      if (name >= turn) names.push_back(name);
    }
    return names;
  }

  std::function<void()> meanwhile = [] {};

 private:
  struct RacingFile : OpenFile {
    RacingFile(RacingFiles& all, std::unique_ptr<OpenFile> file)
        : files(all), inner(std::move(file)) {}
    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
      files.meanwhile();
      return inner->read_at(offset, into);
    }
    Result<FileInfo> info() override {
      files.meanwhile();
      return inner->info();
    }
    RacingFiles& files;
    std::unique_ptr<OpenFile> inner;
  };
};

// What is done to a log, in steps between which a reader may look.
class RacingWriter {
 public:
  RacingWriter(RacingFiles& files, std::mt19937_64& random) : files_(files), random_(random) {}

  void step() {
    if (steps_.empty()) plan();
    const std::function<void()> next = std::move(steps_.front());
    steps_.pop_front();
    next();
  }
  void finish() {
    while (!steps_.empty()) step();
    finish_line();
  }
  void write_line() {
    finish_line();
    files_.append(kPath, next_line());
    tell("write " + std::to_string(lines_));
  }
  void tell(const std::string& what) { story_ += what + ";\n"; }

  const std::set<std::string>& written() const { return written_; }
  const std::string& story() const { return story_; }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  void then(std::function<void()> step) { steps_.push_back(std::move(step)); }

  void plan() {
    switch (generations_ < kGenerationsMax ? below(8) : 7) {
      case 0: return plan_rename();
      case 1: return plan_copy_and_truncate();
      case 2: return plan_compression();
      case 3: return then([this] { write_half(); });
      default: return then([this] { write_line(); });
    }
  }

  std::string next_line() {
    const std::string line =
        "line " + std::to_string(++lines_) + " " + std::string(below(700), 'x');
    written_.insert(line);
    return line + "\n";
  }
  void write_half() {
    finish_line();
    const std::string line = next_line();
    files_.append(kPath, line.substr(0, line.size() / 2));
    half_ = line.substr(line.size() / 2);
    tell("half " + std::to_string(lines_));
  }
  void finish_line() {
    if (!half_.empty()) files_.append(kPath, half_);
    half_.clear();
  }

  static std::string rotated(int number) {
    return std::string(kPath) + "." + std::to_string(number);
  }

  void plan_shift() {
    then([this] { finish_line(); });
    for (int i = generations_; i > 0; --i) {
      for (const char* packed : {"", ".gz"}) {
        then([this, from = rotated(i) + packed, to = rotated(i + 1) + packed] {
          if (!files_.exists(from)) return;
          files_.rename(from, to);
          tell("shift to " + to.substr(9));
        });
      }
    }
    ++generations_;
  }
  // A writer that was told to reopen its log may write on for a while where it was.
  void plan_rename() {
    plan_shift();
    then([this] {
      files_.rename(kPath, rotated(1));
      tell("rename");
    });
    for (auto late = below(3); late > 0; --late) {
      then([this] {
        files_.append(rotated(1), next_line());
        tell("late " + std::to_string(lines_));
      });
    }
    then([this] { write_line(); });
  }
  // Nothing is written between copy and truncation: no reader could see that.
  void plan_copy_and_truncate() {
    plan_shift();
    const std::uint64_t percent = below(101);
    then([this, percent] {
      const std::string whole = files_.content(kPath);
      copied_ = whole.size() * percent / 100;
      files_.append(rotated(1), std::string_view(whole).substr(0, copied_));
      tell("copy " + std::to_string(percent) + " %");
    });
    then([this] {
      files_.append(rotated(1), std::string_view(files_.content(kPath)).substr(copied_));
    });
    then([this] {
      files_.truncate(kPath);
      tell("truncate");
    });
    for (auto lines = below(3); lines > 0; --lines) {
      then([this] { write_line(); });
    }
  }
  void plan_compression() {
    if (generations_ == 0) return then([this] { write_line(); });
    const std::string name =
        rotated(1 + static_cast<int>(below(static_cast<unsigned>(generations_))));
    then([this, name] {
      if (files_.exists(name)) files_.pack(name);
      tell("pack " + name.substr(9));
    });
    then([this, name] {
      if (files_.exists(name)) files_.remove(name);
    });
  }

  RacingFiles& files_;
  std::mt19937_64& random_;
  std::deque<std::function<void()>> steps_;
  std::uint64_t lines_ = 0;
  std::size_t copied_ = 0;
  int generations_ = 0;
  std::string half_, story_;
  std::set<std::string> written_;
};

// What the reader says goes into the story.
class ToldEvents : public TailEvents {
 public:
  explicit ToldEvents(RacingWriter& writer) : writer_(writer) {}
  void file_opened(const std::string& path, std::uint64_t offset) override {
    tell("opened " + path.substr(5) + " at " + std::to_string(offset));
  }
  void file_rotated(const std::string&) override { tell("rotated"); }
  void file_truncated(const std::string&, std::uint64_t lost) override {
    tell("truncated, lost " + std::to_string(lost));
  }
  void file_shortened(const std::string&, std::uint64_t, std::uint64_t) override {
    tell("shortened");
  }
  void file_missing(const std::string&, std::uint64_t offset) override {
    tell("missing, offset " + std::to_string(offset));
  }
  void file_closed(const std::string& path) override { tell("closed " + path.substr(5)); }
  void file_failed(const Error& error) override { tell("failed " + error.where.substr(5)); }

 private:
  void tell(const std::string& what) { writer_.tell("[" + what + "]"); }

  RacingWriter& writer_;
};

class Race {
 public:
  Race(std::uint64_t seed, bool pattern_matches_rotated) : random_(seed), writer_(files_, random_) {
    options_.patterns = {pattern_matches_rotated ? "/log/api.log*" : kPath};
    options_.line_bytes_max = 4000;
    options_.linger_ns = 1'000;
    writer_.write_line();
    restart({});
    look();  // what was rotated away before a first look is history
    files_.meanwhile = [this] {
      if (random_() % odds_ != 0) return;
      for (auto steps = 1 + random_() % 4; steps > 0; --steps) writer_.step();
    };
  }

  void run(int looks) {
    for (int i = 0; i < looks && fault_.empty(); ++i) {
      odds_ = 4 + random_() % 200;
      for (auto steps = random_() % 4; steps > 0; --steps) writer_.step();
      if (random_() % 5 == 0) {
        stop_and_start();
      } else if (random_() % 3 == 0) {
        tailer_->look_at(kPath, ++now_);
        read();
      } else {
        look();
      }
    }
    files_.meanwhile = [] {};
    writer_.finish();
    for (int i = 0; i < 3; ++i) look();
    now_ += 10'000;
    look();
    if (tailer_->wants_sweep()) fault_ = "it never comes to rest";
  }

  /// Empty if every line came exactly once and nothing was said to be lost, else what did not.
  std::string fault() {
    for (const std::string& line : writer_.written()) {
      if (fault_.empty() && !seen_.contains(line)) fault_ = "never seen: " + line.substr(0, 10);
    }
    return fault_.empty() ? "" : fault_ + "\n" + writer_.story();
  }

 private:
  void look() {
    int sweeps = 0;
    do {
      writer_.tell("look");
      test::DirectSink sink = this->sink();
      tailer_->sweep(++now_, sink);
      read();
    } while (tailer_->wants_sweep() && ++sweeps < kSweepsMax);
    check_nothing_lost();
    writer_.tell("looked");
  }
  void read() {
    test::DirectSink sink = this->sink();
    for (int i = 0; i < kSweepsMax && tailer_->read(now_, sink); ++i) {
    }
  }
  test::DirectSink sink() {
    return {buffer_, [this](const LineBatch& batch) {
              std::string_view text = batch.text;
              while (!text.empty()) see(std::string(take_line(text)));
              return BatchOutcome{};
            }};
  }

  void see(const std::string& line) {
    if (!writer_.written().contains(line)) fault_ = "never written: " + line;
    if (!seen_.insert(line).second) fault_ = "seen twice: " + line.substr(0, 10);
  }
  void check_nothing_lost() {
    const FileCounts& counts = tailer_->counts();
    if (counts.missing != 0) fault_ = "missing: " + std::to_string(counts.missing);
    for (const std::uint64_t bytes : counts.lost_bytes) {
      if (bytes != 0) fault_ = "bytes lost: " + std::to_string(bytes);
    }
  }
  void stop_and_start() {
    const std::vector<FilePosition> positions = tailer_->positions();
    writer_.tell("stop");
    for (auto steps = random_() % 30; steps > 0; --steps) writer_.step();
    restart(positions);
    writer_.tell("start");
    look();
  }
  void restart(std::vector<FilePosition> positions) {
    const bool first_start = positions.empty();
    tailer_ = std::make_unique<Tailer>(files_, events_, options_,
                                       TailResume{std::move(positions), first_start, false});
  }

  std::mt19937_64 random_;
  std::uint64_t odds_ = 1;
  RacingFiles files_;
  RacingWriter writer_;
  ToldEvents events_{writer_};
  TailOptions options_;
  ReadBuffer buffer_{4000};
  std::unique_ptr<Tailer> tailer_;
  std::int64_t now_ = 0;
  std::set<std::string> seen_;
  std::string fault_;
};

TEST(RacingProperty, EveryLineExactlyOnceAndNothingLost) {
  const std::uint64_t first = test::first_seed();
  for (std::uint64_t seed = first; seed < first + test::cases(); ++seed) {
    for (const bool pattern_matches_rotated : {false, true}) {
      Race race(seed, pattern_matches_rotated);
      race.run(25);
      ASSERT_EQ(race.fault(), "") << "seed " << seed
                                  << ", pattern matches rotated names: " << pattern_matches_rotated;
    }
  }
}

}  // namespace
}  // namespace apierrd
