#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "daemon/os.h"
#include "daemon/waker.h"

namespace apierrd {

namespace {

constexpr std::uint32_t kEvents = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                  IN_ATTRIB | IN_MOVE_SELF | IN_ONLYDIR;

// Where other machines or processes write behind the kernel's back (magic(5) of statfs(2)): NFS,
// SMB, CIFS, SMB2, FUSE, 9P, Ceph, AFS, Coda, OCFS2, GFS2, Lustre, GPFS, VirtualBox, VMware.
constexpr std::uint32_t kRemote[] = {0x6969,     0x517B,     0xFF534D42, 0xFE534D42, 0x65735546,
                                     0x01021997, 0x00C36400, 0x5346414F, 0x73757245, 0x7461636F,
                                     0x01161970, 0x0BD00BD0, 0x47504653, 0x786F4256, 0xBACBACBC};

// Through a link, which may come to lead elsewhere, or on a remote file system they are not.
bool hints_are_complete(const std::string& folder) {
  struct statfs system {};
  if (::statfs(folder.c_str(), &system) != 0) return false;
  const auto magic = static_cast<std::uint32_t>(system.f_type);
  if (std::find(std::begin(kRemote), std::end(kRemote), magic) != std::end(kRemote)) return false;
  std::error_code failed;
  const auto real = std::filesystem::canonical(folder, failed);
  return !failed && real == std::filesystem::path(folder).lexically_normal();
}

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

Waker::Hints InotifyWaker::watch(const std::string& folder) {
  if (inotify_ < 0) return Hints::kNone;
  // The kernel gives the same number for the same folder: another one has taken its name.
  const int id = ::inotify_add_watch(inotify_, folder.c_str(), kEvents);
  const auto known = watches_.find(folder);
  const bool as_before = known != watches_.end() && known->second.id == id;
  if (as_before) return known->second.complete ? Hints::kAsBefore : Hints::kNone;
  if (known != watches_.end()) {
    ::inotify_rm_watch(inotify_, known->second.id);
    forget(known->second.id);
  }
  if (id < 0) return Hints::kNone;  // not there yet, or no watches left: the sweep sees to it
  // One folder under two names gives hints under one of them.
  const bool alone = !folders_.contains(id);
  const bool complete = alone && hints_are_complete(folder);
  if (alone) folders_[id] = folder;
  watches_[folder] = {id, complete};
  return complete ? Hints::kFromNow : Hints::kNone;
}

void InotifyWaker::forget(int watch) {
  const auto folder = folders_.find(watch);
  if (folder == folders_.end()) return;
  watches_.erase(folder->second);
  folders_.erase(folder);
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

void InotifyWaker::rest(std::chrono::milliseconds at_most) {
  pollfd fd{event_, POLLIN, 0};
  ::poll(&fd, 1, static_cast<int>(at_most.count()));
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
      if (event->len > 0) {
        wake.paths.insert(folder->second + "/" + event->name);
      } else {  // the folder itself: moved away, gone, or who may read it
        wake.everything = true;
      }
      if (event->mask & IN_MOVE_SELF) ::inotify_rm_watch(inotify_, event->wd);
      if (event->mask & (IN_MOVE_SELF | IN_IGNORED))
        forget(event->wd);  // watched anew if it is back
    }
  }
}

void InotifyWaker::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event_, &one, sizeof one);
}

}  // namespace apierrd
