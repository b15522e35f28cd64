// Every metric apierrd exposes, in the order it is exposed: the one place where names, types,
// labels and help stand. docs/metrics.md is checked against it. Names and labels are a promise to
// dashboards and alert rules; change them only with a note in CHANGELOG.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace apierrd {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram, kInfo };

/// The rows of kMetrics, in its order.
enum class Metric : std::uint8_t {
  kApiCalls,
  kErrorsByCode,
  kErrors,
  kErrorLastObserved,
  kErrorCodeInfo,
  kItemFailures,
  kUndocumentedErrors,
  kDocumentationFindings,
  kUndocumentedFirstSeen,
  kCallDuration,
  kIngestLines,
  kIngestBytes,
  kParseFailures,
  kIgnoredLines,
  kUnreadableFields,
  kLateRecords,
  kSourceLagBytes,
  kSourceLagSeconds,
  kFileLagBytes,
  kSourceLastRecord,
  kSourceMaxSilence,
  kFileRotations,
  kFileTruncations,
  kLostBytes,
  kFilesMissing,
  kFilesOpen,
  kFileOpenErrors,
  kLabelOverflow,
  kLabelValues,
  kLabelValuesLimit,
  kCheckpointLastSuccess,
  kCheckpointFailures,
  kReloadSuccessful,
  kReloadSuccessTime,
  kCatalogueCodes,
  kBuildInfo,
  kScrapeDuration,
  kExpositionBytes,
  kSeries,
  kHttpRequests,
  kLogMessages,
  kProcessCpu,
  kProcessResidentMemory,
  kProcessVirtualMemory,
  kProcessOpenFds,
  kProcessMaxFds,
  kProcessStartTime,
};

struct MetricInfo {
  std::string_view name;  ///< as in the text format: counters end in _total, infos in _info
  MetricType type;
  std::string_view labels;  ///< comma-separated
  std::string_view help;    ///< no backslash, no newline: neither needs escaping then
};

inline constexpr std::array kMetrics{
    MetricInfo{"apierrd_api_calls_total", MetricType::kCounter, "source,api_service,action",
               "API calls observed in the log, failed ones included."},
    MetricInfo{"apierrd_api_errors_by_code_total", MetricType::kCounter, "source,api_service,code",
               "Failed API calls by error code; every documented code is there from the start."},
    MetricInfo{"apierrd_api_errors_total", MetricType::kCounter, "source,api_service,action,code",
               "Failed API calls by action and error code; a series begins with its first error."},
    MetricInfo{"apierrd_error_last_observed_timestamp_seconds", MetricType::kGauge,
               "source,api_service,code",
               "When a call that failed with this code was last read; 0 = never."},
    MetricInfo{"apierrd_error_code_info", MetricType::kInfo,
               "api_service,code,class,fault_domain,retryable,severity,documented",
               "How the catalog classifies an error code; join it by api_service and code."},
    MetricInfo{"apierrd_item_failures_total", MetricType::kCounter,
               "source,api_service,action,code",
               "Failed items of calls that succeeded as a whole, where a source counts them."},
    MetricInfo{"apierrd_undocumented_errors_total", MetricType::kCounter, "source,api_service",
               "Failed API calls whose code is in no catalog."},
    MetricInfo{
        "apierrd_documentation_findings_total", MetricType::kCounter, "source,api_service,finding",
        "Failed API calls whose code is documented for other actions of the product only, for "
        "other products only, or nowhere."},
    MetricInfo{"apierrd_undocumented_code_first_seen_timestamp_seconds", MetricType::kGauge,
               "api_service,code", "When an undocumented error code was first read."},
    MetricInfo{"apierrd_api_call_duration_seconds", MetricType::kHistogram,
               "source,api_service,action", "Duration of API calls as logged by their caller."},
    MetricInfo{"apierrd_ingest_lines_total", MetricType::kCounter, "source",
               "Lines read from the log."},
    MetricInfo{"apierrd_ingest_bytes_total", MetricType::kCounter, "source",
               "Bytes read from the log."},
    MetricInfo{"apierrd_parse_failures_total", MetricType::kCounter, "source,reason",
               "Lines rejected, by reason."},
    MetricInfo{"apierrd_ignored_lines_total", MetricType::kCounter, "source,reason",
               "Lines that are in order but show no API call, by reason."},
    MetricInfo{"apierrd_unreadable_fields_total", MetricType::kCounter, "source,field",
               "Calls counted although their time or latency could not be read, by field."},
    MetricInfo{"apierrd_late_records_total", MetricType::kCounter, "source",
               "Calls logged more than five minutes before they were read."},
    MetricInfo{"apierrd_source_lag_bytes", MetricType::kGauge, "source",
               "Bytes written to the log and not yet counted."},
    MetricInfo{"apierrd_source_lag_seconds", MetricType::kGauge, "source",
               "Age of the oldest unread line, at most; 0 when all is read."},
    MetricInfo{"apierrd_file_lag_bytes", MetricType::kGauge, "source,file",
               "Bytes not yet counted by file; beyond 64 files together as other."},
    MetricInfo{"apierrd_source_last_record_timestamp_seconds", MetricType::kGauge, "source",
               "Log time of the newest call; 0 = none yet."},
    MetricInfo{"apierrd_source_max_silence_seconds", MetricType::kGauge, "source",
               "How long the source may go without a call, where that is configured."},
    MetricInfo{"apierrd_file_rotations_total", MetricType::kCounter, "source",
               "Log files that lost their name: renamed, replaced or deleted."},
    MetricInfo{"apierrd_file_truncations_total", MetricType::kCounter, "source",
               "Log files whose content before the read position was replaced."},
    MetricInfo{"apierrd_lost_bytes_total", MetricType::kCounter, "source,reason",
               "Bytes of the log that are known to be gone unread, by reason."},
    MetricInfo{
        "apierrd_files_missing_total", MetricType::kCounter, "source",
        "Log files gone when they were to be read on; what was written to them since is unknown."},
    MetricInfo{"apierrd_files_open", MetricType::kGauge, "source", "Log files held open."},
    MetricInfo{"apierrd_file_open_errors_total", MetricType::kCounter, "source",
               "Attempts to open or read a log file that failed."},
    MetricInfo{"apierrd_label_overflow_total", MetricType::kCounter, "label",
               "Observations counted under the label value other because a limit was reached."},
    MetricInfo{"apierrd_label_values", MetricType::kGauge, "label",
               "Distinct values admitted for a label that the log decides."},
    MetricInfo{"apierrd_label_values_limit", MetricType::kGauge, "label",
               "How many distinct values are admitted at most."},
    MetricInfo{"apierrd_checkpoint_last_success_timestamp_seconds", MetricType::kGauge, "",
               "When the state database last held everything counted; 0 = never."},
    MetricInfo{"apierrd_checkpoint_failures_total", MetricType::kCounter, "",
               "Attempts to write the state database that failed."},
    MetricInfo{"apierrd_config_last_reload_successful", MetricType::kGauge, "",
               "1 if the last configuration load was successful, else 0."},
    MetricInfo{"apierrd_config_last_reload_success_timestamp_seconds", MetricType::kGauge, "",
               "When a configuration was last loaded successfully."},
    MetricInfo{
        "apierrd_catalogue_codes", MetricType::kGauge, "api_service",
        "Documented error codes of the curated and configured products; common ones as common."},
    MetricInfo{"apierrd_build_info", MetricType::kInfo, "version,revision,compiler",
               "The running program."},
    MetricInfo{"apierrd_scrape_duration_seconds", MetricType::kGauge, "",
               "How long the previous exposition took to render."},
    MetricInfo{"apierrd_exposition_bytes", MetricType::kGauge, "",
               "Size of the previous exposition, uncompressed."},
    MetricInfo{"apierrd_series", MetricType::kGauge, "", "Samples in the previous exposition."},
    MetricInfo{"apierrd_http_requests_total", MetricType::kCounter, "handler,status",
               "HTTP requests answered."},
    MetricInfo{"apierrd_log_messages_total", MetricType::kCounter, "level",
               "Messages of the daemon's own log, those suppressed by its rate limit included."},
    MetricInfo{"process_cpu_seconds_total", MetricType::kCounter, "",
               "User and system CPU time spent."},
    MetricInfo{"process_resident_memory_bytes", MetricType::kGauge, "", "Resident memory."},
    MetricInfo{"process_virtual_memory_bytes", MetricType::kGauge, "", "Virtual memory."},
    MetricInfo{"process_open_fds", MetricType::kGauge, "", "Open file descriptors."},
    MetricInfo{"process_max_fds", MetricType::kGauge, "", "Limit of open file descriptors."},
    MetricInfo{"process_start_time_seconds", MetricType::kGauge, "", "When the process started."},
};

constexpr const MetricInfo& info_of(Metric metric) {
  return kMetrics[static_cast<std::size_t>(metric)];
}

}  // namespace apierrd
