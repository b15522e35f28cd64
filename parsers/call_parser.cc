#include "parsers/call_parser.h"

#include <algorithm>
#include <set>
#include <utility>

#include "parsers/ascii.h"
#include "parsers/json_prefix.h"

namespace apierrd {

namespace {

// A line of a megabyte can hold 70,000 calls; their memory is not kept for the rest.
constexpr std::size_t kCallsKept = 1'024;

// Where loggers keep a record's time; of several the first that can be read.
constexpr std::array<std::string_view, 7> kLogTimes{
    "time", "ts", "timestamp", "@timestamp", "eventTime", "asctime", "datetime"};

// An id that says there is none, or is too long to be kept, is none.
std::string_view request_id_of(const TemplateMatch& match) {
  const std::string_view id = match[Capture::kRequestId];
  return id == "None" || id.size() > kRequestIdMax ? std::string_view() : id;
}

bool has_no_time(const ApiCall& call) { return !call.time_unix_ns && !call.unreadable_time; }

}  // namespace

JsonDocument& CallParser::document_at(std::size_t depth) {
  if (!documents_[depth]) documents_[depth].emplace();
  return *documents_[depth];
}

ApiCall& CallParser::next_call() {
  if (count_ == calls_.size()) calls_.emplace_back();
  calls_[count_].clear();
  return calls_[count_];
}

[[gnu::always_inline]] void CallParser::start(const SourceFormat& format, const Catalog* catalog) {
  format_ = &format;
  catalog_ = catalog;
  if (calls_.size() > kCallsKept) calls_ = std::vector<ApiCall>(1);
  count_ = 0;
  unreadable_ = Verdict::kNotApiCall;
  nesting_.depth = 0;
  texts_.clear();
}

// The fast path: whatever it does not recognise is left as if nobody had looked.
bool CallParser::skim(std::string_view text, bool look_ahead) {
  if (format_->skim == nullptr || !format_->item_rules.empty() || kernel_ == SkimKernel::kOff)
    return false;
  const LogFormat& format = format_->formats.front();
  ApiCall& call = calls_.front();
  const bool read = reader_.read_skimmed(text, format.json.front(), format, *format_->skim, kernel_,
                                         look_ahead, call);
  // Elsewhere a logger's own time would be looked for.
  if (read && (format_->strict || call.time_unix_ns || call.unreadable_time)) {
    count_ = 1;
    return true;
  }
  texts_.clear();
  return false;
}

std::size_t CallParser::skim_line(std::string_view text, const SourceFormat& format,
                                  std::size_t bytes_max) {
  start(format, nullptr);
  const bool read = text.starts_with('{') && skim(text, true);
  return read && reader_.skimmed_text().size() <= bytes_max ? reader_.skimmed_bytes() : 0;
}

bool CallParser::lacks_time() const {
  return std::any_of(calls().begin(), calls().end(), has_no_time);
}

void CallParser::take_time(std::optional<std::int64_t> time_unix_ns) {
  if (!time_unix_ns) return;
  for (ApiCall& call : std::span(calls_.data(), count_)) {
    if (!has_no_time(call)) continue;
    call.time_unix_ns = time_unix_ns;
    call.origin.time_from_wrapper = true;
  }
}

Verdict CallParser::parse(std::string_view text, const SourceFormat& format,
                          const Catalog* catalog) {
  start(format, catalog);
  if (text.starts_with('{') && skim(text, false) && reader_.skimmed_text().size() == text.size())
    return Verdict::kRecord;
  return parse_fully(text, format, catalog);
}

Verdict CallParser::parse_fully(std::string_view text, const SourceFormat& format,
                                const Catalog* catalog) {
  start(format, catalog);
  if (trim_blanks(text).empty()) return Verdict::kBlank;
  Verdict verdict = format.strict ? parse_strictly(text) : look_into_text(text, 0);
  if (!format.strict && verdict != Verdict::kRecord) {
    if (!valid_utf8(text)) return Verdict::kInvalidUtf8;  // of two faults the encoding is named
    if (verdict == Verdict::kNotApiCall) return unreadable_;
  }
  return verdict;
}

Verdict CallParser::parse_strictly(std::string_view text) {
  JsonDocument& document = document_at(0);
  const Verdict verdict = document.parse(text);
  if (verdict != Verdict::kRecord) return verdict;
  const LogFormat& format = format_->formats.front();
  switch (reader_.read(format.json.front(), format, format_->item_rules, document, document.root(),
                       next_call())) {
    case ShapeResult::kRead: ++count_; return Verdict::kRecord;
    case ShapeResult::kOtherShape: return Verdict::kNotApiCall;
    case ShapeResult::kBadResponse: return Verdict::kInvalidResponse;
    case ShapeResult::kBadString: return Verdict::kInvalidString;
  }
  return Verdict::kNotApiCall;
}

// A document, several, an error's text, or any of these behind other text.
Verdict CallParser::look_into_text(std::string_view text, std::size_t depth) {
  const std::size_t first_call = count_;
  Verdict verdict = Verdict::kNotApiCall;
  const std::string_view trimmed = trim_blanks(text);
  if (trimmed.starts_with('{') || trimmed.starts_with('[') || trimmed.starts_with('"')) {
    JsonDocument& document = document_at(depth);
    const Verdict whole = document.parse(trimmed);
    if (whole == Verdict::kRecord) {
      return look_into_document(document, depth) ? Verdict::kRecord : Verdict::kNotApiCall;
    }
    if (is_meant_as_json(trimmed)) verdict = whole;
  }
  const Verdict documents = look_for_documents(text, depth);
  if (documents != Verdict::kNotApiCall && verdict == Verdict::kNotApiCall) verdict = documents;
  const bool found =
      documents == Verdict::kRecord || look_into_escaped(text, depth) || look_for_errors(text);
  if (!found) return verdict;
  take_hints(text, first_call);
  return Verdict::kRecord;
}

// Documents behind a prefix, one after another. A request's is followed by its response's.
Verdict CallParser::look_for_documents(std::string_view text, std::size_t depth) {
  const std::size_t first_call = count_;
  Verdict verdict = Verdict::kNotApiCall;
  EmbeddedDocument found = find_document(text, 0);
  for (; found.begin != std::string_view::npos; found = find_document(text, found.end)) {
    const std::string_view piece = text.substr(found.begin, found.end - found.begin);
    JsonDocument& document = document_at(depth);
    const Verdict parsed = found.cut_off ? Verdict::kInvalidJson : document.parse(piece);
    if (parsed == Verdict::kRecord) {
      look_into_document(document, depth);
    } else if (piece.find('"') != std::string_view::npos) {
      verdict = parsed;
    }
  }
  return count_ > first_call ? Verdict::kRecord : verdict;
}

// `{\"Response\":...` and `{\u0022Response...`: a document in a string whose quotes are not here.
bool CallParser::look_into_escaped(std::string_view text, std::size_t depth) {
  if (depth + 1 >= kNestingMax) return false;
  std::size_t brace = 0;
  while ((brace = text.find('{', brace)) != std::string_view::npos) {
    const std::size_t next = text.find_first_not_of(" ", brace + 1);
    if (next == std::string_view::npos) return false;
    const std::string_view rest = text.substr(next);
    if (rest.starts_with("\\\"") || rest.starts_with("\\\\") || rest.starts_with("\\u0022") ||
        rest.starts_with("\\n")) {
      break;
    }
    brace = next;
  }
  if (brace == std::string_view::npos) return false;
  std::size_t end = brace;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2U : 1U;
  std::string& decoded = texts_.next();
  if (!decode_json_text(text.substr(brace, std::min(end, text.size()) - brace), decoded))
    return false;
  const std::string_view inner = TextPool::padded(decoded);
  return look_into_text(inner, depth + 1) == Verdict::kRecord;
}

// Printed errors, from left to right; of templates that match at one place the first of the first
// format wins. Each template's next match is kept, so that a line of many errors costs its length
// and not its length squared.
bool CallParser::look_for_errors(std::string_view text) {
  const std::size_t first_call = count_;
  candidates_.clear();
  for (const LogFormat& format : format_->formats) {
    for (const ErrorTemplate& error : format.errors) {
      Candidate candidate{&format, &error, {}};
      if (find_error(candidate, text, 0)) candidates_.push_back(candidate);
    }
  }
  std::set<std::pair<std::string_view, std::string_view>> seen;  // code, request id
  while (!candidates_.empty()) {
    const Candidate nearest = *std::min_element(
        candidates_.begin(), candidates_.end(),
        [](const Candidate& a, const Candidate& b) { return a.match.begin < b.match.begin; });
    const std::string_view code = nearest.match[Capture::kCode];
    const std::string_view id = request_id_of(nearest.match);
    const bool any_id = !seen.emplace(code, "").second;
    if (id.empty() ? !any_id : seen.emplace(code, id).second) keep_error(nearest);
    std::size_t kept = 0;
    for (Candidate& candidate : candidates_) {
      const bool passed = candidate.match.begin < nearest.match.end;
      if (!passed || find_error(candidate, text, nearest.match.end))
        candidates_[kept++] = candidate;
    }
    candidates_.erase(candidates_.begin() + static_cast<std::ptrdiff_t>(kept), candidates_.end());
  }
  return count_ > first_call;
}

void CallParser::keep_error(const Candidate& found) {
  const LogFormat& format = *found.format;
  const TemplateMatch& match = found.match;
  const std::string& text = found.error->text.text();
  ApiCall& call = next_call();
  ++count_;
  call.origin.envelope = CallOrigin::Envelope::kText;
  call.origin.format = format.name;
  call.origin.vendor = format.vendor;
  call.origin.recognised_by = text;
  call.code = trim_code(match[Capture::kCode]);
  call.message = match[Capture::kMessage];
  call.request_id = request_id_of(match);
  call.service = service_label(format.vendor, kUnknownName, texts_);
  if (!match[Capture::kService].empty()) {
    call.service = service_label(format.vendor, match[Capture::kService], texts_);
    call.origin.service_rule = text;
  }
  if (!match[Capture::kAction].empty()) {
    call.action = match[Capture::kAction];
    call.origin.action_rule = text;
  }
}

// The first match that counts: a weak template may have matched something else before.
bool CallParser::find_error(Candidate& candidate, std::string_view text, std::size_t from) const {
  TemplateMatch& match = candidate.match;
  while (candidate.error->text.find(text, from, match)) {
    if (!candidate.error->known_only || is_known(*candidate.format, match[Capture::kCode]))
      return true;
    from = match.begin + 1;
  }
  return false;
}

// Names that SDKs make up for failures of their own are too common to know a vendor by.
bool CallParser::is_known(const LogFormat& format, std::string_view code) const {
  if (catalog_ == nullptr) return false;
  if (catalog_->find(product_key(format.vendor, kClientProduct), code) != nullptr) return false;
  return catalog_->documentation(product_key(format.vendor, kUnknownName), {}, code) !=
         Documentation::kNowhere;
}

bool CallParser::look_into_document(const JsonDocument& document, std::size_t depth) {
  const std::size_t first_call = count_;
  const JsonNode& root = document.root();
  if (root.type == JsonType::kString) {
    std::string& text = texts_.next();
    if (depth + 1 >= kNestingMax || !decode_json_string(root.raw, text)) return false;
    const std::string_view inner = TextPool::padded(text);
    return look_into_text(inner, depth + 1) == Verdict::kRecord;
  }
  if (root.type == JsonType::kArray) {
    document.each_child(root, [&](const JsonNode& element) {
      read_node(document, element);
      return true;
    });
  } else if (!read_node(document, root)) {
    look_into_members(document, root, depth, true);
  }
  if (count_ == first_call) return false;
  take_log_time(document, first_call);
  return true;
}

// Why the record is rejected if nothing in it shows a call.
void CallParser::keep_reason(Verdict reason) {
  if (unreadable_ == Verdict::kNotApiCall) unreadable_ = reason;
}

// Whether the node is of any shape that is looked for.
bool CallParser::read_node(const JsonDocument& document, const JsonNode& node) {
  if (node.type != JsonType::kObject) return false;
  for (const LogFormat& format : format_->formats) {
    for (const JsonShape& shape : format.json) {
      if (read_shape(shape, format, document, node)) return true;
    }
  }
  return false;
}

bool CallParser::read_shape(const JsonShape& shape, const LogFormat& format,
                            const JsonDocument& document, const JsonNode& node) {
  const std::size_t first_call = count_;
  const auto read = [&](const JsonNode& record) {
    const ShapeResult result =
        reader_.read(shape, format, format_->item_rules, document, record, next_call());
    if (result == ShapeResult::kRead) ++count_;
    return result;
  };
  if (!shape.each) {
    const ShapeResult result = read(node);
    if (result == ShapeResult::kBadString) keep_reason(Verdict::kInvalidString);
    if (result == ShapeResult::kBadResponse && reader_.broken_json())
      keep_reason(Verdict::kInvalidResponse);
    return result == ShapeResult::kRead;
  }
  const JsonNode* list = resolve(document, node, *shape.each);
  if (list == nullptr || list->type != JsonType::kArray) return false;
  ShapeResult last = ShapeResult::kRead;
  document.each_child(*list, [&](const JsonNode& element) {
    last = read(element);
    return last == ShapeResult::kRead;
  });
  if (last == ShapeResult::kRead) return count_ > first_call;
  if (count_ > first_call || last != ShapeResult::kOtherShape)
    keep_reason(Verdict::kInvalidResponse);
  count_ = first_call;  // some of them would be worse than none: the line counts as unreadable
  return false;
}

// A logger's fields: the response as it is, or in a string, or an error's text; at most one level
// further down. The first field that shows a call is the one; others say the same again.
bool CallParser::look_into_members(const JsonDocument& document, const JsonNode& object,
                                   std::size_t depth, bool deeper) {
  bool found = false;
  document.each_child(object, [&](const JsonNode& member) {
    if (member.type == JsonType::kObject) {
      found = read_node(document, member) ||
              (deeper && look_into_members(document, member, depth, false));
    } else if (member.type == JsonType::kString && depth + 1 < kNestingMax) {
      std::string& text = texts_.next();
      if (!decode_json_string(member.raw, text)) return true;
      const std::string_view inner = TextPool::padded(text);
      found = look_into_text(inner, depth + 1) == Verdict::kRecord;
    }
    if (found && nesting_.depth < kNestingMax) nesting_.fields[nesting_.depth++] = member.key;
    return !found;
  });
  return found;
}

void CallParser::take_log_time(const JsonDocument& document, std::size_t first_call) {
  const auto calls = std::span(calls_.data(), count_).subspan(first_call);
  if (document.root().type != JsonType::kObject ||
      std::none_of(calls.begin(), calls.end(), has_no_time))
    return;
  for (const std::string_view key : kLogTimes) {
    const JsonNode* node = document.find(document.root(), key);
    if (node == nullptr) continue;
    if (node->type != JsonType::kString && node->type != JsonType::kNumber) continue;
    std::int64_t time = 0;
    if (!parse_time(node->raw, TimeFormat::kAuto, times_, time)) continue;
    for (ApiCall& call : calls) {
      if (has_no_time(call)) call.time_unix_ns = time;
    }
    return;
  }
}

// What the text around its calls says of them; each hint is looked for once.
void CallParser::take_hints(std::string_view text, std::size_t first_call) {
  for (const LogFormat& format : format_->formats) {
    for (const TextTemplate& hint : format.hints) {
      TemplateMatch match;
      if (!hint.find(text, 0, match)) continue;
      std::string_view service = match[Capture::kService];
      if (!match[Capture::kHost].empty()) {
        service = service_of_host(match[Capture::kHost], format.hosts, texts_.next());
      }
      if (!service.empty()) service = service_label(format.vendor, service, texts_);
      for (ApiCall& call : std::span(calls_.data(), count_).subspan(first_call)) {
        if (call.origin.vendor == format.vendor) take_hint(format, hint, match, service, call);
      }
    }
  }
}

void CallParser::take_hint(const LogFormat& format, const TextTemplate& hint,
                           const TemplateMatch& match, std::string_view service, ApiCall& call) {
  const auto fill = [&](Capture capture, std::string_view& value, std::string_view& rule,
                        std::string_view empty) {
    if (match[capture].empty() || value != empty) return;
    value = match[capture];
    rule = hint.text();
  };
  fill(Capture::kAction, call.action, call.origin.action_rule, kUnknownName);
  fill(Capture::kRegion, call.region, call.origin.region_rule, {});
  if (!service.empty() && call.origin.service_rule.empty()) {
    call.service = service;
    call.origin.service_rule = hint.text();
  }
  if (!match[Capture::kLatency].empty() && !call.latency_ns) {
    call.latency_ns = parse_duration(match[Capture::kLatency], format.latency_unit);
  }
}

}  // namespace apierrd
