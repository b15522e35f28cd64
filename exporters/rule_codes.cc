#include "exporters/rule_codes.h"

#include <vector>

namespace apierrd {

namespace {

constexpr std::string_view kLookUp = "`apierrd codes {{ $labels.code }}` says what to do.";

// What stands for itself in a regular expression, within a string of PromQL.
std::string regex_text(std::string_view code) {
  std::string out;
  for (const char c : code) {
    if (c == '.') out += "\\\\";
    out += c;
  }
  return out;
}

std::string matcher(const CodeRemedies& codes, std::string_view one, std::string_view many) {
  std::string text;
  for (const auto& [code, remedy] : codes) {
    text.append(text.empty() ? "" : "|").append(codes.size() == 1 ? code : regex_text(code));
  }
  return std::string("code").append(codes.size() == 1 ? one : many).append("\"" + text + "\"");
}

// Catalog texts are data: what opens an action of a template must not. Blanks are single, so that a
// folded text reads back as it was.
std::string template_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '{' && out.ends_with('{')) out += ' ';
    const char shown = c == '\n' || c == '\t' ? ' ' : c;
    if (shown == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += shown;
  }
  return out;
}

int rank(std::string_view product) {
  return product == "billing" ? 0 : product == kCommonProduct ? 1 : 2;
}

}  // namespace

CodeRemedies codes_with_remedies(const Catalog& catalog,
                                 const std::function<bool(const CatalogEntry&)>& wanted) {
  CodeRemedies codes;
  for (int wanted_rank = 0; wanted_rank < 3; ++wanted_rank) {
    for (const CatalogEntry* entry : catalog.entries()) {
      if (rank(entry->product) != wanted_rank || !wanted(*entry)) continue;
      codes.emplace(entry->code, entry->meaning.remedy);
    }
  }
  return codes;
}

std::string code_matcher(const CodeRemedies& codes) { return matcher(codes, "=", "=~"); }

std::string code_exclusion(const CodeRemedies& codes) {
  return codes.empty() ? std::string() : matcher(codes, "!=", "!~");
}

std::string remedy_template(const CodeRemedies& codes, bool others_possible) {
  if (codes.size() == 1 && !others_possible) return template_text(codes.begin()->second);
  std::map<std::string, std::vector<std::string>> by_remedy;
  for (const auto& [code, remedy] : codes) by_remedy[template_text(remedy)].push_back(code);
  std::string out;
  for (const auto& [remedy, of] : by_remedy) {
    out.append(out.empty() ? "{{ if eq $labels.code" : "{{ else if eq $labels.code");
    for (const std::string& code : of) out.append(" \"" + code + "\"");
    out.append(" }}").append(remedy);
  }
  if (out.empty()) return std::string(kLookUp);
  return out.append("{{ else }}").append(kLookUp).append("{{ end }}");
}

}  // namespace apierrd
