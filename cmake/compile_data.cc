// compile_data FILE NAME OUTPUT: FILE in the form that is embedded: YAML as a flat tree, a list of
// a vendor's codes as an index. Run by the build.
#include <fstream>
#include <iostream>
#include <sstream>

#include "parsers/flat_tree.h"
#include "parsers/vendor_codes.h"

namespace {

apierrd::Result<std::string> compiled(const std::string& text, const std::string& name) {
  if (name.ends_with(".codes")) {
    const auto codes = apierrd::VendorCodes::parse(text, name);
    if (!codes) return codes.error();
    return std::string(codes->index());
  }
  const auto tree = apierrd::parse_yaml(text, name);
  if (!tree) return tree.error();
  return apierrd::write_flat_tree(tree->root);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: compile_data FILE NAME OUTPUT\n";
    return 2;
  }
  const std::ifstream in(argv[1], std::ios::binary);
  std::ostringstream text;
  if (!(text << in.rdbuf())) {
    std::cerr << argv[1] << ": cannot be read\n";
    return 3;
  }
  const auto bytes = compiled(text.str(), argv[2]);
  if (!bytes) {
    std::cerr << bytes.error().text() << '\n';
    return 2;
  }
  std::ofstream out(argv[3], std::ios::binary);
  out << *bytes;
  out.close();
  return out ? 0 : 3;
}
