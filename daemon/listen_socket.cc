#include "daemon/listen_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "daemon/os.h"

namespace apierrd {

namespace {

// Clients that have connected and are not yet accepted. More than are served at once, so that those
// beyond are told so and do not hang.
constexpr int kBacklog = 512;

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses resolve(const std::string& host, int port, int& failure) {
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found);
  return {failure == 0 ? found : nullptr, &::freeaddrinfo};
}

int port_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

// Not SO_REUSEPORT: a second daemon would share the port in silence.
FileDescriptor bind_to(const addrinfo& address) {
  FileDescriptor result(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  if (result.number() < 0 ||
      ::setsockopt(result.number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      ::bind(result.number(), address.ai_addr, address.ai_addrlen) != 0 ||
      ::listen(result.number(), kBacklog) != 0) {
    return {};
  }
  return result;
}

std::string text_of(const sockaddr_storage& address, socklen_t size) {
  char host[NI_MAXHOST];
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host, sizeof host, nullptr,
                    0, NI_NUMERICHOST) != 0) {
    return "-";
  }
  return host;
}

}  // namespace

Result<ListenSocket> listen_on(const std::string& host, int port) {
  const std::string where = host + ":" + std::to_string(port);
  int failure = 0;
  const Addresses addresses = resolve(host, port, failure);
  if (!addresses) return environment_error("cannot listen", where, ::gai_strerror(failure));
  int number = 0;
  for (const addrinfo* each = addresses.get(); each != nullptr; each = each->ai_next) {
    ListenSocket result{bind_to(*each), 0};
    number = errno;
    if (result.descriptor.number() < 0) continue;
    result.port = port_of(result.descriptor.number());
    return result;
  }
  return environment_error("cannot listen: " + errno_text(number), where,
                           "is another program (or another apierrd) using that address?");
}

Result<std::optional<ListenSocket>> inherited_socket() {
  const int count = ::sd_listen_fds(1);
  if (count <= 0) return std::optional<ListenSocket>();
  constexpr int kFirst = SD_LISTEN_FDS_START;
  ListenSocket result{FileDescriptor(kFirst), port_of(kFirst)};
  if (count > 1 || ::sd_is_socket(kFirst, AF_UNSPEC, SOCK_STREAM, 1) <= 0) {
    return environment_error("socket activation hands over what is not one listening socket", {},
                             "give apierrd.socket one ListenStream=");
  }
  if (::fcntl(kFirst, F_SETFL, ::fcntl(kFirst, F_GETFL) | O_NONBLOCK) != 0)
    return environment_error("cannot use the socket of socket activation", {}, errno_text(errno));
  return std::optional<ListenSocket>(std::move(result));
}

std::optional<AcceptedSocket> accept_client(const ListenSocket& from, bool& exhausted) {
  while (true) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    FileDescriptor client(::accept4(from.descriptor.number(), reinterpret_cast<sockaddr*>(&address),
                                    &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (client.number() < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      return std::nullopt;
    }
    const int yes = 1;  // fails on a Unix socket, which does not delay
    ::setsockopt(client.number(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return AcceptedSocket{std::move(client), text_of(address, size)};
  }
}

}  // namespace apierrd
