#include "exporters/http_responder.h"

#include <httplib.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace apierrd {

namespace {

constexpr std::size_t kCompressMin = 1024;  // below, the header costs more than it saves
constexpr std::size_t kParametersMax = 8;

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

// One request and its answer. httplib reads the request from it as from a socket and writes the
// head; the body is passed on as it is.
class HttpExchange final : public httplib::Server, public httplib::Stream {
 public:
  HttpExchange(const HttpResponder& responder, std::string_view head, std::string_view peer)
      : responder_(responder), left_(head), peer_(peer) {
    svr_sock_ = 0;  // without a socket httplib believes that it is being shut down
    set_keep_alive_timeout(kHttpKeepAliveSeconds);
    set_keep_alive_max_count(kHttpRequestsPerConnection);
    // Before httplib's own routing, which would match paths by regular expressions and read bodies.
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      // Ranges are ignored, as RFC 9110 section 14.2 allows: httplib 0.11 trusts their end blindly.
      const_cast<httplib::Request&>(request).ranges.clear();
      serve(request, response);
      return HandlerResponse::Handled;
    });
  }

  HttpAnswer run(bool last) {
    bool closed = false;
    const bool served = process(*this, last, closed);
    HttpAnswer answer{std::move(head_), {}, served && !closed && !last && !closes_};
    if (sends_body_) answer.body = std::move(body_);
    return answer;
  }

  // httplib::Stream
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* into, std::size_t size) override {
    const std::size_t count = std::min(size, left_.size());
    std::copy_n(left_.data(), count, into);
    left_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* data, std::size_t size) override {
    const std::less<> before;
    if (!body_.empty() && !before(data, body_.data()) &&
        before(data, body_.data() + body_.size())) {
      sends_body_ = true;
    } else {
      head_.append(data, size);
    }
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return 0; }

 private:
  // httplib 0.18 wants to be told the addresses.
  template <class Self>
  static bool process(Self& self, bool last, bool& closed) {
    constexpr int kPort = 0;
    const std::string address;
    if constexpr (requires {
                    self.process_request(self, address, kPort, address, kPort, last, closed,
                                         nullptr);
                  }) {
      return self.process_request(self, address, kPort, address, kPort, last, closed, nullptr);
    } else {
      return self.process_request(self, last, closed, nullptr);
    }
  }

  void serve(const httplib::Request& request, httplib::Response& response) {
    HttpRequest plain;
    plain.path = request.path;
    for (const auto& [name, value] : request.params) {
      if (plain.query.size() < kParametersMax) plain.query.emplace(name, value);
    }
    plain.accept = request.get_header_value("Accept");
    plain.client = std::string(peer_) + " " + request.get_header_value("User-Agent");
    std::string_view handler;
    HttpResponse answer = responder_.respond(std::move(plain), request.method,
                                             request.get_header_value("Authorization"), handler);
    response.status = answer.status;
    const auto headers = responder_.security_->headers();  // held: a reload replaces them
    for (const auto& [name, value] : *headers) response.set_header(name, value);
    response.set_header("Cache-Control", "no-store");
    if (answer.status == 401)
      response.set_header("WWW-Authenticate", "Basic realm=\"apierrd\", charset=\"UTF-8\"");
    if (answer.status == 405) response.set_header("Allow", "GET, HEAD");
    // A body follows that nobody reads.
    closes_ = answer.status == 405 || request.has_header("Content-Length") ||
              request.has_header("Transfer-Encoding");
    if (closes_) response.set_header("Connection", "close");
    compress(request, response, answer.body);
    set_body(response, std::move(answer));
    responder_.on_request_(handler, response.status);
  }

  static void compress(const httplib::Request& request, httplib::Response& response,
                       std::string& body) {
    if (body.size() < kCompressMin) return;
    response.set_header("Vary", "Accept-Encoding");
    if (!accepts_gzip(request.get_header_value("Accept-Encoding"))) return;
    std::string compressed = gzip(body);
    if (compressed.empty()) return;
    body = std::move(compressed);
    response.set_header("Content-Encoding", "gzip");
  }

  // By a provider of known size: httplib would compress a plain body again by its own rules.
  void set_body(httplib::Response& response, HttpResponse answer) {
    body_ = std::move(answer.body);
    if (body_.empty()) {
      response.set_content("", answer.content_type);
      return;
    }
    response.set_content_provider(
        body_.size(), answer.content_type,
        [this](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
          if (offset > body_.size()) return false;
          return sink.write(body_.data() + offset, std::min(length, body_.size() - offset));
        });
  }

  const HttpResponder& responder_;
  std::string_view left_, peer_;
  std::string head_, body_;
  bool sends_body_ = false;
  bool closes_ = true;  // what httplib refuses by itself, too
};

HttpAnswer HttpResponder::answer(std::string_view head, std::string_view peer, bool last) const {
  try {
    return HttpExchange(*this, head, peer).run(last);
  } catch (const std::exception&) {  // out of memory, at worst; the daemon goes on counting
    return {http_refusal(500), {}, false};
  }
}

HttpResponse HttpResponder::respond(HttpRequest request, std::string_view method,
                                    std::string_view authorization,
                                    std::string_view& handler) const {
  handler = "other";
  if (!security_->admits(authorization))
    return {401, "text/plain; charset=utf-8", "a user's name and password are needed\n"};
  if (method != "GET" && method != "HEAD") {
    return {405, "text/plain; charset=utf-8", "only GET and HEAD are answered here\n"};
  }
  const auto route = std::find_if(routes_.begin(), routes_.end(), [&](const HttpRoute& candidate) {
    return candidate.path == request.path;
  });
  if (route == routes_.end()) {
    return {404, "text/plain; charset=utf-8", "there is no such page; start at /\n"};
  }
  handler = route->path;
  try {
    return route->handler(request);
  } catch (const std::exception&) {
    return {500, "text/plain; charset=utf-8", "the page could not be made\n"};
  }
}

std::size_t http_head_size(std::string_view text, std::size_t from) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t at = text.find(kEnd, from < kEnd.size() ? 0 : from - kEnd.size());
  return at == std::string_view::npos ? 0 : at + kEnd.size();
}

std::string http_refusal(int status) {
  std::string_view reason = "Service Unavailable";
  if (status == 431) reason = "Request Header Fields Too Large";
  if (status == 500) reason = "Internal Server Error";
  return "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason) +
         "\r\nContent-Length: 0\r\nConnection: close\r\nRetry-After: 1\r\n\r\n";
}

}  // namespace apierrd
