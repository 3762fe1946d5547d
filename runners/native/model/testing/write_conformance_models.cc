// write_conformance_models FOLDER: the models of conformance_models.h and quant_models.h, and the
// tiny ones of every architecture (arch/NAME.gguf, with a list arch/models of names and override
// keys), for make_fixtures.sh.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "harness/base/error.h"
#include "runners/native/gguf/testing/tiny_model.h"
#include "runners/native/model/testing/conformance_models.h"
#include "runners/native/model/testing/quant_models.h"

int main(int argc, char** argv) {
  using moebench::TensorType;
  if (argc != 2) return 64;
  const std::filesystem::path folder = argv[1];
  try {
    moebench::ConformanceModel(TensorType::kF32).Write(folder / "f32.gguf");
    moebench::ConformanceModel(TensorType::kF16).Write(folder / "f16.gguf");
    moebench::ConformanceModel(TensorType::kBF16).Write(folder / "bf16.gguf");
    moebench::ConformanceModel(TensorType::kQ8_0).Write(folder / "q8_0.gguf");
    for (int i = 0; i < moebench::kWeightTypes; ++i) {
      const auto type = static_cast<moebench::WeightType>(i);
      if (!moebench::IsQuantised(type)) continue;
      const std::string name(moebench::TraitsOf(type).name);
      moebench::QuantModel(type).Write(folder / ("quant_" + name + ".gguf"));
    }
    std::filesystem::create_directories(folder / "arch");
    std::ofstream list(folder / "arch" / "models");
    for (const moebench::TinyModel& model : moebench::TinyModels()) {
      moebench::BuildTinyModel(model).Write(folder / "arch" / (model.name + ".gguf"));
      list << model.name << ' ' << model.architecture << ".expert_used_count "
           << (model.n_experts == 0 ? "0" : "4 1 6") << '\n';
    }
    for (const moebench::QuantisedTinyModel& model : moebench::QuantisedTinyModels()) {
      moebench::BuildQuantised(model).Write(folder / "arch" / (model.name + ".gguf"));
      list << model.name << ' ' << moebench::TinyModelNamed(model.tiny).architecture
           << ".expert_used_count 4 1 6\n";
    }
  } catch (const moebench::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return static_cast<int>(error.code());
  }
}
