// Text with the readable bytes behind it that the parsers need.
#pragma once

#include <string>
#include <string_view>

#include "parsers/json_document.h"

namespace apierrd::test {

class Padded {
 public:
  explicit Padded(std::string_view text, char behind = '\0') : bytes_(text), size_(text.size()) {
    bytes_.append(kJsonPadding, behind);
  }
  std::string_view view() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  std::string bytes_;
  std::size_t size_;
};

}  // namespace apierrd::test
