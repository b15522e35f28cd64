// Random lives of a log against a model: whatever rotation does to the files, and whenever the
// daemon stops, every line is handed out exactly once. The seed is printed with a failure;
// APIERRD_SEED and APIERRD_CASES choose others.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "daemon/tailer.h"
#include "tests/support/direct_sink.h"
#include "tests/support/mem_file_system.h"
#include "tests/support/random_lives.h"

namespace apierrd {
namespace {

constexpr const char* kPath = "/log/api.log";

class LogLife {
 public:
  LogLife(std::uint64_t seed, bool pattern_matches_rotated)
      : random_(seed), matches_rotated_(pattern_matches_rotated) {
    options_.patterns = {matches_rotated_ ? "/log/api.log*" : kPath};
    options_.line_bytes_max = 4000;
    options_.linger_ns = 50;
    if (below(2) == 0) options_.open_files_max = 1;
    write_line();
    restart({});
    look();
  }

  void live(int steps) {
    for (int i = 0; i < steps && !restless_; ++i) step();
    finish_line();
    for (int i = 0; i < 3; ++i) look();
    now_ += 1000;
    look();
  }

  /// Empty if every line came exactly once, else what did not.
  std::string fault() const {
    if (restless_) return "it never comes to rest\n" + story_;
    for (const auto& [line, count] : seen_) {
      if (!written_.contains(line)) return "never written: " + line + "\n" + story_;
      if (count != 1) return "seen " + std::to_string(count) + " times: " + line + "\n" + story_;
    }
    for (const std::string& line : written_) {
      if (!seen_.contains(line)) return "never seen: " + line + "\n" + story_;
    }
    return {};
  }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  void tell(const std::string& what) { story_ += what + "; "; }

  void step() {
    switch (below(13)) {
      case 0:
      case 1:
      case 2:
      case 3: return write_line();
      case 4: return write_half();
      case 5:
      case 6:
      case 7: return look();
      case 8: return rotate();
      case 9: return copy_and_truncate();
      case 10: return write_late();
      case 11: return compress();
      default: return stop_and_start();
    }
  }

  std::string next_line() {
    // Unique, and long enough that a few of them fill a marker.
    std::string line = "line " + std::to_string(++lines_) + " " + std::string(below(700), 'x');
    written_.insert(line);
    return line + "\n";
  }

  void write_line() {
    finish_line();
    files_.append(kPath, next_line());
    lines_in_file_ = true;
    tell("write " + std::to_string(lines_));
  }
  void write_half() {
    finish_line();
    const std::string line = next_line();
    files_.append(kPath, line.substr(0, line.size() / 2));
    half_ = line.substr(line.size() / 2);
    tell("half " + std::to_string(lines_));
  }
  void finish_line() {
    if (half_.empty()) return;
    files_.append(kPath, half_);
    half_.clear();
  }

  void shift_names() {
    for (int i = generations_; i > 0; --i) {
      for (const char* packed : {"", ".gz"}) {
        if (!files_.exists(rotated(i) + packed)) continue;
        files_.rename(rotated(i) + packed, rotated(i + 1) + packed);
      }
    }
    ++generations_;
  }
  static std::string rotated(int generation) {
    return std::string(kPath) + "." + std::to_string(generation);
  }

  // A writer that was told to reopen goes on in the new file; its half line stays whole.
  void rotate() {
    finish_line();
    shift_names();
    files_.rename(kPath, rotated(1));
    late_ = rotated(1);
    files_.append(kPath, next_line());
    fresh_ = lines_in_file_ = true;
    tell("rotate, write " + std::to_string(lines_));
  }
  // Nothing is written between copy and truncation: no reader could see that. And something was
  // counted since the last one: content that came and went between two looks leaves nothing to know
  // its copy by.
  void copy_and_truncate() {
    finish_line();
    shift_names();
    if (below(3) == 0) {  // the copy is seen while it is being made
      const std::string whole = files_.content(kPath);
      const std::size_t half = below(whole.size() + 1);
      files_.append(rotated(1), whole.substr(0, half));
      look();
      files_.append(rotated(1), whole.substr(half));
    } else {
      files_.copy(kPath, rotated(1));
    }
    if (below(3) == 0) look();  // and before the truncation
    files_.truncate(kPath);
    lines_in_file_ = false;
    late_.clear();
    tell("copytruncate");
    fresh_ = true;
    for (auto lines = below(3); lines > 0; --lines) write_line();
  }
  // The old writer has not noticed the rename yet.
  void write_late() {
    if (late_.empty() || below(2) == 0) return;
    files_.append(late_, next_line());
    tell("late " + std::to_string(lines_));
    look();
  }

  void compress() {
    if (generations_ == 0) return;
    const std::string name =
        rotated(1 + static_cast<int>(random_() % static_cast<unsigned>(generations_)));
    if (!files_.exists(name)) return;
    files_.compress(name);
    if (name == late_) late_.clear();
    tell("compress " + name);
  }

  void look() {
    test::DirectSink sink(buffer_, [this](const LineBatch& batch) {
      std::string_view text = batch.text;
      while (!text.empty()) ++seen_[std::string(take_line(text))];
      return BatchOutcome{};
    });
    int sweeps = 0;
    do {
      tailer_->sweep(++now_, sink);
      while (tailer_->read(now_, sink)) {
      }
    } while (tailer_->wants_sweep() && ++sweeps < 100);
    restless_ = restless_ || sweeps == 100;
    if (lines_in_file_) fresh_ = false;
    tell("look");
  }

  void stop_and_start() {
    const std::vector<FilePosition> positions = tailer_->positions();
    late_.clear();
    tell("stop");
    if (below(2) == 0) write_line();
    if (below(2) == 0) rotate();
    if (below(3) == 0) rotate();
    if (below(2) == 0) compress();
    late_.clear();
    restart(positions);
    look();
  }
  void restart(std::vector<FilePosition> positions) {
    const bool first_start = positions.empty();
    tailer_ = std::make_unique<Tailer>(files_, events_, options_,
                                       TailResume{std::move(positions), first_start, false});
  }

  std::mt19937_64 random_;
  bool matches_rotated_;
  test::MemFileSystem files_;
  test::RecordingEvents events_;
  TailOptions options_;
  ReadBuffer buffer_{4000};
  std::unique_ptr<Tailer> tailer_;
  std::int64_t now_ = 0;
  std::uint64_t lines_ = 0;
  int generations_ = 0;
  bool fresh_ = true;           ///< nothing of the file's present content was counted yet
  bool lines_in_file_ = false;  ///< there is a whole line in it
  bool restless_ = false;
  std::string half_, late_, story_;
  std::set<std::string> written_;
  std::map<std::string, int> seen_;
};

TEST(TailerProperty, EveryLineExactlyOnce) {
  const std::uint64_t first = test::first_seed();
  for (std::uint64_t seed = first; seed < first + test::cases(); ++seed) {
    for (const bool pattern_matches_rotated : {false, true}) {
      LogLife life(seed, pattern_matches_rotated);
      life.live(60);
      ASSERT_EQ(life.fault(), "") << "seed " << seed
                                  << ", pattern matches rotated names: " << pattern_matches_rotated;
    }
  }
}

}  // namespace
}  // namespace apierrd
