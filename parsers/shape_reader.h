// Reads one record out of a JSON document by a shape (log_format.h). Pure but for its memory; one
// per thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/api_call.h"
#include "parsers/call_layout.h"
#include "parsers/json_document.h"
#include "parsers/log_format.h"
#include "parsers/skim/skim.h"
#include "parsers/text_pool.h"
#include "parsers/time_text.h"

namespace apierrd {

enum class ShapeResult : std::uint8_t {
  kRead,
  kOtherShape,   ///< the document is not of this shape
  kBadResponse,  ///< the payload is a string that holds no JSON
  kBadString,    ///< a needed field cannot be text
};

class ShapeReader {
 public:
  explicit ShapeReader(TextPool& texts) : texts_(texts) {}

  /// Reads `record`, a node of `document`. On kRead `call` is filled in.
  ShapeResult read(const JsonShape& shape, const LogFormat& format,
                   const std::vector<ItemRule>& items, const JsonDocument& document,
                   const JsonNode& record, ApiCall& call);

  /// The same of a line that could be skimmed, by the format's plan, whatever `call` was before;
  /// false if it takes the full parser to tell. There must be no rules for items. `look_ahead` as
  /// for Skim::document(): one of many lines, of which the call's origin is not filled in.
  bool read_skimmed(std::string_view line, const JsonShape& shape, const LogFormat& format,
                    const SkimPlan& plan, SkimKernel kernel, bool look_ahead, ApiCall& call);
  void forget_ahead() { line_.forget_ahead(); }
  /// Of the latest skimmed line: its bytes, line end included.
  std::size_t skimmed_bytes() const { return line_.line_bytes(); }
  std::string_view skimmed_text() const { return line_.text(); }

  /// After kBadResponse: the string was meant to hold JSON, a cut response perhaps.
  bool broken_json() const { return broken_json_; }

 private:
  struct Place {  ///< a node and the document it belongs to
    const JsonDocument* document = nullptr;
    const JsonNode* node = nullptr;
    const JsonNode* at(const JsonPointer& pointer) const;
  };

  ShapeResult find_payload(const JsonShape& shape, Place record, CallOrigin& origin);
  bool open_string(const JsonNode& node, unsigned levels);
  bool find_skimmed_payload(const JsonShape& shape, const SkimPlan& plan, SkimKernel kernel,
                            SkimmedPlace record, SkimmedPlace& payload,
                            CallOrigin::Envelope& envelope);
  struct KnownShape;
  const KnownShape* known_shape(const JsonShape& shape, const LogFormat& format,
                                SkimmedPlace record, SkimmedPlace payload,
                                CallOrigin::Envelope envelope);
  void read_items(const std::vector<ItemRule>& items, ApiCall& call);
  template <class At>
  bool read_code(const JsonShape& shape, const At& payload, ApiCall& call);
  template <class At>
  bool read_names(const JsonShape& shape, const LogFormat& format, const At& record, ApiCall& call);
  template <class At>
  std::optional<std::string_view> first_scalar(const At& from,
                                               const std::vector<JsonPointer>& pointers);
  template <class At>
  void read_times(const JsonShape& shape, const LogFormat& format, const At& record, ApiCall& call);

  std::optional<std::string_view> take(const JsonNode* node, const FieldSource& source,
                                       const std::vector<std::string>& hosts) {
    if (node == nullptr) return std::nullopt;
    const bool plain = node->type == JsonType::kString && !node->escaped;
    if (plain && source.take == Take::kText && !node->raw.empty()) return node->raw;
    return take_value(*node, source, hosts);
  }
  std::optional<std::string_view> take_value(const JsonNode& node, const FieldSource& source,
                                             const std::vector<std::string>& hosts);

  TextPool& texts_;
  LogTimes times_;
  JsonDocument inner_;  ///< a payload that came as a string
  Place payload_;
  bool undecodable_ = false;  ///< the last take() met half a surrogate pair
  bool broken_json_ = false;
  Skim line_, inner_line_;  ///< a skimmed line, and the payload that came as a string in it

  /// A shape without the places that documents of one signature do not have.
  struct KnownShape {
    std::uint64_t line = 0, payload = 0;  ///< Skim::signature_id; of no string: 0
    JsonShape shape;
    std::optional<CallLayout> call;
    const std::uint8_t* payload_places = nullptr;
    CallOrigin::Envelope envelope = CallOrigin::Envelope::kNone;
  };
  std::array<KnownShape, 2 * kSignaturesMax> known_shapes_;
  KnownShape& shape_slot(std::uint64_t line, std::uint64_t payload) {
    return known_shapes_[(line + payload * 7) % known_shapes_.size()];
  }
};

/// `https://cvm.ap-guangzhou.tencentcloudapi.com:443/` -> `cvm`; empty for hosts that end in none
/// of `suffixes`. The result is in lower case and lives in `lower`.
std::string_view service_of_host(std::string_view host, const std::vector<std::string>& suffixes,
                                 std::string& lower);

/// The region a host names behind the service, as `ap-guangzhou`; empty if none.
std::string_view region_of_host(std::string_view lower_host);

/// The first character is a letter, a capital unless the vendor has it otherwise; letters, digits,
/// dots and underscores follow, at most kCodeBytesMax in all.
bool looks_like_code(std::string_view text);

/// The trimmed code of a call that failed with it; empty if the code stands for success.
std::string_view failure_code(const JsonShape& shape, std::string_view code);

/// The label a service of this vendor gets: its name, behind `vendor/` for all but the default one.
std::string_view service_label(std::string_view vendor, std::string_view service, TextPool& texts);

}  // namespace apierrd
