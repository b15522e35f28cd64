#include "parsers/format_reader.h"

#include <algorithm>
#include <optional>

namespace apierrd {

namespace {

constexpr std::size_t kNameBytesMax = 64;

bool valid_format_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

std::optional<JsonPointer> pointer_of(YamlMapReader& reader, const YamlValue& at,
                                      const std::string& text) {
  Result<JsonPointer> pointer = parse_json_pointer(text);
  if (pointer) return *std::move(pointer);
  reader.complain(at, "'" + text + "' is no JSON Pointer", pointer.error().hint);
  return std::nullopt;
}

std::optional<JsonPointer> read_pointer(YamlMapReader& reader, std::string_view key) {
  const YamlValue* value = reader.take(key);
  const std::optional<std::string> text = reader.text(key);
  return text ? pointer_of(reader, *value, *text) : std::nullopt;
}

// Reads the formats of one list.
class FormatReader {
 public:
  FormatReader(const std::string& file, std::vector<LogFormat>& formats, std::vector<Error>& errors)
      : file_(file), formats_(formats), errors_(errors) {}

  void read(const YamlValue& value) {
    YamlMapReader reader(value, "format", file_, errors_);
    if (value.kind != YamlValue::Kind::kMap) return;
    const std::size_t errors_before = errors_.size();
    LogFormat format;
    const YamlValue* name = reader.require("name");
    format.name = reader.text("name").value_or("");
    if (name != nullptr && !valid_format_name(format.name)) {
      reader.complain(*name, "'" + format.name + "' cannot be a format's name",
                      "lower-case letters, digits, - and _, at most 64");
    }
    if (auto vendor = reader.text("vendor")) format.vendor = *std::move(vendor);
    if (!valid_format_name(format.vendor)) {
      reader.complain(value, "'" + format.vendor + "' cannot be a vendor's name",
                      "lower-case letters, digits, - and _, at most 64");
    }
    format.title = reader.text("title").value_or("");
    reader.text("source");
    format.hosts = reader.texts("hosts");
    read_units(reader, format);
    each_of(reader, "json", [&](const YamlValue& shape) { read_shape(shape, format); });
    each_of(reader, "errors", [&](const YamlValue& text) { read_error(reader, text, format); });
    for (const std::string& text : reader.texts("hints")) {
      if (auto made = template_of(reader, *reader.take("hints"), text)) {
        format.hints.push_back(*std::move(made));
      }
    }
    reader.finish();
    if (format.json.empty() && format.errors.empty() && errors_.size() == errors_before) {
      reader.complain(value, "format '" + format.name + "' recognises nothing",
                      "it needs 'json' or 'errors'");
    }
    if (errors_.size() == errors_before) put(std::move(format));
  }

 private:
  void put(LogFormat format) {
    for (LogFormat& known : formats_) {
      if (known.name != format.name) continue;
      known = std::move(format);
      return;
    }
    formats_.push_back(std::move(format));
  }

  template <class Body>
  void each_of(YamlMapReader& reader, std::string_view key, Body&& body) {
    const YamlValue* list = reader.take(key);
    if (list == nullptr) return;
    if (list->kind != YamlValue::Kind::kList) {
      return reader.complain(*list, "'" + std::string(key) + "' must be a list");
    }
    for (const YamlValue& value : list->list()) body(value);
  }

  static void read_units(YamlMapReader& reader, LogFormat& format) {
    if (const auto index = reader.one_of(
            "time_format", {"auto", "rfc3339", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns"})) {
      format.time_format = static_cast<TimeFormat>(*index);
    }
    if (const auto index = reader.one_of("latency_unit", {"ns", "us", "ms", "s"})) {
      format.latency_unit = static_cast<TimeUnit>(*index);
    }
  }

  std::optional<TextTemplate> template_of(YamlMapReader& reader, const YamlValue& at,
                                          const std::string& text) {
    Result<TextTemplate> made = TextTemplate::parse(text);
    if (made) return *std::move(made);
    reader.complain(at, "template '" + text + "': " + made.error().what, made.error().hint);
    return std::nullopt;
  }

  void read_error(YamlMapReader& reader, const YamlValue& value, LogFormat& format) {
    std::string text(value.scalar);
    bool known_only = false;
    if (value.kind == YamlValue::Kind::kMap) {
      YamlMapReader inner(value, "error template", file_, errors_);
      inner.require("template");
      text = inner.text("template").value_or("");
      known_only = inner.boolean("known_only").value_or(false);
      inner.finish();
    }
    std::optional<TextTemplate> made = template_of(reader, value, text);
    if (!made) return;
    if (!made->captures(Capture::kCode)) {
      return reader.complain(value, "template '" + text + "' takes no {code}");
    }
    format.errors.push_back({*std::move(made), known_only});
  }

  void read_requirements(YamlMapReader& reader, JsonShape& shape) {
    each_of(reader, "requires", [&](const YamlValue& value) {
      Requirement requirement;
      std::optional<JsonPointer> at;
      if (value.kind == YamlValue::Kind::kMap) {
        YamlMapReader inner(value, "requirement", file_, errors_);
        at = read_pointer(inner, "at");
        if (const auto type = inner.one_of("is", {"object", "array", "string", "number"})) {
          requirement.type = static_cast<JsonType>(*type);
        }
        inner.finish();
      } else {
        at = pointer_of(reader, value, std::string(value.scalar));
      }
      if (!at) return;
      requirement.at = *std::move(at);
      shape.required_text.append(shape.required_text.empty() ? "" : ", ")
          .append(requirement.at.text);
      shape.required.push_back(std::move(requirement));
    });
  }

  void read_shape(const YamlValue& value, LogFormat& format) {
    YamlMapReader reader(value, "shape", file_, errors_);
    if (value.kind != YamlValue::Kind::kMap) return;
    JsonShape shape;
    shape.each = read_pointer(reader, "each");
    shape.payload = read_pointers(reader, "payload");
    shape.bare = reader.boolean("bare").value_or(true);
    shape.call_in_payload = reader.boolean("call_in_payload").value_or(false);
    read_requirements(reader, shape);
    if (shape.required.empty()) {
      reader.complain(value, "a shape needs 'requires'",
                      "places that only such a document has, or every document is one");
    }
    shape.absent = read_pointers(reader, "absent");
    reader.require("code");
    for (const auto& [key, field] : {std::pair{"code", &shape.code},
                                     {"message", &shape.message},
                                     {"request_id", &shape.request_id},
                                     {"service", &shape.service},
                                     {"action", &shape.action},
                                     {"region", &shape.region},
                                     {"host", &shape.service_host}}) {
      *field = read_field_sources(reader, key, file_, errors_);
    }
    shape.success_codes = reader.texts("success_codes");
    shape.time = read_pointers(reader, "time");
    shape.latency = read_pointers(reader, "latency");
    reader.finish();
    format.json.push_back(std::move(shape));
  }

  const std::string& file_;
  std::vector<LogFormat>& formats_;
  std::vector<Error>& errors_;
};

std::string rule_text(const FieldSource& source, std::string_view take) {
  std::string text = source.at.text;
  if (source.take != Take::kText) text.append(", ").append(take);
  if (!source.argument.empty()) text.append(" ").append(source.argument);
  return text;
}

std::optional<FieldSource> read_field_source(YamlMapReader& outer, const YamlValue& value,
                                             const std::string& file, std::vector<Error>& errors) {
  FieldSource source;
  if (value.kind != YamlValue::Kind::kMap) {
    auto at = pointer_of(outer, value, std::string(value.scalar));
    if (!at) return std::nullopt;
    source.at = *std::move(at);
    source.rule = source.at.text;
    return source;
  }
  YamlMapReader reader(value, "field", file, errors);
  reader.require("at");
  auto at = read_pointer(reader, "at");
  const YamlValue* take = reader.take("take");
  const auto index =
      reader.one_of("take", {"text", "number", "code", "host", "before", "after_last", "names"});
  if (index) source.take = static_cast<Take>(*index);
  source.argument = reader.text("of").value_or("");
  const bool needs_argument = source.take == Take::kBefore || source.take == Take::kAfterLast;
  if (needs_argument && source.argument.empty()) reader.complain(value, "'take' needs 'of'");
  if (const YamlValue* names = reader.take("names")) {
    for (const auto& [key, name] : names->map()) source.names.emplace_back(key.scalar, name.scalar);
  }
  reader.finish();
  if (!at) return std::nullopt;
  source.at = *std::move(at);
  source.rule = rule_text(source, take == nullptr ? "" : take->scalar);
  return source;
}

}  // namespace

std::vector<FieldSource> read_field_sources(YamlMapReader& reader, std::string_view key,
                                            const std::string& file, std::vector<Error>& errors) {
  std::vector<FieldSource> sources;
  const YamlValue* value = reader.take(key);
  if (value == nullptr) return sources;
  const bool list = value->kind == YamlValue::Kind::kList;
  for (std::size_t i = 0; i < (list ? value->list().size() : 1); ++i) {
    auto source = read_field_source(reader, list ? value->list()[i] : *value, file, errors);
    if (source) sources.push_back(*std::move(source));
  }
  return sources;
}

std::vector<JsonPointer> read_pointers(YamlMapReader& reader, std::string_view key) {
  std::vector<JsonPointer> pointers;
  const YamlValue* value = reader.take(key);
  for (const std::string& text : reader.texts(key)) {
    if (auto pointer = pointer_of(reader, *value, text)) pointers.push_back(*std::move(pointer));
  }
  return pointers;
}

std::vector<ItemRule> read_item_rules(YamlMapReader& reader, std::string_view key,
                                      const std::string& file, std::vector<Error>& errors) {
  std::vector<ItemRule> rules;
  const YamlValue* list = reader.take(key);
  if (list == nullptr) return rules;
  if (list->kind != YamlValue::Kind::kList) {
    reader.complain(*list, "'" + std::string(key) + "' must be a list");
    return rules;
  }
  for (const YamlValue& value : list->list()) {
    YamlMapReader inner(value, "item rule", file, errors);
    inner.require("at");
    inner.require("code");
    auto at = read_pointer(inner, "at");
    auto code = read_pointer(inner, "code");
    ItemRule rule;
    rule.success_codes = inner.texts("ok");
    inner.finish();
    if (!at || !code) continue;
    rule.list = *std::move(at);
    rule.code.at = *std::move(code);
    rule.code.take = Take::kNumber;
    rules.push_back(std::move(rule));
  }
  return rules;
}

void read_formats(const YamlValue& list, const std::string& file, std::vector<LogFormat>& formats,
                  std::vector<Error>& errors) {
  if (list.kind != YamlValue::Kind::kList) {
    errors.push_back(invalid_error("'formats' must be a list", place_of(list, file)));
    return;
  }
  FormatReader reader(file, formats, errors);
  for (const YamlValue& value : list.list()) reader.read(value);
}

void read_format_file(std::string_view text, const std::string& file,
                      std::vector<LogFormat>& formats, std::vector<Error>& errors) {
  const Result<YamlTree> tree = parse_yaml(text, file);
  if (tree) return read_format_file(tree->root, file, formats, errors);
  errors.push_back(tree.error());
}

void read_format_file(const YamlValue& root, const std::string& file,
                      std::vector<LogFormat>& formats, std::vector<Error>& errors) {
  YamlMapReader reader(root, "format file", file, errors);
  if (root.kind != YamlValue::Kind::kMap) return;
  if (reader.require("schema") != nullptr) reader.integer("schema", 1, 1);
  const YamlValue* list = reader.require("formats");
  reader.finish();
  if (list != nullptr) read_formats(*list, file, formats, errors);
}

}  // namespace apierrd
