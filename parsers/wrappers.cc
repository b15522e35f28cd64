#include "parsers/wrappers.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <string>

#include "parsers/ascii.h"
#include "parsers/time_text.h"
#include "parsers/unescape/unescape.h"

namespace apierrd {

namespace {

constexpr std::string_view kDockerStart = "{\"log\":\"";
constexpr std::string_view kEscapedDockerStart = "{\\\"log\\\":\\\"";

// What every line of journalctl's has and hardly any other: looked for in steps of its length.
constexpr std::string_view kJournaldKey = "\"__REALTIME_TIMESTAMP\"";

constexpr std::string_view kBareJournaldKey = kJournaldKey.substr(1, kJournaldKey.size() - 2);

bool has_journald_key(std::string_view text) {
  static const std::boyer_moore_horspool_searcher kKey(kJournaldKey.begin(), kJournaldKey.end());
  return std::search(text.begin(), text.end(), kKey) != text.end();
}

// The same without its quotes, which may be escaped.
bool has_bare_journald_key(std::string_view text) {
  static const std::boyer_moore_horspool_searcher kKey(kBareJournaldKey.begin(),
                                                       kBareJournaldKey.end());
  return std::search(text.begin(), text.end(), kKey) != text.end();
}

// Takes the text before the next blank, and the blank, off `rest`; false if there is none.
bool take_word(std::string_view& rest, std::string_view& word) {
  const std::size_t blank = rest.find(' ');
  if (blank == std::string_view::npos || blank == 0) return false;
  word = rest.substr(0, blank);
  rest.remove_prefix(blank + 1);
  return true;
}

// Whether `text` begins like `pattern`, in which 0 stands for any digit.
bool starts_like(std::string_view text, std::string_view pattern) {
  if (text.size() < pattern.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '0' ? !is_digit(text[i]) : text[i] != pattern[i]) return false;
  }
  return true;
}

bool starts_like_a_timestamp(std::string_view text) {
  return text.size() >= 20 && starts_like(text, "0000-00-00T00:00:00");
}

// `Oct 11 22:14:15 `, days below ten with a blank before them. It has no year and no zone: a record
// is no younger for it, so nobody takes its time from here.
bool take_bsd_timestamp(std::string_view& rest) {
  constexpr std::size_t kBytes = 16;
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (rest.size() < kBytes || !is_upper(rest.front())) return false;
  const std::size_t month = kMonths.find(rest.substr(0, 3));
  if (month == std::string_view::npos || month % 3 != 0) return false;
  const std::string_view time = rest.substr(3);
  if (!starts_like(time, " 00 00:00:00 ") && !starts_like(time, "  0 00:00:00 ")) return false;
  rest.remove_prefix(kBytes);
  return true;
}

// `host app[1]: `
bool take_tag(std::string_view& rest) {
  std::string_view host, tag, after = rest;
  if (!take_word(after, host) || !take_word(after, tag)) return false;
  if (tag.size() < 2 || !tag.ends_with(':') || tag.find_first_of("\"{=") != std::string_view::npos)
    return false;
  rest = after;
  return true;
}

// `<165>`; at most three digits (RFC 5424 section 6.2.1).
bool take_priority(std::string_view& rest) {
  const std::size_t close = rest.substr(0, 5).find('>');
  if (!rest.starts_with('<') || close == std::string_view::npos || close < 2) return false;
  if (!std::all_of(rest.begin() + 1, rest.begin() + static_cast<std::ptrdiff_t>(close), is_digit))
    return false;
  rest.remove_prefix(close + 1);
  return true;
}

// `-` or `[id name="value"...]...`, where `\]` and `\"` are escaped, and the blank behind it.
bool take_structured_data(std::string_view& rest) {
  if (rest.starts_with("- ")) {
    rest.remove_prefix(2);
    return true;
  }
  std::size_t at = 0;
  while (at < rest.size() && rest[at] == '[') {
    bool quoted = false;
    for (++at; at < rest.size() && (quoted || rest[at] != ']'); ++at) {
      if (rest[at] == '\\')
        ++at;
      else if (rest[at] == '"')
        quoted = !quoted;
    }
    ++at;
  }
  if (at == 0 || at >= rest.size() || rest[at] != ' ') return false;
  rest.remove_prefix(at + 1);
  return true;
}

bool unwrap_rfc5424(WrappedLine& line, std::string_view rest) {
  std::string_view version, time, word;
  if (!take_word(rest, version) || version != "1" || !take_word(rest, time)) return false;
  for (int i = 0; i < 4; ++i) {  // host, program, process, message id
    if (!take_word(rest, word)) return false;
  }
  // Some write `app - ID47 [..]`, one field too many for the RFC's own grammar.
  if (!take_structured_data(rest) && !(take_word(rest, word) && take_structured_data(rest)))
    return false;
  line.take_time(time);
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);  // section 6.4
  line.content = rest;
  return true;
}

// What follows a log's closing quote. Nearly always this, in this order; others may write
// otherwise, and Docker puts `"attrs":{...}` in between if it is told to log labels.
bool read_docker_rest(std::string_view rest, std::uint8_t& stream, std::string_view& stamp) {
  constexpr std::string_view kOut = R"(,"stream":"stdout","time":")";
  constexpr std::string_view kError = R"(,"stream":"stderr","time":")";
  static_assert(kOut.size() == kError.size());
  stream = rest.starts_with(kError) ? 1 : 0;
  if (stream == 1 || rest.starts_with(kOut)) {
    stamp = rest.substr(kOut.size());
    return true;
  }
  const std::size_t stream_at = rest.find("\"stream\":\"std");
  const std::size_t time_at = rest.find("\"time\":\"");
  if (stream_at == std::string_view::npos || time_at == std::string_view::npos) return false;
  stream = rest.substr(stream_at).starts_with("\"stream\":\"stderr\"") ? 1 : 0;
  stamp = rest.substr(time_at + 8);
  return true;
}

}  // namespace

void WrappedLine::take_time(std::string_view text) {
  outer_time_unix_ns_ = time_unix_ns();
  time_text_ = text;
}

std::optional<std::int64_t> WrappedLine::time_unix_ns() const {
  if (time_text_.empty()) return outer_time_unix_ns_;
  const auto parsed = parse_rfc3339(time_text_);
  return parsed ? parsed : outer_time_unix_ns_;
}

bool unwrap_docker(WrappedLine& line, TextPool& texts, SkimKernel kernel) {
  const std::string_view text = line.content;
  if (!text.starts_with(kDockerStart) || !text.ends_with('}')) return false;
  const std::string_view log = text.substr(kDockerStart.size());
  std::string_view content;
  const std::size_t end = unescape_string(log, texts.next(), content, kernel);
  if (end == std::string_view::npos) return false;
  std::uint8_t stream = 0;
  std::string_view stamp;
  if (!read_docker_rest(log.substr(end + 1), stream, stamp)) return false;
  line.partial = !content.ends_with('\n');
  if (!line.partial) content.remove_suffix(content.ends_with("\r\n") ? 2 : 1);
  line.content = content;
  line.stream = stream;
  line.take_time(stamp.substr(0, stamp.find('"')));
  line.add(Wrapper::kDocker);
  return true;
}

bool unwrap_cri(WrappedLine& line) {
  if (!starts_like_a_timestamp(line.content)) return false;
  std::string_view rest = line.content, time;
  if (!take_word(rest, time)) return false;
  const bool out = rest.starts_with("stdout "), error = rest.starts_with("stderr ");
  if (!out && !error) return false;
  rest.remove_prefix(7);
  const bool full = rest.starts_with("F ");  // nearly always
  std::string_view tag = rest.substr(0, 1);
  if (full) {
    rest.remove_prefix(2);
  } else {
    if (!take_word(rest, tag)) return false;
    tag = tag.substr(0, tag.find(':'));  // further tags may follow a colon
    if (tag != "P" && tag != "F") return false;
  }
  line.take_time(time);
  line.content = rest;
  line.partial = tag == "P";
  line.stream = error ? 1 : 0;
  line.add(Wrapper::kCri);
  return true;
}

bool unwrap_syslog(WrappedLine& line) {
  std::string_view rest = line.content;
  const bool priority = take_priority(rest);
  if (priority && unwrap_rfc5424(line, rest)) {
    line.add(Wrapper::kSyslog);
    return true;
  }
  std::string_view time;
  if (starts_like_a_timestamp(rest)) {  // rsyslog's own format of files
    if (!take_word(rest, time)) return false;
  } else if (!take_bsd_timestamp(rest)) {
    return false;
  }
  if (!take_tag(rest)) return false;
  line.take_time(time);
  line.content = rest;
  line.add(Wrapper::kSyslog);
  return true;
}

bool unwrap_journald(WrappedLine& line, TextPool& texts, JsonDocument& scratch) {
  if (!line.content.starts_with('{') || !has_journald_key(line.content)) return false;
  if (scratch.parse(line.content) != Verdict::kRecord) return false;
  const JsonNode* message = scratch.find(scratch.root(), "MESSAGE");
  const JsonNode* time = scratch.find(scratch.root(), "__REALTIME_TIMESTAMP");
  if (message == nullptr || time == nullptr) return false;
  std::string& content = texts.next();
  if (message->type == JsonType::kString) {
    if (!decode_json_string(message->raw, content)) return false;
  } else if (message->type == JsonType::kArray) {
    bool bytes = true;
    scratch.each_child(*message, [&](const JsonNode& element) {
      unsigned value = 256;
      const char* const end = element.raw.data() + element.raw.size();
      const auto parsed = std::from_chars(element.raw.data(), end, value);
      bytes = element.type == JsonType::kNumber && parsed.ptr == end && value < 256;
      if (bytes) content.push_back(static_cast<char>(value));
      return bytes;
    });
    if (!bytes) return false;
  } else {
    return false;
  }
  if (time->type == JsonType::kString) {
    const auto parsed = parse_time(time->raw, TimeFormat::kEpochMicroseconds);
    if (parsed) line.take_time(*parsed);
  }
  line.content = TextPool::padded(content);
  line.add(Wrapper::kJournald);
  return true;
}

bool unwrap(WrappedLine& line, Wrapper wrapper, TextPool& texts, JsonDocument& scratch) {
  switch (wrapper) {
    case Wrapper::kDocker: return unwrap_docker(line, texts);
    case Wrapper::kCri: return unwrap_cri(line);
    case Wrapper::kSyslog: return unwrap_syslog(line);
    case Wrapper::kJournald: return unwrap_journald(line, texts, scratch);
  }
  return false;
}

namespace {

// Whether no wrapper begins here, plainly. `start` is how Docker's begins.
bool begins_no_wrapper(std::string_view text, std::string_view start) {
  if (text.empty()) return true;
  const char first = text.front();
  if (first == '{') return !text.starts_with(start) && !has_bare_journald_key(text);
  return first != '<' && first != '\\' && !is_digit(first) && !is_upper(first);
}

bool is_whole_docker(std::string_view line, std::string_view& log, bool& rare) {
  log = line.substr(kDockerStart.size());
  return ends_with_newline_escape(log, log, rare);
}

bool is_whole_cri(std::string_view line) {
  WrappedLine cri;
  cri.content = line;
  return !unwrap_cri(cri) || !cri.partial;
}

bool is_whole_as_detected(std::string_view line) {
  if (!line.starts_with(kDockerStart)) {
    WrappedLine inner;
    inner.content = line;
    const bool unwrapped = !line.starts_with('{') && (unwrap_cri(inner) || unwrap_syslog(inner));
    return !(unwrapped && inner.partial) && begins_no_wrapper(inner.content, kDockerStart);
  }
  std::string_view log;
  bool rare = false;  // escapes by number may hide what is looked for
  return is_whole_docker(line, log, rare) && !rare && !has_bare_journald_key(line) &&
         begins_no_wrapper(log, kEscapedDockerStart);
}

}  // namespace

bool is_whole(std::string_view line, const Framing& framing) {
  if (framing.join_json) return false;
  if (framing.detect) return is_whole_as_detected(line);
  const auto in_parts = [](Wrapper wrapper) {
    return wrapper == Wrapper::kDocker || wrapper == Wrapper::kCri;
  };
  if (std::none_of(framing.wrappers.begin(), framing.wrappers.end(), in_parts)) return true;
  if (framing.wrappers.size() > 1) return false;
  if (framing.wrappers.front() == Wrapper::kCri) return is_whole_cri(line);
  std::string_view log;
  bool rare = false;
  return !line.starts_with(kDockerStart) || is_whole_docker(line, log, rare);
}

bool unwrap_detected(WrappedLine& line, TextPool& texts, JsonDocument& scratch) {
  return unwrap_docker(line, texts) || unwrap_cri(line) || unwrap_syslog(line) ||
         unwrap_journald(line, texts, scratch);
}

}  // namespace apierrd
