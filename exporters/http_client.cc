#include "exporters/http_client.h"

#include <httplib.h>

#include "exporters/http_responder.h"

namespace apierrd {

namespace {

constexpr std::size_t kAnswerMax = 16U << 20;  // a status of all limits together is a tenth of it
constexpr int kTimeoutSeconds = 5;

Error no_address(const std::string& url) {
  return invalid_error("'" + url + "' is no address of a daemon", {},
                       "write http://HOST:PORT, for example http://127.0.0.1:19877");
}

}  // namespace

Result<std::string> http_get(const std::string& url, const std::string& path) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme) || url.find('@') != std::string::npos) return no_address(url);
  std::string address = url.substr(kScheme.size());
  if (address.ends_with('/')) address.pop_back();
  const Result<HttpOptions> parsed = parse_listen_address(address);
  if (!parsed || parsed->port == 0) return no_address(url);
  httplib::Client client(parsed->host, parsed->port);
  client.set_connection_timeout(kTimeoutSeconds);
  client.set_read_timeout(kTimeoutSeconds);
  std::string body;
  const httplib::Result answer = client.Get(path, [&body](const char* data, std::size_t size) {
    body.append(data, size);
    return body.size() <= kAnswerMax;
  });
  if (!answer) {
    return environment_error("cannot reach the daemon", url + ": " + to_string(answer.error()),
                             "is it running? its web.listen says where it answers");
  }
  if (answer->status != 200) {
    return environment_error("the daemon refuses",
                             url + path + ": status " + std::to_string(answer->status));
  }
  return body;
}

}  // namespace apierrd
