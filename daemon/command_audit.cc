// audit: shows that the sums of the loss ledger agree, for a daemon that runs or one that is
// stopped.
#include <fmt/format.h>

#include <iostream>

#include "daemon/audit.h"
#include "daemon/commands.h"
#include "daemon/config.h"
#include "daemon/log.h"
#include "exporters/json_writer.h"

namespace apierrd {

namespace {

void write_ledger(JsonWriter& json, const ByteLedger& ledger) {
  json.member("parsed", ledger.parsed).member("ignored", ledger.ignored);
  json.member("rejected", ledger.rejected).member("padding", ledger.padding);
  json.member("skipped", ledger.skipped).member("undone", ledger.undone);
  json.member("lost", ledger.lost);
}

void print_json(const std::vector<AuditedSource>& sources) {
  JsonWriter json;
  json.begin_object().key("sources").begin_array();
  for (const AuditedSource& source : sources) {
    json.begin_object().member("source", source.name).key("files").begin_array();
    for (const AuditedGeneration& generation : source.generations) {
      json.begin_object().member("log", generation.at.log).member("file", generation.at.name);
      json.member("finding", name_of(generation.finding)).member("offset", generation.at.offset);
      json.member("unread", generation.unread_bytes);
      write_ledger(json, generation.at.ledger);
      json.end_object();
    }
    json.end_array().key("sum").begin_object();
    write_ledger(json, source.sum);
    json.end_object().key("faults").begin_array();
    for (const std::string& fault : source.faults) json.value(fault);
    json.end_array().end_object();
  }
  json.end_array().end_object();
  std::cout << json.take() << "\n";
}

void print_row(std::string_view file, std::string_view finding, const ByteLedger& ledger,
               std::uint64_t unread) {
  std::cout << fmt::format("{:>14} {:>12} {:>12} {:>10} {:>12} {:>10} {:>10} {:>10}  {:<10} {}\n",
                           ledger.parsed, ledger.ignored, ledger.rejected, ledger.padding,
                           ledger.skipped, ledger.undone, ledger.lost, unread, finding,
                           printable(file));
}

void print_table(const std::vector<AuditedSource>& sources) {
  for (const AuditedSource& source : sources) {
    std::cout << fmt::format("source {}, in bytes\n", printable(source.name));
    std::cout << fmt::format("{:>14} {:>12} {:>12} {:>10} {:>12} {:>10} {:>10} {:>10}  {:<10} {}\n",
                             "parsed", "ignored", "rejected", "padding", "skipped", "undone",
                             "lost", "unread", "finding", "file");
    std::uint64_t unread = 0;
    for (const AuditedGeneration& generation : source.generations) {
      const FilePosition& at = generation.at;
      unread += generation.unread_bytes;
      print_row(at.name.empty() ? at.log : at.name, name_of(generation.finding), at.ledger,
                generation.unread_bytes);
    }
    print_row("all together", source.faults.empty() ? "agrees" : "differs", source.sum, unread);
    for (const std::string& fault : source.faults) {
      std::cout << fmt::format("finding: source {}: {}\n", printable(source.name),
                               printable(fault));
    }
  }
}

}  // namespace

int audit_command(const std::string& config_path, const std::string& output) {
  const LoadedConfig loaded = load_config(config_path);
  if (!loaded.errors.empty()) return report(loaded.errors);
  const Result<std::unique_ptr<StateStore>> store =
      StateStore::open(loaded.config.state_path, StateStore::Purpose::kLook);
  if (!store) return report(store.error());
  const Result<StateStore::Loaded> state = (*store)->load();
  if (!state) return report(state.error());
  PosixFileSystem files;
  const auto ruleset_of = [&loaded](const std::string& name) -> std::optional<Ruleset> {
    for (const SourceConfig& source : loaded.config.sources) {
      if (source.name != name) continue;
      return Ruleset{loaded.catalog, source.log_format, loaded.config.line_bytes};
    }
    return {};
  };
  const std::vector<AuditedSource> sources =
      audit(*state, files, ruleset_of, loaded.config.reader_threads);
  output == "json" ? print_json(sources) : print_table(sources);
  bool agrees = true;
  for (const AuditedSource& source : sources) agrees = agrees && source.faults.empty();
  return agrees ? kExitFine : kExitFindings;
}

}  // namespace apierrd
