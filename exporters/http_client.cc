#include "exporters/http_client.h"

#include <httplib.h>

namespace apierrd {

namespace {

constexpr std::size_t kAnswerMax = 16U << 20;  // a status of all limits together is a tenth of it
constexpr int kTimeoutSeconds = 5;

}  // namespace

Result<std::string> http_get(const std::string& url, const std::string& path) {
  constexpr const char* kForm = "write http://HOST:PORT, for example http://127.0.0.1:19877";
  if (!url.starts_with("http://") || url.size() > 300 || url.find('@') != std::string::npos) {
    return invalid_error("'" + url + "' is no address of a daemon", {}, kForm);
  }
  std::string host = url;
  while (host.ends_with('/')) host.pop_back();
  try {
    httplib::Client client(host);
    if (!client.is_valid())
      return invalid_error("'" + url + "' is no address of a daemon", {}, kForm);
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
  } catch (const std::exception&) {  // httplib throws on ports that are no numbers
    return invalid_error("'" + url + "' is no address of a daemon", {}, kForm);
  }
}

}  // namespace apierrd
