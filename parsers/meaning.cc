#include "parsers/meaning.h"

#include <array>
#include <utility>

#include "parsers/yaml_tree.h"

namespace apierrd {

namespace {

constexpr std::array<std::string_view, 10> kFaultDomains{
    "caller",   "credential", "permission", "quota", "business",
    "resource", "vendor",     "network",    "none",  "unknown"};
constexpr std::array<std::string_view, 4> kRetryables{"no", "backoff", "later", "after_fix"};
constexpr std::array<std::string_view, 3> kSeverities{"critical", "warning", "info"};

}  // namespace

std::string_view name_of(FaultDomain value) {
  return kFaultDomains[static_cast<std::size_t>(value)];
}
std::string_view name_of(Retryable value) { return kRetryables[static_cast<std::size_t>(value)]; }
std::string_view name_of(Severity value) { return kSeverities[static_cast<std::size_t>(value)]; }

void read_meaning(YamlMapReader& reader, bool need_all, Meaning& meaning) {
  const auto need = [&](std::string_view key) {
    if (need_all) reader.require(key);
    return key;
  };
  if (const auto index = reader.one_of(need("fault_domain"), kFaultDomains)) {
    meaning.fault_domain = static_cast<FaultDomain>(*index);
  }
  if (const auto index = reader.one_of(need("retryable"), kRetryables)) {
    meaning.retryable = static_cast<Retryable>(*index);
  }
  if (const auto index = reader.one_of(need("severity"), kSeverities)) {
    meaning.severity = static_cast<Severity>(*index);
  }
  if (const auto index = reader.one_of("event", {"none", "page"})) meaning.event_page = *index == 1;
  if (const auto slo = reader.boolean("slo")) meaning.slo = *slo;
  for (const auto& [key, text] : {std::pair{need("description"), &meaning.description},
                                  {"description_zh", &meaning.description_zh},
                                  {need("remedy"), &meaning.remedy}}) {
    if (auto given = reader.text(key)) *text = *std::move(given);
  }
}

}  // namespace apierrd
