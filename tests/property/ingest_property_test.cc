// Random lives of a log in a real folder against an independent model: the real reader, the real
// state database, rotation of every kind, stops and kills at any moment. At the end the counters
// equal the model's, the ledger closes, and nothing that was ever shown has stepped back.
//
// The seed is printed with a failure; APIERRD_SEED and APIERRD_CASES choose others.
// APIERRD_TEST_DIR is where the logs live (default: the system's temporary folder). With
// APIERRD_TRACE the files and the daemon's log are printed after each step.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>

#include "daemon/audit.h"
#include "daemon/ingest.h"
#include "tests/support/random_lives.h"

namespace apierrd {
namespace {

namespace fs = std::filesystem;

// Time that passes when it is told to; lingering files need no waiting.
class LeapingClock : public Clock {
 public:
  std::int64_t unix_ns() override { return SystemClock().unix_ns(); }
  std::int64_t monotonic_ns() override { return SystemClock().monotonic_ns() + leaped_ns; }
  std::int64_t leaped_ns = 0;
};

// What was written, by the plainest count there is.
struct Model {
  std::map<std::string, std::uint64_t> calls, errors;
  std::uint64_t lines = 0, bytes = 0, blank = 0, not_json = 0;
};

// What the daemon shows of the same.
struct Shown {
  std::map<std::string, std::uint64_t> calls, errors;
  std::uint64_t lines = 0, bytes = 0, blank = 0, not_json = 0, lost = 0, missing = 0;
};

Shown shown_by(const SeriesSnapshot& snapshot) {
  Shown shown;
  for (const CallSeries& row : snapshot.calls) shown.calls[std::string(row.action)] = row.count;
  for (const ErrorSeries& row : snapshot.errors) shown.errors[std::string(row.code)] += row.count;
  const SourceSeries& source = snapshot.sources.at(0);
  shown.lines = source.lines.lines;
  shown.bytes = source.lines.bytes;
  shown.blank = source.lines.by_verdict[static_cast<std::size_t>(Verdict::kBlank)];
  shown.not_json = source.lines.by_verdict[static_cast<std::size_t>(Verdict::kInvalidJson)];
  for (const std::uint64_t bytes : source.files.lost_bytes) shown.lost += bytes;
  shown.missing = source.files.missing;
  return shown;
}

std::string stepped_back(const Shown& before, const Shown& now) {
  for (const auto& [action, count] : before.calls) {
    const auto found = now.calls.find(action);
    if (found == now.calls.end() || found->second < count) return "calls of " + action;
  }
  for (const auto& [code, count] : before.errors) {
    const auto found = now.errors.find(code);
    if (found == now.errors.end() || found->second < count) return "errors " + code;
  }
  if (now.lines < before.lines || now.bytes < before.bytes) return "lines or bytes";
  return now.lost < before.lost ? "lost bytes" : "";
}

std::shared_ptr<const Catalog> the_catalog() {
  static const std::shared_ptr<const Catalog> catalog = load_catalog({}, {}).catalog;
  return catalog;
}

fs::path new_folder(const fs::path& within) {
  std::string pattern = (within / "apierrd-XXXXXX").string();
  return ::mkdtemp(pattern.data()) != nullptr ? fs::path(pattern) : fs::path();
}

class LogLife {
 public:
  LogLife(std::uint64_t seed, const fs::path& folder, const fs::path& state_folder)
      : random_(seed),
        folder_(folder),
        log_path_(folder / "api.log"),
        state_path_((state_folder / (std::to_string(seed) + ".db")).string()) {
    const bool matches_rotated = below(2) == 0;
    SourceConfig source;
    source.name = "app";
    source.paths = {(folder_ / (matches_rotated ? "api.log*" : "api.log")).string()};
    config_.sources = {source};
    config_.products.clear();  // no series that are not looked at
    config_.line_bytes = 2'000;
    config_.linger_ms = 60'000;
    config_.reader_threads = 1 + seed % 3;
    config_.hand_over_bytes = 0;  // with more than one thread every batch changes threads
    few_descriptors_ = below(3) == 0;
    if (few_descriptors_) config_.open_files = 1;
    quiet_.set_level(trace_ ? "info" : "error");
    tell(matches_rotated ? "rotated names match" : "only the log matches");
    write_lines();
    start();
    look();  // what this one does not find is new, what it finds packed is history
    commit();
  }
  ~LogLife() {
    close_writers();
    ingest_.reset();
    for (const char* part : {"", "-wal", "-shm", ".lock"}) fs::remove(state_path_ + part);
  }

  void live(int steps) {
    for (int i = 0; i < steps && fault_.empty(); ++i) step();
    close_writers();
    for (int i = 0; i < 3; ++i) look();
    clock_.leaped_ns += 120'000'000'000;  // beyond the linger
    for (int i = 0; i < 3; ++i) look();
    commit();
    if (below(2) == 0) kill(), start(), look(), commit();
    check();
  }

  /// Empty if all was as it should be.
  std::string fault() const { return fault_.empty() ? "" : fault_ + "\n" + story_; }

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  void tell(const std::string& what) {
    story_ += what + "; ";
    if (!trace_) return;
    std::cerr << "== " << what << "\n";
    for (const auto& entry : fs::directory_iterator(folder_)) {
      struct stat status {};
      ::stat(entry.path().c_str(), &status);
      std::cerr << "     " << entry.path().filename().string() << " inode " << status.st_ino
                << " size " << status.st_size << "\n";
    }
  }

  void step() {
    switch (below(20)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4: return write_lines();
      case 5: return write_half();
      case 6:
      case 7:
      case 8: return look();
      case 9:
      case 10: return commit();
      case 11: return rotate();
      case 12: return rotate(), rotate();
      case 13: return copy_and_truncate();
      case 14: return write_late();
      case 15: return compress();
      case 16: return remove_oldest();
      case 17: return delete_log();
      case 18: return stop_and_start();
      default: return kill_and_start();
    }
  }

  // ---- the writer

  std::string next_line() {
    const std::uint64_t id = ++written_.lines;
    std::string line;
    switch (below(7)) {
      case 0: line = "not json " + std::to_string(id), ++written_.not_json; break;
      case 1:
      case 2: {
        const std::string code = "Code.N" + std::to_string(below(4));
        ++written_.errors[code];
        line = call(id, R"("Error":{"Code":")" + code + R"(","Message":"m"},)");
        break;
      }
      default: line = call(id, "");
    }
    written_.bytes += line.size() + 1;
    return line + "\n";
  }
  // Never the only content of a file: there would be nothing to know it by.
  std::string blank_line() {
    ++written_.lines;
    ++written_.blank;
    ++written_.bytes;
    return "\n";
  }
  std::string call(std::uint64_t id, const std::string& error) {
    const std::string action = "Action" + std::to_string(below(3));
    ++written_.calls[action];
    return R"({"action":")" + action + R"(","pad":")" + std::string(below(900), 'x') +
           R"(","response":{"Response":{)" + error + R"("RequestId":"id-)" + std::to_string(id) +
           R"("}}})";
  }

  void append(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::app | std::ios::binary) << text;
    unread_ = true;
  }
  void write_lines() {
    std::string text = std::exchange(half_, "");
    for (auto lines = 1 + below(3); lines > 0; --lines) {
      text += next_line();
      if (below(7) == 0) text += blank_line();
    }
    append(log_path_, text);
    tell("write to " + std::to_string(written_.lines));
  }
  void write_half() {
    finish_line();
    const std::string line = next_line();
    append(log_path_, line.substr(0, line.size() / 2));
    half_ = line.substr(line.size() / 2);
    tell("half " + std::to_string(written_.lines));
  }
  void finish_line() {
    if (!half_.empty()) append(log_path_, std::exchange(half_, ""));
  }
  void close_writers() {
    finish_line();
    late_.clear();
  }
  void write_late() {
    if (late_.empty() || !fs::exists(late_)) return;
    append(late_, next_line());
    tell("late " + std::to_string(written_.lines));
  }

  // ---- what rotation does

  fs::path rotated(int generation) const {
    return log_path_.string() + "." + std::to_string(generation);
  }
  void shift_names() {
    for (int i = generations_; i > 0; --i) {
      for (const char* packed : {"", ".gz", ".zst"}) {
        const fs::path from = rotated(i).string() + packed;
        if (fs::exists(from)) fs::rename(from, rotated(i + 1).string() + packed);
      }
    }
    ++generations_;
  }
  void rotate() {
    if (!fs::exists(log_path_)) return;
    finish_line();
    shift_names();
    fs::rename(log_path_, rotated(1));
    late_ = rotated(1);
    tell("rotate");
    if (below(4) != 0) write_lines();
  }
  // Nothing is written between copy and truncation: no reader could see that.
  void copy_and_truncate() {
    if (!fs::exists(log_path_)) return;
    finish_line();
    shift_names();
    if (running_ && below(3) == 0) {  // the copy is seen while it is being made
      const std::string whole = content(log_path_);
      const std::size_t half = below(whole.size() + 1);
      std::ofstream(rotated(1), std::ios::binary) << whole.substr(0, half);
      look();
      std::ofstream(rotated(1), std::ios::binary | std::ios::app) << whole.substr(half);
    } else {
      fs::copy_file(log_path_, rotated(1));
    }
    if (running_ && below(3) == 0) look();  // and before the truncation
    fs::resize_file(log_path_, 0);
    late_.clear();
    tell("copytruncate");
    if (below(3) != 0) write_lines();
  }
  void compress() {
    if (generations_ == 0) return;
    const fs::path name =
        rotated(1 + static_cast<int>(below(static_cast<std::uint64_t>(generations_))));
    if (!fs::exists(name)) return;
    const bool gzip = below(2) == 0;
    const std::string packed = name.string() + (gzip ? ".gz" : ".zst");
    gzip ? write_gzip(name, packed) : write_zstd(name, packed);
    keep_times(name, packed);
    if (running_ && below(4) == 0) look();  // both are there
    fs::remove(name);
    if (name == late_) late_.clear();
    tell("compress " + packed.substr(packed.size() - 6));
  }
  static std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write_gzip(const fs::path& from, const std::string& to) {
    const std::string text = content(from);
    gzFile file = ::gzopen(to.c_str(), "wb");
    ::gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    ::gzclose(file);
  }
  static void write_zstd(const fs::path& from, const std::string& to) {
    const std::string text = content(from);
    std::string packed(::ZSTD_compressBound(text.size()), '\0');
    packed.resize(::ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
    std::ofstream(to, std::ios::binary) << packed;
  }
  // As gzip, zstd and logrotate do.
  static void keep_times(const fs::path& from, const fs::path& to) {
    struct stat status {};
    ::stat(from.c_str(), &status);
    const timespec times[] = {status.st_atim, status.st_mtim};
    ::utimensat(AT_FDCWD, to.c_str(), times, 0);
  }
  // What is deleted unread is lost, as with any reader; so all is read and committed before.
  void settle_all() {
    if (!running_) start();
    for (int i = 0; i < 3; ++i) look();
    commit();
  }
  void remove_oldest() {
    if (generations_ < 2) return;
    finish_line();
    settle_all();
    for (const char* packed : {"", ".gz", ".zst"}) {
      fs::remove(rotated(generations_).string() + packed);
    }
    --generations_;
    late_.clear();
    tell("remove oldest");
  }
  // Deleted while it is open: read by its descriptor, if it has one. Its successor often gets its
  // inode.
  void delete_log() {
    if (!fs::exists(log_path_)) return;
    finish_line();
    settle_all();
    if (!few_descriptors_ && below(2) == 0) {
      write_lines();
      finish_line();
      fs::remove(log_path_);
      settle_all();
    } else {
      fs::remove(log_path_);
      if (below(2) == 0) settle_all();
    }
    tell("delete");
    if (below(2) == 0) write_lines();
  }

  // ---- the daemon

  void start() {
    auto state = StateStore::open(state_path_);
    if (!state) return fail(state.error().text());
    ingest_ = std::make_unique<Ingest>(config_, catalog_, files_, clock_, quiet_, *std::move(state),
                                       "boot", CommitObserver{});
    const Result<bool> restored = ingest_->restore();
    if (!restored) return fail(restored.error().text());
    running_ = true;
    tell("start");
    show();
  }
  void look() {
    if (!running_) return;
    for (int rounds = 0; rounds < 20; ++rounds) {
      ingest_->sweep();
      while (ingest_->read_round()) {
      }
      if (!ingest_->wants_sweep()) break;
    }
    tell("look");
  }
  void commit() {
    if (!running_) return;
    if (!ingest_->commit()) return fail("a commit failed");
    tell("commit");
    if (trace_) print_positions();
    show();
  }
  void print_positions() {
    auto state = StateStore::open(state_path_, StateStore::Purpose::kLook);
    const auto loaded = state ? (*state)->load() : Result<StateStore::Loaded>(state.error());
    if (!loaded || loaded->positions.empty()) return;
    for (const FilePosition& at : loaded->positions[0].files) {
      std::cerr << "   " << at.key << " " << at.name << " inode " << at.id.inode << " offset "
                << at.offset << (at.followed ? " followed" : "") << "\n";
    }
  }
  void show() {
    const Shown now = shown_by(*ingest_->snapshot());
    const std::string what = stepped_back(last_, now);
    if (!what.empty()) fail("stepped back: " + what);
    last_ = now;
  }
  void kill() {
    ingest_.reset();
    running_ = false;
    tell("kill");
  }
  void stop_and_start() {
    commit();
    kill();
    while_down();
    start();
  }
  void kill_and_start() {
    kill();
    while_down();
    start();
  }
  void while_down() {
    for (auto things = below(5); things > 0; --things) {
      switch (below(6)) {
        case 0:
        case 1: write_lines(); break;
        case 2: rotate(); break;
        case 3: copy_and_truncate(); break;
        case 4: compress(); break;
        default: write_half();
      }
    }
  }

  void fail(const std::string& what) {
    if (fault_.empty()) fault_ = what;
  }
  template <class Value>
  void compare(const std::string& what, const Value& seen, const Value& wanted) {
    if (seen != wanted)
      fail(what + ": " + std::to_string(seen) + ", not " + std::to_string(wanted));
  }
  void check() {
    compare("lines", last_.lines, written_.lines);
    compare("bytes", last_.bytes, written_.bytes);
    compare("blank", last_.blank, written_.blank);
    compare("rejected", last_.not_json, written_.not_json);
    compare("lost bytes", last_.lost, std::uint64_t{0});
    for (const auto& [action, count] : written_.calls) {
      compare("calls of " + action, last_.calls[action], count);
    }
    for (const auto& [code, count] : written_.errors) compare(code, last_.errors[code], count);
    auto state = StateStore::open(state_path_, StateStore::Purpose::kLook);
    const auto loaded = state ? (*state)->load() : Result<StateStore::Loaded>(state.error());
    if (!loaded) return fail(loaded.error().text());
    const SourceConfig& source = config_.sources[0];
    const std::vector<AuditedSource> audited =
        audit(*loaded, files_, [&](const std::string&) -> std::optional<Ruleset> {
          return Ruleset{catalog_, source.log_format, config_.line_bytes};
        });
    for (const std::string& what : audited.at(0).faults) fail("audit: " + what);
    for (const AuditedGeneration& generation : audited[0].generations) {
      if (trace_) {
        std::cerr << generation.at.key << " " << generation.at.name << " inode "
                  << generation.at.id.inode << " offset " << generation.at.offset << " "
                  << name_of(generation.finding) << "\n";
      }
      compare("unread bytes of " + generation.at.name, generation.unread_bytes, std::uint64_t{0});
    }
  }

  const bool trace_ = std::getenv("APIERRD_TRACE") != nullptr;
  std::mt19937_64 random_;
  fs::path folder_, log_path_, late_;
  std::string state_path_;
  Config config_;
  std::shared_ptr<const Catalog> catalog_ = the_catalog();
  PosixFileSystem files_;
  LeapingClock clock_;
  Log quiet_;
  std::unique_ptr<Ingest> ingest_;
  bool running_ = false, few_descriptors_ = false, unread_ = false;
  int generations_ = 0;
  std::string half_, story_, fault_;
  Model written_;
  Shown last_;
};

TEST(IngestProperty, CountersEqualTheModelAndTheLedgerCloses) {
  const std::uint64_t first = test::first_seed();
  const char* chosen = std::getenv("APIERRD_TEST_DIR");
  const fs::path root = new_folder(chosen != nullptr ? chosen : fs::temp_directory_path());
  // Commits are synced; in memory that takes no time. What a disk does to them is for crash_test.
  const fs::path memory = new_folder(fs::exists("/dev/shm") ? "/dev/shm" : root);
  for (std::uint64_t seed = first; seed < first + test::cases(); ++seed) {
    const fs::path folder = root / std::to_string(seed);
    fs::create_directory(folder);
    std::string fault;
    {
      LogLife life(seed, folder, memory);
      life.live(40);
      fault = life.fault();
    }
    if (!fault.empty()) ADD_FAILURE() << "seed " << seed << ": " << fault;
    fs::remove_all(folder);
    if (!fault.empty()) break;
  }
  fs::remove_all(root);
  fs::remove_all(memory);
}

}  // namespace
}  // namespace apierrd
