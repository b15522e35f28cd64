// The configuration: a value with a default for everything but `sources`. docs/configuration.md and
// deploy/apierrd.example.yaml describe the keys.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/batch_counter.h"
#include "exporters/alert_rules.h"
#include "exporters/alertmanager_client.h"
#include "exporters/http_responder.h"
#include "exporters/series_store.h"
#include "parsers/catalog.h"
#include "parsers/line_batch.h"
#include "parsers/log_format.h"
#include "parsers/result.h"

namespace apierrd {

struct SourceConfig {
  std::string name;
  std::vector<std::string> paths;  ///< glob(7) patterns, absolute
  std::string format = "tencentcloud";
  SourceFormat log_format = tencentcloud_format();
  bool start_at_end = false;
  std::uint64_t max_silence_ms = 0;  ///< longer without a call is worth an alert; 0 = never
};

/// One value in effect and where it comes from, for `check --effective`.
struct Setting {
  std::string key;
  std::string value;
  std::string origin;  ///< file:line:column, or "default"
};

/// Of all that may be configured this many threads are used unasked: one for each core, but not so
/// many that a backlog takes a large machine away from those whose logs are read.
inline constexpr std::size_t kReaderThreadsUnasked = 8;
std::size_t default_reader_threads();

/// Stands for the name of the machine.
inline constexpr std::string_view kAutoInstance = "auto";

struct Config {
  std::vector<SourceConfig> sources;
  std::vector<std::string> products{"billing"};
  std::string listen = "127.0.0.1:19877";
  HttpOptions web;
  std::string web_config_file;  ///< TLS, passwords, headers (web_config.h); empty = none
  std::uint64_t startup_hold_ms = 15'000;
  std::string state_path = "/var/lib/apierrd/state.db";  ///< empty = nothing survives a restart
  std::string catalog_overlays;                          ///< a folder of *.yaml; empty = none
  std::string vendor_codes;                              ///< a file; empty = the compiled-in one
  std::uint64_t line_bytes = kLineBytesDefault;
  SeriesLimits limits;
  std::uint64_t sweep_interval_ms = 30'000;
  std::uint64_t poll_interval_ms = 2'000;  ///< instead, where hints are not complete
  std::uint64_t linger_ms = 300'000;
  std::size_t open_files = 1'000;
  std::size_t reader_threads = default_reader_threads();
  bool skim = true;  ///< lines are skimmed before they are parsed in full
  std::size_t hand_over_bytes = kHandOverBytes;  ///< has no key: tests hand over everything
  AlertmanagerOptions alertmanager;  ///< `instance` may be kAutoInstance, and is by default
  std::uint64_t alert_hold_ms = 86'400'000;
  std::string log_level = "info";
  RulesOptions rules;                                  ///< for `apierrd rules`, not for the daemon
  std::vector<LogFormat> formats = builtin_formats();  ///< with the user's own
  std::vector<Setting> settings;                       ///< all of the above as text
};

/// A configuration or everything that is wrong with it.
struct ConfigOutcome {
  Config config;
  std::vector<Error> errors;
};

/// The *.yaml files of a folder, by name; what cannot be read is a complaint.
struct NamedText {
  std::string path, text;
};
using FolderReader =
    std::function<std::vector<NamedText>(const std::string& folder, std::vector<Error>& errors)>;

/// Reads a configuration's text. `file` is for messages; relative paths count from its folder.
/// `read_folder` reads the folder of formats that it may name.
ConfigOutcome parse_config(std::string_view text, const std::string& file,
                           const FolderReader& read_folder = {});

/// Gives a source another format than configured; for commands that take one by name.
Result<void> use_format(const std::string& name, const Config& config, SourceConfig& source);

/// The compiled-in catalog with the configured overlays and vendor codes; or what is wrong with
/// them. Empty names mean none.
struct CatalogOutcome {
  std::shared_ptr<const Catalog> catalog;
  std::vector<Error> errors;
};
CatalogOutcome load_catalog(const std::string& overlay_folder, const std::string& vendor_codes);

/// Reads the file and its catalogs, and checks that they fit together.
struct LoadedConfig {
  Config config;
  std::shared_ptr<const Catalog> catalog;
  std::vector<Error> errors;
};
LoadedConfig load_config(const std::string& path);

}  // namespace apierrd
