#include "daemon/top_status.h"

#include <charconv>

#include "exporters/label_text.h"
#include "parsers/json_document.h"

namespace apierrd {

namespace {

constexpr std::size_t kTextMax = 512;
constexpr std::size_t kMinutesMax = 60;

// Members of one object, by name.
class Members {
 public:
  Members(const JsonDocument& document, const JsonNode& object)
      : document_(document), object_(object) {}

  std::string text(std::string_view name) const {
    const JsonNode* node = document_.find(object_, name);
    std::string value;
    if (node == nullptr || node->type != JsonType::kString) return value;
    if (!decode_json_string(node->raw, value)) return {};
    return visible_text(safe_text(value, kTextMax));
  }
  template <class Number>
  Number number(std::string_view name) const {
    Number value = 0;
    const JsonNode* node = document_.find(object_, name);
    if (node == nullptr || node->type != JsonType::kNumber) return value;
    std::from_chars(node->raw.data(), node->raw.data() + node->raw.size(), value);
    return value;
  }
  bool is_true(std::string_view name) const {
    const JsonNode* node = document_.find(object_, name);
    return node != nullptr && node->type == JsonType::kTrue;
  }
  /// Calls `visit(Members)` for each object in an array.
  template <class Visit>
  void each(std::string_view name, Visit&& visit) const {
    const JsonNode* array = document_.find(object_, name);
    if (array == nullptr) return;
    document_.each_child(*array, [&](const JsonNode& child) {
      visit(Members(document_, child));
      return true;
    });
  }
  std::vector<std::uint64_t> numbers(std::string_view name) const {
    std::vector<std::uint64_t> out;
    const JsonNode* array = document_.find(object_, name);
    if (array == nullptr) return out;
    document_.each_child(*array, [&out](const JsonNode& child) {
      std::uint64_t value = 0;
      std::from_chars(child.raw.data(), child.raw.data() + child.raw.size(), value);
      out.push_back(value);
      return out.size() < kMinutesMax;
    });
    return out;
  }
  Members object(std::string_view name) const {
    const JsonNode* node = document_.find(object_, name);
    return {document_, node == nullptr ? object_ : *node};
  }

 private:
  const JsonDocument& document_;
  const JsonNode& object_;
};

TopCode code_of(const Members& row) {
  TopCode code;
  code.source = row.text("source");
  code.service = row.text("api_service");
  code.code = row.text("code");
  code.fault_domain = row.text("fault_domain");
  code.severity = row.text("severity");
  code.request_id = row.text("request_id");
  code.count = row.number<std::uint64_t>("count");
  code.last_observed = row.number<double>("last_observed");
  code.minutes = row.numbers("minutes");
  bool first = true;
  row.each("recent", [&](const Members& failure) {
    if (!std::exchange(first, false)) return;
    code.action = failure.text("action");
    code.request_id = failure.text("request_id");
    code.message = failure.text("message");
  });
  return code;
}

TopSource source_of(const Members& row) {
  TopSource source;
  source.name = row.text("source");
  source.lines = row.number<std::uint64_t>("lines");
  source.rejected = row.number<std::uint64_t>("rejected");
  source.rotations = row.number<std::uint64_t>("rotations");
  source.open_errors = row.number<std::uint64_t>("open_errors");
  source.lag_seconds = row.number<double>("lag_seconds");
  const Members lost = row.object("lost_bytes");
  for (const char* reason : {"truncated", "read_error", "missing"}) {
    source.lost_bytes += lost.number<std::uint64_t>(reason);
  }
  row.each("files", [&source](const Members& file) {
    ++source.files;
    source.lag_bytes += file.number<std::uint64_t>("lag_bytes");
  });
  return source;
}

}  // namespace

Result<TopStatus> parse_top_status(std::string body) {
  const std::size_t size = body.size();
  body.append(kJsonPadding, '\0');
  JsonDocument document;
  const bool valid = document.parse(std::string_view(body).substr(0, size)) == Verdict::kRecord &&
                     document.root().type == JsonType::kObject &&
                     document.find(document.root(), "codes");
  if (!valid) {
    return environment_error("what answers there is no apierrd", {},
                             "see web.listen of the daemon");
  }
  const Members root(document, document.root());
  TopStatus status;
  status.version = root.text("version");
  status.not_ready = root.text("not_ready");
  status.time = root.number<double>("time");
  status.started = root.number<double>("started");
  status.calls = root.number<std::uint64_t>("calls");
  status.failed = root.number<std::uint64_t>("failed");
  status.lines = root.number<std::uint64_t>("lines");
  status.rejected = root.number<std::uint64_t>("rejected");
  status.lag_bytes = root.number<std::uint64_t>("lag_bytes");
  root.each("codes", [&](const Members& row) { status.codes.push_back(code_of(row)); });
  root.each("sources", [&](const Members& row) { status.sources.push_back(source_of(row)); });
  root.each("conditions", [&](const Members& row) {
    if (!row.is_true("active")) return;
    status.alerts.push_back(
        {row.text("alert"), row.text("severity"), row.text("subject"), row.text("seen")});
  });
  return status;
}

}  // namespace apierrd
