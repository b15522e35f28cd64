// Any bytes as YAML: a tree of UTF-8 texts within its limits or a complaint with its place, and no
// exception; a tree is the same after it was written flat. Flat trees are made by the build only
// and read unchecked, so of damaged ones no more is asked than that they end, whatever they are cut
// to.
#include "parsers/flat_tree.h"

#include <string>

#include "tests/support/fuzz_input.h"
#include "tests/support/plain_json.h"

using namespace apierrd;

namespace {

constexpr std::size_t kDepthMax = 32, kValuesMax = 200'000;

bool same(const YamlValue& a, const YamlValue& b) {
  if (a.kind != b.kind || a.scalar != b.scalar || a.line != b.line || a.column != b.column ||
      a.list().size() != b.list().size() || a.map().size() != b.map().size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.list().size(); ++i) {
    if (!same(a.list()[i], b.list()[i])) return false;
  }
  for (std::size_t i = 0; i < a.map().size(); ++i) {
    if (!same(a.map()[i].key, b.map()[i].key) || !same(a.map()[i].value, b.map()[i].value))
      return false;
  }
  return true;
}

std::size_t count(const YamlValue& value, std::size_t depth) {
  REQUIRE(depth <= kDepthMax + 1);
  REQUIRE(test::plain_utf8(value.scalar));
  std::size_t values = 1;
  for (const YamlValue& element : value.list()) values += count(element, depth + 1);
  for (std::size_t i = 0; i < value.map().size(); ++i) {
    const YamlEntry& entry = value.map()[i];
    REQUIRE(entry.key.kind == YamlValue::Kind::kScalar && test::plain_utf8(entry.key.scalar));
    for (std::size_t j = 0; j < i && i < 50; ++j) {
      REQUIRE(value.map()[j].key.scalar != entry.key.scalar);
    }
    values += 1 + count(entry.value, depth + 1);
  }
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;  // yaml-cpp is slow on megabytes of brackets, and that is no finding
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Result<YamlTree> tree = parse_yaml(text, "fuzz.yaml");
  if (!tree) {
    REQUIRE(tree.error().where.starts_with("fuzz.yaml"));
    return 0;
  }
  REQUIRE(count(tree->root, 0) <= 2 * kValuesMax);
  const std::string flat = write_flat_tree(tree->root);
  REQUIRE(same(read_flat_tree(flat).root, tree->root));
  if (flat.size() > 512) return 0;  // a cut tree is made as large as what is left of it
  for (std::size_t cut = 0; cut < flat.size(); cut += 7) {
    read_flat_tree(std::string_view(flat).substr(0, cut));
  }
  return 0;
}
