// What programs print of a failed call, as the template it was printed from:
// `[TencentCloudSDKError] Code={code}, Message={message}{?}, RequestId={request_id}`.
//
// No regular expressions: a template is read like a printf format. Literal text stands for itself;
// a blank in it for any number of blanks and line ends, none included. `{name}` takes a value, by
// rules of that name; `{}` takes text nobody keeps. `{?}` begins a part that may be missing. `{{`
// is a brace. Pure values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/result.h"

namespace apierrd {

enum class Capture : std::uint8_t {
  kCode,       ///< letters, digits, dots and underscores, a letter first
  kMessage,    ///< up to the literal behind it, at most kCapturedTextMax bytes
  kRequestId,  ///< exactly 36 bytes if they are a UUID, else letters, digits, - and _
  kService,    ///< letters, digits, - and _
  kAction,     ///< letters, digits and _
  kRegion,     ///< letters, digits and -
  kHost,       ///< letters, digits, - and .
  kLatency,    ///< a number with its unit, as 73.4ms
  kSkipped,    ///< `{}`: as kMessage
};
inline constexpr std::size_t kCaptureCount = 9;

/// How much text a message may take before the literal behind it must come: a longer one costs the
/// fields behind it, and a line of repeated beginnings cannot cost its length squared.
inline constexpr std::size_t kCapturedTextMax = 4096;

struct TemplateMatch {
  std::size_t begin = 0, end = 0;
  std::array<std::string_view, kCaptureCount> captured{};  ///< empty if not there

  std::string_view operator[](Capture capture) const {
    return captured[static_cast<std::size_t>(capture)];
  }
};

class TextTemplate {
 public:
  /// Errors name the fault: an unknown name, two values without text between them, or no literal of
  /// at least two characters to look for.
  static Result<TextTemplate> parse(std::string_view text);

  const std::string& text() const { return text_; }
  bool captures(Capture capture) const;

  /// The first match at or behind `from`; false if there is none.
  bool find(std::string_view text, std::size_t from, TemplateMatch& match) const;

 private:
  struct Part {
    enum class Kind : std::uint8_t { kLiteral, kCapture, kOptional } kind = Kind::kLiteral;
    std::string literal;
    Capture capture = Capture::kSkipped;
  };

  bool match_at(std::string_view text, std::size_t at, TemplateMatch& match) const;
  bool take(std::size_t part, std::string_view text, std::size_t& at, TemplateMatch& match) const;

  std::string text_;
  std::vector<Part> parts_;
};

}  // namespace apierrd
