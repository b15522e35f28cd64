// Reads log formats from YAML: the built-in ones and users' own (docs/formats.md has the keys).
// Every key is checked; complaints come with file:line:column. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "parsers/log_format.h"
#include "parsers/yaml_tree.h"

namespace apierrd {

/// One file: `schema: 1` and a list `formats`. A format of a name that is already there replaces
/// it, in its place.
void read_format_file(std::string_view text, const std::string& file,
                      std::vector<LogFormat>& formats, std::vector<Error>& errors);

/// The same of a file whose YAML is read.
void read_format_file(const YamlValue& root, const std::string& file,
                      std::vector<LogFormat>& formats, std::vector<Error>& errors);

/// The list `formats` itself, as in a file or in a configuration.
void read_formats(const YamlValue& list, const std::string& file, std::vector<LogFormat>& formats,
                  std::vector<Error>& errors);

/// A field's places: a pointer, a map with `at` and `take`, or a list of them.
std::vector<FieldSource> read_field_sources(YamlMapReader& reader, std::string_view key,
                                            const std::string& file, std::vector<Error>& errors);
std::vector<JsonPointer> read_pointers(YamlMapReader& reader, std::string_view key);

/// Rules for item failures: a list of maps with `at`, `code` and `ok`.
std::vector<ItemRule> read_item_rules(YamlMapReader& reader, std::string_view key,
                                      const std::string& file, std::vector<Error>& errors);

}  // namespace apierrd
