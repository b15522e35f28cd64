#include "parsers/tally.h"

namespace apierrd {

namespace {

// As much of it as is used; of none nothing.
void take_latest(Exemplar& exemplar, const Exemplar& later) {
  exemplar.set(later.request_id(), later.time_unix_ns, later.value_ns);
}

}  // namespace

void Tally::merge(const Tally& later, const Catalog& catalog) {
  lines.add(later.lines);
  ApiCall names;  // all that rows are found by
  const auto name = [&names](const auto& row) {
    names.service = row.service;
    names.action = row.action;
  };
  for (const CallRow* counted : later.calls()) {
    name(*counted);
    CallRow& row = call_row(names);
    if (row.count == 0) touched_calls_.push_back(&row);
    row.count += counted->count;
    row.durations.add(counted->durations);
    for (std::size_t i = 0; i < kDurationBuckets; ++i) {
      take_latest(row.exemplars[i], counted->exemplars[i]);
    }
  }
  const auto merge_error = [&](ErrorRows& errors, const ErrorRow& counted) -> ErrorRow& {
    name(counted);
    ErrorRow& row = count_error(errors, call_row(names), counted.code, catalog);
    row.count += counted.count - 1;
    return row;
  };
  for (const ErrorRow* counted : later.items()) merge_error(items_, *counted);
  for (const ErrorRow* counted : later.errors()) {
    ErrorRow& row = merge_error(errors_, *counted);
    take_latest(row.exemplar, counted->exemplar);
    row.latest = counted->latest;
  }
  for (const PagingFailure& failure : later.paging()) {
    if (paging_.size() >= kPagingFailuresMax) break;
    name(*failure.row);
    const ErrorRow& row = indexed_error_row(errors_, call_row(names), failure.row->code, catalog);
    paging_.push_back({&row, failure.detail});
  }
}

}  // namespace apierrd
