#include "runners/native/native_runner.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/version.h"
#include "runners/native/decode/choice_scorer.h"
#include "runners/native/decode/generate.h"
#include "runners/native/decode/routing_tracer.h"
#include "runners/native/decode/text_scorer.h"
#include "runners/native/decode/token_timer.h"
#include "runners/native/facts/model_facts.h"
#include "runners/native/kernels/onednn_matmul.h"
#include "runners/native/model/engine.h"
#include "runners/native/native_experts.h"
#include "runners/native/native_placement.h"
#include "runners/native/native_speculation.h"
#include "runners/native/tokenizer/tokenizer.h"
#include "runners/native/tokenizer/vocabulary_fit.h"

namespace moebench {
namespace {

// Reads one byte of every cache line.
void Touch(std::span<const std::byte> memory) {
  for (std::size_t at = 0; at < memory.size(); at += 64) {
    static_cast<void>(*static_cast<const volatile std::byte*>(&memory[at]));
  }
}

WaitShare ShareOf(const WaitPart& part) { return {part.mean, part.most}; }

Think ThinkOf(std::optional<bool> wanted) {
  if (!wanted) return Think::kUsual;
  return *wanted ? Think::kOn : Think::kOff;
}

class NativeRunner : public Runner {
 public:
  ModelFacts Inspect(const std::string& model_path) override {
    return ReadModelFacts(GgufFile::Open(model_path), LoadRequest{}.kv);
  }

  LoadReport Load(const LoadRequest& request, const Progress& progress) override {
    const int64_t start_ns = NowNs();
    loaded_.reset();
    plan_ = request.placement;
    if (plan_.thread_cpus.empty()) {
      throw Error("the placement has no threads", "native runner", "plan at least one",
                  ExitCode::kConfig);
    }
    LoadReport report;
    {
      const GgufFile file = GgufFile::Open(request.model_path);
      report.facts = ReadModelFacts(file, request.kv);
      Tokenizer tokenizer = Tokenizer::FromGguf(file);
      std::vector<ModelFacts> models = {report.facts};
      std::optional<GgufFile> draft_file;
      if (!request.draft_path.empty()) {
        draft_file = GgufFile::Open(request.draft_path);
        RequireSameTokens(file, *draft_file);
        models.push_back(ReadModelFacts(*draft_file, request.kv));
      }
      RequireRoom(plan_, models, request.context_tokens);
      EngineOptions options{.thread_cpus = plan_.thread_cpus,
                            .seats = ThreadSeatsOf(plan_),
                            .context_tokens = request.context_tokens,
                            .kv = request.kv,
                            .experts = ExpertsOn(plan_, ReadHyper(file)),
                            .bind = BindersFor(plan_),
                            .progress = progress};
      report.isa = IsaName(options.isa);
      loaded_ = std::make_unique<Loaded>(Engine(file, options), std::move(tokenizer), report.facts);
      std::optional<Engine> draft;
      if (draft_file) {
        options.experts = DraftExpertsOn(plan_, ReadHyper(*draft_file));
        draft.emplace(*draft_file, options, loaded_->engine.team());
      }
      loaded_->speculation.emplace(loaded_->engine, std::move(draft));
      for (Engine* engine : loaded_->Engines()) {
        engine->transformer().set_on_layer([this] { CountStep(); });
      }
    }
    report.engine_version = "moebench " + std::string(Version()) + ", oneDNN " + OneDnnVersion();
    report.proof = ReadPlacement();
    report.load_s = static_cast<double>(NowNs() - start_ns) * 1e-9;
    return report;
  }

  void Warm() override {
    Loaded& loaded = RequireLoaded();
    loaded.timer.Forget();
    Transformer& transformer = loaded.engine.transformer();
    const std::vector<UsedMemory> memory = loaded.MemoryInUse();
    Team& team = loaded.engine.team();
    team.Run([&](int thread) {
      for (std::size_t i = static_cast<std::size_t>(thread); i < memory.size();
           i += static_cast<std::size_t>(team.size())) {
        Touch(memory[i].bytes);
        CountStep();
      }
    });
    const std::vector<int> prompt(static_cast<std::size_t>(std::min(8, transformer.context())), 0);
    for (const int k : {transformer.most_experts(), std::min(1, transformer.most_experts())}) {
      const int room = transformer.context() - static_cast<int>(prompt.size()) + 1;
      loaded.generator.Run(prompt, {.k = k, .max_tokens = std::min(4, room)});
    }
  }

  GenerateResult Generate(const GenerateRequest& request) override {
    Loaded& loaded = RequireLoaded();
    loaded.timer.Forget();
    const std::vector<int> prompt =
        request.chat ? loaded.tokenizer.EncodeChat(request.prompt, ThinkOf(request.think))
                     : loaded.tokenizer.EncodePrompt(request.prompt);
    StreamDecoder stream(loaded.tokenizer);
    std::function<void(int)> on_token;
    if (request.on_text) {
      on_token = [&](int token) {
        const std::string text = stream.Push(token);
        if (!text.empty()) request.on_text(text);
      };
    }
    const GenerateOptions options{
        .k = request.k == 0 ? loaded.facts.k0 : request.k,
        .max_tokens = request.max_tokens,
        .end_tokens = loaded.end_tokens,
        .ignore_end = request.ignore_eos,
        .sampler = {.temperature = request.temperature, .seed = request.seed},
        .on_token = on_token};
    Generation made =
        request.decoding == "plain"
            ? loaded.generator.Run(prompt, options)
            : loaded.speculation->Run(request.decoding, prompt, options, request.speculation);
    const std::string rest = stream.Finish();
    if (!rest.empty()) request.on_text(rest);
    GenerateResult result;
    result.text = loaded.tokenizer.DecodeContinuation(made.tokens);
    result.tokens = std::move(made.tokens);
    result.finish = made.stopped ? "stop" : "length";
    result.chat = request.chat ? loaded.facts.chat_format : "none";
    result.prompt_tokens = static_cast<int>(prompt.size());
    result.prefill_ms = made.prefill_ms;
    result.inter_token_ms = std::move(made.inter_token_ms);
    result.k_executed_min = made.k_min;
    result.k_executed_max = made.k_max;
    result.experts_touched = made.experts_touched;
    result.bytes_per_token = made.bytes_per_token;
    result.logits_hash = made.logits_hash;
    result.top_gap = std::move(made.top_gap);
    result.prefill_wait = ShareOf(made.prefill_wait);
    if (!result.inter_token_ms.empty()) result.decode_wait = ShareOf(made.decode_wait);
    if (made.speculation) {
      result.drafted = made.speculation->drafted + made.speculation->looked_up;
      result.accepted = made.speculation->accepted + made.speculation->lookup_accepted;
    }
    result.speculation = std::move(made.speculation);
    return result;
  }

  MeasureResult Measure(const MeasureRequest& request) override {
    Loaded& loaded = RequireLoaded();
    if (!request.verify_tokens.empty()) return MeasureVerification(request);
    TokenTest test =
        loaded.timer.Run(TokensOf(request.text), {.k = request.k == 0 ? loaded.facts.k0 : request.k,
                                                  .depth = request.depth_tokens,
                                                  .prompt_tokens = request.prompt_tokens,
                                                  .generated_tokens = request.generated_tokens,
                                                  .batch_tokens = request.batch_tokens});
    MeasureResult result{.prefill_ms = test.prefill_ms,
                         .inter_token_ms = std::move(test.inter_token_ms),
                         .k_executed_min = test.k_min,
                         .k_executed_max = test.k_max,
                         .experts_touched = test.experts_touched,
                         .bytes_per_token = test.bytes_per_token,
                         .logits_hash = test.logits_hash};
    if (request.prompt_tokens > 0) result.prefill_wait = ShareOf(test.prefill_wait);
    if (request.generated_tokens > 0) result.decode_wait = ShareOf(test.decode_wait);
    return result;
  }

  TextScore ScoreText(const TextScoreRequest& request) override {
    Loaded& loaded = RequireLoaded();
    const std::vector<int>& tokens = TokensOf(request.text);
    loaded.timer.Forget();
    TextScoreOptions options{.window = request.window_tokens,
                             .first = request.first_window,
                             .bos = loaded.tokenizer.Bos()};
    for (const int k : request.ks) options.ks.push_back(k == 0 ? loaded.facts.k0 : k);
    TextScore score;
    score.text_tokens = static_cast<int>(tokens.size());
    score.text_windows = score.text_tokens / std::max(1, request.window_tokens);
    const int left = score.text_windows - request.first_window;
    score.windows = options.windows =
        request.max_windows == 0 ? left : std::min(left, request.max_windows);
    score.scored_per_window = ScoredPerWindow(request.window_tokens);
    for (ArmScores& arm : loaded.text_scorer.Run(tokens, options)) {
      score.arms.push_back({.log_p = std::move(arm.log_p),
                            .top = std::move(arm.top),
                            .kl = std::move(arm.kl),
                            .k_executed_min = arm.k_min,
                            .k_executed_max = arm.k_max});
    }
    return score;
  }

  ChoiceScore ScoreChoices(const ChoiceScoreRequest& request) override {
    Loaded& loaded = RequireLoaded();
    loaded.timer.Forget();
    const int prompt_tokens =
        static_cast<int>(loaded.tokenizer.EncodePrompt(request.prompt).size());
    std::vector<TokenChoice> choices;
    for (const std::string& continuation : request.continuations) {
      TokenChoice choice{loaded.tokenizer.EncodePrompt(request.prompt + continuation)};
      // Both may have become one token where they meet.
      choice.first = std::min(prompt_tokens, static_cast<int>(choice.tokens.size()) - 1);
      if (continuation.empty()) choice.first = prompt_tokens;
      choices.push_back(std::move(choice));
    }
    ChoiceScore score;
    const int k = request.k == 0 ? loaded.facts.k0 : request.k;
    for (ChoiceScores& one : loaded.choice_scorer.Run(choices, k)) {
      score.continuations.push_back({.log_p = std::move(one.log_p), .greedy = one.greedy});
    }
    score.prompt_tokens = prompt_tokens;
    score.k_executed_min = loaded.engine.transformer().stats().k_min;
    score.k_executed_max = loaded.engine.transformer().stats().k_max;
    return score;
  }

  RoutingResult TraceRouting(const RoutingRequest& request) override {
    Loaded& loaded = RequireLoaded();
    const std::vector<int>& tokens = TokensOf(request.text);
    loaded.timer.Forget();
    Transformer& transformer = loaded.engine.transformer();
    const int most = std::min(request.max_tokens, transformer.context());
    if (most < 1) {
      throw Error("max_tokens is " + std::to_string(request.max_tokens) + ", not at least 1",
                  "trace routing", "", ExitCode::kUsage);
    }
    const std::size_t n = std::min(tokens.size(), static_cast<std::size_t>(most));
    RoutingResult result;
    result.trace =
        loaded.tracer.Run(std::span(tokens).first(n), request.k == 0 ? loaded.facts.k0 : request.k);
    result.k_executed_min = transformer.stats().k_min;
    result.k_executed_max = transformer.stats().k_max;
    return result;
  }

  MeasureResult MeasureVerification(const MeasureRequest& request) {
    Loaded& loaded = RequireLoaded();
    if (request.prompt_tokens != 0 || request.generated_tokens != 0) {
      throw Error("verification is timed in a request of its own", "measure",
                  "leave prompt_tokens and generated_tokens at 0", ExitCode::kUsage);
    }
    VerifyTest test = loaded.timer.RunVerify(TokensOf(request.text),
                                             {.k = request.k == 0 ? loaded.facts.k0 : request.k,
                                              .depth = request.depth_tokens,
                                              .sizes = request.verify_tokens,
                                              .batch_tokens = request.batch_tokens});
    return {.k_executed_min = test.k_min,
            .k_executed_max = test.k_max,
            .verify = std::move(test.costs)};
  }

  PlacementProof ReadPlacement() override {
    Loaded& loaded = RequireLoaded();
    return ProveMemory(plan_, loaded.MemoryInUse(), loaded.engine.team().ReadCpus());
  }

 private:
  struct Loaded {
    Loaded(Engine engine_in, Tokenizer tokenizer_in, ModelFacts facts_in)
        : engine(std::move(engine_in)),
          tokenizer(std::move(tokenizer_in)),
          facts(std::move(facts_in)),
          generator(engine.transformer(), engine.team()),
          timer(engine.transformer(), engine.team()),
          text_scorer(engine.transformer(), engine.team()),
          choice_scorer(engine.transformer()),
          tracer(engine.transformer()) {
      for (int id = 0; id < std::min(tokenizer.size(), facts.vocabulary_size); ++id) {
        if (tokenizer.IsEndOfGeneration(id)) end_tokens.push_back(id);
      }
    }

    // The model's, and the draft model's if there is one.
    std::vector<Engine*> Engines() {
      std::vector<Engine*> all{&engine};
      if (speculation->draft() != nullptr) all.push_back(speculation->draft());
      return all;
    }
    std::vector<UsedMemory> MemoryInUse() {
      std::vector<UsedMemory> all;
      for (Engine* each : Engines()) {
        const std::vector<UsedMemory> memory = each->transformer().MemoryInUse();
        all.insert(all.end(), memory.begin(), memory.end());
      }
      return all;
    }

    Engine engine;
    std::optional<NativeSpeculation> speculation;  // once the model stands where it stays
    Tokenizer tokenizer;
    ModelFacts facts;
    Generator generator;
    TokenTimer timer;
    TextScorer text_scorer;
    ChoiceScorer choice_scorer;
    RoutingTracer tracer;
    std::string text;              // that was measured or scored last
    std::vector<int> text_tokens;  // of it
    std::vector<int> end_tokens;   // rising
  };

  // Of a whole text; the last one's are kept.
  const std::vector<int>& TokensOf(const std::string& text) {
    Loaded& loaded = RequireLoaded();
    if (loaded.text != text) {
      loaded.timer.Forget();
      loaded.text = text;
      loaded.text_tokens = loaded.tokenizer.EncodePrompt(text);
    }
    return loaded.text_tokens;
  }

  Loaded& RequireLoaded() {
    if (loaded_) return *loaded_;
    throw Error("no model is loaded", "native runner", "load one first", ExitCode::kInternal);
  }

  PlacementPlan plan_;  // of loaded_
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace

std::vector<std::string> NativeCapabilities() {
  return {"decoding:plain",     "decoding:lookup",      "decoding:draft", "decoding:draft+lookup",
          "recurrent:rollback", "recurrent:checkpoint", kTracesRouting};
}

std::unique_ptr<Runner> MakeNativeRunner() { return std::make_unique<NativeRunner>(); }

}  // namespace moebench
