#include "runners/fake/fake_runner.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "harness/base/rng.h"
#include "runners/fake/fake_routing.h"
#include "runners/fake/fake_scores.h"
#include "runners/fake/misdeeds.h"

namespace moebench {
namespace {

constexpr int64_t kPageBytes = 4096;
constexpr char kWrongAnswer[] = "~";
constexpr char kFiller[] = "the quick brown fox counts its experts one by one and then again ";
constexpr std::size_t kFillerBytes = 96;  // length of an answer that nobody scripted

const FakeMisdeed* Find(const std::vector<FakeMisdeed>& misdeeds, FakeAct act) {
  for (const FakeMisdeed& misdeed : misdeeds) {
    if (misdeed.act == act) return &misdeed;
  }
  return nullptr;
}

std::string Repeat(const std::string& text, std::size_t size) {
  std::string out;
  while (out.size() < size) out += text;
  return out.substr(0, size);
}

// Appends one byte to the file; its size before is the number of this session.
int64_t NextSession(const std::string& file) {
  if (file.empty()) return 0;
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && write(fd, ".", 1) == 1;
  const int64_t size = written ? int64_t{lseek(fd, 0, SEEK_END)} : 0;
  if (fd >= 0) close(fd);
  if (!written) throw Error{"cannot write the session file", file, "", ExitCode::kIo};
  return size - 1;
}

class FakeRunner : public Runner {
 public:
  FakeRunner(FakeScript script, PipeSpoiler* spoiler)
      : script_(std::move(script)), misdeeds_(script_.misdeeds, spoiler), rng_(script_.seed) {}

  ModelFacts Inspect(const std::string& model_path) override {
    misdeeds_.Do({"inspect"});
    return Facts(model_path);
  }

  LoadReport Load(const LoadRequest& request, const Progress& progress) override {
    const int64_t session = NextSession(script_.session_file);
    misdeeds_.set_session(session);
    rng_ = Rng(script_.seed ^ (static_cast<uint64_t>(session) * 0x9e3779b97f4a7c15ULL));
    session_factor_ = std::exp(script_.session_noise * rng_.Normal());
    const auto falsified = misdeeds_.Do({"load"});
    if (!request.draft_path.empty() && !script_.draft_refused.empty()) {
      throw Error{script_.draft_refused, request.draft_path, "", ExitCode::kConfig};
    }
    has_draft_ = !request.draft_path.empty();
    for (const double fraction : {0.25, 0.5, 0.75, 1.0}) {
      CountStep();
      if (progress) progress("reading fake weights", fraction);
    }
    LoadReport report;
    report.facts = Facts(request.model_path);
    report.proof = proof_ = MakeProof(request, falsified);
    report.load_s = static_cast<double>(report.facts.file_bytes) / 1e9;
    report.isa = "fake";
    report.engine_version = "fake " + script_.version;
    return report;
  }

  void Warm() override {
    misdeeds_.Do({"warm"});
    CountStep();
  }

  GenerateResult Generate(const GenerateRequest& request) override {
    const int k = CheckedK(request);
    const auto falsified = misdeeds_.Do({"generate", k, request.prompt});
    const auto* executed = Find(falsified, FakeAct::kExecutedK);
    const int k_executed = executed != nullptr ? static_cast<int>(executed->value) : k;
    GenerateResult result;
    WriteText(request, k_executed, falsified, result);
    MakeUpNumbers(request, k_executed, result);
    if (script_.sleep) Sleep(result);
    return result;
  }

  // A generation whose prompt is the depth and the prompt, one byte a token.
  MeasureResult Measure(const MeasureRequest& request) override {
    if (!request.verify_tokens.empty()) return MeasureVerification(request);
    GenerateRequest generate;
    generate.prompt = request.text.substr(0, 4 * static_cast<std::size_t>(request.prompt_tokens));
    generate.k = request.k;
    generate.max_tokens = request.generated_tokens + 1;
    generate.ignore_eos = true;
    GenerateResult made = Generate(generate);
    return {.prefill_ms = request.prompt_tokens > 0 ? made.prefill_ms : 0,
            .inter_token_ms = std::move(made.inter_token_ms),
            .k_executed_min = made.k_executed_min,
            .k_executed_max = made.k_executed_max,
            .experts_touched = made.experts_touched,
            .bytes_per_token = made.bytes_per_token,
            .logits_hash = made.logits_hash};
  }

  TextScore ScoreText(const TextScoreRequest& request) override {
    TextScoreRequest checked = request;
    for (int& k : checked.ks) k = CheckedK({.k = k});
    const int k = checked.ks.empty() ? 0 : checked.ks.back();
    const auto falsified = misdeeds_.Do({"score_text", k, request.text});
    TextScore score = MakeUpTextScore(script_, checked);
    if (const auto* executed = Find(falsified, FakeAct::kExecutedK)) {
      score.arms.back().k_executed_max = score.arms.back().k_executed_min =
          static_cast<int>(executed->value);
    }
    CountStep();
    return score;
  }

  ChoiceScore ScoreChoices(const ChoiceScoreRequest& request) override {
    const int k = CheckedK({.k = request.k});
    const auto falsified = misdeeds_.Do({"score_choices", k, request.prompt});
    const auto* executed = Find(falsified, FakeAct::kExecutedK);
    CountStep();
    return MakeUpChoiceScore(script_, request,
                             executed != nullptr ? static_cast<int>(executed->value) : k);
  }

  RoutingResult TraceRouting(const RoutingRequest& request) override {
    if (!script_.routing_skew) return Runner::TraceRouting(request);
    const int k = CheckedK({.k = request.k});
    const auto falsified = misdeeds_.Do({"trace_routing", k, request.text});
    const auto* executed = Find(falsified, FakeAct::kExecutedK);
    CountStep();
    return MakeUpRouting(script_, request,
                         executed != nullptr ? static_cast<int>(executed->value) : k);
  }

  PlacementProof ReadPlacement() override {
    misdeeds_.Do({"read_placement"});
    return proof_;
  }

 private:
  ModelFacts Facts(const std::string& model_path) const {
    ModelFacts facts = script_.model;
    facts.path = model_path;
    return facts;
  }

  MeasureResult MeasureVerification(const MeasureRequest& request) {
    const int k = CheckedK({.k = request.k});
    MeasureResult result;
    result.k_executed_min = result.k_executed_max = k;
    for (const int tokens : request.verify_tokens) {
      result.verify.push_back(
          FakeVerifyCost(script_.model, k, tokens, 1e3 / (DecodeTps(k) * session_factor_)));
      CountStep();
    }
    return result;
  }

  int CheckedK(const GenerateRequest& request) const {
    const ModelFacts& model = script_.model;
    if (request.k < 0 || request.k > model.n_experts) {
      throw Error{"k = " + std::to_string(request.k) + " is not in 1.." +
                      std::to_string(model.n_experts) + ", the experts of this model",
                  "generate", "", ExitCode::kUsage};
    }
    if (request.decoding != "plain" && !script_.speculation.contains(request.decoding)) {
      throw Error{"decoding '" + request.decoding + "' is not known to the fake runner", "generate",
                  "use plain", ExitCode::kUsage};
    }
    if (request.decoding.starts_with("draft") && !has_draft_) {
      throw Error{"no draft model was loaded", "generate", "", ExitCode::kUsage};
    }
    if (request.max_tokens < 1) {
      throw Error{"max_tokens is " + std::to_string(request.max_tokens) + ", not at least 1",
                  "generate", "", ExitCode::kUsage};
    }
    return request.k == 0 ? model.k0 : request.k;
  }

  PlacementProof MakeProof(const LoadRequest& request,
                           const std::vector<FakeMisdeed>& falsified) const {
    PlacementProof proof;
    std::vector<int> nodes = request.placement.memory_nodes;
    if (nodes.empty()) nodes = {0};
    const int64_t kv_bytes = int64_t{request.context_tokens} * script_.model.kv_bytes_per_position;
    const int64_t pages = (script_.model.file_bytes + kv_bytes) / kPageBytes + 1;
    const auto n = static_cast<int64_t>(nodes.size());
    for (int64_t i = 0; i < n; ++i) {
      proof.pages_per_node[nodes[static_cast<std::size_t>(i)]] += pages / n + (i < pages % n);
    }
    if (const auto* elsewhere = Find(falsified, FakeAct::kPagesElsewhere)) {
      int64_t moved = 0;
      for (auto& [node, count] : proof.pages_per_node) {
        const auto part = static_cast<int64_t>(elsewhere->fraction * static_cast<double>(count));
        count -= part;
        moved += part;
      }
      proof.pages_per_node[static_cast<int>(elsewhere->value)] += moved;
    }
    for (const int node : request.placement.thread_nodes) {
      const auto known = std::find_if(proof.parts.begin(), proof.parts.end(),
                                      [&](const MemoryPart& part) { return part.node == node; });
      if (known != proof.parts.end()) continue;
      proof.parts.push_back({.what = "weights", .node = node});
      if (const int64_t there = proof.pages_per_node[node]; there > 0) {
        proof.parts.back().pages_per_node[node] = there;
      }
    }
    proof.thread_cpus = request.placement.thread_cpus;
    if (Find(falsified, FakeAct::kThreadsLoose) != nullptr) {
      std::fill(proof.thread_cpus.begin(), proof.thread_cpus.end(), -1);
    }
    return proof;
  }

  // The scripted reply, else the right or the wrong answer, else filler.
  std::string Reply(const std::string& prompt, int k) const {
    if (const auto reply = script_.replies.find(prompt); reply != script_.replies.end()) {
      const auto at_k = reply->second.find(k);
      if (at_k != reply->second.end()) return at_k->second;
    }
    const auto answer = script_.answers.find(prompt);
    if (answer == script_.answers.end()) return Repeat(kFiller, kFillerBytes);
    const auto accuracy = script_.accuracy.find(k);
    if (accuracy == script_.accuracy.end()) return answer->second;
    // The same draw for every k: an item that is lost at one k is lost at every less accurate k.
    const double draw = Rng(Fnv1a64(prompt) ^ script_.seed).Uniform();
    return draw < accuracy->second ? answer->second : kWrongAnswer;
  }

  // One token per byte.
  void WriteText(const GenerateRequest& request, int k, const std::vector<FakeMisdeed>& falsified,
                 GenerateResult& result) const {
    const auto limit = static_cast<std::size_t>(request.max_tokens);
    result.text = Reply(request.prompt, k);
    if (request.ignore_eos && result.text.size() < limit) {
      result.text += Repeat(kFiller, limit - result.text.size());
    }
    if (const auto* loop = Find(falsified, FakeAct::kLoop)) {
      result.text = Repeat(loop->text.empty() ? "and " : loop->text, limit);
    }
    if (Find(falsified, FakeAct::kEmpty) != nullptr) result.text.clear();
    if (Find(falsified, FakeAct::kOneToken) != nullptr) result.text.resize(1, '?');
    result.finish = result.text.size() > limit || request.ignore_eos ? "length" : "stop";
    result.chat = request.chat ? "chatml" : "none";
    if (Find(falsified, FakeAct::kLoop) != nullptr) result.finish = "length";
    if (result.text.size() > limit) result.text.resize(limit);
    if (const auto* cut = Find(falsified, FakeAct::kCutOff)) {
      result.finish = "length";
      result.text.resize(std::min(result.text.size(), static_cast<std::size_t>(cut->value)));
    }
    for (const char c : result.text) result.tokens.push_back(static_cast<unsigned char>(c));
  }

  double DecodeTps(int k) const {
    if (const auto found = script_.decode_tps.find(k); found != script_.decode_tps.end()) {
      return found->second;
    }
    return script_.decode_tps.at(script_.model.k0) * script_.model.MaxSpeedup(k);
  }

  void MakeUpNumbers(const GenerateRequest& request, int k, GenerateResult& result) {
    const ModelFacts& model = script_.model;
    const double factor = session_factor_ * std::exp(script_.trial_noise * rng_.Normal());
    const double token_ms = 1e3 / (DecodeTps(k) * factor);
    const auto n_tokens = static_cast<int>(result.tokens.size());
    result.prompt_tokens = static_cast<int>(request.prompt.size() / 4) + 1;
    result.prefill_ms = 1e3 * result.prompt_tokens / (script_.prefill_tps * factor) + token_ms;
    if (n_tokens > 1) {
      result.inter_token_ms.assign(static_cast<std::size_t>(n_tokens) - 1,
                                   static_cast<float>(token_ms));
    }
    result.k_executed_min = result.k_executed_max = k;
    result.experts_touched = int64_t{std::min(model.n_experts, k * n_tokens)} * model.n_moe_layers;
    const double mean_position = result.prompt_tokens + 0.5 * n_tokens;
    result.bytes_per_token = static_cast<double>(model.ActiveBytes(k)) +
                             mean_position * static_cast<double>(model.kv_bytes_per_position);
    result.logits_hash = Fnv1a64(result.text, static_cast<uint64_t>(k) + 1);
    if (request.temperature == 0) {
      result.top_gap = FakeTopGaps(script_.speculation, result.tokens.size());
    }
    if (request.decoding != "plain") {
      PlaySpeculation(script_.speculation.at(request.decoding), request, model, k, token_ms,
                      script_.seed, result);
    }
    for (int i = 0; i < n_tokens; ++i) CountStep();
  }

  static void Sleep(const GenerateResult& result) {
    double total_ms = result.prefill_ms;
    for (const float ms : result.inter_token_ms) total_ms += static_cast<double>(ms);
    std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(total_ms));
  }

  FakeScript script_;
  Misdeeds misdeeds_;
  Rng rng_;
  double session_factor_ = 1;
  bool has_draft_ = false;
  PlacementProof proof_;
};

}  // namespace

std::unique_ptr<Runner> MakeFakeRunner(const std::string& script_path_or_json) {
  return MakeFakeRunner(LoadFakeScript(script_path_or_json), nullptr);
}

std::unique_ptr<Runner> MakeFakeRunner(FakeScript script, PipeSpoiler* spoiler) {
  return std::make_unique<FakeRunner>(std::move(script), spoiler);
}

}  // namespace moebench
