#include "daemon/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "daemon/demo_log.h"
#include "daemon/log.h"
#include "parsers/call_parser.h"
#include "tests/support/padded.h"

namespace apierrd {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kMinimal = "sources:\n  - name: a\n    paths: [/var/log/a.log]\n";

std::string first_error(const std::string& text) {
  const ConfigOutcome outcome = parse_config(text, "/etc/x.yaml");
  return outcome.errors.empty() ? "(none)" : outcome.errors[0].text();
}

TEST(ParseConfig, EverythingHasADefaultButSources) {
  const ConfigOutcome outcome = parse_config(kMinimal, "/etc/x.yaml");
  ASSERT_TRUE(outcome.errors.empty()) << outcome.errors[0].text();
  EXPECT_EQ(outcome.config.sources[0].name, "a");
  EXPECT_EQ(outcome.config.web.port, 19877);
  EXPECT_EQ(outcome.config.products, (std::vector<std::string>{"billing"}));
  EXPECT_EQ(outcome.config.state_path, "/var/lib/apierrd/state.db");
  EXPECT_EQ(outcome.config.line_bytes, 1U << 20);
  EXPECT_THAT(first_error("products: [billing]\n"), HasSubstr("lacks 'sources'"));
  EXPECT_THAT(first_error(""), HasSubstr("must be a mapping"));
}

TEST(ParseConfig, ConnectionsOfTheWebSideAreLimited) {
  const auto with = [](const std::string& number) {
    return std::string(kMinimal) + "web: {connections: " + number + "}\n";
  };
  EXPECT_EQ(parse_config(kMinimal, "x").config.web.connections, 256U);
  EXPECT_EQ(parse_config(with("8"), "x").config.web.connections, 8U);
  EXPECT_EQ(parse_config(with("10000"), "x").config.web.connections, 10'000U);
  for (const char* beyond : {"7", "10001"})
    EXPECT_THAT(first_error(with(beyond)), HasSubstr("8 to 10000"));
}

TEST(ParseConfig, TextIsUtf8AndASourcesNameHoldsNoControlCharacters) {
  EXPECT_THAT(first_error("sources: [{name: \"a\xFF\", paths: [/x]}]\n"),
              HasSubstr("text is not UTF-8: /etc/x.yaml:1:18"));
  EXPECT_THAT(first_error("sources: [{name: \"a\\x01\", paths: [/x]}]\n"),
              HasSubstr("none of them for control"));
}

TEST(ParseConfig, ExampleOfTheContract) {
  const ConfigOutcome outcome = parse_config(
      "sources:\n  - name: payments\n    paths: [/var/log/payments/api*.log]\n"
      "    format: tencentcloud\nproducts: [billing]\nweb: {listen: \"127.0.0.1:19877\"}\n"
      "state: {path: /var/lib/apierrd/state.db}\n",
      "/etc/x.yaml");
  EXPECT_TRUE(outcome.errors.empty());
}

TEST(ParseConfig, AlertsAreSentNowhereByDefault) {
  const Config config = parse_config(kMinimal, "/etc/x.yaml").config;
  EXPECT_TRUE(config.alertmanager.urls.empty());
  EXPECT_EQ(config.alertmanager.dress.instance, kAutoInstance);
  EXPECT_EQ(config.alertmanager.dress.resend_ns, 60'000'000'000);
  EXPECT_EQ(config.alert_hold_ms, 86'400'000U);
}

TEST(ParseConfig, EveryKeyOfAlertmanager) {
  const ConfigOutcome outcome = parse_config(
      std::string(kMinimal) +
          "alertmanager:\n  urls: [\"http://a:9093\", \"https://b/am\"]\n  resend: 30s\n"
          "  hold: 2h\n  external_labels: {cluster: eu, replica: \"1\"}\n  instance: \"\"\n"
          "  runbooks: https://runbooks.example.com/apierrd\n",
      "/etc/x.yaml");
  ASSERT_TRUE(outcome.errors.empty()) << outcome.errors[0].text();
  const AlertmanagerOptions& options = outcome.config.alertmanager;
  EXPECT_EQ(options.urls, (std::vector<std::string>{"http://a:9093", "https://b/am"}));
  EXPECT_EQ(options.dress.resend_ns, 30'000'000'000);
  EXPECT_EQ(options.dress.instance, "");
  EXPECT_EQ(options.dress.external_labels.size(), 2U);
  EXPECT_EQ(options.dress.runbooks, "https://runbooks.example.com/apierrd");
  EXPECT_EQ(outcome.config.alert_hold_ms, 7'200'000U);
  std::string shown;
  for (const Setting& setting : outcome.config.settings) {
    if (setting.key.starts_with("alertmanager.")) shown += setting.key + "=" + setting.value + "|";
  }
  EXPECT_EQ(shown,
            "alertmanager.urls=http://a:9093, https://b/am|alertmanager.resend=30000ms|"
            "alertmanager.hold=7200000ms|alertmanager.external_labels=cluster=eu, replica=1|"
            "alertmanager.instance=|"
            "alertmanager.runbooks=https://runbooks.example.com/apierrd|");
}

TEST(ParseConfig, ComplaintsAboutAlertmanager) {
  const auto error = [](const std::string& section) {
    return first_error(std::string(kMinimal) + "alertmanager: {" + section + "}\n");
  };
  EXPECT_THAT(error("urls: [am:9093]"),
              AllOf(HasSubstr("/etc/x.yaml:4:22"), HasSubstr("http://host:9093")));
  EXPECT_THAT(error("urls: [\"http://u:hunter2@am\"]"),
              AllOf(HasSubstr("user or password"), testing::Not(HasSubstr("hunter2"))));
  EXPECT_THAT(error("urls: [\"http://a\", \"http://a\"]"), HasSubstr("there twice"));
  std::string nine;
  for (int i = 0; i < 9; ++i) nine += "\"http://a" + std::to_string(i) + "\",";
  EXPECT_THAT(error("urls: [" + nine + "]"), HasSubstr("at most 8"));
  EXPECT_THAT(error("resend: 500ms"), HasSubstr("resend"));
  EXPECT_THAT(error("hold: 31d"), HasSubstr("hold"));
  EXPECT_THAT(error("hold: 721h"), HasSubstr("hold"));
  EXPECT_THAT(error("external_labels: [a]"), HasSubstr("mapping of names"));
  EXPECT_THAT(error("external_labels: {a-b: x}"), HasSubstr("no name of a label"));
  EXPECT_THAT(error("external_labels: {source: x}"), HasSubstr("of their own"));
  EXPECT_THAT(error("external_labels: {a: \"\"}"), HasSubstr("needs a value"));
  EXPECT_THAT(error("external_labels: {a: [x]}"), HasSubstr("needs a value"));
  EXPECT_THAT(error("instance: \"" + std::string(129, 'x') + "\""), HasSubstr("instance"));
  EXPECT_THAT(error("runbooks: here"), HasSubstr("no page of runbooks"));
  EXPECT_THAT(error("url: x"), HasSubstr("did you mean 'urls'"));
}

TEST(ParseConfig, ComplaintsNameThePlaceAndAHint) {
  EXPECT_THAT(first_error(std::string(kMinimal) + "web: {lisen: 1}\n"),
              AllOf(HasSubstr("/etc/x.yaml:4:7"), HasSubstr("did you mean 'listen'")));
  EXPECT_THAT(first_error(std::string(kMinimal) + "web: {listen: nowhere}\n"),
              HasSubstr("/etc/x.yaml:4:15"));
  EXPECT_THAT(first_error(std::string(kMinimal) + "limits: {line_bytes: many}\n"),
              HasSubstr("whole number"));
  EXPECT_THAT(first_error(std::string(kMinimal) + "limits: {line_bytes: 1}\n"),
              HasSubstr("from 256"));
  EXPECT_THAT(first_error(std::string(kMinimal) + "reader: {sweep_interval: 5 parsecs}\n"),
              HasSubstr("duration"));
  EXPECT_THAT(first_error("sources: []\n"), HasSubstr("at least one"));
  EXPECT_THAT(first_error("sources: [{name: a, paths: [x], format: csv}]\n"),
              HasSubstr("tencentcloud"));
  EXPECT_THAT(first_error("sources: [{name: a, paths: [x], fields: {time: ts}}]\n"),
              HasSubstr("JSON Pointer"));
  EXPECT_THAT(first_error("sources: [{name: a, paths: [x]}, {name: a, paths: [y]}]\n"),
              HasSubstr("twice"));
  EXPECT_THAT(first_error("sources: {}\n"), HasSubstr("must be a list"));
}

TEST(ParseConfig, LimitsOfASourceAtTheirEdges) {
  const auto error = [](const std::string& keys) {
    const ConfigOutcome outcome =
        parse_config("sources: [{name: a, paths: [x], " + keys + "}]\n", "/etc/x.yaml");
    return outcome.errors.empty() ? std::string() : outcome.errors[0].text();
  };
  for (const char* good :
       {"join_lines: 2", "join_lines: 100000", "max_silence: 1s", "max_silence: 744h",
        "format: auto, wrapper: [syslog, docker, cri, journald]"}) {
    EXPECT_EQ(error(good), "") << good;
  }
  EXPECT_THAT(error("max_silence: 999ms"), HasSubstr("from 1s to 744h"));
  EXPECT_THAT(error("max_silence: 745h"), HasSubstr("max_silence"));
  EXPECT_THAT(error("join_lines: 1"), HasSubstr("from 2 to 100000"));
  EXPECT_THAT(error("join_lines: 100001"), HasSubstr("from 2 to 100000"));
  EXPECT_THAT(error("wrapper: [syslog, docker, cri, journald, syslog]"), HasSubstr("at most 4"));
}

TEST(ParseConfig, WhatStandsInRulesHasANarrowAlphabet) {
  const auto parse = [](const std::string& keys) {
    return parse_config(std::string(kMinimal) + "rules: {" + keys + "}\n", "/etc/x.yaml");
  };
  const ConfigOutcome good =
      parse("job: shop/api, runbooks: 'https://wiki/x?y=1/', objective: 99.95, team: a@b");
  ASSERT_TRUE(good.errors.empty()) << good.errors[0].text();
  EXPECT_EQ(good.config.rules.job, "shop/api");
  EXPECT_EQ(good.config.rules.runbooks, "https://wiki/x?y=1");
  EXPECT_EQ(good.config.rules.objective_percent, 99.95);
  EXPECT_EQ(good.config.rules.team, "a@b");
  for (const char* fine : {"objective: 50", "objective: 99.999", "team: ''"}) {
    EXPECT_TRUE(parse(fine).errors.empty()) << fine;
  }
  for (const char* bad :
       {"job: 'a\"b'", "job: ''", "job: 'a b'", "team: '{{ x }}'", "runbooks: ''",
        "runbooks: \"a\\nb\"", "objective: 100", "objective: 49.9", "objective: many",
        "objective: nan", "objective: 99.5x", "objective: 1e2"}) {
    const ConfigOutcome outcome = parse(bad);
    ASSERT_EQ(outcome.errors.size(), 1U) << bad;
    EXPECT_THAT(outcome.errors[0].text(), HasSubstr("/etc/x.yaml:4:")) << bad;
  }
}

TEST(ParseConfig, AllComplaintsAtOnce) {
  const ConfigOutcome outcome = parse_config("sources: [{name: a}]\nfoo: 1\nbar: 2\n", "x");
  EXPECT_EQ(outcome.errors.size(), 3U);
}

TEST(ParseConfig, RelativePathsCountFromItsFolder) {
  const ConfigOutcome outcome = parse_config(
      "sources: [{name: a, paths: [logs/*.log]}]\nstate: {path: s.db}\n", "/etc/a/x.yaml");
  EXPECT_EQ(outcome.config.sources[0].paths[0], "/etc/a/logs/*.log");
  EXPECT_EQ(outcome.config.state_path, "/etc/a/s.db");
}

TEST(ParseConfig, FieldMap) {
  const ConfigOutcome outcome = parse_config(
      "sources:\n  - name: a\n    paths: x\n    fields:\n      response: [/out, /res/0]\n"
      "      time_format: epoch_ms\n      latency_unit: s\n",
      "/x.yaml");
  ASSERT_TRUE(outcome.errors.empty()) << outcome.errors[0].text();
  const LogFormat& format = outcome.config.sources[0].log_format.formats[0];
  const JsonShape& shape = format.json[0];
  EXPECT_EQ(shape.payload.size(), 2U);
  EXPECT_EQ(shape.payload[1].tokens, (std::vector<std::string>{"res", "0"}));
  EXPECT_EQ(format.time_format, TimeFormat::kEpochMilliseconds);
  EXPECT_EQ(format.latency_unit, TimeUnit::kSecond);
  EXPECT_EQ(shape.service[0].at.text, "/service");
}

// The plan is made of the fields as they are configured.
TEST(ParseConfig, LinesAreSkimmedForTheConfiguredFields) {
  const std::string sources =
      "sources:\n  - name: a\n    paths: x\n    fields: {action: /op, response: /out}\n";
  const test::Padded line(R"({"action":"No","op":"Op","out":{"Response":{}},"response":{}})");
  for (const std::string skim : {"", "reader: {skim: true}\n", "reader: {skim: false}\n"}) {
    const ConfigOutcome outcome = parse_config(sources + skim, "/x.yaml");
    ASSERT_TRUE(outcome.errors.empty()) << outcome.errors[0].text();
    const SourceFormat& format = outcome.config.sources[0].log_format;
    EXPECT_EQ(format.skim == nullptr, skim == "reader: {skim: false}\n");
    CallParser parser(SkimKernel::kPortable);
    EXPECT_EQ(parser.skim_line(line.view(), format, 1000) != 0, format.skim != nullptr);
    ASSERT_EQ(parser.parse(line.view(), format), Verdict::kRecord);
    EXPECT_EQ(parser.call().action, "Op");
  }
  EXPECT_THAT(first_error(sources + "reader: {skim: maybe}\n"), HasSubstr("true or false"));
}

TEST(ParseConfig, SettingsSayWhereTheyComeFrom) {
  const ConfigOutcome outcome =
      parse_config(std::string(kMinimal) + "log: {level: debug}\n", "/x.yaml");
  bool seen = false;
  for (const Setting& setting : outcome.config.settings) {
    if (setting.key != "log.level") continue;
    seen = true;
    EXPECT_EQ(setting.value, "debug");
    EXPECT_EQ(setting.origin, "/x.yaml:4:14");
  }
  EXPECT_TRUE(seen);
}

class LoadConfig : public testing::Test {
 protected:
  LoadConfig() {
    std::string pattern = (std::filesystem::temp_directory_path() / "apierrd-conf-XXXXXX").string();
    folder = ::mkdtemp(pattern.data());
  }
  ~LoadConfig() override { std::filesystem::remove_all(folder); }

  LoadedConfig load(const std::string& more) {
    std::ofstream(folder + "/x.yaml") << kMinimal << more;
    return load_config(folder + "/x.yaml");
  }

  std::string folder;
};

TEST_F(LoadConfig, ProductsOfTheWholeVendor) {
  EXPECT_TRUE(load("products: [billing, cvm]\n").errors.empty());
  const LoadedConfig loaded = load("products: [bilingg]\n");
  ASSERT_EQ(loaded.errors.size(), 1U);
  EXPECT_THAT(loaded.errors[0].text(), AllOf(HasSubstr("no catalog documents product 'bilingg'"),
                                             HasSubstr("the nearest known: billing")));
  EXPECT_LT(loaded.errors[0].text().size(), 200U);
}

TEST_F(LoadConfig, AFileOfVendorCodesOfTheUsersOwn) {
  const std::string config = "products: [mine]\ncatalogs: {vendor_codes: own.codes}\n";
  EXPECT_THAT(load(config).errors.at(0).text(), HasSubstr(folder + "/own.codes"));
  std::ofstream(folder + "/own.codes")
      << "apierrd-codes 1\nvendor tencentcloud\nsource s\ncodes 1\n"
         "My.Code\nservice mine v -\nc 0\nend\n";
  const LoadedConfig loaded = load(config);
  ASSERT_TRUE(loaded.errors.empty()) << loaded.errors[0].text();
  EXPECT_TRUE(loaded.catalog->classify("mine", "A", "My.Code").documented());
  EXPECT_FALSE(loaded.catalog->has_product("cvm"));
  std::ofstream(folder + "/own.codes") << "apierrd-codes 1\nvendor aws\n";
  EXPECT_THAT(load(config).errors.at(0).text(), HasSubstr("own.codes:2"));
}

TEST(DemoLog, TheSameSeedGivesTheSameLines) {
  DemoLog a(7), b(7), c(8);
  const std::string first = a.line(1'795'424'400'000'000'000);
  EXPECT_EQ(first, b.line(1'795'424'400'000'000'000));
  EXPECT_NE(first, c.line(1'795'424'400'000'000'000));
}

TEST(Printable, ControlCharactersAreVisible) {
  EXPECT_EQ(printable("a\x1b[31mb\n\x7F"), "a\\x1b[31mb\\x0a\\x7f");
}

}  // namespace
}  // namespace apierrd
