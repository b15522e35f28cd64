// What a log's lines look like, as data: where each field of a call stands and how it is written.
//
// A LogFormat is a value. The built-in ones come from parsers/formats/*.yaml, users' own ones from
// their configuration (docs/formats.md describes the keys); the parser only reads them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/embedded_file.h"
#include "parsers/error_code.h"
#include "parsers/json_pointer.h"
#include "parsers/text_template.h"
#include "parsers/time_text.h"

namespace apierrd {

/// How a field's text is made of the value the pointer leads to.
enum class Take : std::uint8_t {
  kText,       ///< a non-empty string as it is
  kNumber,     ///< a number's digits, or a string
  kCode,       ///< a string, if it looks like an error code: letters, digits, dots, underscores
  kHost,       ///< the service a host name begins with, if it ends like one of the format's hosts
  kBefore,     ///< what stands before `argument`, if it is there
  kAfterLast,  ///< what stands behind the last `argument`; all of it if there is none
  kNames,      ///< the name that `names` gives to a number or string
};

struct FieldSource {
  JsonPointer at;
  Take take = Take::kText;
  std::string argument;
  std::vector<std::pair<std::string, std::string>> names;
  std::string rule;  ///< as it stands in the file, for `explain`
};

/// What must stand at a place for a document to be of a shape.
struct Requirement {
  JsonPointer at;
  std::optional<JsonType> type;  ///< none = anything but null
};

/// A list of results within a successful response, each with a code of its own.
struct ItemRule {
  JsonPointer list;  ///< in the payload
  FieldSource code;  ///< in each element
  std::vector<std::string> success_codes;
};

/// One way in which a JSON document shows a call. For each field the places to look, in order; the
/// first that holds a usable value wins.
struct SkimPlan;

struct JsonShape {
  std::optional<JsonPointer> each;   ///< a list whose elements are one record each
  std::vector<JsonPointer> payload;  ///< where the response stands: an object, or JSON in a string
  /// Strings within strings that are opened for a payload: the deepest real one has four.
  unsigned string_levels = 4;
  bool bare = true;                   ///< or the record itself is the response
  bool call_in_payload = false;       ///< service, action, region, time stand in the payload
  std::vector<Requirement> required;  ///< in the payload
  std::string required_text;          ///< the same as text, for `explain`
  std::vector<JsonPointer> absent;    ///< must not stand in the payload
  std::vector<FieldSource> code, message, request_id;  ///< in the payload
  std::vector<std::string> success_codes;              ///< codes that mean success
  std::vector<FieldSource> service_host;               ///< hosts that name the service
  std::vector<FieldSource> service, action, region;    ///< in the record
  std::vector<JsonPointer> time, latency;
};

struct ErrorTemplate {
  TextTemplate text;
  bool known_only = false;  ///< weak: counts only if a catalog documents the code
};

struct LogFormat {
  std::string name;
  std::string vendor = std::string(kDefaultVendor);
  std::string title;
  std::vector<std::string> hosts;     ///< how the vendor's API hosts end
  std::vector<JsonShape> json;        ///< tried in order
  std::vector<ErrorTemplate> errors;  ///< printed errors
  std::vector<TextTemplate> hints;    ///< text that names service, action, region or latency
  TimeFormat time_format = TimeFormat::kAuto;
  TimeUnit latency_unit = TimeUnit::kMillisecond;
};

/// What stands around a line's content, from the outside in.
enum class Wrapper : std::uint8_t { kDocker, kCri, kSyslog, kJournald };
std::string_view name_of(Wrapper value);

/// How physical lines become records.
struct Framing {
  bool detect = false;            ///< wrappers are recognised line by line
  std::vector<Wrapper> wrappers;  ///< else: each line has these
  bool join_json = false;         ///< documents printed over several lines are joined
  std::size_t join_lines_max = 500;
  bool operator==(const Framing&) const = default;
  bool one_line_each() const { return !detect && wrappers.empty() && !join_json; }
};

/// How the lines of one source are understood.
struct SourceFormat {
  std::vector<LogFormat> formats;  ///< tried in order
  /// Every record is one JSON document of the only format's first shape; anything else is rejected.
  bool strict = false;
  Framing framing;
  std::vector<ItemRule> item_rules;
  /// How lines of the first format's first shape are skimmed; null: the full parser reads them all.
  std::shared_ptr<const SkimPlan> skim;
};

/// The format files compiled into the program.
std::span<const EmbeddedFile> builtin_format_files();
/// The built-in formats in the order in which `auto` tries them.
const std::vector<LogFormat>& builtin_formats();
const LogFormat* find_format(const std::vector<LogFormat>& formats, std::string_view name);

/// How a source is read whose format has this name: `auto` is all of `formats`, recognised record
/// by record; `tencentcloud` is strict, one document a line and a response in at most one string.
/// Empty if there is no such format.
std::optional<SourceFormat> source_format(std::string_view name,
                                          const std::vector<LogFormat>& formats);

/// Plans anew how lines of this format are skimmed; whoever changes a format does so afterwards.
/// Not `wanted`: they are not.
void plan_skimming(SourceFormat& source, bool wanted = true);

/// The default: one JSON object a line, as services log their Tencent Cloud API 3.0 calls.
SourceFormat tencentcloud_format();

}  // namespace apierrd
