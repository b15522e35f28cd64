#include "parsers/classification_rules.h"

#include <algorithm>
#include <set>

#include "parsers/ascii.h"
#include "parsers/error_code.h"
#include "parsers/yaml_tree.h"

namespace apierrd {

namespace {

constexpr std::size_t kPhrasesMax = 10'000;  // of a rule; all we ship have 1,216 together
constexpr std::size_t kWordsMax = 8;         // of a phrase; longer ones would name a single code

enum class Kind : std::uint8_t { kOther, kLower, kUpper };

// Of each character; a digit is as the letter before it.
std::vector<Kind> kinds_of(std::string_view text) {
  std::vector<Kind> kinds;
  kinds.reserve(text.size());
  Kind letter = Kind::kOther;
  for (const char c : text) {
    if (is_lower(c)) {
      letter = Kind::kLower;
    } else if (is_upper(c)) {
      letter = Kind::kUpper;
    } else if (!is_digit(c)) {
      letter = Kind::kOther;
    } else if (letter == Kind::kOther) {
      letter = Kind::kLower;
    }
    kinds.push_back(letter);
  }
  return kinds;
}

// The words of a text as they stand in it, in lower case.
std::vector<std::string> plain_words(std::string_view text) {
  const std::vector<Kind> kinds = kinds_of(text);
  std::vector<std::string> words;
  bool open = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kinds[i] == Kind::kOther) {
      open = false;
      continue;
    }
    const bool capital = is_upper(text[i]);
    const bool small_follows = i + 1 < text.size() && is_lower(text[i + 1]);
    if (capital && open && (kinds[i - 1] == Kind::kLower || small_follows)) open = false;
    if (!open) words.emplace_back();
    open = true;
    words.back().push_back(to_lower(text[i]));
  }
  return words;
}

// Whether `words` go on with `phrase` at a place.
bool stands_at(const std::vector<std::string>& phrase, const std::vector<std::string>& words,
               std::size_t at) {
  return phrase.size() <= words.size() - at &&
         std::equal(phrase.begin(), phrase.end(), words.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

std::vector<std::string> ClassificationRules::words_of(std::string_view text) const {
  Words plain = plain_words(text);
  Words words;
  words.reserve(plain.size());
  for (std::size_t at = 0; at < plain.size();) {
    std::size_t size = 1;
    if (const auto found = compounds_.find(plain[at]); found != compounds_.end()) {
      for (const Words& compound : found->second) {
        if (!stands_at(compound, plain, at)) continue;
        size = compound.size();
        break;
      }
    }
    std::string& word = words.emplace_back(std::move(plain[at]));
    for (std::size_t i = at + 1; i < at + size; ++i) word += plain[i];
    at += size;
  }
  return words;
}

std::size_t ClassificationRules::first_match(const Words& words, std::string_view code_class,
                                             bool of_class) const {
  std::size_t first = rules_.size();
  for (std::size_t at = 0; at < words.size(); ++at) {
    const auto found = phrases_.find(words[at]);
    if (found == phrases_.end()) continue;
    for (const Phrase& phrase : found->second) {
      const ClassificationRule& rule = rules_[phrase.rule];
      if (phrase.rule >= first || rule.phrases_of_class != of_class) continue;
      const bool applies =
          rule.classes.empty() ||
          std::find(rule.classes.begin(), rule.classes.end(), code_class) != rule.classes.end();
      if (applies && stands_at(phrase.words, words, at)) first = phrase.rule;
    }
  }
  return first;
}

const ClassificationRule* ClassificationRules::match(std::string_view code) const {
  const std::string_view code_class = class_of(code);
  const std::size_t first =
      std::min(first_match(words_of(code.substr(code_class.size())), code_class, false),
               first_match(words_of(code), code_class, true));
  return first < rules_.size() ? &rules_[first] : nullptr;
}

ClassificationRules ClassificationRules::parse(std::string_view text, const std::string& file,
                                               std::vector<Error>& errors) {
  const Result<YamlValue> root = parse_yaml(text, file);
  if (root) return read(*root, file, errors);
  errors.push_back(root.error());
  return {};
}

ClassificationRules ClassificationRules::read(const YamlValue& root, const std::string& file,
                                              std::vector<Error>& errors) {
  ClassificationRules rules;
  YamlMapReader reader(root, "rules file", file, errors);
  if (root.kind != YamlValue::Kind::kMap) return rules;
  if (reader.require("schema") != nullptr) reader.integer("schema", 1, 1);
  reader.one_of("vendor", {kDefaultVendor});
  rules.read_compounds(reader);
  const YamlValue* list = reader.require("rules");
  reader.finish();
  if (list == nullptr) return rules;
  if (list->kind != YamlValue::Kind::kList) reader.complain(*list, "'rules' must be a list");
  for (const YamlValue& value : list->list) rules.read_rule(value, file, errors);
  return rules;
}

void ClassificationRules::read_compounds(YamlMapReader& reader) {
  for (const std::string& compound : reader.texts("compounds")) {
    Words words = plain_words(compound);
    if (words.size() < 2) continue;  // one word as it is
    const std::string first = words[0];
    compounds_[first].push_back(std::move(words));
  }
  for (auto& [first, compounds] : compounds_) {
    std::stable_sort(compounds.begin(), compounds.end(),
                     [](const Words& a, const Words& b) { return a.size() > b.size(); });
  }
}

void ClassificationRules::read_rule(const YamlValue& value, const std::string& file,
                                    std::vector<Error>& errors) {
  YamlMapReader reader(value, "rule", file, errors);
  if (value.kind != YamlValue::Kind::kMap) return;
  ClassificationRule rule;
  const YamlValue* name = reader.require("rule");
  rule.name = reader.text("rule").value_or("");
  const bool twice = std::any_of(rules_.begin(), rules_.end(),
                                 [&](const ClassificationRule& r) { return r.name == rule.name; });
  if (name != nullptr && !valid_name(rule.name)) {
    reader.complain(*name, "'" + rule.name + "' cannot be the name of a rule",
                    "letters, digits, dots, dashes and underscores, at most 128");
  } else if (name != nullptr && twice) {
    reader.complain(*name, "rule '" + rule.name + "' is given twice");
  }
  rule.classes = reader.texts("classes");
  rule.phrases_of_class = reader.boolean("phrases_of_class").value_or(false);
  read_meaning(reader, true, rule.meaning);
  rule.meaning.source = "rule " + rule.name + " of " + file;
  const YamlValue* phrases = reader.require("phrases");
  const std::vector<std::string> texts = reader.texts("phrases");
  reader.finish();
  if (phrases != nullptr && (texts.empty() || texts.size() > kPhrasesMax)) {
    reader.complain(*phrases, "a rule has 1 to 10000 phrases");
    return;
  }
  for (const std::string& text : texts) {
    Words words = words_of(text);
    if (words.empty() || words.size() > kWordsMax) {
      reader.complain(*phrases, "'" + text + "' is no phrase", "1 to 8 words, such as NotEnough");
      continue;
    }
    const std::string first = words[0];
    phrases_[first].push_back({std::move(words), static_cast<std::uint32_t>(rules_.size())});
  }
  rules_.push_back(std::move(rule));
}

}  // namespace apierrd
