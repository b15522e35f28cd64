// A small HTTP server for a handful of GET routes. The only door to cpp-httplib.
//
// HEAD is answered like GET without the body, bodies are compressed where the client takes gzip,
// every other method is refused. Handlers run on the server's threads, several at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 19877;         ///< 0 = any free one
  std::size_t threads = 4;  ///< connections served at once; each holds a thread
};

/// `host:port`, `[::1]:port` or `:port` (all IPv4 addresses). Fills host and port.
Result<HttpOptions> parse_listen_address(std::string_view text);

class HttpServer {
 public:
  /// Told after each answer: the route's path ("other" if none) and the status.
  using OnRequest = std::function<void(std::string_view handler, int status)>;

  /// Binds and serves from threads of its own. Error: the address cannot be bound.
  static Result<std::unique_ptr<HttpServer>> start(const HttpOptions& options,
                                                   std::vector<HttpRoute> routes,
                                                   OnRequest on_request);
  ~HttpServer();  ///< stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  int port() const;
  /// Ends open connections and waits for running handlers.
  void stop();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// True if an Accept-Encoding header takes gzip.
bool accepts_gzip(std::string_view accept_encoding);

/// `text` as a gzip member (RFC 1952).
std::string gzip(std::string_view text);

}  // namespace apierrd
