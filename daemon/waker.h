// When to look at the log files again. inotify is only a hint to look sooner: it is silent on
// network file systems and through links, and its queue overflows; the sweep by stat is the truth.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "parsers/result.h"

namespace apierrd {

/// Why wait() returned.
struct Wake {
  bool everything = false;      ///< hints were lost: look at all files
  std::set<std::string> paths;  ///< files in watched folders that changed, came or went
};

class Waker {
 public:
  virtual ~Waker() = default;
  /// Gives hints for this folder from now on; silently none where the system cannot.
  virtual void watch(const std::string& folder) = 0;
  /// Waits for a hint, for wake() or for the time to pass.
  virtual Wake wait(std::chrono::milliseconds at_most) = 0;
  /// Ends a wait(), the running or the next one. From any thread.
  virtual void wake() = 0;
};

/// Over inotify and an eventfd.
class InotifyWaker : public Waker {
 public:
  static Result<std::unique_ptr<InotifyWaker>> create();
  ~InotifyWaker() override;
  InotifyWaker(const InotifyWaker&) = delete;
  InotifyWaker& operator=(const InotifyWaker&) = delete;

  void watch(const std::string& folder) override;
  Wake wait(std::chrono::milliseconds at_most) override;
  void wake() override;

 private:
  InotifyWaker(int inotify, int event) : inotify_(inotify), event_(event) {}
  void drain(Wake& wake);

  int inotify_;  ///< -1 where inotify is not to be had
  int event_;
  std::map<std::string, int> watches_;
  std::map<int, std::string> folders_;
};

}  // namespace apierrd
