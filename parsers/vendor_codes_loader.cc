// Reads and checks the text of VendorCodes: what is loaded needs no check any more.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

#include "parsers/error_code.h"
#include "parsers/vendor_codes.h"

namespace apierrd {

namespace {
constexpr std::size_t kServicesMax = 65'535;  // a service is known by 16 bits; the vendor has 271
}  // namespace

// Each step takes lines off the text and returns what is wrong with them.
class VendorCodesLoader {
 public:
  using Fault = std::optional<Error>;
  using Service = VendorService<std::string_view>;
  using Action = VendorAction<std::string_view>;

  VendorCodesLoader(std::string_view text, const std::string& file, VendorCodeLists& out)
      : rest_(text), file_(file), out_(out) {}

  Fault load() {
    if (rest_.size() > kVendorCodesBytesMax) {
      return invalid_error("file is larger than 32 MiB", file_, "is it a file of vendor codes?");
    }
    next_line();
    if (auto fault = read_head()) return fault;
    if (auto fault = read_codes()) return fault;
    while (take_word("service ")) {
      if (auto fault = read_service()) return fault;
    }
    if (line_ != "end") return expected("'service NAME VERSIONS NAME_ZH' or 'end'");
    next_line();
    if (number_ > 0) return expected("nothing behind 'end'");
    return {};
  }

 private:
  // Takes the next line; at the end of the text an empty one of number 0.
  void next_line() {
    if (rest_.empty()) {
      line_ = {};
      number_ = 0;
      return;
    }
    const std::size_t newline = rest_.find('\n');
    line_ = rest_.substr(0, newline);
    rest_.remove_prefix(newline == std::string_view::npos ? rest_.size() : newline + 1);
    number_ = ++lines_;
  }

  Error fault(std::string what, std::string hint = {}) const {
    return invalid_error(std::move(what), file_ + ":" + std::to_string(std::max(number_, lines_)),
                         std::move(hint));
  }
  Error expected(const std::string& what) const {
    return fault(number_ == 0 ? "the file ends early" : "not as it should be", "expected " + what);
  }

  bool take_word(std::string_view word) {
    if (!line_.starts_with(word)) return false;
    line_.remove_prefix(word.size());
    return true;
  }

  // A whole number at the start of the line, taken off it.
  bool take_number(std::string_view& text, std::uint32_t& number) const {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
  }

  Fault read_head() {
    if (line_ != "apierrd-codes 1") {
      return fault("not a file of vendor codes of this version", "expected 'apierrd-codes 1'");
    }
    next_line();
    if (!take_word("vendor ")) return expected("'vendor NAME'");
    if (line_ != kDefaultVendor) {
      return fault("'" + std::string(line_) + "' has no file of vendor codes",
                   "only tencentcloud; other vendors' codes go into catalogs");
    }
    next_line();
    if (!take_word("source ")) return expected("'source TEXT'");
    out_.source = line_;
    next_line();
    return {};
  }

  Fault read_codes() {
    std::uint32_t count = 0;
    if (!take_word("codes ") || !take_number(line_, count) || !line_.empty()) {
      return expected("'codes NUMBER'");
    }
    out_.codes.reserve(std::min<std::size_t>(count, rest_.size() / 2));
    for (std::uint32_t i = 0; i < count; ++i) {
      next_line();
      if (auto fault = check_code()) return fault;
      out_.codes.push_back(line_);
    }
    next_line();
    return {};
  }

  Fault check_code() const {
    if (!valid_code(line_) || trim_code(line_) != line_) {
      return fault("'" + std::string(line_) + "' cannot be an error code",
                   std::string(code_rule_text(kDefaultVendor)) + ", no dot last");
    }
    if (!out_.codes.empty() && out_.codes.back() >= line_) {
      return fault("code '" + std::string(line_) + "' is out of order",
                   "codes are sorted bytewise, each once");
    }
    return {};
  }

  Fault read_service() {
    Service service;
    const std::size_t name_end = line_.find(' ');
    const std::size_t versions_end = line_.find(' ', name_end + 1);
    if (name_end == std::string_view::npos || versions_end == std::string_view::npos) {
      return expected("'service NAME VERSIONS NAME_ZH'");
    }
    service.name = line_.substr(0, name_end);
    service.versions = line_.substr(name_end + 1, versions_end - name_end - 1);
    service.name_zh = line_.substr(versions_end + 1);
    if (service.name_zh == "-") service.name_zh = {};
    const bool taken = service.name == kCommonProduct || service.name == kClientProduct;
    if (taken || !valid_name(service.name)) {
      return fault("'" + std::string(service.name) + "' cannot be the name of a service");
    }
    if (!out_.services.empty() && out_.services.back().name >= service.name) {
      return fault("service '" + std::string(service.name) + "' is out of order",
                   "services are sorted bytewise, each once");
    }
    if (out_.services.size() == kServicesMax) return fault("more than 65535 services");
    next_line();
    if (auto fault = read_service_codes(service)) return fault;
    if (auto fault = read_actions(service)) return fault;
    out_.services.push_back(service);
    return {};
  }

  // The lines `c` and `i` become one ascending list.
  Fault read_service_codes(Service& service) {
    std::vector<std::uint32_t> main, international;
    if (auto fault = read_deltas("c ", main)) return fault;
    if (auto fault = read_deltas("i ", international)) return fault;
    std::vector<std::uint32_t>& all = out_.service_codes;
    service.codes_begin = static_cast<std::uint32_t>(all.size());
    std::merge(main.begin(), main.end(), international.begin(), international.end(),
               std::back_inserter(all));
    service.codes_end = static_cast<std::uint32_t>(all.size());
    const auto own = all.begin() + service.codes_begin;
    if (const auto twice = std::adjacent_find(own, all.end()); twice != all.end()) {
      return fault("code '" + std::string(out_.codes[*twice]) + "' is on both lines of service '" +
                   std::string(service.name) + "'");
    }
    return {};
  }

  Fault read_deltas(std::string_view word, std::vector<std::uint32_t>& out) {
    if (!take_word(word)) return {};
    std::uint64_t index = 0;
    do {
      std::uint32_t delta = 0;
      if (!take_number(line_, delta)) return expected("numbers with a blank between");
      if (delta == 0 && !out.empty()) return expected("each code once");
      index += delta;
      if (index >= out_.codes.size()) {
        return fault("there is no code " + std::to_string(index),
                     "the file has " + std::to_string(out_.codes.size()));
      }
      out.push_back(static_cast<std::uint32_t>(index));
    } while (take_word(" "));
    if (!line_.empty()) return expected("numbers with a blank between");
    next_line();
    return {};
  }

  Fault read_actions(Service& service) {
    service.actions_begin = static_cast<std::uint32_t>(out_.actions.size());
    while (take_word("a ")) {
      const std::size_t name_end = line_.find(' ');
      if (name_end == std::string_view::npos) return expected("'a ACTION RANGES'");
      Action action{line_.substr(0, name_end), line_.substr(name_end + 1)};
      if (auto fault = check_action(action, service)) return fault;
      if (action.ranges == "-") action.ranges = {};
      out_.actions.push_back(action);
      next_line();
    }
    service.actions_end = static_cast<std::uint32_t>(out_.actions.size());
    return {};
  }

  Fault check_action(const Action& action, const Service& service) const {
    if (!valid_name(action.name)) {
      return fault("'" + std::string(action.name) + "' cannot be the name of an action");
    }
    if (out_.actions.size() > service.actions_begin && out_.actions.back().name >= action.name) {
      return fault("action '" + std::string(action.name) + "' is out of order",
                   "the actions of a service are sorted bytewise, each once");
    }
    if (action.ranges == "-") return {};
    return check_ranges(action.ranges, service.codes_end - service.codes_begin);
  }

  Fault check_ranges(std::string_view ranges, std::uint32_t codes) const {
    std::uint32_t least = 0;
    for (;; ranges.remove_prefix(1)) {
      std::uint32_t first = 0;
      if (!take_number(ranges, first)) return expected("ranges such as 0-3,7");
      std::uint32_t last = first;
      if (ranges.starts_with('-')) {
        ranges.remove_prefix(1);
        if (!take_number(ranges, last)) return expected("ranges such as 0-3,7");
      }
      if (first < least || last < first) return fault("ranges must ascend");
      if (last >= codes) {
        return fault("there is no code " + std::to_string(last) + " of this service",
                     "it has " + std::to_string(codes));
      }
      least = last + 1;
      if (ranges.empty()) return {};
      if (ranges.front() != ',') return expected("ranges such as 0-3,7");
    }
  }

  std::string_view rest_;
  const std::string& file_;
  VendorCodeLists& out_;
  std::string_view line_;
  std::size_t number_ = 0;  ///< of line_; 0 = there is none
  std::size_t lines_ = 0;
};

Result<VendorCodes> VendorCodes::parse(std::string_view text, const std::string& file) {
  VendorCodeLists lists;
  if (auto fault = VendorCodesLoader(text, file, lists).load()) return *std::move(fault);
  const auto index = std::make_shared<const std::string>(write_vendor_codes_index(lists));
  VendorCodes codes = of_index(*index);
  codes.own_ = index;
  return codes;
}

}  // namespace apierrd
