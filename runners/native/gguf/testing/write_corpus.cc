// Writes the corpus that gguf_fuzz starts from: small files, sound and broken, one for each kind of
// field.
//   write_gguf_corpus FOLDER
#include <filesystem>

#include "runners/native/gguf/testing/gguf_builder.h"

namespace moebench {
namespace {

GgufBuilder Sound() {
  GgufBuilder builder;
  builder.SetString("general.architecture", "qwen3moe").SetUint32("n", 2);
  builder.AddTensor("a", TensorType::kF32, {8}, std::vector<float>(8, 1.0f));
  return builder;
}

void WriteCorpus(const std::filesystem::path& folder) {
  Sound().Write(folder / "sound");
  Sound().OverrideVersion(2).Write(folder / "version2");
  Sound().SetUint32("general.alignment", 64).PadTo(64).Write(folder / "alignment");
  Sound().SetStrings("a", {"x", "", "yz"}).Write(folder / "strings");
  Sound().SetInts("a", {1, -1, 3}).Write(folder / "ints");
  Sound().SetFloats("a", {0.5f, 1e9f}).Write(folder / "floats");
  Sound().SetBool("a", true).SetUint64("n", uint64_t{1} << 60).Write(folder / "scalars");
  Sound().SetRaw("a", RawArrayEntry("a", 0, 3, "abc")).Write(folder / "bytes");
  Sound().SetRaw("a", RawArrayEntry("a", 9, 1, "abcdefgh")).Write(folder / "nested");
  Sound()
      .AddTensor("b", TensorType::kQ8_0, {32, 2}, std::vector<float>(64, 0.5f))
      .Write(folder / "quantised");
  Sound()
      .AddTensor("b", TensorType::kF16, {2, 2, 2, 1}, std::vector<float>(8, 0.5f))
      .Write(folder / "four_dimensions");
  Sound().OverrideOffset("a", 32).Write(folder / "past_the_end");
  Sound().SetUint32("split.count", 2).SetUint32("split.no", 0).Write(folder / "split");
  Sound().OverrideTensorCount(3).Write(folder / "count");
}

}  // namespace
}  // namespace moebench

int main(int argc, char** argv) {
  if (argc != 2) return 64;
  moebench::WriteCorpus(argv[1]);
  return 0;
}
