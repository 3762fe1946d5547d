#include "runners/native/gguf/split_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <ostream>

#include "harness/base/error.h"
#include "runners/native/gguf/gguf_file.h"
#include "runners/native/gguf/testing/gguf_builder.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

void SetSplit(GgufBuilder& part, uint16_t no, uint16_t count, int32_t tensors) {
  const auto set16 = [&](const char* key, uint16_t value) {
    part.SetRaw(key, RawEntry(key, GgufValueType::kUint16, RawBytes(value)));
  };
  set16("split.no", no);
  set16("split.count", count);
  part.SetInt32("split.tensors.count", tensors);
}

// Three parts as gguf-split writes them: the metadata in the first, tensors a, b and c.
std::vector<GgufBuilder> ThreeParts() {
  std::vector<GgufBuilder> parts(3);
  parts[0].SetString("general.architecture", "qwen3moe");
  for (size_t i = 0; i < 3; ++i) {
    SetSplit(parts[i], static_cast<uint16_t>(i), 3, 3);
    const std::vector<float> values(8, static_cast<float>(i));
    parts[i].AddTensor(std::string(1, static_cast<char>('a' + i)), TensorType::kF32, {8}, values);
  }
  return parts;
}

class SplitModel : public testing::Test {
 protected:
  SplitModel()
      : folder_(std::filesystem::path(testing::TempDir()) /
                ("moebench.split." + std::to_string(getpid()))) {
    std::filesystem::create_directory(folder_);
  }
  ~SplitModel() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path PathOf(int number, int count = 3) const {
    return folder_ /
           ("m-0000" + std::to_string(number) + "-of-0000" + std::to_string(count) + ".gguf");
  }
  void Write(const std::vector<GgufBuilder>& parts) const {
    for (size_t i = 0; i < parts.size(); ++i) parts[i].Write(PathOf(static_cast<int>(i) + 1));
  }

  std::filesystem::path folder_;
};

TEST_F(SplitModel, AnyPartOpensAll) {
  Write(ThreeParts());
  for (const int number : {1, 2, 3}) {
    const GgufFile file = GgufFile::Open(PathOf(number));
    EXPECT_EQ(file.architecture(), "qwen3moe");
    EXPECT_EQ(file.part_count(), 3);
    ASSERT_EQ(file.tensors().size(), 3u);
    uint64_t file_bytes = 0;
    for (const int part : {1, 2, 3}) file_bytes += std::filesystem::file_size(PathOf(part));
    EXPECT_EQ(file.file_bytes(), file_bytes);
    for (const char* name : {"a", "b", "c"}) {
      const std::span<const std::byte> bytes = file.Bytes(file.Require(name, {8}));
      const auto value = static_cast<float>(name[0] - 'a');
      EXPECT_EQ(std::memcmp(bytes.data(), &value, sizeof value), 0) << name;
    }
  }
}

TEST_F(SplitModel, PathsComeFromTheName) {
  EXPECT_THAT(PartPaths("x/m-00002-of-00002.gguf"),
              ElementsAre("x/m-00001-of-00002.gguf", "x/m-00002-of-00002.gguf"));
  for (const char* whole :
       {"m.gguf", "m-00003-of-00002.gguf", "m-00000-of-00002.gguf", "m-0001-of-0002.gguf",
        "m-00001-of-99999.gguf", "-of-.gguf", "m-+0001-of-00002.gguf", "m-00001-of-00002.bin"}) {
    EXPECT_THAT(PartPaths(whole), ElementsAre(whole));
  }
}

TEST_F(SplitModel, OneOfOneIsAWholeModel) {
  GgufBuilder whole = ThreeParts()[0];
  SetSplit(whole, 0, 1, 1);
  whole.Write(folder_ / "whole.gguf");
  EXPECT_EQ(GgufFile::Open(folder_ / "whole.gguf").part_count(), 1);
}

TEST_F(SplitModel, DamageInAnyPartNamesThatPart) {
  Write(ThreeParts());
  std::filesystem::resize_file(PathOf(3), 100);
  try {
    GgufFile::Open(PathOf(1));
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_THAT(error.where(), HasSubstr("-00003-of-00003.gguf"));
  }
}

struct Mixed {
  std::string name;
  std::function<void(std::vector<GgufBuilder>&)> damage;
  std::string says;
  int where;  // the part that the error names
};
void PrintTo(const Mixed& mixed, std::ostream* out) { *out << mixed.name; }

// clang-format off
const std::vector<Mixed> kMixed = {
    {"OtherCount", [](auto& p) { SetSplit(p[1], 1, 4, 3); }, "metadata 'split.count' is 4, but the part that was named says 3", 2},
    {"OtherNumber", [](auto& p) { SetSplit(p[1], 2, 3, 3); }, "metadata 'split.no' is 2, but the file's name says 1", 2},
    {"OtherTensorCount", [](auto& p) { SetSplit(p[2], 2, 3, 9); }, "metadata 'split.tensors.count' is 9, but the part that was named says 3", 3},
    {"TensorTwice", [](auto& p) { p[2].RemoveTensor("c").AddTensor("a", TensorType::kF32, {8}, std::vector<float>(8)); }, "tensor 'a' is in two parts", 3},
    {"TooFewTensors", [](auto& p) { p[2].RemoveTensor("c"); }, "'split.tensors.count' is 3, but its 3 parts have 2 tensors", 1},
    {"NoNumber", [](auto& p) { p[0].Remove("split.no"); }, "has no metadata 'split.no'", 1},
    {"NoTensorCount", [](auto& p) { p[1].Remove("split.tensors.count"); }, "has no metadata 'split.tensors.count'", 2},
    {"NotSplit", [](auto& p) { p[1].Remove("split.count"); }, "has no metadata 'split.count'", 2},
    {"CountIsText", [](auto& p) { p[0].SetString("split.count", "3"); }, "metadata 'split.count' is of type string", 1},
    {"CountIsHuge", [](auto& p) { p[0].SetUint32("split.count", 1u << 31); }, "metadata 'split.count' is 2147483648, not 0 to 1024", 1},
    {"NumberBeyondCount", [](auto& p) { SetSplit(p[0], 3, 3, 3); }, "metadata 'split.no' is 3, not 0 to 2", 1},
};
// clang-format on

class SplitModelRefuses : public SplitModel, public testing::WithParamInterface<Mixed> {};

TEST_P(SplitModelRefuses, PartsThatDoNotBelongTogether) {
  std::vector<GgufBuilder> parts = ThreeParts();
  GetParam().damage(parts);
  Write(parts);
  try {
    GgufFile::Open(PathOf(1));
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(GetParam().says));
    EXPECT_EQ(error.where(), PathOf(GetParam().where).string());
    EXPECT_EQ(error.code(), ExitCode::kBadData);
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, SplitModelRefuses, testing::ValuesIn(kMixed),
                         [](const auto& param_info) { return param_info.param.name; });

TEST_F(SplitModel, AMissingPartIsNamed) {
  Write(ThreeParts());
  std::filesystem::remove(PathOf(2));
  try {
    GgufFile::Open(PathOf(3));
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("part 2 of 3 is missing"));
    EXPECT_EQ(error.where(), PathOf(2).string());
  }
}

TEST_F(SplitModel, ARenamedPartIsRefused) {
  Write(ThreeParts());
  std::filesystem::rename(PathOf(1), folder_ / "m.gguf");
  EXPECT_THROW(GgufFile::Open(folder_ / "m.gguf"), Error);
  std::filesystem::rename(PathOf(2), PathOf(1));
  EXPECT_THROW(GgufFile::Open(PathOf(1)), Error);
}

}  // namespace
}  // namespace moebench
