#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>

#include "daemon/command_line.h"
#include "daemon/commands.h"
#include "daemon/journal.h"
#include "daemon/log.h"
#include "daemon/version.h"
#include "parsers/mask_secrets.h"

namespace apierrd {

namespace {

// For all threads. Snapshots and pages are large, short-lived, and made by one thread and dropped
// by another: with a heap for each thread they would take a third more memory. And the others'
// heaps grow by a page at a time, for each of which all threads wait that take new memory. Against
// it stands that threads wait for each other where each line makes a row: above 4,096 rows of one
// source. (Heaps that are begun larger, M_TOP_PAD, made `replay` of several files slower by 7 %.)
void keep_one_heap() {
#ifdef __GLIBC__
  ::mallopt(M_ARENA_MAX, 1);
#endif
}

// CLI11's own text, with our exit codes: 0 for --help and --version, else usage.
int finish(const CLI::App& app, const CLI::ParseError& error, int argc, char** argv) {
  if (error.get_exit_code() == 0) return app.exit(error);
  std::string what = error.what();
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands().empty()) {
    what = "no command is named '" + printable(argv[1]) + "'";
  }
  std::cerr << journal_mark(STDERR_FILENO, kJournalError) << "apierrd: " << what
            << ": see apierrd --help\n";
  return kExitUsage;
}

}  // namespace

int report(const Error& error) {
  std::cerr << journal_mark(STDERR_FILENO, kJournalError)
            << "apierrd: " << printable(mask_url_passwords(error.text())) << "\n";
  return error.kind == ErrorKind::kInvalid ? kExitUsage : kExitEnvironment;
}

int report(const std::vector<Error>& errors) {
  int code = kExitFine;
  for (const Error& error : errors) code = std::max(code, report(error));
  return code;
}

namespace {

// Everything the options can say; each command uses its part.
struct Arguments {
  std::string config;
  bool effective = false;
  std::string line = "-";
  std::string source;
  std::string format;
  bool join_json = false;
  std::string audit_output = "table";
  std::string rules_only;
  ReplayOptions replay;
  CodesOptions codes;
  TopCommandOptions top;
  DemoOptions demo;
  std::string generated;
};

CLI::Option* add_config(CLI::App& command, Arguments& arguments) {
  return command.add_option("--config", arguments.config, "configuration file (YAML)")
      ->type_name("FILE");
}

void add_run(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* run = app.add_subcommand("run", "run the daemon");
  add_config(*run, arguments)->required();
  run->footer("Example: apierrd run --config /etc/apierrd/apierrd.yaml");
  run->callback([&] { code = run_command(arguments.config); });
}

void add_check(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* check = app.add_subcommand("check", "validate configuration and catalogs");
  add_config(*check, arguments)->required();
  check->add_flag("--effective", arguments.effective, "print every value in effect and its origin");
  check->footer("Example: apierrd check --config apierrd.yaml --effective");
  check->callback([&] { code = check_command(arguments.config, arguments.effective); });
}

void add_audit(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* audit =
      app.add_subcommand("audit", "show that every byte of the logs is accounted for");
  add_config(*audit, arguments)->required();
  audit->add_option("--output", arguments.audit_output, "how to print the result")
      ->check(CLI::IsMember({"table", "json"}));
  audit->footer("Example: apierrd audit --config /etc/apierrd/apierrd.yaml");
  audit->callback([&] { code = audit_command(arguments.config, arguments.audit_output); });
}

void add_replay(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* replay =
      app.add_subcommand("replay", "count whole log files once and print the result");
  ReplayOptions& options = arguments.replay;
  add_config(*replay, arguments);
  replay->add_option("--source", options.source, "source whose format the files have")
      ->type_name("NAME");
  replay->add_option("--format", options.format, "format to read them in, or auto")
      ->type_name("NAME");
  replay->add_flag("--join-json", options.join_json, "join documents printed over several lines");
  replay->add_option("--output", options.output, "default: table on a terminal, else json")
      ->check(CLI::IsMember({"table", "json", "prometheus", "openmetrics"}));
  replay->add_option("FILE", options.files, "log files; - is standard input, .gz and .zst are read")
      ->required();
  replay->footer("Example: zcat api.log.*.gz | apierrd replay --output json -");
  replay->callback([&] {
    options.config_path = arguments.config;
    code = replay_command(options);
  });
}

void add_explain(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* explain = app.add_subcommand("explain", "show how a log line is understood");
  add_config(*explain, arguments);
  explain->add_option("--source", arguments.source, "source whose format the line has")
      ->type_name("NAME");
  explain->add_option("--format", arguments.format, "format to read it in, or auto")
      ->type_name("NAME");
  explain->add_flag("--join-json", arguments.join_json,
                    "join documents printed over several lines");
  explain->add_option("LINE", arguments.line, "the line, or - to read lines from standard input");
  explain->footer("Example: tail -1 api.log | apierrd explain -");
  explain->callback([&] {
    code = explain_command(arguments.config, arguments.source, arguments.format,
                           arguments.join_json, arguments.line);
  });
}

void add_codes(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* codes = app.add_subcommand("codes", "look up documented error codes");
  add_config(*codes, arguments);
  CodesOptions& options = arguments.codes;
  codes->add_option("PATTERN", options.pattern,
                    "part of a code, in any case; billing/ before it narrows to that product");
  codes->add_option("--product", options.product, "only this product's codes")->type_name("NAME");
  codes->add_flag("--actions", options.actions, "also which actions may return each code");
  codes->add_option("--output", options.output, "how to print the result")
      ->check(CLI::IsMember({"table", "json"}));
  codes->footer("Example: apierrd codes Balance");
  codes->callback([&] {
    options.config_path = arguments.config;
    code = codes_command(options);
  });
}

void add_rules(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* rules =
      app.add_subcommand("rules", "print recording and alerting rules for Prometheus");
  add_config(*rules, arguments);
  rules->add_option("--only", arguments.rules_only, "only these; default: both")
      ->check(CLI::IsMember({"recording", "alerting"}));
  rules->footer("Example: apierrd rules > /etc/prometheus/rules/apierrd.rules.yml");
  rules->callback([&] { code = rules_command(arguments.config, arguments.rules_only); });
}

void add_top(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* top = app.add_subcommand("top", "show in the terminal what a running daemon sees");
  TopCommandOptions& options = arguments.top;
  HttpTarget& target = options.target;
  top->add_option("--url", target.url, "where the daemon answers; default: its own default")
      ->type_name("URL");
  top->add_option("--ca", target.ca_file,
                  "who certifies it, for https (PEM); default: the system's")
      ->type_name("FILE");
  top->add_flag("--insecure", target.insecure,
                "believe any certificate; send passwords unencrypted");
  CLI::Option* const cert =
      top->add_option("--cert", target.cert_file, "our certificate, if it asks for one (PEM)")
          ->type_name("FILE");
  CLI::Option* const key =
      top->add_option("--key", target.key_file, "its key (PEM)")->type_name("FILE");
  cert->needs(key), key->needs(cert);
  CLI::Option* const user =
      top->add_option("--user", target.user, "who asks, if it wants to know")->type_name("NAME");
  CLI::Option* const password =
      top->add_option("--password-file", options.password_file, "a file with that user's password")
          ->type_name("FILE");
  user->needs(password), password->needs(user);
  top->add_option("--interval", options.interval_ms, "how often to ask it: 500ms, 2s, 1m")
      ->transform(CLI::AsNumberWithUnit(
          std::map<std::string, std::uint64_t>{{"ms", 1}, {"s", 1'000}, {"m", 60'000}},
          CLI::AsNumberWithUnit::UNIT_REQUIRED, "TIME"))
      ->check(CLI::Range(100, 3'600'000));
  top->add_flag("--once", options.once, "print once and end, as into a pipe");
  top->footer("Keys: q quit, s sort, m messages. Example: apierrd top --interval 5s");
  top->callback([&] { code = top_command(options); });
}

void add_demo(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* demo =
      app.add_subcommand("demo", "write a made-up API call log and run the daemon on it");
  DemoOptions& options = arguments.demo;
  demo->add_option("--dir", options.folder, "where to put log and state; default: a new folder")
      ->type_name("FOLDER");
  demo->add_option("--listen", options.listen, "address of the page and /metrics")
      ->type_name("ADDRESS");
  demo->add_option("--seed", options.seed, "the same seed gives the same calls")
      ->type_name("NUMBER")
      ->check(CLI::Range(0, 1'000'000'000));
  demo->add_option("--rate", options.lines_per_second, "calls logged per second")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 100'000));
  demo->add_option("--write", options.write_file,
                   "only write a log file, then exit; - is standard output")
      ->type_name("FILE");
  demo->add_option("--lines", options.lines, "lines of that file")
      ->type_name("NUMBER")
      ->check(CLI::Range(0, 1'000'000'000));
  demo->footer("Example: apierrd demo, then open http://127.0.0.1:19877/");
  demo->callback([&] { code = demo_command(options); });
}

void add_generate(CLI::App& app, Arguments& arguments, int& code) {
  CLI::App* generate = app.add_subcommand("generate", "write manual pages and shell completion");
  generate->group("");  // hidden: it is for the build
  generate->add_option("FOLDER", arguments.generated, "where to write them")->required();
  generate->callback([&] { code = generate_command(arguments.generated); });
}

// The whole command line; parsing it runs the command and sets `code`.
void define(CLI::App& app, Arguments& arguments, int& code) {
  app.name("apierrd");
  app.description(
      "Counts API failures in call logs by the vendor's documented error codes and exports\n"
      "them to Prometheus.");
  app.set_version_flag("--version", std::string("apierrd ") + kVersion);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 fine, 1 findings, 2 usage or configuration, 3 environment.");
  for (const auto add : {add_run, add_check, add_audit, add_replay, add_explain, add_codes,
                         add_rules, add_top, add_demo, add_generate}) {
    add(app, arguments, code);
  }
}

// CLI11 joins what an option takes with what its checks say of themselves: "TEXT:{table,json}",
// "NUMBER:INT in [0 - 9]".
void describe_type(const std::string& type, OptionText& text) {
  const std::size_t colon = type.find(':');
  text.value = type.substr(0, colon);
  if (colon == std::string::npos) return;
  const std::string checks = type.substr(colon + 1);
  if (checks.starts_with('{') && checks.ends_with('}')) {
    text.choices = CLI::detail::split(checks.substr(1, checks.size() - 2), ',');
  } else if (const std::size_t range = checks.find('['); range != std::string::npos) {
    text.limits = "a value from " + checks.substr(range + 1, checks.find(']') - range - 1);
    text.limits.replace(text.limits.find(" - "), 3, " to ");
  }
}

OptionText describe(const CLI::Option& option) {
  OptionText text;
  for (const std::string& name : option.get_snames()) text.flags.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) text.flags.push_back("--" + name);
  text.description = option.get_description();
  text.required = option.get_required();
  if (option.get_positional()) {
    text.value = option.get_name(true);
    text.many = option.get_items_expected_max() > 1;
  } else if (option.get_items_expected_max() > 0) {
    describe_type(option.get_type_name(), text);
  }
  return text;
}

CommandText describe(const CLI::App& app) {
  CommandText text{app.get_name(), app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* option : app.get_options()) text.options.push_back(describe(*option));
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_group().empty()) text.commands.push_back(describe(*command));
  }
  return text;
}

}  // namespace

CommandText describe_command_line() {
  CLI::App app;
  Arguments arguments;
  int code = kExitFine;
  define(app, arguments, code);
  return describe(app);
}

int run_apierrd(int argc, char** argv) {
  keep_one_heap();
  CLI::App app;
  Arguments arguments;
  int code = kExitFine;
  define(app, arguments, code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return finish(app, error, argc, argv);
  } catch (const std::exception& error) {  // out of memory and the like
    std::cerr << "apierrd: " << error.what() << "\n";
    return kExitEnvironment;
  }
  std::cout.flush();
  if (std::cout) return code;
  return std::max<int>(code, report(environment_error("cannot write to standard output")));
}

}  // namespace apierrd
