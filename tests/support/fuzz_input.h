// What fuzz targets have in common: how an input is taken apart, and how a broken promise ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace apierrd::test {

/// Says where a promise was broken and aborts, so that the fuzzer keeps the input.
inline void promise_broken(const char* file, int line, const char* promise) {
  std::fprintf(stderr, "%s:%d: not so: %s\n", file, line, promise);
  std::abort();
}

/// Takes an input apart from its front. Made so that seeds can be written by hand: choices are
/// single bytes, texts end with a line end.
class FuzzInput {
 public:
  FuzzInput(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}
  explicit FuzzInput(std::string_view text) : rest_(text) {}

  bool empty() const { return rest_.empty(); }

  /// 0 at the end of the input.
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }

  /// A number below `bound`; digits and letters as seeds have them count from their first.
  std::size_t choice(std::size_t bound) {
    const std::uint8_t value = byte();
    if (value >= '0' && value <= '9') return (value - std::size_t{'0'}) % bound;
    return value % bound;
  }

  /// The text before the next `end`, or all of it.
  std::string_view text(char end = '\n') {
    const std::size_t at = rest_.find(end);
    const std::string_view taken = rest_.substr(0, at);
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + 1);
    return taken;
  }

  /// A number of up to 64 bits written in up to eight bytes, which a text before a line end gives.
  std::int64_t number() {
    std::uint64_t value = 0;
    for (const char c : text().substr(0, 8)) value = value << 8 | static_cast<std::uint8_t>(c);
    return static_cast<std::int64_t>(value);
  }

  std::string_view rest() { return std::exchange(rest_, {}); }

 private:
  std::string_view rest_;
};

}  // namespace apierrd::test

#define REQUIRE(promise) \
  ((promise) ? void() : apierrd::test::promise_broken(__FILE__, __LINE__, #promise))
