// Texts that are made while a record is read and must stay where they are until it has been
// counted. Keeps its memory; one per thread.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "parsers/json_document.h"

namespace apierrd {

class TextPool {
 public:
  /// An empty text of its own; its memory may be that of an earlier one.
  std::string& next() {
    if (used_ == texts_.size()) texts_.emplace_back();
    std::string& text = texts_[used_++];
    text.clear();
    return text;
  }

  /// `text` with the readable bytes behind it that JsonDocument::parse needs.
  static std::string_view padded(std::string& text) {
    const std::size_t size = text.size();
    text.append(kJsonPadding, '\0');
    return std::string_view(text).substr(0, size);
  }

  /// All texts are free again. What an unusual record took is given back.
  void clear() {
    if (used_ != 0) give_back();
  }

 private:
  void give_back() {
    if (used_ > kTextsKept) texts_.resize(kTextsKept);
    for (std::size_t i = 0; i < used_ && i < texts_.size(); ++i) {
      if (texts_[i].capacity() > kBytesKept) texts_[i] = std::string();
    }
    used_ = 0;
  }

  static constexpr std::size_t kTextsKept = 64;
  static constexpr std::size_t kBytesKept = 1U << 20;
  std::deque<std::string> texts_;
  std::size_t used_ = 0;
};

}  // namespace apierrd
