// The pass that proves a line valid, included by each kernel's file behind its `Masks`.
//
// Bits stand for bytes, 64 at a time. JSON's grammar is local but for two things: which container
// a comma or colon stands in, and that brackets pair. So tokens are checked against the one before
// them by shifts of masks; what is left for the eye (brackets, colons, and what would be wrong in
// an object) goes to a list, which is walked afterwards. The list is the same for lines of the same
// structure, wherever their blocks end, so that branches on it are well predicted.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "parsers/ascii.h"
#include "parsers/skim/skim.h"
#include "parsers/skim/skim_line.h"

namespace apierrd {
namespace {

/// Deeper documents are the full parser's; a bit of the stack is a container.
constexpr unsigned kSkimDepthMax = 60;

// What is carried from one block of a document to the next.
struct Carries {
  Bits value_string = 0;  // 1 if a string that cannot be a key goes on
  // 1 if the last byte but blanks was ...
  Bits value_end = 0, comma = 0, open_object = 0, open_array = 0, key_end = 0;
  Bits scalar = 0, zero = 0;  // the last byte was of a scalar; and was its first, a zero
};

// The bits behind those of `mask`, blanks stepped over.
template <bool kBlanks>
SIMD_INLINE Bits next_of(Bits mask, Bits blanks, Bits& carry) {
  const Bits next = mask << 1 | carry;
  carry = mask >> 63;
  if constexpr (!kBlanks) return next;
  Bits stepped = 0;
  const Bits on_blank = next & blanks;
  carry |= static_cast<Bits>(__builtin_add_overflow(on_blank, blanks, &stepped));
  return (next & ~blanks) | (on_blank != 0 ? stepped & ~blanks : 0);
}

// One behind the scalar's last byte if a valid one begins here (RFC 8259 sections 3 and 6).
SIMD_INLINE const char* skip_scalar(const char* at) {
  if (*at == 't') return std::memcmp(at, "true", 4) == 0 ? at + 4 : nullptr;
  if (*at == 'f') return std::memcmp(at, "false", 5) == 0 ? at + 5 : nullptr;
  if (*at == 'n') return std::memcmp(at, "null", 4) == 0 ? at + 4 : nullptr;
  at += *at == '-';
  if (!is_digit(*at)) return nullptr;
  if (*at++ != '0') {
    while (is_digit(*at)) ++at;
  }
  if (*at == '.') {
    if (!is_digit(*++at)) return nullptr;
    while (is_digit(*at)) ++at;
  }
  if (*at == 'e' || *at == 'E') {
    ++at;
    at += *at == '+' || *at == '-';
    if (!is_digit(*at)) return nullptr;
    while (is_digit(*at)) ++at;
  }
  return at;
}

SIMD_INLINE bool ends_scalar(char c) { return c == ',' || c == '}' || c == ']' || c == ' '; }

/// Blocks between two walks: their list stays in the first-level cache.
constexpr std::size_t kBlocksPerWalk = Skim::kBlocksPerWalk;

// Walks the list. Meant to live in registers.
class Walk {
 public:
  SIMD_INLINE Walk(const char* text, const SkimTree& tree, Skim& skim)
      : text_(text), objects_(tree.objects.data()), skim_(skim) {}

  // Of the events up to `end`; `escaped`: there has been a backslash. False: the full parser's.
  SIMD_INLINE bool walk(const std::uint32_t* end, bool escaped) {
    escaped_ = escaped;
    return skim_.any_wrong_ != 0 ? events<true>(end) : events<false>(end);
  }

  /// All containers are closed, the last one at the document's last byte.
  SIMD_INLINE bool ended(std::size_t size) const { return depth_ == 0 && end_ + 1 == size; }
  SIMD_INLINE Bits found() const { return found_; }

 private:
  // `kWrong`: there are bytes that may not stand in an object, besides brackets behind a comma.
  template <bool kWrong>
  SIMD_INLINE bool events(const std::uint32_t* end) {
    for (const std::uint32_t* event = skim_.events_.data(); event != end; ++event) {
      const std::size_t at = *event;
      const char c = text_[at];
      if (c == ':') {
        if ((stack_ & 1) == 0) return false;
        if (depth_ == path_ && !take_key(at)) return false;
      } else if ((c | 0x20) == '{') {
        if (is_misplaced(at) || depth_ == kSkimDepthMax || !open(c == '{')) return false;
      } else if ((c | 0x20) == '}') {
        if ((kWrong && is_wrong(at)) || depth_ == 0 || !close(at, c == '}')) return false;
      } else if ((kWrong && is_wrong(at)) || !check_scalar(at, c)) {
        return false;
      }
    }
    return true;
  }

  // Whether there is something in an object that only an array may have.
  SIMD_INLINE bool is_wrong(std::size_t at) const {
    return (stack_ & skim_.in_object_wrong_[at / 64 % kBlocksPerWalk] >> (at % 64) & 1) != 0;
  }

  // The same of a bracket that opens: it stands behind a comma; or behind the document's end.
  SIMD_INLINE bool is_misplaced(std::size_t at) const {
    if (depth_ == 0) return at != 0;
    if ((stack_ & 1) == 0) return false;
    while (text_[at - 1] == ' ') --at;
    return text_[at - 1] == ',';
  }

  SIMD_INLINE bool open(bool object) {
    if (depth_ == path_ && object && child_ != SkimObject::kNone) {
      object_ = child_;
      ++path_;
    }
    stack_ = stack_ << 1 | static_cast<Bits>(object);
    ++depth_;
    child_ = SkimObject::kNone;
    return true;
  }

  SIMD_INLINE bool close(std::size_t at, bool object) {
    if ((stack_ & 1) != static_cast<Bits>(object)) return false;
    if (depth_ == path_) {
      object_ = objects_[object_].parent;
      --path_;
    }
    stack_ >>= 1;
    --depth_;
    child_ = SkimObject::kNone;
    end_ = at;
    return true;
  }

  // At a byte of a scalar that is no digit, the first such; the others are passed over then.
  SIMD_INLINE bool check_scalar(std::size_t at, char c) {
    if (at < checked_ || c == ',' || is_digit(c)) return true;
    while (is_digit(text_[at - 1])) --at;
    const char* const end = skip_scalar(text_ + at);
    if (end == nullptr || !ends_scalar(*end)) return false;
    checked_ = static_cast<std::size_t>(end - text_);
    return true;
  }

  // The key before the colon, of an object whose members matter. Its last quote stands right before
  // the colon, or the line is the full parser's.
  SIMD_INLINE bool take_key(std::size_t colon) {
    child_ = SkimObject::kNone;
    if (text_[colon - 1] != '"') return false;
    const std::size_t last = colon - 1;
    std::size_t base = last / 64 * 64;
    Bits before = skim_.quotes_[base / 64] & ((Bits{1} << (last % 64)) - 1);
    if (before == 0) {
      // Else a key that no plan has, unless it is one with escapes.
      if (base == 0 || skim_.quotes_[base / 64 - 1] == 0) {
        skim_.sketch().keys_known = false;
        return !escaped_;
      }
      base -= 64;
      before = skim_.quotes_[base / 64];
    }
    const std::size_t key = base + 64U - static_cast<unsigned>(std::countl_zero(before));
    return take_member(key, last - key, colon + 1);
  }

  SIMD_INLINE bool take_member(std::size_t key, std::size_t size, std::size_t value) {
    if (escaped_ && std::memchr(text_ + key, '\\', size) != nullptr) return false;
    Bits first = 0;
    std::memcpy(&first, text_ + key, sizeof first);
    first &= SkimObject::kKeyMasks[size < 8 ? size : 8];
    const SkimObject& object = objects_[object_];
    const SkimObject::Member& member =
        object.table[SkimObject::slot_of(first, size, object.multiplier)];
    const bool known = size != 0 && member.first_bytes == first && member.key.size() == size &&
                       same_rest(member, key);
    const std::uint8_t place = known ? member.place : SkimObject::kNone;
    skim_.sketch().add_key(key, size, place);
    return take_value(place, known ? member.object : SkimObject::kNone, value);
  }

  SIMD_INLINE bool take_value(std::uint8_t place, std::uint8_t child, std::size_t value) {
    child_ = child;
    // Of a key twice the last counts: the full parser knows.
    if (child != SkimObject::kNone) {
      const Bits seen = Bits{1} << (child & 63);
      if ((objects_seen_ & seen) != 0) return false;
      objects_seen_ |= seen;
    }
    if (place == SkimObject::kNone) return true;
    const Bits bit = Bits{1} << place;
    if ((found_ & bit) != 0) return false;
    found_ |= bit;
    while (text_[value] == ' ') ++value;
    skim_.value_at_[place] = static_cast<std::uint32_t>(value);
    return true;
  }

  // Behind its first eight bytes.
  SIMD_INLINE bool same_rest(const SkimObject::Member& member, std::size_t at) const {
    const std::size_t size = member.key.size();
    if (size <= 8) return true;
    Bits last = 0;
    std::memcpy(&last, text_ + at + size - 8, sizeof last);
    if (last != member.last_bytes) return false;
    return size <= 16 || std::memcmp(member.key.data() + 8, text_ + at + 8, size - 16) == 0;
  }

  const char* text_;
  const SkimObject* objects_;
  Skim& skim_;
  bool escaped_ = false;
  std::size_t checked_ = 0;  // scalars before it are checked
  std::size_t end_ = 0;      // the latest closing bracket
  Bits found_ = 0, objects_seen_ = 0;
  Bits stack_ = 0;  // containers around, the innermost in the lowest bit; 1 is an object
  unsigned depth_ = 0;
  unsigned path_ = 0;                        // how many of them lead to places
  std::uint8_t object_ = SkimObject::kNone;  // the innermost of those
  std::uint8_t child_ = 0;                   // what the latest key leads to; at first the root
};

class Pass {
 public:
  SIMD_INLINE explicit Pass(std::string_view text) : text_(text), line_(text) {}

  SIMD_INLINE bool run(const SkimTree& tree, Skim& skim) {
    in_object_wrong_ = skim.in_object_wrong_.data();
    Walk walk(text_.data(), tree, skim);
    std::uint32_t* event = skim.events_.data();
    bool last = false;
    for (std::size_t base = 0; !last; base += 64) {
      if (base >= text_.size() || base >= kSkimBytesMax) return false;
      const Masks masks = Masks::load(text_.data() + base);
      Bits valid = 0;
      last = line_.enter(base, masks, valid);
      const Bits quote = skim.quotes_[base / 64] = line_.quotes(base, masks, valid);
      const Bits events = masks.blank != 0 ? block<true>(base, masks, valid, quote)
                                           : block<false>(base, masks, valid, quote);
      event = Masks::append(event, static_cast<std::uint32_t>(base), events);
      if (last || base / 64 % kBlocksPerWalk == kBlocksPerWalk - 1) {
        skim.any_wrong_ = any_wrong_;
        if (faults_ != 0 || line_.faulty() || !walk.walk(event, line_.escapes())) return false;
        event = skim.events_.data();
      }
    }
    skim.found_ = walk.found();
    skim.extent_ = line_.extent();
    return !line_.in_string() && walk.ended(line_.size());
  }

 private:
  // Checks what can be checked here; returns what must be walked.
  template <bool kBlanks>
  SIMD_INLINE Bits block(std::size_t base, const Masks& masks, Bits valid, Bits quote) {
    const Bits string = line_.strings<Masks>(quote);
    const Bits string_begin = quote & string;
    const Bits string_end = quote & ~string;
    const Bits outside = ~(string | string_end) & valid;
    const Bits open = masks.open & outside, close = masks.close & outside;
    const Bits colon = masks.colon & outside, comma = masks.comma & outside;
    const Bits blank = kBlanks ? masks.blank & outside : 0;
    const Bits scalar = outside & ~(open | close | colon | comma | blank);
    const Bits scalar_begin = scalar & ~(scalar << 1 | carries_.scalar);
    carries_.scalar = scalar >> 63;

    const Bits behind_value =
        next_of<kBlanks>(string_end | scalar | close, blank, carries_.value_end);
    const Bits behind_comma = next_of<kBlanks>(comma, blank, carries_.comma);
    const Bits behind_object = next_of<kBlanks>(open & masks.curly, blank, carries_.open_object);
    const Bits behind_array = next_of<kBlanks>(open & ~masks.curly, blank, carries_.open_array);
    // A string behind `{` or a comma may be a key; one behind anything else cannot: an addition
    // carries from where it begins to where it ends.
    Bits ends = 0;
    const Bits no_key = string_begin & ~(behind_object | behind_comma);
    const bool over = __builtin_add_overflow(string, no_key, &ends);
    const bool over_again = __builtin_add_overflow(ends, carries_.value_string, &ends);
    carries_.value_string = static_cast<Bits>(over) | static_cast<Bits>(over_again);
    const Bits behind_key = next_of<kBlanks>(string_end & ~ends, blank, carries_.key_end);

    // Plain digits need no other check than for a leading zero.
    const Bits zero = scalar_begin & masks.zero;
    const Bits leading_zero = (zero << 1 | carries_.zero) & scalar & masks.digit;
    carries_.zero = zero >> 63;

    const Bits closes_wrong =
        ~(behind_value | (masks.curly & behind_object) | (~masks.curly & behind_array));
    faults_ |= ((string_begin | scalar_begin | open) & behind_value) |
               ((scalar_begin | open) & behind_object) | (colon & ~behind_key) |
               (comma & ~behind_value) | (close & closes_wrong) | leading_zero;
    const Bits in_object_wrong = ((close | comma) & behind_key) | (scalar_begin & behind_comma);
    in_object_wrong_[base / 64 % kBlocksPerWalk] = in_object_wrong;
    any_wrong_ |= in_object_wrong;
    return open | close | colon | in_object_wrong | (scalar & ~masks.digit);
  }

  std::string_view text_;
  SkimmedLine line_;
  Bits* in_object_wrong_ = nullptr;
  Carries carries_;
  Bits faults_ = 0, any_wrong_ = 0;
};

}  // namespace
}  // namespace apierrd
