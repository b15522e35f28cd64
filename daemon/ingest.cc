#include "daemon/ingest.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/process_stats.h"
#include "daemon/state_sums.h"

namespace apierrd {

namespace {

TailOptions tail_options(const Config& config, const SourceConfig& source) {
  TailOptions options;
  options.patterns = source.paths;
  options.line_bytes_max = config.line_bytes;
  options.framing = source.log_format.framing;
  options.start_at_end = source.start_at_end;
  options.linger_ns = static_cast<std::int64_t>(config.linger_ms) * 1'000'000;
  const std::size_t open_files = std::min<std::size_t>(config.open_files, descriptors_for_logs());
  options.open_files_max = std::max<std::size_t>(1, open_files / config.sources.size());
  return options;
}

BatchCounterOptions counter_options(const Config& config) {
  return {config.reader_threads, config.line_bytes, config.hand_over_bytes};
}

}  // namespace

// What happens to a source's files, told to the operator.
class Ingest::Events : public TailEvents {
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
  void file_shortened(const std::string& path, std::uint64_t counted,
                      std::uint64_t resumed_at) override {
    log_.warning("file_shortened",
                 fmt::format("source={} path={} counted={} resumed_at={}; the machine was started "
                             "anew and the log has lost what had not reached the disk",
                             source_, path, counted, resumed_at));
  }
  void file_missing(const std::string& path, std::uint64_t offset) override {
    log_.warning("file_missing",
                 fmt::format("source={} path={} offset={}; gone, and no file goes on where it "
                             "stopped: what was written behind the offset is lost",
                             source_, path, offset));
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
struct Ingest::Source {
  std::string name;
  std::uint32_t index = 0;  ///< in the series store
  Ruleset ruleset;
  std::unique_ptr<Events> events;
  Tailer tailer;
  Tally tally;
};

// Takes what a source's reader has read.
class Ingest::Sink : public BatchSink {
 public:
  Sink(Ingest& ingest, Source& source) : ingest_(ingest), source_(source) {}
  std::span<char> block() override { return ingest_.counter_->block(); }
  void take(const LineBatch& batch, Done done) override {
    LineBatch taken = batch;
    taken.now_unix_ns = ingest_.now();
    ingest_.counter_->count(taken, source_.ruleset, source_.tally,
                            [&ingest = ingest_, &source = source_, done = std::move(done)](
                                Tally& tally, const LineBatch& counted) {
                              ingest.apply(source, tally, counted, done);
                            });
  }
  void settle() override { ingest_.counter_->settle(); }

 private:
  Ingest& ingest_;
  Source& source_;
};

Ingest::Ingest(const Config& config, std::shared_ptr<const Catalog> catalog, FileSystem& files,
               Clock& clock, Log& log, std::unique_ptr<StateStore> state, std::string boot_id,
               CommitObserver observer, BatchObserver counted)
    : files_(files),
      clock_(clock),
      log_(log),
      state_(std::move(state)),
      boot_id_(std::move(boot_id)),
      observer_(std::move(observer)),
      counted_(std::move(counted)),
      config_(config),
      series_(std::make_unique<SeriesStore>(config.limits, std::move(catalog))),
      counter_(std::make_unique<BatchCounter>(counter_options(config))) {}

Ingest::~Ingest() = default;

Result<bool> Ingest::restore() {
  bool first_start = true;
  if (state_) {
    Result<StateStore::Loaded> loaded = state_->load();
    if (!loaded) return loaded.error();
    for (const PersistedSource& source : loaded->series.sources) {
      const auto faults = faults_in_sums(source, loaded->positions_of(source.name));
      if (faults.empty()) continue;
      return environment_error("the state database is damaged", config_.state_path,
                               fmt::format("source {}: {}; docs/state.md says how to go on",
                                           source.name, faults.front()));
    }
    first_start = loaded->series.empty();
    rebooted_ = !loaded->boot_id.empty() && !boot_id_.empty() && loaded->boot_id != boot_id_;
    for (const PersistedSource& source : loaded->series.sources) known_.insert(source.name);
    for (const SourceConfig& source : config_.sources) {
      series_->add_source(source.name, config_.products);
    }
    series_->restore(loaded->series);
    alerts_.restore(std::move(loaded->alerts));
    resume_ = std::move(loaded->positions);
  }
  configure(config_, series_->state().catalog);
  latest_ = snapshot();
  show_alerts();
  return first_start;
}

void Ingest::configure(const Config& config, std::shared_ptr<const Catalog> catalog) {
  if (const std::size_t most = descriptors_for_logs(); config.open_files > most) {
    log_.warning("descriptors_few",
                 fmt::format("the limit of open files leaves {} for logs, reader.open_files is {}: "
                             "files are opened in turn; raise LimitNOFILE (ulimit -n)",
                             most, config.open_files));
  }
  counter_->settle();
  counter_ = std::make_unique<BatchCounter>(counter_options(config));  // it remembers rows, too
  config_ = config;
  alerts_.set_hold(static_cast<std::int64_t>(config.alert_hold_ms) * 1'000'000);
  series_->set_catalog(catalog);
  std::vector<std::unique_ptr<Source>> before = std::exchange(sources_, {});
  for (const SourceConfig& wanted : config.sources) {
    const auto known = std::find_if(before.begin(), before.end(), [&](const auto& source) {
      return source && source->name == wanted.name;
    });
    Ruleset ruleset{catalog, wanted.log_format, config.line_bytes};
    const std::uint32_t index = series_->add_source(wanted.name, config.products);
    series_->set_max_silence(index, wanted.max_silence_ms / 1'000);
    if (known != before.end()) {
      std::unique_ptr<Source> source = std::move(*known);
      source->ruleset = std::move(ruleset);
      source->tailer.set_options(tail_options(config, wanted));
      source->tally.reset();
      sources_.push_back(std::move(source));
      continue;
    }
    auto events = std::make_unique<Events>(log_, wanted.name);
    Tailer tailer(files_, *events, tail_options(config, wanted), take_resume(wanted.name));
    sources_.push_back(std::make_unique<Source>(Source{
        wanted.name, index, std::move(ruleset), std::move(events), std::move(tailer), Tally()}));
  }
  // Should such a source come back, it goes on where it stopped.
  for (const std::unique_ptr<Source>& source : before) {
    if (!source) continue;
    series_->set_max_silence(source->index, 0);
    resume_.push_back({source->name, source->tailer.positions()});
    series_->retire_files(source->index);
  }
}

TailResume Ingest::take_resume(const std::string& source) {
  TailResume resume;
  resume.first_start = known_.insert(source).second;
  resume.rebooted = rebooted_;
  const auto saved = std::find_if(resume_.begin(), resume_.end(), [&](const auto& positions) {
    return positions.source == source;
  });
  if (saved == resume_.end()) return resume;
  resume.positions = std::move(saved->files);
  resume_.erase(saved);
  return resume;
}

void Ingest::sweep() {
  counter_->settle();
  const std::int64_t monotonic = clock_.monotonic_ns();
  for (const std::unique_ptr<Source>& source : sources_) {
    Sink sink(*this, *source);
    source->tailer.sweep(monotonic, sink);
  }
}

bool Ingest::wants_sweep() const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [](const auto& source) { return source->tailer.wants_sweep(); });
}

bool Ingest::is_blind() const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [](const auto& source) { return source->tailer.is_blind(); });
}

void Ingest::look_at(const std::string& path) {
  counter_->settle();
  const std::int64_t monotonic = clock_.monotonic_ns();
  for (const std::unique_ptr<Source>& source : sources_) source->tailer.look_at(path, monotonic);
}

bool Ingest::read_round() {
  bool more = false;
  const std::int64_t monotonic = clock_.monotonic_ns();
  for (const std::unique_ptr<Source>& source : sources_) {
    Sink sink(*this, *source);
    more |= source->tailer.read(monotonic, sink);
  }
  if (!more) counter_->settle();
  return more;
}

void Ingest::apply(Source& source, Tally& tally, const LineBatch& batch,
                   const BatchSink::Done& done) {
  done({bytes_by_kind(tally.lines), tally.lines.newest_record_unix_ns});
  series_->apply(source.index, tally, batch.now_unix_ns);
  const BatchPlace place{source.name, batch.path, batch.offset};
  alerts_.add(tally, place, batch.now_unix_ns);
  if (counted_) counted_(tally, place, batch.now_unix_ns);
  tally.clear();
  dirty_ = true;
}

void Ingest::show_alerts() {
  if (observer_.alerts) observer_.alerts(alerts_.alerts(now()));
}

bool Ingest::commit() {
  counter_->settle();
  alerts_.advance(now());
  std::vector<SourceChanges> changes;
  for (const std::unique_ptr<Source>& source : sources_) {
    dirty_ |= series_->set_files(source->index, source->tailer.refresh_totals(now()));
    if (!source->tailer.stirred()) continue;
    PositionChanges files = source->tailer.changes();
    if (files.changed.empty() && files.removed.empty()) continue;
    changes.push_back({source->name, std::move(files)});
  }
  if (state_ && (dirty_ || !changes.empty() || alerts_.changed())) {
    const Result<void> saved = state_->save(series_->state(), changes, boot_id_, alerts_.changes());
    if (!saved) {
      dirty_ = true;  // tried again with the next commit
      if (observer_.failed) observer_.failed();
      log_.error("state_not_written", saved.error().text() +
                                          "; counting goes on, /metrics shows the last written "
                                          "counts until it works again");
      return false;
    }
  }
  for (const std::unique_ptr<Source>& source : sources_) source->tailer.settle();
  if (alerts_.changed()) {
    alerts_.settle();
    show_alerts();
  }
  if (state_ && observer_.committed) observer_.committed(now());
  dirty_ = false;
  return true;
}

// While the state cannot be written, counters stay as they were last committed; only what says how
// far behind that is goes on changing.
std::shared_ptr<const SeriesSnapshot> Ingest::snapshot() {
  for (const std::unique_ptr<Source>& source : sources_) {
    dirty_ |= series_->set_files(source->index, source->tailer.refresh_counts(now()));
  }
  if (!dirty_) return latest_ = series_->snapshot(now());
  auto snapshot = std::make_shared<SeriesSnapshot>(*latest_);
  snapshot->time_unix_ns = now();
  for (SourceSeries& shown : snapshot->sources) {
    for (const SourceSeries& source : series_->state().sources) {
      if (source.name != shown.name) continue;
      shown.files.files = source.files.files;
      shown.files.files_open = source.files.files_open;
      shown.files.oldest_unread_unix_ns = source.files.oldest_unread_unix_ns;
    }
  }
  return snapshot;
}

std::set<std::string> Ingest::folders() const {
  std::set<std::string> folders;
  for (const std::unique_ptr<Source>& source : sources_) folders.merge(source->tailer.folders());
  return folders;
}

std::uint64_t Ingest::backlog_bytes() {
  std::uint64_t bytes = 0;
  for (const std::unique_ptr<Source>& source : sources_) bytes += source->tailer.backlog_bytes();
  if (bytes == 0) counter_->settle();  // the last of it may be in hand still
  return bytes;
}

}  // namespace apierrd
