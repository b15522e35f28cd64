// The configuration's section `rules`: what `apierrd rules` cannot know from the catalog.
//
// Values stand in expressions, templates and YAML later on, so each has a narrow alphabet.
#pragma once

#include <functional>
#include <string>

#include "exporters/alert_rules.h"

namespace apierrd {

/// Tells what a key came to and where it stands (nullptr = nowhere, it is the default).
using SettingNote =
    std::function<void(std::string key, std::string value, const struct YamlValue* origin)>;

void read_rules_options(class YamlMapReader& reader, const SettingNote& note,
                        RulesOptions& options);

}  // namespace apierrd
