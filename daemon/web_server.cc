#include "daemon/web_server.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "daemon/os.h"

namespace apierrd {

namespace {

using State = WebConnection::State;
using namespace std::chrono_literals;

constexpr auto kWithoutDescriptors = 100ms;  // until the next attempt to accept
constexpr int kAcceptedAtOnce = 64;          // before those that are open get their turn

bool waits_for_its_client(const WebConnection& connection) {
  return connection.state() != State::kAnswering;
}

}  // namespace

Result<std::unique_ptr<WebServer>> WebServer::start(ListenSocket socket, std::size_t workers,
                                                    const WebLimits& limits,
                                                    HttpResponder responder, Hooks hooks) {
  FileDescriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (wake.number() < 0)
    return environment_error("cannot create an eventfd", {}, errno_text(errno));
  std::unique_ptr<WebServer> server(new WebServer(std::move(socket), std::move(wake), limits,
                                                  std::move(responder), std::move(hooks)));
  for (std::size_t i = 0; i < workers; ++i) {
    server->workers_.emplace_back([self = server.get()] { self->work(); });
  }
  server->loop_ = std::thread([self = server.get()] { self->loop(); });
  return server;
}

WebServer::WebServer(ListenSocket socket, FileDescriptor wake, const WebLimits& limits,
                     HttpResponder responder, Hooks hooks)
    : socket_(std::move(socket)),
      wake_(std::move(wake)),
      limits_(limits),
      responder_(std::move(responder)),
      hooks_(std::move(hooks)) {}

WebServer::~WebServer() { stop(); }

void WebServer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    requests_.clear();
  }
  work_.notify_all();
  wake();
  if (loop_.joinable()) loop_.join();
  for (std::thread& worker : workers_) {
    if (worker.joinable()) worker.join();
  }
}

void WebServer::wake() { ::eventfd_write(wake_.number(), 1); }

// ---- workers

void WebServer::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !requests_.empty(); });
    if (stopping_) return;
    const Request request = std::move(requests_.front());
    requests_.pop_front();
    lock.unlock();
    HttpAnswer answer = responder_.answer(request.head, request.peer, request.last);
    lock.lock();
    answers_.push_back({request.connection, std::move(answer)});
    wake();
  }
}

// ---- the loop

void WebServer::loop() {
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    wait_for_sockets();
  }
  connections_.clear();
}

int WebServer::milliseconds_to_wait() const {
  WebTime next = WebTime::max();
  for (const auto& [id, connection] : connections_) {
    if (waits_for_its_client(connection)) next = std::min(next, connection.deadline());
  }
  if (accepts_from_ > now_) next = std::min(next, accepts_from_);
  if (next == WebTime::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now_);
  return static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
}

void WebServer::wait_for_sockets() {
  now_ = std::chrono::steady_clock::now();
  std::vector<pollfd> polled{{wake_.number(), POLLIN, 0},
                             {accepts_from_ > now_ ? -1 : socket_.descriptor.number(), POLLIN, 0}};
  std::vector<std::uint64_t> ids;
  for (const auto& [id, connection] : connections_) {
    if (!waits_for_its_client(connection)) continue;
    polled.push_back({connection.socket(), connection.wanted_events(), 0});
    ids.push_back(id);
  }
  ::poll(polled.data(), polled.size(), milliseconds_to_wait());
  now_ = std::chrono::steady_clock::now();
  if (polled[0].revents != 0) {
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.number(), &ignored);
    take_answers();
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto at = connections_.find(ids[i]);
    if (at != connections_.end() && polled[i + 2].revents != 0) advance(at);
  }
  drop_the_late();
  if (polled[1].revents != 0) accept_all();
  hooks_.on_connections(connections_.size());
}

void WebServer::drop_the_late() {
  std::erase_if(connections_, [this](const auto& entry) {
    const WebConnection& connection = entry.second;
    if (!waits_for_its_client(connection) || connection.deadline() > now_) return false;
    // One that is idle, or was told to go, owes nothing.
    if (!connection.is_idle() && connection.state() != State::kDraining)
      hooks_.on_shed(HttpShed::kSlow);
    return true;
  });
}

void WebServer::accept_all() {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    bool exhausted = false;
    std::optional<AcceptedSocket> client = accept_client(socket_, exhausted);
    if (!client) {
      if (exhausted) accepts_from_ = now_ + kWithoutDescriptors;
      return;
    }
    if (connections_.size() >= limits_.connections) {
      hooks_.on_shed(HttpShed::kConnections);
      if (!make_room()) continue;
    }
    std::unique_ptr<Channel> channel = hooks_.open_channel(client->descriptor.number());
    if (!channel) continue;
    const auto [at, added] = connections_.try_emplace(++next_connection_, std::move(*client),
                                                      std::move(channel), limits_, now_);
    advance(at);
  }
}

// The one that has kept us waiting longest goes; false if none does.
bool WebServer::make_room() {
  auto longest = connections_.end();
  for (auto each = connections_.begin(); each != connections_.end(); ++each) {
    if (!waits_for_its_client(each->second)) continue;
    if (longest == connections_.end() || each->second.since() < longest->second.since())
      longest = each;
  }
  if (longest == connections_.end()) return false;
  connections_.erase(longest);
  return true;
}

void WebServer::take_answers() {
  std::vector<Answer> answers;
  {
    const std::lock_guard lock(mutex_);
    answers.swap(answers_);
  }
  for (Answer& answer : answers) {
    const auto at = connections_.find(answer.connection);
    if (at == connections_.end()) continue;
    at->second.start_answer(std::move(answer.text), now_);
    advance(at);
  }
  bound_unsent();
}

void WebServer::advance(Connections::iterator at) {
  if (at->second.advance(now_)) ask(at->first, at->second);
  if (at->second.state() == State::kGone) connections_.erase(at);
}

void WebServer::ask(std::uint64_t id, WebConnection& connection) {
  std::string head = connection.take_request();
  {
    const std::lock_guard lock(mutex_);
    if (requests_.size() < limits_.queued_requests) {
      requests_.push_back({id, std::move(head), connection.peer(), connection.is_last_request()});
      work_.notify_one();
      return;
    }
  }
  hooks_.on_shed(HttpShed::kRequests);
  connection.start_answer({http_refusal(503), {}, false}, now_);
  connection.advance(now_);
}

void WebServer::bound_unsent() {
  std::size_t unsent = 0;
  for (const auto& [id, connection] : connections_) unsent += connection.unsent_bytes();
  while (unsent > limits_.unsent_bytes) {
    auto longest = connections_.end();
    std::size_t writing = 0;
    for (auto each = connections_.begin(); each != connections_.end(); ++each) {
      if (each->second.unsent_bytes() == 0) continue;
      ++writing;
      if (longest == connections_.end() || each->second.since() < longest->second.since())
        longest = each;
    }
    if (writing <= 1) return;  // one large page may always be on its way
    unsent -= longest->second.unsent_bytes();
    hooks_.on_shed(HttpShed::kUnsent);
    connections_.erase(longest);
  }
}

}  // namespace apierrd
