#include "parsers/skim/skim_plan.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>

#include "parsers/ascii.h"
#include "parsers/log_format.h"

namespace apierrd {

namespace {

using Tokens = std::vector<std::string>;

std::uint64_t first_bytes_of(std::string_view key) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, key.data(), std::min<std::size_t>(key.size(), sizeof bytes));
  return bytes;
}

std::uint64_t last_bytes_of(std::string_view key) {
  std::uint64_t bytes = 0;
  if (key.size() > sizeof bytes)
    std::memcpy(&bytes, key.data() + key.size() - sizeof bytes, sizeof bytes);
  return bytes;
}

bool is_index(const std::string& token) {
  return !token.empty() && std::all_of(token.begin(), token.end(), is_digit);
}

// A tree while it grows: members in a list, before they are put into their tables.
class TreeBuilder {
 public:
  TreeBuilder() { add_object(SkimObject::kNone); }

  // The place of the value that `tokens` lead to; none if it cannot be planned for.
  std::optional<std::uint8_t> place_of(const Tokens& tokens) {
    std::uint8_t object = 0;
    SkimObject::Member* member = nullptr;
    for (const std::string& token : tokens) {
      if (token.size() > kSkimKeyMax || token.empty() || is_index(token)) return std::nullopt;
      if (member != nullptr) {
        if (member->object == SkimObject::kNone) {
          const std::size_t parent_member =
              static_cast<std::size_t>(member - members_[object].data());
          const std::uint8_t parent = object;
          if (tree_.objects.size() >= SkimObject::kNone) return std::nullopt;
          object = add_object(parent);
          members_[parent][parent_member].object = object;
        } else {
          object = member->object;
        }
      }
      member = &member_of(object, token);
    }
    if (member == nullptr) return std::nullopt;
    if (member->place == SkimObject::kNone) {
      if (tree_.places == kSkimPlacesMax) return std::nullopt;
      member->place = static_cast<std::uint8_t>(tree_.places++);
    }
    return member->place;
  }

  std::optional<SkimTree> finish() {
    static std::atomic<std::uint64_t> trees = 0;
    tree_.id = ++trees;
    for (std::size_t object = 0; object < members_.size(); ++object) {
      if (!fill_table(tree_.objects[object], members_[object])) return std::nullopt;
    }
    return tree_;
  }

 private:
  std::uint8_t add_object(std::uint8_t parent) {
    members_.emplace_back();
    tree_.objects.emplace_back().parent = parent;
    return static_cast<std::uint8_t>(tree_.objects.size() - 1);
  }

  SkimObject::Member& member_of(std::uint8_t object, const std::string& key) {
    for (SkimObject::Member& member : members_[object]) {
      if (member.key == key) return member;
    }
    return members_[object].emplace_back(
        SkimObject::Member{first_bytes_of(key), last_bytes_of(key), key});
  }

  // Tries multipliers until no two keys share a slot.
  static bool fill_table(SkimObject& object, const std::vector<SkimObject::Member>& members) {
    constexpr int kTries = 10'000;
    std::uint64_t multiplier = 0x9E3779B97F4A7C15;
    for (int i = 0; i < kTries;
         ++i, multiplier = multiplier * 6364136223846793005 + 1442695040888963407) {
      object.table = {};
      object.multiplier = multiplier | 1;
      const bool fits = std::all_of(members.begin(), members.end(), [&](const auto& member) {
        SkimObject::Member& slot = object.table[SkimObject::slot_of(
            member.first_bytes, member.key.size(), object.multiplier)];
        if (!slot.key.empty()) return false;
        slot = member;
        return true;
      });
      if (fits) return true;
    }
    return false;
  }

  SkimTree tree_;
  std::vector<std::vector<SkimObject::Member>> members_;
};

// Gives each pointer of a list its slot: the same for the same text.
class Slots {
 public:
  void add(JsonPointer& pointer) {
    const auto found = std::find_if(pointers_.begin(), pointers_.end(),
                                    [&](const Tokens& known) { return known == pointer.tokens; });
    pointer.slot = static_cast<std::uint8_t>(found - pointers_.begin());
    if (found == pointers_.end()) pointers_.push_back(pointer.tokens);
  }
  void add(std::vector<JsonPointer>& pointers) {
    for (JsonPointer& pointer : pointers) add(pointer);
  }
  void add(std::vector<FieldSource>& sources) {
    for (FieldSource& source : sources) add(source.at);
  }

  // Their places below `base`; false if one has none.
  bool place(TreeBuilder& tree, const Tokens& base, std::vector<std::uint8_t>& places) const {
    if (pointers_.size() > kSkimPlacesMax) return false;
    for (const Tokens& pointer : pointers_) {
      Tokens tokens = base;
      tokens.insert(tokens.end(), pointer.begin(), pointer.end());
      const std::optional<std::uint8_t> place = tree.place_of(tokens);
      if (!place) return false;
      places.push_back(*place);
    }
    return true;
  }

 private:
  std::vector<Tokens> pointers_;
};

}  // namespace

std::shared_ptr<const SkimPlan> plan_skimming(JsonShape& shape) {
  if (shape.each) return nullptr;
  Slots of_record, of_payload;
  of_record.add(shape.payload);
  for (Requirement& requirement : shape.required) of_payload.add(requirement.at);
  of_payload.add(shape.absent);
  for (auto* sources : {&shape.code, &shape.message, &shape.request_id}) of_payload.add(*sources);
  Slots& of_names = shape.call_in_payload ? of_payload : of_record;
  for (auto* sources : {&shape.service_host, &shape.service, &shape.action, &shape.region})
    of_names.add(*sources);
  of_names.add(shape.time);
  of_names.add(shape.latency);
  SkimPlan plan;
  TreeBuilder record, payload;
  bool fits = of_record.place(record, {}, plan.of_record);
  fits = fits && of_payload.place(record, {}, plan.of_bare);
  fits = fits && of_payload.place(payload, {}, plan.of_string);
  for (const JsonPointer& member : shape.payload) {
    fits = fits && of_payload.place(record, member.tokens, plan.of_member.emplace_back());
  }
  if (!fits) return nullptr;
  std::optional<SkimTree> record_tree = record.finish(), payload_tree = payload.finish();
  if (!record_tree || !payload_tree) return nullptr;
  plan.record = *std::move(record_tree);
  plan.payload = *std::move(payload_tree);
  return std::make_shared<const SkimPlan>(std::move(plan));
}

}  // namespace apierrd
