#include "daemon/plain_channel.h"

#include <sys/socket.h>

#include <cerrno>

namespace apierrd {

namespace {

class PlainChannel : public Channel {
 public:
  explicit PlainChannel(int socket) : socket_(socket) {}

  ChannelState shake_hands() override { return ChannelState::kMoved; }

  ChannelState read(std::span<char> into, std::size_t& count) override {
    const ssize_t got = ::recv(socket_, into.data(), into.size(), 0);
    if (got == 0) return ChannelState::kEnded;
    return outcome(got, ChannelState::kWantsRead, count);
  }

  ChannelState write(std::string_view bytes, std::size_t& count) override {
    return outcome(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                   ChannelState::kWantsWrite, count);
  }

  void end_writing() override { ::shutdown(socket_, SHUT_WR); }

 private:
  static ChannelState outcome(ssize_t result, ChannelState wants, std::size_t& count) {
    count = 0;
    if (result < 0) {
      const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
      return later ? wants : ChannelState::kEnded;
    }
    count = static_cast<std::size_t>(result);
    return ChannelState::kMoved;
  }

  int socket_;
};

}  // namespace

std::unique_ptr<Channel> plain_channel(int socket) {
  return std::make_unique<PlainChannel>(socket);
}

}  // namespace apierrd
