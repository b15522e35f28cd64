#include "daemon/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>

#include "daemon/journal.h"
#include "exporters/label_text.h"
#include "parsers/mask_secrets.h"

namespace apierrd {

struct Log::Sink {
  spdlog::logger logger{"apierrd", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  bool journal = leads_to_journal(STDERR_FILENO);
};

namespace {

struct LevelInfo {
  std::string_view name;
  spdlog::level::level_enum level;
  int priority;  // sd-daemon(3)
};
constexpr LevelInfo kLevels[] = {{"debug", spdlog::level::debug, 7},
                                 {"info", spdlog::level::info, 6},
                                 {"warning", spdlog::level::warn, 4},
                                 {"error", spdlog::level::err, 3}};

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = static_cast<unsigned char>(i + 1 < text.size() ? text[i + 1] : '\0');
    if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {  // as UTF-8: U+009B begins a sequence
      out += fmt::format("\\u{:04x}", next);
      ++i;
    } else {
      out.push_back(text[i]);
    }
  }
  return visible_text(out);
}

Log::Log(OnMessage on_message)
    : sink_(std::make_unique<Sink>()), on_message_(std::move(on_message)) {
  sink_->logger.set_pattern(sink_->journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%e%z %v");
  sink_->logger.flush_on(spdlog::level::debug);
}

Log::~Log() = default;

void Log::set_level(std::string_view name) {
  for (const LevelInfo& level : kLevels) {
    if (level.name == name) sink_->logger.set_level(level.level);
  }
}

void Log::write(LogLevel level, std::string_view event, std::string_view text) {
  const LevelInfo& info = kLevels[static_cast<std::size_t>(level)];
  if (on_message_) on_message_(info.name);
  std::uint64_t suppressed = 0;
  {
    const std::lock_guard lock(mutex_);
    Rate& rate = rates_[std::string(event)];
    const std::int64_t now = seconds_now();
    if (now - rate.window_start_s >= kWindow) {
      rate.window_start_s = now;
      rate.in_window = 0;
    }
    if (++rate.in_window > kBurst) {
      ++rate.suppressed;
      return;
    }
    suppressed = std::exchange(rate.suppressed, 0);
  }
  const std::string prefix = sink_->journal ? fmt::format("<{}>", info.priority) : "";
  const std::string tail =
      suppressed == 0 ? "" : fmt::format(" ({} like it were not shown)", suppressed);
  sink_->logger.log(info.level, "{}level={} event={} {}{}", prefix, info.name, event,
                    printable(mask_url_passwords(text)), tail);
}

}  // namespace apierrd
