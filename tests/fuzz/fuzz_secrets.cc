// Error messages before a person sees them: a key, or the value behind a secret's name, planted
// anywhere into any text, is gone, also where the beginning of a message is all that is kept.
//
// The input: which secret, what stands before it up to a NUL, and what stands behind it.
#include "parsers/mask_secrets.h"

#include <array>
#include <string>

#include "parsers/failure_detail.h"
#include "tests/support/fuzz_input.h"

using namespace apierrd;

namespace {

struct Planted {
  std::string_view before, secret, behind;
};

constexpr std::array kPlanted{
    Planted{"", "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", ""},
    Planted{" token: ", "hunter2", ","},
    Planted{" password=", "hunter2", "\n"},
    Planted{" \"SecretKey\":\"", "hunter2", "\""},
    Planted{" X-Auth_Token = '", "hunter2", "'"},
    Planted{" Authorization: Bearer ", "hunter2", "\n"},
    Planted{" Signature=", "hunter2", "&"},
    Planted{" {\"card\":\"", "hunter2", "\"}"},
};

bool holds(const std::string& text, std::string_view secret) {
  return text.find(secret) != std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  test::FuzzInput input(data, size);
  const Planted& planted = kPlanted[input.choice(kPlanted.size())];
  const std::string before(input.text('\0')), behind(input.rest());
  if (holds(before + " " + behind, planted.secret)) return 0;  // that one nobody has named a secret
  std::string text = before;
  text.append(planted.before).append(planted.secret).append(planted.behind).append(behind);
  REQUIRE(!holds(mask_secrets(text), planted.secret));
  REQUIRE(!holds(mask_secrets(beginning_of(text)), planted.secret));
  return 0;
}
