#include "harness/sweep/testing/null_sweep.h"

#include "harness/base/clock.h"

namespace moebench {
namespace {

class NullRunner : public Runner {
 public:
  explicit NullRunner(std::function<void(const GenerateRequest&)> on_generate)
      : on_generate_(std::move(on_generate)) {}
  ModelFacts Inspect(const std::string&) override { return {}; }
  LoadReport Load(const LoadRequest&, const Progress&) override { return {.proof = proof_}; }
  void Warm() override {}
  PlacementProof ReadPlacement() override { return proof_; }
  GenerateResult Generate(const GenerateRequest& request) override {
    on_generate_(request);
    GenerateResult result;
    result.text = "5";
    result.tokens.assign(static_cast<size_t>(request.max_tokens), 1);
    result.finish = request.ignore_eos ? "length" : "stop";
    result.prompt_tokens = 4;
    result.prefill_ms = 2;
    result.inter_token_ms.assign(static_cast<size_t>(request.max_tokens) - 1, 1.0f);
    result.k_executed_min = result.k_executed_max = request.k;
    return result;
  }

 private:
  std::function<void(const GenerateRequest&)> on_generate_;
  PlacementProof proof_{.pages_per_node = {{0, 1000}}, .thread_cpus = {0, 1}};
};

}  // namespace

SweepPlan NullPlan(int trials, int max_tokens) {
  SweepSpec spec;
  spec.runner = "fake";
  spec.experts = {4};
  spec.sessions = 1;
  spec.trials = trials;
  spec.max_tokens = max_tokens;
  spec.controls = 0;
  Suite suite;
  for (int i = 0; i < 4; ++i) {
    suite.items.push_back({.id = "i" + std::to_string(i),
                           .prompt = "2+3?",
                           .max_tokens = 8,
                           .grader_kind = "exact",
                           .expected = {"5"}});
  }
  suite.speed = {{"s1", "one"}, {"s2", "two"}, {"s3", "three"}};
  ModelInput model;
  model.facts.n_experts = 32;
  model.facts.k0 = 8;
  model.facts.n_moe_layers = 2;
  model.facts.expert_bytes = 100;
  model.facts.dense_bytes_per_token = 100;
  model.facts.context_length = 1 << 20;
  model.facts.path = "null.gguf";
  model.sha256 = "abc";
  PlanningMachine machine;
  machine.auto_policies = {"interleave"};
  machine.place = [](const std::string& policy, int) -> PlacementPlan {
    return {policy, {0, 1}, {0}};
  };
  return PlanSweep(spec, {model}, suite, machine);
}

SweepEnvironment NullEnvironment(std::function<void(const GenerateRequest&)> on_generate) {
  SweepEnvironment environment;
  environment.start_worker = [on_generate] {
    return Worker{std::make_unique<NullRunner>(on_generate), 0};
  };
  environment.measure_bandwidth = [](const std::vector<int>&) {
    return ReadBandwidths{30, 100, 1 << 25};
  };
  environment.watch_trial = [](const std::vector<int>&, int) { return [] { return TrialNote{}; }; };
  environment.cancelled = [] { return false; };
  environment.now_s = [] { return static_cast<double>(NowNs()) * 1e-9; };
  environment.report = [](const SweepEvent&) {};
  return environment;
}

}  // namespace moebench
