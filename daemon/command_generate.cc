// generate: writes manual pages and completion. Hidden: the build runs it, users have its results.
#include <filesystem>
#include <fstream>

#include "daemon/command_line.h"
#include "daemon/commands.h"

namespace apierrd {

namespace {

bool write_all(const std::filesystem::path& folder, const std::vector<GeneratedFile>& files) {
  for (const GeneratedFile& file : files) {
    std::error_code ignored;  // the file cannot be written then
    std::filesystem::create_directories((folder / file.path).parent_path(), ignored);
    std::ofstream out(folder / file.path, std::ios::binary);
    out << file.text;
    out.close();
    if (!out) return false;
  }
  return true;
}

}  // namespace

int generate_command(const std::string& folder) {
  const CommandText program = describe_command_line();
  if (write_all(folder, manual_pages(program)) && write_all(folder, completions(program))) {
    return kExitFine;
  }
  return report(environment_error("cannot write below " + folder));
}

}  // namespace apierrd
