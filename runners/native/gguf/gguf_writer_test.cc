#include "runners/native/gguf/gguf_writer.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include <array>
#include <cstring>

#include "harness/base/error.h"
#include "runners/native/gguf/gguf_file.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class GgufWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    const testing::TestInfo* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("writer." + std::to_string(getpid()) + "." + info->name());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
  std::filesystem::path folder_;
};

std::span<const std::byte> BytesOf(const std::array<float, 3>& values) {
  return std::as_bytes(std::span(values));
}

TEST_F(GgufWriterTest, WhatIsWrittenIsReadAgain) {
  GgufWriter writer(folder_ / "m.gguf");
  writer.SetString("general.architecture", "test");
  writer.SetUint32("a", 7);
  writer.SetUint64("b", uint64_t{1} << 40);
  writer.SetFloat("c", 0.5f);
  writer.SetBool("d", true);
  writer.SetStrings("e", std::vector<std::string>{"x", "", "yz"});
  writer.SetInts("f", std::vector<int32_t>{3, -1});
  const size_t first = writer.AddTensor("one", TensorType::kF32, {3});
  const size_t second = writer.AddTensor("two", TensorType::kF32, {1, 3});
  writer.Begin();
  // In the other order, and in parts.
  const std::array<float, 3> one = {1, 2, 3}, two = {4, 5, 6};
  writer.WriteAt(second, 0, BytesOf(two));
  writer.WriteAt(first, 4, BytesOf(one).subspan(4));
  writer.WriteAt(first, 0, BytesOf(one).first(4));
  writer.Commit();

  const GgufFile file = GgufFile::Open(folder_ / "m.gguf");
  EXPECT_EQ(file.file_bytes(), writer.FileBytes());
  EXPECT_EQ(file.architecture(), "test");
  EXPECT_EQ(file.GetInt("a"), 7);
  EXPECT_EQ(file.GetInt("b"), int64_t{1} << 40);
  EXPECT_EQ(file.GetFloat("c"), 0.5);
  EXPECT_TRUE(file.GetBool("d"));
  EXPECT_THAT(file.GetStrings("e"), ElementsAre("x", "", "yz"));
  EXPECT_THAT(file.GetInts("f"), ElementsAre(3, -1));
  const std::span<const std::byte> bytes = file.Bytes(file.Require("one", {3}));
  EXPECT_EQ(std::memcmp(bytes.data(), one.data(), sizeof one), 0);
  const std::span<const std::byte> more = file.Bytes(file.Require("two", {1, 3}));
  EXPECT_EQ(std::memcmp(more.data(), two.data(), sizeof two), 0);
}

TEST_F(GgufWriterTest, WithoutCommitNothingStays) {
  {
    GgufWriter writer(folder_ / "m.gguf");
    writer.AddTensor("t", TensorType::kF32, {64});
    writer.Begin();
    EXPECT_THAT(Names(), testing::SizeIs(1));  // the temporary one
  }
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(GgufWriterTest, MoreThanTheDiskHasIsRefusedBeforeAnythingIsWritten) {
  GgufWriter writer(folder_ / "m.gguf");
  writer.AddTensor("t", TensorType::kF32, {int64_t{1} << 30, int64_t{1} << 20});  // 4 EiB
  try {
    writer.Begin();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kIo);
    EXPECT_THAT(error.what(), HasSubstr("but the disk has"));
  }
  EXPECT_THAT(Names(), IsEmpty());
}

// A limit on the size of files fails like a full disk: in the call that takes the room.
TEST_F(GgufWriterTest, WhenTheRoomCanNotBeHadNothingStays) {
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  {
    GgufWriter writer(folder_ / "m.gguf");
    writer.AddTensor("t", TensorType::kF32, {1 << 20});
    EXPECT_THROW(writer.Begin(), Error);
  }
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(GgufWriterTest, AFolderThatIsNotThereIsAnError) {
  GgufWriter writer(folder_ / "none" / "m.gguf");
  EXPECT_THROW(writer.Begin(), Error);
}

}  // namespace
}  // namespace moebench
