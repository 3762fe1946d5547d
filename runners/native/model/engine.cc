#include "runners/native/model/engine.h"

#include <algorithm>

namespace moebench {

Engine::Engine(const GgufFile& file, const EngineOptions& options) {
  const Hyper hyper = ReadHyper(file);
  own_team_ = std::make_unique<Team>(options.thread_cpus, options.seats);
  team_ = own_team_.get();
  Load(file, hyper, options);
}

Engine::Engine(const GgufFile& file, const EngineOptions& options, Team& team) : team_(&team) {
  Load(file, ReadHyper(file), options);
}

void Engine::Load(const GgufFile& file, const Hyper& hyper, const EngineOptions& options) {
  ModelWeights weights = LoadWeights(file, hyper, *team_, options.isa, options.experts,
                                     options.bind, options.progress);
  transformer_ = std::make_unique<Transformer>(std::move(weights), *team_, options.isa,
                                               std::min(options.context_tokens, hyper.context),
                                               options.kv, options.bind);
}

std::vector<float> Engine::Logits(std::span<const int> tokens, int k) {
  std::vector<float> logits(tokens.size() *
                            static_cast<std::size_t>(transformer_->hyper().vocabulary));
  transformer_->Reset();
  transformer_->Forward(tokens, k, LogitsOf::kAll, logits);
  return logits;
}

}  // namespace moebench
