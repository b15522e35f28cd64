#include "parsers/wrappers.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "parsers/ascii.h"
#include "parsers/time_text.h"

namespace apierrd {

namespace {

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
  const std::size_t month = kMonths.find(rest.substr(0, 3));
  if (rest.size() < kBytes || month == std::string_view::npos || month % 3 != 0) return false;
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
  if (const auto parsed = parse_rfc3339(time)) line.time_unix_ns = parsed;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);  // section 6.4
  line.content = rest;
  return true;
}

}  // namespace

bool unwrap_docker(WrappedLine& line, TextPool& texts) {
  constexpr std::string_view kStart = "{\"log\":\"";
  const std::string_view text = line.content;
  if (!text.starts_with(kStart) || !text.ends_with('}')) return false;
  std::size_t end = kStart.size();
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2U : 1U;
  if (end >= text.size()) return false;
  std::string_view log = text.substr(kStart.size(), end - kStart.size());
  const std::string_view rest = text.substr(end + 1);
  const std::size_t stream = rest.find("\"stream\":\"std");
  const std::size_t time = rest.find("\"time\":\"");
  if (stream == std::string_view::npos || time == std::string_view::npos) return false;
  bool partial = true;
  for (const std::string_view ending : {"\\r\\n", "\\n"}) {
    if (!partial || !log.ends_with(ending)) continue;
    log.remove_suffix(ending.size());
    partial = false;
  }
  std::string& content = texts.next();
  if (!decode_json_text(log, content)) return false;
  line.content = TextPool::padded(content);
  line.partial = partial;
  line.stream = rest.substr(stream).starts_with("\"stream\":\"stderr\"") ? 1 : 0;
  const std::string_view stamp = rest.substr(time + 8);
  if (const auto parsed = parse_rfc3339(stamp.substr(0, stamp.find('"'))))
    line.time_unix_ns = parsed;
  line.add(Wrapper::kDocker);
  return true;
}

bool unwrap_cri(WrappedLine& line) {
  if (!starts_like_a_timestamp(line.content)) return false;
  std::string_view rest = line.content, time, stream, tags;
  if (!take_word(rest, time) || !take_word(rest, stream) || !take_word(rest, tags)) return false;
  if (stream != "stdout" && stream != "stderr") return false;
  const std::string_view tag = tags.substr(0, tags.find(':'));  // further tags may follow a colon
  if (tag != "P" && tag != "F") return false;
  if (const auto parsed = parse_rfc3339(time)) line.time_unix_ns = parsed;
  line.content = rest;
  line.partial = tag == "P";
  line.stream = stream == "stderr" ? 1 : 0;
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
  if (const auto parsed = parse_rfc3339(time)) line.time_unix_ns = parsed;
  line.content = rest;
  line.add(Wrapper::kSyslog);
  return true;
}

bool unwrap_journald(WrappedLine& line, TextPool& texts, JsonDocument& scratch) {
  if (!line.content.starts_with('{') ||
      line.content.find("\"__REALTIME_TIMESTAMP\"") == std::string_view::npos) {
    return false;
  }
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
    if (parsed) line.time_unix_ns = parsed;
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

bool unwrap_detected(WrappedLine& line, TextPool& texts, JsonDocument& scratch) {
  return unwrap_docker(line, texts) || unwrap_cri(line) || unwrap_syslog(line) ||
         unwrap_journald(line, texts, scratch);
}

}  // namespace apierrd
