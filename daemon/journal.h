// What a line needs to have its priority in systemd's journal. Does not write. Thread-safe.
#pragma once

#include <string_view>

namespace apierrd {

/// Whether the file descriptor leads to the journal.
bool leads_to_journal(int descriptor);

/// sd-daemon(3): stands before a line.
inline constexpr std::string_view kJournalError = "<3>";
inline constexpr std::string_view kJournalWarning = "<4>";

/// `mark` if the descriptor leads to the journal, else nothing.
inline std::string_view journal_mark(int descriptor, std::string_view mark) {
  return leads_to_journal(descriptor) ? mark : std::string_view();
}

}  // namespace apierrd
