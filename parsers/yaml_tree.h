// YAML text as a tree of values that know their place, so that every complaint can name
// file:line:column. The only door to yaml-cpp, for catalogs and for the configuration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/result.h"

namespace apierrd {

struct YamlEntry;

/// A value and its place. What it shows belongs to its tree.
struct YamlValue {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  int line = 0;    ///< from 1
  int column = 0;  ///< from 1
  std::string_view scalar;
  const YamlValue* elements = nullptr;  ///< of a list
  const YamlEntry* entries = nullptr;   ///< of a map
  std::size_t size = 0;                 ///< of either

  std::span<const YamlValue> list() const;  ///< empty if it is none
  std::span<const YamlEntry> map() const;   ///< keys are scalars, unique, in file order
};

struct YamlEntry {
  YamlValue key, value;
};

inline std::span<const YamlValue> YamlValue::list() const {
  return {elements, elements == nullptr ? 0 : size};
}
inline std::span<const YamlEntry> YamlValue::map() const {
  return {entries, entries == nullptr ? 0 : size};
}

struct YamlTree {
  YamlValue root;
  /// Holds the values below the root and, unless they are elsewhere, the texts.
  std::unique_ptr<std::pmr::monotonic_buffer_resource> memory =
      std::make_unique<std::pmr::monotonic_buffer_resource>();

  /// So many of them, empty, in its memory.
  template <class T>
  std::span<T> room(std::size_t size) {
    T* const values = static_cast<T*>(memory->allocate(size * sizeof(T), alignof(T)));
    std::uninitialized_value_construct_n(values, size);
    return {values, size};
  }
};

/// Larger files are refused: a catalog of all the vendor's codes is below 4 MiB.
inline constexpr std::size_t kYamlBytesMax = 8U << 20;

/// Reads one document. `file` is only for messages. Errors: YAML syntax, duplicate keys, keys that
/// are no scalars, text that is no UTF-8, nesting beyond 32 levels, more than 200,000 values
/// (anchors can multiply them).
Result<YamlTree> parse_yaml(std::string_view text, const std::string& file);

/// Reads one mapping key by key and gathers all complaints, each with its place. What nobody asked
/// for by finish() is an unknown key. Keys that are asked for must outlive it.
class YamlMapReader {
 public:
  /// `what` names the mapping in messages ("source"). A value that is no mapping is a complaint.
  YamlMapReader(const YamlValue& value, std::string what, const std::string& file,
                std::vector<Error>& errors);

  /// The value of `key`, or nullptr if absent or null.
  const YamlValue* take(std::string_view key);
  /// As take(), but absence is a complaint.
  const YamlValue* require(std::string_view key);
  /// The text of `key`; empty optional if absent. Anything but a scalar is a complaint.
  std::optional<std::string> text(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::uint64_t> integer(std::string_view key, std::uint64_t min, std::uint64_t max);
  /// A duration such as 250ms, 15s, 5m, 1h, in milliseconds.
  std::optional<std::uint64_t> duration_ms(std::string_view key, std::uint64_t min_ms,
                                           std::uint64_t max_ms);
  /// The index of the key's text in `names`; another text is a complaint that lists them.
  std::optional<std::size_t> one_of(std::string_view key,
                                    std::initializer_list<std::string_view> names);
  std::optional<std::size_t> one_of(std::string_view key, std::span<const std::string_view> names);
  /// A list of texts; a single scalar counts as a list of one.
  std::vector<std::string> texts(std::string_view key);

  void complain(const YamlValue& at, std::string what, std::string hint = {});
  /// Complains of every key nobody took, with the nearest known one as a hint.
  void finish();

 private:
  bool scalar(const YamlValue& value, std::string_view key);

  const YamlValue& value_;
  std::string what_;
  const std::string& file_;
  std::vector<Error>& errors_;
  std::vector<std::string_view> known_;
};

/// `file:line:column` of a value.
std::string place_of(const YamlValue& value, const std::string& file);

}  // namespace apierrd
