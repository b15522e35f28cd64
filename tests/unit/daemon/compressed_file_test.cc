// The real files behind PosixFileSystem: compressed ones read as text, holes stepped over.
#include "daemon/compressed_file.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace apierrd {
namespace {

class CompressedFileTest : public testing::Test {
 protected:
  CompressedFileTest() {
    std::string name = (std::filesystem::temp_directory_path() / "apierrd-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    std::mt19937 random(1);
    for (int i = 0; i < 100'000; ++i) text += "line " + std::to_string(random()) + "\n";
  }
  ~CompressedFileTest() override { std::filesystem::remove_all(folder); }

  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder + "/" + name, std::ios::binary) << bytes;
    return folder + "/" + name;
  }
  std::string gzip() const {
    const std::string path = folder + "/x.gz";
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    return path;
  }
  std::string zstd() const {
    std::string packed(ZSTD_compressBound(text.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
    return write("x.zst", packed);
  }
  static std::string read(OpenFile& file, std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    const Result<std::size_t> count = file.read_at(offset, bytes);
    bytes.resize(count ? *count : 0);
    return bytes;
  }

  std::string folder, text;
  PosixFileSystem files;
};

TEST_F(CompressedFileTest, ReadsTheTextAtAnyOffset) {
  for (const std::string& path : {gzip(), zstd()}) {
    auto file = files.open(path);
    ASSERT_TRUE(file);
    EXPECT_EQ((*file)->info()->size, text.size());
    EXPECT_EQ(read(**file, 1'000'000, 300'000), text.substr(1'000'000, 300'000));
    EXPECT_EQ(read(**file, 999'000, 1'000), text.substr(999'000, 1'000));
    EXPECT_EQ(read(**file, 10, 20), text.substr(10, 20));
    EXPECT_EQ(read(**file, text.size() - 5, 100), text.substr(text.size() - 5));
    EXPECT_EQ(read(**file, text.size() + 5, 100), "");
  }
}

TEST_F(CompressedFileTest, ARenamedFileIsReadOn) {
  const std::string path = gzip();
  auto file = files.open(path);
  std::filesystem::rename(path, path + ".gz");
  EXPECT_EQ((*file)->info()->size, text.size());
  EXPECT_EQ(read(**file, 0, 50), text.substr(0, 50));
}

TEST_F(CompressedFileTest, AHalfWrittenFileSaysSo) {
  std::filesystem::resize_file(gzip(), 1000);
  const Result<FileInfo> info = (*files.open(folder + "/x.gz"))->info();
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().what, "gzip file ends early");
  EXPECT_EQ(info.error().where, folder + "/x.gz");
}

TEST_F(CompressedFileTest, AHoleIsSteppedOver) {
  const std::string path = write("hole.log", "");
  std::filesystem::resize_file(path, 100U << 20);
  std::ofstream(path, std::ios::app) << "end\n";
  auto file = files.open(path);
  const Result<std::uint64_t> data = (*file)->data_from(0);
  ASSERT_TRUE(data);
  EXPECT_LE(*data, 100U << 20);  // a file system that knows no holes says 0
  EXPECT_EQ(*(*file)->data_from(200U << 20), 200U << 20);
}

}  // namespace
}  // namespace apierrd
