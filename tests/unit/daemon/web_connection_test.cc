#include "daemon/web_connection.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <deque>

namespace apierrd {
namespace {

using State = WebConnection::State;
using namespace std::chrono_literals;

// What the client does, played from a script.
struct Client {
  std::deque<std::string> sends;  ///< a piece per read; then nothing for now
  bool gone = false;              ///< instead: it has closed
  std::size_t takes = SIZE_MAX;   ///< bytes that it is ready to take
  std::string got;
  bool told_the_end = false;
};

class ScriptedChannel : public Channel {
 public:
  explicit ScriptedChannel(Client& client) : client_(client) {}
  ChannelState shake_hands() override { return ChannelState::kMoved; }
  ChannelState read(std::span<char> into, std::size_t& count) override {
    if (client_.sends.empty())
      return client_.gone ? ChannelState::kEnded : ChannelState::kWantsRead;
    std::string& piece = client_.sends.front();
    count = std::min(piece.size(), into.size());
    std::copy_n(piece.begin(), count, into.begin());
    piece.erase(0, count);
    if (piece.empty()) client_.sends.pop_front();
    return ChannelState::kMoved;
  }
  ChannelState write(std::string_view bytes, std::size_t& count) override {
    count = std::min(bytes.size(), client_.takes);
    if (count == 0) return ChannelState::kWantsWrite;
    client_.takes -= count;
    client_.got.append(bytes.substr(0, count));
    return ChannelState::kMoved;
  }
  void end_writing() override { client_.told_the_end = true; }

 private:
  Client& client_;
};

class WebConnectionTest : public ::testing::Test {
 protected:
  bool advance() { return connection_.advance(now_); }

  Client client_;
  WebLimits limits_;
  WebTime now_{1h};
  WebConnection connection_{{}, std::make_unique<ScriptedChannel>(client_), limits_, now_};
};

TEST_F(WebConnectionTest, TakesARequestThatComesInPieces) {
  client_.sends = {"GET / HT", "TP/1.1\r\nHost: x\r", "\n\r"};
  EXPECT_FALSE(advance());
  EXPECT_EQ(connection_.state(), State::kReading);
  client_.sends = {"\n"};
  ASSERT_TRUE(advance());
  EXPECT_EQ(connection_.take_request(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(connection_.state(), State::kAnswering);
}

TEST_F(WebConnectionTest, GivesRequestsThatCameTogetherOneByOne) {
  client_.sends = {"GET /a\r\n\r\nGET /b\r\n\r\nGET"};
  ASSERT_TRUE(advance());
  EXPECT_EQ(connection_.take_request(), "GET /a\r\n\r\n");
  connection_.start_answer({"A", "a", true}, now_);
  ASSERT_TRUE(advance());
  EXPECT_EQ(connection_.take_request(), "GET /b\r\n\r\n");
  connection_.start_answer({"B", "", true}, now_);
  EXPECT_FALSE(advance());
  EXPECT_EQ(client_.got, "AaB");
  EXPECT_FALSE(connection_.is_idle());
}

TEST_F(WebConnectionTest, TrickledBytesDoNotPutOffTheDeadline) {
  const WebTime due = connection_.deadline();
  for (int i = 0; i < 5; ++i) {
    now_ += 1s;
    client_.sends = {"G"};
    advance();
  }
  EXPECT_EQ(connection_.deadline(), due);
  EXPECT_EQ(due, WebTime(1h) + limits_.head);
}

TEST_F(WebConnectionTest, MayBeIdleBetweenRequestsButNotWithinOne) {
  client_.sends = {"GET /\r\n\r\n"};
  ASSERT_TRUE(advance());
  connection_.take_request();
  connection_.start_answer({"A", "", true}, now_);
  advance();
  EXPECT_TRUE(connection_.is_idle());
  EXPECT_EQ(connection_.deadline(), now_ + limits_.idle);
  now_ += 60s;
  client_.sends = {"G"};
  advance();
  EXPECT_FALSE(connection_.is_idle());
  EXPECT_EQ(connection_.deadline(), now_ + limits_.head);
}

TEST_F(WebConnectionTest, RefusesAHeadWithoutEnd) {
  client_.sends = {std::string(limits_.head_bytes, 'a')};
  EXPECT_FALSE(advance());
  EXPECT_THAT(client_.got, ::testing::StartsWith("HTTP/1.1 431 "));
  EXPECT_TRUE(client_.told_the_end);
  EXPECT_EQ(connection_.state(), State::kDraining);
}

TEST_F(WebConnectionTest, AHeadOfTheGreatestSizeIsTaken) {
  std::string head = "GET / HTTP/1.1\r\nX: ";
  head.append(limits_.head_bytes - head.size() - 4, 'a').append("\r\n\r\n");
  client_.sends = {head};
  ASSERT_TRUE(advance());
  EXPECT_EQ(connection_.take_request(), head);
}

TEST_F(WebConnectionTest, WritesAsTheClientTakesIt) {
  client_.sends = {"GET /\r\n\r\n"};
  ASSERT_TRUE(advance());
  connection_.take_request();
  client_.takes = 3;
  connection_.start_answer({"head", "body", false}, now_);
  advance();
  EXPECT_EQ(client_.got, "hea");
  EXPECT_EQ(connection_.unsent_bytes(), 8U);
  now_ += 1s;
  client_.takes = 2;
  advance();
  EXPECT_EQ(connection_.deadline(), WebTime(1h) + limits_.answer);
  client_.takes = 10;
  advance();
  EXPECT_EQ(client_.got, "headbody");
  EXPECT_EQ(connection_.unsent_bytes(), 0U);
  EXPECT_EQ(connection_.state(), State::kDraining);
}

TEST_F(WebConnectionTest, AfterTheLastAnswerListensOnlyToTheEnd) {
  client_.sends = {"POST /\r\n\r\n", std::string(100'000, 'x')};
  ASSERT_TRUE(advance());
  connection_.take_request();
  connection_.start_answer({"refused", "", false}, now_);
  EXPECT_FALSE(advance());
  EXPECT_EQ(connection_.state(), State::kDraining);
  client_.gone = true;
  advance();
  EXPECT_EQ(connection_.state(), State::kGone);
}

TEST_F(WebConnectionTest, DoesNotDrainForEver) {
  client_.sends = {"GET /\r\n\r\n"};
  ASSERT_TRUE(advance());
  connection_.take_request();
  client_.sends = {std::string(limits_.drained_bytes + 1, 'x'), "more"};
  connection_.start_answer({"A", "", false}, now_);
  advance();
  EXPECT_EQ(connection_.state(), State::kGone);
}

TEST_F(WebConnectionTest, IsGoneWithItsClient) {
  client_.sends = {"GET /"};
  client_.gone = true;
  EXPECT_FALSE(advance());
  EXPECT_EQ(connection_.state(), State::kGone);
}

TEST_F(WebConnectionTest, CountsItsRequests) {
  for (std::size_t i = 0; i < kHttpRequestsPerConnection; ++i) {
    EXPECT_FALSE(connection_.is_last_request());
    client_.sends = {"GET /\r\n\r\n"};
    ASSERT_TRUE(advance());
    connection_.take_request();
    connection_.start_answer({"A", "", true}, now_);
    advance();
  }
  EXPECT_TRUE(connection_.is_last_request());
}

}  // namespace
}  // namespace apierrd
