#include "exporters/alertmanager_client.h"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "exporters/label_text.h"

namespace apierrd {

namespace {

using std::chrono::nanoseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kConnectTimeout{5};
constexpr std::chrono::seconds kAnswerTimeout{10};
constexpr std::size_t kAnswerBytesMax = 16384;  // a complaint has a few hundred
constexpr std::size_t kReasonMax = 300;
// What cannot be interrupted, a name server's answer or a connection, is left behind after this.
constexpr std::chrono::seconds kStopPatience{2};

}  // namespace

// One Alertmanager and its thread, which shares ownership: it may have to be left behind.
class AlertmanagerClient::Target {
 public:
  Target(std::string url, AlertDress dress, const AlertBoard& board,
         const std::function<std::int64_t()>& now_unix_ns, const PushObserver& observer)
      : url_(std::move(url)),
        address_(*parse_alertmanager_url(url_)),
        dress_(std::move(dress)),
        board_(board),
        now_unix_ns_(now_unix_ns),
        observer_(observer),
        http_(address_.origin),
        random_(std::random_device{}()) {
    http_.set_connection_timeout(kConnectTimeout);
    http_.set_read_timeout(kAnswerTimeout);
    http_.set_write_timeout(kAnswerTimeout);
  }

  static std::shared_ptr<Target> start(std::shared_ptr<Target> target) {
    target->thread_ = std::thread([target] { target->run(); });
    return target;
  }

  void wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_all();
  }

  void begin_stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }

  /// From then on nothing of the client's owner is touched, even if the thread goes on.
  void end_stop(SteadyClock::time_point deadline) {
    std::unique_lock lock(mutex_);
    while (!ended_ && SteadyClock::now() < deadline) {
      // While it connects, httplib holds the lock that its stop() would wait for.
      if (connected_) http_.stop();
      changed_.wait_for(lock, std::chrono::milliseconds(20));
    }
    ended_ ? thread_.join() : thread_.detach();
  }

 private:
  void run() {
    unsigned failures = 0;
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      woken_ = false;
      const std::shared_ptr<const AlertList> alerts = board_.alerts();
      now_ = now_unix_ns_();
      lock.unlock();
      const PushResult result =
          state_.push(*alerts, dress_.resend_ns, now_, [this](auto batch) { return post(batch); });
      lock.lock();
      if (stopping_) break;
      if (result.taken + result.refused > 0) observer_.pushed(url_, result);
      if (result.failed) observer_.failed(url_, reason_);
      failures = result.failed ? failures + 1 : 0;
      const std::int64_t pause =
          result.failed ? backoff_ns(failures, std::generate_canonical<double, 32>(random_))
                        : dress_.resend_ns;
      changed_.wait_for(lock, nanoseconds(pause),
                        [&] { return stopping_ || (woken_ && failures == 0); });
    }
    ended_ = true;
    changed_.notify_all();
  }

  PushAnswer post(std::span<const Alert* const> batch) {
    if (stopping_) return PushAnswer::kFailed;
    const std::string body = render_alerts(batch, dress_, now_);
    std::string answer;
    const auto deadline = SteadyClock::now() + kAnswerTimeout;
    httplib::Request request;
    request.method = "POST";
    request.path = address_.prefix + "/api/v2/alerts";
    request.set_header("Content-Type", "application/json");
    request.content_length_ = body.size();
    // Asked for the body once it is connected.
    request.content_provider_ = [&](std::size_t offset, std::size_t length,
                                    httplib::DataSink& sink) {
      connected_ = true;
      return !stopping_ && sink.write(body.data() + offset, length);
    };
    request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t,
                                   std::uint64_t) {
      answer.append(data, size);
      return answer.size() <= kAnswerBytesMax && SteadyClock::now() < deadline;
    };
    const httplib::Result result = send(request);
    connected_ = false;
    if (!result) {
      reason_ = httplib::to_string(result.error());
      return PushAnswer::kFailed;
    }
    if (result->status >= 200 && result->status < 300) return PushAnswer::kTaken;
    reason_ = "it answers " + std::to_string(result->status) + " " + safe_text(answer, kReasonMax);
    return result->status == 400 ? PushAnswer::kRefused : PushAnswer::kFailed;
  }

  httplib::Result send(const httplib::Request& request) {
    try {
      return http_.send(request);
    } catch (const std::exception&) {  // out of memory, at worst; tried again
      return {nullptr, httplib::Error::Unknown};
    }
  }

  const std::string url_;
  const AlertmanagerUrl address_;
  const AlertDress dress_;
  const AlertBoard& board_;
  const std::function<std::int64_t()>& now_unix_ns_;
  const PushObserver& observer_;

  httplib::Client http_;  ///< what follows is the thread's
  std::mt19937 random_;
  PushTarget state_;
  std::int64_t now_ = 0;
  std::string reason_;
  std::atomic<bool> connected_ = false;

  std::mutex mutex_;  ///< protects what follows, and the owner's things from use after stop
  std::condition_variable changed_;
  bool woken_ = false, ended_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

struct AlertmanagerClient::Targets {
  std::mutex mutex;
  std::vector<std::shared_ptr<Target>> list;
};

AlertmanagerClient::AlertmanagerClient(const AlertBoard& board,
                                       std::function<std::int64_t()> now_unix_ns,
                                       PushObserver observer)
    : board_(board),
      now_unix_ns_(std::move(now_unix_ns)),
      observer_(std::move(observer)),
      targets_(std::make_unique<Targets>()) {}

AlertmanagerClient::~AlertmanagerClient() { stop(); }

void AlertmanagerClient::configure(const AlertmanagerOptions& options) {
  stop();
  const std::lock_guard lock(targets_->mutex);
  for (const std::string& url : options.urls) {
    targets_->list.push_back(Target::start(
        std::make_shared<Target>(url, options.dress, board_, now_unix_ns_, observer_)));
  }
}

void AlertmanagerClient::wake() {
  const std::lock_guard lock(targets_->mutex);
  for (const auto& target : targets_->list) target->wake();
}

void AlertmanagerClient::stop() {
  std::vector<std::shared_ptr<Target>> leaving;
  {
    const std::lock_guard lock(targets_->mutex);
    leaving = std::exchange(targets_->list, {});
  }
  for (const auto& target : leaving) target->begin_stop();
  const auto deadline = SteadyClock::now() + kStopPatience;
  for (const auto& target : leaving) target->end_stop(deadline);
}

}  // namespace apierrd
