#include "tests/support/strict_page.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "tests/support/plain_json.h"

namespace apierrd::test {

namespace {

constexpr std::size_t kExemplarMax = 128;  // characters of all names and values

bool is_letter_or(char c, std::string_view more) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || more.find(c) != std::string_view::npos;
}

// Takes a name made of letters, `marks`, and behind its first character digits.
std::string take_name(std::string_view& rest, std::string_view marks) {
  std::size_t size = 0;
  while (size < rest.size() && (is_letter_or(rest[size], marks) ||
                                (size > 0 && rest[size] >= '0' && rest[size] <= '9'))) {
    ++size;
  }
  const std::string name(rest.substr(0, size));
  rest.remove_prefix(size);
  return name;
}

bool skip(std::string_view& rest, std::string_view text) {
  if (!rest.starts_with(text)) return false;
  rest.remove_prefix(text.size());
  return true;
}

// A number as both formats write it: no hexadecimal, no words but these three.
bool take_number(std::string_view& rest, double& value) {
  if (skip(rest, "NaN")) {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (skip(rest, "+Inf") || skip(rest, "-Inf")) {
    value = std::numeric_limits<double>::infinity();
    return true;
  }
  const std::size_t size = std::min(rest.find(' '), rest.size());
  const std::string_view text = rest.substr(0, size);
  if (text.empty() || text.find_first_not_of("0123456789.eE+-") != std::string_view::npos)
    return false;
  const std::size_t sign = text.front() == '+' ? 1 : 0;  // from_chars knows no plus
  const auto parsed = std::from_chars(text.data() + sign, text.data() + size, value);
  rest.remove_prefix(size);
  return parsed.ptr == text.data() + size && parsed.ec != std::errc::invalid_argument;
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string identity_of(const StrictSample& sample, bool with_bound) {
  std::string text = sample.name;
  for (const auto& [name, value] : sample.labels) {
    if (with_bound || name != "le") text.append(1, '\0').append(name).append(1, '\0').append(value);
  }
  return text;
}

std::vector<std::string> suffixes_of(std::string_view type, bool open_metrics) {
  if (type == "histogram") return {"_bucket", "_sum", "_count"};
  if (open_metrics && type == "counter") return {"_total"};
  if (open_metrics && type == "info") return {"_info"};
  return {""};
}

}  // namespace

StrictPage::StrictPage(std::string_view page, bool open_metrics) : open_metrics_(open_metrics) {
  if (!plain_utf8(page)) fault("not UTF-8");
  if (page.find('\0') != std::string_view::npos) fault("a NUL");
  if (!page.ends_with('\n')) fault("no newline at the end of the page");
  while (!page.empty()) {
    ++line_;
    const std::size_t end = std::min(page.find('\n'), page.size());
    line(page.substr(0, end));
    page.remove_prefix(std::min(end + 1, page.size()));
  }
  line_ = 0;
  if (open_metrics_ && !ended_) fault("no # EOF");
  for (const auto& [name, family] : families_) check_family(name, family);
}

void StrictPage::fault(const std::string& what) {
  faults_.push_back("line " + std::to_string(line_) + ": " + what);
}

void StrictPage::line(std::string_view text) {
  if (ended_) return fault("something follows # EOF");
  if (open_metrics_ && text == "# EOF") {
    ended_ = true;
  } else if (text.starts_with('#')) {
    comment(text);
  } else {
    sample(text);
  }
}

void StrictPage::comment(std::string_view text) {
  for (const std::string_view keyword : {"HELP", "TYPE", "UNIT"}) {
    std::string_view rest = text;
    if (!skip(rest, "# ") || !skip(rest, keyword) || !skip(rest, " ")) continue;
    const std::string name = take_name(rest, "_:");
    if (name.empty() || !skip(rest, " ")) return fault("no name of a family");
    if (family_ == nullptr || name != name_) {
      if (families_.contains(name)) return fault("a family in two places");
      name_ = name;
      family_ = &families_[name];
    }
    if (!family_->samples.empty()) return fault("described after its samples");
    return describe(keyword, rest);
  }
  fault("an unknown comment");
}

void StrictPage::describe(std::string_view keyword, std::string_view text) {
  std::string& said = keyword == "TYPE"   ? family_->type
                      : keyword == "UNIT" ? family_->unit
                                          : family_->help;
  if (!said.empty() || (keyword == "HELP" && family_->has_help)) fault("described twice");
  said = text;
  if (keyword == "TYPE") return check_type(text);
  if (keyword == "UNIT") {
    if (!open_metrics_) fault("a unit outside OpenMetrics");
    if (!name_.ends_with("_" + said)) fault("a name that does not end in its unit");
    return;
  }
  family_->has_help = true;
  for (std::size_t at = text.find('\\'); at != std::string_view::npos;
       at = text.find('\\', at + 2)) {
    const char next = at + 1 < text.size() ? text[at + 1] : ' ';
    if (next != '\\' && next != 'n' && !(open_metrics_ && next == '"'))
      return fault("an unknown escape in HELP");
  }
}

void StrictPage::check_type(std::string_view type) {
  const bool both = type == "counter" || type == "gauge" || type == "histogram";
  if (!both && type != (open_metrics_ ? "info" : "untyped")) fault("an unknown type");
  if (open_metrics_ && type == "counter" && name_.ends_with("_total"))
    fault("the family of a counter named _total");
  if (open_metrics_ && type == "info" && name_.ends_with("_info"))
    fault("the family of an info named _info");
}

bool StrictPage::take_value(std::string_view& rest, std::string& value) {
  if (!skip(rest, "\"")) return false;
  while (!rest.starts_with('"')) {
    if (rest.empty()) return false;
    char c = rest.front();
    if (c == '\\') {
      const std::size_t at = rest.size() < 2 ? 3 : std::string_view("\\\"n").find(rest[1]);
      if (at > 2) return false;
      c = "\\\"\n"[at];
      rest.remove_prefix(1);
    }
    value += c;
    rest.remove_prefix(1);
  }
  return skip(rest, "\"");
}

bool StrictPage::take_labels(std::string_view& rest, std::map<std::string, std::string>& labels) {
  if (!skip(rest, "{")) return true;
  while (!skip(rest, "}")) {
    if (!labels.empty() && !skip(rest, ",")) return false;
    const std::string name = take_name(rest, "_");
    std::string value;
    if (name.empty() || !skip(rest, "=") || !take_value(rest, value)) return false;
    if (!labels.emplace(name, value).second) return false;
  }
  return true;
}

void StrictPage::sample(std::string_view text) {
  StrictSample sample;
  sample.name = take_name(text, "_:");
  if (sample.name.empty() || !take_labels(text, sample.labels)) return fault("no name and labels");
  if (!skip(text, " ") || !take_number(text, sample.value)) return fault("no value");
  if (skip(text, " # ")) {
    double time = 0;
    sample.has_exemplar = true;
    const bool braces = text.starts_with('{');
    if (!open_metrics_) fault("an exemplar outside OpenMetrics");
    if (!braces || !take_labels(text, sample.exemplar.labels) || !skip(text, " ") ||
        !take_number(text, sample.exemplar.value) ||
        (skip(text, " ") && !take_number(text, time))) {
      return fault("an exemplar that cannot be read");
    }
  }
  if (!text.empty()) return fault("something follows a sample");
  if (family_ == nullptr || family_->type.empty()) return fault("a sample without a type");
  check_sample(sample);
  family_->samples.push_back(sample);
}

void StrictPage::check_sample(const StrictSample& sample) {
  const std::vector<std::string> suffixes = suffixes_of(family_->type, open_metrics_);
  const bool ours = std::any_of(suffixes.begin(), suffixes.end(), [&](const std::string& suffix) {
    return sample.name == name_ + suffix;
  });
  if (!ours) fault("a sample of another family");
  if (!series_.insert(identity_of(sample, true)).second) fault("a series twice");
  const bool sum = family_->type == "histogram" && sample.name.ends_with("_sum");
  const bool counts = family_->type == "counter" || family_->type == "histogram";
  if (counts && !(sample.value >= 0)) fault(sum ? "a sum below zero" : "a counter below zero");
  if (family_->type == "info" && sample.value != 1) fault("an info that is not 1");
  if (sample.name.ends_with("_bucket") != sample.labels.contains("le"))
    fault("a bucket without its bound, or a bound without bucket");
  if (sample.has_exemplar) check_exemplar(sample);
}

void StrictPage::check_exemplar(const StrictSample& sample) {
  const bool bucket = sample.name.ends_with("_bucket");
  if (!bucket && !sample.name.ends_with("_total")) fault("an exemplar where none may be");
  std::size_t size = 0;
  for (const auto& [name, value] : sample.exemplar.labels) size += characters(name + value);
  if (size > kExemplarMax) fault("an exemplar of more than 128 characters");
  if (!bucket || !sample.labels.contains("le")) return;
  double bound = 0;
  std::string_view text = sample.labels.at("le");
  if (take_number(text, bound) && sample.exemplar.value > bound)
    fault("an exemplar above its bucket");
}

void StrictPage::check_family(const std::string& name, const StrictFamily& family) {
  if (family.type.empty()) fault(name + " has no type");
  if (family.type == "histogram") check_histogram(name, family);
}

void StrictPage::check_histogram(const std::string& name, const StrictFamily& family) {
  struct Group {
    std::vector<std::pair<double, double>> buckets;
    double count = -1;
    bool sum = false;
  };
  std::map<std::string, Group> groups;
  for (StrictSample sample : family.samples) {
    const std::string suffix = sample.name.substr(name.size());
    sample.name = name;
    Group& group = groups[identity_of(sample, false)];
    if (suffix == "_sum") group.sum = true;
    if (suffix == "_count") group.count = sample.value;
    if (suffix != "_bucket") continue;
    double bound = 0;
    std::string_view text = sample.labels["le"];
    if (!take_number(text, bound) || !text.empty()) fault(name + " has a bound that is no number");
    if (!group.buckets.empty() && !(group.buckets.back().first < bound))
      fault(name + " has bounds out of order");
    if (!group.buckets.empty() && group.buckets.back().second > sample.value)
      fault(name + " has buckets that are not cumulative");
    group.buckets.emplace_back(bound, sample.value);
  }
  for (const auto& [labels, group] : groups) {
    if (group.buckets.empty() || !std::isinf(group.buckets.back().first))
      fault(name + " has no bucket +Inf");
    else if (group.buckets.back().second != group.count)
      fault(name + " has another count than its last bucket");
    if (!group.sum || group.count < 0) fault(name + " has no sum or count");
  }
}

}  // namespace apierrd::test
