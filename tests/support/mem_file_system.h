// A file system in memory for tests of the reader: files that grow, move, shrink and vanish. As on
// ext4 a new file gets the lowest inode number that is free, that of a deleted one.
#pragma once

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/os.h"
#include "daemon/tailer.h"

namespace apierrd::test {

class MemFileSystem : public FileSystem {
 public:
  void append(const std::string& path, std::string_view text) {
    auto& file = files_[path];
    if (!file) {
      file = std::make_shared<Node>(inodes_, free_inode(), ++clock_);
      touch_folder(path);
    }
    file->bytes.append(text);
    file->modified_ns = ++clock_;
  }
  void rename(const std::string& from, const std::string& to) {
    files_[to] = files_.at(from);
    files_.erase(from);
    touch_folder(from);
    touch_folder(to);
  }
  std::string content(const std::string& path) const { return files_.at(path)->bytes; }
  void copy(const std::string& from, const std::string& to) { append(to, files_.at(from)->bytes); }
  void truncate(const std::string& path) {
    files_.at(path)->bytes.clear();
    files_.at(path)->modified_ns = ++clock_;
  }
  /// Deleted and made anew, with the same inode.
  void rebirth(const std::string& path, std::string_view text) {
    files_[path] = std::make_shared<Node>(inodes_, files_.at(path)->inode, ++clock_);
    append(path, text);
    touch_folder(path);
  }
  void cut(const std::string& path, std::size_t size) {
    files_.at(path)->bytes.resize(size);
    files_.at(path)->modified_ns = ++clock_;
  }
  void remove(const std::string& path) {
    files_.erase(path);
    touch_folder(path);
  }
  bool exists(const std::string& path) const { return files_.contains(path); }
  /// What gzip does: another file, with the modification time of the first. It is not packed in
  /// fact, since open() gives the text of compressed files.
  void compress(const std::string& path) {
    pack(path);
    remove(path);
  }
  /// The first half of it: both are there.
  void pack(const std::string& path) {
    copy(path, path + ".gz");
    files_.at(path + ".gz")->modified_ns = files_.at(path)->modified_ns;
  }
  /// Makes reads of all files fail, as a broken disk does.
  void break_reads(bool broken) { *broken_ = broken; }
  void forbid(const std::string& path, bool forbidden) { forbidden_[path] = forbidden; }
  /// Writes on although the file may have another name or none.
  std::shared_ptr<std::string> writer(const std::string& path) {
    const auto node = files_.at(path);
    return {node, &node->bytes};
  }

  Result<std::unique_ptr<OpenFile>> open(const std::string& path) override {
    const auto found = files_.find(path);
    if (found == files_.end()) return environment_error("cannot open", path, "no such file");
    if (forbidden_[path]) return environment_error("cannot open", path, "permission denied");
    return std::unique_ptr<OpenFile>(std::make_unique<Handle>(found->second, broken_));
  }
  Result<std::optional<FileInfo>> info(const std::string& path) override {
    const auto found = files_.find(path);
    if (const auto folder = folders_.find(path); folder != folders_.end()) {
      FileInfo info;
      info.modified_ns = folder->second;
      return std::optional(info);
    }
    if (found == files_.end()) return std::optional<FileInfo>();
    FileInfo info = info_of(*found->second);
    if (path.ends_with(".gz")) info.size += 20;  // gzip's header and end
    return std::optional(info);
  }
  Result<std::vector<std::string>> glob(const std::string& pattern) override {
    std::vector<std::string> paths;
    for (const auto& [path, node] : files_) {
      if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME) == 0) paths.push_back(path);
    }
    return paths;
  }

 private:
  using Inodes = std::multiset<std::uint64_t>;  ///< in use

  struct Node {
    Node(std::shared_ptr<Inodes> inodes, std::uint64_t number, std::int64_t birth_ns)
        : used(std::move(inodes)), inode(number), born_ns(birth_ns) {
      used->insert(inode);
    }
    ~Node() { used->erase(used->find(inode)); }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    std::shared_ptr<Inodes> used;
    std::uint64_t inode;
    std::string bytes;
    std::int64_t born_ns;
    std::int64_t modified_ns = 0;
  };
  static FileInfo info_of(const Node& node) {
    return {{1, node.inode}, node.bytes.size(), node.modified_ns, node.born_ns, true};
  }

  struct Handle : OpenFile {
    Handle(std::shared_ptr<Node> file, std::shared_ptr<bool> is_broken)
        : node(std::move(file)), broken(std::move(is_broken)) {}
    Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
      if (*broken) return environment_error("cannot read", "memory", "input/output error");
      if (offset >= node->bytes.size()) return std::size_t{0};
      const std::size_t count = std::min<std::size_t>(into.size(), node->bytes.size() - offset);
      std::copy_n(node->bytes.begin() + static_cast<std::ptrdiff_t>(offset), count, into.begin());
      return count;
    }
    Result<FileInfo> info() override { return info_of(*node); }
    std::shared_ptr<Node> node;
    std::shared_ptr<bool> broken;
  };

  std::uint64_t free_inode() const {
    std::uint64_t inode = 100;
    while (inodes_->contains(inode)) ++inode;
    return inode;
  }

  void touch_folder(const std::string& path) { folders_[folder_of(path)] = ++clock_; }

  std::map<std::string, std::shared_ptr<Node>> files_;
  std::map<std::string, std::int64_t> folders_;  ///< when names in them changed
  std::map<std::string, bool> forbidden_;
  std::shared_ptr<bool> broken_ = std::make_shared<bool>(false);
  std::shared_ptr<Inodes> inodes_ = std::make_shared<Inodes>();
  std::int64_t clock_ = 0;
};

/// Remembers what happened, as `event path`.
class RecordingEvents : public TailEvents {
 public:
  std::vector<std::string> seen;
  void file_opened(const std::string& path, std::uint64_t) override {
    seen.push_back("opened " + path);
  }
  void file_rotated(const std::string& path) override { seen.push_back("rotated " + path); }
  void file_truncated(const std::string& path, std::uint64_t) override {
    seen.push_back("truncated " + path);
  }
  void file_shortened(const std::string& path, std::uint64_t, std::uint64_t resumed_at) override {
    seen.push_back("shortened " + path + " " + std::to_string(resumed_at));
  }
  void file_missing(const std::string& path, std::uint64_t) override {
    seen.push_back("missing " + path);
  }
  void file_closed(const std::string& path) override { seen.push_back("closed " + path); }
  void file_failed(const Error& error) override { seen.push_back("failed " + error.where); }
};

}  // namespace apierrd::test
