// check: what a configuration and its catalogs say, without running anything.
#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <iostream>

#include "daemon/commands.h"
#include "daemon/config.h"
#include "daemon/hidden_folder.h"
#include "daemon/journal.h"
#include "daemon/log.h"
#include "daemon/os.h"
#include "exporters/status_view.h"
#include "exporters/web_security.h"

namespace apierrd {

namespace {

void print_finding(const std::string& what, const std::string& text) {
  std::cout << fmt::format("{}finding: {}: {}\n", journal_mark(STDOUT_FILENO, kJournalWarning),
                           what, printable(text));
}

// Whether all files of the source can be read.
bool check_source(const SourceConfig& source) {
  bool good = true;
  std::size_t matched = 0;
  const std::string what = "source " + source.name;
  PosixFileSystem files;
  for (const std::string& pattern : source.paths) {
    if (const auto hidden = hidden_folder(pattern)) {
      print_finding(what, hidden->text());
      good = false;
    }
    const Result<std::vector<std::string>> found = files.glob(pattern);
    if (!found) {
      print_finding(what, found.error().text());
      good = false;
      continue;
    }
    for (const std::string& path : *found) {
      ++matched;
      const auto file = files.open(path);
      const auto info = files.info(path);
      if (file && info && *info && (*info)->regular) continue;
      print_finding(
          what, file ? path + ": not a regular file; it will not be read" : file.error().text());
      good = false;
    }
  }
  if (matched == 0 && good) {
    std::cout << fmt::format("note: source {}: no file matches yet\n", source.name);
  }
  return good;
}

}  // namespace

int check_command(const std::string& config_path, bool effective) {
  LoadedConfig loaded = load_config(config_path);
  const auto security = WebSecurity::load(loaded.config.web_config_file, loaded.errors);
  if (!loaded.errors.empty()) return report(loaded.errors);
  if (effective) {
    for (const Setting& in_effect : loaded.config.settings) {
      const ShownSetting setting = shown_setting(in_effect.key, in_effect.value, in_effect.origin);
      std::cout << fmt::format("{} = {}    # {}\n", setting.key, printable(setting.value),
                               setting.origin);
    }
  }
  bool good = true;
  for (const std::string& finding :
       security->findings(loaded.config.web.host, std::time(nullptr))) {
    print_finding("web", finding);
    good = false;
  }
  for (const SourceConfig& source : loaded.config.sources) good = check_source(source) && good;
  const Catalog& catalog = *loaded.catalog;
  std::vector<std::string> products;
  for (const std::string& product : loaded.config.products) {
    products.push_back(fmt::format("{} {}", product, catalog.codes_of(product).size()));
  }
  std::cout << fmt::format(
      "{}: {} source(s), {} documented codes of {} products, {} of them curated; "
      "at 0 from the start: {}\n",
      good ? "ok" : "not ok", loaded.config.sources.size(), catalog.all_codes().size(),
      catalog.products().size(), catalog.entries().size(),
      products.empty() ? "none" : fmt::format("{}", fmt::join(products, ", ")));
  return good ? kExitFine : kExitFindings;
}

}  // namespace apierrd
