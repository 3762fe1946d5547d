#include "harness/cli/inspect_layers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "runners/native/facts/hyper.h"

namespace moebench {
namespace {

constexpr char kLatent[] = "latent attention (MLA)";
constexpr std::pair<const char*, Mixer> kMixers[] = {
    {"attention", Mixer::kAttention},
    {kLatent, Mixer::kMla},
    {"gated delta net", Mixer::kDeltaNet},
    {"Mamba-2", Mixer::kMamba2},
};

}  // namespace

nlohmann::json LayersJson(const std::string& model_path) {
  const Hyper hyper = ReadHyper(GgufFile::Open(model_path));
  nlohmann::json json = {{"computed", hyper.n_layers},
                         {"mixture_of_experts", hyper.CountOf(FeedForward::kExperts)},
                         {"dense", hyper.CountOf(FeedForward::kDense)},
                         {"next_token_prediction", hyper.n_prediction_layers},
                         // Those of the groups that a token may choose from.
                         {"most_experts_per_token",
                          hyper.n_experts / hyper.routing.n_groups * hyper.routing.groups_used}};
  json["mixers"] = nlohmann::json::array();
  for (const auto& [name, mixer] : kMixers) {
    const int count = hyper.CountOf(mixer);
    const bool recurrent = mixer == Mixer::kDeltaNet || mixer == Mixer::kMamba2;
    if (count == 0) continue;
    json["mixers"].push_back({{"name", name}, {"layers", count}, {"recurrent", recurrent}});
  }
  const auto windowed = [](const LayerShape& layer) { return layer.window > 0; };
  const auto first = std::find_if(hyper.layers.begin(), hyper.layers.end(), windowed);
  if (first != hyper.layers.end()) {
    json["window"] = {{"layers", std::count_if(hyper.layers.begin(), hyper.layers.end(), windowed)},
                      {"positions", first->window}};
  }
  return json;
}

std::vector<std::pair<std::string, std::string>> LayerLines(const nlohmann::json& layers) {
  std::vector<std::string> mixers;
  for (const nlohmann::json& mixer : layers["mixers"]) {
    const std::string name = mixer["name"].get<std::string>();
    const char* note = mixer["recurrent"].get<bool>() ? ", recurrent" : "";
    if (name == kLatent) note = ", the latent vector cached twice: as key and as value";
    mixers.push_back(fmt::format("{} {}{}", mixer["layers"].get<int>(), name, note));
  }
  if (layers.contains("window")) {
    mixers.back() += fmt::format(", {} of them over the last {} positions only",
                                 layers["window"]["layers"].get<int>(),
                                 layers["window"]["positions"].get<int>());
  }
  std::vector<std::pair<std::string, std::string>> lines = {
      {"layers", fmt::format("{}: {} mixture-of-experts, {} dense", layers["computed"].get<int>(),
                             layers["mixture_of_experts"].get<int>(), layers["dense"].get<int>())},
      {"mixers", fmt::format("{}", fmt::join(mixers, "; "))}};
  const int predict = layers["next_token_prediction"].get<int>();
  if (predict > 0) {
    lines.emplace_back(
        "next-token layers",
        fmt::format("{}, for speculation: never computed, counted in the file's size only",
                    predict));
  }
  return lines;
}

}  // namespace moebench
