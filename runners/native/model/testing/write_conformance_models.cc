// write_conformance_models FOLDER: the models of conformance_models.h, for make_fixtures.sh.
#include <cstdio>
#include <filesystem>

#include "harness/base/error.h"
#include "runners/native/model/testing/conformance_models.h"

int main(int argc, char** argv) {
  using moebench::TensorType;
  if (argc != 2) return 64;
  const std::filesystem::path folder = argv[1];
  try {
    moebench::ConformanceModel(TensorType::kF32).Write(folder / "f32.gguf");
    moebench::ConformanceModel(TensorType::kF16).Write(folder / "f16.gguf");
    moebench::ConformanceModel(TensorType::kBF16).Write(folder / "bf16.gguf");
    moebench::ConformanceModel(TensorType::kQ8_0).Write(folder / "q8_0.gguf");
  } catch (const moebench::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
}
