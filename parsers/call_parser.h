// One line of a log -> the API call it shows, or why it shows none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/json_document.h"
#include "parsers/log_format.h"
#include "parsers/verdict.h"

namespace apierrd {

/// Stands for a service or action the line does not name.
inline constexpr std::string_view kUnknownName = "unknown";

/// Request ids are opaque; the vendor's are UUIDs of 36. Longer ones than this are left out, so
/// that an exemplar stays within OpenMetrics' 128 characters.
inline constexpr std::size_t kRequestIdMax = 63;

/// One API call as its line shows it. The views live until the next CallParser::parse.
struct ApiCall {
  std::string_view service = kUnknownName;
  std::string_view action = kUnknownName;
  std::string_view region;      ///< empty if the line names none
  std::string_view code;        ///< trimmed error code; empty = the call succeeded
  std::string_view message;     ///< raw JSON string body; for people only, never classified by
  std::string_view request_id;  ///< empty if none
  std::optional<std::int64_t> time_unix_ns;
  std::optional<std::int64_t> latency_ns;
  bool unreadable_time = false;  ///< a time is there but cannot be read
  bool unreadable_latency = false;
  bool failed() const { return !code.empty(); }
};

/// How the line was understood; for `explain`.
struct CallOrigin {
  enum class Envelope : std::uint8_t { kNone, kObject, kString, kBare };
  Envelope envelope = Envelope::kNone;
  bool service_from_host = false;
};

/// Reads lines of one format. Keeps its memory between lines; one per thread.
class CallParser {
 public:
  /// `line` without its newline; kJsonPadding bytes behind it must be readable. Returns kRecord and
  /// fills call(), or the reason why the line holds none.
  Verdict parse(std::string_view line, const LogFormat& format);

  const ApiCall& call() const { return call_; }
  const CallOrigin& origin() const { return origin_; }

 private:
  Verdict find_envelope(const LogFormat& format);
  Verdict read_outcome();
  Verdict read_attributes(const LogFormat& format);
  void read_time(const LogFormat& format);
  void read_latency(const LogFormat& format);

  JsonDocument line_;
  JsonDocument inner_;  ///< a response that came as a string
  const JsonDocument* envelope_document_ = nullptr;
  const JsonNode* envelope_ = nullptr;
  std::string response_text_, service_, action_, region_, code_, request_id_, scratch_;
  ApiCall call_;
  CallOrigin origin_;
};

/// `FailedOperation.X. ` -> `FailedOperation.X`: blanks off both ends, one trailing dot, blanks
/// again. Both occur in the vendor's own examples. What is nothing but blanks becomes `unknown`.
std::string_view trim_code(std::string_view code);

/// `https://cvm.ap-guangzhou.tencentcloudapi.com:443/` -> `cvm`; empty for hosts of other names.
/// The result is in lower case and lives in `lower`.
std::string_view service_of_host(std::string_view host, std::string& lower);

}  // namespace apierrd
