// The one error type of the house, and the value-or-error it travels in.
//
// Errors are values: a function that can fail returns Result<T>; no exception crosses a room. Bad
// log lines are not errors but a Verdict (verdict.h). An Error is printed once, by a command, as
// `what: where: hint`. Member names follow std::expected, so Result can become an alias with C++23.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace apierrd {

/// Whose fault an error is; commands turn it into their exit code.
enum class ErrorKind {
  kInvalid,      ///< what the user gave us is wrong: arguments, configuration, catalogs (exit 2)
  kEnvironment,  ///< the machine would not: files, ports, memory (exit 3)
};

struct Error {
  ErrorKind kind = ErrorKind::kInvalid;
  std::string what;   ///< what failed, lower case, no full stop
  std::string where;  ///< file:line:column, path or address; may be empty
  std::string hint;   ///< what to do about it; may be empty

  /// `what: where: hint`, leaving out what is empty.
  std::string text() const {
    std::string out = what;
    for (const std::string* part : {&where, &hint}) {
      if (!part->empty()) out.append(": ").append(*part);
    }
    return out;
  }
};

inline Error invalid_error(std::string what, std::string where = {}, std::string hint = {}) {
  return {ErrorKind::kInvalid, std::move(what), std::move(where), std::move(hint)};
}
inline Error environment_error(std::string what, std::string where = {}, std::string hint = {}) {
  return {ErrorKind::kEnvironment, std::move(what), std::move(where), std::move(hint)};
}

/// A T or the Error why there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

/// Success, or the Error why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace apierrd
