// Damaged and hostile GGUF files, by the families of bugs that GGUF readers really had (G1 to G10:
// published advisories of llama.cpp, Ollama, mlx, gguf-tools). Each is one Error that names the
// file and the field; none may crash, hang, or allocate by what the file claims.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ostream>

#include "harness/base/error.h"
#include "runners/native/gguf/gguf_file.h"
#include "runners/native/gguf/testing/gguf_builder.h"
#include "runners/native/gguf/testing/temp_file.h"

namespace moebench {
namespace {

using testing::HasSubstr;

constexpr uint64_t kMax = ~uint64_t{0};
constexpr uint64_t kTop = uint64_t{1} << 63;
constexpr auto kU8 = static_cast<uint32_t>(GgufValueType::kUint8);
constexpr auto kU64 = static_cast<uint32_t>(GgufValueType::kUint64);
constexpr auto kText = static_cast<uint32_t>(GgufValueType::kString);
constexpr auto kArray = static_cast<uint32_t>(GgufValueType::kArray);
constexpr uint32_t kF32 = 0, kF16 = 1, kQ8_0 = 8, kQ4_K = 12, kI8 = 24;

struct Attack {
  std::string name;
  std::string file;
  std::string says;  // part of the message
};
void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }

GgufBuilder Sound() {
  GgufBuilder builder;
  builder.SetString("general.architecture", "qwen3moe").SetUint32("qwen3moe.block_count", 1);
  builder.AddTensor("a", TensorType::kF32, {4, 2}, std::vector<float>(8, 1.0f));
  builder.AddTensor("b", TensorType::kQ8_0, {32}, std::vector<float>(32, 1.0f));
  return builder;
}

std::string WithEntry(const std::string& entry) { return Sound().AddRawEntry(entry).Build(); }

std::string WithArray(uint32_t type, uint64_t count, const std::string& elements) {
  return WithEntry(RawArrayEntry("x.array", type, count, elements));
}

std::string WithTensor(std::vector<uint64_t> shape, uint32_t type, uint64_t offset = 64) {
  return Sound().AddRawTensorInfo(RawTensorInfo("evil", shape, type, offset)).Build();
}

// A tensor whose dimension count is a lie.
std::string WithDimensionCount(uint32_t count) {
  std::string info = RawString("evil") + RawBytes(count);
  for (int i = 0; i < 9; ++i) info += RawBytes(uint64_t{1});
  return Sound().AddRawTensorInfo(info + RawBytes(kF32) + RawBytes(uint64_t{64})).Build();
}

std::string WithTwoTensors(uint64_t elements, int copies) {
  GgufBuilder builder = Sound();
  for (int i = 0; i < copies; ++i) {
    builder.AddRawTensorInfo(RawTensorInfo("evil" + std::to_string(i), std::vector{elements}, kI8,
                                           static_cast<uint64_t>(i) * elements));
  }
  return builder.Build();
}

std::string WithAlignment(uint32_t alignment) {
  return Sound().SetUint32("general.alignment", alignment).Build();
}

std::string WithKey(const std::string& key) {
  return WithEntry(RawEntry(key, GgufValueType::kUint8, "x"));
}

std::string ValueOfLength(uint64_t claimed) {
  return WithEntry(RawEntry("x", GgufValueType::kString, RawString("abc", claimed)));
}

// clang-format off
const std::vector<Attack> kAttacks = {
    {"G1_ValueCountMax", Sound().OverrideValueCount(kMax).Build(), "metadata count is 18446744073709551615"},
    {"G1_ValueCountTop", Sound().OverrideValueCount(kTop).Build(), "metadata count is"},
    {"G1_ValueCount2e60", Sound().OverrideValueCount(uint64_t{1} << 60).Build(), "metadata count is"},
    {"G1_ValueCountOverSizeof", Sound().OverrideValueCount(kMax / sizeof(GgufValue) + 1).Build(), "metadata count is"},
    {"G1_ValueCountOverCap", Sound().OverrideValueCount(65537).Build(), "the limit is 65536"},
    {"G1_ValueCountOneMore", Sound().OverrideValueCount(3).Build(), "name says it is 562949953421312 bytes long"},
    {"G1_ValueCountZero", Sound().OverrideValueCount(0).Build(), "dimension count is 8"},
    {"G1_TensorCountMax", Sound().OverrideTensorCount(kMax).Build(), "tensor count is 18446744073709551615"},
    {"G1_TensorCountTop", Sound().OverrideTensorCount(kTop).Build(), "tensor count is"},
    {"G1_TensorCount2e60", Sound().OverrideTensorCount(uint64_t{1} << 60).Build(), "tensor count is"},
    {"G1_TensorCountOverSizeof", Sound().OverrideTensorCount(kMax / sizeof(TensorInfo) + 1).Build(), "tensor count is"},
    {"G1_TensorCountOverCap", Sound().OverrideTensorCount(131073).Build(), "the limit is 131072"},
    {"G1_TensorCountOneMore", Sound().OverrideTensorCount(3).Build(), "tensor 3 of 3"},

    {"G2_KeyLengthMax", WithEntry(RawString("x", kMax)), "key says it is 18446744073709551615 bytes long"},
    {"G2_KeyLength2e40", WithEntry(RawString("x", uint64_t{1} << 40)), "key says it is"},
    {"G2_KeyOverCap", WithKey(std::string(65537, 'k')), "key is 65537 bytes long, the limit is 65536"},
    {"G2_KeyEmpty", WithKey(""), "key is empty"},
    {"G2_KeyWithNul", WithKey(std::string("a\0b", 3)), "'a\\x00b' is no plain ASCII"},
    {"G2_KeyInvalidUtf8", WithKey("a\xff\xfe"), "'a\\xff\\xfe' is no plain ASCII"},
    {"G2_KeyWithEscape", WithKey("\x1b[2J"), "'\\x1b[2J'"},
    {"G2_StringLengthMax", ValueOfLength(kMax), "value says it is 18446744073709551615 bytes long"},
    {"G2_StringLength2e40", ValueOfLength(uint64_t{1} << 40), "value says it is"},
    {"G2_StringLengthTop", ValueOfLength(kTop), "value says it is"},
    {"G2_StringLengthOneTooMany", GgufBuilder().AddRawEntry(RawEntry("x", GgufValueType::kString, RawString("abc", 9))).Build().substr(0, 24 + 8 + 1 + 4 + 8 + 8), "value says it is 9 bytes long but 8 are left"},
    {"G2_StringEndsInTheMiddle", GgufBuilder().AddRawEntry(RawEntry("x", GgufValueType::kString, RawString("abcdef"))).Build().substr(0, 24 + 8 + 1 + 4 + 8 + 3), "value says it is 6 bytes long but 3 are left"},

    {"G3_ArrayCountWraps", WithArray(kU64, uint64_t{1} << 61, std::string(64, 'x')), "element count is 2305843009213693952 of at least 8 bytes"},
    {"G3_ArrayCountMax", WithArray(kU8, kMax, "xyz"), "element count is"},
    {"G3_ArrayOfStringsMax", WithArray(kText, kMax, RawString("x")), "element count is"},
    {"G3_ArrayOfArrays", WithArray(kArray, 2, std::string(64, '\0')), "arrays of arrays"},
    {"G3_ElementType255", WithArray(255, uint64_t{1} << 60, "x"), "element type is 255"},
    {"G3_ElementType13", WithArray(13, 1, "x"), "element type is 13"},
    {"G3_ElementTypeMax", WithArray(0xffffffff, 1, "x"), "element type is 4294967295"},
    {"G3_ValueType255", WithEntry(RawEntry("x", GgufValueType{255}, "x")), "value type is 255"},
    {"G3_ValueTypeMax", WithEntry(RawEntry("x", GgufValueType{0xffffffff}, "x")), "value type is 4294967295"},
    {"G3_StringsWithShortTail", WithArray(kText, 3, RawString("a") + RawString("b") + RawString("c", kMax)), "string of the array says it is"},
    {"G3_StringsOneTooMany", GgufBuilder().AddRawEntry(RawArrayEntry("x", kText, 2, RawString("0123456789abcdef"))).Build().substr(0, 24 + 9 + 4 + 4 + 8 + 8 + 16), "string of the array needs 8 bytes but 0 are left"},
    {"G3_BoolIsTwo", WithEntry(RawEntry("x", GgufValueType::kBool, "\x02")), "a bool is 0 or 1"},
    {"G3_BoolsHoldTwo", WithArray(static_cast<uint32_t>(GgufValueType::kBool), 2, std::string("\x01\x02")), "a bool is 0 or 1"},

    {"G4_Dimensions0", WithDimensionCount(0), "dimension count is 0, not 1 to 4"},
    {"G4_Dimensions5", WithDimensionCount(5), "dimension count is 5"},
    {"G4_Dimensions8", WithDimensionCount(8), "dimension count is 8"},
    {"G4_Dimensions9", WithDimensionCount(9), "dimension count is 9"},
    {"G4_DimensionsMax", WithDimensionCount(0xffffffff), "dimension count is 4294967295"},
    {"G4_DimensionNegative", WithTensor({kMax}, kF32), "dimension is 18446744073709551615"},
    {"G4_DimensionTop", WithTensor({4, kTop}, kF32), "dimension is 9223372036854775808"},
    {"G4_DimensionZero", WithTensor({0}, kF32), "dimension is 0"},
    {"G4_SecondDimensionZero", WithTensor({4, 0, 1, 1}, kF32), "dimension is 0"},

    {"G5_ElementsWrapToZero", WithTensor({uint64_t{1} << 32, uint64_t{1} << 32, 1, 1}, kF32), "more than 2^63 - 1 elements"},
    {"G5_ElementsWrapNegative", WithTensor({kTop - 1, 2, 1, 1}, kF32), "more than 2^63 - 1 elements"},
    {"G5_ElementsWrapToSmall", WithTensor({(uint64_t{1} << 42) + 1, uint64_t{1} << 22, 1, 1}, kI8), "more than 2^63 - 1 elements"},
    {"G5_ElementsWrapAtFourth", WithTensor({uint64_t{1} << 16, uint64_t{1} << 16, uint64_t{1} << 16, uint64_t{1} << 16}, kI8), "more than 2^63 - 1 elements"},

    {"G6_BytesWrapF32", WithTensor({uint64_t{1} << 62}, kF32), "more than 2^63 - 1 bytes"},
    {"G6_BytesWrapQ8_0", WithTensor({(kTop / 34 + 1) * 32}, kQ8_0), "more than 2^63 - 1 bytes"},
    {"G6_BytesWrapQ8_0Max", WithTensor({kTop - 32}, kQ8_0), "more than 2^63 - 1 bytes"},
    {"G6_Q4_KJustAboveSizeMax", WithTensor({(kMax / 144 + 1) / 256 * 256, 64}, kQ4_K), "past the end of the data"},
    {"G6_ExabyteTensor", WithTensor({uint64_t{1} << 30, uint64_t{1} << 30}, kI8), "past the end of the data"},
    {"G6_RowIsNoMultipleOfTheBlock", WithTensor({33}, kQ8_0), "blocks of 32 don't divide rows of 33"},
    {"G6_RowOfOneWithManyRows", WithTensor({1, 32}, kQ8_0), "don't divide rows of 1"},
    {"G6_RowBelowSuperBlock", WithTensor({128, 2}, kQ4_K), "blocks of 256 don't divide rows of 128"},

    {"G7_TwoHugeTensors", WithTwoTensors(0x7fffffffffffffc0, 2), "past the end of the data"},
    {"G7_SumIsTwoToThe64", WithTwoTensors(uint64_t{1} << 62, 4), "past the end of the data"},

    {"G8_SizeNearSizeMax", WithTensor({kMax - 63}, kI8), "dimension is"},
    {"G8_SizeAtSizeMaxInHalves", WithTensor({kTop - 1}, kF16), "more than 2^63 - 1 bytes"},
    {"G8_SizeNearInt64Max", WithTensor({kTop - 1}, kI8), "past the end of the data"},

    {"G9_Alignment0", WithAlignment(0), "is 0, not a power of two from 1 to 65536"},
    {"G9_Alignment3", WithAlignment(3), "is 3, not a power of two"},
    {"G9_Alignment13", WithAlignment(13), "is 13, not a power of two"},
    {"G9_Alignment131072", WithAlignment(131072), "is 131072, not a power of two"},
    {"G9_Alignment2e31", WithAlignment(uint32_t{1} << 31), "is 2147483648, not a power of two"},
    {"G9_AlignmentInt32", Sound().SetInt32("general.alignment", 32).Build(), "is of type i32, not u32"},
    {"G9_AlignmentUint64", Sound().SetUint64("general.alignment", 32).Build(), "is of type u64, not u32"},
    {"G9_AlignmentString", Sound().SetString("general.alignment", "32").Build(), "is of type string, not u32"},
    {"G9_AlignmentArray", Sound().SetRaw("general.alignment", RawArrayEntry("general.alignment", 4, 1, RawBytes(uint32_t{32}))).Build(), "is of type array of u32, not u32"},

    {"G10_OffsetAtTheEnd", WithTensor({4}, kF32, 128), "past the end of the data"},
    {"G10_OffsetJustInside", WithTensor({64}, kF32, 64), "past the end of the data"},
    {"G10_OffsetUnaligned", WithTensor({1}, kF32, 65), "is 65, no multiple of the alignment 32"},
    {"G10_OffsetWrapsBackInside", WithTensor({4}, kF32, kMax - 31), "past the end of the data"},
    {"G10_OffsetTop", WithTensor({4}, kF32, kTop), "past the end of the data"},
    {"G10_SameOffsetTwice", Sound().OverrideOffset("b", 0).Build(), "begins at byte"},
    {"G10_Overlap", Sound().AddRawTensorInfo(RawTensorInfo("evil", std::vector<uint64_t>{4}, kF32, 32)).Build(), "within tensor 'b'"},

    {"Magic", Sound().OverrideMagic("FUGG").Build(), "magic is 'FUGG', not 'GGUF'"},
    {"MagicOfTheOldFormat", Sound().OverrideMagic("tjgg").Build(), "magic is 'tjgg'"},
    {"MagicHalf", "GG", "magic is 'GG'"},
    {"EmptyFile", "", "the file is empty"},
    {"Version0", Sound().OverrideVersion(0).Build(), "version is 0, only 2 and 3 are read"},
    {"Version1", Sound().OverrideVersion(1).Build(), "version is 1, only 2 and 3 are read"},
    {"Version4", Sound().OverrideVersion(4).Build(), "version is 4"},
    {"VersionMax", Sound().OverrideVersion(0xffffffff).Build(), "version is 4294967295"},
    {"BigEndian", Sound().OverrideVersion(0x03000000).Build(), "the file is big-endian"},
    {"DuplicateKey", WithEntry(RawEntry("general.architecture", GgufValueType::kUint8, "x")), "'general.architecture' stands there twice"},
    {"DuplicateTensor", Sound().AddRawTensorInfo(RawTensorInfo("a", std::vector<uint64_t>{4}, kF32, 96)).Build(), "'a' stands there twice"},
    {"TensorTypeTakenBack", WithTensor({32}, 4), "type is 4, a number that no tensor type"},
    {"TensorTypeTooNew", WithTensor({32}, 43), "type is 43"},
    {"TensorTypeMax", WithTensor({32}, 0xffffffff), "type is 4294967295"},
    {"TensorNameEmpty", Sound().AddRawTensorInfo(RawTensorInfo("", std::vector<uint64_t>{4}, kF32, 96)).Build(), "name is empty"},
    {"TensorNameTooLong", Sound().AddRawTensorInfo(RawTensorInfo(std::string(65, 'n'), std::vector<uint64_t>{4}, kF32, 96)).Build(), "name is 65 bytes long, the limit is 64"},
    {"TensorNameWithEscape", Sound().AddRawTensorInfo(RawTensorInfo("\x1b[2J", std::vector<uint64_t>{4}, kF32, 96)).Build(), "'\\x1b[2J' is no plain ASCII"},
    {"TensorNameLengthMax", Sound().AddRawTensorInfo(RawString("evil", kMax)).Build(), "name says it is"},
};
// clang-format on

void ExpectOneError(const Attack& attack) {
  const TempFile model(attack.file);
  try {
    GgufFile::Open(model.path());
    FAIL() << "opened";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(attack.says));
    EXPECT_THAT(error.where(), HasSubstr(model.path().string()));
    EXPECT_EQ(error.code(), ExitCode::kBadData);
  }
#ifndef __SANITIZE_ADDRESS__
  rusage usage{};
  ASSERT_EQ(getrusage(RUSAGE_SELF, &usage), 0);
  EXPECT_LT(usage.ru_maxrss, 256 * 1024) << "KiB";
#endif
}

class GgufAttack : public testing::TestWithParam<Attack> {};

TEST_P(GgufAttack, IsOneErrorThatNamesFileAndField) { ExpectOneError(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Families, GgufAttack, testing::ValuesIn(kAttacks),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(GgufAttack, StringOfMoreThan16MiB) {
  const std::string text((16 << 20) + 1, 's');
  const std::string entry = RawEntry("x", GgufValueType::kString, RawString(text));
  ExpectOneError({"", WithEntry(entry), "value is 16777217 bytes long, the limit is 16777216"});
}

TEST(GgufAttack, ArrayOfMoreThan2To24Elements) {
  constexpr uint64_t kElements = (1 << 24) + 1;
  ExpectOneError({"", WithArray(kU8, kElements, std::string(kElements, 'x')),
                  "element count is 16777217, the limit is 16777216"});
}

TEST(GgufAttack, MoreThan2To22StringsInArrays) {
  constexpr uint64_t kHalf = (1 << 21) + 1;
  std::string empty_strings(kHalf * sizeof(uint64_t), '\0');
  GgufBuilder builder = Sound();
  builder.AddRawEntry(RawArrayEntry("first", kText, kHalf, empty_strings));
  builder.AddRawEntry(RawArrayEntry("second", kText, kHalf, empty_strings));
  ExpectOneError(
      {"", builder.Build(), "element count is 2097153, the limit for strings is 4194304"});
}

TEST(GgufAttack, NoTensorsCountedIsAFileWithoutTensors) {
  const TempFile model(Sound().OverrideTensorCount(0).Build());
  EXPECT_EQ(GgufFile::Open(model.path()).tensors().size(), 0u);
}

TEST(GgufAttack, StringsMayHoldNulAndInvalidUtf8) {
  const std::string odd("a\0\xff", 3);
  const TempFile model(Sound().SetString("x", odd).SetString("empty", "").Build());
  EXPECT_EQ(GgufFile::Open(model.path()).GetString("x"), odd);
  EXPECT_EQ(GgufFile::Open(model.path()).GetString("empty"), "");
}

// Reads all there is; only Error may come out.
void OpenAndTouch(const std::filesystem::path& path) {
  try {
    const GgufFile file = GgufFile::Open(path);
    unsigned sum = 0;
    for (const TensorInfo& tensor : file.tensors()) {
      for (const std::byte byte : file.Bytes(tensor)) sum += std::to_integer<unsigned>(byte);
    }
    for (const char* key : {"general.architecture", "qwen3moe.block_count", "list"}) {
      const GgufValue* value = file.FindValue(key);
      if (value != nullptr && IsInteger(value->type))
        sum += static_cast<unsigned>(file.GetInts(key).size());
    }
    EXPECT_LT(sum, 1u << 31);
  } catch (const Error& error) {
    EXPECT_THAT(error.where(), HasSubstr(path.string()));
  }
}

GgufBuilder Rich() {
  GgufBuilder builder = Sound();
  builder.SetUint32("general.alignment", 32).SetStrings("words", {"a", "bc", ""});
  builder.SetInts("list", {1, 2, 3}).SetFloat("eps", 1e-6f).SetBool("norm", true);
  builder.AddTensor("blk.0.ffn_up_exps.weight", TensorType::kF16, {4, 2, 2},
                    std::vector<float>(16, 2.0f));
  return builder;
}

TEST(GgufAttack, EveryTruncationIsAnError) {
  const std::string whole = Rich().Build();
  const TempFile model(whole);
  GgufFile::Open(model.path());
  for (size_t length = whole.size(); length-- > 0;) {
    ASSERT_EQ(truncate(model.path().c_str(), static_cast<off_t>(length)), 0);
    EXPECT_THROW(GgufFile::Open(model.path()), Error) << length;
  }
}

TEST(GgufAttack, EveryBitFlipIsAnErrorOrALoad) {
  const std::string whole = Rich().Build();
  const TempFile model(whole);
  const int fd = open(model.path().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  for (size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      const char flipped = static_cast<char>(whole[at] ^ (1 << bit));
      ASSERT_EQ(pwrite(fd, &flipped, 1, static_cast<off_t>(at)), 1);
      OpenAndTouch(model.path());
    }
    ASSERT_EQ(pwrite(fd, &whole[at], 1, static_cast<off_t>(at)), 1);
  }
  close(fd);
}

}  // namespace
}  // namespace moebench
