#include "parsers/vendor_codes_index.h"

#include <utility>

namespace apierrd {

namespace {

// What an index begins with; its tables follow in the order of VendorCodesIndex, then its texts.
struct Head {
  IndexedText source;
  std::uint32_t codes = 0, services = 0, service_codes = 0, actions = 0;
};

class Writer {
 public:
  std::string run(const VendorCodeLists& lists) {
    const auto size = [](const auto& list) { return static_cast<std::uint32_t>(list.size()); };
    put(Head{text(lists.source), size(lists.codes), size(lists.services), size(lists.service_codes),
             size(lists.actions)});
    for (const std::string_view code : lists.codes) put(text(code));
    for (const auto& service : lists.services) {
      put(VendorService<IndexedText>{text(service.name), text(service.versions),
                                     text(service.name_zh), service.codes_begin, service.codes_end,
                                     service.actions_begin, service.actions_end});
    }
    for (const std::uint32_t code : lists.service_codes) put(code);
    for (const auto& action : lists.actions)
      put(VendorAction<IndexedText>{text(action.name), text(action.ranges)});
    put_code_services(lists);
    return std::move(tables_) + texts_;
  }

 private:
  template <class Row>
  void put(const Row& row) {
    tables_.append(reinterpret_cast<const char*>(&row), sizeof row);
  }

  IndexedText text(std::string_view text) {
    const auto begin = static_cast<std::uint32_t>(texts_.size());
    texts_ += text;
    return {begin, static_cast<std::uint32_t>(text.size())};
  }

  // Which services have a code: counted, then filled in service by service, so sorted by name.
  void put_code_services(const VendorCodeLists& lists) {
    std::vector<std::uint32_t> begin(lists.codes.size() + 1, 0);
    for (const std::uint32_t code : lists.service_codes) ++begin[code + 1];
    for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
    std::vector<std::uint16_t> services(lists.service_codes.size());
    std::vector<std::uint32_t> next(begin.begin(), begin.end() - 1);
    for (std::size_t number = 0; number < lists.services.size(); ++number) {
      const auto& service = lists.services[number];
      for (std::uint32_t i = service.codes_begin; i < service.codes_end; ++i)
        services[next[lists.service_codes[i]]++] = static_cast<std::uint16_t>(number);
    }
    for (const std::uint32_t at : begin) put(at);
    for (const std::uint16_t service : services) put(service);
  }

  std::string tables_, texts_;
};

// Takes tables off an index, one behind the other.
class Cutter {
 public:
  explicit Cutter(const char* at) : at_(at) {}
  template <class Row>
  IndexTable<Row> take(std::size_t rows) {
    const IndexTable<Row> table(at_, rows);
    at_ += rows * sizeof(Row);
    return table;
  }
  const char* rest() const { return at_; }

 private:
  const char* at_;
};

}  // namespace

std::string write_vendor_codes_index(const VendorCodeLists& lists) { return Writer().run(lists); }

VendorCodesIndex::VendorCodesIndex(std::string_view bytes) {
  if (bytes.empty()) return;
  Cutter cutter(bytes.data());
  const Head head = cutter.take<Head>(1)[0];
  source = head.source;
  codes = cutter.take<IndexedText>(head.codes);
  services = cutter.take<VendorService<IndexedText>>(head.services);
  service_codes = cutter.take<std::uint32_t>(head.service_codes);
  actions = cutter.take<VendorAction<IndexedText>>(head.actions);
  code_services_begin = cutter.take<std::uint32_t>(head.codes + std::size_t{1});
  code_services = cutter.take<std::uint16_t>(head.service_codes);
  texts = cutter.rest();
}

}  // namespace apierrd
