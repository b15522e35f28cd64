// Any text out of a log, a path or a configuration on the status page, in the API's JSON, in alerts
// for an Alertmanager: JSON stays valid, HTML stays text that opens no element and no attribute of
// its own, nothing reorders what stands beside it, and all of it is UTF-8.
//
// The input: one line a text, for action, message, RequestId, path, source, a setting;
// then the code (0 to 2: one that pages), and the time.
#include <string>

#include "exporters/alert_push.h"
#include "exporters/label_text.h"
#include "exporters/status_page.h"
#include "tests/support/fuzz_input.h"
#include "tests/support/plain_json.h"
#include "tests/support/small_catalog.h"

using namespace apierrd;

namespace {

constexpr std::int64_t kNow = 1'795'424'400'000'000'000;
// Planted into each text; if these bytes come out as they are, somebody did not escape.
constexpr std::string_view kElement = "<zz", kAttribute = "\"zz='zz";

struct Texts {
  std::string action, message, request_id, path, source, setting;
};

Texts read_texts(test::FuzzInput& input) {
  const auto planted = [&input] {
    return std::string(input.text()).append(kElement).append(kAttribute);
  };
  return {planted(), planted(), planted(), planted(), planted(), planted()};
}

StatusView view_of(const Texts& texts, std::string_view code, std::int64_t time) {
  const auto catalog = test::small_catalog();
  SeriesStore store(SeriesLimits{}, catalog);
  const std::uint32_t source = store.add_source(texts.source, {"shop"});
  ApiCall call;
  call.service = "shop";
  call.action = texts.action;
  call.request_id = std::string_view(texts.request_id).substr(0, kRequestIdMax);
  call.code = code;
  call.message = texts.message;
  call.time_unix_ns = time;
  Tally tally;
  tally.add(call, *catalog, kNow, 7);
  tally.lines.lines = 1;
  store.apply(source, tally, kNow);
  FileCounts files;
  files.files.push_back({texts.path, 1234, 3, 0, 0});
  store.set_files(source, files);
  const BatchPlace place{texts.source, texts.path, 1000};
  RecentFailures recent;
  recent.record(tally, place, kNow);
  AlertTable alerts;
  alerts.add(tally, place, kNow);
  StatusView view;
  view.snapshot = store.snapshot(kNow);
  view.recent = recent.codes();
  view.alerts = std::make_shared<const AlertList>(alerts.alerts(kNow));
  view.version = "1";
  view.conditions = judge(*view.snapshot, {}, CounterHistory());
  view.settings = {shown_setting("web.listen", texts.setting, texts.path)};
  return view;
}

void check_html(const std::string& page) {
  REQUIRE(test::plain_utf8(page));
  REQUIRE(page.find(kElement) == std::string::npos);
  REQUIRE(page.find(kAttribute) == std::string::npos);
}

void check_no_bidi(const std::string& page) {
  for (const std::string_view mark : {"\u202A", "\u202E", "\u2066", "\u2069", "\u200F"}) {
    REQUIRE(page.find(mark) == std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  test::FuzzInput input(data, size);
  Texts texts = read_texts(input);
  texts.source = safe_text(texts.source, 64);
  constexpr std::string_view kCodes[] = {"A.Page", "A.B", "Z"};
  const std::string_view code = kCodes[input.choice(3)];
  const std::int64_t time = input.number();
  const StatusView view = view_of(texts, code, time > 0 ? time : kNow);

  REQUIRE(test::is_plain_json(render_status_json(view)));
  REQUIRE(test::is_plain_json(render_config_json(view)));
  const std::string page = render_status_page(view);
  check_html(page);
  Texts from_log = texts;
  from_log.source = from_log.setting = "x";
  check_no_bidi(render_status_page(view_of(from_log, code, kNow)));
  check_html(render_catalog_page(search_catalog(test::small_catalog(), texts.action), "1"));
  REQUIRE(test::is_plain_json(render_codes_json(*test::small_catalog(), texts.action)));

  std::vector<const Alert*> alerts;
  for (const Alert& alert : *view.alerts) alerts.push_back(&alert);
  AlertDress dress;
  dress.instance = texts.source;
  REQUIRE(test::is_plain_json(render_alerts(alerts, dress, kNow)));
  return 0;
}
