// What a batch of lines came to: counts per distinct (service, action) and (service, action, code).
//
// A Tally belongs to one source and one thread. Rows keep their place over clear(), so that whoever
// applies a tally can remember a handle per row and look labels up once per distinct row, not per
// line.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "parsers/call_parser.h"
#include "parsers/catalog.h"
#include "parsers/failure_detail.h"
#include "parsers/verdict.h"

namespace apierrd {

/// Upper bounds of the duration histogram, from a cached look-up to the SDKs' default time-out.
inline constexpr std::array<std::int64_t, 9> kDurationBoundsNs{
    50'000'000,    100'000'000,   250'000'000,    500'000'000,   1'000'000'000,
    2'500'000'000, 5'000'000'000, 10'000'000'000, 30'000'000'000};
inline constexpr std::size_t kDurationBuckets = kDurationBoundsNs.size() + 1;  ///< the last is +Inf

/// The bucket a duration falls into; a bound belongs to its bucket (Prometheus' `le`).
std::size_t duration_bucket(std::int64_t duration_ns);

/// The request that a series' latest value came from. A plain value without allocations.
struct Exemplar {
  std::array<char, kRequestIdMax> id;
  std::uint8_t id_size = 0;       ///< 0 = no exemplar
  std::int64_t time_unix_ns = 0;  ///< log time, or when it was read if the log has none
  std::int64_t value_ns = 0;      ///< duration; of histograms only

  std::string_view request_id() const { return {id.data(), id_size}; }
  /// A part of what counts a call, wherever else it is used. An id that does not fit changes
  /// nothing.
  [[gnu::always_inline]] void set(std::string_view request_id, std::int64_t time,
                                  std::int64_t value) {
    if (request_id.empty() || request_id.size() > id.size()) return;
    constexpr std::size_t kUsual = 36;  // a UUID's: copied by a few instructions
    if (request_id.size() == kUsual) {
      std::memcpy(id.data(), request_id.data(), kUsual);
    } else {
      std::memcpy(id.data(), request_id.data(), request_id.size());
    }
    id_size = static_cast<std::uint8_t>(request_id.size());
    time_unix_ns = time;
    value_ns = value;
  }
};

/// Durations of calls: counts per bucket (not cumulative) and their exact sum.
struct DurationCounts {
  std::array<std::uint64_t, kDurationBuckets> buckets{};
  std::uint64_t sum_ns = 0;  ///< begins anew after 584 years, which a scraper takes for a reset

  std::uint64_t count() const;
  void add(const DurationCounts& other);
};

/// What whoever applies tallies remembers of a row; opaque here, forgotten with the row.
struct RowHandle {
  static constexpr std::uint32_t kNone = UINT32_MAX;
  std::uint32_t series = kNone;
  std::uint8_t folded = 0;
};

/// Names that look like secrets are counted as kMasked (mask_secrets.h).
struct CallRow {
  std::string service, action;
  std::uint64_t count = 0;
  DurationCounts durations;
  std::array<Exemplar, kDurationBuckets> exemplars;  ///< none where no duration was counted
  RowHandle handle;
};

struct ErrorRow {
  std::string service, action, code;
  const CallRow* calls = nullptr;  ///< of the same service and action
  Classification classification;
  std::uint64_t count = 0;
  Exemplar exemplar;
  FailureDetail latest;  ///< of the batch; only of failed calls; whole after Tally::settle()
  /// Its texts where they were read, if they are not copied yet: each failure would copy them, and
  /// only the latest one's are kept.
  struct Texts {
    std::string_view request_id, message;
  };
  std::optional<Texts> uncopied;
  RowHandle handle;
  bool pages = false;  ///< each occurrence pages: Classification::pages()
};

/// A failed call whose code pages at each occurrence.
struct PagingFailure {
  const ErrorRow* row = nullptr;
  FailureDetail detail;
};
/// Of one batch the first so many are kept with their details; how many there were says the row.
inline constexpr std::size_t kPagingFailuresMax = 100;

/// Counts of lines and bytes; every line is in exactly one of by_verdict. Bytes of no verdict
/// belong to no line: a byte order mark, a hole at a file's start.
struct LineCounts {
  std::uint64_t lines = 0;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;
  std::array<std::uint64_t, kVerdictCount> by_verdict{};
  std::array<std::uint64_t, kVerdictCount> bytes_by_verdict{};  ///< line ends included
  std::uint64_t unreadable_times = 0;
  std::uint64_t unreadable_latencies = 0;
  std::uint64_t late_records = 0;          ///< logged more than kLateNs before they were read
  std::int64_t newest_record_unix_ns = 0;  ///< log time; 0 = none had one

  void add(const LineCounts& other);
};

/// Bytes by the kind of their lines' verdicts; what is of no line is in none of them.
struct BytesByKind {
  std::uint64_t parsed = 0, ignored = 0, rejected = 0;
};
BytesByKind bytes_by_kind(const LineCounts& lines);

inline constexpr std::int64_t kLateNs = 300'000'000'000;

class Tally {
 public:
  /// Beyond `rows_kept_max` distinct rows clear() forgets them all, which bounds the memory that
  /// hostile names can take; the default is twice what a large account uses.
  explicit Tally(std::size_t rows_kept_max = 4096) : rows_kept_max_(rows_kept_max) {}

  LineCounts lines;

  /// Counts a call. Its code, if any, is classified once per distinct row. `offset_bytes` is where
  /// its record begins in the batch. What it says within `lasting` lives until settle(), which must
  /// be called then.
  void add(const ApiCall& call, const Catalog& catalog, std::int64_t now_unix_ns,
           std::uint64_t offset_bytes = 0, std::string_view lasting = {});
  /// Copies what is kept of a text that will not last any longer.
  void settle();

  /// Adds what came behind in the log, so that all is as if it had been counted here.
  void merge(const Tally& later, const Catalog& catalog);

  /// Rows counted since the last clear(), each once.
  const std::vector<CallRow*>& calls() const { return touched_calls_; }
  const std::vector<ErrorRow*>& errors() const { return errors_.touched; }
  /// In the order of the log; they point to rows, which clear() may forget.
  const std::vector<PagingFailure>& paging() const { return paging_; }
  /// Failed items of calls that succeeded, by the item's code; without exemplars.
  const std::vector<ErrorRow*>& items() const { return items_.touched; }

  /// Sets all counts to zero.
  void clear();
  /// Forgets rows and handles too; after a reload.
  void reset();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>{}(key);
    }
  };
  template <class Row>
  using Index = std::unordered_map<std::string, Row*, Hash, std::equal_to<>>;

  /// Rows found lately, by a cheap hash of what they are found by: most lines need no more.
  static constexpr unsigned kRecentBits = 10;
  template <class Row>
  using Recent = std::array<std::array<Row*, 2>, 1U << kRecentBits>;  ///< the latest one first

  struct ErrorRows {
    std::deque<ErrorRow> rows;
    Index<ErrorRow> index;
    Recent<ErrorRow> recent{};
    std::vector<ErrorRow*> touched;
    void clear();
    void reset();
  };

  CallRow& call_row(const ApiCall& call);
  CallRow& indexed_call_row(const ApiCall& call);
  ErrorRow& count_error(ErrorRows& errors, const CallRow& calls, std::string_view code,
                        const Catalog& catalog);
  ErrorRow& indexed_error_row(ErrorRows& errors, const CallRow& calls, std::string_view code,
                              const Catalog& catalog);

  std::size_t rows_kept_max_;
  std::deque<CallRow> call_rows_;
  Index<CallRow> call_index_;
  Recent<CallRow> recent_calls_{};
  std::vector<CallRow*> touched_calls_;
  ErrorRows errors_, items_;
  std::vector<PagingFailure> paging_;
  std::vector<ErrorRow*> uncopied_;  ///< whose texts may have to be copied
  std::string key_;                  ///< scratch
};

}  // namespace apierrd
