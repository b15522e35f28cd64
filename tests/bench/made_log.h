// Logs to measure stages with: the same text for the same kind and number of lines, on any machine,
// with what must be counted in it. corpus.py makes the larger ones that whole programs are given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace apierrd::bench {

enum class LogKind : std::uint8_t {
  kDefault,  ///< one call in twenty has failed
  kErrors,   ///< all have
  kEscaped,  ///< the response is JSON in a string
  kDocker,   ///< each line is in Docker's wrapper
  kShuffled  ///< keys in any order: few lines are like earlier ones
};

struct MadeCall {
  std::string_view service, action, code;  ///< no code = it succeeded
  bool documented = false;                 ///< its code, somewhere
  std::string request_id;
  std::string time;
  std::int64_t time_unix_ns = 0;
  std::int64_t latency_ns = 0;
};

struct MadeLog {
  std::vector<MadeCall> calls;  ///< by line
  std::string bytes;            ///< the lines and the padding behind them
  std::size_t size = 0;         ///< of the lines
  std::size_t unwrapped = 0;    ///< of the lines without wrapper and line ends
  std::string_view text() const { return std::string_view(bytes).substr(0, size); }
  std::uint64_t failed() const;
};

MadeLog made_log(LogKind kind, std::size_t lines);

}  // namespace apierrd::bench
