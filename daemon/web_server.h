// Serves the web side over sockets. One thread, the loop, holds all connections and never waits for
// one of them; workers make the answers. So a client that sends or reads slowly costs a descriptor
// and some memory, both limited, but nobody's time: scrapes go on beside it.
//
// Beyond the limits somebody is turned away, never queued without end: of open connections the one
// that has kept us waiting longest makes room, of requests the newest is answered 503, of answers
// the one longest on its way is dropped.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/web_connection.h"
#include "exporters/self_metrics.h"

namespace apierrd {

class WebServer {
 public:
  struct Hooks {
    /// For each new client: bytes over its socket, plain or TLS. Null: it is turned away.
    std::function<std::unique_ptr<Channel>(int socket)> open_channel;
    std::function<void(HttpShed)> on_shed;
    std::function<void(std::size_t)> on_connections;  ///< how many are open
  };

  /// Serves from threads of its own until it is stopped. Error: no descriptor for its own use.
  static Result<std::unique_ptr<WebServer>> start(ListenSocket socket, std::size_t workers,
                                                  const WebLimits& limits, HttpResponder responder,
                                                  Hooks hooks);
  ~WebServer();  ///< stops
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  int port() const { return socket_.port; }
  /// Ends open connections and waits for answers that are being made.
  void stop();

 private:
  struct Request {
    std::uint64_t connection = 0;
    std::string head, peer;
    bool last = false;
  };
  struct Answer {
    std::uint64_t connection = 0;
    HttpAnswer text;
  };
  using Connections = std::map<std::uint64_t, WebConnection>;

  WebServer(ListenSocket socket, FileDescriptor wake, const WebLimits& limits,
            HttpResponder responder, Hooks hooks);
  void loop();
  void work();
  void wake();
  void wait_for_sockets();
  int milliseconds_to_wait() const;
  void drop_the_late();
  void accept_all();
  bool make_room();
  void take_answers();
  void advance(Connections::iterator at);
  void ask(std::uint64_t id, WebConnection& connection);
  void bound_unsent();

  ListenSocket socket_;
  FileDescriptor wake_;
  const WebLimits limits_;
  const HttpResponder responder_;
  const Hooks hooks_;

  // the loop's own
  Connections connections_;
  std::uint64_t next_connection_ = 0;
  WebTime now_, accepts_from_;

  std::mutex mutex_;  // guards what loop and workers share
  std::condition_variable work_;
  std::deque<Request> requests_;
  std::vector<Answer> answers_;
  bool stopping_ = false;

  std::vector<std::thread> workers_;
  std::thread loop_;
};

}  // namespace apierrd
