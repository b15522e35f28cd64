// Where a JSON document inside a text ends, or whether the text stops before it does. Finds
// documents behind a log's prefix, and joins those that are printed over several lines; whether a
// document is valid in every detail is for JsonDocument to say. Pure; a value; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace apierrd {

/// Reads the text of one object piece by piece. What has been read is always the beginning of some
/// JSON object, so a join can never swallow a line that could not be part of the document.
class JsonPrefix {
 public:
  enum class State : std::uint8_t {
    kOpen,      ///< all of it belongs to the document, which has not ended
    kComplete,  ///< the document ended
    kBroken,    ///< no JSON document goes on like this
  };

  /// Begins anew; the next piece starts with the document's opening brace.
  void reset();

  /// The next piece, a line or what is left of one; pieces are as if a line end stood between them,
  /// so a string cannot go on in the next. `used` is how much of it was read: up to and with the
  /// closing brace, or up to the byte that breaks it; all of it if a string does not end.
  State feed(std::string_view piece, std::size_t& used);

 private:
  enum class Expect : std::uint8_t { kValue, kValueOrEnd, kKey, kKeyOrEnd, kColon, kCommaOrEnd };

  bool string(std::string_view piece, std::size_t& at) const;
  bool scalar(std::string_view piece, std::size_t& at) const;
  bool open(char bracket);
  bool close(char bracket);
  bool punctuation(char c);

  std::string brackets_;  ///< the ones that are open, `{` or `[`
  Expect expect_ = Expect::kValue;
};

/// The first `{` in `text` from `from` on that opens a whole document, and where that ends. What is
/// broken is passed over in one go, so a text costs its length however many braces it holds.
struct EmbeddedDocument {
  std::size_t begin = std::string_view::npos;  ///< npos: there is none
  std::size_t end = 0;
  bool cut_off = false;  ///< the text ends before the document does
};
EmbeddedDocument find_document(std::string_view text, std::size_t from);

/// `{"`, blanks aside: whoever wrote this meant JSON.
bool is_meant_as_json(std::string_view text);

}  // namespace apierrd
