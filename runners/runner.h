// What every runner can do: load a model under a placement, generate from a prompt at any expert
// count without a reload, and say what it really did.
//   runner.Load({.model_path = "m.gguf", .placement = plan});
//   GenerateResult r = runner.Generate({.prompt = "2+3=", .k = 4, .max_tokens = 8});
// Not thread-safe: one request at a time. All methods throw Error; a runner in a child process also
// throws WorkerFailure (runners/worker/worker_client.h) when the child dies, hangs or talks
// rubbish.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/base/error.h"
#include "harness/config/kv_type.h"
#include "harness/machine/placement.h"
#include "runners/routing/routing_trace.h"
#include "runners/speculation.h"

namespace moebench {

// What a model file says of itself, read from its header alone.
struct ModelFacts {
  std::string path;
  std::string architecture;      // general.architecture, e.g. qwen3moe
  std::string name;              // general.name; may be empty
  std::string quantisation;      // the type most weight bytes have, e.g. Q8_0
  std::string expert_count_key;  // real override key: "<arch>.expert_used_count"; empty if dense
  std::string chat_format;       // chatml, llama3...; none: prompts are completed as they stand
  std::string thinking;          // of the chat format: none | switchable | always
  std::string synthetic;  // of a file of random weights: what it imitates; empty for a real model
  int synthetic_layers = 0;  // layers of the model it imitates, of which it may have fewer
  int64_t file_bytes = 0;
  int64_t parameter_count = 0;
  int n_layers = 0;
  int n_moe_layers = 0;
  int n_recurrent_layers = 0;  // SSM or linear-attention layers
  int n_experts = 0;           // N; 0 if dense
  int n_shared_experts = 0;    // that every token takes beside its k
  int k0 = 0;                  // trained experts per token; 0 if dense
  int context_length = 0;      // tokens the model was trained for
  int vocabulary_size = 0;
  int64_t dense_bytes_per_token =
      0;  // weights read for every token whatever k: attention, router, head
  int64_t head_bytes_per_token = 0;   // of those, what belongs to no layer: the output head
  int64_t expert_bytes = 0;           // one expert of one layer: gate, up and down
  int64_t kv_bytes_per_position = 0;  // K and V of all layers; f16 unless asked otherwise
  int64_t state_bytes = 0;  // of recurrent layers, whatever the length; read and written each token

  // Weight bytes one decoded token reads at k experts.
  int64_t ActiveBytes(int k) const {
    return dense_bytes_per_token + int64_t{k} * n_moe_layers * expert_bytes;
  }
  // Bound on the speed-up of k over k0 if decoding is limited by weight bytes:
  // S_max(k) = B_active(k0) / B_active(k).
  double MaxSpeedup(int k) const {
    return static_cast<double>(ActiveBytes(k0)) / static_cast<double>(ActiveBytes(k));
  }
};

struct LoadRequest {
  std::string model_path;
  PlacementPlan placement;
  int context_tokens = 512;  // KV cache size: prompt + generated
  KvType kv = KvType::kF16;  // as llama.cpp's default
  // Of the decodings `draft` and `draft+lookup`: a model on the same threads, under the same
  // placement; empty = none. Refused before weights are read if its vocabulary is another one.
  std::string draft_path;
};

struct LoadReport {
  ModelFacts facts;
  PlacementProof proof;
  double load_s = 0;
  std::string isa;             // instruction set the kernels chose, e.g. avx512_vnni
  std::string engine_version;  // engine and oneDNN versions
};

struct GenerateRequest {
  std::string prompt;         // UTF-8 text
  bool chat = true;           // wrap as one user turn in the model's chat format, if it has one
  std::optional<bool> think;  // thinking on or off; absent: off where the chat format can
  int k = 0;                  // experts per token; 0 = the model's k0
  std::string decoding = "plain";
  SpeculationOptions speculation;  // of other decodings than plain
  int max_tokens = 64;
  bool ignore_eos = false;  // speed trials: every cell makes max_tokens tokens
  double temperature = 0;   // 0 = greedy
  uint64_t seed = 1;        // for temperature > 0
  // Called with the text as it comes, whole characters; may be empty. Of runners in this process
  // only: it does not go over a worker's pipe.
  std::function<void(const std::string& text)> on_text;
};

// Of the wall time of a phase, 0..1: what the threads of an engine stood still because others of
// them were not done. Threads of different work (an expert that one node holds, rows that don't
// divide) and barriers that cost something look alike here.
struct WaitShare {
  double mean = 0;  // over all threads
  double most = 0;  // of the thread that waited the most
};

struct GenerateResult {
  std::string text;
  std::vector<int> tokens;  // generated, without the end token
  std::string finish;       // stop | length
  std::string chat;         // the chat format the prompt was written in; none
  int prompt_tokens = 0;
  double prefill_ms = 0;  // prompt evaluation up to and with the first token = time to first token
  // Of tokens 2, 3, ...; their sum is the decode time. Of tokens that come together the first has
  // the whole time, the others 0.
  std::vector<float> inter_token_ms;
  int k_executed_min = 0;  // fewest and most experts any token was really given in any MoE layer,
  int k_executed_max = 0;  //   counted where the expert products are computed
  int64_t experts_touched = 0;  // distinct (layer, expert) pairs of the decoded tokens
  double bytes_per_token =
      0;  // weight and KV bytes read per decoded token, from the experts executed
  uint64_t logits_hash = 0;    // FNV-1a over the f32 logits of the last step
  std::vector<float> top_gap;  // greedy: each token's logit minus that of the runner-up
  // Up to the first token, and from there on; absent: nobody measured it, or there was no such
  // phase.
  std::optional<WaitShare> prefill_wait, decode_wait;
  std::optional<int64_t> drafted, accepted;      // guesses of any kind; accepted: in the text
  std::optional<SpeculationCounts> speculation;  // of other decodings than plain
};

// Given numbers of tokens of a text, timed: llama-bench's pp and tg, at a depth.
struct MeasureRequest {
  std::string text;  // UTF-8; its tokens are fed in their order, from the start again where short
  int k = 0;         // experts per token; 0 = the model's k0
  int depth_tokens = 0;      // in the context before the timed ones
  int prompt_tokens = 0;     // timed as a whole; 0 = none
  int generated_tokens = 0;  // timed one by one, the text's tokens too; 0 = none
  int batch_tokens = 512;    // prompt tokens in one pass, at most
  // Sizes of passes to be timed as a verification is, in turns, each a few times from the depth on;
  // 1..16. Only without prompt and generated tokens.
  std::vector<int> verify_tokens;
};

struct MeasureResult {
  double prefill_ms = 0;
  std::vector<float> inter_token_ms;  // [generated_tokens]
  int k_executed_min = 0;             // of the timed tokens, as in GenerateResult
  int k_executed_max = 0;
  int64_t experts_touched = 0;  // distinct (layer, expert) pairs of the timed tokens
  double bytes_per_token = 0;   // read per generated token; 0 without any
  uint64_t logits_hash = 0;     // FNV-1a over the f32 logits of the last step
  std::optional<WaitShare> prefill_wait, decode_wait;  // as in GenerateResult
  std::vector<VerifyCost> verify;                      // one for each of verify_tokens
};

// What the model says of a text's own tokens, by the rules of llama.cpp's perplexity tool: windows,
// each a sequence of its own whose first token becomes bos where the vocabulary puts one before a
// text. Scored is the second half of a window: its tokens from window_tokens / 2 + 1 on, each given
// all before it. Tokens at the end that fill no window are left out.
struct TextScoreRequest {
  std::string text;           // UTF-8
  std::vector<int> ks = {0};  // experts per token of each arm, 0 = k0; the first is the base
  int window_tokens = 512;    // at least 4
  int first_window = 0;
  int max_windows = 0;  // 0 = all from the first on
};

struct TextScore {
  struct Arm {
    std::vector<float> log_p;  // [windows x scored_per_window] ln p of the text's token
    std::vector<int> top;      // the same: id of the most probable token
    // The same: KL(base || this) in nat, without the tokens to which the base gives ln p <= -16, as
    // llama.cpp leaves them out. Empty in the base.
    std::vector<float> kl;
    int k_executed_min = 0;  // as in GenerateResult
    int k_executed_max = 0;
  };
  int text_tokens = 0;  // of the whole text, bos too
  int text_windows = 0;
  int windows = 0;  // of this request
  int scored_per_window = 0;
  std::vector<Arm> arms;  // one for each of ks
};

// How probable some continuations of one prompt are. The prompt is taken as it stands, after bos
// where the vocabulary puts one; each is tokenised with its continuation, and what follows as many
// tokens as the prompt has alone is the continuation's (as lm-evaluation-harness does; blanks that
// belong to a continuation must stand in front of it, not behind the prompt).
struct ChoiceScoreRequest {
  std::string prompt;
  std::vector<std::string> continuations;
  int k = 0;  // experts per token; 0 = the model's k0
};

struct ChoiceScore {
  struct Continuation {
    std::vector<float> log_p;  // [its tokens] ln p, each given all before it
    bool greedy = false;       // each of its tokens is the most probable one
  };
  std::vector<Continuation> continuations;  // in their order
  int prompt_tokens = 0;
  int k_executed_min = 0;  // as in GenerateResult
  int k_executed_max = 0;
};

inline constexpr char kTracesRouting[] = "routing:trace";  // among a worker's capabilities

// Which experts the tokens of a text take. The text is taken as it stands, after bos where the
// vocabulary puts one; each token is given all before it.
struct RoutingRequest {
  std::string text;
  int k = 0;             // experts per token; 0 = the model's k0
  int max_tokens = 256;  // fewer where the text or the context ends
};

struct RoutingResult {
  RoutingTrace trace;      // of the experts that computed something, in rising order
  int k_executed_min = 0;  // as in GenerateResult
  int k_executed_max = 0;
};

// Called from time to time during Load: what is being done, fraction done in [0, 1].
using Progress = std::function<void(const std::string& what, double fraction)>;

class Runner {
 public:
  virtual ~Runner() = default;
  virtual ModelFacts Inspect(const std::string& model_path) = 0;
  virtual LoadReport Load(const LoadRequest& request, const Progress& progress) = 0;
  // Touches every weight page once and runs a few untimed tokens; before any timed request.
  virtual void Warm() = 0;
  virtual GenerateResult Generate(const GenerateRequest& request) = 0;
  // A runner that can't feed tokens of its choice throws Error.
  virtual MeasureResult Measure(const MeasureRequest&) {
    throw Error{"can't be fed given tokens", "this runner", "", ExitCode::kConfig};
  }
  // A runner that doesn't know the probabilities of tokens throws Error.
  virtual TextScore ScoreText(const TextScoreRequest&) {
    throw Error{"doesn't tell probabilities", "this runner", "", ExitCode::kConfig};
  }
  virtual ChoiceScore ScoreChoices(const ChoiceScoreRequest&) {
    throw Error{"doesn't tell probabilities", "this runner", "", ExitCode::kConfig};
  }
  // A runner that doesn't know its experts throws Error; those that do have the capability
  // kTracesRouting.
  virtual RoutingResult TraceRouting(const RoutingRequest&) {
    throw Error{"doesn't tell which experts it runs", "this runner", "", ExitCode::kConfig};
  }
  // Placement as it is now; asked again after the run.
  virtual PlacementProof ReadPlacement() = 0;

  // Steps finished since the start. A worker's heartbeat reads it from another thread: a counter
  // that stands still in the middle of a request tells a hung engine from a slow one.
  int64_t StepsDone() const { return steps_.load(std::memory_order_relaxed); }

 protected:
  // Called by the engine after each step: a tensor loaded, a prefill chunk, a decoded token. One
  // relaxed add, allowed in the measured region.
  void CountStep() { steps_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> steps_{0};
};

}  // namespace moebench
