// How many random cases a property test runs, and from which seed.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace apierrd::test {

inline std::uint64_t environment_number(const char* name, std::uint64_t fallback) {
  const char* text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

/// APIERRD_SEED, or a fixed one: a test must not pass today and fail tomorrow.
inline std::uint64_t first_seed() { return environment_number("APIERRD_SEED", 20261124); }

/// APIERRD_CASES; else 100,000 in a long run (run-tests --long), 200 under sanitizers, 1,000.
inline std::uint64_t cases() {
  const bool is_long = std::getenv("APIERRD_LONG") != nullptr;
  const bool is_slow = std::getenv("APIERRD_SLOW") != nullptr;
  return environment_number("APIERRD_CASES", is_long ? 100'000 : is_slow ? 200 : 1'000);
}

}  // namespace apierrd::test
