// configuration_page DOCUMENT VERSION OUTPUT: docs/configuration.md as the manual page
// apierrd.yaml(5). Run by the build. Knows the Markdown that document uses: headings, paragraphs,
// lists, tables, code, emphasis and links. A row of a table becomes an entry: its first cell is the
// term, the last one the text.
#include <algorithm>
#include <cctype>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/roff.h"

namespace {

using apierrd::roff;

// A dot at the start of a line would be a request.
std::string guarded(const std::string& line) { return line.starts_with('.') ? "\\&" + line : line; }

// `code` and **strong** in bold, of [text](target) the text. `bold` is on at the call, as in a
// table's term.
std::string inline_text(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  const auto until = [&](std::string_view mark, std::size_t from) { return text.find(mark, from); };
  while (at < text.size()) {
    if (text[at] == '`') {
      const std::size_t end = until("`", at + 1);
      if (end == std::string_view::npos) break;
      out += "\\fB" + roff(text.substr(at + 1, end - at - 1)) + "\\fR";
      at = end + 1;
    } else if (text.substr(at).starts_with("**")) {
      const std::size_t end = until("**", at + 2);
      if (end == std::string_view::npos) break;
      std::string strong(text.substr(at + 2, end - at - 2));
      std::erase(strong, '`');
      out += "\\fB" + roff(strong) + "\\fR";
      at = end + 2;
    } else if (text[at] == '[' && until("](", at) < until("]", at) + 1) {
      const std::size_t middle = until("](", at);
      out += inline_text(text.substr(at + 1, middle - at - 1));
      at = until(")", middle) + 1;
    } else if (text[at] == '\\' && at + 1 < text.size() && std::ispunct(text[at + 1]) != 0) {
      out += roff(text.substr(at + 1, 1));
      at += 2;
    } else {
      out += roff(text.substr(at, 1));
      ++at;
    }
  }
  return out + roff(text.substr(std::min(at, text.size())));
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return std::string(text);
}

std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> cells(1);
  for (std::size_t i = 1; i < row.size(); ++i) {
    if (row[i] == '|' && row[i - 1] != '\\') {
      cells.emplace_back();
    } else {
      cells.back() += row[i];
    }
  }
  cells.pop_back();  // behind the last bar
  for (std::string& cell : cells) cell = trimmed(cell);
  return cells;
}

std::string entry(const std::vector<std::string>& heads, const std::vector<std::string>& cells) {
  std::string properties;
  for (std::size_t i = 1; i + 1 < cells.size(); ++i) {
    if (cells[i].empty()) continue;
    properties += (properties.empty() ? "" : "; ") + roff(heads[i]) + ": " + inline_text(cells[i]);
  }
  std::string text = inline_text(cells.back());
  if (!properties.empty()) text += (text.empty() ? "" : "\n") + ("(" + properties + ")");
  return ".TP\n" + guarded(inline_text(cells.front())) + "\n" + guarded(text) + "\n";
}

class Page {
 public:
  std::string text;

  void take(const std::string& line) {
    if (line.starts_with("```")) {
      in_code_ = !in_code_;
      text += in_code_ ? ".PP\n.RS 4\n.nf\n" : ".fi\n.RE\n";
    } else if (in_code_) {
      text += apierrd::roff_lines(line) + "\n";
    } else if (line.starts_with('|')) {
      take_row(line);
      return;
    } else if (line.starts_with("# ")) {  // the document's title; the page has its own
    } else if (line.starts_with("## ") || line.starts_with("### ")) {
      const bool section = line[2] == ' ';
      text += (section ? ".SH " : ".SS ") + roff(line.substr(section ? 3 : 4)) + "\n";
      fresh_ = true;
    } else if (line.empty()) {
      pending_ = true;
      heads_.clear();
      return;
    } else {
      take_words(line);
    }
    pending_ = false;
    heads_.clear();
  }

 private:
  void take_row(const std::string& line) {
    const std::vector<std::string> cells = cells_of(line);
    if (heads_.empty()) {
      heads_ = cells;
    } else if (!cells.front().starts_with("---")) {
      text += entry(heads_, cells);
      fresh_ = false;
    }
    pending_ = true;
  }

  void take_words(const std::string& line) {
    if (line.starts_with("- ")) {
      text += ".IP \\(bu 2\n" + guarded(inline_text(line.substr(2))) + "\n";
    } else {
      if (pending_ && !fresh_) text += ".PP\n";
      text += guarded(inline_text(trimmed(line))) + "\n";
    }
    fresh_ = false;
  }

  std::vector<std::string> heads_;
  bool in_code_ = false;
  bool pending_ = false;  // a blank line or a table stands before what comes
  bool fresh_ = true;     // nothing stands below the last heading yet
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: configuration_page DOCUMENT VERSION OUTPUT\n";
    return 2;
  }
  std::ifstream in(argv[1]);
  Page page;
  page.text = ".TH APIERRD.YAML 5 \"\" \"apierrd " + roff(argv[2]) +
              "\" \"File Formats\"\n.SH NAME\napierrd.yaml \\- configuration of apierrd\n.nh\n.SH "
              "DESCRIPTION\n";
  std::string line;
  while (std::getline(in, line)) page.take(line);
  page.text +=
      ".SH FILES\n.TP\n\\fI/etc/apierrd/apierrd.yaml\\fR\nwhat the service reads\n"
      ".TP\n\\fI/usr/share/doc/apierrd/docs\\fR\nthe documents that are named above\n";
  page.text += ".SH SEE ALSO\n.BR apierrd (1),\n.BR apierrd\\-check (1)\n";
  std::ofstream out(argv[3]);
  out << page.text;
  out.close();
  if (in.bad() || !out) {
    std::cerr << argv[1] << ": cannot be read, or " << argv[3] << " not written\n";
    return 3;
  }
  return 0;
}
