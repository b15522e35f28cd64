// What container runtimes, syslog and journald put around the lines of a program. Pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "parsers/log_format.h"
#include "parsers/skim/skim.h"
#include "parsers/text_pool.h"

namespace apierrd {

/// Wrappers around wrappers: the deepest seen is syslog around CRI around a JSON logger.
inline constexpr std::size_t kWrappersMax = 4;

struct WrappedLine {
  std::string_view content;  ///< kJsonPadding readable bytes follow it
  bool partial = false;      ///< the content goes on in the next line of the same stream
  std::uint8_t stream = 0;   ///< 0: stdout or unknown, 1: stderr
  std::array<Wrapper, kWrappersMax> wrappers{};
  std::size_t wrapper_count = 0;

  void add(Wrapper wrapper) {
    if (wrapper_count < kWrappersMax) wrappers[wrapper_count++] = wrapper;
  }

  /// The time of the innermost wrapper that has one; RFC 3339 is only read when it is asked for,
  /// since most records have a time of their own. Its text must live until then.
  std::optional<std::int64_t> time_unix_ns() const;
  void take_time(std::string_view text);
  void take_time(std::int64_t unix_ns) {
    outer_time_unix_ns_ = unix_ns;
    time_text_ = {};
  }

 private:
  std::string_view time_text_;
  std::optional<std::int64_t> outer_time_unix_ns_;
};

/// `{"log":"...\n","stream":"stderr","time":"..."}` of Docker's json-file driver, which splits
/// lines beyond 16 KiB: all records but a line's last lack the newline at the end of `log`. Each
/// function returns false, and leaves `line` alone, if the content is not wrapped so.
bool unwrap_docker(WrappedLine& line, TextPool& texts, SkimKernel kernel = best_skim_kernel());

/// `2026-11-25T09:00:00.123456789Z stderr F text`: Kubernetes' CRI format; P is partial, F full.
bool unwrap_cri(WrappedLine& line);

/// The header of RFC 5424 (`<165>1 TIME HOST APP PID ID [data] text`), of RFC 3164
/// (`<34>Oct 11 22:14:15 host app[1]: text`), and what rsyslog makes of them in files.
bool unwrap_syslog(WrappedLine& line);

/// journalctl's JSON output: MESSAGE is a string, or an array of bytes when it is no valid UTF-8.
bool unwrap_journald(WrappedLine& line, TextPool& texts, JsonDocument& scratch);

/// Takes off this wrapper.
bool unwrap(WrappedLine& line, Wrapper wrapper, TextPool& texts, JsonDocument& scratch);

/// Takes off the outermost wrapper that is plainly there; false if there is none.
bool unwrap_detected(WrappedLine& line, TextPool& texts, JsonDocument& scratch);

/// Whether it can be told at a glance that the line, where no record is open, is a record by itself
/// and no part of one; false where it takes a Framer to tell. kJsonPadding readable bytes follow
/// the line.
bool is_whole(std::string_view line, const Framing& framing);

}  // namespace apierrd
