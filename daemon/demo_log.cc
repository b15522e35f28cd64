#include "daemon/demo_log.h"

#include <fmt/format.h>

#include <array>

#include "parsers/time_text.h"

namespace apierrd {

namespace {

struct DemoAction {
  std::string_view service, action, version;
  unsigned weight;
};
constexpr std::array kActions{
    DemoAction{"billing", "DescribeAccountBalance", "2018-07-09", 24},
    DemoAction{"billing", "DescribeBillDetail", "2018-07-09", 20},
    DemoAction{"billing", "DescribeBillSummaryByProduct", "2018-07-09", 12},
    DemoAction{"billing", "PayDeals", "2018-07-09", 10},
    DemoAction{"billing", "DescribeDealsByCond", "2018-07-09", 8},
    DemoAction{"cvm", "DescribeInstances", "2017-03-12", 18},
    DemoAction{"cvm", "RunInstances", "2017-03-12", 4},
    DemoAction{"sms", "SendSms", "2021-01-11", 10},
};

struct DemoError {
  std::string_view code, message;  // a # becomes a number
  unsigned weight;
  std::string_view only_action;  // empty = any
};
constexpr std::array kErrors{
    DemoError{"RequestLimitExceeded", "more than 20 requests a second", 30, ""},
    DemoError{"InternalError", "internal error, trace #", 14, ""},
    DemoError{"InvalidParameterValue", "Month 2026-13 is not valid", 14, "DescribeBillDetail"},
    DemoError{"FailedOperation.SummaryDataNotReady", "账单汇总数据尚未生成", 12,
              "DescribeBillSummaryByProduct"},
    DemoError{"FailedOperation.BalanceInsufficient",
              "balance 12.40 does not cover 86.00 of order #", 12, "PayDeals"},
    DemoError{"FailedOperation.InvalidDeal", "order # is not unpaid", 6, "PayDeals"},
    DemoError{"FailedOperation.NeedPayTogeter", "order # belongs to others", 4, "PayDeals"},
    DemoError{"FailedOperation.PaySuccDeliverFailed", "order # is paid, nothing was delivered", 1,
              "PayDeals"},
    DemoError{"UnauthorizedOperation.NotFinanceAuth", "no financial authorisation", 3, "PayDeals"},
    DemoError{"AuthFailure.SignatureExpire", "timestamp is 412 seconds off", 5, ""},
    DemoError{"AuthFailure.SecretIdNotFound",
              "secret id AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE not found", 2, ""},
    DemoError{"ResourceInsufficient.SpecifiedInstanceType", "S5.LARGE8 is sold out in zone 3", 6,
              "RunInstances"},
    DemoError{"DryRunOperation", "the call would have succeeded", 3, "RunInstances"},
    DemoError{"FailedOperation.ContainSensitiveWord", "template # holds a refused word", 5,
              "SendSms"},
    DemoError{"UnsupportedOperation.SomethingQuiteNew", "not known yet", 1, ""},
};

template <class Table, class Allowed>
const auto& pick(const Table& table, std::uint64_t random, Allowed&& allowed) {
  unsigned total = 0;
  for (const auto& row : table) total += allowed(row) ? row.weight : 0;
  std::uint64_t left = random % total;
  for (const auto& row : table) {
    if (!allowed(row)) continue;
    if (left < row.weight) return row;
    left -= row.weight;
  }
  return table.front();
}

std::string escaped(const std::string& json) {
  std::string out;
  for (const char c : json) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

// The same for the same RequestId, so that no more random numbers are drawn.
std::string numbered(std::string_view message, const std::string& id) {
  std::string out(message);
  const std::size_t at = out.find('#');
  if (at == std::string::npos) return out;
  return out.replace(at, 1, std::to_string(20'000'000 + std::stoul(id.substr(0, 6), nullptr, 16)));
}

}  // namespace

std::string DemoLog::uuid() {
  const std::uint64_t high = random_();
  const std::uint64_t low = random_();
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", high >> 32, high >> 16 & 0xFFFF,
                     high & 0xFFF, low >> 48 & 0xFFF, low & 0xFFFFFFFFFFFF);
}

std::string DemoLog::response(std::string_view action, std::string& code) {
  const std::string id = uuid();
  if (below(100) < 6) {
    const DemoError& error = pick(kErrors, random_(), [action](const DemoError& row) {
      return row.only_action.empty() || row.only_action == action;
    });
    code = error.code;
    return fmt::format(
        R"({{"Response":{{"Error":{{"Code":"{}","Message":"{}"}},"RequestId":"{}"}}}})", error.code,
        numbered(error.message, id), id);
  }
  return fmt::format(
      R"({{"Response":{{"TotalCount":{},"Items":["{:x}","{:x}"],"RequestId":"{}"}}}})", below(500),
      random_(), random_(), id);
}

std::string DemoLog::line(std::int64_t unix_ns) {
  const std::uint64_t kind = below(400);
  if (kind == 0) return "2026/11/23 service restarted, this line is no JSON\n";
  if (kind == 1)
    return R"({"level":"info","msg":"worker started, no API call"})"
           "\n";
  const DemoAction& action = pick(kActions, random_(), [](const DemoAction&) { return true; });
  std::string code;
  std::string body = response(action.action, code);
  if (below(4) == 0) body = "\"" + escaped(body) + "\"";
  const std::uint64_t latency_us = 8'000 + below(60'000) + (below(20) == 0 ? below(4'000'000) : 0);
  return fmt::format(
      R"({{"time":"{}","service":"{}","action":"{}","version":"{}","region":"ap-guangzhou",)"
      R"("latency_ms":{}.{:03},"caller":{{"pod":"worker-{}","attempt":1}},"response":{}}})"
      "\n",
      rfc3339_text(unix_ns), action.service, action.action, action.version, latency_us / 1000,
      latency_us % 1000, below(8), body);
}

}  // namespace apierrd
