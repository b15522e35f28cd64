#include "daemon/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "daemon/config_alertmanager.h"
#include "daemon/config_rules.h"
#include "daemon/os.h"
#include "exporters/label_text.h"
#include "parsers/format_reader.h"
#include "parsers/nearest_names.h"
#include "parsers/wrappers.h"
#include "parsers/yaml_tree.h"

namespace apierrd {

namespace {

constexpr std::uint64_t kDayMs = 86'400'000;

std::string known_formats(const std::vector<LogFormat>& formats) {
  std::string text = "known: auto";
  for (const LogFormat& format : formats) text.append(", ").append(format.name);
  return text;
}

// Reads one file's configuration and remembers where each value came from.
class ConfigReader {
 public:
  ConfigReader(const std::string& file, const FolderReader& read_folder, ConfigOutcome& outcome)
      : file_(file), read_folder_(read_folder), out_(outcome) {}

  void read(const YamlValue& root) {
    YamlMapReader reader(root, "the configuration", file_, out_.errors);
    if (root.kind != YamlValue::Kind::kMap) return;
    section(reader, "formats", [this](YamlMapReader& formats) { read_own_formats(formats); });
    read_sources(reader);
    if (const YamlValue* value = reader.take("products")) {
      config().products = reader.texts("products");
      note("products", fmt::format("{}", fmt::join(config().products, ", ")), value);
    } else {
      note("products", "billing", nullptr);
    }
    section(reader, "web", [this](YamlMapReader& web) { read_web(web); });
    section(reader, "state",
            [this](YamlMapReader& state) { path(state, "state", "path", config().state_path); });
    section(reader, "catalogs", [this](YamlMapReader& catalogs) {
      path(catalogs, "catalogs", "overlays", config().catalog_overlays);
      path(catalogs, "catalogs", "vendor_codes", config().vendor_codes);
    });
    section(reader, "limits", [this](YamlMapReader& limits) { read_limits(limits); });
    section(reader, "reader", [this](YamlMapReader& options) {
      duration(options, "reader", "sweep_interval", config().sweep_interval_ms, 10, 3'600'000);
      duration(options, "reader", "poll_interval", config().poll_interval_ms, 10, 3'600'000);
      duration(options, "reader", "linger", config().linger_ms, 0, 86'400'000);
      integer(options, "reader", "open_files", config().open_files, 8, 60'000);
      integer(options, "reader", "threads", config().reader_threads, 1, 64);
      const YamlValue* skim = options.take("skim");
      config().skim = options.boolean("skim").value_or(true);
      note("reader.skim", config().skim ? "true" : "false", skim);
    });
    for (SourceConfig& source : config().sources) plan_skimming(source.log_format, config().skim);
    section(reader, "rules", [this](YamlMapReader& rules) {
      const auto keep = [this](std::string key, std::string value, const YamlValue* origin) {
        note(std::move(key), value, origin);
      };
      read_rules_options(rules, keep, config().rules);
    });
    section(reader, "alertmanager", [this](YamlMapReader& alertmanager) {
      read_alertmanager(alertmanager, file_, config());
    });
    section(reader, "log", [this](YamlMapReader& log) {
      const YamlValue* value = log.take("level");
      if (log.one_of("level", {"debug", "info", "warning", "error"})) {
        config().log_level = value->scalar;
      }
      note("log.level", config().log_level, value);
    });
    reader.finish();
  }

 private:
  Config& config() { return out_.config; }

  void note(std::string key, std::string_view value, const YamlValue* origin) {
    config().settings.push_back(
        {std::move(key), std::string(value), origin ? place_of(*origin, file_) : "default"});
  }

  // Paths count from the configuration's folder, so that it does not matter where a command is run.
  std::string absolute(const std::string& path) const {
    if (path.empty() || path.front() == '/') return path;
    const auto folder = std::filesystem::absolute(file_).parent_path();
    return (folder / path).lexically_normal().string();
  }

  template <class Body>
  void section(YamlMapReader& reader, std::string_view key, Body&& body) {
    YamlValue empty;
    empty.kind = YamlValue::Kind::kMap;
    const YamlValue* value = reader.take(key);
    YamlMapReader inner(value ? *value : empty, "'" + std::string(key) + "'", file_, out_.errors);
    body(inner);
    inner.finish();
  }

  void text(YamlMapReader& reader, std::string_view section, std::string_view key,
            std::string& value) {
    const YamlValue* origin = reader.take(key);
    if (auto given = reader.text(key)) value = *std::move(given);
    note(fmt::format("{}.{}", section, key), value, origin);
  }

  void path(YamlMapReader& reader, std::string_view section, std::string_view key,
            std::string& value) {
    const YamlValue* origin = reader.take(key);
    if (auto given = reader.text(key)) value = absolute(*given);
    note(fmt::format("{}.{}", section, key), value, origin);
  }

  template <class Integer>
  void integer(YamlMapReader& reader, std::string_view section, std::string_view key,
               Integer& value, std::uint64_t min, std::uint64_t max) {
    const YamlValue* origin = reader.take(key);
    if (const auto given = reader.integer(key, min, max)) value = static_cast<Integer>(*given);
    note(fmt::format("{}.{}", section, key), std::to_string(value), origin);
  }

  void duration(YamlMapReader& reader, std::string_view section, std::string_view key,
                std::uint64_t& value_ms, std::uint64_t min_ms, std::uint64_t max_ms) {
    const YamlValue* origin = reader.take(key);
    if (const auto given = reader.duration_ms(key, min_ms, max_ms)) value_ms = *given;
    note(fmt::format("{}.{}", section, key), fmt::format("{}ms", value_ms), origin);
  }

  void read_sources(YamlMapReader& reader) {
    const YamlValue* sources = reader.require("sources");
    if (sources == nullptr) return;
    if (sources->kind != YamlValue::Kind::kList || sources->list().empty()) {
      reader.complain(*sources, "'sources' must be a list with at least one source",
                      "each is `- name: ...` with `paths: [...]`");
      return;
    }
    std::set<std::string> names;
    for (const YamlValue& value : sources->list()) {
      read_source(value);
      if (!config().sources.empty() && !names.insert(config().sources.back().name).second) {
        reader.complain(value, "source '" + config().sources.back().name + "' is there twice");
      }
    }
  }

  void read_source(const YamlValue& value) {
    YamlMapReader reader(value, "source", file_, out_.errors);
    if (value.kind != YamlValue::Kind::kMap) return;
    SourceConfig source;
    const YamlValue* name = reader.require("name");
    source.name = reader.text("name").value_or("");
    const bool fits = !source.name.empty() && source.name.size() <= 64;
    if (name != nullptr && (!fits || safe_label_value(source.name) != source.name)) {
      reader.complain(*name, "a source's name has 1 to 64 characters, none of them for control");
    }
    const YamlValue* paths = reader.require("paths");
    source.paths = reader.texts("paths");
    if (paths != nullptr && source.paths.empty()) {
      reader.complain(*paths, "'paths' must name at least one file or pattern");
    }
    for (std::string& path : source.paths) path = absolute(path);
    const std::string prefix = "sources." + source.name;
    note(prefix + ".paths", fmt::format("{}", fmt::join(source.paths, ", ")), paths);
    read_source_format(reader, prefix, source);
    const YamlValue* start = reader.take("start_at");
    source.start_at_end = reader.one_of("start_at", {"beginning", "end"}) == 1;
    note(prefix + ".start_at", source.start_at_end ? "end" : "beginning", start);
    duration(reader, prefix, "max_silence", source.max_silence_ms, 1'000, 31 * kDayMs);
    section(reader, "fields", [&](YamlMapReader& fields) {
      read_fields(fields, prefix + ".fields.", source.log_format);
    });
    read_framing(reader, prefix, source.log_format);
    reader.finish();
    config().sources.push_back(std::move(source));
  }

  void read_own_formats(YamlMapReader& reader) {
    std::string folder;
    path(reader, "formats", "folder", folder);
    const YamlValue* define = reader.take("define");
    std::vector<LogFormat>& formats = config().formats;
    if (!folder.empty() && read_folder_) {
      for (const NamedText& file : read_folder_(folder, out_.errors)) {
        read_format_file(file.text, file.path, formats, out_.errors);
      }
    }
    if (define != nullptr) read_formats(*define, file_, formats, out_.errors);
    std::vector<std::string> names;
    for (const LogFormat& format : formats) names.push_back(format.name);
    note("formats", fmt::format("{}", fmt::join(names, ", ")), define);
  }

  void read_source_format(YamlMapReader& reader, const std::string& prefix, SourceConfig& source) {
    const YamlValue* origin = reader.take("format");
    if (auto name = reader.text("format")) source.format = *std::move(name);
    note(prefix + ".format", source.format, origin);
    if (auto format = source_format(source.format, config().formats)) {
      source.log_format = *std::move(format);
    } else {
      reader.complain(*origin, "no format is named '" + source.format + "'",
                      known_formats(config().formats));
    }
  }

  void read_framing(YamlMapReader& reader, const std::string& prefix, SourceFormat& format) {
    const YamlValue* origin = reader.take("wrapper");
    std::vector<std::string> names;
    if (origin != nullptr) {
      names = reader.texts("wrapper");
      format.framing.detect = names == std::vector<std::string>{"auto"};
      if (!format.framing.detect) read_wrappers(reader, *origin, names, format.framing);
    }
    note(prefix + ".wrapper",
         format.framing.detect ? "auto"
         : names.empty()       ? "none"
                               : fmt::format("{}", fmt::join(names, ", ")),
         origin);
    const YamlValue* join = reader.take("join_json");
    if (const auto wanted = reader.boolean("join_json")) format.framing.join_json = *wanted;
    note(prefix + ".join_json", format.framing.join_json ? "true" : "false", join);
    const YamlValue* lines = reader.take("join_lines");
    if (const auto count = reader.integer("join_lines", 2, 100'000))
      format.framing.join_lines_max = *count;
    note(prefix + ".join_lines", std::to_string(format.framing.join_lines_max), lines);
    const YamlValue* items = reader.take("item_failures");
    format.item_rules = read_item_rules(reader, "item_failures", file_, out_.errors);
    note(prefix + ".item_failures", std::to_string(format.item_rules.size()) + " rules", items);
  }

  static void read_wrappers(YamlMapReader& reader, const YamlValue& origin,
                            const std::vector<std::string>& names, Framing& framing) {
    if (names.size() > kWrappersMax) {
      reader.complain(origin, "'wrapper' has at most 4 of them, from the outside in");
      return;
    }
    for (const std::string& name : names) {
      if (name == "none" && names.size() == 1) return;
      std::optional<Wrapper> wrapper;
      for (const Wrapper known :
           {Wrapper::kDocker, Wrapper::kCri, Wrapper::kSyslog, Wrapper::kJournald}) {
        if (name_of(known) == name) wrapper = known;
      }
      if (!wrapper) {
        reader.complain(origin, "'" + name + "' is no wrapper",
                        "auto, none, or a list of docker, cri, syslog, journald");
        return;
      }
      framing.wrappers.push_back(*wrapper);
    }
  }

  // Overrides the places of the format's first shape.
  void read_fields(YamlMapReader& reader, const std::string& prefix, SourceFormat& source) {
    LogFormat& format = source.formats.front();
    if (format.json.empty() || source.formats.size() > 1) return;
    JsonShape& shape = format.json.front();
    for (auto& [key, pointers] : pointer_fields(shape)) {
      const YamlValue* origin = reader.take(key);
      if (origin != nullptr) *pointers = read_pointers(reader, key);
      std::vector<std::string> texts;
      for (const JsonPointer& pointer : *pointers) texts.push_back(pointer.text);
      note(prefix + std::string(key), fmt::format("{}", fmt::join(texts, ", ")), origin);
    }
    for (auto& [key, sources] : text_fields(shape)) {
      const YamlValue* origin = reader.take(key);
      if (origin != nullptr) *sources = read_field_sources(reader, key, file_, out_.errors);
      std::vector<std::string> texts;
      for (const FieldSource& field : *sources) texts.push_back(field.rule);
      note(prefix + std::string(key), fmt::format("{}", fmt::join(texts, ", ")), origin);
    }
    const YamlValue* time_format = reader.take("time_format");
    if (const auto index = reader.one_of(
            "time_format", {"auto", "rfc3339", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns"})) {
      format.time_format = static_cast<TimeFormat>(*index);
    }
    note(prefix + "time_format", time_format ? time_format->scalar : "auto", time_format);
    const YamlValue* latency_unit = reader.take("latency_unit");
    if (const auto index = reader.one_of("latency_unit", {"ns", "us", "ms", "s"})) {
      format.latency_unit = static_cast<TimeUnit>(*index);
    }
    note(prefix + "latency_unit", latency_unit ? latency_unit->scalar : "ms", latency_unit);
  }

  using PointerField = std::pair<std::string_view, std::vector<JsonPointer>*>;
  static std::vector<PointerField> pointer_fields(JsonShape& shape) {
    return {{"time", &shape.time}, {"latency", &shape.latency}, {"response", &shape.payload}};
  }
  using TextField = std::pair<std::string_view, std::vector<FieldSource>*>;
  static std::vector<TextField> text_fields(JsonShape& shape) {
    return {{"service", &shape.service},
            {"action", &shape.action},
            {"region", &shape.region},
            {"host", &shape.service_host}};
  }

  void read_web(YamlMapReader& web) {
    const YamlValue* origin = web.take("listen");
    text(web, "web", "listen", config().listen);
    const Result<HttpOptions> options = parse_listen_address(config().listen);
    if (options) {
      config().web = *options;
    } else if (origin != nullptr) {
      web.complain(*origin, options.error().what, options.error().hint);
    }
    integer(web, "web", "threads", config().web.threads, 1, 64);
    integer(web, "web", "connections", config().web.connections, 8, 10'000);
    duration(web, "web", "startup_hold", config().startup_hold_ms, 0, 300'000);
    path(web, "web", "config_file", config().web_config_file);
  }

  void read_limits(YamlMapReader& limits) {
    constexpr std::uint64_t kSeriesMax = 1'000'000;
    SeriesLimits& series = config().limits;
    // 64 MiB: simdjson needs some five times a line's size while it reads it.
    integer(limits, "limits", "line_bytes", config().line_bytes, 256, 64U << 20);
    integer(limits, "limits", "services", series.services, 1, kSeriesMax);
    integer(limits, "limits", "actions", series.actions, 1, kSeriesMax);
    integer(limits, "limits", "undocumented_codes", series.undocumented_codes, 1, kSeriesMax);
    integer(limits, "limits", "call_series", series.call_series, 1, kSeriesMax);
    integer(limits, "limits", "code_series", series.code_series, 1, kSeriesMax);
    integer(limits, "limits", "error_series", series.error_series, 1, kSeriesMax);
  }

  const std::string& file_;
  const FolderReader& read_folder_;
  ConfigOutcome& out_;
};

}  // namespace

std::size_t default_reader_threads() { return std::min(usable_cores(), kReaderThreadsUnasked); }

Result<void> use_format(const std::string& name, const Config& config, SourceConfig& source) {
  std::optional<SourceFormat> format = source_format(name, config.formats);
  if (!format) {
    return invalid_error("no format is named '" + name + "'", {}, known_formats(config.formats));
  }
  source.format = name;
  source.log_format = *std::move(format);
  plan_skimming(source.log_format, config.skim);
  return {};
}

ConfigOutcome parse_config(std::string_view text, const std::string& file,
                           const FolderReader& read_folder) {
  ConfigOutcome outcome;
  const Result<YamlTree> tree = parse_yaml(text, file);
  if (!tree) {
    outcome.errors.push_back(tree.error());
    return outcome;
  }
  ConfigReader(file, read_folder, outcome).read(tree->root);
  return outcome;
}

namespace {

std::vector<NamedText> read_yaml_folder(const std::string& folder, const std::string& key,
                                        std::vector<Error>& errors) {
  std::vector<NamedText> found;
  if (!std::filesystem::is_directory(folder)) {
    errors.push_back(environment_error("no such folder", folder, "it is named by " + key));
    return found;
  }
  PosixFileSystem files;
  const Result<std::vector<std::string>> paths = files.glob(folder + "/*.yaml");
  if (!paths) {
    errors.push_back(paths.error());
    return found;
  }
  for (const std::string& path : *paths) {
    Result<std::string> text = read_whole_file(path, kYamlBytesMax);
    if (text) {
      found.push_back({path, *std::move(text)});
    } else {
      errors.push_back(text.error());
    }
  }
  return found;
}

// The texts of the files a configuration names go into the builder.
void add_catalog_files(const std::string& overlay_folder, const std::string& vendor_codes,
                       CatalogBuilder& builder, std::vector<Error>& errors) {
  if (!vendor_codes.empty()) {
    Result<std::string> text = read_whole_file(vendor_codes, kVendorCodesBytesMax);
    if (text) {
      builder.add_vendor_codes(*text, vendor_codes);
    } else {
      errors.push_back(text.error());
    }
  }
  if (overlay_folder.empty()) return;
  for (const NamedText& file : read_yaml_folder(overlay_folder, "catalogs.overlays", errors)) {
    builder.add(file.text, file.path);
  }
}

}  // namespace

CatalogOutcome load_catalog(const std::string& overlay_folder, const std::string& vendor_codes) {
  CatalogBuilder builder;
  builder.add_builtin(vendor_codes.empty());
  CatalogOutcome outcome;
  add_catalog_files(overlay_folder, vendor_codes, builder, outcome.errors);
  outcome.errors.insert(outcome.errors.end(), builder.errors().begin(), builder.errors().end());
  if (outcome.errors.empty()) outcome.catalog = std::make_shared<const Catalog>(builder.build());
  return outcome;
}

LoadedConfig load_config(const std::string& path) {
  LoadedConfig loaded;
  const Result<std::string> text = read_whole_file(path, 1U << 20);
  if (!text) {
    loaded.errors.push_back(text.error());
    return loaded;
  }
  ConfigOutcome outcome =
      parse_config(*text, path, [](const std::string& folder, std::vector<Error>& errors) {
        return read_yaml_folder(folder, "formats.folder", errors);
      });
  loaded.config = std::move(outcome.config);
  loaded.errors = std::move(outcome.errors);
  CatalogOutcome catalog = load_catalog(loaded.config.catalog_overlays, loaded.config.vendor_codes);
  loaded.errors.insert(loaded.errors.end(), catalog.errors.begin(), catalog.errors.end());
  loaded.catalog = catalog.catalog;
  if (!loaded.errors.empty()) return loaded;
  for (const std::string& product : loaded.config.products) {
    if (loaded.catalog->has_product(product)) continue;
    const auto nearest = nearest_names(product, loaded.catalog->products(), 3);
    loaded.errors.push_back(
        invalid_error("no catalog documents product '" + product + "'", path + ": products",
                      fmt::format("the nearest known: {}", fmt::join(nearest, ", "))));
  }
  return loaded;
}

}  // namespace apierrd
