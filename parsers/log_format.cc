#include "parsers/log_format.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "parsers/flat_tree.h"
#include "parsers/format_reader.h"
#include "parsers/skim/skim_plan.h"

namespace apierrd {

namespace {

constexpr std::string_view kDefaultFormat = "tencentcloud";
constexpr std::array<std::string_view, 4> kWrappers{"docker", "cri", "syslog", "journald"};

std::vector<LogFormat> read_builtin_formats() {
  std::vector<LogFormat> formats;
  std::vector<Error> errors;
  for (const EmbeddedFile& file : builtin_format_files()) {
    read_format_file(read_flat_tree(file.bytes).root, std::string(file.path), formats, errors);
  }
  assert(errors.empty());  // a test reads them, too
  return formats;
}

}  // namespace

void plan_skimming(SourceFormat& source, bool wanted) {
  source.skim = nullptr;
  if (!wanted || source.formats.empty() || source.formats[0].json.empty()) return;
  source.skim = plan_skimming(source.formats[0].json[0]);
}

std::string_view name_of(Wrapper value) { return kWrappers[static_cast<std::size_t>(value)]; }

std::span<const EmbeddedFile> embedded_files_of_formats();  // cmake/Embed.cmake

std::span<const EmbeddedFile> builtin_format_files() { return embedded_files_of_formats(); }

const std::vector<LogFormat>& builtin_formats() {
  static const std::vector<LogFormat> formats = read_builtin_formats();
  return formats;
}

const LogFormat* find_format(const std::vector<LogFormat>& formats, std::string_view name) {
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [&](const LogFormat& format) { return format.name == name; });
  return found == formats.end() ? nullptr : &*found;
}

std::optional<SourceFormat> source_format(std::string_view name,
                                          const std::vector<LogFormat>& formats) {
  SourceFormat source;
  source.strict = name == kDefaultFormat;
  source.framing.detect = !source.strict;
  if (name == "auto") {
    source.formats = formats;
    plan_skimming(source);
    return source;
  }
  const LogFormat* format = find_format(formats, name);
  if (format == nullptr) return std::nullopt;
  source.formats = {*format};
  if (source.strict) source.formats[0].json.at(0).string_levels = 1;
  plan_skimming(source);
  return source;
}

SourceFormat tencentcloud_format() { return *source_format(kDefaultFormat, builtin_formats()); }

}  // namespace apierrd
