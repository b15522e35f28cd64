// explain: how a line is understood, step by step, and why.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <iterator>

#include "daemon/commands.h"
#include "daemon/config.h"
#include "daemon/log.h"
#include "daemon/name_list.h"
#include "exporters/exposition.h"
#include "exporters/label_text.h"
#include "parsers/mask_secrets.h"
#include "parsers/process_batch.h"
#include "parsers/time_text.h"

namespace apierrd {

namespace {

void print_field(std::string_view name, std::string_view value) {
  std::cout << fmt::format("  {:<13}{}\n", name, printable(value));
}

std::string_view envelope_text(CallOrigin::Envelope envelope) {
  switch (envelope) {
    case CallOrigin::Envelope::kObject: return "JSON object";
    case CallOrigin::Envelope::kString: return "JSON in a string";
    case CallOrigin::Envelope::kBare: return "the document itself";
    case CallOrigin::Envelope::kText: return "an error's text";
    case CallOrigin::Envelope::kNone: break;
  }
  return "none";
}

std::string documented_text(const ApiCall& call, const Catalog& catalog) {
  switch (catalog.documentation(call.service, call.action, call.code)) {
    case Documentation::kAction:
      if (catalog.find(product_key(vendor_of(call.service), kCommonProduct), call.code)) {
        return "for every product";
      }
      if (catalog.find(product_key(vendor_of(call.service), kClientProduct), call.code)) {
        return "by the SDKs, which make it up for every product";
      }
      return catalog.vendor_codes().lists_codes_of(call.service, call.action)
                 ? "for this action"
                 : "for the product; which of its codes this action may return is not known";
    case Documentation::kProduct: return "for the product, but not for this action";
    case Documentation::kElsewhere:
      return "for other products only: " +
             some_names(catalog.elsewhere(call.service, call.code), 5);
    case Documentation::kNowhere: break;
  }
  return "in no catalog";
}

std::string meaning_text(const Classification& is) {
  if (is.meaning == nullptr) return "nothing known resembles it";
  if (is.entry == nullptr) return fmt::format("rule {}", is.via);
  const std::string entry = fmt::format("{} {}", is.entry->product, is.entry->code);
  if (is.match != Match::kClassAlias) return fmt::format("{} ({})", name_of(is.match), entry);
  return fmt::format("class_alias {} ({})", is.via, entry);
}

// As it is counted: names that look like secrets are masked.
ApiCall without_secrets(const ApiCall& call, const Catalog& catalog) {
  ApiCall shown = call;
  if (name_is_secret(call.code) &&
      !catalog.classify(call.service, call.action, call.code).documented()) {
    shown.code = kMasked;
  }
  if (request_id_is_secret(call.request_id)) shown.request_id = kMasked;
  return shown;
}

void explain_failure(const ApiCall& call, const Catalog& catalog, const std::string& source) {
  const Classification is = catalog.classify(call.service, call.action, call.code);
  print_field("outcome", "failed");
  print_field("code", call.code);
  print_field("class", class_of(call.code));
  print_field("documented", documented_text(call, catalog));
  print_field("matched by", meaning_text(is));
  print_field("fault domain", name_of(is.fault_domain()));
  print_field("retryable", name_of(is.retryable()));
  print_field("severity", name_of(is.severity()));
  if (is.meaning != nullptr) {
    print_field("meaning", is.meaning->description);
    print_field("remedy", is.meaning->remedy);
    print_field("source", is.meaning->source);
  }
  std::string labels;
  append_label(labels, "source", safe_label_value(source));
  append_label(labels, "api_service", safe_label_value(shown_name(call.service)));
  append_label(labels, "action", safe_label_value(shown_name(call.action)));
  append_label(labels, "code", safe_label_value(call.code));
  print_field("series", "apierrd_api_errors_total{" + labels + "}");
}

void print_origin(std::string_view name, std::string_view value, std::string_view rule) {
  const std::string shown = shown_name(value);
  print_field(name, rule.empty() ? shown : fmt::format("{}  (from {})", shown, rule));
}

void explain_call(const ApiCall& call, const Catalog& catalog, const std::string& source) {
  print_field("format", call.origin.format);
  print_field("because of", call.origin.recognised_by);
  print_field("response", envelope_text(call.origin.envelope));
  print_origin("service", call.service, call.origin.service_rule);
  print_origin("action", call.action, call.origin.action_rule);
  if (!call.region.empty()) print_origin("region", call.region, call.origin.region_rule);
  if (!call.request_id.empty()) print_field("request id", call.request_id);
  print_field("time", call.unreadable_time ? "there, but not readable"
                      : call.time_unix_ns
                          ? rfc3339_text(*call.time_unix_ns) +
                                (call.origin.time_from_wrapper ? "  (the wrapper's)" : "")
                          : "none");
  print_field("latency", call.unreadable_latency ? "there, but not readable"
                         : call.latency_ns       ? seconds_text(*call.latency_ns) + " s"
                                                 : "none");
  for (const std::string_view code : call.failed_items)
    print_field("failed item", shown_name(code));
  if (call.failed()) {
    if (!call.origin.code_rule.empty()) print_field("code from", call.origin.code_rule);
    explain_failure(call, catalog, source);
  } else {
    print_field("outcome", "succeeded");
  }
}

std::string verdict_text(Verdict verdict) {
  const VerdictInfo& info = info_of(verdict);
  constexpr std::string_view kKinds[] = {"recognised", "ignored", "rejected"};
  return fmt::format("{}: {} ({})", kKinds[static_cast<std::size_t>(info.kind)], info.help,
                     info.name);
}

Verdict explain_record(const Record& record, const Ruleset& ruleset, const std::string& source) {
  CallParser parser;
  const Verdict verdict = read_record(record, ruleset, parser);
  std::cout << verdict_text(verdict) << "\n";
  if (record.lines > 1) print_field("lines", std::to_string(record.lines) + " joined");
  std::vector<std::string_view> wrappers;
  for (std::size_t i = 0; i < record.wrapping.wrapper_count; ++i) {
    wrappers.push_back(name_of(record.wrapping.wrappers[i]));
  }
  if (!wrappers.empty())
    print_field("wrapped in", fmt::format("{}", fmt::join(wrappers, ", in it ")));
  if (verdict != Verdict::kRecord) return verdict;
  const Nesting& nesting = parser.nesting();
  std::string fields;  // gathered from the inside out
  for (std::size_t i = nesting.depth; i-- > 0;)
    fields.append("/").append(shown_name(nesting.fields[i]));
  if (!fields.empty()) print_field("found in", fields);
  for (const ApiCall& call : parser.calls()) {
    explain_call(without_secrets(call, *ruleset.catalog), *ruleset.catalog, source);
  }
  return verdict;
}

// Nobody has said how the lines are to be understood, and as the default has it there is no call.
void explain_as_auto(std::string_view text, Ruleset ruleset,
                     const std::vector<LogFormat>& formats) {
  ruleset.format = *source_format("auto", formats);
  Framer framer(ruleset.format.framing, ruleset.line_bytes_max);
  const std::vector<Record>* records = &framer.feed(text, text.size());
  if (records->empty()) records = &framer.finish();
  CallParser parser;
  const Verdict verdict = read_record(records->front(), ruleset, parser);
  std::cout << "as format auto: " << verdict_text(verdict)
            << (verdict == Verdict::kRecord ? "; --format auto shows it" : "") << "\n";
}

// As `run` would take the lines: wrappers off, records joined. `also_auto`: nobody chose the
// format.
void explain_lines(std::string_view text, const SourceConfig& source, const LoadedConfig& loaded,
                   bool also_auto) {
  const Ruleset ruleset{loaded.catalog, source.log_format, loaded.config.line_bytes};
  std::string padded(text);
  padded.append(kJsonPadding, '\0');
  std::string_view rest = std::string_view(padded).substr(0, text.size());
  Framer framer(ruleset.format.framing, ruleset.line_bytes_max);
  const auto explain = [&](const std::vector<Record>& records) {
    for (const Record& record : records) {
      const Verdict verdict = explain_record(record, ruleset, source.name);
      if (!also_auto || verdict == Verdict::kRecord || verdict == Verdict::kBlank) continue;
      explain_as_auto(record.text, ruleset, loaded.config.formats);
    }
  };
  do {
    const std::size_t before = rest.size();
    const std::string_view line = rest.empty() ? rest : take_line(rest);
    explain(framer.feed(line, before - rest.size()));
  } while (!rest.empty());
  explain(framer.finish());
}

// Configuration of a command that needs none: one source of the default format.
LoadedConfig load_or_default(const std::string& config_path, const std::string& source_name) {
  if (!config_path.empty()) return load_config(config_path);
  LoadedConfig loaded;
  loaded.config.sources.push_back({source_name.empty() ? "replay" : source_name, {}});
  CatalogOutcome catalog = load_catalog({}, {});
  loaded.catalog = catalog.catalog;
  loaded.errors = catalog.errors;
  return loaded;
}

}  // namespace

int explain_command(const std::string& config_path, const std::string& source_name,
                    const std::string& format, bool join_json, const std::string& line) {
  const LoadedConfig loaded = load_or_default(config_path, source_name);
  if (!loaded.errors.empty()) return report(loaded.errors);
  const auto& sources = loaded.config.sources;
  const auto source = std::find_if(sources.begin(), sources.end(), [&](const SourceConfig& s) {
    return source_name.empty() || s.name == source_name;
  });
  if (source == sources.end()) {
    std::vector<std::string> names;
    for (const SourceConfig& known : sources) names.push_back(known.name);
    return report(invalid_error("no source is named '" + source_name + "'", {},
                                fmt::format("known: {}", fmt::join(names, ", "))));
  }
  SourceConfig as = *source;
  if (!format.empty()) {
    const Result<void> known = use_format(format, loaded.config, as);
    if (!known) return report(known.error());
  }
  as.log_format.framing.join_json |= join_json;
  std::string text = line;
  if (line == "-") text.assign(std::istreambuf_iterator<char>(std::cin), {});
  explain_lines(text, as, loaded, config_path.empty() && format.empty());
  return kExitFine;
}

}  // namespace apierrd
