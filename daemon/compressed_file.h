// A compressed log as if it were not: what rotation packed is read at offsets of its text.
#pragma once

#include <memory>
#include <string>

#include "daemon/os.h"

namespace apierrd {

/// True for names of files that are read unpacked: `.gz`, `.zst`.
bool is_compressed_name(std::string_view path);

/// `stored` is the file itself, open as `fd`. Its info() tells the size of the text, for which all
/// of it is unpacked once. Reading goes forward; far steps back begin again at the file's start.
std::unique_ptr<OpenFile> unpacked(std::unique_ptr<OpenFile> stored, int fd, std::string path);

}  // namespace apierrd
