#include "parsers/classification_rules.h"

#include <algorithm>
#include <utility>

#include "parsers/ascii.h"
#include "parsers/error_code.h"
#include "parsers/yaml_tree.h"

namespace apierrd {

namespace {

constexpr std::size_t kPhrasesMax = 10'000;  // of a rule; all we ship have 1,216 together
constexpr std::ptrdiff_t kWordsMax = 8;      // of a phrase; longer ones would name a single code

enum class Kind : std::uint8_t { kOther, kLower, kUpper };

// A digit is as the letter before it.
Kind kind_of(char c, Kind before) {
  if (is_lower(c)) return Kind::kLower;
  if (is_upper(c)) return Kind::kUpper;
  if (!is_digit(c)) return Kind::kOther;
  return before == Kind::kOther ? Kind::kLower : before;
}

// The words of a text as they stand in it, in lower case, each with a blank behind it.
std::string plain_words(std::string_view text) {
  std::string words;
  words.reserve(text.size() + text.size() / 2);
  bool open = false;
  const auto close = [&words, &open] {
    if (std::exchange(open, false)) words.push_back(' ');
  };
  Kind before = Kind::kOther;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const Kind kind = kind_of(text[i], before);
    const bool small_follows = i + 1 < text.size() && is_lower(text[i + 1]);
    const bool begins = is_upper(text[i]) && (before == Kind::kLower || small_follows);
    if (kind == Kind::kOther || begins) close();
    if (kind != Kind::kOther) {
      words.push_back(to_lower(text[i]));
      open = true;
    }
    before = kind;
  }
  close();
  return words;
}

// The first word, with its blank.
std::string_view first_of(std::string_view words) { return words.substr(0, words.find(' ') + 1); }

std::ptrdiff_t count_of(std::string_view words) {
  return std::count(words.begin(), words.end(), ' ');
}

// Phrases are kept by it: one that stands in a code begins as the code's word does.
std::uint8_t beginning_of(std::string_view words) {
  return static_cast<std::uint8_t>(words[0] * 31 + words[1]);
}

}  // namespace

std::string ClassificationRules::words_of(std::string_view text) const {
  std::string words = plain_words(text);
  for (std::size_t at = 0; at < words.size(); at = words.find(' ', at) + 1) {
    const std::string_view rest = std::string_view(words).substr(at);
    const auto compound =
        std::find_if(compounds_.begin(), compounds_.end(), [&rest](const std::string& spelled) {
          return spelled.front() == rest.front() && rest.starts_with(spelled);
        });
    if (compound == compounds_.end()) continue;
    for (auto more = count_of(*compound) - 1; more > 0; --more) words.erase(words.find(' ', at), 1);
  }
  return words;
}

std::size_t ClassificationRules::first_match(std::string_view words, std::string_view code_class,
                                             bool of_class) const {
  std::size_t first = rules_.size();
  for (std::string_view rest = words; !rest.empty(); rest.remove_prefix(first_of(rest).size())) {
    for (const Phrase& phrase : phrases_[beginning_of(rest)]) {
      const ClassificationRule& rule = rules_[phrase.rule];
      if (phrase.rule >= first || rule.phrases_of_class != of_class) continue;
      const bool applies =
          rule.classes.empty() ||
          std::find(rule.classes.begin(), rule.classes.end(), code_class) != rule.classes.end();
      if (applies && rest.starts_with(phrase.words)) first = phrase.rule;
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
  const Result<YamlTree> tree = parse_yaml(text, file);
  if (tree) return read(tree->root, file, errors);
  errors.push_back(tree.error());
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
  for (const YamlValue& value : list->list()) rules.read_rule(value, file, errors);
  return rules;
}

void ClassificationRules::read_compounds(YamlMapReader& reader) {
  for (const std::string& compound : reader.texts("compounds")) {
    std::string words = plain_words(compound);
    if (count_of(words) >= 2) compounds_.push_back(std::move(words));  // one word is as it is
  }
  std::stable_sort(
      compounds_.begin(), compounds_.end(),
      [](const std::string& a, const std::string& b) { return count_of(a) > count_of(b); });
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
    std::string words = words_of(text);
    if (words.empty() || count_of(words) > kWordsMax) {
      reader.complain(*phrases, "'" + text + "' is no phrase", "1 to 8 words, such as NotEnough");
      continue;
    }
    std::vector<Phrase>& alike = phrases_[beginning_of(words)];
    alike.push_back({std::move(words), static_cast<std::uint32_t>(rules_.size())});
  }
  rules_.push_back(std::move(rule));
}

}  // namespace apierrd
