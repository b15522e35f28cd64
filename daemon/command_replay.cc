#include <fmt/format.h>
#include <unistd.h>

#include <fnmatch.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iostream>
#include <map>
#include <tuple>
#include <utility>

#include "daemon/batch_counter.h"
#include "daemon/commands.h"
#include "daemon/config.h"
#include "daemon/input_stream.h"
#include "daemon/log.h"
#include "daemon/os.h"
#include "daemon/progress_bar.h"
#include "daemon/terminal.h"
#include "daemon/text_width.h"
#include "daemon/whole_file.h"
#include "exporters/exposition.h"
#include "exporters/json_writer.h"
#include "exporters/page_text.h"
#include "parsers/process_batch.h"

namespace apierrd {

namespace {

// A log of one source with everything it came to; nothing is ever folded or forgotten.
struct ReplayedSource {
  std::string name;
  Ruleset ruleset;
  Tally tally{SIZE_MAX};
};

// The progress bar on a terminal's standard error; of what is over at once it shows nothing.
class ProgressBar {
 public:
  ProgressBar() : visible_(::isatty(STDERR_FILENO) == 1) {}
  ~ProgressBar() { clear(); }
  void begin(const std::string& path) {
    path_ = path;
    started_ = drawn_ = Clock::now();
  }
  void show(const InputStream& input) {
    const Clock::time_point now = Clock::now();
    if (!visible_ || now - drawn_ < std::chrono::milliseconds(100)) return;
    drawn_ = now;
    shown_ = true;
    const std::chrono::duration<double> seconds = now - started_;
    const Progress progress{path_, input.consumed_bytes(), input.total_bytes(), seconds.count()};
    std::cerr << "\r" << progress_line(progress, terminal_size(STDERR_FILENO).columns - 1)
              << "\033[K" << std::flush;
  }
  /// Makes room for a message.
  void clear() {
    if (std::exchange(shown_, false)) std::cerr << "\r\033[K" << std::flush;
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool visible_;
  bool shown_ = false;
  std::string path_;
  Clock::time_point started_, drawn_;
};

Result<void> replay_file(const std::string& path, ReplayedSource& source, BatchCounter& counter,
                         ProgressBar& progress) {
  Result<std::unique_ptr<InputStream>> input = open_input(path);
  if (!input) return input.error();
  SystemClock clock;
  progress.begin(path);
  return count_whole(**input, source.ruleset, counter, clock.unix_ns(), source.tally,
                     [&] { progress.show(**input); });
}

template <class Row>
std::vector<const Row*> sorted_rows(const std::vector<Row*>& rows) {
  std::vector<const Row*> out(rows.begin(), rows.end());
  std::sort(out.begin(), out.end(), [](const Row* a, const Row* b) {
    if constexpr (std::is_same_v<Row, ErrorRow>) {
      return std::tie(a->service, a->action, a->code) < std::tie(b->service, b->action, b->code);
    } else {
      return std::tie(a->service, a->action) < std::tie(b->service, b->action);
    }
  });
  return out;
}

using Sources = std::map<std::string, ReplayedSource>;

LineCounts total_lines(const Sources& sources) {
  LineCounts total;
  for (const auto& [name, source] : sources) total.add(source.tally.lines);
  return total;
}

void write_verdicts(JsonWriter& json, const LineCounts& lines, std::string_view key,
                    VerdictKind kind) {
  std::map<std::string_view, std::uint64_t> counts;
  for (const VerdictInfo& verdict : kVerdicts) {
    const std::uint64_t count = lines.by_verdict[static_cast<std::size_t>(verdict.verdict)];
    if (verdict.kind == kind && count > 0) counts[verdict.name] = count;
  }
  json.key(key).begin_object();
  for (const auto& [name, count] : counts) json.member(name, count);
  json.end_object();
}

// Only where a source counts them: the object is a contract without them.
void write_items(JsonWriter& json, const Sources& sources) {
  bool any = false;
  for (const auto& [name, source] : sources) {
    for (const ErrorRow* row : sorted_rows(source.tally.items())) {
      if (!std::exchange(any, true)) json.key("item_failures").begin_array();
      json.begin_object().member("source", name).member("api_service", row->service);
      json.member("action", row->action).member("code", row->code);
      json.member("count", row->count).end_object();
    }
  }
  if (any) json.end_array();
}

void print_json(const Sources& sources) {
  const LineCounts lines = total_lines(sources);
  JsonWriter json;
  json.begin_object().member("schema", std::uint64_t{1}).member("bytes", lines.bytes);
  json.member("lines", lines.lines).member("records", lines.records);
  json.key("calls").begin_array();
  for (const auto& [name, source] : sources) {
    for (const CallRow* row : sorted_rows(source.tally.calls())) {
      json.begin_object().member("source", name).member("api_service", row->service);
      json.member("action", row->action).member("count", row->count).end_object();
    }
  }
  json.end_array().key("errors").begin_array();
  for (const auto& [name, source] : sources) {
    for (const ErrorRow* row : sorted_rows(source.tally.errors())) {
      const Classification& is = row->classification;
      json.begin_object().member("source", name).member("api_service", row->service);
      json.member("action", row->action).member("code", row->code);
      json.member("documented", is.documented());
      json.member("fault_domain", name_of(is.fault_domain()));
      json.member("retryable", name_of(is.retryable())).member("severity", name_of(is.severity()));
      json.member("count", row->count).end_object();
    }
  }
  json.end_array();
  write_items(json, sources);
  json.member("lines_with_records", lines.by_verdict[static_cast<std::size_t>(Verdict::kRecord)]);
  write_verdicts(json, lines, "ignored", VerdictKind::kIgnored);
  write_verdicts(json, lines, "rejected", VerdictKind::kRejected);
  json.end_object();
  std::cout << json.take() << "\n";
}

// The most frequent first.
void print_rows(std::vector<ErrorRow> rows, std::string_view title) {
  if (rows.empty()) return;
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ErrorRow& a, const ErrorRow& b) { return a.count > b.count; });
  std::size_t width = title.size();
  for (const ErrorRow& row : rows) width = std::max(width, text_width(printable(row.code)));
  const auto print = [width](std::string_view count, std::string_view code, std::string_view fault,
                             std::string_view retry, std::string_view documented,
                             std::string_view where) {
    std::cout << fmt::format("{:>12}  {}  {:<10}  {:<9}  {:<10}  {}\n", count, fitted(code, width),
                             fault, retry, documented, where);
  };
  std::cout << "\n";
  print("count", title, "fault", "retry", "documented", "service/action");
  for (const ErrorRow& row : rows) {
    const Classification& is = row.classification;
    print(grouped(row.count), printable(row.code), name_of(is.fault_domain()),
          name_of(is.retryable()), is.documented() ? "yes" : "no",
          printable(row.service) + "/" + printable(row.action));
  }
}

void print_table(const Sources& sources) {
  const LineCounts lines = total_lines(sources);
  std::cout << fmt::format("{} lines, {} calls, {} bytes\n", grouped(lines.lines),
                           grouped(lines.records), grouped(lines.bytes));
  for (const VerdictInfo& verdict : kVerdicts) {
    const std::uint64_t count = lines.by_verdict[static_cast<std::size_t>(verdict.verdict)];
    if (verdict.kind == VerdictKind::kRecord || count == 0) continue;
    std::cout << fmt::format("{} {}: {}\n",
                             verdict.kind == VerdictKind::kIgnored ? "ignored" : "rejected",
                             verdict.name, grouped(count));
  }
  std::vector<ErrorRow> errors, items;
  for (const auto& [name, source] : sources) {
    for (const ErrorRow* row : source.tally.errors()) errors.push_back(*row);
    for (const ErrorRow* row : source.tally.items()) items.push_back(*row);
  }
  if (errors.empty()) std::cout << "no failed calls\n";
  print_rows(std::move(errors), "code");
  print_rows(std::move(items), "code of a failed item");
}

void print_exposition(const Sources& sources, const Config& config,
                      const std::shared_ptr<const Catalog>& catalog, ExpositionFormat format) {
  SystemClock clock;
  SeriesStore store(SeriesLimits::none(), catalog);
  for (const auto& [name, source] : sources) {
    store.apply(store.add_source(name, config.products), source.tally, clock.unix_ns());
  }
  ExpositionWriter writer(format);
  write_series(writer, *store.snapshot(clock.unix_ns()));
  std::cout << writer.finish();
}

// Which source a file belongs to: the named one, the only one, or the one whose patterns match it.
Result<const SourceConfig*> source_of(const std::string& path, const std::string& wanted,
                                      const Config& config) {
  std::string names;
  for (const SourceConfig& source : config.sources) {
    names += (names.empty() ? "" : ", ") + source.name;
    const bool match =
        std::any_of(source.paths.begin(), source.paths.end(), [&path](const std::string& pattern) {
          return ::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0;
        });
    if (wanted.empty() ? config.sources.size() == 1 || match : source.name == wanted) {
      return &source;
    }
  }
  if (!wanted.empty()) {
    return invalid_error("no source is named '" + wanted + "'", {}, "known: " + names);
  }
  return invalid_error("no source's paths match", path, "name one by --source: " + names);
}

}  // namespace

int replay_command(const ReplayOptions& options) {
  Config config;
  std::shared_ptr<const Catalog> catalog;
  if (options.config_path.empty()) {
    config.sources.push_back({options.source.empty() ? "replay" : options.source, {}});
    catalog = std::make_shared<const Catalog>(builtin_catalog());
  } else {
    LoadedConfig loaded = load_config(options.config_path);
    if (!loaded.errors.empty()) return report(loaded.errors);
    config = std::move(loaded.config);
    catalog = std::move(loaded.catalog);
  }
  Sources sources;
  BatchCounter counter({config.reader_threads, config.line_bytes, config.hand_over_bytes});
  ProgressBar progress;
  for (const std::string& path : options.files) {
    const Result<const SourceConfig*> source = source_of(path, options.source, config);
    if (!source) return report(source.error());
    const auto [known, is_new] = sources.try_emplace((*source)->name);
    SourceConfig as = **source;
    if (!options.format.empty()) {
      const Result<void> used = use_format(options.format, config, as);
      if (!used) return report(used.error());
    }
    as.log_format.framing.join_json |= options.join_json;
    // The same for all files of a source; those before may still be being counted by it.
    if (is_new) known->second.ruleset = {catalog, as.log_format, config.line_bytes};
    const Result<void> done = replay_file(path, known->second, counter, progress);
    progress.clear();
    if (!done) return report(done.error());
  }
  counter.settle();
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  const std::string output = !options.output.empty() ? options.output : terminal ? "table" : "json";
  if (output == "json") {
    print_json(sources);
  } else if (output == "table") {
    print_table(sources);
  } else {
    print_exposition(
        sources, config, catalog,
        output == "openmetrics" ? ExpositionFormat::kOpenMetrics100 : ExpositionFormat::kText004);
  }
  return kExitFine;
}

}  // namespace apierrd
