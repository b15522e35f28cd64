// top: the page in a terminal, from a running daemon's API.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "daemon/commands.h"
#include "daemon/log.h"
#include "daemon/os.h"
#include "daemon/terminal.h"
#include "daemon/top_view.h"

namespace apierrd {

namespace {

constexpr char kCtrlC = 3, kCtrlD = 4;

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kPasswordFileMax = 4096;

Result<TopStatus> ask(const HttpTarget& target) {
  Result<std::string> body = http_get(target, "/api/v1/status");
  if (!body) return body.error();
  return parse_top_status(*std::move(body));
}

// The file's first line: whoever writes it with an editor ends it with a newline.
Result<void> read_password(const std::string& path, std::string& password) {
  if (path.empty()) return {};
  Result<std::string> text = read_whole_file(path, kPasswordFileMax);
  if (!text) return text.error();
  password = text->substr(0, text->find_first_of("\r\n"));
  return {};
}

bool wants_colour() {
  const char* no = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return (no == nullptr || *no == '\0') &&
         (terminal == nullptr || std::string_view(terminal) != "dumb");
}

int print_once(const TopStatus& status, TopOptions view, bool to_terminal) {
  view.width = to_terminal ? terminal_size(STDOUT_FILENO).columns : 160;
  view.colour = to_terminal && wants_colour();
  for (const std::string& line : render_top(status, {}, view)) {
    const std::size_t end = line.find_last_not_of(' ');
    std::cout << line.substr(0, end == std::string::npos ? 0 : end + 1) << "\n";
  }
  return kExitFine;
}

// Rates are counted from the answer before the last one, so that a key press does not make them 0.
class LiveTop {
 public:
  LiveTop(const HttpTarget& target, std::uint64_t interval_ms, TopOptions view, TopStatus first)
      : target_(target), interval_(interval_ms), view_(std::move(view)), now_(std::move(first)) {}

  void run() {
    Terminal terminal;
    SteadyClock::time_point next = SteadyClock::now() + interval_;
    while (true) {
      const TerminalSize size = terminal_size(STDOUT_FILENO);
      view_.width = size.columns;
      view_.height = size.lines;
      terminal.draw(render_top(now_, before_, view_));
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(next - SteadyClock::now());
      const char key = terminal.wait_for_key(std::max(left, std::chrono::milliseconds(0)));
      if (key == 'q' || key == 'Q' || key == kCtrlC || key == kCtrlD) return;
      if (key == 'm') view_.messages = !view_.messages;
      if (key == 's') {
        view_.sort = static_cast<TopSort>((static_cast<std::size_t>(view_.sort) + 1) % kTopSorts);
      }
      if (SteadyClock::now() < next) continue;
      refresh();
      next = SteadyClock::now() + interval_;
    }
  }

 private:
  void refresh() {
    Result<TopStatus> answer = ask(target_);
    view_.complaint = answer ? "" : printable(answer.error().text());
    if (!answer) return;
    before_ = std::move(now_);
    now_ = *std::move(answer);
  }

  const HttpTarget& target_;
  std::chrono::milliseconds interval_;
  TopOptions view_;
  TopStatus now_;
  std::optional<TopStatus> before_;
};

}  // namespace

int top_command(const TopCommandOptions& options) {
  HttpTarget target = options.target;
  if (auto read = read_password(options.password_file, target.password); !read) {
    return report(read.error());
  }
  Result<TopStatus> first = ask(target);
  if (!first) return report(first.error());
  TopOptions view;
  view.url = target.url;
  const bool to_terminal = ::isatty(STDOUT_FILENO) == 1;
  if (options.once || !to_terminal) return print_once(*first, view, to_terminal);
  view.colour = wants_colour();
  view.keys = true;
  LiveTop(target, options.interval_ms, view, *std::move(first)).run();
  return kExitFine;
}

}  // namespace apierrd
