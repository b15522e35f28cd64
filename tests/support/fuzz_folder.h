// A folder in memory for fuzz targets of what must be a file; gone at the end of the process.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace apierrd::test {

class FuzzFolder {
 public:
  FuzzFolder() {
    const std::filesystem::path memory = "/dev/shm";
    std::error_code none;
    const bool there = std::filesystem::is_directory(memory, none);
    path_ = (there ? memory : std::filesystem::temp_directory_path()) /
            ("apierrd-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(path_);
  }
  ~FuzzFolder() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  FuzzFolder(const FuzzFolder&) = delete;
  FuzzFolder& operator=(const FuzzFolder&) = delete;

  std::string path(const std::string& name) const { return (path_ / name).string(); }

  std::string write(const std::string& name, std::string_view bytes) const {
    std::ofstream file(path(name), std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path(name);
  }
  /// A database and what SQLite puts beside it.
  void remove_database(const std::string& name) const {
    for (const char* end : {"", "-wal", "-shm", "-journal", ".lock"}) {
      std::error_code none;
      std::filesystem::remove(path(name + end), none);
    }
  }

 private:
  std::filesystem::path path_;
};

}  // namespace apierrd::test
