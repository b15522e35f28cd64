// What a code means that nobody has described one by one: rules that look at its words.
//
// `FailedOperation.BalanceInsufficient` is the words balance, insufficient; a rule catches it by
// the phrase BalanceInsufficient, and `LoadBalanceError` is not caught by Balance, as compounds say
// that LoadBalance is one word. Data (parsers/catalogs/rules.yaml, docs/catalog.md). Immutable once
// read; may be used from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/meaning.h"
#include "parsers/result.h"

namespace apierrd {

struct ClassificationRule {
  std::string name;
  std::vector<std::string> classes;  ///< applies only to codes of these; empty = of any
  bool phrases_of_class = false;     ///< looks at the class's own words, too
  Meaning meaning;
};

class ClassificationRules {
 public:
  /// Reads a file of rules; complaints go to `errors` with file:line:column.
  static ClassificationRules parse(std::string_view text, const std::string& file,
                                   std::vector<Error>& errors);
  /// The same of a file whose YAML is read.
  static ClassificationRules read(const struct YamlValue& root, const std::string& file,
                                  std::vector<Error>& errors);

  /// The first rule, in the file's order, that catches a code; nullptr if none does. It lives as
  /// long as these rules.
  const ClassificationRule* match(std::string_view code) const;

  const std::vector<ClassificationRule>& rules() const { return rules_; }

  /// The words of a text in lower case, each with a blank behind it: letters and digits, cut at
  /// anything else, at lower->Upper, and before the last capital of a run that a small letter
  /// follows. A digit is as the letter before it. Neighbours that spell a compound are one word.
  std::string words_of(std::string_view text) const;

 private:
  struct Phrase {
    std::string words;
    std::uint32_t rule = 0;  ///< index into rules_
  };

  void read_compounds(class YamlMapReader& reader);
  void read_rule(const struct YamlValue& value, const std::string& file,
                 std::vector<Error>& errors);
  /// The first rule of those that look at these words; rules_.size() if none.
  std::size_t first_match(std::string_view words, std::string_view code_class, bool of_class) const;

  std::vector<ClassificationRule> rules_;
  std::array<std::vector<Phrase>, 256> phrases_;  ///< by how they begin
  std::vector<std::string> compounds_;            ///< as words; those of the most words first
};

}  // namespace apierrd
