#include "daemon/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace apierrd {

namespace {

// How much can be read again after a crash; a scrape commits as well.
constexpr std::int64_t kCommitIntervalNs = 1'000'000'000;
constexpr std::chrono::seconds kSnapshotPatience{2};

TailOptions tail_options(const Config& config, const SourceConfig& source) {
  TailOptions options;
  options.patterns = source.paths;
  options.line_bytes_max = config.line_bytes;
  options.start_at_end = source.start_at_end;
  options.linger_ns = static_cast<std::int64_t>(config.linger_ms) * 1'000'000;
  return options;
}

}  // namespace

// What happens to a source's files, told to the operator.
class Pipeline::Events : public TailEvents {
 public:
  Events(Log& log, std::string source) : log_(log), source_(std::move(source)) {}
  void file_opened(const std::string& path, std::uint64_t offset) override {
    log_.info("file_opened", fmt::format("source={} path={} offset={}", source_, path, offset));
  }
  void file_rotated(const std::string& path) override {
    log_.info("file_rotated",
              fmt::format("source={} path={}; reading the old file to its end", source_, path));
  }
  void file_truncated(const std::string& path, std::uint64_t lost_bytes) override {
    log_.warning("file_truncated",
                 fmt::format("source={} path={} uncounted_bytes_lost={}; reading from its start",
                             source_, path, lost_bytes));
  }
  void file_closed(const std::string& path) override {
    log_.info("file_closed",
              fmt::format("source={} path={}; renamed or deleted, and quiet since", source_, path));
  }
  void file_failed(const Error& error) override {
    log_.warning("file_failed", fmt::format("source={} {}; trying again at the next sweep", source_,
                                            error.text()));
  }

 private:
  Log& log_;
  std::string source_;
};

// A source's reader and what its lines have come to since they were last applied.
struct Pipeline::Source {
  std::string name;
  std::uint32_t index = 0;  ///< in the series store
  Ruleset ruleset;
  std::unique_ptr<Events> events;
  Tailer tailer;
  Tally tally;
};

Pipeline::Pipeline(const Config& config, std::shared_ptr<const Catalog> catalog, FileSystem& files,
                   Clock& clock, Waker& waker, Log& log, std::unique_ptr<StateStore> state,
                   CommitObserver observer)
    : files_(files),
      clock_(clock),
      waker_(waker),
      log_(log),
      state_(std::move(state)),
      observer_(std::move(observer)),
      config_(config),
      series_(std::make_unique<SeriesStore>(config.limits, std::move(catalog))),
      buffer_(config.line_bytes) {}

Pipeline::~Pipeline() { stop(); }

Result<void> Pipeline::restore() {
  bool first_start = true;
  if (state_) {
    Result<StateStore::Loaded> loaded = state_->load();
    if (!loaded) return loaded.error();
    first_start = loaded->series.empty();
    for (const PersistedSource& source : loaded->series.sources) known_.insert(source.name);
    for (const SourceConfig& source : config_.sources) {
      series_->add_source(source.name, config_.products);
    }
    series_->restore(loaded->series);
    resume_ = std::move(loaded->positions);
  }
  configure(config_, series_->state().catalog);
  if (first_start) {
    hold_until_ns_ =
        clock_.monotonic_ns() + static_cast<std::int64_t>(config_.startup_hold_ms) * 1'000'000;
  }
  refresh_counts();
  latest_ = series_->snapshot(now());
  return {};
}

void Pipeline::start() { thread_ = std::thread(&Pipeline::run, this); }

void Pipeline::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  waker_.wake();
  thread_.join();
}

void Pipeline::configure(const Config& config, std::shared_ptr<const Catalog> catalog) {
  config_ = config;
  series_->set_catalog(catalog);
  buffer_.resize_for(config.line_bytes);
  std::vector<std::unique_ptr<Source>> before = std::exchange(sources_, {});
  for (const SourceConfig& wanted : config.sources) {
    const auto known = std::find_if(before.begin(), before.end(), [&](const auto& source) {
      return source && source->name == wanted.name;
    });
    Ruleset ruleset{catalog, wanted.log_format, config.line_bytes};
    const std::uint32_t index = series_->add_source(wanted.name, config.products);
    if (known != before.end()) {
      std::unique_ptr<Source> source = std::move(*known);
      source->ruleset = std::move(ruleset);
      source->tailer.set_options(tail_options(config, wanted));
      source->tally.reset();
      sources_.push_back(std::move(source));
      continue;
    }
    auto events = std::make_unique<Events>(log_, wanted.name);
    // Only what a source's very first start finds is passed over, never what came while we were
    // down.
    TailOptions options = tail_options(config, wanted);
    if (!known_.insert(wanted.name).second) options.start_at_end = false;
    Tailer tailer(files_, *events, std::move(options), take_resume(wanted.name));
    sources_.push_back(std::make_unique<Source>(Source{
        wanted.name, index, std::move(ruleset), std::move(events), std::move(tailer), Tally()}));
  }
  // Should such a source come back, it goes on where it stopped.
  for (const std::unique_ptr<Source>& source : before) {
    if (!source) continue;
    resume_.push_back({source->name, source->tailer.positions()});
    series_->retire_files(source->index);
  }
}

std::vector<FilePosition> Pipeline::take_resume(const std::string& source) {
  const auto saved = std::find_if(resume_.begin(), resume_.end(), [&](const auto& positions) {
    return positions.source == source;
  });
  if (saved == resume_.end()) return {};
  std::vector<FilePosition> files = std::move(saved->files);
  resume_.erase(saved);
  return files;
}

void Pipeline::run() {
  sweep();
  while (!stopping_) {
    ++heartbeat_;
    const bool held = holding();
    const bool more = !held && read_round();
    set_phase(held ? Phase::kHolding : more ? Phase::kReading : Phase::kReady);
    if (clock_.monotonic_ns() >= next_commit_ns_) commit();
    serve_requests();
    if (!more) {
      wait_for_work();
    } else if (clock_.monotonic_ns() >= next_sweep_ns_) {
      sweep();
    }
  }
  commit();
}

// Once ready stays ready: what comes later is lag, and a metric.
void Pipeline::set_phase(Phase phase) {
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::kReady) phase_ = phase;
}

// On the very first start counting waits until the zeros have been scraped once (or for so long):
// increase() sees a first error only as a step from an earlier 0.
bool Pipeline::holding() {
  if (hold_until_ns_ == 0) return false;
  if (!scraped_ && clock_.monotonic_ns() < hold_until_ns_) return true;
  hold_until_ns_ = 0;
  return false;
}

bool Pipeline::read_round() {
  bool more = false;
  const std::int64_t monotonic = clock_.monotonic_ns();
  for (const std::unique_ptr<Source>& source : sources_) {
    more |= source->tailer.read(buffer_, monotonic,
                                [&](const LineBatch& batch) { count(*source, batch); });
  }
  return more;
}

void Pipeline::count(Source& source, LineBatch batch) {
  batch.now_unix_ns = now();
  process_batch(batch, source.ruleset, parser_, source.tally);
  series_->apply(source.index, source.tally, batch.now_unix_ns);
  source.tally.clear();
  dirty_ = true;
}

void Pipeline::sweep() {
  const std::int64_t monotonic = clock_.monotonic_ns();
  for (const std::unique_ptr<Source>& source : sources_) {
    source->tailer.sweep(monotonic, [&](const LineBatch& batch) { count(*source, batch); });
    for (const std::string& folder : source->tailer.folders()) waker_.watch(folder);
  }
  next_sweep_ns_ = monotonic + static_cast<std::int64_t>(config_.sweep_interval_ms) * 1'000'000;
}

void Pipeline::wait_for_work() {
  const std::int64_t monotonic = clock_.monotonic_ns();
  std::int64_t until = next_sweep_ns_;
  if (dirty_) until = std::min(until, next_commit_ns_);
  if (hold_until_ns_ != 0) until = std::min(until, hold_until_ns_);
  // A heartbeat at least every second, for the watchdog.
  until = std::min(until, monotonic + 1'000'000'000);
  const auto millis = std::max<std::int64_t>(0, (until - monotonic + 999'999) / 1'000'000);
  const Wake wake = waker_.wait(std::chrono::milliseconds(millis));
  if (wake.everything || clock_.monotonic_ns() >= next_sweep_ns_) return sweep();
  for (const std::unique_ptr<Source>& source : sources_) {
    for (const std::string& path : wake.paths) {
      source->tailer.look_at(path, clock_.monotonic_ns());
    }
  }
}

void Pipeline::refresh_counts() {
  for (const std::unique_ptr<Source>& source : sources_) {
    dirty_ |= series_->set_files(source->index, source->tailer.refresh_counts(now()));
  }
}

// Writes what is new, if anything is.
void Pipeline::commit() {
  refresh_counts();
  next_commit_ns_ = clock_.monotonic_ns() + kCommitIntervalNs;
  if (!dirty_) {
    if (state_ && observer_.committed) observer_.committed(now());
    return;
  }
  dirty_ = false;
  if (!state_) return;
  std::vector<SourcePositions> positions;
  for (const std::unique_ptr<Source>& source : sources_) {
    positions.push_back({source->name, source->tailer.positions()});
  }
  const Result<void> saved = state_->save(series_->state(), positions);
  if (saved) {
    if (observer_.committed) observer_.committed(now());
    return;
  }
  dirty_ = true;  // tried again with the next commit
  if (observer_.failed) observer_.failed();
  log_.error("state_not_written",
             saved.error().text() +
                 "; counting goes on, /metrics shows the last written counts until it works again");
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
    configure(reload->config, reload->catalog);
    sweep();
  }
  // What is shown is committed first: a crash cannot take back what was scraped.
  commit();
  std::shared_ptr<const SeriesSnapshot> snapshot =
      dirty_ && state_ ? stale_snapshot() : series_->snapshot(now());
  const std::lock_guard lock(mutex_);
  latest_ = std::move(snapshot);
  served_ = wanted;
  served_changed_.notify_all();
}

// While the state cannot be written, counters stay as they were last committed; only what says how
// far behind that is goes on changing.
std::shared_ptr<const SeriesSnapshot> Pipeline::stale_snapshot() {
  auto snapshot = std::make_shared<SeriesSnapshot>(*latest_);
  snapshot->time_unix_ns = now();
  for (SourceSeries& shown : snapshot->sources) {
    for (const SourceSeries& source : series_->state().sources) {
      if (source.name != shown.name) continue;
      shown.files.files = source.files.files;
      shown.files.files_open = source.files.files_open;
      shown.files.caught_up_unix_ns = source.files.caught_up_unix_ns;
    }
  }
  return snapshot;
}

std::shared_ptr<const SeriesSnapshot> Pipeline::snapshot() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++requested_;
  waker_.wake();
  served_changed_.wait_for(lock, kSnapshotPatience, [&] { return served_ >= mine; });
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
    case Phase::kReading: return "reading what was logged before the start";
    case Phase::kReady: break;
  }
  return {};
}

}  // namespace apierrd
