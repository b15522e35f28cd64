// rules: recording and alerting rules for Prometheus, made from the catalog.
#include <iostream>

#include "daemon/commands.h"
#include "daemon/config.h"
#include "exporters/alert_rules.h"

namespace apierrd {

int rules_command(const std::string& config_path, const std::string& only) {
  LoadedConfig loaded;
  if (config_path.empty()) {
    CatalogOutcome catalog = load_catalog({}, {});
    loaded.catalog = std::move(catalog.catalog);
    loaded.errors = std::move(catalog.errors);
  } else {
    loaded = load_config(config_path);
  }
  if (!loaded.errors.empty()) return report(loaded.errors);
  const RulesOptions& options = loaded.config.rules;
  std::vector<RuleGroup> groups;
  const auto append = [&groups](std::vector<RuleGroup> more) {
    groups.insert(groups.end(), more.begin(), more.end());
  };
  if (only != "alerting") append(recording_rules(*loaded.catalog));
  if (only != "recording") {
    append(call_alerts(*loaded.catalog, options));
    append(daemon_alerts(options));
  }
  std::cout << render_rules(groups, options);
  return kExitFine;
}

}  // namespace apierrd
