// What comes with a request or an address: headers and queries of any bytes are judged as a plain
// reading of them says, addresses are taken apart without a loss, and what is compressed unpacks to
// itself.
//
// What is a request is answered, whatever else it holds.
//
// The input: Accept, Accept-Encoding, a query, an address, an Alertmanager's URL, a line each; then
// a body.
#include <zlib.h>

#include <string>

#include "exporters/alert_push.h"
#include "exporters/catalog_search.h"
#include "exporters/exposition.h"
#include "exporters/http_responder.h"
#include "tests/support/fuzz_input.h"
#include "tests/support/plain_json.h"
#include "tests/support/small_catalog.h"

using namespace apierrd;

namespace {

void check_encoding(std::string_view header) {
  // Whoever does not name gzip is never sent it; a plain list with it always is.
  std::string plain(header);
  std::erase(plain, ' ');  // blanks are left out wherever they stand
  if (accepts_gzip(header)) REQUIRE(plain.find("gzip") != std::string::npos);
  REQUIRE(accepts_gzip(std::string(header) + ",gzip"));
  REQUIRE(accepts_gzip(std::string(header) + ", gzip;q=0.5"));
}

void check_accept(std::string_view header) {
  const bool named = header.find("application/openmetrics-text") != std::string_view::npos;
  if (!named) REQUIRE(negotiate_format(header) == ExpositionFormat::kText004);
}

void check_listen(std::string_view text) {
  const Result<HttpOptions> parsed = parse_listen_address(text);
  if (!parsed) return REQUIRE(!parsed.error().what.empty());
  REQUIRE(parsed->port >= 0 && parsed->port <= 65535 && !parsed->host.empty());
  const bool brackets = parsed->host.find(':') != std::string::npos;
  const std::string again =
      (brackets ? "[" + parsed->host + "]" : parsed->host) + ":" + std::to_string(parsed->port);
  const Result<HttpOptions> same = parse_listen_address(again);
  REQUIRE(same.has_value() && same->host == parsed->host && same->port == parsed->port);
}

void check_url(std::string_view text) {
  const Result<AlertmanagerUrl> parsed = parse_alertmanager_url(text);
  if (!parsed) return REQUIRE(!parsed.error().what.empty());
  REQUIRE(text.starts_with(parsed->origin + parsed->prefix));
  REQUIRE(!parsed->prefix.ends_with('/'));
  for (const char c : text) REQUIRE(c > ' ' && c < 127 && c != '"' && c != '@');
}

void check_query(const std::string& query) {
  const auto catalog = test::small_catalog();
  const CatalogAnswer answer = search_catalog(catalog, query);
  REQUIRE(answer.query.size() <= kQueryBytesMax && test::plain_utf8(answer.query));
  REQUIRE(answer.rows.size() <= kFoundCodesMax);
  REQUIRE(test::is_plain_json(render_codes_json(*catalog, query)));
}

void check_gzip(std::string_view body) {
  const std::string packed = gzip(body);
  std::string out(body.size() + 1, '\0');
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = inflate(&stream, Z_FINISH);
  REQUIRE(result == Z_STREAM_END && stream.total_out == body.size());
  inflateEnd(&stream);
  REQUIRE(std::string_view(out).substr(0, body.size()) == body);
}

// A request of any bytes is answered with what was written for it and nothing else, least of all
// with a piece of it.
void check_request(std::string_view text) {
  static const HttpResponder kResponder({{"/page",
                                          [](const HttpRequest&) {
                                            return HttpResponse{200, "text/plain", "the page"};
                                          }}},
                                        *WebSecurity::load(""), [](std::string_view, int) {});
  const std::size_t size = http_head_size(text);
  if (size == 0) return;
  const HttpAnswer answer = kResponder.answer(text.substr(0, size), "peer", false);
  REQUIRE(answer.head.empty() ? !answer.keeps_open : answer.head.starts_with("HTTP/1.1 "));
  if (!answer.head.empty()) REQUIRE(http_head_size(answer.head) > 0);
  REQUIRE(answer.body.empty() || answer.body == "the page" ||
          answer.body.starts_with("there is no such page") ||
          answer.body.starts_with("only GET and HEAD"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16384) return 0;
  test::FuzzInput input(data, size);
  check_accept(input.text());
  check_encoding(input.text());
  check_query(std::string(input.text()));
  check_listen(input.text());
  check_url(input.text());
  check_gzip(input.rest());
  check_request(input.rest());
  return 0;
}
