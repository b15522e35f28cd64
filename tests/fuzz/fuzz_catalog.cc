// Any bytes as a catalog file: complaints, never a crash; what loads can be classified with.
#include "parsers/catalog.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace apierrd;
  if (size > 65536) return 0;  // yaml-cpp is slow on megabytes of brackets, and that is no finding
  CatalogBuilder builder;
  builder.add({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
  for (const Error& error : builder.errors()) {
    if (error.text().empty()) __builtin_trap();
  }
  const Catalog catalog = builder.build();
  for (const CatalogEntry* entry : catalog.entries()) {
    if (!catalog.classify(entry->product, entry->code).documented()) __builtin_trap();
  }
  return 0;
}
