#include "daemon/terminal.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace apierrd {

namespace {

constexpr int kEndSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
volatile sig_atomic_t g_ended = 0;

void end_soon(int) { g_ended = 1; }
void wake_up(int) {}  // only interrupts what waits

void write_all(const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (written < 0 && errno != EINTR) return;
    if (written > 0) done += static_cast<std::size_t>(written);
  }
}

// Signals arrive only while wait_for_key() waits.
sigset_t our_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : kEndSignals) sigaddset(&signals, number);
  sigaddset(&signals, SIGWINCH);
  return signals;
}

}  // namespace

TerminalSize terminal_size(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    return {};
  }
  return {size.ws_col, size.ws_row};
}

Terminal::Terminal() {
  const sigset_t signals = our_signals();
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  struct sigaction action {};
  action.sa_handler = end_soon;
  for (const int number : kEndSignals) ::sigaction(number, &action, nullptr);
  action.sa_handler = wake_up;
  ::sigaction(SIGWINCH, &action, nullptr);
  keys_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
  if (keys_) {
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);  // Ctrl-C is a key
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  }
  write_all("\x1b[?1049h\x1b[?25l\x1b[2J");
}

Terminal::~Terminal() {
  write_all("\x1b[0m\x1b[?25h\x1b[?1049l");
  if (keys_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

void Terminal::draw(const std::vector<std::string>& lines) {
  std::string out = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    out.append(i > 0 ? "\r\n" : "").append(lines[i]).append("\x1b[K");
  }
  write_all(out + "\x1b[J");
}

char Terminal::wait_for_key(std::chrono::milliseconds patience) {
  pollfd input{keys_ ? STDIN_FILENO : -1, POLLIN, 0};
  const timespec time{patience.count() / 1000, patience.count() % 1000 * 1'000'000};
  sigset_t none;
  sigemptyset(&none);
  const int ready = ::ppoll(&input, 1, &time, &none);
  if (g_ended != 0 || (ready > 0 && (input.revents & (POLLHUP | POLLERR)) != 0)) return 'q';
  char key = 0;
  if (ready > 0 && ::read(STDIN_FILENO, &key, 1) <= 0) return 'q';
  return key;
}

}  // namespace apierrd
