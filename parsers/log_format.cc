#include "parsers/log_format.h"

#include <initializer_list>

namespace apierrd {

namespace {

std::vector<JsonPointer> pointers(std::initializer_list<const char*> texts) {
  std::vector<JsonPointer> out;
  for (const char* text : texts) out.push_back(*parse_json_pointer(text));
  return out;
}

}  // namespace

LogFormat tencentcloud_format() {
  LogFormat format;
  format.time = pointers({"/time"});
  format.service = pointers({"/service"});
  format.action = pointers({"/action"});
  format.region = pointers({"/region"});
  format.host = pointers({"/host", "/request/host", "/endpoint"});
  format.latency = pointers({"/latency_ms"});
  format.response = pointers({"/response"});
  return format;
}

}  // namespace apierrd
