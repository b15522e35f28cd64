// Codes of the catalog as the rules need them: gathered by what they mean, as matchers of PromQL,
// and with their remedies as a template for annotations. Values to text; for the files of rules
// only.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "parsers/catalog.h"

namespace apierrd {

/// Codes and what to do about each.
using CodeRemedies = std::map<std::string, std::string>;

/// The curated codes that `wanted` takes. Of a code that several products describe, the remedy is
/// that of `billing`, else of `common`, else of the first.
CodeRemedies codes_with_remedies(const Catalog& catalog,
                                 const std::function<bool(const CatalogEntry&)>& wanted);

/// `code="A"`, or `code=~"A|B\\.C"`; matches nothing if there are no codes.
std::string code_matcher(const CodeRemedies& codes);
/// `code!="A"`, or `code!~"..."`; empty if there are no codes.
std::string code_exclusion(const CodeRemedies& codes);

/// The remedy of the code in label `code`, for an annotation; of other codes, where it can be
/// looked up.
std::string remedy_template(const CodeRemedies& codes, bool others_possible = false);

}  // namespace apierrd
