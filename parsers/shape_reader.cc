#include "parsers/shape_reader.h"

#include <algorithm>

#include "parsers/ascii.h"
#include "parsers/json_prefix.h"
#include "parsers/unescape/unescape.h"

namespace apierrd {

namespace {

// The first value that is there and not null.
template <class At>
const JsonNode* first_value(const At& from, const std::vector<JsonPointer>& pointers) {
  for (const JsonPointer& pointer : pointers) {
    const JsonNode* node = from.at(pointer);
    if (node != nullptr && node->type != JsonType::kNull) return node;
  }
  return nullptr;
}

template <class At>
bool has_shape(const JsonShape& shape, const At& payload) {
  for (const Requirement& requirement : shape.required) {
    const JsonNode* node = payload.at(requirement.at);
    if (node == nullptr || node->type == JsonType::kNull) return false;
    if (requirement.type && node->type != *requirement.type) return false;
  }
  return first_value(payload, shape.absent) == nullptr;
}

// Takes out of a list what names no value.
template <class List, class At>
void keep_present(List& list, const At& from) {
  std::erase_if(list, [&](const auto& item) {
    const JsonNode* node = nullptr;
    if constexpr (requires { item.at; }) {
      node = from.at(item.at);
    } else {
      node = from.at(item);
    }
    return node == nullptr || node->type == JsonType::kNull;
  });
}

// What is said by the presence and types of values, of a payload that has the shape.
template <class At>
void leave_out_absent(JsonShape& shape, const At& names, const At& payload) {
  shape.required.clear();
  shape.absent.clear();
  for (auto* fields : {&shape.code, &shape.message, &shape.request_id}) {
    keep_present(*fields, payload);
  }
  for (auto* fields : {&shape.service_host, &shape.service, &shape.action, &shape.region}) {
    keep_present(*fields, names);
  }
  keep_present(shape.time, names);
  keep_present(shape.latency, names);
}

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

// The text of a number or string, for fields that come as either; empty for anything else.
std::string_view scalar_text(const JsonNode& node, TextPool& texts) {
  if (node.type == JsonType::kNumber) return node.raw;
  if (node.type != JsonType::kString) return {};
  if (!node.escaped) return node.raw;
  std::string& scratch = texts.next();
  return decode_json_string(node.raw, scratch) ? std::string_view(scratch) : std::string_view();
}

std::optional<std::string_view> if_any(std::string_view text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

std::string_view service_of_host(std::string_view host, const std::vector<std::string>& suffixes,
                                 std::string& lower) {
  constexpr std::string_view kSchemeCharacters =  // RFC 3986 section 3.1
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-";
  const std::size_t scheme = host.find_first_not_of(kSchemeCharacters);
  if (scheme != 0 && scheme != std::string_view::npos && host.substr(scheme).starts_with("://")) {
    host.remove_prefix(scheme + 3);
  }
  host = host.substr(0, host.find_first_of("/?#"));
  host = host.substr(0, host.find(':'));
  lower.assign(host);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
  const bool known = std::any_of(suffixes.begin(), suffixes.end(), [&](const std::string& suffix) {
    return lower.ends_with(suffix);
  });
  return known ? std::string_view(lower).substr(0, lower.find('.')) : std::string_view();
}

std::string_view region_of_host(std::string_view lower_host) {
  const std::size_t first = lower_host.find('.');
  if (first == std::string_view::npos) return {};
  const std::string_view second =
      lower_host.substr(first + 1, lower_host.find('.', first + 1) - first - 1);
  return second.find('-') == std::string_view::npos ? std::string_view() : second;
}

bool looks_like_code(std::string_view text) { return valid_code(text) && is_upper(text.front()); }

std::string_view failure_code(const JsonShape& shape, std::string_view code) {
  return contains(shape.success_codes, code) ? std::string_view() : trim_code(code);
}

std::string_view service_label(std::string_view vendor, std::string_view service, TextPool& texts) {
  if (vendor == kDefaultVendor) return service;
  std::string& label = texts.next();
  label.append(vendor).append("/").append(service);
  return label;
}

const JsonNode* ShapeReader::Place::at(const JsonPointer& pointer) const {
  return resolve(*document, *node, pointer);
}

ShapeResult ShapeReader::read(const JsonShape& shape, const LogFormat& format,
                              const std::vector<ItemRule>& items, const JsonDocument& document,
                              const JsonNode& record, ApiCall& call) {
  const Place at{&document, &record};
  broken_json_ = false;
  const ShapeResult found = find_payload(shape, at, call.origin);
  if (found != ShapeResult::kRead) return found;
  call.origin.format = format.name;
  call.origin.recognised_by = shape.required_text;
  call.origin.vendor = format.vendor;
  if (!read_code(shape, payload_, call)) return ShapeResult::kBadString;
  if (!call.failed()) read_items(items, call);
  const Place names = shape.call_in_payload ? payload_ : at;
  if (!read_names(shape, format, names, call)) return ShapeResult::kBadString;
  read_times(shape, format, names, call);
  return ShapeResult::kRead;
}

// Makes the payload of a string the inner document's root: JSON, perhaps in strings within strings.
// A string in which there is none at any level has no payload: of a document that broke off while
// it was read, nothing may be taken.
bool ShapeReader::open_string(const JsonNode& node, unsigned levels) {
  const JsonNode* string = &node;
  for (unsigned level = 0; level < levels && string->type == JsonType::kString; ++level) {
    std::string& text = texts_.next();
    if (!decode_json_string(string->raw, text)) return false;
    const std::string_view padded = TextPool::padded(text);
    if (inner_.parse(padded) != Verdict::kRecord) {
      broken_json_ = is_meant_as_json(padded);
      return false;
    }
    string = &inner_.root();
  }
  return true;
}

ShapeResult ShapeReader::find_payload(const JsonShape& shape, Place record, CallOrigin& origin) {
  const JsonNode* node = first_value(record, shape.payload);
  if (node != nullptr) {
    payload_ = {record.document, node};
    origin.envelope = CallOrigin::Envelope::kObject;
    if (node->type == JsonType::kString) {
      if (!open_string(*node, shape.string_levels)) return ShapeResult::kBadResponse;
      payload_ = {&inner_, &inner_.root()};
      origin.envelope = CallOrigin::Envelope::kString;
    }
    if (has_shape(shape, payload_)) return ShapeResult::kRead;
  }
  payload_ = record;
  origin.envelope = CallOrigin::Envelope::kBare;
  const bool bare = shape.bare && has_shape(shape, record);
  if (!bare) origin.envelope = CallOrigin::Envelope::kNone;
  return bare ? ShapeResult::kRead : ShapeResult::kOtherShape;
}

bool ShapeReader::read_skimmed(std::string_view line, const JsonShape& shape,
                               const LogFormat& format, const SkimPlan& plan, SkimKernel kernel,
                               bool look_ahead, ApiCall& call) {
  if (!line_.document(line, plan.record, kernel, look_ahead)) return false;
  const SkimmedPlace record{&line_, plan.of_record.data()};
  SkimmedPlace payload;
  auto envelope = CallOrigin::Envelope::kNone;
  const KnownShape* known = &shape_slot(line_.signature_id(), 0);
  if (known->line == line_.signature_id() && known->payload == 0) {
    payload = {&line_, known->payload_places};
    envelope = known->envelope;
  } else {
    if (!find_skimmed_payload(shape, plan, kernel, record, payload, envelope)) return false;
    known = known_shape(shape, format, record, payload, envelope);
  }
  if (known == nullptr && !has_shape(shape, payload)) return false;
  const JsonShape& there = known != nullptr ? known->shape : shape;
  const SkimmedPlace& names = shape.call_in_payload ? payload : record;
  if (known != nullptr && known->call &&
      known->call->read(*names.document, *payload.document, there, format, !look_ahead, times_,
                        texts_, call))
    return true;
  call.clear();
  call.origin.envelope = envelope;
  call.origin.format = format.name;
  call.origin.recognised_by = shape.required_text;
  call.origin.vendor = format.vendor;
  if (!read_code(there, payload, call) || !read_names(there, format, names, call)) return false;
  read_times(there, format, names, call);
  return true;
}

// What is left of the shape for lines of this signature; nullptr if it is not common.
const ShapeReader::KnownShape* ShapeReader::known_shape(const JsonShape& shape,
                                                        const LogFormat& format,
                                                        SkimmedPlace record, SkimmedPlace payload,
                                                        CallOrigin::Envelope envelope) {
  const bool string = payload.document != record.document;
  const std::uint64_t line = line_.signature_id(), inner = string ? inner_line_.signature_id() : 0;
  KnownShape& known = shape_slot(line, inner);
  if (known.line == line && known.payload == inner) return &known;
  const bool common = line_.is_signature_common() && (!string || inner_line_.is_signature_common());
  if (!common || !has_shape(shape, payload)) return nullptr;
  const SkimmedPlace names = shape.call_in_payload ? payload : record;
  known = {line, inner, shape, {}, payload.places, envelope};
  leave_out_absent(known.shape, names, payload);
  known.call = CallLayout::of(known.shape, format, names, payload, envelope);
  return &known;
}

// As find_payload(), but only where it is plain which it is.
bool ShapeReader::find_skimmed_payload(const JsonShape& shape, const SkimPlan& plan,
                                       SkimKernel kernel, SkimmedPlace record,
                                       SkimmedPlace& payload, CallOrigin::Envelope& envelope) {
  const JsonNode* node = nullptr;
  std::size_t member = 0;
  for (; member < shape.payload.size() && node == nullptr; ++member) {
    node = record.at(shape.payload[member]);
  }
  if (node == nullptr) {
    payload = {&line_, plan.of_bare.data()};
    envelope = CallOrigin::Envelope::kBare;
    return shape.bare;
  }
  payload = {&line_, plan.of_member[member - 1].data()};
  envelope = CallOrigin::Envelope::kObject;
  if (node->type == JsonType::kString) {
    std::string& text = texts_.next();
    const std::string_view string(node->raw.data(), node->raw.size() + 1);  // with its last quote
    std::string_view inner;
    if (unescape_string(string, text, inner, kernel) != node->raw.size()) return false;
    // A line feed would end what is skimmed before the document ends.
    if (!inner_line_.document(inner, plan.payload, kernel) ||
        inner_line_.text().size() != inner.size())
      return false;
    payload = {&inner_line_, plan.of_string.data()};
    envelope = CallOrigin::Envelope::kString;
  }
  return true;
}

// The value of one field, if it is there and of use.
std::optional<std::string_view> ShapeReader::take_value(const JsonNode& node,
                                                        const FieldSource& source,
                                                        const std::vector<std::string>& hosts) {
  const bool number = source.take == Take::kNumber || source.take == Take::kNames;
  if (node.type != JsonType::kString && !(number && node.type == JsonType::kNumber)) {
    return std::nullopt;
  }
  std::string_view text = node.raw;
  if (text.empty()) return std::nullopt;
  if (node.type == JsonType::kString && node.escaped) {
    std::string& decoded = texts_.next();
    undecodable_ = !decode_json_string(node.raw, decoded);
    if (undecodable_) return std::nullopt;
    text = decoded;
  }
  switch (source.take) {
    case Take::kText:
    case Take::kNumber: return text;
    case Take::kCode: return looks_like_code(text) ? std::optional(text) : std::nullopt;
    case Take::kHost: {
      const std::string_view service = service_of_host(text, hosts, texts_.next());
      return service.empty() ? std::nullopt : std::optional(service);
    }
    case Take::kBefore: return if_any(text.substr(0, text.find(source.argument)));
    case Take::kAfterLast: {
      const std::size_t last = text.rfind(source.argument);
      if (last == std::string_view::npos) return text;
      return if_any(text.substr(last + source.argument.size()));
    }
    case Take::kNames:
      for (const auto& [value, name] : source.names) {
        if (value == text) return name;
      }
      return text;
  }
  return std::nullopt;
}

// A call failed when its payload has a code that does not stand for success. A value of another
// type there is the API's data (the rule of the vendor's Go SDK).
template <class At>
bool ShapeReader::read_code(const JsonShape& shape, const At& payload, ApiCall& call) {
  undecodable_ = false;
  for (const FieldSource& source : shape.request_id) {
    const auto id = take(payload.at(source.at), source, {});
    if (id && id->size() <= kRequestIdMax) call.request_id = *id;
    if (id) break;
  }
  undecodable_ = false;
  for (const FieldSource& source : shape.code) {
    const auto code = take(payload.at(source.at), source, {});
    if (undecodable_) return false;
    if (!code) continue;
    call.origin.code_rule = source.rule;
    call.code = failure_code(shape, *code);
    break;
  }
  if (!call.failed()) return true;
  for (const FieldSource& source : shape.message) {
    const JsonNode* node = payload.at(source.at);
    if (node == nullptr || node->type != JsonType::kString) continue;
    call.message = node->raw;
    if (node->raw.find('\\') != std::string_view::npos) {
      std::string& text = texts_.next();
      if (decode_json_string(node->raw, text)) call.message = text;
    }
    break;
  }
  return true;
}

void ShapeReader::read_items(const std::vector<ItemRule>& items, ApiCall& call) {
  for (const ItemRule& rule : items) {
    const JsonNode* list = resolve(*payload_.document, *payload_.node, rule.list);
    if (list == nullptr || list->type != JsonType::kArray) continue;
    payload_.document->each_child(*list, [&](const JsonNode& element) {
      const auto code = take(resolve(*payload_.document, element, rule.code.at), rule.code, {});
      if (code && !contains(rule.success_codes, *code))
        call.failed_items.push_back(trim_code(*code));
      return true;
    });
  }
}

template <class At>
bool ShapeReader::read_names(const JsonShape& shape, const LogFormat& format, const At& record,
                             ApiCall& call) {
  undecodable_ = false;
  const auto first = [&](const std::vector<FieldSource>& sources, std::string_view& value,
                         std::string_view& rule) {
    for (const FieldSource& source : sources) {
      const auto text = take(record.at(source.at), source, format.hosts);
      if (text) {
        value = *text;
        rule = source.rule;
      }
      if (text || undecodable_) return;
    }
  };
  std::string_view service;
  first(shape.service, service, call.origin.service_rule);
  if (undecodable_) return false;
  for (const FieldSource& source : shape.service_host) {
    if (!service.empty() || undecodable_) break;
    const auto host = take(record.at(source.at), source, format.hosts);
    if (!host) continue;
    std::string& lower = texts_.next();
    service = service_of_host(*host, format.hosts, lower);
    if (!service.empty()) {
      call.origin.service_rule = source.rule;
      call.region = region_of_host(lower);
      if (!call.region.empty()) call.origin.region_rule = source.rule;
    }
    break;  // the first host that is there is the host
  }
  undecodable_ = false;
  first(shape.action, call.action, call.origin.action_rule);
  if (undecodable_) return false;
  first(shape.region, call.region, call.origin.region_rule);
  undecodable_ = false;
  call.service = service_label(format.vendor, service.empty() ? kUnknownName : service, texts_);
  return true;
}

// The text of the first value that is there, of a time or a duration.
template <class At>
std::optional<std::string_view> ShapeReader::first_scalar(
    const At& from, const std::vector<JsonPointer>& pointers) {
  const JsonNode* node = first_value(from, pointers);
  return node == nullptr ? std::nullopt : std::optional(scalar_text(*node, texts_));
}

template <class At>
void ShapeReader::read_times(const JsonShape& shape, const LogFormat& format, const At& record,
                             ApiCall& call) {
  std::int64_t ns = 0;
  if (const auto text = first_scalar(record, shape.time)) {
    const bool readable = parse_time(*text, format.time_format, times_, ns);
    call.set_time(readable, ns);
  }
  if (const auto text = first_scalar(record, shape.latency)) {
    const bool readable = parse_duration(*text, format.latency_unit, ns);
    call.set_latency(readable, ns);
  }
}

}  // namespace apierrd
