// Any bytes as a configuration, with any bytes as a file in its folder of formats: complaints, each
// with its place, or a configuration within its limits, the same at each reading. Reading asks for
// no file but the folder it names, and what it says of the rules becomes valid YAML.
//
// The input: the configuration; from a line `%%%` on, the file in the folder of formats.
#include "daemon/config.h"

#include <set>
#include <string>

#include "exporters/label_text.h"
#include "parsers/yaml_tree.h"
#include "tests/support/fuzz_input.h"

using namespace apierrd;

namespace {

constexpr char kFile[] = "/etc/apierrd/fuzz.yaml";

ConfigOutcome read(const std::string& text, const std::string& format_file) {
  return parse_config(text, kFile, [&](const std::string& folder, std::vector<Error>& errors) {
    REQUIRE(folder.starts_with('/') && errors.size() < 1'000'000);
    return std::vector<NamedText>{{folder + "/fuzz.yaml", format_file}};
  });
}

void check_sources(const Config& config) {
  REQUIRE(!config.sources.empty());
  std::set<std::string> names;
  for (const SourceConfig& source : config.sources) {
    REQUIRE(!source.name.empty() && source.name.size() <= 64);
    REQUIRE(safe_label_value(source.name) == source.name);
    REQUIRE(names.insert(source.name).second);
    REQUIRE(!source.paths.empty());
    for (const std::string& path : source.paths) REQUIRE(path.empty() || path.front() == '/');
    REQUIRE(!source.log_format.formats.empty());
    REQUIRE(source.log_format.framing.wrappers.size() <= 4);
  }
}

void check_limits(const Config& config) {
  REQUIRE(config.line_bytes >= 256 && config.line_bytes <= 64U << 20);
  REQUIRE(config.web.threads >= 1 && config.web.threads <= 64);
  REQUIRE(config.web.port >= 0 && config.web.port <= 65535);
  REQUIRE(config.reader_threads >= 1 && config.reader_threads <= 64);
  REQUIRE(config.limits.services >= 1 && config.limits.call_series <= 1'000'000);
  REQUIRE(config.alertmanager.urls.size() <= kAlertmanagersMax);
  REQUIRE(config.rules.objective_percent >= 50 && config.rules.objective_percent < 100);
}

// A rule with all that the configuration may say.
void check_rules(const RulesOptions& options) {
  PrometheusRule rule;
  rule.name = "A";
  rule.expr = "up{job=\"" + options.job + "\"} == 0";
  rule.severity = "warning";
  rule.summary = rule.description = "d";
  rule.runbook = "api";
  const std::string rules = render_rules({{"g", "", {rule}}}, options);
  const Result<YamlTree> read = parse_yaml(rules, "rules.yml");
  REQUIRE(read.has_value() && read->root.kind == YamlValue::Kind::kMap);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;  // yaml-cpp is slow on megabytes of brackets, and that is no finding
  const std::string all(reinterpret_cast<const char*>(data), size);
  const std::size_t mark = all.find("\n%%%\n");
  const std::string text = all.substr(0, mark);
  const std::string file = mark == std::string::npos ? "" : all.substr(mark + 5);
  const ConfigOutcome outcome = read(text, file), again = read(text, file);
  REQUIRE(outcome.errors.size() == again.errors.size());
  REQUIRE(outcome.config.settings.size() == again.config.settings.size());
  for (std::size_t i = 0; i < outcome.config.settings.size(); ++i) {
    const Setting &one = outcome.config.settings[i], &other = again.config.settings[i];
    REQUIRE(one.key == other.key && one.value == other.value && one.origin == other.origin);
  }
  for (const Error& error : outcome.errors) {
    REQUIRE(!error.what.empty() && error.where.find("fuzz.yaml") != std::string::npos);
  }
  if (!outcome.errors.empty()) return 0;
  check_sources(outcome.config);
  check_limits(outcome.config);
  check_rules(outcome.config.rules);
  return 0;
}
