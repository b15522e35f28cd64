// Any rows in the state database: an error, or counters, alerts and positions that can be worked
// with; what was taken up is the same after it was saved and loaded again.
//
// The input: a row a line, fields between tabs, its first the letter of its table. A field is text,
// a number if it is one, or bytes: `#` and hexadecimal digits, filled with zeros up to a number
// behind `*`.
#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "daemon/sqlite.h"
#include "daemon/state_rows.h"
#include "daemon/state_store.h"
#include "exporters/alert_push.h"
#include "exporters/exposition.h"
#include "exporters/status_page.h"
#include "tests/support/fuzz_folder.h"
#include "tests/support/fuzz_input.h"
#include "tests/support/plain_json.h"
#include "tests/support/small_catalog.h"

using namespace apierrd;

namespace {

constexpr std::int64_t kNow = 1'795'424'400'000'000'000;

struct Table {
  char letter;
  const char* name;
  std::size_t columns;
};
constexpr std::array kTables{
    Table{'g', "generations", 20}, Table{'s', "source_counts", 3}, Table{'c', "calls", 7},
    Table{'o', "codes", 5},        Table{'e', "errors", 7},        Table{'i', "items", 5},
    Table{'f', "findings", 4},     Table{'t', "first_seen", 3},    Table{'a', "admitted", 2},
    Table{'v', "overflow", 2},     Table{'n', "facts", 2},         Table{'l', "alerts", 17}};

std::string hex_of(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += kHex[static_cast<std::uint8_t>(c) >> 4];
    out += kHex[static_cast<std::uint8_t>(c) & 15];
  }
  return out;
}

// A field as SQL.
std::string literal(std::string_view field) {
  if (field.starts_with('#')) {
    const std::size_t star = field.find('*');
    std::string digits;
    for (const char c : field.substr(1, star == std::string_view::npos ? star : star - 1)) {
      if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) digits += c;
    }
    if (digits.size() % 2 == 1) digits += '0';
    std::size_t bytes = 0;
    if (star != std::string_view::npos)
      std::from_chars(field.data() + star + 1, field.data() + field.size(), bytes);
    while (digits.size() < 2 * std::min<std::size_t>(bytes, 1000)) digits += '0';
    return "X'" + digits + "'";
  }
  std::int64_t number = 0;
  const auto parsed = std::from_chars(field.data(), field.data() + field.size(), number);
  const bool whole = !field.empty() && parsed.ptr == field.data() + field.size();
  if (whole && parsed.ec == std::errc{} && number != INT64_MIN) return std::to_string(number);
  return "CAST(X'" + hex_of(field) + "' AS TEXT)";
}

std::string insertion(std::string_view line) {
  test::FuzzInput fields(line);
  const std::string_view letter = fields.text('\t');
  for (const Table& table : kTables) {
    if (letter.empty() || letter.front() != table.letter) continue;
    std::string sql = std::string("INSERT OR REPLACE INTO ") + table.name + " VALUES(";
    for (std::size_t i = 0; i < table.columns; ++i)
      sql += (i == 0 ? "" : ",") + literal(fields.text('\t'));
    return sql + ");";
  }
  return {};
}

std::string sorted_text(const SeriesSnapshot& state) {
  std::vector<std::string> rows;
  const auto row = [&](const auto& series, std::string_view more) {
    if (series.count == 0) return;
    rows.push_back(std::string(series.labels) + " " + std::to_string(series.count) + " " +
                   std::string(more));
  };
  for (const CallSeries& call : state.calls) row(call, std::to_string(call.durations.sum_ns));
  for (const CodeSeries& code : state.codes) row(code, std::to_string(code.last_observed_unix_ns));
  for (const ErrorSeries& error : state.errors) row(error, error.exemplar.request_id());
  for (const ItemSeries& item : state.items) row(item, "");
  for (const FindingSeries& finding : state.findings) row(finding, name_of(finding.finding));
  for (const SourceSeries& source : state.sources) {
    for (const auto& [name, count] : named_counts(source))
      rows.push_back(source.name + " " + name + " " + std::to_string(count));
  }
  std::sort(rows.begin(), rows.end());
  std::string out;
  for (const std::string& text : rows) out.append(text).append("\n");
  return out;
}

void work_with(const StateStore::Loaded& loaded, std::shared_ptr<const SeriesSnapshot> snapshot) {
  const SeriesSnapshot& state = *snapshot;
  for (const auto format : {ExpositionFormat::kText004, ExpositionFormat::kOpenMetrics100}) {
    ExpositionWriter writer(format);
    write_series(writer, state);
    REQUIRE(!writer.finish().empty());
  }
  AlertTable alerts;
  alerts.restore(loaded.alerts);
  alerts.advance(kNow);
  const AlertList list = alerts.alerts(kNow);
  StatusView view;
  view.conditions = judge(state, {}, CounterHistory());
  view.snapshot = std::move(snapshot);
  view.alerts = std::make_shared<const AlertList>(list);
  REQUIRE(!render_status_json(view).empty() && !render_status_page(view).empty());
  std::vector<const Alert*> sent;
  for (const Alert& alert : list) sent.push_back(&alert);
  REQUIRE(!render_alerts(sent, {}, kNow).empty());
  for (const SourcePositions& source : loaded.positions) {
    for (const FilePosition& file : source.files) REQUIRE(file.marks.size() < 100'000);
  }
}

void check_saved(const test::FuzzFolder& folder, const SeriesSnapshot& state,
                 const StateStore::Loaded& loaded) {
  folder.remove_database("again.db");
  std::vector<SourceChanges> positions;
  for (const SourcePositions& source : loaded.positions)
    positions.push_back({source.source, {source.files, {}}});
  {
    auto store = StateStore::open(folder.path("again.db"));
    REQUIRE(store.has_value());
    REQUIRE((*store)->save(state, positions, loaded.boot_id).has_value());
  }
  auto store = StateStore::open(folder.path("again.db"), StateStore::Purpose::kLook);
  REQUIRE(store.has_value());
  const auto again = (*store)->load();
  REQUIRE(again.has_value() && again->boot_id == loaded.boot_id);
  SeriesStore restored(SeriesLimits{}, test::small_catalog());
  restored.restore(again->series);
  REQUIRE(sorted_text(*restored.snapshot(kNow)) == sorted_text(state));
  REQUIRE(again->positions.size() == loaded.positions.size());
  for (std::size_t i = 0; i < loaded.positions.size(); ++i)
    REQUIRE(again->positions[i].files == loaded.positions[i].files);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const test::FuzzFolder folder;
  static auto store = StateStore::open(folder.path("state.db"));
  REQUIRE(store.has_value());
  static auto database = Database::open(folder.path("state.db"), Database::Access::kCreate);
  REQUIRE(database.has_value() && (*database)->execute("PRAGMA synchronous=OFF"));
  if (size > 8192) return 0;
  std::string sql = "BEGIN;";
  for (const Table& table : kTables) sql += std::string("DELETE FROM ") + table.name + ";";
  for (test::FuzzInput input(data, size); !input.empty();) sql += insertion(input.text());
  if (!(*database)->execute((sql + "COMMIT").c_str())) {
    (*database)->execute("ROLLBACK");  // two rows of one key, a key that is no number
    return 0;
  }
  auto look = StateStore::open(folder.path("state.db"), StateStore::Purpose::kLook);
  REQUIRE(look.has_value());
  const auto loaded = (*look)->load();
  if (!loaded) {
    REQUIRE(!loaded.error().hint.empty());
    return 0;
  }
  SeriesStore series(SeriesLimits{}, test::small_catalog());
  series.restore(loaded->series);
  const auto state = series.snapshot(kNow);
  work_with(*loaded, state);
  check_saved(folder, *state, *loaded);
  return 0;
}
