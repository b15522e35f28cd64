#include "daemon/config_alertmanager.h"

#include <fmt/format.h>

#include <algorithm>

#include "exporters/label_text.h"
#include "exporters/status_view.h"
#include "parsers/ascii.h"

namespace apierrd {

namespace {

constexpr std::size_t kExternalLabelsMax = 20;
constexpr std::size_t kLabelNameMax = 64;

bool is_label_name(std::string_view name) {
  const auto letter = [](char c) { return is_letter(c) || c == '_'; };
  return !name.empty() && name.size() <= kLabelNameMax && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || is_digit(c); });
}

bool is_label_value(std::string_view value) {
  return !value.empty() && safe_label_value(value) == value;
}

class AlertmanagerReader {
 public:
  AlertmanagerReader(YamlMapReader& reader, const std::string& file, Config& config)
      : reader_(reader), file_(file), config_(config) {}

  void read() {
    read_urls();
    std::uint64_t resend_ms = 60'000;
    // Each attempt goes to every Alertmanager; and an active alert is said to end four times later.
    duration("resend", resend_ms, 1'000, 600'000);
    options().dress.resend_ns = static_cast<std::int64_t>(resend_ms) * 1'000'000;
    duration("hold", config_.alert_hold_ms, 1'000, 30ULL * 86'400'000);
    read_external_labels();
    options().dress.instance = kAutoInstance;
    label_value("instance", options().dress.instance);
    read_runbooks();
  }

 private:
  AlertmanagerOptions& options() { return config_.alertmanager; }

  void note(std::string_view key, std::string value, const YamlValue* origin) {
    config_.settings.push_back({fmt::format("alertmanager.{}", key), std::move(value),
                                origin ? place_of(*origin, file_) : "default"});
  }

  void duration(std::string_view key, std::uint64_t& value_ms, std::uint64_t min_ms,
                std::uint64_t max_ms) {
    const YamlValue* origin = reader_.take(key);
    if (const auto given = reader_.duration_ms(key, min_ms, max_ms)) value_ms = *given;
    note(key, fmt::format("{}ms", value_ms), origin);
  }

  void label_value(std::string_view key, std::string& value) {
    const YamlValue* origin = reader_.take(key);
    if (auto given = reader_.text(key)) value = *std::move(given);
    if (!value.empty() && !is_label_value(value)) {
      reader_.complain(*origin, fmt::format("'{}' must be the value of a label", key),
                       "at most 128 bytes of text without control characters");
    }
    note(key, value, origin);
  }

  void read_urls() {
    const YamlValue* origin = reader_.take("urls");
    std::vector<std::string> urls;
    if (origin != nullptr) urls = reader_.texts("urls");
    if (urls.size() > kAlertmanagersMax) {
      reader_.complain(*origin, fmt::format("'urls' has at most {}", kAlertmanagersMax),
                       "each has a thread of its own");
    }
    for (const std::string& url : urls) {
      if (const auto parsed = parse_alertmanager_url(url); !parsed) {
        reader_.complain(*origin, parsed.error().what, parsed.error().hint);
      } else if (std::count(urls.begin(), urls.end(), url) > 1) {
        reader_.complain(*origin, "Alertmanager '" + url + "' is there twice");
        break;
      }
    }
    note("urls", fmt::format("{}", fmt::join(urls, ", ")), origin);
    options().urls = std::move(urls);
  }

  void read_external_labels() {
    const YamlValue* origin = reader_.take("external_labels");
    std::string shown;
    if (origin != nullptr && origin->kind != YamlValue::Kind::kMap) {
      reader_.complain(*origin, "'external_labels' must be a mapping of names to texts");
    } else if (origin != nullptr) {
      if (origin->map().size() > kExternalLabelsMax) {
        reader_.complain(
            *origin, fmt::format("'external_labels' has at most {} labels", kExternalLabelsMax));
      }
      for (const YamlEntry& entry : origin->map()) read_external_label(entry, shown);
    }
    note("external_labels", shown, origin);
  }

  void read_external_label(const YamlEntry& entry, std::string& shown) {
    const std::string name(entry.key.scalar);
    if (!is_label_name(name)) {
      return reader_.complain(entry.key, "'" + name + "' is no name of a label",
                              "letters, digits and _, at most 64, no digit first");
    }
    if (std::find(std::begin(kAlertLabels), std::end(kAlertLabels), name) !=
        std::end(kAlertLabels)) {
      return reader_.complain(entry.key, "alerts have a label '" + name + "' of their own");
    }
    if (entry.value.kind != YamlValue::Kind::kScalar || !is_label_value(entry.value.scalar)) {
      return reader_.complain(entry.value, "external label '" + name + "' needs a value",
                              "1 to 128 bytes of text without control characters");
    }
    options().dress.external_labels.emplace_back(name, entry.value.scalar);
    shown += fmt::format("{}{}={}", shown.empty() ? "" : ", ", name,
                         shown_setting(name, std::string(entry.value.scalar), {}).value);
  }

  void read_runbooks() {
    const YamlValue* origin = reader_.take("runbooks");
    std::string& page = options().dress.runbooks;
    if (auto given = reader_.text("runbooks")) page = *std::move(given);
    const bool web = page.starts_with("http://") || page.starts_with("https://");
    if (!page.empty() &&
        (!web || safe_text(page, 1024) != page || page.find_first_of("#@ ") != std::string::npos)) {
      const bool secret = page.find('@') != std::string::npos;  // a user and password, perhaps
      reader_.complain(*origin,
                       "'" + (secret ? "..." : page.substr(0, 200)) + "' is no page of runbooks",
                       "write https://host/page; the name of the alert is put behind a #");
    }
    note("runbooks", page, origin);
  }

  YamlMapReader& reader_;
  const std::string& file_;
  Config& config_;
};

}  // namespace

void read_alertmanager(YamlMapReader& reader, const std::string& file, Config& config) {
  AlertmanagerReader(reader, file, config).read();
}

}  // namespace apierrd
