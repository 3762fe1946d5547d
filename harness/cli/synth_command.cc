// moebench synth: a file of random weights with a real model's dimensions.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <thread>

#include "harness/cli/commands.h"
#include "harness/cli/option_checks.h"
#include "runners/native/synth/made_vocabulary.h"
#include "runners/native/synth/shapes.h"
#include "runners/native/synth/synth_model.h"
#include "runners/native/synth/type_mix.h"

namespace moebench {
namespace {

struct Options {
  std::string shape, type;
  SynthRequest request;
  bool list = false;
};

void PrintShapes() {
  fmt::print("  {:<22} {:<10} {:>6} {:>6} {:>14} {:>9} {:>12} {:>9}\n", "shape", "arch", "layers",
             "width", "experts (used)", "billions", "vocabulary", "Q4_K_M");
  for (const SynthShape& shape : AllShapes()) {
    const SynthReport report = PlanSyntheticModel({.shape = shape, .mix = FindTypeMix("Q4_K_M")});
    fmt::print("  {:<22} {:<10} {:>6} {:>6} {:>14} {:>9.1f} {:>12} {:>6.1f} GB\n", shape.name,
               shape.architecture, shape.layers, shape.d_model,
               fmt::format("{} ({})", shape.experts, shape.k0),
               static_cast<double>(report.parameters) / 1e9, shape.vocabulary,
               static_cast<double>(report.file_bytes) / 1e9);
  }
  fmt::print("\n  types:");
  for (const TypeMix& mix : AllTypeMixes()) fmt::print(" {}", mix.name);
  fmt::print("\n");
}

// One line that is written over on a terminal, every tenth of the way elsewhere.
class WriteProgress {
 public:
  void operator()(uint64_t done, uint64_t total) {
    const int steps = isatty(STDERR_FILENO) ? 100 : 10;
    const int step = static_cast<int>(static_cast<double>(steps) * static_cast<double>(done) /
                                      static_cast<double>(total));
    if (step == last_step_) return;
    last_step_ = step;
    fmt::print(stderr, "{}[{:3d} %] {:.1f} of {:.1f} GB{}", steps == 100 ? "\r" : "",
               step * 100 / steps, static_cast<double>(done) / 1e9,
               static_cast<double>(total) / 1e9, steps == 100 && done < total ? "" : "\n");
  }

 private:
  int last_step_ = -1;
};

void Synthesise(Options& options) {
  if (options.list) return PrintShapes();
  for (const auto& [value, name] :
       {std::pair{&options.shape, "--shape"}, std::pair{&options.type, "--type"}}) {
    if (value->empty()) {
      throw Error{"is needed", name, "'moebench synth --list' shows the choices", ExitCode::kUsage};
    }
  }
  if (options.request.path.empty()) throw Error{"is needed", "-o", "", ExitCode::kUsage};
  options.request.shape = FindShape(options.shape);
  options.request.mix = FindTypeMix(options.type);
  if (options.request.threads == 0) {
    options.request.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  }
  const auto start = std::chrono::steady_clock::now();
  const SynthReport report = WriteSyntheticModel(options.request, WriteProgress());
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fmt::print(
      "{}: synthetic {}, {} of {} layers, {}, {:.2f} billion parameters, {:.2f} GB in "
      "{:.1f} s\n",
      options.request.path.string(), options.shape, report.layers, report.model_layers,
      options.request.mix.name, static_cast<double>(report.parameters) / 1e9,
      static_cast<double>(report.file_bytes) / 1e9, seconds);
}

}  // namespace

void AddSynthCommand(CLI::App& app, ExitCode&) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "synth", "Writes random weights with a real model's dimensions, to ask what it would cost");
  SynthRequest& request = options->request;
  command->add_option("--shape", options->shape, "The model, e.g. qwen3-30b-a3b (see --list)");
  command->add_option("--type", options->type, "Types of the weights, e.g. Q4_K_M (see --list)");
  command->add_option("-o,--output", request.path, "GGUF file to write");
  command->add_option("--layers", request.layers, "Fewer layers than the model has [all]")
      ->check(Between(1, 4096));
  command->add_option("--vocab", request.vocabulary, "Tokens in the vocabulary [the model's own]")
      ->check(Between(kLeastVocabulary, kMostVocabulary));
  command->add_option("--seed", request.seed, "Of the random weights")->capture_default_str();
  command->add_option("-t,--threads", request.threads, "Threads [one per CPU]")
      ->check(Between(1, 4096));
  request.threads = 0;
  command->add_flag("--list", options->list, "Show the shapes and types, write nothing");
  command->callback([options] { Synthesise(*options); });
}

}  // namespace moebench
