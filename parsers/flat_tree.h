// A YAML tree written flat: what the YAML files compiled into the program are turned into when it
// is built (cmake/compile_data.cc), since reading YAML itself takes most of a start. Places are
// kept, so complaints and `explain` name the same line of the same file. Not a format for users:
// nobody checks it.
#pragma once

#include <string>
#include <string_view>

#include "parsers/yaml_tree.h"

namespace apierrd {

/// Each value is its kind, line, column, and the number of its bytes, elements or entries, and then
/// these: `l7 12 2 s7 13 2 nos7 17 5 later` is a list of two texts.
std::string write_flat_tree(const YamlValue& root);

/// The tree again; its texts are those of `flat`, which must outlive it. What write_flat_tree()
/// never wrote gives a tree that ends early, no more.
YamlTree read_flat_tree(std::string_view flat);

}  // namespace apierrd
