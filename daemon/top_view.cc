#include "daemon/top_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "daemon/text_width.h"
#include "exporters/page_text.h"
#include "parsers/time_text.h"

namespace apierrd {

namespace {

constexpr std::string_view kBold = "\x1b[1m", kDim = "\x1b[2m", kRed = "\x1b[31m",
                           kYellow = "\x1b[33m", kGreen = "\x1b[32m", kNone = "";

std::string_view colour_of_severity(std::string_view severity) {
  if (severity == "critical") return kRed;
  return severity == "warning" ? kYellow : kNone;
}

std::string_view colour_of_fault(std::string_view fault) {
  if (fault == "vendor" || fault == "credential" || fault == "network") return kRed;
  if (fault == "none") return kGreen;
  return fault == "quota" || fault == "business" || fault == "permission" ? kYellow : kNone;
}

std::int64_t nanoseconds(double seconds) {
  constexpr double kMax = 9e9;  // whoever answers may say anything
  return static_cast<std::int64_t>(std::clamp(seconds, -kMax, kMax) * 1e9);
}

std::string rate_text(double rate) {
  return rate <= 0 ? "" : rate < 10 ? fmt::format("{:.1f}", rate) : fmt::format("{:.0f}", rate);
}

using CodeKey = std::tuple<std::string_view, std::string_view, std::string_view>;

// Gathers lines; no line is wider than the screen.
class Screen {
 public:
  explicit Screen(const TopOptions& options) : options_(options) {}

  /// Adds to the line in hand; what does not fit is cut.
  Screen& put(std::string_view text, std::string_view style = kNone) {
    return put_fitted(text, text_width(text), style);
  }
  /// The same in a column of its own, with a blank behind.
  Screen& cell(std::string_view text, std::size_t columns, bool right = false,
               std::string_view style = kNone) {
    return put_fitted(fitted(text, columns, right), columns, style).put(" ");
  }
  std::size_t left() const { return options_.width - std::min(options_.width, used_); }
  void end_line() {
    lines_.push_back(std::move(line_));
    line_.clear();
    used_ = 0;
  }
  void empty_line() { end_line(); }
  std::size_t size() const { return lines_.size(); }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  Screen& put_fitted(std::string_view text, std::size_t columns, std::string_view style) {
    columns = std::min(columns, left());
    if (columns == 0) return *this;
    used_ += columns;
    const std::string shown = fitted(text, columns);
    if (!options_.colour || style.empty()) {
      line_ += shown;
    } else {
      line_.append(style).append(shown).append("\x1b[0m");
    }
    return *this;
  }

  const TopOptions& options_;
  std::vector<std::string> lines_;
  std::string line_;
  std::size_t used_ = 0;
};

class TopRenderer {
 public:
  TopRenderer(const TopStatus& now, const std::optional<TopStatus>& before,
              const TopOptions& options)
      : now_(now), before_(before), options_(options), screen_(options) {
    if (before) {
      seconds_ = now.time - before->time;
      for (const TopCode& code : before->codes) {
        counts_before_[{code.source, code.service, code.code}] = code.count;
      }
    }
  }

  std::vector<std::string> render() {
    add_head();
    add_alerts();
    const std::size_t below = now_.sources.size() + 2 + (options_.keys ? 2 : 0);
    add_codes(options_.height == 0
                  ? SIZE_MAX
                  : std::max<std::size_t>(screen_.size() + below + 3, options_.height) - below);
    add_sources();
    if (options_.keys) add_keys();
    std::vector<std::string> lines = screen_.take();
    if (options_.height != 0 && lines.size() > options_.height) lines.resize(options_.height);
    return lines;
  }

 private:
  double rate(std::uint64_t now, std::uint64_t before) const {
    return seconds_ <= 0 || now < before ? 0 : static_cast<double>(now - before) / seconds_;
  }
  double rate_of(const TopCode& code) const {
    const auto found = counts_before_.find({code.source, code.service, code.code});
    return rate(code.count, found == counts_before_.end() ? 0 : found->second);
  }
  std::string per_second(std::uint64_t now, std::uint64_t TopStatus::*member) const {
    if (!before_) return "";
    const std::string text = rate_text(rate(now, (*before_).*member));
    return text.empty() ? "" : " (" + text + "/s)";
  }

  void add_head() {
    screen_.put("apierrd " + now_.version, kBold).put("  " + options_.url);
    screen_.put("  up " + duration_text(nanoseconds(now_.time - now_.started)));
    screen_.put("  " + rfc3339_text(nanoseconds(now_.time)).substr(0, 19) + "Z", kDim).end_line();
    if (!options_.complaint.empty()) {
      screen_.put("what is shown is old: " + options_.complaint, kRed).end_line();
    }
    if (!now_.not_ready.empty()) {
      screen_.put("not ready: " + now_.not_ready, kYellow).end_line();
    }
    const double share =
        now_.calls == 0 ? 0
                        : static_cast<double>(now_.failed) * 100 / static_cast<double>(now_.calls);
    screen_.put(grouped(now_.calls), kBold).put(" calls");
    screen_.put(per_second(now_.calls, &TopStatus::calls));
    screen_.put("   ")
        .put(grouped(now_.failed), kBold)
        .put(fmt::format(" failed, {:.1f} %", share));
    screen_.put(per_second(now_.failed, &TopStatus::failed)).put("   ");
    screen_.put(grouped(now_.lines), kBold).put(" lines");
    screen_.put(per_second(now_.lines, &TopStatus::lines)).put("   ");
    screen_.put(grouped(now_.rejected), now_.rejected > 0 ? kRed : kBold).put(" rejected   ");
    screen_.put(bytes_text(now_.lag_bytes), kBold).put(" behind").end_line();
  }

  void add_alerts() {
    screen_.empty_line();
    if (now_.alerts.empty()) screen_.put("no alert active", kGreen).end_line();
    constexpr std::size_t kShown = 4;
    for (std::size_t i = 0; i < std::min(now_.alerts.size(), kShown); ++i) {
      const TopAlert& alert = now_.alerts[i];
      screen_.cell(alert.severity, 8, false, colour_of_severity(alert.severity));
      screen_.cell(alert.alert, 24, false, kBold);
      screen_.put(alert.subject + (alert.subject.empty() ? "" : ": ") + alert.seen).end_line();
    }
    if (now_.alerts.size() > kShown) {
      screen_.put(fmt::format("and {} more alerts", now_.alerts.size() - kShown)).end_line();
    }
    screen_.empty_line();
  }

  std::vector<const TopCode*> sorted_codes() const {
    std::vector<const TopCode*> rows;
    for (const TopCode& code : now_.codes) rows.push_back(&code);
    std::stable_sort(rows.begin(), rows.end(), [this](const TopCode* a, const TopCode* b) {
      switch (options_.sort) {
        case TopSort::kSeverity: break;
        case TopSort::kCount: return a->count > b->count;
        case TopSort::kRate: return rate_of(*a) > rate_of(*b);
        case TopSort::kRecent: return a->last_observed > b->last_observed;
      }
      return false;
    });
    return rows;
  }

  std::size_t spark_columns() const {
    return options_.width >= 180 ? 60 : options_.width >= 100 ? 30 : options_.width >= 70 ? 12 : 0;
  }

  void add_code(const TopCode& code) {
    screen_.cell(grouped(code.count), 10, true);
    screen_.cell(rate_text(rate_of(code)), 6, true);
    if (spark_columns() > 0) {
      screen_.cell(block_sparkline(code.minutes, spark_columns()), spark_columns(), false, kRed);
    }
    screen_.cell(duration_text(nanoseconds(now_.time - code.last_observed)), 7, true);
    screen_.cell(code.fault_domain, 10, false, colour_of_fault(code.fault_domain));
    screen_.put(code.code, code.severity == "critical" ? kRed : kBold);
    screen_.put("  " + code.service + ", " + code.source, kDim).end_line();
    if (!options_.messages || code.request_id.empty()) return;
    screen_.put(fmt::format("{:18}{} {} ", "", code.action, code.request_id), kDim);
    screen_.put(code.message).end_line();
  }

  // Up to `last_line` lines of the screen.
  void add_codes(std::size_t last_line) {
    screen_.cell("count", 10, true, kDim).cell("/s", 6, true, kDim);
    if (spark_columns() > 0) screen_.cell("last hour", spark_columns(), false, kDim);
    screen_.cell("last", 7, true, kDim).cell("fault", 10, false, kDim);
    screen_.put("code", kDim).end_line();
    const std::vector<const TopCode*> rows = sorted_codes();
    if (rows.empty()) screen_.put("no failed call has been read yet").end_line();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t needed = (options_.messages ? 2U : 1U) + (i + 1 < rows.size() ? 1U : 0U);
      if (last_line != SIZE_MAX && screen_.size() + needed > last_line) {
        screen_.put(fmt::format("{:>10} more codes", rows.size() - i), kDim).end_line();
        return;
      }
      add_code(*rows[i]);
    }
  }

  void add_sources() {
    screen_.empty_line();
    screen_.cell("source", 20, false, kDim).cell("lines", 13, true, kDim);
    screen_.cell("rejected", 10, true, kDim).cell("lag", 18, true, kDim);
    screen_.cell("files", 5, true, kDim).cell("rotated", 7, true, kDim);
    screen_.cell("lost", 10, true, kDim).end_line();
    for (const TopSource& source : now_.sources) {
      const std::string lag = source.lag_bytes == 0
                                  ? "none"
                                  : bytes_text(source.lag_bytes) + ", " +
                                        duration_text(nanoseconds(source.lag_seconds));
      screen_.cell(source.name, 20).cell(grouped(source.lines), 13, true);
      screen_.cell(grouped(source.rejected), 10, true, source.rejected > 0 ? kRed : kNone);
      screen_.cell(lag, 18, true, source.lag_seconds > 120 ? kRed : kNone);
      screen_.cell(grouped(source.files), 5, true).cell(grouped(source.rotations), 7, true);
      screen_.cell(bytes_text(source.lost_bytes), 10, true, source.lost_bytes > 0 ? kRed : kNone);
      screen_.end_line();
    }
  }

  void add_keys() {
    constexpr std::string_view kNames[kTopSorts] = {"severity", "count", "rate", "latest"};
    screen_.empty_line();
    screen_.put(fmt::format("q quit   s sorted by {}   m messages",
                            kNames[static_cast<std::size_t>(options_.sort)]),
                kDim);
    screen_.end_line();
  }

  const TopStatus& now_;
  const std::optional<TopStatus>& before_;
  const TopOptions& options_;
  Screen screen_;
  double seconds_ = 0;
  std::map<CodeKey, std::uint64_t> counts_before_;
};

}  // namespace

std::string block_sparkline(const std::vector<std::uint64_t>& counts, std::size_t columns) {
  constexpr std::string_view kBlocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  if (columns == 0) return {};
  const std::size_t each = std::max<std::size_t>(1, (counts.size() + columns - 1) / columns);
  std::vector<std::uint64_t> sums(columns);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::size_t from_end = (counts.size() - 1 - i) / each;
    if (from_end < columns) sums[columns - 1 - from_end] += counts[i];
  }
  const std::uint64_t most = *std::max_element(sums.begin(), sums.end());
  std::string out;
  for (const std::uint64_t sum : sums) {
    // Anything at all shows.
    out += kBlocks[sum == 0 ? 0
                            : 1 + static_cast<std::size_t>(7.0 * static_cast<double>(sum) /
                                                           static_cast<double>(most))];
  }
  return out;
}

std::vector<std::string> render_top(const TopStatus& now, const std::optional<TopStatus>& before,
                                    const TopOptions& options) {
  return TopRenderer(now, before, options).render();
}

}  // namespace apierrd
