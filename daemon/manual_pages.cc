#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "daemon/command_line.h"
#include "daemon/roff.h"
#include "daemon/version.h"

namespace apierrd {

namespace {

std::string sentence(std::string text) {
  if (text.empty()) return text;
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  if (text.back() != '.') text += '.';
  return text;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

std::string value_of(const OptionText& option) {
  std::string words;
  for (const std::string& choice : option.choices) {
    words += (words.empty() ? "" : "|") + bold(choice);
  }
  return words.empty() ? italic(option.value) : words;
}

std::string in_synopsis(const OptionText& option) {
  std::string text = option.flags.empty() ? italic(option.value) : bold(option.flags.back());
  if (!option.flags.empty() && !option.value.empty()) text += " " + value_of(option);
  if (option.many) text += "...";
  return option.required ? text : "[" + text + "]";
}

std::string in_list(const OptionText& option) {
  std::string term;
  for (const std::string& flag : option.flags) term += (term.empty() ? "" : ", ") + bold(flag);
  if (!option.value.empty()) term += (term.empty() ? "" : " ") + value_of(option);
  std::string text = sentence(option.description);
  if (!option.limits.empty()) text += " " + sentence(option.limits);
  if (option.required) text += " Required.";
  return ".TP\n" + term + "\n" + roff_lines(text) + "\n";
}

std::string options_section(const CommandText& command) {
  std::string out = ".SH OPTIONS\n";
  for (const OptionText& option : command.options) out += in_list(option);
  return out;
}

std::string synopsis(const std::string& name, const CommandText& command) {
  std::string out = ".SH SYNOPSIS\n.nh\n.ad l\n" + bold(name);
  for (const OptionText& option : command.options) {
    if (option.flags.size() < 2) out += "\n" + in_synopsis(option);  // not -h, --help
  }
  return out;
}

// An upper-case name, as the heads of manual pages have it.
std::string head(const std::string& page, const std::string& description) {
  std::string title = page;
  std::transform(title.begin(), title.end(), title.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return fmt::format(".TH {} 1 \"\" \"apierrd {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n",
                     roff(title), kVersion, roff(page), roff(description));
}

std::string see_also(const std::vector<std::string>& others) {
  std::string out = ".SH SEE ALSO\n";
  for (const std::string& other : others) out += ".BR " + roff(other) + " (1),\n";
  return out + ".BR apierrd.yaml (5)\n.PP\nDocuments: " + italic("/usr/share/doc/apierrd") + "\n";
}

constexpr std::string_view kExample = "Example: ";
constexpr std::string_view kExitCodes = "Exit codes: ";

std::string exit_status(const std::string& footer) {
  const std::size_t at = footer.find(kExitCodes);
  if (at == std::string::npos) return "";
  return ".SH EXIT STATUS\n" + roff_lines(sentence(footer.substr(at + kExitCodes.size()))) +
         "\nErrors go to standard error as\n" + italic("what: where: hint") + ".\n";
}

std::string command_page(const CommandText& program, const CommandText& command) {
  const std::string page = program.name + "-" + command.name;
  const std::size_t example = command.footer.find(kExample);
  const std::string remarks = command.footer.substr(0, std::min(example, command.footer.size()));
  std::string out = head(page, command.description);
  out += synopsis(program.name + " " + command.name, command) + "\n.hy\n.ad b\n";
  out += ".SH DESCRIPTION\n" + roff_lines(sentence(command.description)) + "\n";
  if (!remarks.empty()) out += ".PP\n" + roff_lines(remarks) + "\n";
  out += options_section(command);
  if (example != std::string::npos) {
    out += ".SH EXAMPLES\n.nf\n" + roff_lines(command.footer.substr(example + kExample.size())) +
           "\n.fi\n";
  }
  return out + exit_status(program.footer) + see_also({program.name});
}

std::string program_page(const CommandText& program) {
  std::string out = head(program.name, "count API failures in call logs for Prometheus");
  out += ".SH SYNOPSIS\n" + bold(program.name) + " " + italic("COMMAND") + " [" + italic("OPTION") +
         "]...\n";
  out += ".SH DESCRIPTION\n" + roff_lines(program.description) + "\n.SH COMMANDS\n";
  std::vector<std::string> pages;
  for (const CommandText& command : program.commands) {
    pages.push_back(program.name + "-" + command.name);
    out += ".TP\n" + bold(command.name) + "\n" + roff_lines(sentence(command.description)) +
           "\nSee\n.BR " + roff(pages.back()) + " (1).\n";
  }
  return out + options_section(program) + exit_status(program.footer) + see_also(pages);
}

}  // namespace

std::vector<GeneratedFile> manual_pages(const CommandText& program) {
  std::vector<GeneratedFile> pages = {{"man1/" + program.name + ".1", program_page(program)}};
  for (const CommandText& command : program.commands) {
    pages.push_back(
        {"man1/" + program.name + "-" + command.name + ".1", command_page(program, command)});
  }
  return pages;
}

}  // namespace apierrd
