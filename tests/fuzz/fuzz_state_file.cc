// Any bytes as the state database's file, or as a file beside it: it opens and loads, or there is
// an error that says so; what does load is saved to without a crash.
#include <string>

#include "daemon/state_store.h"
#include "tests/support/fuzz_folder.h"
#include "tests/support/fuzz_input.h"
#include "tests/support/small_catalog.h"

using namespace apierrd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::FuzzFolder folder;
  if (size > 65536) return 0;
  folder.remove_database("file.db");
  const std::string path = folder.write("file.db", {reinterpret_cast<const char*>(data), size});
  for (const auto purpose : {StateStore::Purpose::kLook, StateStore::Purpose::kRun}) {
    auto store = StateStore::open(path, purpose);
    if (!store) {
      REQUIRE(store.error().kind == ErrorKind::kEnvironment && !store.error().what.empty());
      continue;
    }
    const auto loaded = (*store)->load();
    if (!loaded) {
      REQUIRE(!loaded.error().what.empty());
      continue;
    }
    SeriesStore series(SeriesLimits{}, test::small_catalog());
    series.restore(loaded->series);
    if (purpose == StateStore::Purpose::kLook) continue;
    const auto saved = (*store)->save(*series.snapshot(1), {}, "boot");
    REQUIRE(saved.has_value() || !saved.error().what.empty());
  }
  return 0;
}
