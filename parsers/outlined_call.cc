#include "parsers/outlined_call.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "parsers/shape_reader.h"

namespace apierrd {

namespace {

// Where a field's text is; false if it takes more than one place to tell.
bool find_text(const std::vector<FieldSource>& sources, SkimmedPlace from, SkimSpan& span,
               std::string_view& rule) {
  if (sources.empty()) return true;
  const FieldSource& source = sources.front();
  if (sources.size() > 1 || source.take != Take::kText) return false;
  if (from.at(source.at)->type != JsonType::kString) return false;
  span = from.span(source.at);
  rule = source.rule;
  return true;
}

bool find_scalar(const std::vector<JsonPointer>& pointers, SkimmedPlace from, SkimSpan& span) {
  if (pointers.empty()) return true;
  const JsonType type = from.at(pointers.front())->type;
  if (pointers.size() > 1 || (type != JsonType::kString && type != JsonType::kNumber)) return false;
  span = from.span(pointers.front());
  return true;
}

bool is_there(const SkimSpan& span) { return span.end != 0; }

// The field's text.
std::string_view take(const Skim& line, const SkimSpan& span, std::string_view if_none = {}) {
  return is_there(span) ? line.text_of(span) : if_none;
}

bool has_escapes(std::initializer_list<std::string_view> texts) {
  return std::any_of(texts.begin(), texts.end(), [](std::string_view text) {
    return text.find('\\') != std::string_view::npos;
  });
}

}  // namespace

std::optional<OutlinedCall> OutlinedCall::of(const JsonShape& shape, const LogFormat& format,
                                             SkimmedPlace names, SkimmedPlace payload,
                                             CallOrigin::Envelope envelope) {
  OutlinedCall call;
  CallOrigin& origin = call.origin_;
  origin.envelope = envelope;
  call.is_vendor_named_ = format.vendor != kDefaultVendor;
  origin.recognised_by = shape.required_text;
  std::string_view none;
  const bool found = !shape.service.empty() &&
                     find_text(shape.service, names, call.service_, origin.service_rule) &&
                     find_text(shape.action, names, call.action_, origin.action_rule) &&
                     find_text(shape.region, names, call.region_, origin.region_rule) &&
                     find_text(shape.code, payload, call.code_, origin.code_rule) &&
                     find_text(shape.message, payload, call.message_, none) &&
                     find_text(shape.request_id, payload, call.request_id_, none) &&
                     find_scalar(shape.time, names, call.time_) &&
                     find_scalar(shape.latency, names, call.latency_);
  return found ? std::optional(call) : std::nullopt;
}

bool OutlinedCall::read(const Skim& names, const Skim& payload, const JsonShape& shape,
                        const LogFormat& format, LogTimes& times, TextPool& texts,
                        ApiCall& call) const {
  call.service = take(names, service_);
  call.action = take(names, action_, kUnknownName);
  call.region = take(names, region_);
  call.message = take(payload, message_);
  call.request_id = take(payload, request_id_);
  const std::string_view code = take(payload, code_), time = take(names, time_),
                         latency = take(names, latency_);
  if (call.service.empty() || call.action.empty() || (is_there(region_) && call.region.empty()) ||
      (is_there(code_) && code.empty()))
    return false;
  if (!names.is_plain() && has_escapes({call.service, call.action, call.region, time, latency}))
    return false;
  if (!payload.is_plain() && has_escapes({code, call.message, call.request_id})) return false;
  call.origin = origin_;
  call.origin.format = format.name;
  call.origin.vendor = format.vendor;
  call.failed_items.clear();
  if (is_vendor_named_) call.service = service_label(format.vendor, call.service, texts);
  if (call.request_id.size() > kRequestIdMax) call.request_id = {};
  call.code = is_there(code_) ? failure_code(shape, code) : std::string_view();
  if (!call.failed()) call.message = {};
  call.time_unix_ns = is_there(time_) ? parse_time(time, format.time_format, times) : std::nullopt;
  call.unreadable_time = is_there(time_) && !call.time_unix_ns;
  call.latency_ns =
      is_there(latency_) ? parse_duration(latency, format.latency_unit) : std::nullopt;
  call.unreadable_latency = is_there(latency_) && !call.latency_ns;
  return true;
}

}  // namespace apierrd
