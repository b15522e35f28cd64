// What the command line understands, as plain values: the one source of --help, the manual pages
// and the shells' completion.
//
// Read off the definitions that parse the arguments, so what is described is what is parsed. Hidden
// commands are not described. No I/O; any thread.
#pragma once

#include <string>
#include <vector>

namespace apierrd {

struct OptionText {
  std::vector<std::string> flags;    ///< `--config`, `-h`; empty for an operand
  std::string value;                 ///< what it takes: `FILE`, `FOLDER`, ...; empty = nothing
  std::vector<std::string> choices;  ///< the words it takes, if only these
  std::string limits;                ///< of a number, for people; or empty
  std::string description;
  bool required = false;
  bool many = false;  ///< an operand that may be repeated
};

struct CommandText {
  std::string name;         ///< `run`; `apierrd` for the program itself
  std::string description;  ///< without a full stop
  std::string footer;       ///< what stands below the options: remarks, then `Example: ...`
  std::vector<OptionText> options;
  std::vector<CommandText> commands;  ///< of the program itself only
};

CommandText describe_command_line();

/// A file that is made of the above, and where it belongs below a folder.
struct GeneratedFile {
  std::string path;
  std::string text;
};

/// Manual pages in man(7): apierrd(1) and one for each command, apierrd-run(1), ...
std::vector<GeneratedFile> manual_pages(const CommandText& program);

/// Completion for bash, zsh and fish.
std::vector<GeneratedFile> completions(const CommandText& program);

}  // namespace apierrd
