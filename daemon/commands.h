// One function per subcommand; each returns the program's exit code.
//
// 0 fine, 1 findings (check), 2 usage or configuration, 3 environment. Errors go to standard error
// as `what: where: hint`, results to standard output.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exporters/http_client.h"
#include "parsers/result.h"

namespace apierrd {

enum ExitCode : int { kExitFine = 0, kExitFindings = 1, kExitUsage = 2, kExitEnvironment = 3 };

struct ReplayOptions {
  std::string config_path;  ///< empty = the default format
  std::string source;       ///< empty = the only source of the configuration, or `replay`
  std::string format;       ///< empty = the source's
  bool join_json = false;   ///< documents over several lines, whatever the source says
  std::string output;       ///< table | json | prometheus | openmetrics; empty = by what stdout is
  std::vector<std::string> files;
};

struct CodesOptions {
  std::string config_path;
  std::string pattern;   ///< part of a code, in any case; `PRODUCT/` before it narrows to a product
  std::string product;   ///< empty = all
  bool actions = false;  ///< also which actions may return it
  std::string output = "table";  ///< table | json
};

struct DemoOptions {
  std::string folder;  ///< empty = a new one below the system's temporary folder
  std::string listen = "127.0.0.1:19877";
  std::uint64_t seed = 1;
  std::uint64_t lines_per_second = 20;
  std::string write_file;  ///< only write a log of `lines` lines there ("-" = standard output)
  std::uint64_t lines = 10'000;
};

struct TopCommandOptions {
  HttpTarget target;
  std::string password_file;
  std::uint64_t interval_ms = 2'000;
  bool once = false;  ///< print and end; so it does also if standard output is no terminal
};

int run_command(const std::string& config_path);
int check_command(const std::string& config_path, bool effective);
int audit_command(const std::string& config_path, const std::string& output);
int replay_command(const ReplayOptions& options);
int explain_command(const std::string& config_path, const std::string& source,
                    const std::string& format, bool join_json, const std::string& line);
int codes_command(const CodesOptions& options);
/// `only`: recording | alerting; empty = both.
int rules_command(const std::string& config_path, const std::string& only);
int top_command(const TopCommandOptions& options);
int demo_command(const DemoOptions& options);
int generate_command(const std::string& folder);

/// The command line as a whole: parses it and runs the command.
int run_apierrd(int argc, char** argv);

/// Prints the error and returns the exit code of its kind.
int report(const Error& error);
/// Prints all of them; the exit code of the gravest.
int report(const std::vector<Error>& errors);

}  // namespace apierrd
