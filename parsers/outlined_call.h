// What a shape comes to for lines of one outline (skim_outline.h): where each field of the call
// stands, found out once, so that a line like it is read without looking for anything. The short
// way behind the short way: what is not plainly there is left to ShapeReader. Pure; plain values.
#pragma once

#include <optional>

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
  const SkimSpan& span(const JsonPointer& pointer) const {
    return document->span(places[pointer.slot]);
  }
};

class OutlinedCall {
 public:
  /// `shape` has no places but those that lines of this outline have. Nothing if a field has
  /// several, or not one that is plain text.
  static std::optional<OutlinedCall> of(const JsonShape& shape, const LogFormat& format,
                                        SkimmedPlace names, SkimmedPlace payload,
                                        CallOrigin::Envelope envelope);

  /// Fills in all of `call`, by the same shape and format from documents of the outline; false if a
  /// name or code is empty, or a field has escapes.
  bool read(const Skim& names, const Skim& payload, const JsonShape& shape, const LogFormat& format,
            LogTimes& times, TextPool& texts, ApiCall& call) const;

 private:
  CallOrigin origin_;             ///< its texts are the shape's
  bool is_vendor_named_ = false;  ///< before the service
  /// Of no field: a span that ends at 0.
  SkimSpan service_, action_, region_, code_, message_, request_id_, time_, latency_;
};

}  // namespace apierrd
