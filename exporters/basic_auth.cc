#include "exporters/basic_auth.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "parsers/ascii.h"

namespace apierrd {

namespace {

constexpr std::size_t kHeaderMax = 1024;  // bcrypt looks at 72 bytes of a password
constexpr std::size_t kHashSize = 60, kDigestSize = 31;
constexpr int kUsualCost = 10;

using Mac = std::array<unsigned char, 32>;

bool is_base64(char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '/'; }

// A text that is wiped when it is no longer needed.
struct Secret {
  std::string text;
  Secret() = default;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { OPENSSL_cleanse(text.data(), text.size()); }
};

// EVP_DecodeBlock alone would take blanks, and padding for bytes.
bool decode_base64(std::string_view text, std::string& out) {
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  if (text.empty() || text.size() % 4 != 0 ||
      !std::all_of(text.begin(), text.end() - static_cast<std::ptrdiff_t>(padding), is_base64)) {
    return false;
  }
  out.resize(text.size() / 4 * 3);
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return false;
  out.resize(static_cast<std::size_t>(size) - padding);
  return true;
}

// `user:password` of a header, or nothing. A NUL would end the password early.
bool decode_credentials(std::string_view header, std::string& out) {
  constexpr std::string_view kScheme = "basic ";
  if (header.size() > kHeaderMax || header.size() < kScheme.size()) return false;
  const auto same = [](char wanted, char given) { return wanted == to_lower(given); };
  if (!std::equal(kScheme.begin(), kScheme.end(), header.begin(), same)) return false;
  header.remove_prefix(kScheme.size());
  while (header.starts_with(' ')) header.remove_prefix(1);
  while (header.ends_with(' ')) header.remove_suffix(1);
  return decode_base64(header, out) && out.find('\0') == std::string::npos;
}

// A hash that no password has, as dear to compare with as the dearest of the users'.
std::string nobodys_hash(const std::vector<WebUser>& users) {
  int cost = users.empty() ? kUsualCost : 0;
  for (const WebUser& user : users) cost = std::max(cost, bcrypt_cost(user.bcrypt));
  const std::string digits = std::to_string(cost);
  return "$2b$" + std::string(2 - digits.size(), '0') + digits + "$" + "abcdefghijklmnopqrstuu" +
         std::string(kDigestSize, '.');
}

bool is_password_of(const std::string& hash, const std::string& password) {
  // $2a$ and $2y$ mean the same since 2011; libcrypt answers to $2a$ with precautions of its own.
  const std::string setting = "$2b" + hash.substr(3);
  const auto memory = std::make_unique<crypt_data>();
  const char* const made = crypt_r(password.c_str(), setting.c_str(), memory.get());
  const bool same = made != nullptr && std::string_view(made).size() == kHashSize &&
                    CRYPTO_memcmp(made + kHashSize - kDigestSize,
                                  hash.data() + kHashSize - kDigestSize, kDigestSize) == 0;
  OPENSSL_cleanse(memory.get(), sizeof(crypt_data));
  return same;
}

struct Entry {
  std::string hash;
  std::optional<Mac> admitted;  ///< of the password that was right the last time
};

}  // namespace

int bcrypt_cost(std::string_view hash) {
  const bool kind =
      hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
  if (hash.size() != kHashSize || !kind || hash[6] != '$') return 0;
  if (!is_digit(hash[4]) || !is_digit(hash[5])) return 0;
  const auto good = [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '/'; };
  if (!std::all_of(hash.begin() + 7, hash.end(), good)) return 0;
  const int cost = (hash[4] - '0') * 10 + (hash[5] - '0');
  return cost >= 4 && cost <= 31 ? cost : 0;  // what bcrypt knows
}

struct BasicAuth::Impl {
  std::map<std::string, Entry, std::less<>> users;
  Entry nobody;
  Mac key{};
  bool remembers = false;

  std::mutex mutex;  ///< protects the entries' `admitted` and what follows
  std::size_t hashing = 0;
  std::size_t hashes = 0;

  std::optional<Mac> mac_of(std::string_view user, const Entry& entry, std::string_view password) {
    Secret message;
    for (const std::string_view part : {user, std::string_view(entry.hash), password}) {
      const std::size_t size = part.size();
      message.text.append(reinterpret_cast<const char*>(&size), sizeof size).append(part);
    }
    Mac mac;
    unsigned int size = 0;
    if (!remembers || HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                           reinterpret_cast<const unsigned char*>(message.text.data()),
                           message.text.size(), mac.data(), &size) == nullptr) {
      return {};
    }
    return mac;
  }

  // Both ways take the same time but for what is remembered, which nobody unknown is.
  bool admits(std::string_view user, const std::string& password) {
    const auto found = users.find(user);
    const bool known = found != users.end();
    Entry& entry = known ? found->second : nobody;
    const std::optional<Mac> mac = mac_of(user, entry, password);
    {
      const std::lock_guard lock(mutex);
      if (mac && entry.admitted &&
          CRYPTO_memcmp(mac->data(), entry.admitted->data(), mac->size()) == 0) {
        return true;
      }
      if (hashing == kHashingMax) return false;
      ++hashing;
      ++hashes;
    }
    const bool right = is_password_of(entry.hash, password) && known;
    const std::lock_guard lock(mutex);
    --hashing;
    if (right && mac) entry.admitted = mac;
    return right;
  }
};

BasicAuth::BasicAuth(std::vector<WebUser> users) : impl_(std::make_unique<Impl>()) {
  impl_->nobody.hash = nobodys_hash(users);
  impl_->remembers = RAND_bytes(impl_->key.data(), static_cast<int>(impl_->key.size())) == 1;
  for (WebUser& user : users) impl_->users[std::move(user.name)].hash = std::move(user.bcrypt);
}

BasicAuth::~BasicAuth() { OPENSSL_cleanse(impl_->key.data(), impl_->key.size()); }

bool BasicAuth::admits(std::string_view authorization) {
  Secret credentials;
  if (!decode_credentials(authorization, credentials.text)) return false;
  const std::size_t colon = credentials.text.find(':');
  if (colon == std::string::npos || colon == 0) return false;
  Secret password;
  password.text = credentials.text.substr(colon + 1);
  return impl_->admits(std::string_view(credentials.text).substr(0, colon), password.text);
}

std::size_t BasicAuth::hashes_computed() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->hashes;
}

}  // namespace apierrd
