// A made-up log of API calls that looks like a real one: mostly successes, some failures of every
// kind. Seeded: the same seed gives the same lines. Used by `demo`, tests and benchmarks.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace apierrd {

class DemoLog {
 public:
  explicit DemoLog(std::uint64_t seed) : random_(seed) {}

  /// The next line, with its newline, logged at `unix_ns`.
  std::string line(std::int64_t unix_ns);

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  std::string uuid();
  std::string response(std::string_view action, std::string& code);

  std::mt19937_64 random_;  // specified bit by bit by the standard, unlike its distributions
};

}  // namespace apierrd
