// What a shape comes to for documents of one signature (skim_outline.h): which place each field of
// the call is at, found out once, so that a line like it is read without looking for anything. The
// short way behind the short way: what is not plainly there is left to ShapeReader. Pure; plain
// values.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "parsers/api_call.h"
#include "parsers/log_format.h"
#include "parsers/skim/skim.h"
#include "parsers/text_pool.h"
#include "parsers/time_text.h"

namespace apierrd {

/// A skimmed document, and by JsonPointer::slot where the places of a shape are in it.
struct SkimmedPlace {
  Skim* document = nullptr;
  const std::uint8_t* places = nullptr;
  const JsonNode* at(const JsonPointer& pointer) const {
    return document->at(places[pointer.slot]);
  }
  std::uint8_t place_of(const JsonPointer& pointer) const { return places[pointer.slot]; }
};

class CallLayout {
 public:
  /// `shape` has no places but those that these documents have. Nothing if a field has
  /// several, or not one that is plain text.
  static std::optional<CallLayout> of(const JsonShape& shape, const LogFormat& format,
                                      SkimmedPlace names, SkimmedPlace payload,
                                      CallOrigin::Envelope envelope);

  /// Fills in `call`, by the same shape and format from documents of these signatures: all of it
  /// but its origin, or that as well. False if a name or code is empty, or a field has escapes.
  bool read(const Skim& names, const Skim& payload, const JsonShape& shape, const LogFormat& format,
            bool with_origin, LogTimes& times, TextPool& texts, ApiCall& call) const;

 private:
  CallOrigin origin_;             ///< its texts are the shape's
  bool is_vendor_named_ = false;  ///< before the service
  struct Field {
    static constexpr std::uint8_t kNone = 0xFF;
    std::uint8_t place = kNone;
    bool is_there() const { return place != kNone; }
    [[gnu::always_inline]] std::string_view text(const SkimTexts& document) const {
      return is_there() ? document.at(place) : std::string_view();
    }
  };
  static bool find_text(const std::vector<FieldSource>& sources, SkimmedPlace from, Field& field,
                        std::string_view& rule);
  static bool find_scalar(const std::vector<JsonPointer>& pointers, SkimmedPlace from,
                          Field& field);
  Field service_, action_, region_, code_, message_, request_id_, time_, latency_;
};

}  // namespace apierrd
