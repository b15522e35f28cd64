// What each shell is asked to offer: commands, options, the words an option takes, and files where
// a value is a FILE or a FOLDER. Nothing is offered for other values.
#include <fmt/format.h>

#include "daemon/command_line.h"

namespace apierrd {

namespace {

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

std::vector<std::string> all_flags(const CommandText& command) {
  std::vector<std::string> flags;
  for (const OptionText& option : command.options) {
    flags.insert(flags.end(), option.flags.begin(), option.flags.end());
  }
  return flags;
}

std::vector<std::string> command_names(const CommandText& program) {
  std::vector<std::string> names;
  for (const CommandText& command : program.commands) names.push_back(command.name);
  return names;
}

// --- bash

std::string bash_value(const CommandText& command, const OptionText& option) {
  if (option.flags.empty() || option.value.empty()) return "";
  std::string offer = "return";
  if (!option.choices.empty()) offer = "_apierrd_words \"" + join(option.choices, " ") + "\"";
  if (option.value == "FILE") offer = "_apierrd_files -f";
  if (option.value == "FOLDER") offer = "_apierrd_files -d";
  return fmt::format("        {}:{}) {}; return ;;\n", command.name, option.flags.back(), offer);
}

constexpr std::string_view kBashHead =
    R"(# bash completion for apierrd, generated from its command line.
_apierrd_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }
_apierrd_files() {
    compopt -o filenames 2>/dev/null  # outside of a completion there is nothing to set
    mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}
_apierrd() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command="" word
    # The shell cuts --output=json into three words.
    if [[ $cur == "=" ]]; then cur=""
    elif [[ $prev == "=" ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi
    COMPREPLY=()
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
)";

std::string bash(const CommandText& program) {
  std::string out(kBashHead);
  out += fmt::format("        {}) command=$word; break ;;\n", join(command_names(program), " | "));
  out += "        esac\n    done\n    case $command:$prev in\n";
  std::string rest;
  for (const CommandText& command : program.commands) {
    bool files = false;
    for (const OptionText& option : command.options) {
      out += bash_value(command, option);
      files = files || (option.flags.empty() && option.value == "FILE");
    }
    const std::string flags = "_apierrd_words \"" + join(all_flags(command), " ") + "\"";
    const std::string offer =
        files ? "if [[ $cur == -* ]]; then " + flags + "; else _apierrd_files -f; fi" : flags;
    rest += fmt::format("    {}) {} ;;\n", command.name, offer);
  }
  out += "    esac\n    case $command in\n";
  out += fmt::format("    \"\") _apierrd_words \"{} {}\" ;;\n", join(command_names(program), " "),
                     join(all_flags(program), " "));
  return out + rest + "    esac\n}\ncomplete -F _apierrd apierrd\n";
}

// --- zsh

// Within the single quotes of an _arguments specification.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const OptionText& option) {
  if (!option.choices.empty()) return "(" + join(option.choices, " ") + ")";
  if (option.value == "FILE") return "_files";
  if (option.value == "FOLDER") return "_files -/";
  return " ";  // nothing to offer
}

std::string zsh_option(const OptionText& option) {
  const std::string value =
      option.value.empty() ? "" : fmt::format(":{}:{}", option.value, zsh_action(option));
  if (option.flags.empty()) return fmt::format("'{}{}'", option.many ? "*" : "", value);
  std::string out;
  for (const std::string& flag : option.flags) {
    out += fmt::format("{}'{}[{}]{}'", out.empty() ? "" : " ", flag, zsh_text(option.description),
                       value);
  }
  return out;
}

std::string zsh_arguments(const CommandText& command, std::string_view indent) {
  std::string out;
  for (const OptionText& option : command.options) {
    out += fmt::format(" \\\n{}{}", indent, zsh_option(option));
  }
  return out;
}

std::string zsh(const CommandText& program) {
  std::string out =
      "#compdef apierrd\n# zsh completion for apierrd, generated from its command line.\n"
      "_apierrd() {\n  local curcontext=$curcontext state line\n  typeset -A opt_args\n"
      "  local -a commands=(\n";
  for (const CommandText& command : program.commands) {
    out += fmt::format("    '{}:{}'\n", command.name, zsh_text(command.description));
  }
  out += "  )\n  _arguments -C" + zsh_arguments(program, "    ") +
         " \\\n    '1:command:->command' '*::argument:->argument'\n"
         "  case $state in\n  command) _describe command commands ;;\n"
         "  argument)\n    case $line[1] in\n";
  for (const CommandText& command : program.commands) {
    out += fmt::format("    {}) _arguments{} ;;\n", command.name, zsh_arguments(command, "      "));
  }
  return out + "    esac ;;\n  esac\n}\n_apierrd \"$@\"\n";
}

// --- fish

std::string fish_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string fish_option(const OptionText& option, const std::string& when) {
  const bool files = option.value == "FILE" || option.value == "FOLDER";
  if (option.flags.empty()) return files ? fmt::format("complete -c apierrd -n {} -F\n", when) : "";
  std::string out = "complete -c apierrd -n " + when;
  for (const std::string& flag : option.flags) {
    const bool is_long = flag.starts_with("--");
    out += (is_long ? " -l " : " -s ") + flag.substr(is_long ? 2 : 1);
  }
  if (!option.choices.empty()) {
    out += fmt::format(" -x -a '{}'", join(option.choices, " "));
  } else if (!option.value.empty()) {
    out += files ? " -r -F" : " -x";
  }
  return out + " -d " + fish_text(option.description) + "\n";
}

std::string fish(const CommandText& program) {
  std::string out =
      "# fish completion for apierrd, generated from its command line.\ncomplete -c apierrd -f\n";
  for (const OptionText& option : program.options)
    out += fish_option(option, "__fish_use_subcommand");
  for (const CommandText& command : program.commands) {
    out += fmt::format("complete -c apierrd -n __fish_use_subcommand -a {} -d {}\n", command.name,
                       fish_text(command.description));
    const std::string when = "'__fish_seen_subcommand_from " + command.name + "'";
    for (const OptionText& option : command.options) out += fish_option(option, when);
  }
  return out;
}

}  // namespace

std::vector<GeneratedFile> completions(const CommandText& program) {
  return {{"completions/apierrd", bash(program)},
          {"completions/_apierrd", zsh(program)},
          {"completions/apierrd.fish", fish(program)}};
}

}  // namespace apierrd
