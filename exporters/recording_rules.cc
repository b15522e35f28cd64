// What dashboards and alerts share: rates once, joined once with what a code means.
//
// `without (instance)` keeps every other label of the target. Errors exist wherever calls do, and
// the other way round, at 0: an average over hours must divide two series of the same length.
#include <fmt/format.h>

#include "exporters/alert_rules.h"
#include "exporters/rule_codes.h"

namespace apierrd {

namespace {

PrometheusRule record(std::string name, std::string expr) {
  PrometheusRule rule;
  rule.alert = false;
  rule.name = std::move(name);
  rule.expr = std::move(expr);
  return rule;
}

RuleGroup rates() {
  return {"apierrd.rates",
          "",
          {record("source_api_service_action:apierrd_api_calls:rate5m",
                  "sum without (instance) (rate(apierrd_api_calls_total[5m]))"),
           record("source_api_service_code:apierrd_api_errors:rate5m",
                  "sum without (instance) (rate(apierrd_api_errors_by_code_total[5m]))"),
           record("source_api_service:apierrd_api_calls:rate5m",
                  "sum without (action) (source_api_service_action:apierrd_api_calls:rate5m)\n"
                  "or\n"
                  "0 * sum without (code) (source_api_service_code:apierrd_api_errors:rate5m)"),
           record("source_api_service_action_code:apierrd_api_errors:rate5m",
                  "sum without (instance) (rate(apierrd_api_errors_total[5m]))"),
           record("source_api_service_fault_domain:apierrd_api_errors:rate5m",
                  "sum without (instance, code) (\n"
                  "  rate(apierrd_api_errors_by_code_total[5m])\n"
                  "  * on (job, instance, api_service, code) group_left (fault_domain)\n"
                  "  apierrd_error_code_info\n"
                  ")"),
           record("source_api_service_fault_domain:apierrd_api_errors_per_calls:ratio_rate5m",
                  "source_api_service_fault_domain:apierrd_api_errors:rate5m\n"
                  "/ ignoring (fault_domain) group_left ()\n"
                  "(source_api_service:apierrd_api_calls:rate5m > 0)")}};
}

std::string vendor_rate(const CodeRemedies& no_breach) {
  return fmt::format(
      "sum without (instance, code) (\n"
      "  rate(apierrd_api_errors_by_code_total{}[5m])\n"
      "  * on (job, instance, api_service, code) group_left ()\n"
      "  apierrd_error_code_info{{fault_domain=\"vendor\"}}\n"
      ")\n"
      "or\n"
      "0 * source_api_service:apierrd_api_calls:rate5m",
      no_breach.empty() ? "" : "{" + code_exclusion(no_breach) + "}");
}

// Averages of rates, divided: each call counts alike, however the traffic was spread over the
// hours.
RuleGroup slo(const CodeRemedies& no_breach) {
  const std::string errors = "source_api_service:apierrd_vendor_errors:rate5m";
  const std::string calls = "source_api_service:apierrd_api_calls:rate5m";
  const std::string ratio = "source_api_service:apierrd_vendor_errors_per_calls:ratio_rate";
  RuleGroup group{"apierrd.slo", "30s", {}};
  group.rules.push_back(record(errors, vendor_rate(no_breach)));
  group.rules.push_back(record(ratio + "5m", fmt::format("{}\n/\n({} > 0)", errors, calls)));
  for (const char* window : {"30m", "1h", "6h", "3d", "30d"}) {
    group.rules.push_back(
        record(ratio + window, fmt::format("avg_over_time({}[{}])\n/\n(avg_over_time({}[{}]) > 0)",
                                           errors, window, calls, window)));
  }
  // Rates of 5 m, summed over steps: what was counted, also while the rules are younger than the
  // window.
  struct Steps {
    const char *window, *step;
    int seconds;
  };
  for (const Steps& is : {Steps{"1h", "1m", 60}, {"6h", "1m", 60}, {"3d", "5m", 300}}) {
    group.rules.push_back(record(
        fmt::format("source_api_service:apierrd_vendor_errors:increase{}", is.window),
        fmt::format("sum_over_time({}[{}:{}]) * {}", errors, is.window, is.step, is.seconds)));
  }
  return group;
}

}  // namespace

std::vector<RuleGroup> recording_rules(const Catalog& catalog) {
  return {rates(), slo(codes_with_remedies(catalog, [](const CatalogEntry& entry) {
            return entry.meaning.fault_domain == FaultDomain::kVendor && !entry.meaning.slo;
          }))};
}

}  // namespace apierrd
