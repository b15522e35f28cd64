#include "daemon/daemon_status.h"

#include <functional>

#include "daemon/version.h"
#include "exporters/status_page.h"

namespace apierrd {

namespace {

constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kHtml = "text/html; charset=utf-8";
constexpr const char* kJson = "application/json";

HttpRoute asset(const std::string& name, std::string type) {
  return {"/" + name, [name, type = std::move(type)](const HttpRequest&) {
            return HttpResponse{200, type, std::string(web_asset(name))};
          }};
}

HttpResponse ready(const Pipeline& pipeline) {
  const std::string why = pipeline.not_ready();
  if (why.empty()) return {200, kText, "ready\n"};
  return {503, kText, "not ready: " + why + "\n"};
}

// Answers a look-up in the catalog in effect, if what is asked for is not too long.
HttpRoute catalog_route(const std::string& path, const char* type, Pipeline& pipeline,
                        std::string (*render)(std::shared_ptr<const Catalog>, const std::string&)) {
  return {path, [&pipeline, type, render](const HttpRequest& request) {
            const auto asked = request.query.find("q");
            const std::string query = asked == request.query.end() ? "" : asked->second;
            if (query.size() > kQueryBytesMax) {
              return HttpResponse{400, kText,
                                  "q is too long: it may have " + std::to_string(kQueryBytesMax) +
                                      " bytes: write a part of the code\n"};
            }
            return HttpResponse{200, type, render(pipeline.latest()->catalog, query)};
          }};
}

}  // namespace

void DaemonStatus::loaded(const Config& config) {
  std::vector<ShownSetting> settings;
  for (const Setting& setting : config.settings) {
    settings.push_back(shown_setting(setting.key, setting.value, setting.origin));
  }
  const std::lock_guard lock(mutex_);
  settings_ = std::move(settings);
  health_.has_state = !config.state_path.empty();
  health_.reload_successful = true;
  health_.reload_unix_ns = clock_.unix_ns();
  health_.reload_error.clear();
}

void DaemonStatus::reload_failed(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (health_.reload_successful) health_.reload_unix_ns = clock_.unix_ns();
  health_.reload_successful = false;
  health_.reload_error = why;
}

void DaemonStatus::state_written(std::int64_t unix_ns) {
  const std::lock_guard lock(mutex_);
  health_.state_written_unix_ns = unix_ns;
  health_.state_failed_unix_ns = 0;
}

void DaemonStatus::state_failed() {
  const std::lock_guard lock(mutex_);
  if (health_.state_failed_unix_ns == 0) health_.state_failed_unix_ns = clock_.unix_ns();
}

StatusView DaemonStatus::view(Pipeline& pipeline) {
  StatusView view;
  view.snapshot = pipeline.snapshot();
  history_.note(*view.snapshot);
  view.recent = recent_.codes();
  view.alerts = alerts_.alerts();
  view.version = kVersion;
  view.not_ready = pipeline.not_ready();
  view.started_unix_ns = started_unix_ns_;
  {
    const std::lock_guard lock(mutex_);
    view.health = health_;
    view.settings = settings_;
  }
  view.conditions = judge(*view.snapshot, view.health, history_);
  return view;
}

std::vector<HttpRoute> daemon_routes(Pipeline& pipeline, MetricsPage& metrics,
                                     DaemonStatus& status) {
  const auto shown = [&](const std::string& path, const char* type,
                         std::string (*render)(const StatusView&)) {
    return HttpRoute{path, [&pipeline, &status, type, render](const HttpRequest&) {
                       return HttpResponse{200, type, render(status.view(pipeline))};
                     }};
  };
  return {
      {"/metrics", [&metrics](const HttpRequest& request) { return metrics.render(request); }},
      {"/-/healthy",
       [](const HttpRequest&) {
         return HttpResponse{200, kText, "healthy\n"};
       }},
      {"/-/ready", [&pipeline](const HttpRequest&) { return ready(pipeline); }},
      shown("/", kHtml, render_status_page),
      shown("/api/v1/status", kJson, render_status_json),
      shown("/api/v1/config", kJson, render_config_json),
      catalog_route("/catalog", kHtml, pipeline,
                    [](std::shared_ptr<const Catalog> catalog, const std::string& query) {
                      return render_catalog_page(search_catalog(std::move(catalog), query),
                                                 kVersion);
                    }),
      catalog_route("/api/v1/codes", kJson, pipeline,
                    [](std::shared_ptr<const Catalog> catalog, const std::string& query) {
                      return render_codes_json(*catalog, query);
                    }),
      asset("page.css", "text/css; charset=utf-8"),
      asset("page.js", "text/javascript; charset=utf-8"),
      asset("page.svg", "image/svg+xml"),
  };
}

}  // namespace apierrd
