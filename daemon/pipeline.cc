#include "daemon/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace apierrd {

namespace {

// How much can be read again after a crash; a scrape commits as well.
constexpr std::int64_t kCommitIntervalNs = 1'000'000'000;
constexpr std::chrono::seconds kSnapshotPatience{2};
// A rotated log that is being packed gives a hint with every block of it.
constexpr std::int64_t kWantedSweepIntervalNs = 10'000'000;

// To look after each line of a busy log costs more than to read it: hints gather for so long.
constexpr std::int64_t kGatherNs = 20'000'000;

// For the watchdog, and the time of the last commit, when there is nothing else to do.
constexpr std::int64_t kHeartbeatNs = 5'000'000'000;

// Sweeps that only make sure take at most this part of the time, however many files there are.
constexpr std::int64_t kSureSweepShare = 2'000;
constexpr std::int64_t kLongSweepNs = 15'000'000;
constexpr std::int64_t kSureSweepIntervalMaxNs = 600'000'000'000;

std::int64_t nanoseconds(std::uint64_t milliseconds) {
  return static_cast<std::int64_t>(milliseconds) * 1'000'000;
}

}  // namespace

Pipeline::Pipeline(std::unique_ptr<Ingest> ingest, Clock& clock, Waker& waker, bool first_start)
    : ingest_(std::move(ingest)), clock_(clock), waker_(waker), latest_(ingest_->snapshot()) {
  if (first_start) {
    hold_until_ns_ = clock_.monotonic_ns() + nanoseconds(ingest_->config().startup_hold_ms);
  }
}

Pipeline::~Pipeline() { stop(); }

void Pipeline::start() { thread_ = std::thread(&Pipeline::run, this); }

void Pipeline::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  waker_.wake();
  thread_.join();
}

void Pipeline::run() {
  sweep();
  while (!stopping_) {
    ++heartbeat_;
    const bool held = holding();
    const bool more = !held && ingest_->read_round();
    set_phase(held ? Phase::kHolding : Phase::kReading);
    if (clock_.monotonic_ns() >= next_commit_ns_) commit();
    serve_requests();
    if (clock_.monotonic_ns() >= next_sweep()) {
      sweep();
    } else if (!more) {
      wait_for_work();
    }
  }
  commit();
}

// Ready once what was there at the start has been read: all that an earlier run has exposed is in
// the state, and what was logged since is counted. What comes later is lag, and a metric.
void Pipeline::set_phase(Phase phase) {
  const std::lock_guard lock(mutex_);
  if (phase_ == Phase::kReady) return;
  backlog_bytes_ = ingest_->backlog_bytes();
  phase_ = phase == Phase::kReading && backlog_bytes_ == 0 ? Phase::kReady : phase;
}

// On the very first start counting waits until the zeros have been scraped once (or for so long):
// increase() sees a first error only as a step from an earlier 0.
bool Pipeline::holding() {
  if (hold_until_ns_ == 0) return false;
  if (!scraped_ && clock_.monotonic_ns() < hold_until_ns_) return true;
  hold_until_ns_ = 0;
  return false;
}

void Pipeline::sweep() {
  const std::int64_t begun = clock_.monotonic_ns();
  watch_folders();
  ingest_->sweep();
  watch_folders();
  swept_ns_ = clock_.monotonic_ns();
  const std::int64_t took = swept_ns_ - begun;
  sure_interval_ns_ = nanoseconds(ingest_->config().sweep_interval_ms);
  if (took > kLongSweepNs) {
    const std::int64_t cheap = std::min(took * kSureSweepShare, kSureSweepIntervalMaxNs);
    sure_interval_ns_ = std::max(sure_interval_ns_, cheap);
  }
}

// What happened to a folder before it was watched has given no hint: one sweep more.
void Pipeline::watch_folders() {
  hints_complete_ = hints_fresh_ = true;
  for (const std::string& folder : ingest_->folders()) {
    const Waker::Hints hints = waker_.watch(folder);
    hints_complete_ = hints_complete_ && hints != Waker::Hints::kNone;
    hints_fresh_ = hints_fresh_ && hints == Waker::Hints::kAsBefore;
  }
}

std::int64_t Pipeline::next_sweep() const {
  const Config& config = ingest_->config();
  const std::int64_t interval =
      hints_complete_ && !ingest_->is_blind()
          ? sure_interval_ns_
          : nanoseconds(std::min(config.sweep_interval_ms, config.poll_interval_ms));
  const bool soon = ingest_->wants_sweep() || (hints_complete_ && !hints_fresh_);
  return swept_ns_ + (soon ? std::min(interval, kWantedSweepIntervalNs) : interval);
}

void Pipeline::commit() {
  ingest_->commit();
  next_commit_ns_ = clock_.monotonic_ns() + kCommitIntervalNs;
}

void Pipeline::wait_for_work() {
  const std::int64_t since_hint = clock_.monotonic_ns() - hinted_ns_;
  if (since_hint < kGatherNs) {
    waker_.rest(std::chrono::milliseconds((kGatherNs - since_hint + 999'999) / 1'000'000));
  }
  const std::int64_t monotonic = clock_.monotonic_ns();
  std::int64_t until = next_sweep();
  if (ingest_->dirty()) until = std::min(until, next_commit_ns_);
  if (hold_until_ns_ != 0) until = std::min(until, hold_until_ns_);
  until = std::min(until, monotonic + kHeartbeatNs);
  const auto millis = std::max<std::int64_t>(0, (until - monotonic + 999'999) / 1'000'000);
  const Wake wake = waker_.wait(std::chrono::milliseconds(millis));
  if (wake.everything || !wake.paths.empty()) hinted_ns_ = clock_.monotonic_ns();
  if (wake.everything) return sweep();
  for (const std::string& path : wake.paths) ingest_->look_at(path);
}

void Pipeline::serve_requests() {
  std::optional<Reload> reload;
  std::uint64_t wanted = 0;
  {
    const std::lock_guard lock(mutex_);
    reload = std::exchange(reload_, {});
    wanted = requested_;
    if (wanted == served_ && !reload) return;
  }
  if (reload) {
    commit();  // with the positions of sources that may be leaving
    ingest_->configure(reload->config, reload->catalog);
    sweep();
  }
  // What is shown is committed first: a crash cannot take back what was scraped.
  commit();
  std::shared_ptr<const SeriesSnapshot> snapshot = ingest_->snapshot();
  const std::lock_guard lock(mutex_);
  latest_ = std::move(snapshot);
  served_ = wanted;
  served_changed_.notify_all();
}

std::shared_ptr<const SeriesSnapshot> Pipeline::snapshot() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++requested_;
  waker_.wake();
  served_changed_.wait_for(lock, kSnapshotPatience, [&] { return served_ >= mine; });
  return latest_;
}

std::shared_ptr<const SeriesSnapshot> Pipeline::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

std::shared_ptr<const SeriesSnapshot> Pipeline::scrape() {
  std::shared_ptr<const SeriesSnapshot> result = snapshot();
  if (!scraped_.exchange(true)) waker_.wake();
  return result;
}

void Pipeline::reload(const Config& config, std::shared_ptr<const Catalog> catalog) {
  const std::lock_guard lock(mutex_);
  reload_ = Reload{config, std::move(catalog)};
  waker_.wake();
}

std::string Pipeline::not_ready() const {
  const std::lock_guard lock(mutex_);
  switch (phase_) {
    case Phase::kStarting: return "starting";
    case Phase::kHolding: return "waiting for a first scrape of /metrics (web.startup_hold)";
    case Phase::kReading:
      return fmt::format("reading what was logged before the start: {} bytes to go",
                         backlog_bytes_);
    case Phase::kReady: break;
  }
  return {};
}

}  // namespace apierrd
