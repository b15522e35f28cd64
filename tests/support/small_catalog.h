// A catalog of one product and two codes, one of which pages: pages made with it are small.
#pragma once

#include <memory>

#include "parsers/catalog.h"

namespace apierrd::test {

inline std::shared_ptr<const Catalog> small_catalog() {
  static const auto kCatalog = [] {
    CatalogBuilder builder;
    builder.add(
        "schema: 1\nproduct: shop\ntitle: t\nsources: {s: \"d, https://d.example\"}\ncodes:\n"
        "- {code: A.B, description: d, description_zh: d, fault_domain: vendor,"
        " retryable: backoff, severity: warning, remedy: r, source: s}\n"
        "- {code: A.Page, description: d, description_zh: d, fault_domain: vendor,"
        " retryable: no, severity: critical, event: page, remedy: r, source: s}\n",
        "small.yaml");
    return builder.errors().empty() ? std::make_shared<const Catalog>(builder.build()) : nullptr;
  }();
  return kCatalog;
}

}  // namespace apierrd::test
