// The pass that proves an outline to be that of a valid document, included by each kernel's file
// behind its `Masks`.
//
// Bits stand for bytes of the outline, 64 at a time. JSON's grammar is local but for two things:
// which container a comma or colon stands in, and that brackets pair. So tokens are checked against
// the one before them by shifts of masks; what is left for the eye (brackets, colons, scalars that
// are more than digits, and what would be wrong in an object) goes to a list, which is walked
// afterwards.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "parsers/ascii.h"
#include "parsers/skim/skim.h"
#include "parsers/skim/skim_bits.h"

namespace apierrd {
namespace {

/// Deeper documents are the full parser's; a bit of the stack is a container.
constexpr unsigned kSkimDepthMax = 60;

// What is carried from one block of an outline to the next: 1 if the last byte was ...
struct Carries {
  // ... but blanks
  Bits value_end = 0, comma = 0, open_object = 0, open_array = 0, key_end = 0;
  Bits scalar = 0, digit = 0, point = 0, minus = 0;
  Bits point_before = 0;  // the last byte but one was a point
};

SIMD_INLINE Bits behind(Bits mask, Bits& carry) {
  const Bits next = mask << 1 | carry;
  carry = mask >> 63;
  return next;
}

// The bits behind those of `mask`, blanks stepped over.
template <bool kBlanks>
SIMD_INLINE Bits next_of(Bits mask, Bits blanks, Bits& carry) {
  const Bits next = behind(mask, carry);
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

// Walks the list. Meant to live in registers.
class Walk {
 public:
  SIMD_INLINE Walk(const char* text, const SkimTree& tree, Skim& skim)
      : text_(text),
        sketch_(skim.sketch()),
        outline_(sketch_.outline.get()),
        objects_(tree.objects.data()),
        skim_(skim),
        escaped_(sketch_.extent.escaped) {}

  // Of the events up to `end`. False: the full parser's.
  SIMD_INLINE bool walk(const std::uint32_t* end) {
    return skim_.any_wrong_ != 0 ? events<true>(end) : events<false>(end);
  }

  /// All containers are closed, the last one at the outline's last byte.
  SIMD_INLINE bool ended() const { return depth_ == 0 && end_ + 1 == sketch_.bytes; }
  SIMD_INLINE const SkimSignature& signature() const { return signature_; }

 private:
  // `kWrong`: there are bytes that may not stand in an object, besides brackets behind a comma.
  template <bool kWrong>
  SIMD_INLINE bool events(const std::uint32_t* end) {
    for (const std::uint32_t* event = skim_.events_.data(); event != end; ++event) {
      const std::size_t at = *event;
      const std::uint8_t c = outline_[at];
      if (c == ':') {
        if ((stack_ & 1) == 0) return false;
        if (depth_ == path_ && !take_key(at)) return false;
      } else if ((c | 0x20) == '{') {
        if (is_misplaced(at) || depth_ == kSkimDepthMax) return false;
        open(c == '{');
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
    return (stack_ & skim_.in_object_wrong_[at / 64 % Skim::kBlocksPerWalk] >> (at % 64) & 1) != 0;
  }

  // The same of a bracket that opens: it stands behind a comma; or behind the document's end.
  SIMD_INLINE bool is_misplaced(std::size_t at) const {
    if (depth_ == 0) return at != 0;
    if ((stack_ & 1) == 0) return false;
    while (outline_[at - 1] == ' ') --at;
    return outline_[at - 1] == ',';
  }

  SIMD_INLINE void open(bool object) {
    if (depth_ == path_ && object && child_ != SkimObject::kNone) {
      object_ = child_;
      ++path_;
    }
    stack_ = stack_ << 1 | static_cast<Bits>(object);
    ++depth_;
    child_ = SkimObject::kNone;
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

  // At a byte of a scalar that is more than digits and a point, the first such; the others are
  // passed over then.
  SIMD_INLINE bool check_scalar(std::size_t at, std::uint8_t c) {
    const char* first = text_ + sketch_.at[at];
    if (first < checked_ || c == ',' || c == '0') return true;
    while (is_digit(first[-1]) || first[-1] == '.' || first[-1] == '-') --first;
    const char* const end = skip_scalar(first);
    if (end == nullptr || !ends_scalar(static_cast<std::uint8_t>(*end))) return false;
    checked_ = end;
    return true;
  }

  // The key before the colon, of an object whose members matter. Its last quote stands right before
  // the colon, or the line is the full parser's.
  SIMD_INLINE bool take_key(std::size_t colon) {
    child_ = SkimObject::kNone;
    if (outline_[colon - 1] != '"') return false;
    const std::size_t key = sketch_.key_begin(colon), size = sketch_.key_end(colon) - key;
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
    sketch_.add_key(colon, first);
    return take_value(place, known ? member.object : SkimObject::kNone, colon);
  }

  SIMD_INLINE bool take_value(std::uint8_t place, std::uint8_t child, std::size_t colon) {
    child_ = child;
    // Of a key twice the last counts: the full parser knows.
    if (child != SkimObject::kNone) {
      const Bits seen = Bits{1} << (child & 63);
      if ((objects_seen_ & seen) != 0) return false;
      objects_seen_ |= seen;
    }
    if (place == SkimObject::kNone) return true;
    if ((signature_.found >> place & 1) != 0) return false;
    const SkimValue value = value_behind(outline_, colon);
    sketch_.spans[place] = value.span;
    signature_.add(place, value.type);
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
  SkimSketch& sketch_;
  const std::uint8_t* outline_;
  const SkimObject* objects_;
  Skim& skim_;
  bool escaped_;
  const char* checked_ = nullptr;  // scalars before it are checked
  std::size_t end_ = 0;            // the latest closing bracket
  SkimSignature signature_;
  Bits objects_seen_ = 0;
  Bits stack_ = 0;  // containers around, the innermost in the lowest bit; 1 is an object
  unsigned depth_ = 0;
  unsigned path_ = 0;                        // how many of them lead to places
  std::uint8_t object_ = SkimObject::kNone;  // the innermost of those
  std::uint8_t child_ = 0;                   // what the latest key leads to; at first the root
};

class Pass {
 public:
  SIMD_INLINE Pass(const char* text, Skim& skim)
      : text_(text), sketch_(skim.sketch()), in_object_wrong_(skim.in_object_wrong_.data()) {}

  SIMD_INLINE bool run(const SkimTree& tree, Skim& skim) {
    Walk walk(text_, tree, skim);
    std::uint32_t* event = skim.events_.data();
    bool last = false;
    for (std::size_t base = 0; !last; base += 64) {
      const Masks masks = Masks::load(reinterpret_cast<const char*>(sketch_.outline.get()) + base);
      const std::size_t left = sketch_.bytes - base;
      last = left <= 64;
      const Bits valid = left >= 64 ? ~Bits{0} : (Bits{1} << left) - 1;
      const Bits events =
          masks.blank != 0 ? block<true>(base, masks, valid) : block<false>(base, masks, valid);
      event = Masks::append(event, static_cast<std::uint32_t>(base), events);
      if (last || base / 64 % Skim::kBlocksPerWalk == Skim::kBlocksPerWalk - 1) {
        skim.any_wrong_ = any_wrong_;
        if (faults_ != 0 || !walk.walk(event)) return false;
        event = skim.events_.data();
      }
    }
    skim.proved_ = walk.signature();
    return walk.ended();
  }

 private:
  // Checks what can be checked here; returns what must be walked.
  template <bool kBlanks>
  SIMD_INLINE Bits block(std::size_t base, const Masks& masks, Bits valid) {
    const Bits blank = kBlanks ? masks.blank : 0;
    const Bits scalar =
        valid & ~(masks.open | masks.close | masks.colon | masks.comma | blank | masks.quote);
    const Bits scalar_begin = scalar & ~behind(scalar, carries_.scalar);

    const Bits behind_value =
        next_of<kBlanks>(masks.quote | scalar | masks.close, blank, carries_.value_end);
    const Bits behind_comma = next_of<kBlanks>(masks.comma, blank, carries_.comma);
    const Bits behind_object =
        next_of<kBlanks>(masks.open & masks.curly, blank, carries_.open_object);
    const Bits behind_array =
        next_of<kBlanks>(masks.open & ~masks.curly, blank, carries_.open_array);
    // A string behind `{` or a comma may be a key; one behind anything else cannot.
    const Bits behind_key =
        next_of<kBlanks>(masks.quote & (behind_object | behind_comma), blank, carries_.key_end);

    const Bits closes_wrong =
        ~(behind_value | (masks.curly & behind_object) | (~masks.curly & behind_array));
    faults_ |= ((masks.quote | scalar_begin | masks.open) & behind_value) |
               ((scalar_begin | masks.open) & behind_object) | (masks.colon & ~behind_key) |
               (masks.comma & ~behind_value) | (masks.close & closes_wrong);
    const Bits in_object_wrong =
        ((masks.close | masks.comma) & behind_key) | (scalar_begin & behind_comma);
    in_object_wrong_[base / 64 % Skim::kBlocksPerWalk] = in_object_wrong;
    any_wrong_ |= in_object_wrong;
    check_numbers(base, masks);
    const Bits plain = masks.zero | masks.point | (masks.minus & scalar_begin);
    return masks.open | masks.close | masks.colon | in_object_wrong | (scalar & ~plain);
  }

  // A point stands between digits, and no other one behind it; behind a minus there is a digit. No
  // number begins with 0 and another digit.
  SIMD_INLINE void check_numbers(std::size_t base, const Masks& masks) {
    const Bits behind_digit = behind(masks.zero, carries_.digit);
    const Bits behind_point = behind(masks.point, carries_.point);
    const Bits behind_minus = behind(masks.minus, carries_.minus);
    const Bits behind_fraction = behind(behind_point, carries_.point_before);
    faults_ |= (masks.point & (~behind_digit | behind_fraction)) |
               ((behind_point | behind_minus) & ~masks.zero);
    for (Bits digits = masks.zero & ~behind_point; digits != 0; digits &= digits - 1) {
      const auto bit = static_cast<std::size_t>(std::countr_zero(digits));
      faults_ |= Bits{sketch_.has_leading_zero(base + bit, text_)};
    }
  }

  const char* text_;
  SkimSketch& sketch_;
  Bits* in_object_wrong_ = nullptr;
  Carries carries_;
  Bits faults_ = 0, any_wrong_ = 0;
};

}  // namespace
}  // namespace apierrd
