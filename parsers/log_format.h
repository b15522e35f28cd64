// What a log's lines look like, as data: where each field of a call stands and how it is written.
// A value; the configuration fills it in, the parser only reads it.
#pragma once

#include <vector>

#include "parsers/json_pointer.h"
#include "parsers/time_text.h"

namespace apierrd {

/// For each field the places to look, in order; the first that holds a usable value wins.
struct LogFormat {
  std::vector<JsonPointer> time;
  std::vector<JsonPointer> service;
  std::vector<JsonPointer> action;
  std::vector<JsonPointer> region;
  std::vector<JsonPointer> host;  ///< names the service where no service field does
  std::vector<JsonPointer> latency;
  std::vector<JsonPointer> response;  ///< the API's envelope, as object or as JSON in a string
  TimeFormat time_format = TimeFormat::kAuto;
  TimeUnit latency_unit = TimeUnit::kMillisecond;
};

/// The default: one JSON object a line, as services log their Tencent Cloud API 3.0 calls.
LogFormat tencentcloud_format();

}  // namespace apierrd
