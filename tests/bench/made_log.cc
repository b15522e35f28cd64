#include "tests/bench/made_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "parsers/json_document.h"

namespace apierrd::bench {

namespace {

struct Action {
  std::string_view service, name;
};
constexpr std::array<Action, 10> kActions{{{"billing", "PayDeals"},
                                           {"billing", "DescribeDealsByCond"},
                                           {"billing", "DescribeAccountBalance"},
                                           {"billing", "DescribeBillDetail"},
                                           {"cvm", "RunInstances"},
                                           {"cvm", "DescribeInstances"},
                                           {"cvm", "TerminateInstances"},
                                           {"cbs", "CreateDisks"},
                                           {"cbs", "DescribeDisks"},
                                           {"cbs", "AttachDisks"}}};
struct Code {
  std::string_view text;
  bool documented;
};
constexpr std::array<Code, 8> kCodes{{{"InternalError", true},
                                      {"RequestLimitExceeded", true},
                                      {"AuthFailure.SignatureExpire", true},
                                      {"InvalidParameterValue", true},
                                      {"ResourceNotFound", true},
                                      {"FailedOperation.BalanceInsufficient", true},
                                      {"InvalidParameter.NobodyKnowsThis", false},
                                      {"UnauthorizedOperation", true}}};
constexpr std::int64_t kMidnightUnixS = 1'795'392'000;  // 2026-11-23T00:00:00Z

// Distributions of the standard library differ from one to the next; its engines do not.
class Dice {
 public:
  std::uint64_t below(std::uint64_t end) { return engine_() % end; }
  std::uint64_t bits() { return engine_(); }

 private:
  std::mt19937_64 engine_{20261125};
};

MadeCall made_call(LogKind kind, std::size_t at, Dice& dice) {
  MadeCall call;
  const Action& action = kActions[dice.below(kActions.size())];
  call.service = action.service;
  call.action = action.name;
  if (kind == LogKind::kErrors || dice.below(20) == 0) {
    const Code& code = kCodes[dice.below(kCodes.size())];
    call.code = code.text;
    call.documented = code.documented;
  }
  const std::uint64_t high = dice.bits(), low = dice.bits();
  call.request_id =
      fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff,
                  high & 0xffff, low >> 48, low & 0xffffffffffff);
  const std::int64_t ms = static_cast<std::int64_t>(at) * 37;
  call.time = fmt::format("2026-11-23T{:02}:{:02}:{:02}.{:03}Z", ms / 3'600'000 % 24,
                          ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
  call.time_unix_ns = kMidnightUnixS * 1'000'000'000 + ms * 1'000'000;
  call.latency_ns = static_cast<std::int64_t>(dice.below(4000)) * 100'000;
  return call;
}

std::string response_of(const MadeCall& call, Dice& dice) {
  std::string out = R"({"Response":{)";
  if (!call.code.empty()) {
    out += fmt::format(
        R"("Error":{{"Code":"{}","Message":"The request could not be served at this time, see the documentation."}},)",
        call.code);
  } else {
    out += R"("TotalCount":4,"Set":[)";
    for (int i = 0; i < 4; ++i) {
      out += fmt::format(R"({}{{"Id":"ins-{:08x}","Size":{}}})", i == 0 ? "" : ",",
                         dice.below(1ULL << 32), dice.below(1000));
    }
    out += "],";
  }
  return out + fmt::format(R"("RequestId":"{}"}}}})", call.request_id);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string line_of(LogKind kind, const MadeCall& call, Dice& dice) {
  std::string response = response_of(call, dice);
  if (kind == LogKind::kEscaped) response = quoted(response);
  std::array<std::string, 7> members{
      fmt::format(R"("time":"{}")", call.time),
      fmt::format(R"("service":"{}")", call.service),
      fmt::format(R"("action":"{}")", call.action),
      R"("version":"2017-03-12")",
      R"("region":"ap-guangzhou")",
      fmt::format(R"("latency_ms":{}.{})", call.latency_ns / 1'000'000,
                  call.latency_ns / 100'000 % 10),
      fmt::format(R"("response":{})", response)};
  if (kind == LogKind::kShuffled) {
    for (std::size_t i = members.size(); i > 1; --i)
      std::swap(members[i - 1], members[dice.below(i)]);
  }
  return fmt::format("{{{}}}", fmt::join(members, ","));
}

}  // namespace

std::uint64_t MadeLog::failed() const {
  const auto count = std::count_if(calls.begin(), calls.end(),
                                   [](const MadeCall& call) { return !call.code.empty(); });
  return static_cast<std::uint64_t>(count);
}

MadeLog made_log(LogKind kind, std::size_t lines) {
  Dice dice;
  MadeLog log;
  for (std::size_t at = 0; at < lines; ++at) {
    log.calls.push_back(made_call(kind, at, dice));
    std::string line = line_of(kind, log.calls.back(), dice);
    log.unwrapped += line.size();
    if (kind == LogKind::kDocker) {
      std::string content = quoted(line);
      content.insert(content.size() - 1, "\\n");
      line = fmt::format(
          R"({{"log":{},"stream":"stdout","time":"2026-11-23T09:00:00.000000001Z"}})", content);
    }
    log.bytes += line + '\n';
  }
  log.size = log.bytes.size();
  log.bytes.append(kJsonPadding, '\0');
  return log;
}

}  // namespace apierrd::bench
