// When the pipeline looks at everything, by a clock that moves only while it waits.
#include "daemon/pipeline.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "tests/support/mem_file_system.h"

namespace apierrd {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

class FakeClock : public Clock {
 public:
  std::int64_t unix_ns() override { return 1'700'000'000 * kSecond + now_ns; }
  std::int64_t monotonic_ns() override { return now_ns; }
  std::atomic<std::int64_t> now_ns = kSecond;
};

// Time passes while it is waited for, until the end is reached.
class FakeWaker : public Waker {
 public:
  FakeWaker(FakeClock& clock, Hints hints, std::int64_t end_ns)
      : clock_(clock), hints_(hints), end_ns_(end_ns) {}
  Hints watch(const std::string&) override { return hints_; }
  Wake wait(std::chrono::milliseconds at_most) override {
    std::unique_lock lock(mutex_);
    clock_.now_ns += std::chrono::nanoseconds(at_most).count();
    over_ = over_ || clock_.now_ns >= end_ns_;
    changed_.notify_all();
    if (over_) changed_.wait(lock, [this] { return woken_; });
    return {};
  }
  void rest(std::chrono::milliseconds) override {}
  void wake() override {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }
  void wait_until_over() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return over_; });
  }

 private:
  FakeClock& clock_;
  Hints hints_;
  std::int64_t end_ns_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false, woken_ = false;
};

// When the pattern was looked at, which takes its time.
class SweptFiles : public test::MemFileSystem {
 public:
  SweptFiles(FakeClock& clock, std::int64_t sweep_ns) : clock_(clock), sweep_ns_(sweep_ns) {}
  Result<std::vector<std::string>> glob(const std::string& pattern) override {
    if (pattern.ends_with("*.log")) {
      sweeps.push_back(clock_.now_ns);
      clock_.now_ns += sweep_ns_;
    }
    return MemFileSystem::glob(pattern);
  }
  std::vector<std::int64_t> sweeps;

 private:
  FakeClock& clock_;
  std::int64_t sweep_ns_;
};

// The sweeps of two minutes with one log, as the distances between them.
std::vector<std::int64_t> distances(Waker::Hints hints, std::uint64_t sweep_interval_ms = 0,
                                    std::int64_t sweep_ns = 0) {
  FakeClock clock;
  FakeWaker waker(clock, hints, 120 * kSecond);
  SweptFiles files(clock, sweep_ns);
  files.append("/log/api.log", "\n");
  Log log;
  log.set_level("error");
  Config config;
  config.sources.push_back({.name = "app", .paths = {"/log/*.log"}});
  if (sweep_interval_ms != 0) config.sweep_interval_ms = sweep_interval_ms;
  auto ingest = std::make_unique<Ingest>(config, load_catalog({}, {}).catalog, files, clock, log,
                                         nullptr, "boot", CommitObserver{});
  EXPECT_TRUE(ingest->restore());
  Pipeline pipeline(std::move(ingest), clock, waker, false);
  pipeline.start();
  waker.wait_until_over();
  pipeline.stop();
  std::vector<std::int64_t> out;
  for (std::size_t i = 1; i < files.sweeps.size(); ++i) {
    out.push_back((files.sweeps[i] - files.sweeps[i - 1] + 500'000'000) / kSecond);
  }
  return out;
}

TEST(Pipeline, WhereHintsAreCompleteSweepsAreRare) {
  // One more at first: the folder must have stood still before what is in it is known for good.
  EXPECT_EQ(distances(Waker::Hints::kAsBefore), (std::vector<std::int64_t>{2, 30, 30, 30}));
}

TEST(Pipeline, WhereHintsAreNotCompleteSweepsFindChanges) {
  EXPECT_EQ(distances(Waker::Hints::kNone), std::vector<std::int64_t>(59, 2));
}

TEST(Pipeline, WhatHappenedBeforeAFolderWasWatchedIsLookedFor) {
  EXPECT_EQ(distances(Waker::Hints::kFromNow).front(), 0);
}

TEST(Pipeline, LongSweepsAreFartherApart) {
  EXPECT_EQ(distances(Waker::Hints::kAsBefore, 0, 25'000'000),
            (std::vector<std::int64_t>{2, 50, 50}));
  EXPECT_EQ(distances(Waker::Hints::kNone, 0, 25'000'000).front(), 2);
}

TEST(Pipeline, AShortSweepIntervalHoldsEverywhere) {
  EXPECT_EQ(distances(Waker::Hints::kAsBefore, 1'000), std::vector<std::int64_t>(118, 1));
  EXPECT_EQ(distances(Waker::Hints::kNone, 1'000), std::vector<std::int64_t>(118, 1));
}

}  // namespace
}  // namespace apierrd
