// top: the page in a terminal, from a running daemon's API.
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "daemon/commands.h"
#include "daemon/log.h"
#include "daemon/terminal.h"
#include "daemon/top_view.h"
#include "exporters/http_client.h"

namespace apierrd {

namespace {

constexpr char kCtrlC = 3, kCtrlD = 4;

using SteadyClock = std::chrono::steady_clock;

Result<TopStatus> ask(const std::string& url) {
  Result<std::string> body = http_get(url, "/api/v1/status");
  if (!body) return body.error();
  return parse_top_status(*std::move(body));
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
  LiveTop(const TopCommandOptions& options, TopOptions view, TopStatus first)
      : options_(options), view_(std::move(view)), now_(std::move(first)) {}

  void run() {
    Terminal terminal;
    SteadyClock::time_point next = SteadyClock::now() + interval();
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
      next = SteadyClock::now() + interval();
    }
  }

 private:
  std::chrono::milliseconds interval() const {
    return std::chrono::milliseconds(options_.interval_ms);
  }
  void refresh() {
    Result<TopStatus> answer = ask(options_.url);
    view_.complaint = answer ? "" : printable(answer.error().text());
    if (!answer) return;
    before_ = std::move(now_);
    now_ = *std::move(answer);
  }

  const TopCommandOptions& options_;
  TopOptions view_;
  TopStatus now_;
  std::optional<TopStatus> before_;
};

}  // namespace

int top_command(const TopCommandOptions& options) {
  Result<TopStatus> first = ask(options.url);
  if (!first) return report(first.error());
  TopOptions view;
  view.url = options.url;
  const bool to_terminal = ::isatty(STDOUT_FILENO) == 1;
  if (options.once || !to_terminal) return print_once(*first, view, to_terminal);
  view.colour = wants_colour();
  view.keys = true;
  LiveTop(options, view, *std::move(first)).run();
  return kExitFine;
}

}  // namespace apierrd
