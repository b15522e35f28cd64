// The daemon's own log: one line a message to standard error, rate limited. The only door to
// spdlog. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace apierrd {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

class Log {
 public:
  /// Told of every message, also those the rate limit keeps back.
  using OnMessage = std::function<void(std::string_view level)>;

  /// Under systemd the journal's own time and priority are used instead of printed ones.
  explicit Log(OnMessage on_message = {});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void set_level(std::string_view name);

  /// `event` is a short fixed name; beyond kBurst messages of one event in kWindow seconds they are
  /// only counted, and the count is told with the next. `text` may hold bytes from outside: control
  /// characters are made visible.
  void write(LogLevel level, std::string_view event, std::string_view text);

  void info(std::string_view event, std::string_view text) { write(LogLevel::kInfo, event, text); }
  void warning(std::string_view event, std::string_view text) {
    write(LogLevel::kWarning, event, text);
  }
  void error(std::string_view event, std::string_view text) {
    write(LogLevel::kError, event, text);
  }

 private:
  struct Sink;
  struct Rate {
    std::int64_t window_start_s = 0;
    unsigned in_window = 0;
    std::uint64_t suppressed = 0;
  };
  static constexpr unsigned kBurst = 5;
  static constexpr std::int64_t kWindow = 10;

  std::unique_ptr<Sink> sink_;
  OnMessage on_message_;
  std::mutex mutex_;  ///< protects rates_
  std::map<std::string, Rate, std::less<>> rates_;
};

/// `text` with control characters as \xNN and what reorders or hides text as <U+NNNN>, so that a
/// log line cannot drive a terminal.
std::string printable(std::string_view text);

}  // namespace apierrd
