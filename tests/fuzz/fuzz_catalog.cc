// Any bytes as a catalog file, as rules and as vendor codes: complaints, never a crash; what loads
// can be classified with.
#include "parsers/catalog.h"

namespace {

using namespace apierrd;

void use(const Catalog& catalog) {
  for (const ProductCode& row : catalog.all_codes()) {
    if (!catalog.classify(row.product, {}, row.code).documented()) __builtin_trap();
    catalog.elsewhere(row.product, row.code);
  }
  for (const std::string_view service : catalog.vendor_codes().services()) {
    for (const std::string_view action : catalog.vendor_codes().actions(service)) {
      catalog.documentation(service, action, "InternalError");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size > 65536) return 0;  // yaml-cpp is slow on megabytes of brackets, and that is no finding
  const std::string text(reinterpret_cast<const char*>(data), size);
  CatalogBuilder builder;
  if (text.starts_with("apierrd-codes")) {
    builder.add_vendor_codes(text, "fuzz.codes");
  } else {
    builder.add(text, "fuzz.yaml");
    builder.add_rules(text, "fuzz.yaml");
  }
  for (const Error& error : builder.errors()) {
    if (error.text().empty()) __builtin_trap();
  }
  use(builder.build());
  return 0;
}
