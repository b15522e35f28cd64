// Keys and certificates made while a test runs, and the temporary folder they are in.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

namespace apierrd::test {

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "apierrd-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(*this / name, std::ios::binary) << text;
    return *this / name;
  }

 private:
  std::string path_;
};

/// A key with its certificate, self-signed or issued by another one.
class Certificate {
 public:
  struct Traits {
    std::string name = "localhost";
    std::string alternative_names = "DNS:localhost,IP:127.0.0.1";
    bool authority = false;
    long ends_in_s = 3'600;
    const Certificate* issuer = nullptr;
  };

  explicit Certificate(const Traits& traits)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), x509_(X509_new(), X509_free) {
    X509* const made = x509_.get();
    static long serial = 0;
    ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
    X509_set_version(made, 2);
    X509_gmtime_adj(X509_getm_notBefore(made), -86'400);
    X509_gmtime_adj(X509_getm_notAfter(made), traits.ends_in_s);
    X509_set_pubkey(made, key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(traits.name.c_str()), -1, -1,
                               0);
    const Certificate& issuer = traits.issuer != nullptr ? *traits.issuer : *this;
    X509_set_issuer_name(made, X509_get_subject_name(issuer.x509_.get()));
    if (traits.authority) extend(NID_basic_constraints, "critical,CA:TRUE");
    if (!traits.alternative_names.empty()) extend(NID_subject_alt_name, traits.alternative_names);
    if (X509_sign(made, issuer.key_.get(), EVP_sha256()) == 0) {
      throw std::runtime_error("cannot sign the certificate");
    }
  }

  std::string write_cert(const TempFolder& folder, const std::string& name) const {
    return write(folder / name, [this](FILE* file) { PEM_write_X509(file, x509_.get()); });
  }
  std::string write_key(const TempFolder& folder, const std::string& name,
                        const char* pass_phrase = nullptr) const {
    return write(folder / name, [&](FILE* file) {
      PEM_write_PKCS8PrivateKey(
          file, key_.get(), pass_phrase ? EVP_aes_128_cbc() : nullptr, pass_phrase,
          pass_phrase ? static_cast<int>(std::string(pass_phrase).size()) : 0, nullptr, nullptr);
    });
  }

 private:
  void extend(int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (extension == nullptr) throw std::runtime_error("no such extension: " + value);
    X509_add_ext(x509_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  template <class Writer>
  static std::string write(const std::string& path, Writer&& writer) {
    FILE* const file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) throw std::runtime_error("cannot write " + path);
    writer(file);
    std::fclose(file);
    return path;
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> x509_;
};

}  // namespace apierrd::test
