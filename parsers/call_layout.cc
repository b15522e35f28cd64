#include "parsers/call_layout.h"

#include <algorithm>
#include <initializer_list>

#include "parsers/shape_reader.h"

namespace apierrd {

namespace {

bool has_escapes(std::initializer_list<std::string_view> texts) {
  return std::any_of(texts.begin(), texts.end(), [](std::string_view text) {
    return text.find('\\') != std::string_view::npos;
  });
}

}  // namespace

// Where a field's text is; false if it takes more than one place to tell.
bool CallLayout::find_text(const std::vector<FieldSource>& sources, SkimmedPlace from, Field& field,
                           std::string_view& rule) {
  if (sources.empty()) return true;
  const FieldSource& source = sources.front();
  if (sources.size() > 1 || source.take != Take::kText) return false;
  if (from.at(source.at)->type != JsonType::kString) return false;
  field.place = from.place_of(source.at);
  rule = source.rule;
  return true;
}

bool CallLayout::find_scalar(const std::vector<JsonPointer>& pointers, SkimmedPlace from,
                             Field& field) {
  if (pointers.empty()) return true;
  const JsonType type = from.at(pointers.front())->type;
  if (pointers.size() > 1 || (type != JsonType::kString && type != JsonType::kNumber)) return false;
  field.place = from.place_of(pointers.front());
  return true;
}

std::optional<CallLayout> CallLayout::of(const JsonShape& shape, const LogFormat& format,
                                         SkimmedPlace names, SkimmedPlace payload,
                                         CallOrigin::Envelope envelope) {
  CallLayout call;
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

bool CallLayout::read(const Skim& names, const Skim& payload, const JsonShape& shape,
                      const LogFormat& format, bool with_origin, LogTimes& times, TextPool& texts,
                      ApiCall& call) const {
  const SkimTexts name_texts = names.texts(), payload_texts = payload.texts();
  call.service = service_.text(name_texts);
  call.action = action_.is_there() ? action_.text(name_texts) : kUnknownName;
  call.region = region_.text(name_texts);
  call.message = message_.text(payload_texts);
  call.request_id = request_id_.text(payload_texts);
  const std::string_view code = code_.text(payload_texts), time = time_.text(name_texts),
                         latency = latency_.text(name_texts);
  if (call.service.empty() || call.action.empty() || (region_.is_there() && call.region.empty()) ||
      (code_.is_there() && code.empty()))
    return false;
  if (!names.is_plain() && has_escapes({call.service, call.action, call.region, time, latency}))
    return false;
  if (!payload.is_plain() && has_escapes({code, call.message, call.request_id})) return false;
  if (with_origin) {
    call.origin = origin_;
    call.origin.format = format.name;
    call.origin.vendor = format.vendor;
  }
  call.failed_items.clear();
  if (is_vendor_named_) call.service = service_label(format.vendor, call.service, texts);
  if (call.request_id.size() > kRequestIdMax) call.request_id = {};
  call.code = code_.is_there() ? failure_code(shape, code) : std::string_view();
  if (!call.failed()) call.message = {};
  call.clear_times();
  std::int64_t ns = 0;
  if (time_.is_there()) {
    const bool readable = parse_time(time, format.time_format, times, ns);
    call.set_time(readable, ns);
  }
  if (latency_.is_there()) {
    const bool readable = parse_duration(latency, format.latency_unit, ns);
    call.set_latency(readable, ns);
  }
  return true;
}

}  // namespace apierrd
