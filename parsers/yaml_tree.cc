#include "parsers/yaml_tree.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>

#include "parsers/nearest_names.h"
#include "parsers/time_text.h"
#include "parsers/utf8.h"

namespace apierrd {

namespace {

constexpr std::size_t kValuesMax = 200'000;  // ten times the largest catalog we ship
constexpr int kDepthMax = 32;                // an anchor can hold itself

class Converter {
 public:
  Converter(const std::string& file, YamlTree& tree) : file_(file), tree_(tree) {}

  std::optional<Error> convert(const YAML::Node& node, YamlValue& out, int depth = 1) {
    if (++values_ > kValuesMax) {
      return invalid_error("too many values", file_, "anchors repeat what they name; spell less");
    }
    out.line = node.Mark().line + 1;
    out.column = node.Mark().column + 1;
    if (depth > kDepthMax) return invalid_error("nested too deeply", place_of(out, file_));
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        out.kind = YamlValue::Kind::kScalar;
        out.scalar = {kept(node.Scalar()), node.Scalar().size()};
        if (is_utf8(out.scalar)) return {};
        return invalid_error("text is not UTF-8", place_of(out, file_), "save the file as UTF-8");
      case YAML::NodeType::Sequence: return convert_list(node, out, depth);
      case YAML::NodeType::Map: return convert_map(node, out, depth);
      default: return {};
    }
  }

 private:
  std::optional<Error> convert_list(const YAML::Node& node, YamlValue& out, int depth) {
    out.kind = YamlValue::Kind::kList;
    std::vector<YamlValue> elements;
    for (const YAML::Node& element : node) {
      if (auto error = convert(element, elements.emplace_back(), depth + 1)) return error;
    }
    out.elements = kept(elements);
    out.size = elements.size();
    return {};
  }

  std::optional<Error> convert_map(const YAML::Node& node, YamlValue& out, int depth) {
    out.kind = YamlValue::Kind::kMap;
    std::vector<YamlEntry> entries;
    for (const auto& entry : node) {
      auto& [key, value] = entries.emplace_back();
      if (auto error = convert(entry.first, key, depth + 1)) return error;
      if (key.kind != YamlValue::Kind::kScalar) {
        return invalid_error("a key must be plain text", place_of(key, file_));
      }
      const auto same = [&key = key](const auto& other) { return other.key.scalar == key.scalar; };
      if (std::count_if(entries.begin(), entries.end(), same) > 1) {
        return invalid_error("key '" + std::string(key.scalar) + "' is given twice",
                             place_of(key, file_));
      }
      if (auto error = convert(entry.second, value, depth + 1)) return error;
      if (value.line == 0) value.line = key.line, value.column = key.column;
    }
    out.entries = kept(entries);
    out.size = entries.size();
    return {};
  }

  // A copy that lives as long as the tree.
  template <class Values>
  const typename Values::value_type* kept(const Values& values) {
    const auto copy = tree_.room<typename Values::value_type>(values.size());
    std::copy(values.begin(), values.end(), copy.begin());
    return copy.data();
  }

  const std::string& file_;
  YamlTree& tree_;
  std::size_t values_ = 0;
};

std::string duration_text(std::uint64_t millis) {
  if (millis % 3'600'000 == 0 && millis > 0) return std::to_string(millis / 3'600'000) + "h";
  if (millis % 60'000 == 0 && millis > 0) return std::to_string(millis / 60'000) + "m";
  if (millis % 1'000 == 0) return std::to_string(millis / 1'000) + "s";
  return std::to_string(millis) + "ms";
}

// The line of a `---` that begins a second document; 0 if there is none. Load() would pass over it.
int second_document_line(std::string_view text) {
  bool content = false;
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t newline = text.find('\n');
    const std::string_view row = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (row.starts_with("---") && row.find_first_not_of("- \t\r") == std::string_view::npos) {
      if (content) return line;
      content = true;
    } else if (row.find_first_not_of(" \t\r") != std::string_view::npos && row.front() != '#') {
      content = true;
    }
  }
  return 0;
}

std::string joined(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names) out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

}  // namespace

std::string place_of(const YamlValue& value, const std::string& file) {
  return file + ":" + std::to_string(value.line) + ":" + std::to_string(value.column);
}

Result<YamlTree> parse_yaml(std::string_view text, const std::string& file) {
  if (text.size() > kYamlBytesMax) {
    return invalid_error("file is larger than 8 MiB", file, "split it");
  }
  // yaml-cpp reports by exceptions; they end here.
  try {
    if (const int line = second_document_line(text); line > 0) {
      return invalid_error("more than one YAML document", file + ":" + std::to_string(line) + ":1",
                           "remove this '---'");
    }
    YamlTree tree;
    // Not LoadAll: it never comes back from a file of commas.
    if (auto error = Converter(file, tree).convert(YAML::Load(std::string(text)), tree.root)) {
      return *error;
    }
    tree.root.line = std::max(tree.root.line, 1);
    tree.root.column = std::max(tree.root.column, 1);
    return tree;
  } catch (const YAML::Exception& error) {
    const std::string place = file + ":" + std::to_string(error.mark.line + 1) + ":" +
                              std::to_string(error.mark.column + 1);
    return invalid_error("not valid YAML", place, error.msg);
  }
}

YamlMapReader::YamlMapReader(const YamlValue& value, std::string what, const std::string& file,
                             std::vector<Error>& errors)
    : value_(value), what_(std::move(what)), file_(file), errors_(errors) {
  known_.reserve(16);  // of nearly all mappings
  if (value.kind != YamlValue::Kind::kMap) {
    complain(value, what_ + " must be a mapping", "write it as `key: value` lines");
  }
}

void YamlMapReader::complain(const YamlValue& at, std::string what, std::string hint) {
  errors_.push_back(invalid_error(std::move(what), place_of(at, file_), std::move(hint)));
}

const YamlValue* YamlMapReader::take(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  for (const auto& [name, value] : value_.map()) {
    if (name.scalar == key && value.kind != YamlValue::Kind::kNull) return &value;
  }
  return nullptr;
}

const YamlValue* YamlMapReader::require(std::string_view key) {
  const YamlValue* value = take(key);
  if (value == nullptr && value_.kind == YamlValue::Kind::kMap) {
    complain(value_, what_ + " lacks '" + std::string(key) + "'");
  }
  return value;
}

bool YamlMapReader::scalar(const YamlValue& value, std::string_view key) {
  if (value.kind == YamlValue::Kind::kScalar) return true;
  complain(value, "'" + std::string(key) + "' must be a single value");
  return false;
}

std::optional<std::string> YamlMapReader::text(std::string_view key) {
  const YamlValue* value = take(key);
  if (value == nullptr || !scalar(*value, key)) return {};
  return std::string(value->scalar);
}

std::optional<bool> YamlMapReader::boolean(std::string_view key) {
  const YamlValue* value = take(key);
  if (value == nullptr || !scalar(*value, key)) return {};
  if (value->scalar == "true") return true;
  if (value->scalar == "false") return false;
  complain(*value, "'" + std::string(key) + "' must be true or false");
  return {};
}

std::optional<std::uint64_t> YamlMapReader::integer(std::string_view key, std::uint64_t min,
                                                    std::uint64_t max) {
  const YamlValue* value = take(key);
  if (value == nullptr || !scalar(*value, key)) return {};
  std::uint64_t number = 0;
  const char* const end = value->scalar.data() + value->scalar.size();
  const auto parsed = std::from_chars(value->scalar.data(), end, number);
  if (parsed.ec == std::errc{} && parsed.ptr == end && number >= min && number <= max) {
    return number;
  }
  const std::string wanted =
      min == max ? std::to_string(min)
                 : "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  complain(*value, "'" + std::string(key) + "' must be " + wanted);
  return {};
}

std::optional<std::uint64_t> YamlMapReader::duration_ms(std::string_view key, std::uint64_t min_ms,
                                                        std::uint64_t max_ms) {
  const YamlValue* value = take(key);
  if (value == nullptr || !scalar(*value, key)) return {};
  const auto nanos = parse_duration(value->scalar, TimeUnit::kSecond);
  if (nanos) {
    const auto millis = static_cast<std::uint64_t>(*nanos / 1'000'000);
    if (millis >= min_ms && millis <= max_ms) return millis;
  }
  complain(*value,
           "'" + std::string(key) + "' must be a duration from " + duration_text(min_ms) + " to " +
               duration_text(max_ms),
           "for example 250ms, 15s, 5m");
  return {};
}

std::optional<std::size_t> YamlMapReader::one_of(std::string_view key,
                                                 std::initializer_list<std::string_view> names) {
  return one_of(key, std::span(names.begin(), names.size()));
}

std::optional<std::size_t> YamlMapReader::one_of(std::string_view key,
                                                 std::span<const std::string_view> names) {
  const YamlValue* value = take(key);
  if (value == nullptr || !scalar(*value, key)) return {};
  const auto found = std::find(names.begin(), names.end(), value->scalar);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  complain(*value, "'" + std::string(value->scalar) + "' is no valid '" + std::string(key) + "'",
           "one of: " + joined(names));
  return {};
}

std::vector<std::string> YamlMapReader::texts(std::string_view key) {
  const YamlValue* value = take(key);
  std::vector<std::string> out;
  if (value == nullptr) return out;
  if (value->kind == YamlValue::Kind::kScalar) return {std::string(value->scalar)};
  if (value->kind != YamlValue::Kind::kList) {
    complain(*value, "'" + std::string(key) + "' must be a list");
    return out;
  }
  for (const YamlValue& element : value->list()) {
    if (scalar(element, key)) out.emplace_back(element.scalar);
  }
  return out;
}

void YamlMapReader::finish() {
  for (const auto& [key, value] : value_.map()) {
    if (std::find(known_.begin(), known_.end(), key.scalar) != known_.end()) continue;
    const auto nearest = std::min_element(
        known_.begin(), known_.end(), [&key = key](std::string_view a, std::string_view b) {
          return edit_distance(a, key.scalar) < edit_distance(b, key.scalar);
        });
    const bool close = nearest != known_.end() && edit_distance(*nearest, key.scalar) <= 2;
    complain(
        key, "unknown key '" + std::string(key.scalar) + "' in " + what_,
        close ? "did you mean '" + std::string(*nearest) + "'?" : "known keys: " + joined(known_));
  }
}

}  // namespace apierrd
