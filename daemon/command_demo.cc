#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "daemon/command_run.h"
#include "daemon/commands.h"
#include "daemon/demo_log.h"
#include "daemon/os.h"
#include "exporters/json_writer.h"

namespace apierrd {

namespace {

// Fixed, so that a written log is the same on every run: 2026-11-23T09:00:00Z.
constexpr std::int64_t kDemoStartUnixNs = 1'795'424'400'000'000'000;
constexpr std::uint64_t kFirstLines = 2'000;  // something to see at once

int write_log(const DemoOptions& options) {
  std::ofstream file;
  if (options.write_file != "-") file.open(options.write_file, std::ios::binary);
  std::ostream& out = options.write_file == "-" ? std::cout : file;
  DemoLog log(options.seed);
  for (std::uint64_t i = 0; i < options.lines && out; ++i) {
    out << log.line(kDemoStartUnixNs + static_cast<std::int64_t>(i) * 50'000'000);
  }
  out.flush();
  return out ? kExitFine : report(environment_error("cannot write", options.write_file));
}

// Writes calls to a file at a steady rate until destroyed.
class DemoWriter {
 public:
  DemoWriter(const std::string& path, const DemoOptions& options)
      : log_(options.seed),
        file_(path, std::ios::binary | std::ios::app),
        rate_(options.lines_per_second) {
    SystemClock clock;
    for (std::uint64_t i = 0; i < kFirstLines; ++i) file_ << log_.line(clock.unix_ns());
    file_.flush();
  }
  ~DemoWriter() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  bool good() const { return file_.good(); }
  void start() { thread_ = std::thread(&DemoWriter::run, this); }

 private:
  void run() {
    SystemClock clock;
    const auto tick = std::chrono::milliseconds(50);
    for (std::uint64_t ticks = 1, written = 0; !stop_; ++ticks) {
      std::this_thread::sleep_for(tick);
      for (; written < rate_ * ticks / 20; ++written) file_ << log_.line(clock.unix_ns());
      file_.flush();
    }
  }

  DemoLog log_;
  std::ofstream file_;
  std::uint64_t rate_;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

std::string demo_folder(const DemoOptions& options) {
  if (!options.folder.empty()) {
    std::error_code ignored;
    std::filesystem::create_directories(options.folder, ignored);
    return std::filesystem::absolute(options.folder).string();
  }
  std::string pattern = (std::filesystem::temp_directory_path() / "apierrd-demo-XXXXXX").string();
  return ::mkdtemp(pattern.data()) == nullptr ? std::string() : pattern;
}

// As text, so that the page can show it like any other. JSON is YAML.
std::string demo_config(const std::string& folder, const DemoOptions& options) {
  JsonWriter json;
  json.begin_object().key("sources").begin_array().begin_object().member("name", "demo");
  json.key("paths").begin_array().value(folder + "/api.log").end_array().end_object().end_array();
  json.key("web").begin_object().member("listen", options.listen);
  // A person wants to see numbers at once.
  json.member("startup_hold", std::uint64_t{0}).end_object();
  json.key("state").begin_object().member("path", folder + "/state.db").end_object();
  json.key("log").begin_object().member("level", "warning").end_object().end_object();
  return json.take();
}

}  // namespace

int demo_command(const DemoOptions& options) {
  if (!options.write_file.empty()) return write_log(options);
  const std::string folder = demo_folder(options);
  const std::string log_path = folder + "/api.log";
  const Result<HttpOptions> web = parse_listen_address(options.listen);
  if (!web) return report(web.error());
  ConfigOutcome parsed = parse_config(demo_config(folder, options), "demo");
  if (!parsed.errors.empty()) return report(parsed.errors);
  const Config& config = parsed.config;
  CatalogOutcome catalog = load_catalog({}, {});
  if (!catalog.errors.empty()) return report(catalog.errors);

  DemoWriter writer(log_path, options);
  if (!writer.good()) return report(environment_error("cannot write", log_path));
  const auto started = [&](int port) {
    const std::string shown = config.web.host == "0.0.0.0" ? "127.0.0.1" : config.web.host;
    std::cout << fmt::format(
        "apierrd counts a made-up log of {} calls a second:\n"
        "  log    {}\n  page   http://{}:{}/\n  scrape http://{}:{}/metrics\n"
        "Press Ctrl-C to stop.\n",
        options.lines_per_second, log_path, shown, port, shown, port);
    std::cout.flush();
    writer.start();
  };
  return run_daemon(config, catalog.catalog, {}, started);
}

}  // namespace apierrd
