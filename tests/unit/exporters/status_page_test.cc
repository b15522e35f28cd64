#include "exporters/status_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporters/label_text.h"
#include "exporters/page_text.h"

namespace apierrd {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kNow = 1'795'424'400'000'000'000;
constexpr char kPaid[] = "FailedOperation.PaySuccDeliverFailed";

// What a daemon would show that has read one failed call.
StatusView view_of(std::string_view text, std::string_view code = kPaid) {
  auto catalog = std::make_shared<const Catalog>(builtin_catalog());
  SeriesStore store(SeriesLimits{}, catalog);
  const std::uint32_t source = store.add_source("payments", {"billing"});
  Tally tally;
  ApiCall call;
  call.service = "billing";
  call.action = text;
  call.request_id = "ed93f3cb-f35e-473f-b9f3-0d451b8b79c6";
  call.code = code;
  call.message = text;
  call.time_unix_ns = kNow - 1'500'000'000;
  tally.add(call, *catalog, kNow, 77);
  tally.lines.lines = 1;
  store.apply(source, tally, kNow);
  FileCounts files;
  files.files.push_back({"/var/log/<b>.log", 1234, 3, 0, 0});
  store.set_files(source, files);
  RecentFailures recent;
  recent.record(tally, {"payments", "/var/log/api.log", 1000}, kNow);
  StatusView view;
  view.snapshot = store.snapshot(kNow);
  view.recent = recent.codes();
  AlertTable alerts;
  alerts.add(tally, {"payments", "/var/log/api.log", 1000}, kNow);
  view.alerts = std::make_shared<const AlertList>(alerts.alerts(kNow));
  view.version = "1";
  view.conditions = judge(*view.snapshot, {}, CounterHistory());
  view.settings = {shown_setting("web.listen", "127.0.0.1:1", "default")};
  return view;
}

TEST(StatusPage, NamesOfFilesMayHoldAnyBytes) {
  StatusView view = view_of("x");
  SeriesSnapshot snapshot = *view.snapshot;
  snapshot.sources[0].files.files[0].path = "/var/log/\xFF\x1B.log";
  view.snapshot = std::make_shared<const SeriesSnapshot>(snapshot);
  view.settings = {shown_setting("sources.s.paths", "/var/log/\xFF", "/etc/\xFE.yaml:1:1")};
  EXPECT_THAT(render_status_page(view), HasSubstr("/var/log/\uFFFD\uFFFD.log"));
  EXPECT_THAT(render_config_json(view), HasSubstr("\"/etc/\uFFFD.yaml:1:1\""));
}

TEST(StatusPage, ShowsEachEventThatPages) {
  const StatusView view = view_of("<i>x</i>");
  ASSERT_EQ(view.alerts->size(), 1U);
  const std::string page = render_status_page(view);
  const std::string events = page.substr(page.find("Single events that page"));
  EXPECT_THAT(events, HasSubstr("ApiPaidNotDeliveredEvent"));
  EXPECT_THAT(events, HasSubstr("ed93f3cb-f35e-473f-b9f3-0d451b8b79c6"));
  EXPECT_THAT(events, HasSubstr("/var/log/api.log</code> at byte 1,077"));
  EXPECT_THAT(events, Not(HasSubstr("<i>x")));
  const std::string json = render_status_json(view);
  EXPECT_THAT(json,
              HasSubstr("\"events\":[{\"alert\":\"ApiPaidNotDeliveredEvent\",\"active\":true"));
  EXPECT_THAT(render_status_page(view_of("x", "InternalError")),
              Not(HasSubstr("Single events that page")));
}

TEST(StatusPage, ShowsTheFailureAndWhatToDo) {
  const std::string page = render_status_page(view_of("PayDeals"));
  EXPECT_THAT(page, HasSubstr(kPaid));
  EXPECT_THAT(page, HasSubstr("ed93f3cb-f35e-473f-b9f3-0d451b8b79c6"));
  EXPECT_THAT(page, HasSubstr("<b>Do:</b>"));
  EXPECT_THAT(page, HasSubstr("class FailedOperation"));
  EXPECT_THAT(page, HasSubstr("/var/log/api.log at byte 1,077"));
  EXPECT_THAT(page, HasSubstr("aria-label=\"1 in 60 minutes, at most 1 in one\""));
  EXPECT_THAT(page, HasSubstr("1.2 kB behind"));
  EXPECT_THAT(page, HasSubstr("data-alerts=\"ApiPaidNotDelivered\""));
  EXPECT_THAT(page, HasSubstr("<code>web.listen</code>"));
  EXPECT_THAT(page, Not(HasSubstr("Not ready")));
}

TEST(StatusPage, NothingFromALogIsMarkup) {
  StatusView view = view_of("<script>alert('x')</script>\"&");
  view.not_ready = "<why>";
  const std::string page = render_status_page(view);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("<b>.log")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;"));
  EXPECT_THAT(page, HasSubstr("Not ready: &lt;why&gt;"));
}

TEST(StatusPage, NothingFromALogReordersTheRow) {
  const std::string page = render_status_page(view_of("a\u202Eb", "New.\u2067Code"));
  EXPECT_THAT(page, HasSubstr("a&lt;U+202E&gt;b"));
  EXPECT_THAT(page, HasSubstr("New.&lt;U+2067&gt;Code"));
  EXPECT_THAT(page, Not(HasSubstr("\u202E")));
  EXPECT_THAT(page, Not(HasSubstr("\u2067")));
}

TEST(StatusPage, NoStyleOrScriptInside) {
  const std::string page = render_status_page(view_of("PayDeals"));
  for (const char* refused :
       {" style=", "<style", "javascript:", " onclick", "http://", "https://"}) {
    EXPECT_THAT(page, Not(HasSubstr(refused)));
  }
}

TEST(StatusPage, AssetsAreEmbedded) {
  for (const char* name : {"page.js", "page.css", "page.svg"})
    EXPECT_FALSE(web_asset(name).empty());
  EXPECT_TRUE(web_asset("passwd").empty());
}

TEST(StatusJson, HasWhatThePageShows) {
  const std::string json = render_status_json(view_of("PayDeals"));
  for (const char* part :
       {"\"schema\":1", "\"minutes\":[0,", ",1],\"recent\":[{\"action\":\"PayDeals\"",
        "\"offset\":1077", "\"fails_most_with\":\"FailedOperation.PaySuccDeliverFailed\"",
        "\"lag_bytes\":1234,\"rotations\":3", "\"alert\":\"ApiPaidNotDelivered\",\"active\":true",
        "\"class\":\"FailedOperation\""}) {
    EXPECT_THAT(json, HasSubstr(part));
  }
}

TEST(ShownSetting, SecretsAreMasked) {
  const auto value = [](const char* key, const char* text) {
    return shown_setting(key, text, "default").value;
  };
  EXPECT_EQ(value("a.url", "http://user:pass@host:9093/x"), "http://[masked]@host:9093/x");
  EXPECT_EQ(value("a.urls", "http://a:b@c, https://d:e@f:1"),
            "http://[masked]@c, https://[masked]@f:1");
  EXPECT_EQ(value("a.urls", "http://u:p@ss@h"), "http://[masked]@h");
  EXPECT_EQ(value("a.url", "http://host/x@y"), "http://host/x@y");
  EXPECT_EQ(value("a.url", "nothing://"), "nothing://");
  EXPECT_EQ(value("push.password", "pass"), "[masked]");
  EXPECT_EQ(value("push.auth_token", ""), "");
  EXPECT_EQ(value("state.path", "/var/lib/apierrd/state.db"), "/var/lib/apierrd/state.db");
}

TEST(CatalogPage, FindsAndEscapes) {
  const auto catalog = std::make_shared<const Catalog>(builtin_catalog());
  const std::string found = render_catalog_page(search_catalog(catalog, "payssucc"), "1");
  EXPECT_THAT(found, HasSubstr("No documented code for <code>payssucc</code>"));
  EXPECT_THAT(render_catalog_page(search_catalog(catalog, "billing/paysucc"), "1"),
              HasSubstr("<dt><code>FailedOperation.PaySuccDeliverFailed</code>"));
  const std::string hostile = render_catalog_page(search_catalog(catalog, "\"><script>\xFF"), "1");
  EXPECT_THAT(hostile, Not(HasSubstr("<script>")));
  EXPECT_THAT(hostile, HasSubstr("value=\"&quot;&gt;&lt;script&gt;\xEF\xBF\xBD\""));
}

TEST(CatalogSearch, IsBoundedAndSaysHowManyMore) {
  const auto catalog = std::make_shared<const Catalog>(builtin_catalog());
  const CatalogAnswer all = search_catalog(catalog, "e");
  EXPECT_EQ(all.rows.size(), kFoundCodesMax);
  EXPECT_GT(all.more, 1000U);
  EXPECT_EQ(search_catalog(catalog, "InternalError").rows.at(0).code, "InternalError");
  EXPECT_TRUE(search_catalog(catalog, "").rows.empty());
  EXPECT_THAT(render_codes_json(*catalog, "PaySuccDeliver"),
              HasSubstr("\"total\":1,\"more\":0,\"codes\":[{\"product\":\"billing\""));
}

TEST(PageText, Numbers) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(bytes_text(999), "999 B");
  EXPECT_EQ(bytes_text(1000), "1.0 kB");
  EXPECT_EQ(bytes_text(999'999), "1.0 MB");
  EXPECT_EQ(bytes_text(UINT64_MAX), "18.4 EB");
  EXPECT_EQ(ago(0, kNow), "never");
  EXPECT_EQ(ago(kNow - 61'000'000'000, kNow), "1 min ago");
  EXPECT_EQ(ago(kNow + 1, kNow), "0 s ago");  // a clock that was set back
}

TEST(PageText, SparklineBars) {
  EXPECT_THAT(sparkline_svg(std::vector<std::uint32_t>{0, 4, 1}),
              HasSubstr("d=\"M2 22v-22h1.6v22zM4 22v-5h1.6v5z\""));
  EXPECT_THAT(sparkline_svg(std::vector<std::uint32_t>{0, 0}), HasSubstr("none in 2 minutes"));
  EXPECT_THAT(sparkline_svg({}), HasSubstr("<svg"));
}

TEST(PageText, RowIdsTellNamesApart) {
  EXPECT_EQ(row_id("a", {"x", "y"}), row_id("a", {"x", "y"}));
  EXPECT_NE(row_id("a", {"x", "y"}), row_id("a", {"xy"}));
  EXPECT_NE(row_id("a", {"x", "yz"}), row_id("a", {"xy", "z"}));
}

TEST(VisibleText, OnlyWhatADisplayObeysChanges) {
  EXPECT_EQ(visible_text("plain 中文 \U0001f4a5"), "plain 中文 \U0001f4a5");
  EXPECT_EQ(visible_text("a\u202E\u2066\u200B\uFEFF\u2028\u061C\U000E0041z"),
            "a<U+202E><U+2066><U+200B><U+FEFF><U+2028><U+061C><U+E0041>z");
  EXPECT_EQ(visible_text("\xE2\x80"), "\xE2\x80");  // cut in the middle: left to others
}

}  // namespace
}  // namespace apierrd
