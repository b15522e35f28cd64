#include "parsers/wrappers.h"

#include <gtest/gtest.h>

#include "tests/support/padded.h"

namespace apierrd {
namespace {

class WrappersTest : public testing::Test {
 protected:
  const WrappedLine& unwrap(std::string_view text) {
    padded_ = std::make_unique<test::Padded>(text);
    line_ = {};
    line_.content = padded_->view();
    texts_.clear();
    while (unwrap_detected(line_, texts_, scratch_)) {
    }
    return line_;
  }
  std::string wrappers() const {
    std::string names;
    for (std::size_t i = 0; i < line_.wrapper_count; ++i) {
      names.append(names.empty() ? "" : " ").append(name_of(line_.wrappers[i]));
    }
    return names;
  }

 private:
  std::unique_ptr<test::Padded> padded_;
  WrappedLine line_;
  TextPool texts_;
  JsonDocument scratch_;
};

TEST_F(WrappersTest, Docker) {
  const WrappedLine& line =
      unwrap(R"({"log":"say \"hi\"\n","stream":"stderr","time":"2021-04-27T09:07:15.166135424Z"})");
  EXPECT_EQ(line.content, "say \"hi\"");
  EXPECT_FALSE(line.partial);
  EXPECT_EQ(line.stream, 1);
  EXPECT_EQ(line.time_unix_ns(), 1'619'514'435'166'135'424);
  EXPECT_TRUE(unwrap(R"({"log":"half","stream":"stdout","time":"2021-04-27T09:07:15Z"})").partial);
  EXPECT_EQ(unwrap(R"({"log":"a logger of its own"})").wrapper_count, 0U);
  EXPECT_EQ(unwrap(R"({"log":"cut off\n","stream":"stdout","time":"2021)").wrapper_count, 0U);
}

TEST_F(WrappersTest, ADockerLogThatEndsWithTheTextOfALineEndIsStillDockers) {
  const WrappedLine& part = unwrap(R"({"log":"half \\n","stream":"stdout","time":""})");
  EXPECT_EQ(part.content, R"(half \n)");
  EXPECT_TRUE(part.partial);
  const WrappedLine& line = unwrap(R"({"log":"said \\r\n","stream":"stdout","time":""})");
  EXPECT_EQ(line.content, R"(said \r)");
  EXPECT_FALSE(line.partial);
}

TEST_F(WrappersTest, DockerInOtherWaysOfWriting) {
  const WrappedLine& labels = unwrap(
      R"({"log":"a\n","stream":"stderr","attrs":{"tag":"b\"c"},"time":"2021-04-27T09:07:15Z"})");
  EXPECT_EQ(labels.content, "a");
  EXPECT_EQ(labels.stream, 1);
  EXPECT_EQ(labels.time_unix_ns(), 1'619'514'435'000'000'000);
  const WrappedLine& escapes =
      unwrap(R"({"log":"\u003c\ud83d\ude00\t\/\r\n","time":"","stream":"stdout"})");
  EXPECT_EQ(escapes.content, "<\U0001F600\t/");
  EXPECT_FALSE(escapes.partial);
  for (const char* none : {R"({"log":"\ud83d\n","stream":"stdout","time":""})",
                           R"({"log":"\x\n","stream":"stdout","time":""})",
                           R"({"log":"\n,\"stream\":\"stdout\",\"time\":\"\"})"}) {
    EXPECT_EQ(unwrap(none).wrapper_count, 0U) << none;
  }
}

TEST_F(WrappersTest, AWholeLineIsToldAtAGlance) {
  const Framing detect{true, {}, false, 500};
  const Framing docker{false, {Wrapper::kDocker}, false, 500};
  const auto whole = [](std::string_view line, const Framing& framing) {
    return is_whole(test::Padded(line).view(), framing);
  };
  const std::string_view call = R"({"log":"{\"a\":1}\n","stream":"stdout","time":""})";
  const std::string_view part = R"({"log":"{\"a\":1}","stream":"stdout","time":""})";
  for (const Framing& framing : {detect, docker}) {
    EXPECT_TRUE(whole(call, framing));
    EXPECT_FALSE(whole(part, framing));
    EXPECT_TRUE(whole(R"({"a":1})", framing));
  }
  EXPECT_TRUE(whole("2024-03-14T21:16:57Z stdout F a", {false, {Wrapper::kCri}, false, 500}));
  EXPECT_FALSE(whole("2024-03-14T21:16:57Z stdout P a", {false, {Wrapper::kCri}, false, 500}));
  EXPECT_FALSE(whole(call, {true, {}, true, 500}));
}

TEST_F(WrappersTest, Cri) {
  const WrappedLine& line = unwrap("2024-03-14T21:16:57.04800154Z stderr F {\"a\":1}");
  EXPECT_EQ(line.content, "{\"a\":1}");
  EXPECT_EQ(line.time_unix_ns(), 1'710'451'017'048'001'540);
  EXPECT_TRUE(unwrap("2019-05-07T18:57:50.904275087+00:00 stdout P 1a. some ").partial);
  EXPECT_EQ(unwrap("2019-05-07T18:57:50Z stdout X y").wrapper_count, 0U);
  EXPECT_EQ(unwrap("2019-05-07T18:57:50Z stdout").wrapper_count, 0U);
}

TEST_F(WrappersTest, SyslogInItsThreeForms) {
  const WrappedLine& rfc5424 = unwrap(
      R"(<34>1 2026-07-23T09:30:45+02:00 host app 123 msg [meta@32473 value="escaped\]bracket" quote="\""] payload)");
  EXPECT_EQ(rfc5424.content, "payload");
  EXPECT_EQ(rfc5424.time_unix_ns(), 1'784'791'845'000'000'000);
  EXPECT_EQ(unwrap("<15>1 2022-02-24T18:41:19-05:00 h acme.sh 32196 - [meta sequenceId=\"76\"] x=1")
                .content,
            "x=1");
  EXPECT_EQ(unwrap("<15>1 2022-02-24T18:41:19-05:00 h acme.sh 32196 - - text").content, "text");
  EXPECT_EQ(unwrap("<34>Oct 11 22:14:15 mymachine su: failed").content, "failed");
  EXPECT_EQ(unwrap("Sep  5 09:16:40 localhost node[2444397]: {}").content, "{}");
  EXPECT_EQ(unwrap("2026-02-23T16:31:05+00:00 kubenode1 rke2-pods: text").content, "text");
  for (const char* none :
       {"<34>", "<x>1 a", "2026-02-23T16:31:05Z INFO {\"a\":1}", "Sepp 5 text", ""}) {
    EXPECT_EQ(unwrap(none).wrapper_count, 0U) << none;
  }
}

TEST_F(WrappersTest, JournaldWithTextAndWithBytes) {
  const WrappedLine& text =
      unwrap(R"({"__REALTIME_TIMESTAMP":"1655046591494032","MESSAGE":"Invalid user","_PID":"1"})");
  EXPECT_EQ(text.content, "Invalid user");
  EXPECT_EQ(text.time_unix_ns(), 1'655'046'591'494'032'000);
  EXPECT_EQ(unwrap(R"({"__REALTIME_TIMESTAMP":"1","MESSAGE":[104,105,255]})").content, "hi\xFF");
  EXPECT_EQ(unwrap(R"({"__REALTIME_TIMESTAMP":"1","MESSAGE":[104,256]})").wrapper_count, 0U);
  EXPECT_EQ(unwrap(R"({"__REALTIME_TIMESTAMP":"1","MESSAGE":null})").wrapper_count, 0U);
}

TEST_F(WrappersTest, OneWithinAnother) {
  const WrappedLine& line = unwrap(
      "2026-02-23T16:31:05+00:00 node rke2-pods: 2026-02-23T16:31:05.304868587Z stderr F "
      "{\"level\":1}");
  EXPECT_EQ(line.content, "{\"level\":1}");
  EXPECT_EQ(wrappers(), "syslog cri");
}

}  // namespace
}  // namespace apierrd
