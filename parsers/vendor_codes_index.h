// The memory that VendorCodes lives in: tables of numbers, and the texts that they name by where
// these begin. Written once, by the program's build of the compiled-in list and at the start of a
// user's; then only read, where it lies. Not a format for users or for other machines: nobody
// checks it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace apierrd {

template <class Text>
struct VendorService {
  Text name, versions, name_zh;
  // Ranges of service_codes and actions.
  std::uint32_t codes_begin = 0, codes_end = 0, actions_begin = 0, actions_end = 0;
};

template <class Text>
struct VendorAction {
  Text name;
  /// Positions among the service's codes, as in the file: `0-3,7`; empty if none are listed.
  Text ranges;
};

/// As they were read and checked; views of the file's text.
struct VendorCodeLists {
  std::string_view source;
  std::vector<std::string_view> codes;                    ///< sorted
  std::vector<VendorService<std::string_view>> services;  ///< sorted
  std::vector<std::uint32_t> service_codes;               ///< service by service, ascending
  std::vector<VendorAction<std::string_view>> actions;    ///< service by service, sorted
};

std::string write_vendor_codes_index(const VendorCodeLists& lists);

/// A text's place in an index.
struct IndexedText {
  std::uint32_t begin = 0, size = 0;
};

/// Rows in an index, which may lie anywhere: they are copied out.
template <class Row>
class IndexTable {
 public:
  IndexTable() = default;
  IndexTable(const char* rows, std::size_t size) : rows_(rows), size_(size) {}
  std::size_t size() const { return size_; }
  Row operator[](std::size_t at) const {
    Row row;
    std::memcpy(&row, rows_ + at * sizeof row, sizeof row);
    return row;
  }

 private:
  const char* rows_ = nullptr;
  std::size_t size_ = 0;
};

/// An index, read where it lies. Of an empty one all tables are empty.
struct VendorCodesIndex {
  explicit VendorCodesIndex(std::string_view bytes = {});

  std::string_view text(IndexedText at) const { return {texts + at.begin, at.size}; }

  IndexedText source;
  IndexTable<IndexedText> codes;
  IndexTable<VendorService<IndexedText>> services;
  IndexTable<std::uint32_t> service_codes;
  IndexTable<VendorAction<IndexedText>> actions;
  /// The way back: the services of code i are code_services[code_services_begin[i]] up to those of
  /// the next.
  IndexTable<std::uint32_t> code_services_begin;
  IndexTable<std::uint16_t> code_services;
  const char* texts = "";
};

}  // namespace apierrd
