#include "daemon/web_connection.h"

#include <poll.h>

#include <array>
#include <utility>

namespace apierrd {

WebConnection::WebConnection(AcceptedSocket socket, std::unique_ptr<Channel> channel,
                             const WebLimits& limits, WebTime now)
    : socket_(std::move(socket)), channel_(std::move(channel)), limits_(limits) {
  enter(State::kShakingHands, limits_.head, now);
}

void WebConnection::enter(State state, std::chrono::milliseconds patience, WebTime now) {
  state_ = state;
  since_ = now;
  deadline_ = now + patience;
  wants_ = state == State::kWriting ? ChannelState::kWantsWrite : ChannelState::kWantsRead;
}

short WebConnection::wanted_events() const {
  return wants_ == ChannelState::kWantsWrite ? POLLOUT : POLLIN;
}

std::size_t WebConnection::unsent_bytes() const {
  return state_ == State::kWriting ? answer_.head.size() + answer_.body.size() : 0;
}

bool WebConnection::advance(WebTime now) {
  if (state_ == State::kShakingHands && !shake_hands(now)) return false;
  if (state_ == State::kWriting) write(now);
  if (state_ == State::kDraining) drain();
  return state_ == State::kReading && read(now);
}

// False: not now.
bool WebConnection::wait_for(ChannelState state) {
  if (state == ChannelState::kMoved) return true;
  if (state == ChannelState::kEnded) state_ = State::kGone;
  wants_ = state;
  return false;
}

bool WebConnection::shake_hands(WebTime now) {
  if (!wait_for(channel_->shake_hands())) return false;
  const WebTime since = since_;  // the head is due as long after the connection as ever
  enter(State::kReading, limits_.head, now);
  since_ = since;
  deadline_ = since + limits_.head;
  return true;
}

bool WebConnection::has_request(WebTime now) {
  head_bytes_ = http_head_size(received_);
  if (head_bytes_ > 0) return true;
  if (received_.size() < limits_.head_bytes) return false;
  start_answer({http_refusal(431), {}, false}, now);
  write(now);
  return false;
}

bool WebConnection::read(WebTime now) {
  if (has_request(now)) return true;  // sent together with the last one
  std::array<char, 4096> block;
  while (state_ == State::kReading) {
    std::size_t count = 0;
    if (!wait_for(channel_->read(block, count))) return false;
    if (received_.empty() && requests_ > 0) enter(State::kReading, limits_.head, now);
    received_.append(block.data(), count);
    if (has_request(now)) return true;
  }
  return false;
}

std::string WebConnection::take_request() {
  std::string head = received_.substr(0, head_bytes_);
  received_.erase(0, head_bytes_);
  ++requests_;
  state_ = State::kAnswering;
  return head;
}

void WebConnection::start_answer(HttpAnswer answer, WebTime now) {
  answer_ = std::move(answer);
  sent_ = 0;
  enter(State::kWriting, limits_.answer, now);
}

void WebConnection::write(WebTime now) {
  const std::size_t head = answer_.head.size();
  while (sent_ < head + answer_.body.size()) {
    const std::string_view rest = sent_ < head
                                      ? std::string_view(answer_.head).substr(sent_)
                                      : std::string_view(answer_.body).substr(sent_ - head);
    std::size_t count = 0;
    if (!wait_for(channel_->write(rest, count))) return;
    sent_ += count;
  }
  const bool keeps_open = std::exchange(answer_, {}).keeps_open;
  if (keeps_open) {
    enter(State::kReading, received_.empty() ? limits_.idle : limits_.head, now);
  } else {
    // Closing with something unread would take the answer away from under a client that still
    // sends.
    channel_->end_writing();
    enter(State::kDraining, limits_.drain, now);
  }
}

void WebConnection::drain() {
  std::array<char, 4096> block;
  std::size_t count = 0;
  while (wait_for(channel_->read(block, count))) {
    drained_ += count;
    if (drained_ > limits_.drained_bytes) {
      state_ = State::kGone;
      return;
    }
  }
}

}  // namespace apierrd
