#include "parsers/flat_tree.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "parsers/catalog.h"
#include "parsers/log_format.h"

namespace apierrd {
namespace {

void expect_same(const YamlValue& a, const YamlValue& b, const std::string& where) {
  ASSERT_EQ(a.kind, b.kind) << where;
  ASSERT_EQ(std::pair(a.line, a.column), std::pair(b.line, b.column)) << where;
  ASSERT_EQ(a.scalar, b.scalar) << where;
  ASSERT_EQ(a.list().size(), b.list().size()) << where;
  ASSERT_EQ(a.map().size(), b.map().size()) << where;
  for (std::size_t i = 0; i < a.list().size(); ++i) {
    expect_same(a.list()[i], b.list()[i], where + "/" + std::to_string(i));
  }
  for (std::size_t i = 0; i < a.map().size(); ++i) {
    const std::string below = where + "/" + std::string(a.map()[i].key.scalar);
    expect_same(a.map()[i].key, b.map()[i].key, below);
    expect_same(a.map()[i].value, b.map()[i].value, below);
  }
}

TEST(FlatTree, BuiltinFilesAreTheYamlOfTheSourceTree) {
  std::size_t checked = 0;
  for (const auto files : {builtin_catalog_files(), builtin_format_files()}) {
    for (const EmbeddedFile& file : files) {
      if (!file.path.ends_with(".yaml")) continue;
      const std::string path(file.path);
      std::ifstream in(APIERRD_SOURCE_DIR "/parsers/" + path, std::ios::binary);
      const std::string text(std::istreambuf_iterator<char>(in), {});
      const Result<YamlTree> tree = parse_yaml(text, path);
      ASSERT_TRUE(tree) << tree.error().text();
      expect_same(tree->root, read_flat_tree(file.bytes).root, path);
      ++checked;
    }
  }
  EXPECT_GE(checked, 16U);
}

TEST(FlatTree, KeepsEveryKindAndEveryByte) {
  const Result<YamlTree> tree = parse_yaml(
      "a: ~\nb: [x, '', \"1 2\\n\\0z\", {c: []}]\nd: {}\n'a key': |\n  two\n  lines\n"
      "zh: 余额不足\n",
      "f.yaml");
  ASSERT_TRUE(tree) << tree.error().text();
  const std::string flat = write_flat_tree(tree->root);
  expect_same(tree->root, read_flat_tree(flat).root, "f.yaml");
  EXPECT_EQ(write_flat_tree(parse_yaml("[no, later]", "f.yaml")->root),
            "l1 1 2 s1 2 2 nos1 6 5 later");
}

TEST(FlatTree, WhatEndsEarlyGivesLess) {
  const std::string flat = write_flat_tree(parse_yaml("a: [b, {c: d}]\n", "f.yaml")->root);
  for (std::size_t size = 0; size < flat.size(); ++size) {
    const std::string half = flat.substr(0, size);
    EXPECT_NE(write_flat_tree(read_flat_tree(half).root), flat) << half;
  }
  EXPECT_EQ(read_flat_tree("s1 1 999 abc").root.scalar, "abc");
  EXPECT_EQ(read_flat_tree("?").root.kind, YamlValue::Kind::kNull);
}

}  // namespace
}  // namespace apierrd
