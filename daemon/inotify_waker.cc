#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "daemon/os.h"
#include "daemon/waker.h"

namespace apierrd {

namespace {

constexpr std::uint32_t kEvents =
    IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB | IN_ONLYDIR;

}  // namespace

Result<std::unique_ptr<InotifyWaker>> InotifyWaker::create() {
  const int event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) return environment_error("cannot create an eventfd", {}, errno_text(errno));
  const int inotify = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  return std::unique_ptr<InotifyWaker>(new InotifyWaker(inotify, event));
}

InotifyWaker::~InotifyWaker() {
  if (inotify_ >= 0) ::close(inotify_);
  ::close(event_);
}

void InotifyWaker::watch(const std::string& folder) {
  if (inotify_ < 0 || watches_.contains(folder)) return;
  const int watch = ::inotify_add_watch(inotify_, folder.c_str(), kEvents);
  if (watch < 0) return;  // not there yet, or no watches left: the sweep sees to it
  watches_[folder] = watch;
  folders_[watch] = folder;
}

Wake InotifyWaker::wait(std::chrono::milliseconds at_most) {
  pollfd fds[] = {{event_, POLLIN, 0}, {inotify_, POLLIN, 0}};
  const auto timeout = std::clamp<std::int64_t>(at_most.count(), 0, 3'600'000);
  ::poll(fds, inotify_ >= 0 ? 2 : 1, static_cast<int>(timeout));
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t drained = ::read(event_, &count, sizeof count);
  Wake wake;
  if (inotify_ >= 0) drain(wake);
  return wake;
}

void InotifyWaker::drain(Wake& wake) {
  alignas(inotify_event) char buffer[16384];
  while (true) {
    const ssize_t size = ::read(inotify_, buffer, sizeof buffer);
    if (size <= 0) return;
    for (const char* at = buffer; at < buffer + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      at += sizeof(inotify_event) + event->len;
      if (event->mask & IN_Q_OVERFLOW) wake.everything = true;
      const auto folder = folders_.find(event->wd);
      if (folder == folders_.end()) continue;
      if (event->len > 0) wake.paths.insert(folder->second + "/" + event->name);
      if (event->mask & IN_IGNORED) {  // the folder is gone; watched anew if it comes back
        watches_.erase(folder->second);
        folders_.erase(folder);
        wake.everything = true;
      }
    }
  }
}

void InotifyWaker::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event_, &one, sizeof one);
}

}  // namespace apierrd
