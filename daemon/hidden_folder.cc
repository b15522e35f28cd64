#include "daemon/hidden_folder.h"

#include <unistd.h>

#include <cerrno>

#include "daemon/os.h"

namespace apierrd {

std::optional<Error> hidden_folder(const std::string& pattern) {
  const std::size_t wild = pattern.find_first_of("*?[");
  for (std::size_t slash = pattern.find('/'); slash < wild;) {
    const std::size_t next = pattern.find('/', slash + 1);
    const std::string folder = pattern.substr(0, slash + 1);
    if (::access(folder.c_str(), wild < next ? R_OK | X_OK : X_OK) != 0) {
      if (errno != EACCES) return std::nullopt;
      return environment_error("cannot look into", folder, errno_text(errno));
    }
    slash = next;
  }
  return std::nullopt;
}

}  // namespace apierrd
