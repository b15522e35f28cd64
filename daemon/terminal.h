// A terminal taken over for drawing: alternate screen, no cursor, keys one at a time. Everything is
// given back when it is destroyed, also after SIGINT and SIGTERM. One at a time.
#pragma once

#include <termios.h>

#include <chrono>
#include <string>
#include <vector>

namespace apierrd {

struct TerminalSize {
  std::size_t columns = 80, lines = 24;
};
/// That of the terminal behind a descriptor; 80 by 24 if it does not say.
TerminalSize terminal_size(int descriptor);

class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void draw(const std::vector<std::string>& lines);

  /// A key, 0 when the time is up or the window has changed its size, or 'q' when the program is
  /// to end.
  char wait_for_key(std::chrono::milliseconds patience);

 private:
  termios before_{};
  bool keys_ = false;  ///< standard input is a terminal, too
};

}  // namespace apierrd
