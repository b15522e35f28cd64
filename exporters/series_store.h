// All counters, by label set, with a limit on everything a log can grow.
//
// Owned by the one thread that applies tallies; nobody else touches it. Others see immutable
// SeriesSnapshots, so a scrape takes no lock that ingestion needs. Rows are never removed: evicting
// a counter would look like a reset, and a rare error's series must not expire.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "parsers/catalog.h"
#include "parsers/tally.h"

namespace apierrd {

/// How many distinct values or series are admitted; the next is counted as `other`. The defaults
/// keep one instance below some 130,000 samples and 64 MiB.
struct SeriesLimits {
  std::size_t services = 200;
  std::size_t actions = 2'000;  ///< (service, action) pairs
  std::size_t undocumented_codes = 50;
  std::size_t call_series = 5'000;   ///< each has a histogram: about 12 samples
  std::size_t code_series = 20'000;  ///< beyond the ones that exist from the start
  std::size_t error_series = 5'000;  ///< and as many of failed items

  static SeriesLimits none();  ///< for replay, which must name everything
};

/// The labels whose values a log decides.
enum class BoundedLabel : std::uint8_t { kService, kAction, kCode, kFile };
inline constexpr std::array<std::string_view, 4> kBoundedLabels{"api_service", "action", "code",
                                                                "file"};
inline constexpr std::size_t kFileLabelsMax = 64;

/// Why bytes of a log were never read.
enum class LossReason : std::uint8_t { kTruncated, kReadError, kMissing };
inline constexpr std::array<std::string_view, 3> kLossReasons{"truncated", "read_error", "missing"};

/// What the reader knows about a source's files. Counts never fall; the rest is as of now.
struct FileStatus {
  std::string path;  ///< as configured or matched, never a rotated name
  std::uint64_t lag_bytes = 0;
  /// Since its reader began; the counts of its source also hold those of earlier runs.
  std::uint64_t rotations = 0, truncations = 0, lost_bytes = 0;
};
struct FileCounts {
  std::uint64_t rotations = 0;
  std::uint64_t truncations = 0;
  std::uint64_t open_errors = 0;
  std::uint64_t missing = 0;  ///< files that were gone when they were to be read on
  std::array<std::uint64_t, kLossReasons.size()> lost_bytes{};
  std::uint64_t files_open = 0;
  /// Not before this was the oldest unread line written; 0 = nothing is unread.
  std::int64_t oldest_unread_unix_ns = 0;
  std::vector<FileStatus> files;  ///< those with a name that exists, sorted by path
};

struct SourceSeries {
  std::string name;
  std::string labels;  ///< source="..."
  LineCounts lines;
  FileCounts files;
  std::uint64_t max_silence_s = 0;  ///< 0 = not configured
};

struct CallSeries {
  std::string_view labels, service, action;
  std::uint32_t source = 0;
  std::uint64_t count = 0;
  DurationCounts durations;
  std::array<std::uint32_t, kDurationBuckets> exemplars;  ///< index into exemplars, or kNoExemplar
};
inline constexpr std::uint32_t kNoExemplar = UINT32_MAX;

struct CodeSeries {
  std::string_view labels, service, code;
  std::uint32_t source = 0;
  std::uint32_t info = 0;  ///< index into infos
  std::uint64_t count = 0;
  std::int64_t last_observed_unix_ns = 0;
};

struct ErrorSeries {
  std::string_view labels, service, action, code;
  std::uint32_t source = 0;
  std::uint32_t code_series = 0;  ///< index into codes
  std::uint64_t count = 0;
  Exemplar exemplar;
};

/// Failed items of calls that succeeded, by an item rule of their source.
struct ItemSeries {
  std::string_view labels, service, action, code;
  std::uint32_t source = 0;
  std::uint64_t count = 0;
};

/// Failed calls per source, service and what is amiss with their code's documentation; anything
/// but Documentation::kAction. Those of kNowhere are the undocumented errors.
struct FindingSeries {
  std::string_view labels;          ///< with the finding
  std::string_view service_labels;  ///< without
  std::string_view service;
  Documentation finding = Documentation::kNowhere;
  std::uint32_t source = 0;
  std::uint64_t count = 0;
};

struct CodeInfo {  ///< exactly one per (service, code)
  std::string_view service, code, labels, first_seen_labels;
  Classification classification;        ///< whatever the action
  std::int64_t first_seen_unix_ns = 0;  ///< of undocumented codes
};

/// What a state database gives back of one series at start. Label values are safe already.
struct PersistedSeries {
  std::string source, service, action, code;        ///< what does not apply is empty
  Documentation finding = Documentation::kNowhere;  ///< of findings
  std::uint64_t count = 0;
  DurationCounts durations;
  std::int64_t time_unix_ns = 0;  ///< codes: last observed; infos: first seen
  Exemplar exemplar;
  std::vector<std::pair<std::size_t, Exemplar>> bucket_exemplars;  ///< calls: by bucket
};
struct PersistedSource {
  std::string name;
  LineCounts lines;
  FileCounts files;  ///< only the counts
};
struct PersistedState {
  std::vector<PersistedSource> sources;
  std::vector<PersistedSeries> calls, codes, errors, items, findings, infos;
  std::array<std::uint64_t, kBoundedLabels.size()> overflow{};
  std::vector<std::pair<BoundedLabel, std::string>> admitted;
  bool empty() const { return sources.empty(); }
};

/// Text that snapshots point into: grows only, and what stands in it never moves.
using LabelArena = std::deque<std::string>;

struct SeriesSnapshot {
  std::int64_t time_unix_ns = 0;
  std::vector<SourceSeries> sources;
  std::vector<CallSeries> calls;
  std::vector<Exemplar> exemplars;
  std::vector<CodeSeries> codes;
  std::vector<ErrorSeries> errors;
  std::vector<ItemSeries> items;
  std::vector<FindingSeries> findings;
  std::vector<CodeInfo> infos;
  /// In the order of their admission; an action stands behind its service and a NUL.
  std::vector<std::pair<BoundedLabel, std::string_view>> admitted;
  std::array<std::uint64_t, kBoundedLabels.size()> overflow{};
  std::array<std::size_t, kBoundedLabels.size()> label_values{};
  std::array<std::size_t, kBoundedLabels.size()> label_limits{};
  std::vector<std::string_view> products;  ///< ever configured, each once
  std::shared_ptr<const Catalog> catalog;  ///< what classifications point into
  std::shared_ptr<const LabelArena> arena;
};

class SeriesStore {
 public:
  SeriesStore(const SeriesLimits& limits, std::shared_ptr<const Catalog> catalog);

  /// The index of the source of that name, new or known. Its documented codes of `products` exist
  /// at 0 from here on.
  std::uint32_t add_source(const std::string& name, const std::vector<std::string>& products);

  /// How long the source may go without a call, in seconds; 0 = nobody minds.
  void set_max_silence(std::uint32_t source, std::uint64_t seconds);

  /// Adds a tally's counts. `now_unix_ns` is the wall clock.
  void apply(std::uint32_t source, const Tally& tally, std::int64_t now_unix_ns);

  /// What the source's reader found since it began; what earlier ones found is added.
  /// Returns whether any count changed.
  bool set_files(std::uint32_t source, FileCounts files);

  /// The reader of this source is gone: its counts stay and a later reader's add to them.
  void retire_files(std::uint32_t source);

  /// Takes up the counts of an earlier run; before any apply().
  void restore(const PersistedState& persisted);

  /// Classifies every known code anew. Tallies of before must be reset().
  void set_catalog(std::shared_ptr<const Catalog> catalog);

  /// A copy of all values as they are now.
  std::shared_ptr<const SeriesSnapshot> snapshot(std::int64_t now_unix_ns) const;

  /// The values themselves; for whoever persists them on the owning thread.
  const SeriesSnapshot& state() const { return state_; }

 private:
  /// The values admitted for a label, up to a limit.
  struct Budget {
    std::size_t limit = 0;
    std::set<std::string, std::less<>> values;
  };

  RowHandle find_call(std::uint32_t source, std::string_view service, std::string_view action);
  RowHandle find_error(std::uint32_t source, const ErrorRow& row);
  std::uint32_t call_series(std::uint32_t source, const std::string& service,
                            const std::string& action);
  std::uint32_t code_series(std::uint32_t source, const std::string& service,
                            const std::string& code, bool lazy);
  template <class Series>
  void name_series(Series& series, std::uint32_t source, const std::string& service,
                   const std::string& action, const std::string& code);
  std::uint32_t error_series(std::uint32_t source, const std::string& service,
                             const std::string& action, const std::string& code);
  std::uint32_t item_series(std::uint32_t source, const std::string& service,
                            const std::string& action, const std::string& code);
  RowHandle find_item(std::uint32_t source, const ErrorRow& row);
  std::uint32_t finding_series(std::uint32_t source, const std::string& service,
                               Documentation finding);
  void count_finding(std::uint32_t source, const ErrorSeries& series, const ErrorRow& row,
                     std::int64_t now_unix_ns);
  std::uint32_t code_info(const std::string& service, const std::string& code);
  void render_info(CodeInfo& info);
  std::string admitted_service(std::string_view service, std::uint8_t& folded);
  std::string admitted_action(const std::string& service, std::string_view action,
                              std::uint8_t& folded);
  std::string admitted_code(std::string_view code, bool documented, std::uint8_t& folded);
  void count_overflow(std::uint8_t folded, std::uint64_t observations);
  void count_overflow(const ErrorRow& row);
  std::uint32_t exemplar_slot(CallSeries& series, std::size_t bucket);
  bool admit(BoundedLabel label, std::string_view value);
  std::string_view keep(std::string text);

  using Index = std::unordered_map<std::string, std::uint32_t>;

  SeriesLimits limits_;
  std::shared_ptr<LabelArena> arena_;
  SeriesSnapshot state_;
  std::vector<FileCounts> retired_files_;  ///< by source: counts of readers before this one
  Index call_index_, code_index_, error_index_, item_index_, finding_index_, info_index_;
  std::size_t lazy_codes_ = 0;  ///< code series that no configured product documents
  std::array<Budget, kBoundedLabels.size()> budgets_;  ///< by BoundedLabel; of files unused
};

}  // namespace apierrd
