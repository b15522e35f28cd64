// One API call as its line shows it, and how it was understood. Passive data.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "parsers/error_code.h"

namespace apierrd {

/// Request ids are opaque; the vendor's are UUIDs of 36. Longer ones than this are left out, so
/// that an exemplar stays within OpenMetrics' 128 characters.
inline constexpr std::size_t kRequestIdMax = 63;

/// How a call was understood; for `explain`. The rules are texts of the format.
struct CallOrigin {
  enum class Envelope : std::uint8_t { kNone, kObject, kString, kBare, kText };
  Envelope envelope = Envelope::kNone;
  std::string_view format, vendor;
  std::string_view recognised_by;  ///< places that a document must have, or a template
  std::string_view code_rule, service_rule, action_rule, region_rule;
  bool time_from_wrapper = false;
};

/// One API call as its line shows it. The views live until the next CallParser::parse; those within
/// the text that was parsed live as long as it does.
struct ApiCall {
  std::string_view service = kUnknownName;  ///< `vendor/service`, of Tencent Cloud without vendor
  std::string_view action = kUnknownName;
  std::string_view region;      ///< empty if the line names none
  std::string_view code;        ///< trimmed error code; empty = the call succeeded
  std::string_view message;     ///< for people only, never classified by
  std::string_view request_id;  ///< empty if none
  std::optional<std::int64_t> time_unix_ns;
  std::optional<std::int64_t> latency_ns;
  bool unreadable_time = false;  ///< a time is there but cannot be read
  bool unreadable_latency = false;
  CallOrigin origin;                           ///< unspecified after CallParser::skim_line()
  std::vector<std::string_view> failed_items;  ///< codes of results within it, by an ItemRule
  bool failed() const { return !code.empty(); }
  /// What was said where a time or latency stands: if it can be read, so many nanoseconds.
  void set_time(bool readable, std::int64_t unix_ns) {
    set(time_unix_ns, unreadable_time, readable, unix_ns);
  }
  void set_latency(bool readable, std::int64_t ns) {
    set(latency_ns, unreadable_latency, readable, ns);
  }
  void clear_times() {
    time_unix_ns.reset();
    latency_ns.reset();
    unreadable_time = unreadable_latency = false;
  }
  /// Keeps its memory. Field by field: a whole one would be made elsewhere first, and copied.
  void clear() {
    service = action = kUnknownName;
    region = code = message = request_id = {};
    clear_times();
    origin = {};
    failed_items.clear();
  }

 private:
  static void set(std::optional<std::int64_t>& field, bool& unreadable, bool readable,
                  std::int64_t value) {
    unreadable = !readable;
    if (readable) {
      field.emplace(value);
    } else {
      field.reset();
    }
  }
};

}  // namespace apierrd
