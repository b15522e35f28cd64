#include "daemon/batch_counter.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace apierrd {

// A block on its way. While it is with a thread nobody else touches it.
struct BatchCounter::Job {
  explicit Job(std::size_t line_bytes_max) : buffer(line_bytes_max) {}

  template <class GetParser>
  void run(const GetParser& parser) noexcept {
    try {
      process_batch(batch, *ruleset, parser(), counts->tally);
    } catch (...) {  // out of memory: the owner's to deal with, as if it had counted itself
      failure = std::current_exception();
    }
  }

  ReadBuffer buffer;
  LineBatch batch;
  std::string path;  ///< what batch.path points to
  const Ruleset* ruleset = nullptr;
  std::unique_ptr<SourceTally> counts;
  Counted counted;
  std::exception_ptr failure;
  bool done = false;
};

BatchCounter::BatchCounter(const BatchCounterOptions& options)
    : options_(options),
      // One block with each thread, and two that wait for it: a core less is idle meanwhile.
      jobs_max_(std::clamp(kBlocksBytes / block_bytes_for(options.line_bytes_max), std::size_t{2},
                           std::max<std::size_t>(2, 3 * options.threads))),
      threads_max_(std::max<std::size_t>(options.threads, 1) - 1) {}

BatchCounter::~BatchCounter() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  waiting_changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::span<char> BatchCounter::block() {
  if (next_ == nullptr) next_ = &free_job();
  return next_->buffer.block();
}

void BatchCounter::count(LineBatch batch, const Ruleset& ruleset, Tally& tally, Counted counted) {
  const bool at_once = is_alone() || batch.text.size() < options_.hand_over_bytes;
  if (at_once && order_.empty()) {
    process_batch(batch, ruleset, parser_, tally);
    return counted(tally, batch);
  }
  Job& job = next_ != nullptr ? *std::exchange(next_, nullptr) : free_job();
  job.path = batch.path;
  job.batch = batch;
  job.batch.path = job.path;
  job.ruleset = &ruleset;
  job.counts = free_tally(tally);
  job.counted = std::move(counted);
  job.done = false;
  hand_over(job);
}

void BatchCounter::settle() {
  while (!order_.empty()) tell_first();
}

BatchCounter::Job& BatchCounter::free_job() {
  while (!order_.empty() && is_done(*order_.front())) tell_first();
  if (free_jobs_.empty() && jobs_.size() < jobs_max_) {
    jobs_.push_back(std::make_unique<Job>(options_.line_bytes_max));
    return *jobs_.back();
  }
  if (free_jobs_.empty()) tell_first();
  Job* const job = free_jobs_.front();
  free_jobs_.pop_front();
  return *job;
}

// One that knows the source's rows already, if there is one: the one used last, so that no more of
// them learn the rows than are needed at once.
std::unique_ptr<BatchCounter::SourceTally> BatchCounter::free_tally(const Tally& source) {
  if (free_tallies_.empty()) free_tallies_.push_back(std::make_unique<SourceTally>());
  auto found = std::find_if(free_tallies_.rbegin(), free_tallies_.rend(),
                            [&source](const auto& known) { return known->source == &source; });
  if (found == free_tallies_.rend()) found = free_tallies_.rbegin();
  std::unique_ptr<SourceTally> counts = std::move(*found);
  free_tallies_.erase(std::next(found).base());
  if (std::exchange(counts->source, &source) != &source) counts->tally.reset();
  return counts;
}

void BatchCounter::hand_over(Job& job) {
  order_.push_back(&job);
  bytes_in_hand_ += job.batch.bytes;
  if (threads_.size() < std::min(threads_max_, order_.size())) start_thread();
  if (threads_.empty()) {
    job.run([this]() -> CallParser& { return parser_; });
    job.done = true;
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(&job);
  }
  waiting_changed_.notify_one();
}

void BatchCounter::start_thread() {
  try {
    threads_.emplace_back(&BatchCounter::work, this);
  } catch (const std::system_error&) {  // a limit on threads: those that there are do the work
    threads_max_ = threads_.size();
  }
}

void BatchCounter::work() {
  std::unique_ptr<CallParser> parser;
  const auto own_parser = [&parser]() -> CallParser& {
    if (!parser) parser = std::make_unique<CallParser>();
    return *parser;
  };
  std::unique_lock lock(mutex_);
  while (true) {
    waiting_changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    Job& job = *waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    job.run(own_parser);
    lock.lock();
    job.done = true;
    done_changed_.notify_one();
  }
}

bool BatchCounter::is_done(const Job& job) {
  const std::lock_guard lock(mutex_);
  return job.done;
}

// Meanwhile the owner counts as well, what it has read last: that is still in its core's cache.
void BatchCounter::wait_for(const Job& job) {
  std::unique_lock lock(mutex_);
  while (!job.done) {
    if (waiting_.empty()) {
      done_changed_.wait(lock);
      continue;
    }
    Job& latest = *waiting_.back();
    waiting_.pop_back();
    lock.unlock();
    latest.run([this]() -> CallParser& { return parser_; });
    lock.lock();
    latest.done = true;
  }
}

void BatchCounter::tell_first() {
  Job& job = *order_.front();
  wait_for(job);
  order_.pop_front();
  bytes_in_hand_ -= job.batch.bytes;
  std::unique_ptr<SourceTally> counts = std::move(job.counts);
  const Counted counted = std::move(job.counted);
  if (job.failure) {
    free_jobs_.push_back(&job);  // the tally may be half counted: that one is dropped
    std::rethrow_exception(std::exchange(job.failure, nullptr));
  }
  counted(counts->tally, job.batch);
  free_tallies_.push_back(std::move(counts));
  free_jobs_.push_back(&job);
}

}  // namespace apierrd
