#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "daemon/commands.h"
#include "daemon/log.h"
#include "daemon/version.h"

namespace apierrd {

namespace {

// CLI11's own text, with our exit codes: 0 for --help and --version, else usage.
int finish(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  std::cerr << "apierrd: " << error.what() << ": see apierrd --help\n";
  return kExitUsage;
}

}  // namespace

int report(const Error& error) {
  std::cerr << "apierrd: " << printable(error.text()) << "\n";
  return error.kind == ErrorKind::kInvalid ? kExitUsage : kExitEnvironment;
}

int report(const std::vector<Error>& errors) {
  int code = kExitFine;
  for (const Error& error : errors) code = std::max(code, report(error));
  return code;
}

int run_apierrd(int argc, char** argv) {
  CLI::App app{"Counts API failures in call logs by the vendor's documented error codes and exports\n"
               "them to Prometheus."};
  app.set_version_flag("--version", std::string("apierrd ") + kVersion);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 fine, 1 findings, 2 usage or configuration, 3 environment.");
  int code = kExitFine;

  std::string config;
  const auto with_config = [&config](CLI::App* command, bool required) {
    auto* option = command->add_option("--config", config, "configuration file (YAML)");
    if (required) option->required();
  };

  CLI::App* run = app.add_subcommand("run", "run the daemon");
  with_config(run, true);
  run->footer("Example: apierrd run --config /etc/apierrd/apierrd.yaml");
  run->callback([&] { code = run_command(config); });

  bool effective = false;
  CLI::App* check = app.add_subcommand("check", "validate configuration and catalogs");
  with_config(check, true);
  check->add_flag("--effective", effective, "print every value in effect and its origin");
  check->footer("Example: apierrd check --config apierrd.yaml --effective");
  check->callback([&] { code = check_command(config, effective); });

  ReplayOptions replay_options;
  CLI::App* replay = app.add_subcommand("replay", "count whole log files once and print the result");
  with_config(replay, false);
  replay->add_option("--source", replay_options.source, "source whose format the files have");
  replay->add_option("--output", replay_options.output, "default: table on a terminal, else json")
      ->check(CLI::IsMember({"table", "json", "prometheus", "openmetrics"}));
  replay->add_option("FILE", replay_options.files, "log files; - is standard input, .gz and .zst are read")
      ->required();
  replay->footer("Example: zcat api.log.*.gz | apierrd replay --output json -");
  replay->callback([&] {
    replay_options.config_path = config;
    code = replay_command(replay_options);
  });

  std::string line = "-";
  std::string source;
  CLI::App* explain = app.add_subcommand("explain", "show how a log line is understood");
  with_config(explain, false);
  explain->add_option("--source", source, "source whose format the line has");
  explain->add_option("LINE", line, "the line, or - to read lines from standard input");
  explain->footer("Example: tail -1 api.log | apierrd explain -");
  explain->callback([&] { code = explain_command(config, source, line); });

  std::string pattern;
  std::string output = "table";
  CLI::App* codes = app.add_subcommand("codes", "look up documented error codes");
  with_config(codes, false);
  codes->add_option("PATTERN", pattern, "part of a code, in any case");
  codes->add_option("--output", output, "table or json")->check(CLI::IsMember({"table", "json"}));
  codes->footer("Example: apierrd codes Balance");
  codes->callback([&] { code = codes_command(config, pattern, output); });

  DemoOptions demo_options;
  CLI::App* demo = app.add_subcommand("demo", "write a made-up API call log and run the daemon on it");
  demo->add_option("--dir", demo_options.folder, "where to put log and state; default: a new folder");
  demo->add_option("--listen", demo_options.listen, "address of the page and /metrics");
  demo->add_option("--seed", demo_options.seed, "the same seed gives the same calls");
  demo->add_option("--rate", demo_options.lines_per_second, "calls logged per second")
      ->check(CLI::Range(1, 100'000));
  demo->add_option("--write", demo_options.write_file, "only write a log file, then exit; - is standard output");
  demo->add_option("--lines", demo_options.lines, "lines of that file");
  demo->footer("Example: apierrd demo, then open http://127.0.0.1:19877/");
  demo->callback([&] { code = demo_command(demo_options); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return finish(app, error);
  } catch (const std::exception& error) {  // out of memory and the like
    std::cerr << "apierrd: " << error.what() << "\n";
    return kExitEnvironment;
  }
  return code;
}

}  // namespace apierrd
