// What of the catalog goes into the rules, and how; e2e.rules tests the rules as a whole.
#include "exporters/alert_rules.h"

#include <gmock/gmock.h>

#include <set>
#include <string>

#include "exporters/rule_codes.h"

namespace apierrd {
namespace {

using testing::HasSubstr;
using testing::Not;

const Catalog& catalog() {
  static const Catalog kCatalog = builtin_catalog();
  return kCatalog;
}

TEST(AlertRules, EveryCodeAboutTheAccountsAffairsIsInOneAlert) {
  const std::vector<RuleGroup> groups = call_alerts(catalog(), {});
  for (const CatalogEntry* entry : catalog().entries()) {
    if (entry->meaning.fault_domain != FaultDomain::kBusiness) continue;
    const std::string wanted = code_matcher({{entry->code, ""}, {"~", ""}});
    const std::string text = wanted.substr(7, wanted.size() - 7 - 3);  // between =~" and |~"
    std::set<std::string> alerts;
    for (const PrometheusRule& rule : groups.at(0).rules) {
      for (const char* before : {"\"", "|"}) {
        for (const char* after : {"\"", "|"}) {
          if (rule.expr.find(before + text + after) != std::string::npos) alerts.insert(rule.name);
        }
      }
    }
    EXPECT_EQ(alerts.size(), 1U) << entry->code << " as " << text;
  }
}

// The matchers are made of curated entries; a rule stands for codes nobody has listed.
TEST(AlertRules, NoRuleOfTheCatalogPagesOrIsOutsideOfTheObjective) {
  for (const ClassificationRule& rule : catalog().rules().rules()) {
    EXPECT_FALSE(rule.meaning.event_page) << rule.name;
    EXPECT_TRUE(rule.meaning.slo) << rule.name;
  }
}

TEST(RuleCodes, OneCodeIsComparedAndSeveralAreMatched) {
  EXPECT_EQ(code_matcher({{"A.B", ""}}), R"(code="A.B")");
  EXPECT_EQ(code_matcher({{"A.B", ""}, {"C", ""}}), R"(code=~"A\\.B|C")");
  EXPECT_EQ(code_exclusion({{"A.B", ""}, {"C", ""}}), R"(code!~"A\\.B|C")");
  EXPECT_EQ(code_exclusion({}), "");
}

TEST(RuleCodes, RemediesAreDataNotTemplates) {
  EXPECT_EQ(remedy_template({{"A", "Say {{ .Danger }}.\n Then  wait."}}),
            "Say { { .Danger }}. Then wait.");
  const std::string two = remedy_template({{"A", "Run."}, {"B", "Wait."}, {"C", "Run."}});
  EXPECT_THAT(two, HasSubstr(R"({{ if eq $labels.code "A" "C" }}Run.)"));
  EXPECT_THAT(two, HasSubstr("{{ else }}`apierrd codes {{ $labels.code }}`"));
  EXPECT_THAT(remedy_template({}, true), Not(HasSubstr("if eq")));
}

TEST(RulesYaml, TextsAreWrappedAndQuoted) {
  PrometheusRule rule;
  rule.name = "It";
  rule.expr = "a\nand\nb";
  rule.severity = "info";
  rule.labels = {{"of", "it's"}};
  rule.summary = "s";
  rule.description = std::string(60, 'd') + " " + std::string(60, 'e');
  rule.runbook = "api";
  RulesOptions options;
  options.runbooks = "https://wiki";
  const std::string text = render_rules({{"g", "30s", {rule}}}, options);
  EXPECT_THAT(text, HasSubstr("  - name: g\n    interval: 30s\n    rules:\n      - alert: It\n"));
  EXPECT_THAT(text, HasSubstr("        expr: |-\n          a\n          and\n          b\n"));
  EXPECT_THAT(text, HasSubstr("          of: 'it''s'\n"));
  EXPECT_THAT(text, HasSubstr("dd\n            ee"));
  EXPECT_THAT(text, HasSubstr("runbook_url: 'https://wiki/api.md#it'\n"));
  EXPECT_THAT(text, Not(HasSubstr("for:")));
}

}  // namespace
}  // namespace apierrd
