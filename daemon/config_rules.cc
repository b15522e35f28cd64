#include "daemon/config_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "parsers/ascii.h"
#include "parsers/yaml_tree.h"

namespace apierrd {

namespace {

constexpr std::size_t kTextBytesMax = 256;  // far above any job, team or address in use

bool made_of(std::string_view text, std::string_view marks) {
  return text.size() <= kTextBytesMax && std::all_of(text.begin(), text.end(), [&](char c) {
           return is_letter(c) || is_digit(c) || marks.find(c) != std::string_view::npos;
         });
}

void read_text(YamlMapReader& reader, const SettingNote& note, std::string_view key,
               std::string_view marks, bool may_be_empty, std::string& value) {
  const YamlValue* origin = reader.take(key);
  if (auto given = reader.text(key)) value = *std::move(given);
  if (origin != nullptr && (!made_of(value, marks) || (value.empty() && !may_be_empty))) {
    reader.complain(*origin, fmt::format("'{}' has {} to {} letters, digits and any of {}", key,
                                         may_be_empty ? 0 : 1, kTextBytesMax, marks));
  }
  note(fmt::format("rules.{}", key), value, origin);
}

}  // namespace

void read_rules_options(YamlMapReader& reader, const SettingNote& note, RulesOptions& options) {
  read_text(reader, note, "job", "-_./:", false, options.job);
  read_text(reader, note, "runbooks", "-_./:~%+@?=&", false, options.runbooks);
  while (options.runbooks.ends_with('/')) options.runbooks.pop_back();
  const YamlValue* origin = reader.take("objective");
  if (const auto text = reader.text("objective")) {
    double percent = 0;
    const char* end = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), end, percent, std::chars_format::fixed);
    if (parsed.ec == std::errc{} && parsed.ptr == end && percent >= 50 && percent <= 99.999) {
      options.objective_percent = percent;
    } else {
      reader.complain(*origin, "'objective' is a percentage from 50 to 99.999", "such as 99.5");
    }
  }
  note("rules.objective", fmt::format("{:.6g}", options.objective_percent), origin);
  read_text(reader, note, "team", "-_./:@", true, options.team);
}

}  // namespace apierrd
