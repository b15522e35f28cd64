#include "exporters/http_responder.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace apierrd {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class HttpResponderTest : public ::testing::Test {
 protected:
  HttpAnswer ask(std::string_view head) const { return responder_.answer(head, "peer", false); }

  HttpResponder responder_{
      {{"/echo",
        [](const HttpRequest& request) {
          std::string text = request.client + "|" + request.accept;
          for (const auto& [name, value] : request.query) text += "|" + name + "=" + value;
          return HttpResponse{200, "text/plain", text};
        }},
       {"/broken", [](const HttpRequest&) -> HttpResponse { throw std::bad_alloc(); }},
       {"/empty", [](const HttpRequest&) { return HttpResponse{}; }}},
      *WebSecurity::load(""),
      [this](std::string_view handler, int status) {
        log_ += std::string(handler) + " " + std::to_string(status) + ";";
      }};
  std::string log_;
};

TEST_F(HttpResponderTest, GivesTheHandlerWhatIsAsked) {
  const HttpAnswer answer =
      ask("GET /echo?a=1&b=%20&a=2 HTTP/1.1\r\nAccept: x\r\nUser-Agent: me\r\n\r\n");
  EXPECT_THAT(answer.head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer.head, HasSubstr("Content-Length: 17\r\n"));
  EXPECT_EQ(answer.body, "peer me|x|a=1|b= ");
  EXPECT_TRUE(answer.keeps_open);
  EXPECT_EQ(log_, "/echo 200;");
}

TEST_F(HttpResponderTest, HeadIsAnsweredLikeGetButForTheBody) {
  const HttpAnswer answer = ask("HEAD /echo HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer.head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer.head, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_EQ(answer.body, "");
  EXPECT_TRUE(answer.keeps_open);
}

TEST_F(HttpResponderTest, ClosesWhereItMust) {
  EXPECT_FALSE(ask("GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n").keeps_open);
  EXPECT_FALSE(ask("GET /echo HTTP/1.0\r\n\r\n").keeps_open);
  EXPECT_FALSE(ask("GET /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\n").keeps_open);
  EXPECT_FALSE(ask("GET /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").keeps_open);
  EXPECT_FALSE(ask("POST /echo HTTP/1.1\r\n\r\n").keeps_open);
  EXPECT_FALSE(ask("nonsense\r\n\r\n").keeps_open);
  EXPECT_FALSE(responder_.answer("GET /echo HTTP/1.1\r\n\r\n", "peer", true).keeps_open);
  EXPECT_TRUE(ask("GET /nothing HTTP/1.1\r\n\r\n").keeps_open);
}

TEST_F(HttpResponderTest, RefusesAndStandsFailures) {
  EXPECT_THAT(ask("GET /nothing HTTP/1.1\r\n\r\n").head, StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(ask("POST /echo HTTP/1.1\r\n\r\n").head, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(ask("GET /broken HTTP/1.1\r\n\r\n").head, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(ask("\r\n\r\n").body, Not(HasSubstr("peer")));
  EXPECT_THAT(log_, HasSubstr("other 404;other 405;/broken 500;"));
}

// What an answer was being written from was freed by a reload: for sanitizers to see.
TEST(HttpResponder, AReloadDoesNotTakeTheHeadersOfAnAnswer) {
  const std::shared_ptr<WebSecurity> security = *WebSecurity::load("");
  HttpResponder responder({{"/", [](const HttpRequest&) { return HttpResponse{}; }}}, security,
                          [](std::string_view, int) {});
  std::atomic<int> answered = 0;
  std::atomic<bool> over = false;
  std::jthread asks([&] {
    for (; !over; ++answered) {
      const HttpAnswer answer = responder.answer("GET / HTTP/1.1\r\n\r\n", "peer", false);
      EXPECT_THAT(answer.head, HasSubstr("X-Frame-Options: "));
    }
  });
  while (answered < 200) ASSERT_TRUE(security->reload(""));
  over = true;
}

TEST_F(HttpResponderTest, AnEmptyPageHasLengthZero) {
  const HttpAnswer answer = ask("GET /empty HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer.head, HasSubstr("Content-Length: 0\r\n"));
  EXPECT_TRUE(answer.keeps_open);
}

TEST(HttpHeadSize, EndsAtTheFirstBlankLine) {
  EXPECT_EQ(http_head_size(""), 0U);
  EXPECT_EQ(http_head_size("GET /\r\n\r"), 0U);
  EXPECT_EQ(http_head_size("GET /\r\n\r\nrest\r\n\r\n"), 9U);
  EXPECT_EQ(http_head_size("GET /\r\n\r\n", 8), 9U);
}

}  // namespace
}  // namespace apierrd
