// What became of one physical line of a log. Every line gets exactly one Verdict, so that
// lines = lines_with_records + ignored + rejected holds to the last line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace apierrd {

enum class Verdict : std::uint8_t {
  kRecord,           ///< at least one API call was recognised
  kBlank,            ///< ignored: nothing but blanks
  kNotApiCall,       ///< ignored: in order, but shows no call's outcome
  kJoined,           ///< ignored: part of a record that another of its lines stands for
  kInvalidJson,      ///< rejected: not one complete document of RFC 8259
  kInvalidUtf8,      ///< rejected: bytes that are not UTF-8
  kLineTooLong,      ///< rejected: longer than the configured limit
  kTooDeep,          ///< rejected: nested beyond kMaxJsonDepth
  kInvalidResponse,  ///< rejected: the response is a string that holds no valid JSON
  kInvalidString,    ///< rejected: half a surrogate pair in a field that is needed
  kNotWrapped,       ///< rejected: not wrapped as its source says
};
inline constexpr std::size_t kVerdictCount = 11;

enum class VerdictKind : std::uint8_t { kRecord, kIgnored, kRejected };

struct VerdictInfo {
  Verdict verdict;
  VerdictKind kind;
  std::string_view name;  ///< the `reason` of metrics and of replay's JSON
  std::string_view help;
};

/// One row per Verdict, in its order (a test compares them).
inline constexpr std::array<VerdictInfo, kVerdictCount> kVerdicts{{
    {Verdict::kRecord, VerdictKind::kRecord, "record", "the line holds an API call"},
    {Verdict::kBlank, VerdictKind::kIgnored, "blank", "the line holds nothing but blanks"},
    {Verdict::kNotApiCall, VerdictKind::kIgnored, "not_api_call",
     "the line does not show the outcome of an API call"},
    {Verdict::kJoined, VerdictKind::kIgnored, "joined",
     "a line of a record over several lines, which counts where the record does"},
    {Verdict::kInvalidJson, VerdictKind::kRejected, "invalid_json",
     "the line is not one complete JSON document (RFC 8259)"},
    {Verdict::kInvalidUtf8, VerdictKind::kRejected, "invalid_utf8",
     "the line holds bytes that are not UTF-8"},
    {Verdict::kLineTooLong, VerdictKind::kRejected, "line_too_long",
     "the line is longer than limits.line_bytes"},
    {Verdict::kTooDeep, VerdictKind::kRejected, "too_deep",
     "the document is nested deeper than 1024 levels"},
    {Verdict::kInvalidResponse, VerdictKind::kRejected, "invalid_response",
     "the response is a string that does not decode to JSON"},
    {Verdict::kInvalidString, VerdictKind::kRejected, "invalid_string",
     "a needed field holds half a surrogate pair and cannot be text"},
    {Verdict::kNotWrapped, VerdictKind::kRejected, "not_wrapped",
     "the line is not wrapped as the source's 'wrapper' says"},
}};

constexpr const VerdictInfo& info_of(Verdict verdict) {
  return kVerdicts[static_cast<std::size_t>(verdict)];
}

}  // namespace apierrd
