// Groups of rules as YAML that people read, too: expressions as they are, texts wrapped.
#include "exporters/alert_rules.h"
#include "parsers/ascii.h"

namespace apierrd {

namespace {

constexpr std::size_t kColumns = 110;
constexpr std::string_view kHead =
    "# Recording and alerting rules, written by `apierrd rules`: change what that reads "
    "(catalogs,\n"
    "# the section `rules` of a configuration), not this file. docs/runbooks explains each alert.\n"
    "groups:\n";

// 'a''b': nothing but the quote itself means anything between single quotes.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

void append_lines(std::string& out, std::string_view text, std::string_view indent) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out.append(indent).append(text.substr(0, end)).append("\n");
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

// A folded text: each line end is read as one blank.
void append_wrapped(std::string& out, std::string_view text, const std::string& indent) {
  std::string line;
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    const std::string_view word = text.substr(0, blank);
    if (!line.empty() && indent.size() + line.size() + 1 + word.size() > kColumns) {
      out.append(indent).append(line).append("\n");
      line.clear();
    }
    line.append(line.empty() ? "" : " ").append(word);
    if (blank == std::string_view::npos) break;
    text.remove_prefix(blank + 1);
  }
  out.append(indent).append(line).append("\n");
}

std::string runbook_url(const PrometheusRule& rule, const RulesOptions& options) {
  std::string url = options.runbooks + "/" + rule.runbook + ".md#";
  for (const char c : rule.name) url += to_lower(c);
  return url;
}

void append_alert(std::string& out, const PrometheusRule& rule, const RulesOptions& options) {
  const std::string indent(8, ' ');
  if (!rule.hold.empty()) out.append(indent).append("for: ").append(rule.hold).append("\n");
  out.append(indent).append("labels:\n");
  std::vector<std::pair<std::string, std::string>> labels{{"severity", rule.severity}};
  labels.insert(labels.end(), rule.labels.begin(), rule.labels.end());
  if (!options.team.empty()) labels.emplace_back("team", options.team);
  for (const auto& [name, value] : labels) {
    out.append(indent).append("  ").append(name).append(": ").append(quoted(value)).append("\n");
  }
  out.append(indent).append("annotations:\n");
  for (const auto& [name, text] :
       {std::pair{"summary", &rule.summary}, {"description", &rule.description}}) {
    out.append(indent).append("  ").append(name).append(": >-\n");
    append_wrapped(out, *text, indent + "    ");
  }
  out.append(indent).append("  runbook_url: ").append(quoted(runbook_url(rule, options)));
  out.append("\n");
}

}  // namespace

std::string render_rules(const std::vector<RuleGroup>& groups, const RulesOptions& options) {
  std::string out(kHead);
  for (const RuleGroup& group : groups) {
    out.append("  - name: ").append(group.name).append("\n");
    if (!group.interval.empty()) out.append("    interval: ").append(group.interval).append("\n");
    out.append("    rules:\n");
    for (const PrometheusRule& rule : group.rules) {
      out.append(rule.alert ? "      - alert: " : "      - record: ").append(rule.name);
      out.append("\n        expr: |-\n");
      append_lines(out, rule.expr, "          ");
      if (rule.alert) append_alert(out, rule, options);
    }
  }
  return out;
}

}  // namespace apierrd
