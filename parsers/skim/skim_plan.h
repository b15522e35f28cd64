// Which places of a document a JSON shape looks at, arranged for finding them while a line is
// skimmed. Made once for each format; immutable.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/json_pointer.h"

namespace apierrd {

struct JsonShape;

/// Places, counted over both plans of a shape, fit a 64-bit set.
inline constexpr std::size_t kSkimPlacesMax = 64;
/// A line with a longer one would be proved each time: its outline is not kept
/// (SkimOutline::KeyPiece).
inline constexpr std::size_t kSkimKeyMax = 59;

/// An object on the way to a place: its members that matter, in a small perfect hash table.
struct SkimObject {
  static constexpr std::uint8_t kNone = 0xFF;
  struct Member {
    std::uint64_t first_bytes = 0;  ///< of the key, as many as fit, zeros behind a shorter one
    std::uint64_t last_bytes = 0;   ///< of a key that has more than these: its last eight
    std::string key;
    std::uint8_t place = kNone;
    std::uint8_t object = kNone;  ///< where the value's own members are looked for
  };
  static constexpr std::size_t kTable = 32;
  std::array<Member, kTable> table{};
  std::uint64_t multiplier = 0;
  std::uint8_t parent = kNone;

  static constexpr std::uint64_t kKeyMasks[9] = {0,
                                                 0xFF,
                                                 0xFFFF,
                                                 0xFFFFFF,
                                                 0xFFFFFFFF,
                                                 0xFFFFFFFFFF,
                                                 0xFFFFFFFFFFFF,
                                                 0xFFFFFFFFFFFFFF,
                                                 0xFFFFFFFFFFFFFFFF};
  static std::size_t slot_of(std::uint64_t first_bytes, std::size_t size,
                             std::uint64_t multiplier) {
    return static_cast<std::size_t>(((first_bytes + size) * multiplier) >> 59);
  }
};

/// The places of pointers below one root.
struct SkimTree {
  std::vector<SkimObject> objects;  ///< the root first
  std::size_t places = 0;
  std::uint64_t id = 0;  ///< no two trees of a process have the same
};

/// Of one shape. `record` is the line's document; `payload` one that came as a string in it.
struct SkimPlan {
  SkimTree record, payload;
  /// Where a pointer's place is, by its `slot`: a pointer of the record; a pointer of the payload
  /// when it is a member of the record (by which of the shape's payload pointers), the record
  /// itself, or a document of its own.
  std::vector<std::uint8_t> of_record, of_bare, of_string;
  std::vector<std::vector<std::uint8_t>> of_member;
};

/// Numbers the shape's pointers (JsonPointer::slot) and plans for them; nothing if one leads into
/// an array, or they are too many: such formats are read by the full parser alone.
std::shared_ptr<const SkimPlan> plan_skimming(JsonShape& shape);

}  // namespace apierrd
