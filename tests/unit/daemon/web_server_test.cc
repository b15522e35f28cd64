#include "daemon/web_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <future>

#include "daemon/plain_channel.h"

namespace apierrd {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kGet = "GET /page HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
constexpr auto kPatience = 60s;  // of the test: for what comes, and comes soon

void connect_to(const FileDescriptor& socket, int port) {
  const timeval patience{kPatience.count(), 0};
  ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket.number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

// What comes until the server closes.
std::string all_of(const FileDescriptor& socket) {
  std::string all;
  std::array<char, 65536> block{};
  ssize_t count = 0;
  while ((count = ::recv(socket.number(), block.data(), block.size(), 0)) > 0)
    all.append(block.data(), static_cast<std::size_t>(count));
  return all;
}

class Client {
 public:
  explicit Client(int port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(socket_.number(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    connect_to(socket_, port);
  }
  void send(std::string_view text) const {
    ::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  std::string rest() const { return all_of(socket_); }

 private:
  FileDescriptor socket_;
};

class WebServerTest : public ::testing::Test {
 protected:
  void start(std::size_t workers = 2) {
    HttpResponder responder({{"/page",
                              [this](const HttpRequest&) {
                                return HttpResponse{200, "text/plain", page_};
                              }},
                             {"/slow",
                              [this](const HttpRequest&) {
                                entered_.set_value();
                                released_.get_future().wait();
                                return HttpResponse{200, "text/plain", "slow"};
                              }}},
                            *WebSecurity::load(""), [](std::string_view, int) {});
    Result<ListenSocket> socket = listen_on("127.0.0.1", 0);
    ASSERT_TRUE(socket);
    Result<std::unique_ptr<WebServer>> server = WebServer::start(
        std::move(*socket), workers, limits_, std::move(responder),
        {plain_channel, [this](HttpShed why) { ++shed_[static_cast<std::size_t>(why)]; },
         [this](std::size_t open) { open_ = open; }});
    ASSERT_TRUE(server);
    server_ = std::move(*server);
  }
  std::string get() const {
    const Client client(server_->port());
    client.send(kGet);
    return client.rest();
  }
  std::size_t shed(HttpShed why) const { return shed_[static_cast<std::size_t>(why)]; }
  template <class Condition>
  static bool soon(Condition holds) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!holds() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    return holds();
  }

  WebLimits limits_;
  std::string page_ = "a page";
  std::promise<void> entered_, released_;
  std::array<std::atomic<std::size_t>, 4> shed_{};
  std::atomic<std::size_t> open_ = 0;
  std::unique_ptr<WebServer> server_;
};

TEST_F(WebServerTest, Answers) {
  start();
  const std::string answer = get();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, ::testing::EndsWith("\r\n\r\na page"));
}

TEST_F(WebServerTest, BeyondTheLimitTheOldestMakesRoom) {
  limits_.connections = 3;
  start();
  const Client oldest(server_->port()), second(server_->port()), third(server_->port());
  ASSERT_TRUE(soon([this] { return open_ == 3; }));
  EXPECT_THAT(get(), HasSubstr("a page"));
  EXPECT_EQ(oldest.rest(), "");
  EXPECT_EQ(shed(HttpShed::kConnections), 1U);
  second.send(kGet);
  EXPECT_THAT(second.rest(), HasSubstr("a page"));
}

TEST_F(WebServerTest, DropsAClientThatTakesTooLongForARequest) {
  limits_.head = 50ms;
  start();
  const Client silent(server_->port()), half(server_->port());
  half.send("GET /pa");
  EXPECT_EQ(silent.rest(), "");
  EXPECT_EQ(half.rest(), "");
  EXPECT_TRUE(soon([this] { return shed(HttpShed::kSlow) == 2; }));
}

TEST_F(WebServerTest, DropsAClientThatDoesNotReadItsAnswer) {
  limits_.answer = 100ms;
  page_.assign(32U << 20, 'x');
  start();
  const Client lazy(server_->port(), 4096);
  lazy.send(kGet);
  EXPECT_TRUE(soon([this] { return shed(HttpShed::kSlow) == 1; }));
  EXPECT_LT(lazy.rest().size(), page_.size());
}

TEST_F(WebServerTest, AnswersThatNobodyReadsAreBounded) {
  page_.assign(8U << 20, 'x');
  limits_.unsent_bytes = 20U << 20;
  start();
  std::vector<std::unique_ptr<Client>> lazy;
  for (int i = 0; i < 6; ++i) {
    lazy.push_back(std::make_unique<Client>(server_->port(), 4096));
    lazy.back()->send(kGet);
  }
  EXPECT_TRUE(soon([this] { return shed(HttpShed::kUnsent) >= 4; }));
  EXPECT_THAT(get(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(WebServerTest, OnePageLargerThanTheBoundIsServed) {
  page_.assign(8U << 20, 'x');
  limits_.unsent_bytes = 1U << 20;
  start();
  EXPECT_GT(get().size(), page_.size());
  EXPECT_EQ(shed(HttpShed::kUnsent), 0U);
}

TEST_F(WebServerTest, RequestsThatNoWorkerCanTakeSoonAreRefused) {
  limits_.queued_requests = 1;
  start(1);
  const Client working(server_->port());
  working.send("GET /slow HTTP/1.1\r\nConnection: close\r\n\r\n");
  entered_.get_future().wait();
  const Client first(server_->port()), second(server_->port());
  first.send(kGet);
  second.send(kGet);
  // Which of them comes first is not said; one waits, the other is refused.
  ASSERT_TRUE(soon([this] { return shed(HttpShed::kRequests) == 1; }));
  released_.set_value();
  const std::string answers = first.rest() + second.rest();
  EXPECT_THAT(answers, HasSubstr("HTTP/1.1 503 "));
  EXPECT_THAT(answers, HasSubstr("HTTP/1.1 200 "));
  EXPECT_THAT(working.rest(), HasSubstr("slow"));
}

TEST_F(WebServerTest, StopsWithConnectionsOpen) {
  start();
  const Client silent(server_->port()), half(server_->port());
  half.send("GET");
  ASSERT_TRUE(soon([this] { return open_ == 2; }));
  server_->stop();
  EXPECT_EQ(silent.rest() + half.rest(), "");
}

TEST(ListenSocketTest, WithoutDescriptorsAClientWaits) {
  const Result<ListenSocket> listening = listen_on("127.0.0.1", 0);
  ASSERT_TRUE(listening);
  bool exhausted = false;
  EXPECT_FALSE(accept_client(*listening, exhausted));
  EXPECT_FALSE(exhausted);
  const Client client(listening->port);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none_left{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none_left), 0);
  EXPECT_FALSE(accept_client(*listening, exhausted));
  EXPECT_TRUE(exhausted);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  const auto accepted = accept_client(*listening, exhausted);
  ASSERT_TRUE(accepted);
  EXPECT_EQ(accepted->peer, "127.0.0.1");
}

TEST_F(WebServerTest, TellsWhyItCannotListen) {
  const Result<ListenSocket> first = listen_on("127.0.0.1", 0);
  ASSERT_TRUE(first);
  const Result<ListenSocket> second = listen_on("127.0.0.1", first->port);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text(), HasSubstr("127.0.0.1:" + std::to_string(first->port)));
  EXPECT_FALSE(listen_on("no.such.host.invalid", 1));
}

}  // namespace
}  // namespace apierrd
