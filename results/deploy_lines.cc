#include "results/deploy_lines.h"

#include <fmt/format.h>

#include "results/model_facts.h"
#include "results/report_escape.h"

namespace moebench {
namespace {

std::string DeployNative(const Cell& cell, const std::vector<InstancePlace>& places) {
  const bool several = cell.instances > 1;  // each has a placement of its own
  std::string line = "moebench generate -m " + ShellWord(cell.model_path);
  if (cell.k > 0) line += fmt::format(" --experts {}", cell.k);
  if (cell.decoding != "plain") line += " --decode " + ShellWord(cell.decoding);
  const Guessing& guessing = cell.guessing;
  if (!guessing.draft_path.empty()) line += " --draft " + ShellWord(guessing.draft_path);
  if (guessing.draft_tokens > 0) line += fmt::format(" --draft-tokens {}", guessing.draft_tokens);
  if (guessing.recurrent == "checkpoint") line += " --recurrent checkpoint";
  if (several) {
    line += std::string(" --placement ") + kPlacementWord;
  } else if (!cell.placement.empty()) {
    line += " --placement " + ShellWord(cell.placement);
  }
  if (!HasUsualKv(cell)) line += " --kv " + ShellWord(cell.kv);
  line += fmt::format(" -t {} -p 'your prompt'", cell.threads);
  return several ? StartTogether(places, line) : line;
}

// For llama.cpp's programs, which know nothing of our lookup and draft modes: only plain decoding
// has a line.
std::string DeployLlamaCpp(const char* program, const Cell& cell,
                           const std::vector<InstancePlace>& places, bool is_k0,
                           const ModelRecord& model) {
  if (cell.decoding != "plain") return "";
  const std::string key = ExpertCountKey(model.facts_json);
  std::string line = std::string(program) + " -m " + ShellWord(cell.model_path);
  if (cell.k > 0 && !is_k0) {
    if (key.empty()) return "";  // a guessed key would silently do nothing
    line += " --override-kv " + ShellWord(fmt::format("{}=int:{}", key, cell.k));
  }
  line += fmt::format(" -t {}", cell.threads);
  if (!HasUsualKv(cell)) {
    line += fmt::format(" -ctk {0} -ctv {0}", ShellWord(cell.kv));
  }
  if (cell.instances > 1) return StartServersTogether(places, line);
  if (!places.empty() && places[0].nodes.size() > 1) line += " --numa distribute";
  return line;
}

}  // namespace

void FillDeployLines(const Cell& cell, const std::vector<InstancePlace>& places, bool is_k0,
                     const ModelRecord& model, Recommendation& choice) {
  choice.deploy_native = DeployNative(cell, places);
  choice.deploy_llamacpp = DeployLlamaCpp("llama-server", cell, places, is_k0, model);
  if (cell.instances > 1) return;  // who asks by hand asks one
  choice.deploy_llama_cli = DeployLlamaCpp("llama-cli", cell, places, is_k0, model);
  if (!choice.deploy_llama_cli.empty()) choice.deploy_llama_cli += " -p 'your prompt'";
}

}  // namespace moebench
