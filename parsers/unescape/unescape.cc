#include "parsers/unescape/unescape.h"

#include <algorithm>
#include <cstring>

#include "parsers/json_document.h"

namespace apierrd {

namespace {

bool is_plain_escape(char c) { return c == '"' || c == '\\' || c == '/'; }

// What the kernels must come to.
PlainPart unescape_by_bytes(std::string_view text, char* out) {
  PlainPart part;
  while (part.read < text.size()) {
    char c = text[part.read];
    if (c == '"') break;
    std::size_t size = 1;
    if (c == '\\') {
      if (part.read + 1 == text.size()) {  // of half an escape nothing is written
        ++part.read;
        break;
      }
      c = text[part.read + 1];
      if (!is_plain_escape(c)) break;
      size = 2;
    }
    if (out != nullptr) out[part.written] = c;
    ++part.written;
    part.read += size;
  }
  return part;
}

// Bytes of the escapes at the front of `text` that are not plain; at most what is left of it.
std::size_t other_escapes_size(std::string_view text) {
  std::size_t size = 0;
  while (size + 1 < text.size() && text[size] == '\\' && !is_plain_escape(text[size + 1])) {
    size += text[size + 1] == 'u' ? 6U : 2U;
  }
  return std::min(size, text.size());
}

}  // namespace

PlainPart unescape_plain(std::string_view text, char* out, SkimKernel kernel) {
  switch (kernel) {
#if defined(__x86_64__)
    case SkimKernel::kAvx2: return unescape_avx2(text, out);
    case SkimKernel::kAvx512: return unescape_avx512(text, out);
#else
    case SkimKernel::kAvx2:
    case SkimKernel::kAvx512:
#endif
    case SkimKernel::kOff:
    case SkimKernel::kPortable: break;
  }
  return unescape_by_bytes(text, out);
}

std::size_t unescape_string(std::string_view text, std::string& out, std::string_view& said,
                            SkimKernel kernel) {
  static_assert(kUnescapeSlack <= kJsonPadding);
  out.resize(text.size() + kJsonPadding);  // no escape is shorter than what it stands for
  std::size_t at = 0, written = 0;
  std::string decoded;
  while (true) {
    const PlainPart part = unescape_plain(text.substr(at), out.data() + written, kernel);
    at += part.read;
    written += part.written;
    if (at >= text.size()) return std::string_view::npos;
    if (text[at] == '"') break;
    if (text.substr(at).starts_with("\\n\"")) {  // how a line ends: the commonest
      out[written++] = '\n';
      at += 2;
      break;
    }
    const std::size_t size = other_escapes_size(text.substr(at));
    if (size == 0 || !decode_json_text(text.substr(at, size), decoded))
      return std::string_view::npos;
    std::memcpy(out.data() + written, decoded.data(), decoded.size());
    written += decoded.size();
    at += size;
  }
  said = std::string_view(out).substr(0, written);
  return at;
}

bool ends_with_newline_escape(std::string_view text, std::string_view& body, bool& rare,
                              SkimKernel kernel) {
  rare = false;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    at += unescape_plain(text.substr(at), nullptr, kernel).read;
    const std::string_view rest = text.substr(std::min(at, text.size()));
    if (rest.size() < 3 || rest.front() == '"') return false;
    body = text.substr(0, at);
    if (rest.starts_with("\\n\"")) return true;
    rare = rare || rest[1] == 'u';
  }
  return false;
}

}  // namespace apierrd
