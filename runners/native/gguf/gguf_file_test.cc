#include "runners/native/gguf/gguf_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <limits>

#include "harness/base/error.h"
#include "runners/native/gguf/testing/gguf_builder.h"
#include "runners/native/gguf/testing/temp_file.h"

namespace moebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

GgufBuilder Small() {
  GgufBuilder builder;
  builder.SetString("general.architecture", "qwen3moe").SetUint32("qwen3moe.block_count", 2);
  builder.AddTensor("a", TensorType::kF32, {2, 2}, std::vector<float>{1, 2, 3, 4});
  builder.AddTensor("b", TensorType::kQ8_0, {32}, std::vector<float>(32, 1.0f));
  return builder;
}

std::string MessageOfOpening(const std::filesystem::path& path) {
  try {
    GgufFile::Open(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "opened";
}

std::string MessageOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(GgufFile, ReadsMetadataOfEveryType) {
  GgufBuilder builder = Small();
  builder.SetString("s", "t\xc3\xa9xt").SetInt32("i", -3).SetUint64("u", 1ull << 40);
  builder.SetUint64("huge", ~0ull).SetFloat("f", 0.5f).SetBool("yes", true).SetBool("no", false);
  builder.SetStrings("ss", {"x", "", "zz"}).SetInts("is", {8, -6}).SetFloats("fs", {1.5f});
  builder.SetRaw("d", RawEntry("d", GgufValueType::kFloat64, RawBytes(2.25)));
  builder.SetRaw("u8", RawEntry("u8", GgufValueType::kUint8, RawBytes(uint8_t{200})));
  builder.SetRaw("i8", RawEntry("i8", GgufValueType::kInt8, RawBytes(int8_t{-2})));
  builder.SetRaw("u16", RawEntry("u16", GgufValueType::kUint16, RawBytes(uint16_t{65535})));
  builder.SetRaw("i16", RawEntry("i16", GgufValueType::kInt16, RawBytes(int16_t{-5})));
  builder.SetRaw("i64", RawEntry("i64", GgufValueType::kInt64, RawBytes(int64_t{-7})));
  const TempFile model(builder.Build());
  const GgufFile file = GgufFile::Open(model.path());
  EXPECT_EQ(file.architecture(), "qwen3moe");
  EXPECT_EQ(file.GetString("s"), "t\xc3\xa9xt");
  EXPECT_EQ(file.GetInt("i"), -3);
  EXPECT_EQ(file.GetInt("u"), 1ll << 40);
  EXPECT_EQ(file.GetInt("huge"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(file.GetInt("u8"), 200);
  EXPECT_EQ(file.GetInt("i8"), -2);
  EXPECT_EQ(file.GetInt("u16"), 65535);
  EXPECT_EQ(file.GetInt("i16"), -5);
  EXPECT_EQ(file.GetInt("i64"), -7);
  EXPECT_EQ(file.GetFloat("f"), 0.5);
  EXPECT_EQ(file.GetFloat("d"), 2.25);
  EXPECT_TRUE(file.GetBool("yes"));
  EXPECT_FALSE(file.GetBool("no"));
  EXPECT_THAT(file.GetStrings("ss"), ElementsAre("x", "", "zz"));
  EXPECT_THAT(file.GetInts("is"), ElementsAre(8, -6));
  EXPECT_THAT(file.GetInts("i"), ElementsAre(-3));
  EXPECT_THAT(file.GetFloats("fs"), ElementsAre(1.5));
}

TEST(GgufFile, DefaultsStandInForAbsentKeysOnly) {
  const TempFile model(Small().Build());
  const GgufFile file = GgufFile::Open(model.path());
  EXPECT_EQ(file.GetInt("none", 5), 5);
  EXPECT_EQ(file.GetString("none", "x"), "x");
  EXPECT_EQ(file.GetFloat("none", 1.5), 1.5);
  EXPECT_TRUE(file.GetBool("none", true));
  EXPECT_THAT(MessageOf([&] { file.GetInt("none"); }), HasSubstr("has no metadata 'none'"));
  EXPECT_THAT(MessageOf([&] { file.GetInt("general.architecture", 5); }),
              HasSubstr("'general.architecture' is of type string, not an integer"));
  EXPECT_THAT(MessageOf([&] { file.GetStrings("general.architecture"); }),
              HasSubstr("one string, not an array"));
}

TEST(GgufFile, MapsTensorData) {
  const TempFile model(Small().Build());
  const GgufFile file = GgufFile::Open(model.path());
  ASSERT_EQ(file.tensors().size(), 2u);
  const TensorInfo& a = file.Require("a", {2, 2});
  EXPECT_EQ(a.size_bytes, 16u);
  float values[4];
  std::memcpy(values, file.Bytes(a).data(), sizeof values);
  EXPECT_THAT(values, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(file.Require("b", {32, 1}).size_bytes, 34u);
  EXPECT_EQ(file.Find("c"), nullptr);
}

TEST(GgufFile, WrongTensorIsNamedWithBothShapes) {
  const TempFile model(Small().Build());
  const GgufFile file = GgufFile::Open(model.path());
  const std::string message = MessageOf([&] { file.Require("a", {2, 3}); });
  EXPECT_THAT(message, HasSubstr("tensor 'a' is of shape [2, 2], expected [2, 3]"));
  EXPECT_THAT(message, HasSubstr(model.path().string()));
  EXPECT_THAT(MessageOf([&] { file.Require("output.weight"); }),
              HasSubstr("has no tensor 'output.weight'"));
}

TEST(GgufFile, ReadsVersionTwoAndFilesWithoutTensors) {
  GgufBuilder builder;
  builder.SetString("general.architecture", "llama").OverrideVersion(2);
  const TempFile model(builder.Build());
  EXPECT_EQ(GgufFile::Open(model.path()).architecture(), "llama");
  const TempFile bare(GgufBuilder().Build());
  EXPECT_EQ(GgufFile::Open(bare.path()).architecture(), "");
}

TEST(GgufFile, HonoursEveryAllowedAlignment) {
  for (uint32_t alignment = 1; alignment <= 65536; alignment *= 2) {
    const TempFile model(
        Small().SetUint32("general.alignment", alignment).PadTo(alignment).Build());
    const GgufFile file = GgufFile::Open(model.path());
    EXPECT_EQ(file.Require("b").offset_bytes % alignment, 0u);
    EXPECT_EQ(std::to_integer<int>(file.Bytes(file.Require("b"))[2]), 127) << alignment;
  }
}

TEST(GgufFile, TensorsMayStandInAnyOrderInTheData) {
  const TempFile model(Small()
                           .OverrideOffset("a", 32)
                           .OverrideOffset("b", 64)
                           .AddTail(std::string(64, 'x'))
                           .Build());
  EXPECT_EQ(GgufFile::Open(model.path()).Require("a").offset_bytes % 32, 0u);
  const TempFile swapped(
      Small().OverrideOffset("a", 64).OverrideOffset("b", 0).AddTail(std::string(64, 'x')).Build());
  const GgufFile file = GgufFile::Open(swapped.path());
  EXPECT_LT(file.Require("b").offset_bytes, file.Require("a").offset_bytes);
}

TEST(GgufFile, MovedFileKeepsTheMapping) {
  const TempFile model(Small().Build());
  GgufFile first = GgufFile::Open(model.path());
  GgufFile second = std::move(first);
  first = GgufFile::Open(model.path());
  second = std::move(first);
  EXPECT_EQ(second.Bytes(second.Require("a")).size(), 16u);
}

TEST(GgufFile, ManyKeysTakeNoQuadraticTime) {
  GgufBuilder builder;
  for (int i = 0; i < 60000; ++i) {
    const std::string key = "key." + std::to_string(i);
    builder.AddRawEntry(RawEntry(key, GgufValueType::kUint8, "x"));
  }
  const TempFile model(builder.Build());
  EXPECT_TRUE(GgufFile::Open(model.path()).Has("key.59999"));
}

TEST(GgufFile, EveryTypeHasABlock) {
  int known = 0;
  for (uint32_t number = 0; number < 64; ++number) {
    const TensorTypeTraits* traits = FindTensorType(number);
    if (traits == nullptr) continue;
    ++known;
    EXPECT_GT(traits->block_bytes, 0);
    EXPECT_GT(traits->block_elements, 0);
    EXPECT_EQ(&TraitsOf(traits->type), traits);
  }
  EXPECT_EQ(known, 35);
}

TEST(GgufFile, WhatIsNoFileGetsOneSentence) {
  const std::string folder = testing::TempDir();
  EXPECT_THAT(MessageOfOpening(folder), HasSubstr("is a directory"));
  EXPECT_THAT(MessageOfOpening("/dev/zero"), HasSubstr("is a character device"));
  EXPECT_THAT(MessageOfOpening(folder + "/no-such.gguf"), HasSubstr("no such GGUF model file"));
  EXPECT_THAT(MessageOfOpening(""), HasSubstr("no such GGUF model file"));
  const std::string fifo = folder + "/moebench." + std::to_string(getpid()) + ".fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(MessageOfOpening(fifo), HasSubstr("is a FIFO"));
  unlink(fifo.c_str());
  const std::string loop = folder + "/moebench." + std::to_string(getpid()) + ".loop";
  ASSERT_EQ(symlink(loop.c_str(), loop.c_str()), 0);
  EXPECT_THAT(MessageOfOpening(loop), HasSubstr("symbolic links"));
  unlink(loop.c_str());
}

}  // namespace
}  // namespace moebench
