// A Tailer over files in memory, and what it reads of them. Folders may refuse to be listed, names
// to be looked at, and names may change just after they were.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/tailer.h"
#include "tests/support/direct_sink.h"
#include "tests/support/mem_file_system.h"

namespace apierrd::test {

class RestlessFiles : public MemFileSystem {
 public:
  Result<std::vector<std::string>> glob(const std::string& pattern) override {
    if (unlistable) return environment_error("cannot list", pattern, "too many open files");
    Result<std::vector<std::string>> names = MemFileSystem::glob(pattern);
    if (after_glob) after_glob(pattern);
    return names;
  }
  Result<std::optional<FileInfo>> info(const std::string& path) override {
    if (path == not_to_be_looked_at) return environment_error("cannot stat", path, "no permission");
    return MemFileSystem::info(path);
  }
  bool unlistable = false;
  std::string not_to_be_looked_at;
  std::function<void(const std::string& pattern)> after_glob;
};

using Lines = std::vector<std::string>;

class TailerTest : public ::testing::Test {
 protected:
  TailerTest() {
    options.patterns = {"/log/api*.log"};
    options.linger_ns = 100;
    options.line_bytes_max = 1000;
  }
  void start() { tailer = std::make_unique<Tailer>(files, events, options, TailResume{}); }
  void restart(std::vector<FilePosition> positions, bool rebooted = false) {
    tailer = std::make_unique<Tailer>(files, events, options,
                                      TailResume{std::move(positions), false, rebooted});
  }
  // One look and everything there is to read, and whatever that makes necessary.
  Lines look() {
    Lines lines;
    DirectSink sink(buffer, [&lines](const LineBatch& batch) {
      for (unsigned i = 0; i < batch.overlong_lines; ++i) lines.emplace_back("(too long)");
      std::string_view text = batch.text;
      while (!text.empty()) lines.emplace_back(take_line(text));
      return BatchOutcome{{batch.text.size(), 0, 0}, 0};
    });
    do {
      tailer->sweep(++now, sink);
      while (tailer->read(now, sink)) {
      }
    } while (tailer->wants_sweep());
    return lines;
  }

  RestlessFiles files;
  RecordingEvents events;
  TailOptions options;
  ReadBuffer buffer{1000};
  std::unique_ptr<Tailer> tailer;
  std::int64_t now = 0;
};

}  // namespace apierrd::test
