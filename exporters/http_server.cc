#include "exporters/http_server.h"

#include <httplib.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <thread>
#include <utility>

namespace apierrd {

namespace {

constexpr std::size_t kCompressMin = 1024;     // below, the header costs more than it saves
constexpr std::size_t kRequestBodyMax = 4096;  // no route reads a body
constexpr std::size_t kParametersMax = 8;
constexpr std::size_t kRequestsPerConnection = 1000;
constexpr int kSocketTimeoutSeconds = 5;  // a slow client holds one of few threads

constexpr std::pair<const char*, const char*> kSecurityHeaders[] = {
    {"Content-Security-Policy",
     "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
     "img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-store"}};

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const std::size_t comma = accept_encoding.find(',');
    std::string token(accept_encoding.substr(0, comma));
    accept_encoding.remove_prefix(comma == std::string_view::npos ? accept_encoding.size()
                                                                  : comma + 1);
    token.erase(std::remove(token.begin(), token.end(), ' '), token.end());
    if (token == "gzip" ||
        (token.starts_with("gzip;q=") && token.find_first_of("123456789") != std::string::npos)) {
      return true;
    }
  }
  return false;
}

std::string gzip(std::string_view text) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;  // 16 asks for the gzip header
  // Level 1: a scrape every few seconds is about CPU, and 1 already saves 85 % on this text.
  if (deflateInit2(&stream, 1, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(result == Z_STREAM_END ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

Result<HttpOptions> parse_listen_address(std::string_view text) {
  const auto bad = [&text] {
    return invalid_error("'" + std::string(text) + "' is no address to listen on", {},
                         "write host:port, for example 127.0.0.1:19877 or [::1]:19877");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  HttpOptions options;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad();
  }
  options.host = host.empty() ? "0.0.0.0" : std::string(host);
  const std::string_view port = text.substr(colon + 1);
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (port.empty() || parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size() ||
      options.port < 0 || options.port > 65535) {
    return bad();
  }
  return options;
}

struct HttpServer::Impl {
  httplib::Server server;
  std::vector<HttpRoute> routes;
  OnRequest on_request;
  std::thread thread;
  int port = 0;

  HttpResponse respond(const httplib::Request& request, std::string_view& handler) const {
    handler = "other";
    if (request.method != "GET" && request.method != "HEAD") {
      return {405, "text/plain; charset=utf-8", "only GET and HEAD are answered here\n"};
    }
    const auto route = std::find_if(routes.begin(), routes.end(), [&](const HttpRoute& candidate) {
      return candidate.path == request.path;
    });
    if (route == routes.end()) {
      return {404, "text/plain; charset=utf-8", "there is no such page; start at /\n"};
    }
    handler = route->path;
    HttpRequest plain;
    plain.path = request.path;
    for (const auto& [name, value] : request.params) {
      if (plain.query.size() < kParametersMax) plain.query.emplace(name, value);
    }
    plain.accept = request.get_header_value("Accept");
    plain.client = request.remote_addr + " " + request.get_header_value("User-Agent");
    try {
      return route->handler(plain);
    } catch (const std::exception&) {  // out of memory, at worst; the daemon goes on counting
      return {500, "text/plain; charset=utf-8", "the page could not be made\n"};
    }
  }

  void serve(const httplib::Request& request, httplib::Response& response) const {
    std::string_view handler;
    HttpResponse answer = respond(request, handler);
    response.status = answer.status;
    for (const auto& [name, value] : kSecurityHeaders) response.set_header(name, value);
    if (answer.status == 405) {
      response.set_header("Allow", "GET, HEAD");
      response.set_header("Connection", "close");  // a body may follow that nobody reads
    }
    if (answer.body.size() >= kCompressMin) {
      response.set_header("Vary", "Accept-Encoding");
      if (accepts_gzip(request.get_header_value("Accept-Encoding"))) {
        std::string compressed = gzip(answer.body);
        if (!compressed.empty()) {
          answer.body = std::move(compressed);
          response.set_header("Content-Encoding", "gzip");
        }
      }
    }
    set_body(response, std::move(answer));
    on_request(handler, response.status);
  }

  // By a provider of known size: httplib would compress a plain body again by its own rules.
  static void set_body(httplib::Response& response, HttpResponse answer) {
    if (answer.body.empty()) {
      response.set_content("", answer.content_type);
      return;
    }
    const auto body = std::make_shared<std::string>(std::move(answer.body));
    response.set_content_provider(
        body->size(), answer.content_type,
        [body](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
          if (offset > body->size()) return false;
          return sink.write(body->data() + offset, std::min(length, body->size() - offset));
        });
  }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { stop(); }
int HttpServer::port() const { return impl_->port; }

Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpOptions& options,
                                                      std::vector<HttpRoute> routes,
                                                      OnRequest on_request) {
  auto impl = std::make_unique<Impl>();
  Impl& self = *impl;
  self.routes = std::move(routes);
  self.on_request = std::move(on_request);
  httplib::Server& server = self.server;
  server.new_task_queue = [threads = options.threads] { return new httplib::ThreadPool(threads); };
  // httplib's default is SO_REUSEPORT: a second daemon would share the port in silence.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.set_read_timeout(kSocketTimeoutSeconds);
  server.set_write_timeout(kSocketTimeoutSeconds);
  server.set_keep_alive_timeout(kSocketTimeoutSeconds);
  server.set_keep_alive_max_count(kRequestsPerConnection);
  server.set_payload_max_length(kRequestBodyMax);
  server.set_tcp_nodelay(true);
  // Before httplib's own routing, which would match paths by regular expressions.
  server.set_pre_routing_handler(
      [&self](const httplib::Request& request, httplib::Response& response) {
        // Ranges are ignored, as RFC 9110 section 14.2 allows: httplib 0.11 trusts their end
        // blindly.
        const_cast<httplib::Request&>(request).ranges.clear();
        self.serve(request, response);
        return httplib::Server::HandlerResponse::Handled;
      });
  if (options.port == 0) {
    self.port = server.bind_to_any_port(options.host);
  } else {
    self.port = server.bind_to_port(options.host, options.port) ? options.port : -1;
  }
  if (self.port <= 0) {
    return environment_error("cannot listen", options.host + ":" + std::to_string(options.port),
                             "is another program (or another apierrd) using that address?");
  }
  self.thread = std::thread([&server] { server.listen_after_bind(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

void HttpServer::stop() {
  if (!impl_->thread.joinable()) return;
  // stop() has no effect before the accept loop runs, and the thread may just have been started.
  while (!impl_->server.is_running()) std::this_thread::yield();
  impl_->server.stop();
  impl_->thread.join();
}

}  // namespace apierrd
