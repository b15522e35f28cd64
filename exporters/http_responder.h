// What the web side answers, bytes to bytes: a request's head in, an answer out. No sockets and no
// threads of its own; several threads may ask at once. The only door to cpp-httplib's server.
//
// HEAD is answered like GET without the body, bodies are compressed where the client takes gzip,
// every other method is refused. Where users are configured, whoever is none of them gets nothing
// but 401, whatever he asks for.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exporters/web_security.h"
#include "parsers/result.h"

namespace apierrd {

struct HttpRequest {
  std::string path;                          ///< without query
  std::map<std::string, std::string> query;  ///< decoded; of a name given twice the first
  std::string accept;                        ///< the Accept header
  std::string client;                        ///< peer address and User-Agent: who is asking
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

struct HttpRoute {
  std::string path;  ///< exact
  std::function<HttpResponse(const HttpRequest&)> handler;
};

/// What goes back to the client: first the one, then the other.
struct HttpAnswer {
  std::string head, body;
  bool keeps_open = false;  ///< the connection may carry another request
};

class HttpResponder {
 public:
  /// Told after each answer: the route's path ("other" if none) and the status.
  using OnRequest = std::function<void(std::string_view handler, int status)>;

  HttpResponder(std::vector<HttpRoute> routes, std::shared_ptr<const WebSecurity> security,
                OnRequest on_request)
      : routes_(std::move(routes)),
        security_(std::move(security)),
        on_request_(std::move(on_request)) {}

  /// `head` is a request up to its blank line; a body is never read. `last`: the connection is to
  /// be closed after this one.
  HttpAnswer answer(std::string_view head, std::string_view peer, bool last) const;

 private:
  friend class HttpExchange;
  HttpResponse respond(HttpRequest request, std::string_view method, std::string_view authorization,
                       std::string_view& handler) const;

  std::vector<HttpRoute> routes_;
  std::shared_ptr<const WebSecurity> security_;
  OnRequest on_request_;
};

/// Seconds that an idle connection is kept open, as its client is told. Longer than the usual time
/// between two scrapes, so that each need not connect, and shake hands, again.
inline constexpr int kHttpKeepAliveSeconds = 120;
/// Requests of one connection, as its client is told.
inline constexpr std::size_t kHttpRequestsPerConnection = 1000;

/// Bytes of `text` up to the first blank line and with it; 0: there is none. Nothing ends before
/// `from`.
std::size_t http_head_size(std::string_view text, std::size_t from = 0);

/// A whole answer to a client that is not listened to any further.
std::string http_refusal(int status);

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 19877;               ///< 0 = any free one
  std::size_t threads = 4;        ///< answers that are made at once
  std::size_t connections = 256;  ///< open at once
};

/// `host:port`, `[::1]:port` or `:port` (all IPv4 addresses). Fills host and port.
Result<HttpOptions> parse_listen_address(std::string_view text);

/// True if an Accept-Encoding header takes gzip.
bool accepts_gzip(std::string_view accept_encoding);

/// `text` as a gzip member (RFC 1952).
std::string gzip(std::string_view text);

}  // namespace apierrd
