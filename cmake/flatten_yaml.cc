// flatten_yaml FILE NAME OUTPUT: the YAML of FILE as a flat tree, for embedding. Run by the build.
#include <fstream>
#include <iostream>
#include <sstream>

#include "parsers/flat_tree.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: flatten_yaml FILE NAME OUTPUT\n";
    return 2;
  }
  const std::ifstream in(argv[1], std::ios::binary);
  std::ostringstream text;
  if (!(text << in.rdbuf())) {
    std::cerr << argv[1] << ": cannot be read\n";
    return 3;
  }
  const auto root = apierrd::parse_yaml(text.str(), argv[2]);
  if (!root) {
    std::cerr << root.error().text() << '\n';
    return 2;
  }
  std::ofstream out(argv[3], std::ios::binary);
  out << apierrd::write_flat_tree(*root);
  out.close();
  return out ? 0 : 3;
}
