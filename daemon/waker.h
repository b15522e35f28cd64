// When to look at the log files again. inotify is only a hint to look sooner: it is silent on
// network file systems and through links, and its queue overflows; the sweep by stat is the truth.
// Where hints are complete sweeps are rare, where they are not they are what finds changes.
#pragma once

#include <chrono>
#include <cstdint>
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
  enum class Hints : std::uint8_t {
    kNone,      ///< there may be changes in the folder that no hint tells of
    kFromNow,   ///< what happened to it before has given none
    kAsBefore,  ///< it was watched already
  };
  /// Gives hints for this folder from now on, where the system can. To be repeated: a folder may
  /// have been replaced.
  virtual Hints watch(const std::string& folder) = 0;
  /// Waits for a hint, for wake() or for the time to pass.
  virtual Wake wait(std::chrono::milliseconds at_most) = 0;
  /// Lets hints gather for so long, or until wake(), which then ends the next wait() as well.
  virtual void rest(std::chrono::milliseconds at_most) = 0;
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

  Hints watch(const std::string& folder) override;
  Wake wait(std::chrono::milliseconds at_most) override;
  void rest(std::chrono::milliseconds at_most) override;
  void wake() override;

 private:
  InotifyWaker(int inotify, int event) : inotify_(inotify), event_(event) {}
  void drain(Wake& wake);
  void forget(int watch);

  int inotify_;  ///< -1 where inotify is not to be had
  int event_;
  struct Watch {
    int id = -1;
    bool complete = false;  ///< all changes give hints
  };
  std::map<std::string, Watch> watches_;
  std::map<int, std::string> folders_;
};

}  // namespace apierrd
