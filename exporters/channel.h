// A connection as bytes that come and go without anybody waiting for them. Over a plain socket or
// over TLS. One thread at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace apierrd {

/// How far an operation came.
enum class ChannelState : unsigned char {
  kMoved,       ///< it did something; there may be more to do
  kWantsRead,   ///< nothing to do before the socket can be read
  kWantsWrite,  ///< or written
  kEnded,       ///< closed by the peer, or broken
};

class Channel {
 public:
  virtual ~Channel() = default;
  /// Before anything is read or written; kMoved: it may be.
  virtual ChannelState shake_hands() = 0;
  /// kMoved: `count` bytes, at least one, are in `into`.
  virtual ChannelState read(std::span<char> into, std::size_t& count) = 0;
  /// kMoved: the first `count` of `bytes`, which are not empty, are on their way.
  virtual ChannelState write(std::string_view bytes, std::size_t& count) = 0;
  /// Tells the peer that nothing more is written.
  virtual void end_writing() = 0;
};

}  // namespace apierrd
