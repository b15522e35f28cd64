// Whether the Authorization header of a request (RFC 7617, scheme Basic) names one of the users,
// with the password whose bcrypt hash is known. With http_client's HTTP the only place of
// passwords; the only door to libcrypt.
//
// A hash costs some 50 to 100 ms of CPU on purpose. What was admitted is therefore remembered, by a
// digest under a random key of this process, and a flood of wrong passwords is cut off: beyond
// kHashingMax computations at once, what is not remembered is refused unseen. A client that is
// refused so, and knows its password, succeeds when it asks again.
//
// An unknown user costs as much as a known one. Thread-safe. Nothing of a header leaves this class.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace apierrd {

struct WebUser {
  std::string name;
  std::string bcrypt;  ///< checked by bcrypt_cost()
  bool operator==(const WebUser&) const = default;
};

/// Computations at once: a server of four threads goes on answering those who are remembered.
inline constexpr std::size_t kHashingMax = 2;

/// The cost a bcrypt hash states ($2a$, $2b$ or $2y$, 60 characters), or 0 if it is none. `$2x$`
/// stands for hashes of a flawed implementation, and is none.
int bcrypt_cost(std::string_view hash);

class BasicAuth {
 public:
  explicit BasicAuth(std::vector<WebUser> users);
  ~BasicAuth();
  BasicAuth(const BasicAuth&) = delete;
  BasicAuth& operator=(const BasicAuth&) = delete;

  /// `authorization` is the header's value, empty if there is none.
  bool admits(std::string_view authorization);
  /// Hashes computed until now, for tests of what is remembered.
  std::size_t hashes_computed() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace apierrd
