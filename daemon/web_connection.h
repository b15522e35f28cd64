// One client of the web side: what it has sent, what it is to get, and until when it may keep us
// waiting. It never waits itself. Belongs to the web server's loop, one thread.
//
//   shaking hands -> reading a request -> answering (a worker makes the answer) -> writing it
//                    -> reading the next request, or draining -> gone
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "daemon/listen_socket.h"
#include "exporters/channel.h"
#include "exporters/http_responder.h"

namespace apierrd {

using WebTime = std::chrono::steady_clock::time_point;

/// What one client may cost. A scraper needs milliseconds and some hundred bytes.
struct WebLimits {
  std::size_t head_bytes = 16U << 10;
  std::chrono::milliseconds head{10'000};  ///< from its first byte, handshake included
  std::chrono::milliseconds idle{kHttpKeepAliveSeconds * 1000};  ///< between two requests
  std::chrono::milliseconds answer{30'000};  ///< to take an answer; scrapes time out before
  std::chrono::milliseconds drain{1'000};    ///< to close after its last answer
  std::size_t drained_bytes = 1U << 20;      ///< that it may still send then
  std::size_t connections = 256;             ///< open at once
  std::size_t queued_requests = 64;          ///< waiting for a worker
  /// Answers that wait for their clients. A page of 100,000 series has some 20 MB.
  std::size_t unsent_bytes = 64U << 20;
};

class WebConnection {
 public:
  enum class State : unsigned char {
    kShakingHands,
    kReading,
    kAnswering,
    kWriting,
    kDraining,
    kGone
  };

  WebConnection(AcceptedSocket socket, std::unique_ptr<Channel> channel, const WebLimits& limits,
                WebTime now);

  /// Does all that can be done without waiting. True: a request is complete; take_request() it.
  bool advance(WebTime now);
  /// The request's head. From now on the connection is kAnswering until start_answer().
  std::string take_request();
  void start_answer(HttpAnswer answer, WebTime now);

  State state() const { return state_; }
  int socket() const { return socket_.descriptor.number(); }
  const std::string& peer() const { return socket_.peer; }
  short wanted_events() const;              ///< of poll(2)
  WebTime since() const { return since_; }  ///< when it began to keep us waiting
  WebTime deadline() const { return deadline_; }
  /// Between two requests.
  bool is_idle() const { return state_ == State::kReading && received_.empty() && requests_ > 0; }
  std::size_t unsent_bytes() const;
  bool is_last_request() const { return requests_ >= kHttpRequestsPerConnection; }

 private:
  void enter(State state, std::chrono::milliseconds patience, WebTime now);
  bool shake_hands(WebTime now);
  bool read(WebTime now);
  bool has_request(WebTime now);
  void write(WebTime now);
  void drain();
  bool wait_for(ChannelState wanted);

  AcceptedSocket socket_;
  std::unique_ptr<Channel> channel_;
  const WebLimits& limits_;
  State state_ = State::kShakingHands;
  ChannelState wants_ = ChannelState::kWantsRead;
  WebTime since_, deadline_;
  std::string received_;
  std::size_t head_bytes_ = 0;  ///< of a complete request in `received_`
  std::size_t requests_ = 0, drained_ = 0;
  HttpAnswer answer_;
  std::size_t sent_ = 0;  ///< of the answer, its head first
};

}  // namespace apierrd
