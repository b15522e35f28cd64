// The section `alertmanager` of the configuration: docs/configuration.md describes its keys.
#pragma once

#include <string>

#include "daemon/config.h"
#include "parsers/yaml_tree.h"

namespace apierrd {

/// Reads the section into `config`, with its settings; complaints go to the reader.
void read_alertmanager(YamlMapReader& reader, const std::string& file, Config& config);

}  // namespace apierrd
