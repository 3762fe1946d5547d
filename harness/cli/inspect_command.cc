// moebench inspect: what a model file says of itself, what each expert count would cost, and what
// the guards will say. Reads the header only.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/cli/commands.h"
#include "harness/cli/inspect_layers.h"
#include "harness/cli/inspect_vocabulary.h"
#include "harness/cli/sweep_environment.h"
#include "harness/cli/terminal.h"
#include "harness/machine/topology.h"
#include "harness/sweep/plan.h"
#include "results/report_escape.h"
#include "runners/native/native_runner.h"
#include "runners/worker/struct_json.h"

namespace moebench {
namespace {

std::vector<int> ExpertsOf(const ModelFacts& facts) {
  if (facts.n_experts == 0) return {};
  std::vector<int> experts = DefaultExperts(facts.k0, facts.n_experts);
  std::sort(experts.rbegin(), experts.rend());
  return experts;
}

std::string Bytes(double bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < std::size(kUnits); ++unit) bytes /= 1024;
  return fmt::format("{:.{}f} {}", bytes, unit == 0 ? 0 : 1, kUnits[unit]);
}

constexpr const char* kDecodings[] = {"plain", "lookup", "draft", "draft+lookup"};

// What the native runner can do, and whether the draft model fits.
Abilities AbilitiesFor(const std::string& model, const std::string& draft) {
  Abilities abilities{NativeCapabilities(), {}};
  if (!draft.empty()) {
    abilities.draft = DraftInput{.path = draft, .mismatch = DraftMismatch({}, model, draft)};
  }
  return abilities;
}

std::string GuardText(const ModelFacts& facts, const Abilities& abilities,
                      const std::string& decoding) {
  Cell cell;
  cell.k = facts.k0;
  cell.decoding = decoding;
  cell.guessing.recurrent = RecurrentSetting(facts, abilities, "auto");
  return GuardReason(cell, facts, abilities).value_or("allowed");
}

// The context for which the memory guard is asked here; a sweep's is what its suite needs.
int GuardedContext(const ModelFacts& facts) { return std::min(facts.context_length, 4096); }

std::string MemoryText(const ModelFacts& facts) {
  const Topology topology = ReadTopology(ThisMachine());
  return MemoryReason(facts, GuardedContext(facts), ThisPlanningMachine(topology).available_bytes)
      .value_or("allowed");
}

std::string ExpertsText(const nlohmann::json& layers) {
  const int most = layers["most_experts_per_token"].get<int>();
  return most == 0 ? "dense: no choice" : fmt::format("k = 1 to {} allowed", most);
}

// The guard's answers on recurrent layers, by what is asked for.
std::vector<std::pair<std::string, std::string>> StateAnswers(const ModelFacts& facts,
                                                              const Abilities& abilities) {
  std::vector<std::pair<std::string, std::string>> answers;
  for (const std::string& asked : RecurrentModes()) {
    const StateAnswer answer = GuardState(facts, abilities, asked);
    const bool forbidden = answer.guard == StateGuard::kForbidden;
    answers.emplace_back(asked,
                         forbidden ? "forbidden, " + answer.reason
                         : answer.guard == StateGuard::kRollback
                             ? "rollback: a snapshot for each position of the guess"
                             : "checkpoint: correct and slow, accepted tokens are decoded again");
  }
  return answers;
}

nlohmann::json InspectJson(const ModelFacts& facts, const Abilities& abilities) {
  nlohmann::json json = {{"schema", "moebench.inspect/1"}, {"facts", ToJson(facts)}};
  json["layers"] = LayersJson(facts.path);
  json["vocabulary"] = VocabularyJson(facts.path);
  json["experts"] = nlohmann::json::array();
  for (const int k : ExpertsOf(facts)) {
    json["experts"].push_back({{"k", k},
                               {"bytes_per_token", facts.ActiveBytes(k)},
                               {"max_speedup", facts.MaxSpeedup(k)}});
  }
  for (const char* decoding : kDecodings) {
    json["guards"][decoding] = GuardText(facts, abilities, decoding);
  }
  if (facts.n_recurrent_layers > 0) {
    for (const auto& [asked, answer] : StateAnswers(facts, abilities)) {
      json["recurrent"][asked] = answer;
    }
  }
  json["guards"]["experts"] = ExpertsText(json["layers"]);
  json["guards"]["memory"] = MemoryText(facts);
  json["guards"]["memory_context_tokens"] = GuardedContext(facts);
  return json;
}

void PrintExperts(const ModelFacts& facts) {
  fmt::print("\n  {:>4}  {:>16}  {:>12}\n", "k", "bytes per token", "S_max(k)");
  for (const int k : ExpertsOf(facts)) {
    fmt::print("  {:>4}  {:>16}  {:>11.2f}x{}\n", k,
               Bytes(static_cast<double>(facts.ActiveBytes(k))), facts.MaxSpeedup(k),
               k == facts.k0 ? "  <- k0" : "");
  }
  fmt::print(
      "\n  S_max(k): no speed-up over k0 can be larger if reading weights is what limits.\n");
}

void PrintGuards(const ModelFacts& facts, const Abilities& abilities,
                 const nlohmann::json& layers) {
  const auto line = [](const std::string& name, const std::string& says) {
    fmt::print("    {:<22} {}\n", name, VisibleText(says));
  };
  fmt::print("\n  guards\n");
  line("experts", ExpertsText(layers));
  for (const char* decoding : kDecodings) {
    line(fmt::format("--decode {}", decoding), GuardText(facts, abilities, decoding));
  }
  if (facts.n_recurrent_layers > 0) {
    for (const auto& [asked, answer] : StateAnswers(facts, abilities)) {
      line("--recurrent " + asked, answer);
    }
  }
  line("memory here", fmt::format("{} (for {} tokens)", MemoryText(facts), GuardedContext(facts)));
}

void PrintFacts(const ModelFacts& facts, const Abilities& abilities) {
  const auto line = [](const char* name, const std::string& value) {
    fmt::print("  {:<22} {}\n", name, VisibleText(value));
  };
  fmt::print("{}\n", VisibleText(facts.path));
  line("architecture", facts.architecture);
  if (!facts.name.empty()) line("name", facts.name);
  if (!facts.synthetic.empty()) {
    line("SYNTHETIC", facts.synthetic + ": random weights, only speed and size mean something");
  }
  line("weights", fmt::format("{}, {}, {:.1f} M parameters", facts.quantisation,
                              Bytes(static_cast<double>(facts.file_bytes)),
                              static_cast<double>(facts.parameter_count) / 1e6));
  const nlohmann::json layers = LayersJson(facts.path);
  for (const auto& [name, value] : LayerLines(layers)) line(name.c_str(), value);
  if (facts.n_experts > 0) {
    line("experts", fmt::format("k0 = {} of N = {}", facts.k0, facts.n_experts));
    line("shared experts", fmt::format("{}", facts.n_shared_experts));
    line("override key", facts.expert_count_key);
    line("one expert", Bytes(static_cast<double>(facts.expert_bytes)) + " a layer");
  }
  line("read whatever k", Bytes(static_cast<double>(facts.dense_bytes_per_token)) + " a token");
  line("KV cache", Bytes(static_cast<double>(facts.kv_bytes_per_position)) + " a position, f16");
  if (facts.n_recurrent_layers > 0) {
    line("recurrent state",
         Bytes(static_cast<double>(facts.state_bytes)) + " a sequence, of any length");
  }
  line("context", fmt::format("{} tokens", facts.context_length));
  for (const auto& [name, value] : VocabularyLines(VocabularyJson(facts.path))) {
    line(name.c_str(), value);
  }
  line("chat format", facts.chat_format == "none"
                          ? "none that we know: prompts are completed as they stand"
                          : fmt::format("{}, thinking: {}", facts.chat_format, facts.thinking));
  if (facts.n_experts > 0) PrintExperts(facts);
  PrintGuards(facts, abilities, layers);
}

}  // namespace

void AddInspectCommand(CLI::App& app, ExitCode&) {
  struct Options {
    std::string model, draft;
    bool json = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "inspect", "What a GGUF says of itself: experts, bytes per token, bounds, guards");
  command->add_option("model", options->model, "GGUF file")->required();
  command->add_option("--draft", options->draft, "Draft model: does it fit?");
  command->add_flag("--json", options->json, "As JSON (schema moebench.inspect/1)");
  command->callback([options] {
    const ModelFacts facts = MakeNativeRunner()->Inspect(options->model);
    const Abilities abilities = AbilitiesFor(options->model, options->draft);
    if (options->json) {
      fmt::print("{}\n", InspectJson(facts, abilities)
                             .dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    } else {
      PrintFacts(facts, abilities);
    }
  });
}

}  // namespace moebench
