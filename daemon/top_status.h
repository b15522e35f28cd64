// What /api/v1/status says, as far as `top` shows it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "parsers/result.h"

namespace apierrd {

struct TopCode {
  std::string source, service, code, fault_domain, severity;
  std::string action, request_id, message;  ///< of the latest failure
  std::uint64_t count = 0;
  double last_observed = 0;  ///< seconds since 1970, as all times here
  std::vector<std::uint64_t> minutes;
};

struct TopSource {
  std::string name;
  std::uint64_t lines = 0, rejected = 0, rotations = 0, lost_bytes = 0, open_errors = 0;
  std::uint64_t lag_bytes = 0, files = 0;
  double lag_seconds = 0;
};

struct TopAlert {
  std::string alert, severity, subject, seen;
};

struct TopStatus {
  std::string version, not_ready;
  double time = 0, started = 0;
  std::uint64_t calls = 0, failed = 0, lines = 0, rejected = 0, lag_bytes = 0;
  std::vector<TopCode> codes;  ///< as the daemon sorts them: the gravest first
  std::vector<TopSource> sources;
  std::vector<TopAlert> alerts;  ///< only active ones
};

/// Reads the daemon's answer. What is missing stays empty; no text holds control characters, or
/// anything that reorders what stands beside it, whoever answered. Error: no JSON of this kind.
Result<TopStatus> parse_top_status(std::string body);

}  // namespace apierrd
