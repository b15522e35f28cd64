// The recording and alerting rules for Prometheus: what to compute from apierrd's metrics, and when
// to tell whom. Which codes an alert is about, and what to do about each, comes from the catalog.
//
// Values to text, without files or clocks. deploy/prometheus/apierrd.rules.yml is what the
// compiled-in catalog and the default options give; docs/runbooks has a heading for every alert.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "parsers/catalog.h"

namespace apierrd {

struct RulesOptions {
  std::string job = "apierrd";                                     ///< the scrape job's name
  std::string runbooks = "https://apierrd.example/docs/runbooks";  ///< where docs/runbooks is
  double objective_percent = 99.5;  ///< of calls that do not fail on the vendor's side
  std::string team;                 ///< label `team` of every alert; empty = none
};

/// A rule of either kind; those of one name have different labels.
struct PrometheusRule {
  bool alert = true;  ///< else it records
  std::string name, expr;
  std::string hold;      ///< `for`: how long it must be true; empty = not at all
  std::string severity;  ///< critical | warning | info; none for the watchdog
  std::vector<std::pair<std::string, std::string>> labels = {};  ///< beside severity
  std::string summary, description;
  std::string runbook;  ///< file of docs/runbooks without its ending
};

struct RuleGroup {
  std::string name, interval;  ///< an empty interval is Prometheus's own
  std::vector<PrometheusRule> rules;
};

std::vector<RuleGroup> recording_rules(const Catalog& catalog);
/// About the calls and their errors.
std::vector<RuleGroup> call_alerts(const Catalog& catalog, const RulesOptions& options);
/// About apierrd itself.
std::vector<RuleGroup> daemon_alerts(const RulesOptions& options);

/// Groups as the YAML of a rule file.
std::string render_rules(const std::vector<RuleGroup>& groups, const RulesOptions& options);

}  // namespace apierrd
