// What an error code and the name of a service are made of. Pure functions on text.
#pragma once

#include <string>
#include <string_view>

namespace apierrd {

/// The vendor whose services are named without a vendor before them.
inline constexpr std::string_view kDefaultVendor = "tencentcloud";

/// The product name of codes that every product of a vendor may return.
inline constexpr std::string_view kCommonProduct = "common";

/// The product name of codes that a vendor's SDKs make up themselves, whatever the product. They
/// are no answers of the API: no series exists for them before they happen.
inline constexpr std::string_view kClientProduct = "client";

inline constexpr std::size_t kCodeBytesMax = 128;  ///< the longest documented code has 89

/// Stands for a service or action the line does not name.
inline constexpr std::string_view kUnknownName = "unknown";

/// `FailedOperation.X. ` -> `FailedOperation.X`: blanks off both ends, one trailing dot, blanks
/// again. Both occur in the vendor's own examples. What is nothing but blanks becomes `unknown`.
std::string_view trim_code(std::string_view code);

/// The part before the first dot.
std::string_view class_of(std::string_view code);

/// `cvm` -> `tencentcloud`, `aws/s3` -> `aws`.
std::string_view vendor_of(std::string_view service);

/// The name a vendor's product is known by: `cvm`, `aws/s3`.
std::string product_key(std::string_view vendor, std::string_view product);

/// Whether a vendor's catalog may hold this code: a letter first, at most kCodeBytesMax bytes of
/// letters, digits, dots and underscores; of other vendors than the default one also `-`, `:`, `/`.
bool valid_code(std::string_view code, std::string_view vendor = kDefaultVendor);
/// The same in words, for hints.
std::string_view code_rule_text(std::string_view vendor);

/// Letters, digits, `.`, `-` and `_`, at most 128: services, actions, vendors, names of rules.
bool valid_name(std::string_view name);

}  // namespace apierrd
