// One record of a log -> the API calls it shows, or why it shows none.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/catalog.h"
#include "parsers/json_document.h"
#include "parsers/log_format.h"
#include "parsers/shape_reader.h"
#include "parsers/text_pool.h"
#include "parsers/verdict.h"

namespace apierrd {

/// Texts within texts that are looked into: a wrapper's string, a logger's field, an escaped
/// document in it. The deepest real one has four.
inline constexpr std::size_t kNestingMax = 6;

/// Where in its line a record was found, from the outside in; for `explain`.
struct Nesting {
  std::array<std::string_view, kNestingMax> fields{};  ///< keys whose strings were looked into
  std::size_t depth = 0;
};

/// Reads records in a source's format. Keeps its memory between them; one per thread.
class CallParser {
 public:
  /// `kernel`: how lines are skimmed (skim/skim.h); it makes no difference but in speed.
  explicit CallParser(SkimKernel kernel = best_skim_kernel()) : kernel_(kernel) {}

  /// `text` is a record without line end; kJsonPadding bytes behind it must be readable. Returns
  /// kRecord and fills calls(), or the reason why there is none. Without a catalog, templates that
  /// need a known code match nothing.
  Verdict parse(std::string_view text, const SourceFormat& format,
                const Catalog* catalog = nullptr);
  /// The same without skimming: after skim_line() has said that it takes more.
  Verdict parse_fully(std::string_view text, const SourceFormat& format,
                      const Catalog* catalog = nullptr);

  /// Before the first skim_line() of a text: another may have stood in its place.
  void begin_lines() { reader_.forget_ahead(); }
  /// Reads the line that `text` begins with if it can be skimmed: then calls() holds its call, and
  /// its bytes are returned, line end included. 0 if it takes parse() to tell. Of the call all is
  /// there but its origin, which nobody asks for line by line.
  std::size_t skim_line(std::string_view text, const SourceFormat& format, std::size_t bytes_max);

  /// After kRecord: whether a call has no time; then take_time() gives it that of its wrapper.
  bool lacks_time() const;
  void take_time(std::optional<std::int64_t> time_unix_ns);

  /// At least one after kRecord; valid until the next parse().
  std::span<const ApiCall> calls() const { return {calls_.data(), count_}; }
  const ApiCall& call() const { return calls_.front(); }
  const Nesting& nesting() const { return nesting_; }

 private:
  struct Candidate {  ///< where an error's template matches next
    const LogFormat* format;
    const ErrorTemplate* error;
    TemplateMatch match;
  };

  inline void start(const SourceFormat& format, const Catalog* catalog);
  bool skim(std::string_view text, bool look_ahead);
  Verdict parse_strictly(std::string_view text);
  Verdict look_into_text(std::string_view text, std::size_t depth);
  Verdict look_for_documents(std::string_view text, std::size_t depth);
  bool look_into_escaped(std::string_view text, std::size_t depth);
  bool look_for_errors(std::string_view text);
  bool find_error(Candidate& candidate, std::string_view text, std::size_t from) const;
  void keep_error(const Candidate& found);
  bool look_into_document(const JsonDocument& document, std::size_t depth);
  void keep_reason(Verdict reason);
  bool read_node(const JsonDocument& document, const JsonNode& node);
  bool read_shape(const JsonShape& shape, const LogFormat& format, const JsonDocument& document,
                  const JsonNode& node);
  bool look_into_members(const JsonDocument& document, const JsonNode& object, std::size_t depth,
                         bool deeper);
  void take_log_time(const JsonDocument& document, std::size_t first_call);
  void take_hints(std::string_view text, std::size_t first_call);
  void take_hint(const LogFormat& format, const TextTemplate& hint, const TemplateMatch& match,
                 std::string_view service, ApiCall& call);
  bool is_known(const LogFormat& format, std::string_view code) const;
  JsonDocument& document_at(std::size_t depth);
  ApiCall& next_call();

  SkimKernel kernel_;
  const SourceFormat* format_ = nullptr;
  const Catalog* catalog_ = nullptr;
  TextPool texts_;
  LogTimes times_;
  ShapeReader reader_{texts_};
  std::array<std::optional<JsonDocument>, kNestingMax> documents_;  ///< open ones by depth
  std::vector<ApiCall> calls_{1};
  std::size_t count_ = 0;
  std::vector<Candidate> candidates_;
  /// Why the first call of a known shape could not be read; kNotApiCall if there was none.
  Verdict unreadable_ = Verdict::kNotApiCall;
  Nesting nesting_;
};

}  // namespace apierrd
