#include "parsers/call_parser.h"

#include <algorithm>

namespace apierrd {

namespace {

enum class TextField { kAbsent, kPresent, kUndecodable };

// The first non-empty string the pointers lead to, decoded into `scratch` only where it must be.
TextField read_text(const JsonDocument& document, const std::vector<JsonPointer>& pointers,
                    std::string& scratch, std::string_view& out) {
  for (const JsonPointer& pointer : pointers) {
    const JsonNode* node = resolve(document, document.root(), pointer);
    if (node == nullptr || node->type != JsonType::kString || node->raw.empty()) continue;
    out = node->raw;
    if (node->escaped) {
      if (!decode_json_string(node->raw, scratch)) return TextField::kUndecodable;
      out = scratch;
    }
    return TextField::kPresent;
  }
  return TextField::kAbsent;
}

// The first value that is there and not null.
const JsonNode* first_value(const JsonDocument& document,
                            const std::vector<JsonPointer>& pointers) {
  for (const JsonPointer& pointer : pointers) {
    const JsonNode* node = resolve(document, document.root(), pointer);
    if (node != nullptr && node->type != JsonType::kNull) return node;
  }
  return nullptr;
}

// The text of a number or string, for fields that come as either; empty for anything else.
std::string_view scalar_text(const JsonNode& node, std::string& scratch) {
  if (node.type == JsonType::kNumber) return node.raw;
  if (node.type != JsonType::kString) return {};
  if (!node.escaped) return node.raw;
  return decode_json_string(node.raw, scratch) ? std::string_view(scratch) : std::string_view();
}

}  // namespace

std::string_view trim_code(std::string_view code) {
  static constexpr std::string_view kBlanks = " \t\r\n";
  const auto trim_blanks = [&code] {
    while (!code.empty() && kBlanks.find(code.back()) != std::string_view::npos) {
      code.remove_suffix(1);
    }
    while (!code.empty() && kBlanks.find(code.front()) != std::string_view::npos) {
      code.remove_prefix(1);
    }
  };
  trim_blanks();
  if (code.ends_with('.')) code.remove_suffix(1);
  trim_blanks();
  return code.empty() ? kUnknownName : code;
}

std::string_view service_of_host(std::string_view host, std::string& lower) {
  constexpr std::string_view kSuffixes[] = {".tencentcloudapi.com", ".tencentcloudapi.woa.com",
                                            ".api.tencentyun.com"};
  constexpr std::string_view kSchemeCharacters =  // RFC 3986 section 3.1
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-";
  const std::size_t scheme = host.find_first_not_of(kSchemeCharacters);
  if (scheme != 0 && scheme != std::string_view::npos && host.substr(scheme).starts_with("://")) {
    host.remove_prefix(scheme + 3);
  }
  host = host.substr(0, host.find_first_of("/?#"));
  host = host.substr(0, host.find(':'));
  lower.assign(host);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const bool known = std::any_of(std::begin(kSuffixes), std::end(kSuffixes),
                                 [&](std::string_view suffix) { return lower.ends_with(suffix); });
  return known ? std::string_view(lower).substr(0, lower.find('.')) : std::string_view();
}

Verdict CallParser::parse(std::string_view line, const LogFormat& format) {
  call_ = ApiCall{};
  origin_ = CallOrigin{};
  envelope_ = nullptr;
  if (line.find_first_not_of(" \t\r\n") == std::string_view::npos) return Verdict::kBlank;
  Verdict verdict = line_.parse(line);
  if (verdict != Verdict::kRecord) return verdict;
  verdict = find_envelope(format);
  if (verdict != Verdict::kRecord) return verdict;
  verdict = read_outcome();
  if (verdict != Verdict::kRecord) return verdict;
  return read_attributes(format);
}

// The envelope is `{"Response":{...}}`: in the response field, or the line itself.
Verdict CallParser::find_envelope(const LogFormat& format) {
  const JsonNode* response = first_value(line_, format.response);
  const JsonDocument* document = &line_;
  origin_.envelope = CallOrigin::Envelope::kObject;
  if (response != nullptr && response->type == JsonType::kString) {
    if (!decode_json_string(response->raw, response_text_)) return Verdict::kInvalidResponse;
    const std::size_t size = response_text_.size();
    response_text_.append(kJsonPadding, '\0');
    if (inner_.parse(std::string_view(response_text_).substr(0, size)) != Verdict::kRecord) {
      return Verdict::kInvalidResponse;
    }
    document = &inner_;
    response = &inner_.root();
    origin_.envelope = CallOrigin::Envelope::kString;
  }
  envelope_ = response == nullptr ? nullptr : document->find(*response, "Response");
  if (envelope_ == nullptr || envelope_->type != JsonType::kObject) {
    document = &line_;
    envelope_ = line_.find(line_.root(), "Response");
    origin_.envelope = CallOrigin::Envelope::kBare;
  }
  if (envelope_ == nullptr || envelope_->type != JsonType::kObject) {
    origin_.envelope = CallOrigin::Envelope::kNone;
    return Verdict::kNotApiCall;
  }
  envelope_document_ = document;
  return Verdict::kRecord;
}

// A call failed when Response.Error is an object whose Code is a non-empty string (the rule of the
// vendor's Go SDK); an Error of another shape, or elsewhere, is the API's data.
Verdict CallParser::read_outcome() {
  const JsonDocument& document = *envelope_document_;
  if (const JsonNode* id = document.find(*envelope_, "RequestId");
      id != nullptr && id->type == JsonType::kString) {
    call_.request_id = scalar_text(*id, request_id_);
    if (call_.request_id.size() > kRequestIdMax) call_.request_id = {};
  }
  const JsonNode* error = document.find(*envelope_, "Error");
  const JsonNode* code = error == nullptr ? nullptr : document.find(*error, "Code");
  if (code == nullptr || code->type != JsonType::kString || code->raw.empty()) {
    return Verdict::kRecord;
  }
  std::string_view text = code->raw;
  if (code->escaped) {
    if (!decode_json_string(code->raw, code_)) return Verdict::kInvalidString;
    text = code_;
  }
  call_.code = trim_code(text);
  if (const JsonNode* message = document.find(*error, "Message");
      message != nullptr && message->type == JsonType::kString) {
    call_.message = message->raw;
  }
  return Verdict::kRecord;
}

Verdict CallParser::read_attributes(const LogFormat& format) {
  const TextField service = read_text(line_, format.service, service_, call_.service);
  if (service == TextField::kUndecodable) return Verdict::kInvalidString;
  std::string_view host;
  if (service == TextField::kAbsent &&
      read_text(line_, format.host, scratch_, host) == TextField::kPresent) {
    const std::string_view named = service_of_host(host, service_);
    origin_.service_from_host = !named.empty();
    if (!named.empty()) call_.service = named;
  }
  if (read_text(line_, format.action, action_, call_.action) == TextField::kUndecodable) {
    return Verdict::kInvalidString;
  }
  if (read_text(line_, format.region, region_, call_.region) == TextField::kUndecodable) {
    call_.region = {};
  }
  read_time(format);
  read_latency(format);
  return Verdict::kRecord;
}

void CallParser::read_time(const LogFormat& format) {
  const JsonNode* node = first_value(line_, format.time);
  if (node == nullptr) return;
  call_.time_unix_ns = parse_time(scalar_text(*node, scratch_), format.time_format);
  call_.unreadable_time = !call_.time_unix_ns.has_value();
}

void CallParser::read_latency(const LogFormat& format) {
  const JsonNode* node = first_value(line_, format.latency);
  if (node == nullptr) return;
  call_.latency_ns = parse_duration(scalar_text(*node, scratch_), format.latency_unit);
  call_.unreadable_latency = !call_.latency_ns.has_value();
}

}  // namespace apierrd
