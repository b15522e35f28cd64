// Alerts about the calls: money first, then access, limits, the vendor and codes nobody knows.
//
// "Has this code come up" asks for when it was last observed, not for an increase: that is true
// from the first occurrence on, needs no earlier sample, and goes on being true over a restart. How
// often it came up asks for the increase of a counter.
#include <fmt/format.h>

#include "exporters/alert_rules.h"
#include "exporters/rule_codes.h"

namespace apierrd {

namespace {

constexpr std::string_view kCounted = "apierrd_api_errors_by_code_total";
constexpr std::string_view kObserved = "apierrd_error_last_observed_timestamp_seconds";

PrometheusRule alert(std::string name, std::string severity, std::string hold, std::string expr) {
  PrometheusRule rule;
  rule.name = std::move(name);
  rule.severity = std::move(severity);
  rule.hold = std::move(hold);
  rule.expr = std::move(expr);
  rule.runbook = "api";
  return rule;
}

PrometheusRule about(PrometheusRule rule, std::string summary, std::string description) {
  rule.summary = std::move(summary);
  rule.description = std::move(description);
  return rule;
}

// Seconds since any of these codes was last observed, if that is less than `window`. A failed
// scrape or a daemon that is down for up to `window` does not hide it.
std::string observed_within(std::string_view window, std::string_view seconds,
                            const CodeRemedies& codes) {
  return fmt::format(
      "time() - max without (instance) (\n"
      "  max_over_time({}{{{}}}[{}]) > 0\n"
      ") < {}",
      kObserved, code_matcher(codes), window, seconds);
}

std::string counted_in(std::string_view window, const CodeRemedies& codes) {
  return fmt::format("sum without (instance) (increase({}{{{}}}[{}]))", kCounted,
                     code_matcher(codes), window);
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) {
    if (text.find(part) != std::string_view::npos) return true;
  }
  return false;
}

bool about_balance(const CatalogEntry& entry) { return has_any(entry.code, {"Balance", "Arrear"}); }

void money_alerts(const Catalog& catalog, std::vector<PrometheusRule>& rules) {
  const auto paid = codes_with_remedies(
      catalog, [](const CatalogEntry& entry) { return entry.meaning.event_page; });
  rules.push_back(about(
      alert("ApiPaidNotDelivered", "critical", "", observed_within("1h", "3600", paid)),
      "Paid but not delivered: {{ $labels.api_service }} answered {{ $labels.code }}",
      "Money was taken and nothing was delivered, as the log of {{ $labels.source }} says; last "
      "{{ $value | humanizeDuration }} ago. " +
          remedy_template(paid)));

  const auto price = codes_with_remedies(catalog, [](const CatalogEntry& entry) {
    return entry.meaning.fault_domain == FaultDomain::kVendor &&
           has_any(entry.code, {".PayPriceError"});
  });
  rules.push_back(
      about(alert("ApiPayPriceError", "warning", "", observed_within("15m", "900", price)),
            "Payment failed on the vendor's side: {{ $labels.code }} of {{ $labels.api_service }}",
            "{{ $labels.source }} could not pay an order; last {{ $value | humanizeDuration }} "
            "ago. " +
                remedy_template(price)));

  const auto balance = codes_with_remedies(catalog, [](const CatalogEntry& entry) {
    return entry.meaning.fault_domain == FaultDomain::kBusiness && about_balance(entry);
  });
  rules.push_back(
      about(alert("ApiBalanceInsufficient", "warning", "", observed_within("15m", "900", balance)),
            "Account balance too low for {{ $labels.api_service }}",
            "{{ $labels.source }} was refused with {{ $labels.code }}; last "
            "{{ $value | humanizeDuration }} ago. " +
                remedy_template(balance)));
  rules.push_back(about(
      alert("ApiBalanceInsufficient", "critical", "15m", counted_in("30m", balance) + " >= 3"),
      "Account balance still too low for {{ $labels.api_service }}",
      "{{ $labels.source }} was refused with {{ $labels.code }} "
      "{{ printf \"%.0f\" $value }} times in 30 minutes, and it goes on. " +
          remedy_template(balance)));
}

void order_alerts(const Catalog& catalog, std::vector<PrometheusRule>& rules) {
  const auto refused = codes_with_remedies(catalog, [](const CatalogEntry& entry) {
    return entry.meaning.fault_domain == FaultDomain::kBusiness && !about_balance(entry) &&
           entry.meaning.severity != Severity::kInfo;
  });
  rules.push_back(
      about(alert("ApiPaymentNotAuthorised", "warning", "", observed_within("15m", "900", refused)),
            "The account may not pay or order: {{ $labels.code }}",
            "{{ $labels.api_service }} refused {{ $labels.source }} because of the account, not of "
            "the request; last {{ $value | humanizeDuration }} ago. No retry will succeed. " +
                remedy_template(refused)));

  const auto order = codes_with_remedies(catalog, [](const CatalogEntry& entry) {
    return entry.meaning.fault_domain == FaultDomain::kBusiness && !about_balance(entry) &&
           entry.meaning.severity == Severity::kInfo;
  });
  rules.push_back(about(alert("ApiOrderFlowBug", "info", "", counted_in("1h", order) + " >= 3"),
                        "Orders are handled wrongly: {{ $labels.code }}",
                        "{{ $labels.source }} got it {{ printf \"%.0f\" $value }} times from "
                        "{{ $labels.api_service }} in one hour. " +
                            remedy_template(order)));
}

CodeRemedies common_codes(const Catalog& catalog, FaultDomain domain,
                          const std::function<bool(const CatalogEntry&)>& wanted) {
  return codes_with_remedies(catalog, [&](const CatalogEntry& entry) {
    return entry.product == kCommonProduct && entry.meaning.fault_domain == domain && wanted(entry);
  });
}

void access_alerts(const Catalog& catalog, std::vector<PrometheusRule>& rules) {
  const std::string ratio =
      "source_api_service_fault_domain:apierrd_api_errors_per_calls:ratio_rate5m"
      "{fault_domain=\"credential\"}";
  const std::string codes =
      "Codes of the last 5 minutes:{{ range printf "
      "\"sum by (code) (increase(apierrd_api_errors_by_code_total{source=%q,api_service=%q}[5m]) "
      "and on (job, instance, api_service, code) "
      "apierrd_error_code_info{fault_domain='credential'}) > 0\" $labels.source "
      "$labels.api_service | query | sortByLabel \"code\" }} {{ .Labels.code }}{{ end }}. "
      "`apierrd codes CODE` says what to do about each; keys and tokens come before all else: do "
      "they exist, are they enabled, were both halves rotated together, is the clock right?";
  rules.push_back(
      about(alert("ApiCredentialFailing", "critical", "2m",
                  ratio + " > 0.5\n"
                          "and ignoring (fault_domain)\n"
                          "source_api_service:apierrd_api_calls:rate5m * 300 >= 5"),
            "Most calls to {{ $labels.api_service }} are refused because of the key",
            "{{ $value | humanizePercentage }} of the calls of {{ $labels.source }} fail on key, "
            "signature, token or clock. " +
                codes));
  rules.push_back(
      about(alert("ApiCredentialFailing", "warning", "15m", ratio + " > 0"),
            "Some calls to {{ $labels.api_service }} are refused because of the key",
            "{{ $value | humanizePercentage }} of the calls of {{ $labels.source }} fail on key, "
            "signature, token or clock. " +
                codes));

  const auto clock = codes_with_remedies(catalog, [](const CatalogEntry& entry) {
    return entry.meaning.fault_domain == FaultDomain::kCredential &&
           has_any(entry.code, {"SignatureExpire", "RequestExpired", "TimeTooSkewed", "Timestamp",
                                "TimeStamp"});
  });
  rules.push_back(about(alert("ApiClockSkew", "warning", "", observed_within("10m", "600", clock)),
                        "The clock of a caller of {{ $labels.api_service }} is off",
                        "{{ $labels.source }} was refused with {{ $labels.code }}; last "
                        "{{ $value | humanizeDuration }} ago. " +
                            remedy_template(clock)));
}

void limit_alerts(const Catalog& catalog, std::vector<PrometheusRule>& rules) {
  const auto rate = common_codes(catalog, FaultDomain::kQuota, [](const CatalogEntry& entry) {
    return entry.meaning.retryable == Retryable::kBackoff && entry.code == class_of(entry.code);
  });
  rules.push_back(about(
      alert("ApiRateLimited", "warning", "10m",
            "sum without (instance, code) (\n"
            "  rate(apierrd_api_errors_by_code_total[10m])\n"
            "  * on (job, instance, api_service, code) group_left ()\n"
            "  apierrd_error_code_info{fault_domain=\"quota\", retryable=\"backoff\"}\n"
            ")\n"
            "/\n"
            "(sum without (instance, action) (rate(apierrd_api_calls_total[10m])) > 0)\n"
            "> 0.05"),
      "{{ $labels.api_service }} limits the rate of {{ $labels.source }}",
      "{{ $value | humanizePercentage }} of the calls exceed a limit on their frequency. " +
          (rate.empty() ? std::string("Pause longer after each refusal.") : rate.begin()->second)));

  const auto quota = common_codes(catalog, FaultDomain::kQuota, [](const CatalogEntry& entry) {
    return entry.meaning.retryable != Retryable::kBackoff;
  });
  rules.push_back(about(
      alert("ApiQuotaExceeded", "warning", "",
            fmt::format(
                "time() - max without (instance) (\n"
                "  max_over_time({}{{code!=\"other\"}}[30m]) > 0\n"
                "  and on (job, instance, api_service, code)\n"
                "  apierrd_error_code_info{{fault_domain=\"quota\", retryable!=\"backoff\"}}\n"
                ") < 1800",
                kObserved)),
      "Quota of {{ $labels.api_service }} used up: {{ $labels.code }}",
      "{{ $labels.source }} was refused, last {{ $value | humanizeDuration }} ago; to repeat the "
      "call does not help. " +
          remedy_template(quota, true)));
}

void unknown_alerts(std::vector<PrometheusRule>& rules) {
  rules.push_back(about(
      alert("ApiUndocumentedCode", "warning", "",
            "sum without (instance) (increase(apierrd_undocumented_errors_total[1h])) > 0"),
      "{{ $labels.api_service }} returns codes that no catalog knows",
      "{{ $labels.source }} got {{ printf \"%.0f\" $value }} such errors in one hour. Codes:"
      "{{ range printf \"max by (code) (apierrd_error_last_observed_timestamp_seconds{"
      "source=%q,api_service=%q} > time() - 3600 and on (job, instance, api_service, code) "
      "apierrd_undocumented_code_first_seen_timestamp_seconds)\" $labels.source "
      "$labels.api_service | query | sortByLabel \"code\" }} {{ .Labels.code }}{{ end }}. Read "
      "their messages in the log, decide what they mean, and add them to a catalog."));

  // Known before = above 0 at any time between an hour and a day ago; a counter that started anew
  // does not make everything new. A source that was not there a day ago is still being learned.
  rules.push_back(about(
      alert("ApiNewCode", "info", "",
            "max without (instance) (apierrd_api_errors_by_code_total{code!=\"other\"} > 0)\n"
            "unless\n"
            "max without (instance) (\n"
            "  max_over_time(apierrd_api_errors_by_code_total{code!=\"other\"}[1d:10m] offset 1h) "
            "> 0\n"
            ")\n"
            "and on (job, source)\n"
            "max without (instance) (max_over_time(apierrd_ingest_lines_total[1h] offset 1d) > 0)"),
      "First ever {{ $labels.code }} of {{ $labels.api_service }}",
      "{{ $labels.source }} had never got this code before this hour; {{ printf \"%.0f\" $value }} "
      "so far. Look for a deploy, a changed request or a change on the vendor's side. "
      "`apierrd codes {{ $labels.code }}` says what it means, if it is documented."));
}

// Pages when a large part of the budget of 30 days burns: 2 % in 1 h, 5 % in 6 h; a ticket for 10 %
// in 3 d. The short window lets it resolve soon after. A handful of failures is no burn, whatever
// their share of little traffic.
RuleGroup budget(const RulesOptions& options) {
  struct Tier {
    const char *severity, *hold, *factor, *long_window, *short_window;
  };
  const std::string ratio = "source_api_service:apierrd_vendor_errors_per_calls:ratio_rate";
  RuleGroup group{"apierrd.budget", "", {}};
  for (const Tier& tier : {Tier{"critical", "2m", "14.4", "1h", "5m"},
                           {"critical", "15m", "6", "6h", "30m"},
                           {"warning", "3h", "1", "3d", "6h"}}) {
    const std::string limit =
        fmt::format("({} * {:.6g})", tier.factor, (100 - options.objective_percent) / 100);
    PrometheusRule rule =
        about(alert("ApiVendorErrorBudgetBurn", tier.severity, tier.hold,
                    fmt::format("{0}{1} > {3}\n"
                                "and\n"
                                "{0}{2} > {3}\n"
                                "and\n"
                                "source_api_service:apierrd_vendor_errors:increase{1} >= 10",
                                ratio, tier.long_window, tier.short_window, limit)),
              "{{ $labels.api_service }} fails too often on the vendor's side",
              fmt::format(
                  "Of the calls of {{{{ $labels.source }}}} {{{{ $value | humanizePercentage }}}} "
                  "failed so over {}; the objective is that {:.6g} % do not. Retry reads with "
                  "growing pauses, hold back what can wait, look at the vendor's status page and "
                  "open a ticket with RequestIds.",
                  tier.long_window, options.objective_percent));
    rule.labels = {{"long", tier.long_window}, {"short", tier.short_window}};
    group.rules.push_back(std::move(rule));
  }
  return group;
}

}  // namespace

std::vector<RuleGroup> call_alerts(const Catalog& catalog, const RulesOptions& options) {
  RuleGroup calls{"apierrd.calls", "", {}};
  money_alerts(catalog, calls.rules);
  order_alerts(catalog, calls.rules);
  access_alerts(catalog, calls.rules);
  limit_alerts(catalog, calls.rules);
  unknown_alerts(calls.rules);
  return {std::move(calls), budget(options)};
}

}  // namespace apierrd
