// The daemon: everything is built here, in order, and taken down in reverse. The only wiring site.
#include <fmt/format.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

#include <chrono>
#include <iostream>

#include "daemon/alerting.h"
#include "daemon/command_run.h"
#include "daemon/commands.h"
#include "daemon/config.h"
#include "daemon/daemon_status.h"
#include "daemon/log.h"
#include "daemon/os.h"
#include "daemon/pipeline.h"
#include "daemon/plain_channel.h"
#include "daemon/process_stats.h"
#include "daemon/state_store.h"
#include "daemon/version.h"
#include "daemon/waker.h"
#include "daemon/web_server.h"
#include "exporters/http_responder.h"
#include "exporters/metrics_page.h"
#include "exporters/self_metrics.h"
#include "exporters/tls.h"
#include "parsers/mask_secrets.h"

namespace apierrd {

namespace {

double unix_seconds(Clock& clock) { return static_cast<double>(clock.unix_ns()) / 1e9; }

sigset_t daemon_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

// Tells the service manager that we are alive, as long as the ingest thread moves.
class Watchdog {
 public:
  void look(std::uint64_t heartbeat) {
    if (heartbeat == last_) return;
    last_ = heartbeat;
    sd_notify(0, "WATCHDOG=1");
  }

 private:
  std::uint64_t last_ = 0;
};

std::string keys_that_need_a_restart(const Config& running, const Config& wanted) {
  std::string keys;
  for (const Setting& setting : wanted.settings) {
    const bool fixed = (setting.key.starts_with("web.") && setting.key != "web.config_file") ||
                       setting.key == "state.path" ||
                       (setting.key.starts_with("limits.") && setting.key != "limits.line_bytes");
    if (!fixed) continue;
    for (const Setting& before : running.settings) {
      if (before.key == setting.key && before.value != setting.value) keys += " " + setting.key;
    }
  }
  return keys;
}

// What a reload and the signals have to do with; all of it outlives them.
struct Parts {
  Pipeline& pipeline;
  Alerting& alerting;
  WebSecurity& security;
  SelfMetrics& metrics;
  DaemonStatus& status;
  Log& log;
  Clock& clock;
};

void warn_of_web(const WebSecurity& security, const Config& running, Log& log, Clock& clock) {
  for (const std::string& finding :
       security.findings(running.web.host, clock.unix_ns() / 1'000'000'000)) {
    log.warning("web_security", finding);
  }
}

void reload(const std::string& path, const Config& running, const Parts& parts) {
  sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
             static_cast<long long>(parts.clock.monotonic_ns() / 1000));
  LoadedConfig loaded = load_config(path);
  if (loaded.errors.empty()) {
    const Result<void> secured = parts.security.reload(loaded.config.web_config_file);
    if (!secured) loaded.errors.push_back(secured.error());
  }
  if (loaded.errors.empty()) {
    parts.pipeline.reload(loaded.config, loaded.catalog);
    parts.status.loaded(loaded.config);
    parts.alerting.configure(loaded.config.alertmanager);
    parts.log.set_level(loaded.config.log_level);
    parts.log.info("reloaded", path);
    warn_of_web(parts.security, running, parts.log, parts.clock);
    if (const std::string keys = keys_that_need_a_restart(running, loaded.config); !keys.empty()) {
      parts.log.warning("restart_needed", "these take effect at the next restart:" + keys);
    }
  }
  if (!loaded.errors.empty())
    parts.status.reload_failed(mask_url_passwords(loaded.errors.front().text()));
  for (const Error& error : loaded.errors) {
    parts.log.error("reload_failed", error.text() + "; the configuration in effect stays");
  }
  parts.metrics.set_reload(loaded.errors.empty(), unix_seconds(parts.clock));
  sd_notify(0, loaded.errors.empty()
                   ? "READY=1\nSTATUS=reloaded"
                   : "READY=1\nSTATUS=reload failed; the configuration in effect stays");
}

// Looks at the counters now and then, so that conditions can tell what is new also of a time when
// nobody asked.
class MinuteNotes {
 public:
  void look(Pipeline& pipeline, CounterHistory& history, std::int64_t now_unix_ns) {
    if (minute_of(now_unix_ns) == last_minute_) return;
    last_minute_ = minute_of(now_unix_ns);
    history.note(*pipeline.snapshot());
  }

 private:
  std::int64_t last_minute_ = 0;
};

void wait_for_signals(const std::string& config_path, const Config& config, const Parts& parts) {
  const sigset_t signals = daemon_signals();
  Watchdog watchdog;
  MinuteNotes notes;
  while (true) {
    const timespec a_second{1, 0};
    const int signal = ::sigtimedwait(&signals, nullptr, &a_second);
    watchdog.look(parts.pipeline.heartbeat());
    notes.look(parts.pipeline, parts.status.history(), parts.clock.unix_ns());
    if (signal == SIGHUP && !config_path.empty()) {
      reload(config_path, config, parts);
    } else if (signal == SIGTERM || signal == SIGINT) {
      parts.log.info("stopping", signal == SIGTERM ? "SIGTERM" : "SIGINT");
      return;
    }
  }
}

Result<std::unique_ptr<StateStore>> open_state(const Config& config, Log& log) {
  if (config.state_path.empty()) {
    log.warning("no_state", "state.path is empty: counters start from zero at every restart");
    return std::unique_ptr<StateStore>();
  }
  return StateStore::open(config.state_path);
}

// On the socket that the service manager hands over, else on one of its own. Whether a client is
// spoken to by TLS is decided when it comes.
Result<std::unique_ptr<WebServer>> start_web_server(const HttpOptions& options,
                                                    HttpResponder responder,
                                                    const WebSecurity& security,
                                                    SelfMetrics& metrics) {
  Result<std::optional<ListenSocket>> inherited = inherited_socket();
  if (!inherited) return inherited.error();
  Result<ListenSocket> socket =
      *inherited ? std::move(**inherited) : listen_on(options.host, options.port);
  if (!socket) return socket.error();
  WebLimits limits;
  limits.connections = options.connections;
  const auto open_channel = [&security](int client) {
    std::shared_ptr<const TlsMaterial> tls = security.tls();
    return tls ? tls_channel(std::move(tls), client) : plain_channel(client);
  };
  return WebServer::start(
      std::move(*socket), options.threads, limits, std::move(responder),
      {open_channel, [&metrics](HttpShed reason) { metrics.count_http_shed(reason); },
       [&metrics](std::size_t open) { metrics.set_http_connections(open); }});
}

}  // namespace

int run_daemon(const Config& config, std::shared_ptr<const Catalog> catalog,
               const std::string& config_path, const std::function<void(int port)>& started) {
  const sigset_t signals = daemon_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // threads inherit it; only this one waits
  use_all_descriptors();
  // A full disk quota and a gone client are errors of a write, not reasons to die.
  for (const int ignored : {SIGXFSZ, SIGPIPE}) ::signal(ignored, SIG_IGN);

  SystemClock clock;
  PosixFileSystem files;
  SelfMetrics metrics(kVersion, kRevision, kCompiler);
  metrics.set_reload(true, unix_seconds(clock));
  Log log([&metrics](std::string_view level) { metrics.count_log_message(level); });
  log.set_level(config.log_level);

  const Result<std::shared_ptr<WebSecurity>> security = WebSecurity::load(config.web_config_file);
  if (!security) return report(security.error());
  warn_of_web(**security, config, log, clock);
  Result<std::unique_ptr<StateStore>> state = open_state(config, log);
  if (!state) return report(state.error());
  Result<std::unique_ptr<InotifyWaker>> waker = InotifyWaker::create();
  if (!waker) return report(waker.error());
  Alerting alerting(metrics, log, clock);
  DaemonStatus status(clock, alerting.board());
  status.loaded(config);
  const CommitObserver observer{
      [&](std::int64_t unix_ns) {
        metrics.set_checkpoint(static_cast<double>(unix_ns) / 1e9);
        status.state_written(unix_ns);
      },
      [&] {
        metrics.count_checkpoint_failure();
        status.state_failed();
      },
      [&alerting](AlertList alerts) { alerting.show(std::move(alerts)); }};
  const auto remember = [&status](const Tally& tally, const BatchPlace& place, std::int64_t now) {
    status.recent().record(tally, place, now);
  };
  auto ingest = std::make_unique<Ingest>(config, std::move(catalog), files, clock, log,
                                         *std::move(state), read_boot_id(), observer, remember);
  const Result<bool> first_start = ingest->restore();
  if (!first_start) return report(first_start.error());
  Pipeline pipeline(std::move(ingest), clock, **waker, *first_start);
  status.history().note(*pipeline.latest());  // what is counted from here on is new

  MetricsPage page(
      metrics, [&pipeline] { return pipeline.scrape(); }, read_process_stats);
  HttpResponder responder(daemon_routes(pipeline, page, status), *security,
                          [&metrics](std::string_view handler, int code) {
                            metrics.count_http_request(handler, code);
                          });
  Result<std::unique_ptr<WebServer>> server =
      start_web_server(config.web, std::move(responder), **security, metrics);
  if (!server) return report(server.error());
  pipeline.start();
  alerting.configure(config.alertmanager);
  log.info("started", fmt::format("version={} listen={}:{} sources={}", kVersion, config.web.host,
                                  (*server)->port(), config.sources.size()));
  sd_notifyf(0, "READY=1\nSTATUS=serving on port %d", (*server)->port());
  if (started) started((*server)->port());

  wait_for_signals(config_path, config,
                   {pipeline, alerting, **security, metrics, status, log, clock});
  sd_notify(0, "STOPPING=1");
  pipeline.stop();
  alerting.stop();
  (*server)->stop();
  log.info("stopped", "all that was read is counted");
  return kExitFine;
}

int run_command(const std::string& config_path) {
  LoadedConfig loaded = load_config(config_path);
  if (!loaded.errors.empty()) return report(loaded.errors);
  return run_daemon(loaded.config, loaded.catalog, config_path, {});
}

}  // namespace apierrd
