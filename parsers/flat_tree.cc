#include "parsers/flat_tree.h"

#include <algorithm>

#include "parsers/ascii.h"

namespace apierrd {

namespace {

using Kind = YamlValue::Kind;

constexpr std::string_view kLetters = "nslm";  // by Kind

void write(const YamlValue& value, std::string& out) {
  const std::size_t size = value.scalar.size() + value.list().size() + value.map().size();
  out += kLetters[static_cast<std::size_t>(value.kind)];
  for (const std::size_t number :
       {static_cast<std::size_t>(value.line), static_cast<std::size_t>(value.column), size}) {
    out.append(std::to_string(number)).append(1, ' ');
  }
  out += value.scalar;
  for (const YamlValue& element : value.list()) write(element, out);
  for (const YamlEntry& entry : value.map()) {
    write(entry.key, out);
    write(entry.value, out);
  }
}

class Reader {
 public:
  Reader(std::string_view flat, YamlTree& tree) : rest_(flat), tree_(tree) {}

  void read(YamlValue& out) {
    const std::size_t letter = rest_.empty() ? rest_.npos : kLetters.find(rest_.front());
    if (letter == rest_.npos) return;
    out.kind = static_cast<Kind>(letter);
    rest_.remove_prefix(1);
    out.line = number();
    out.column = number();
    const auto said = static_cast<std::size_t>(number());
    const std::size_t size = std::min(said, rest_.size());  // of what is behind the number
    if (out.kind == Kind::kScalar) {
      out.scalar = rest_.substr(0, size);
      rest_.remove_prefix(size);
    } else if (out.kind == Kind::kList) {
      const std::span<YamlValue> elements = tree_.room<YamlValue>(size);
      out.elements = elements.data();
      out.size = size;
      for (YamlValue& element : elements) read(element);
    } else if (out.kind == Kind::kMap) {
      const std::span<YamlEntry> entries = tree_.room<YamlEntry>(size);
      out.entries = entries.data();
      out.size = size;
      for (YamlEntry& entry : entries) {
        read(entry.key);
        read(entry.value);
      }
    }
  }

 private:
  // The number ahead and the blank behind it.
  int number() {
    unsigned value = 0;
    for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1)) {
      value = value * 10 + static_cast<unsigned>(rest_.front() - '0');
    }
    if (!rest_.empty()) rest_.remove_prefix(1);
    return static_cast<int>(value);
  }

  std::string_view rest_;
  YamlTree& tree_;
};

}  // namespace

std::string write_flat_tree(const YamlValue& root) {
  std::string out;
  write(root, out);
  return out;
}

YamlTree read_flat_tree(std::string_view flat) {
  YamlTree tree;
  Reader(flat, tree).read(tree.root);
  return tree;
}

}  // namespace apierrd
