#include "exporters/tls.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

#include "tests/support/certificates.h"

namespace apierrd {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// A channel whose user waits, until the other side has done its part.
class Connection {
 public:
  explicit Connection(const std::shared_ptr<const TlsMaterial>& material, int socket)
      : socket_(socket), channel_(tls_channel(material, socket)) {}

  bool accept() {
    return drive([&] { return channel_->shake_hands(); }) == ChannelState::kMoved;
  }
  // Bytes read, 0 when it has ended.
  std::size_t read(std::span<char> into) {
    std::size_t count = 0;
    drive([&] { return channel_->read(into, count); });
    return count;
  }
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      std::size_t count = 0;
      if (drive([&] { return channel_->write(bytes, count); }) == ChannelState::kEnded)
        return false;
      bytes.remove_prefix(count);
    }
    return true;
  }
  Channel& channel() { return *channel_; }

 private:
  template <class Step>
  ChannelState drive(Step step) const {
    while (true) {
      const ChannelState state = step();
      if (state == ChannelState::kMoved || state == ChannelState::kEnded) return state;
      pollfd waited{socket_,
                    static_cast<short>(state == ChannelState::kWantsRead ? POLLIN : POLLOUT), 0};
      constexpr int kPatienceMs = 60'000;
      if (poll(&waited, 1, kPatienceMs) <= 0) return ChannelState::kEnded;
    }
  }
  int socket_;
  std::unique_ptr<Channel> channel_;
};

// Both ends of a connection; the server's does not block.
struct Sockets {
  int server = -1, client = -1;
  Sockets() {
    int both[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, both), 0);
    server = both[0], client = both[1];
    fcntl(server, F_SETFL, O_NONBLOCK);
  }
  ~Sockets() {
    close(server);
    close_client();
  }
  void close_client() {
    if (client >= 0) close(client);
    client = -1;
  }
};

// A client in a thread of its own. It trusts nobody in particular, but sends what it is given.
class Client {
 public:
  using Setup = std::function<void(SSL_CTX*)>;
  using Talk = std::function<void(SSL*)>;

  Client(int socket, Setup setup, Talk talk)
      : thread_([=, this] {
          sigset_t pipe;
          sigemptyset(&pipe);
          sigaddset(&pipe, SIGPIPE);
          pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
          SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
          if (setup) setup(context);
          SSL* const session = SSL_new(context);
          SSL_set_fd(session, socket);
          if (SSL_connect(session) == 1) {
            version = SSL_get_version(session);
            cipher = SSL_get_cipher_name(session);
            const unsigned char* name = nullptr;
            unsigned int size = 0;
            SSL_get0_alpn_selected(session, &name, &size);
            protocol.assign(reinterpret_cast<const char*>(name), size);
            if (talk) talk(session);
          }
          SSL_free(session);
          SSL_CTX_free(context);
        }) {}
  void join() { thread_.join(); }

  std::string version, cipher, protocol;

 private:
  std::jthread thread_;
};

// An authority, a server's certificate, one of a client, and one that nobody vouches for.
class Tls : public testing::Test {
 protected:
  test::TempFolder folder_;
  test::Certificate authority_{{"authority", "", true}};
  test::Certificate server_{{"localhost", "DNS:localhost", false, 3'600, &authority_}};
  test::Certificate client_{
      {"client", "DNS:scraper.example,IP:10.0.0.1,URI:spiffe://a/b", false, 3'600, &authority_}};
  test::Certificate stranger_{{"client", "DNS:scraper.example"}};
  TlsSettings settings_;

  void SetUp() override {
    settings_.cert_file = server_.write_cert(folder_, "cert.pem");
    settings_.key_file = server_.write_key(folder_, "key.pem");
    authority_.write_cert(folder_, "ca.pem");
  }

  std::shared_ptr<const TlsMaterial> material() const {
    auto loaded = TlsMaterial::load(settings_);
    EXPECT_TRUE(loaded) << loaded.error().text();
    return loaded ? *loaded : nullptr;
  }
  std::string load_error() const {
    const auto loaded = TlsMaterial::load(settings_);
    return loaded ? "" : loaded.error().text();
  }
  Client::Setup showing(const test::Certificate& certificate, const std::string& name) const {
    return [cert = certificate.write_cert(folder_, name + ".cert"),
            key = certificate.write_key(folder_, name + ".key")](SSL_CTX* context) {
      SSL_CTX_use_certificate_file(context, cert.c_str(), SSL_FILETYPE_PEM);
      SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM);
    };
  }
  // Whether the server lets that client in.
  bool accepts(const Client::Setup& setup) const {
    Sockets sockets;
    Client client(sockets.client, setup, {});
    Connection connection(material(), sockets.server);
    const bool accepted = connection.accept();
    connection.channel().end_writing();
    shutdown(sockets.server, SHUT_RDWR);
    client.join();
    return accepted;
  }
};

TEST_F(Tls, CarriesBytesBothWaysAndSaysWhenItEnds) {
  const std::string large(3'000'000, 'x');  // more than sockets buffer: writes must wait
  std::string received;
  Sockets sockets;
  Client client(sockets.client, {}, [&](SSL* session) {
    SSL_write(session, "hello", 5);
    char buffer[4096];
    int size = 0;
    while ((size = SSL_read(session, buffer, sizeof buffer)) > 0) {
      received.append(buffer, static_cast<std::size_t>(size));
    }
    SSL_shutdown(session);
  });
  Connection connection(material(), sockets.server);
  ASSERT_TRUE(connection.accept());
  char buffer[3];
  ASSERT_EQ(connection.read(buffer), 3U);
  EXPECT_EQ(std::string_view(buffer, 3), "hel");
  ASSERT_EQ(connection.read(buffer), 2U);
  EXPECT_EQ(std::string_view(buffer, 2), "lo");
  EXPECT_TRUE(connection.write(large));
  connection.channel().end_writing();
  client.join();
  EXPECT_EQ(received, large);
  EXPECT_EQ(client.version, "TLSv1.3");
  EXPECT_EQ(connection.read(buffer), 0U);
}

TEST_F(Tls, NeverWaits) {
  Sockets sockets;
  Connection silent(material(), sockets.server);
  EXPECT_EQ(silent.channel().shake_hands(), ChannelState::kWantsRead);

  Sockets others;
  Client client(others.client, {}, {});
  Connection connection(material(), others.server);
  ASSERT_TRUE(connection.accept());
  client.join();
  char buffer[8];
  std::size_t count = 0;
  EXPECT_EQ(connection.channel().read(buffer, count), ChannelState::kWantsRead);
  const std::string page(16'384, 'x');
  ChannelState state = ChannelState::kMoved;
  for (int i = 0; i < 10'000 && state == ChannelState::kMoved; ++i)
    state = connection.channel().write(page, count);
  EXPECT_EQ(state, ChannelState::kWantsWrite) << "nobody reads";
}

TEST_F(Tls, AClientThatIsGoneRaisesNoSignal) {
  std::signal(SIGPIPE, SIG_DFL);  // would end this test
  Sockets sockets;
  Client client(sockets.client, {}, {});
  Connection connection(material(), sockets.server);
  ASSERT_TRUE(connection.accept());
  client.join();
  sockets.close_client();
  EXPECT_FALSE(connection.write(std::string(1'000'000, 'x')));
  EXPECT_FALSE(connection.write("x"));
  connection.channel().end_writing();
}

TEST_F(Tls, WhatIsNoTlsIsRefused) {
  Sockets sockets;
  const std::string_view plain = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_EQ(send(sockets.client, plain.data(), plain.size(), 0),
            static_cast<ssize_t>(plain.size()));
  Connection connection(material(), sockets.server);
  EXPECT_FALSE(connection.accept());
  char buffer[8];
  EXPECT_EQ(connection.read(buffer), 0U);
  connection.channel().end_writing();
}

TEST_F(Tls, VersionsAreKept) {
  const auto at_most = [](int version) {
    return [version](SSL_CTX* context) {
      SSL_CTX_set_security_level(context, 0);
      SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
      SSL_CTX_set_max_proto_version(context, version);
    };
  };
  EXPECT_FALSE(accepts(at_most(TLS1_1_VERSION)));
  EXPECT_TRUE(accepts(at_most(TLS1_2_VERSION)));
  settings_.min_version = TlsVersion::k13;
  EXPECT_FALSE(accepts(at_most(TLS1_2_VERSION)));
  EXPECT_TRUE(accepts(at_most(TLS1_3_VERSION)));
}

TEST_F(Tls, CurvesAreKept) {
  settings_.curves = "P-384:X25519";
  const auto offering = [](const char* curves) {
    return [curves](SSL_CTX* context) { SSL_CTX_set1_groups_list(context, curves); };
  };
  EXPECT_TRUE(accepts(offering("P-256:P-384")));
  EXPECT_TRUE(accepts(offering("X25519")));
  EXPECT_FALSE(accepts(offering("P-256")));
  settings_.curves = "P-1";
  EXPECT_THAT(load_error(), HasSubstr("OpenSSL does not take the curves: P-1"));
}

TEST_F(Tls, CiphersOfTls12AreKept) {
  const std::string strong = "ECDHE-ECDSA-AES256-GCM-SHA384",
                    quick = "ECDHE-ECDSA-AES128-GCM-SHA256";
  settings_.max_version = TlsVersion::k12;
  settings_.ciphers = strong + ":" + quick;
  const auto offering = [](const std::string& ciphers) {
    return [ciphers](SSL_CTX* context) { SSL_CTX_set_cipher_list(context, ciphers.c_str()); };
  };
  EXPECT_TRUE(accepts(offering(quick)));
  EXPECT_FALSE(accepts(offering("ECDHE-ECDSA-CHACHA20-POLY1305")));
  for (const bool servers : {true, false}) {  // whose order counts
    settings_.prefer_server_ciphers = servers;
    Sockets sockets;
    Client client(sockets.client, offering(quick + ":" + strong), {});
    Connection connection(material(), sockets.server);
    ASSERT_TRUE(connection.accept());
    client.join();
    EXPECT_EQ(client.cipher, servers ? strong : quick);
  }
  settings_.ciphers = "NO-SUCH";
  EXPECT_THAT(load_error(), HasSubstr("OpenSSL does not take the ciphers: NO-SUCH"));
}

TEST_F(Tls, Http11IsTheProtocolForThoseWhoAsk) {
  for (const std::string offered : {"\x02h2\x08http/1.1", "\x02h2", ""}) {
    Sockets sockets;
    Client client(sockets.client,
                  [&](SSL_CTX* context) {
                    SSL_CTX_set_alpn_protos(context,
                                            reinterpret_cast<const unsigned char*>(offered.data()),
                                            static_cast<unsigned int>(offered.size()));
                  },
                  {});
    Connection connection(material(), sockets.server);
    ASSERT_TRUE(connection.accept()) << offered;
    client.join();
    EXPECT_EQ(client.protocol, offered.size() > 3 ? "http/1.1" : "");
  }
}

TEST_F(Tls, ClientsAreAskedAsConfigured) {
  settings_.client_ca_file = folder_ / "ca.pem";
  const struct {
    ClientAuth asked;
    bool none, stranger, known;
  } table[] = {{ClientAuth::kNone, true, true, true},
               {ClientAuth::kRequest, true, true, true},
               {ClientAuth::kRequireAny, false, true, true},
               {ClientAuth::kVerifyIfGiven, true, false, true},
               {ClientAuth::kRequireAndVerify, false, false, true}};
  const Client::Setup stranger = showing(stranger_, "stranger"), known = showing(client_, "known");
  for (const auto& row : table) {
    settings_.client_auth = row.asked;
    const int name = static_cast<int>(row.asked);
    EXPECT_EQ(accepts({}), row.none) << name;
    EXPECT_EQ(accepts(stranger), row.stranger) << name;
    EXPECT_EQ(accepts(known), row.known) << name;
  }
}

TEST_F(Tls, AnExpiredClientIsRefused) {
  settings_.client_ca_file = folder_ / "ca.pem";
  settings_.client_auth = ClientAuth::kRequireAndVerify;
  const test::Certificate expired{{"client", "DNS:a", false, -60, &authority_}};
  EXPECT_FALSE(accepts(showing(expired, "expired")));
}

TEST_F(Tls, AVerifiedClientMustBearAnAllowedName) {
  settings_.client_ca_file = folder_ / "ca.pem";
  settings_.client_auth = ClientAuth::kRequireAndVerify;
  const Client::Setup known = showing(client_, "known");
  for (const char* name : {"scraper.example", "10.0.0.1", "spiffe://a/b"}) {
    settings_.client_allowed_sans = {"other.example", name};
    EXPECT_TRUE(accepts(known)) << name;
  }
  for (const char* name : {"SCRAPER.example2", "client", "10.0.0.2"}) {
    settings_.client_allowed_sans = {name};
    EXPECT_FALSE(accepts(known)) << name;
  }
  settings_.client_allowed_sans = {"scraper.example"};
  EXPECT_FALSE(accepts(showing(stranger_, "stranger"))) << "a name alone proves nothing";
}

// A session that is resumed shows no certificate: with client certificates there must be none.
TEST_F(Tls, SessionsAreResumedOnlyWithoutClientCertificates) {
  settings_.client_ca_file = folder_ / "ca.pem";
  const Client::Setup known = showing(client_, "known");
  for (const bool verified : {false, true}) {
    settings_.client_auth = verified ? ClientAuth::kRequireAndVerify : ClientAuth::kNone;
    const auto server = material();
    SSL_SESSION* session = nullptr;
    bool resumed = false;
    for (int round = 0; round < 2; ++round) {
      Sockets sockets;
      // The handshake is over before the client can be given its session: so it is by hand here.
      std::jthread client([&] {
        SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
        known(context);
        SSL* const ssl = SSL_new(context);
        SSL_set_fd(ssl, sockets.client);
        if (session != nullptr) SSL_set_session(ssl, session);
        char byte = 0;
        if (SSL_connect(ssl) == 1 && SSL_read(ssl, &byte, 1) == 1) {
          resumed = SSL_session_reused(ssl) == 1;
          if (session == nullptr) session = SSL_get1_session(ssl);
          SSL_shutdown(ssl);
        }
        SSL_free(ssl);
        SSL_CTX_free(context);
      });
      Connection connection(server, sockets.server);
      ASSERT_TRUE(connection.accept());
      ASSERT_TRUE(connection.write("x"));
      client.join();
    }
    EXPECT_EQ(resumed, !verified);
    SSL_SESSION_free(session);
  }
}

TEST_F(Tls, BadFilesAreNamed) {
  const TlsSettings good = settings_;
  settings_.cert_file = folder_ / "nowhere.pem";
  EXPECT_THAT(load_error(),
              StartsWith("cannot read the file: " + settings_.cert_file + ": No such"));
  settings_.cert_file = folder_.write("empty.pem", "");
  EXPECT_EQ(load_error(), "the file is empty: " + settings_.cert_file);
  settings_.cert_file = folder_.path();
  EXPECT_THAT(load_error(), StartsWith("cannot read the file: " + folder_.path()));
  settings_.cert_file = good.key_file;
  EXPECT_THAT(load_error(), StartsWith("cannot use the certificate: " + good.key_file));
  settings_ = good;
  settings_.key_file = good.cert_file;
  EXPECT_THAT(load_error(), StartsWith("cannot use the key: " + good.cert_file));
  settings_.key_file = client_.write_key(folder_, "other.pem");
  EXPECT_THAT(load_error(), HasSubstr("other.pem: key values mismatch"));
  settings_.key_file = server_.write_key(folder_, "locked.pem", "pass");
  EXPECT_THAT(load_error(), HasSubstr("without a pass phrase"));
  settings_ = good;
  settings_.client_auth = ClientAuth::kRequireAndVerify;
  settings_.client_ca_file = good.key_file;
  EXPECT_THAT(load_error(), StartsWith("cannot use the clients' authorities: " + good.key_file));
  settings_.client_ca_file = folder_ / "nowhere.pem";
  EXPECT_THAT(load_error(), StartsWith("cannot read the file: " + settings_.client_ca_file));
}

TEST_F(Tls, KnowsWhenTheCertificateEnds) {
  const std::int64_t left_s = material()->certificate_end_unix_s() - std::time(nullptr);
  EXPECT_GT(left_s, 0);
  EXPECT_LE(left_s, 3'600);
}

}  // namespace
}  // namespace apierrd
