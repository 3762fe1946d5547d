// Token by token from a prompt, with the time of each.
//   Generator generator(transformer, team);
//   Generation g = generator.Run(prompt_ids, {.k = 4, .max_tokens = 64, .end_tokens = ends});
// From the first time stamp to the last nothing allocates, locks, or calls the system but the
// clock. Borrows the transformer and the team. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "runners/native/decode/sampler.h"
#include "runners/native/kernels/wait_meter.h"
#include "runners/native/model/transformer.h"
#include "runners/speculation.h"

namespace moebench {

struct GenerateOptions {
  int k = 1;
  int max_tokens = 64;              // at least 1
  std::span<const int> end_tokens;  // rising
  bool ignore_end = false;          // end tokens are never chosen: always max_tokens tokens
  SamplerOptions sampler;
  // Called with each token, outside of what is timed; may be empty. What it does to caches and
  // sleeping threads shows in the next token's time all the same.
  std::function<void(int token)> on_token;
};

struct Generation {
  std::vector<int> tokens;            // without the end token
  bool stopped = false;               // by an end token, not by max_tokens
  double prefill_ms = 0;              // the prompt, up to and with the choice of the first token
  std::vector<float> inter_token_ms;  // of tokens 2, 3, ...; of those of one pass the first has all
  std::vector<float> top_gap;         // greedy: each token's lead over the runner-up
  int k_min = 0, k_max = 0;           // experts that any token was given
  int64_t experts_touched = 0;        // distinct (layer, expert) pairs while decoding
  double bytes_per_token = 0;         // weights and KV cache, mean of the decoded tokens
  uint64_t logits_hash = 0;           // FNV-1a over the f32 logits of the last step
  WaitPart prefill_wait, decode_wait;  // of the time of the prompt, and of all that follows
  std::optional<SpeculationCounts> speculation;
};

// Throws Error for an empty prompt, max_tokens < 1, and what does not fit the context.
void RequireFit(const Transformer& transformer, std::size_t prompt_tokens, int max_tokens);
uint64_t HashOf(std::span<const float> logits);

class Generator {
 public:
  Generator(Transformer& transformer, Team& team);

  // Starts a fresh sequence. Throws Error for an empty prompt, max_tokens < 1, what does not fit
  // the context, and whatever Transformer::Forward refuses.
  Generation Run(std::span<const int> prompt, const GenerateOptions& options);

 private:
  Transformer& transformer_;
  Team& team_;
  WaitMeter waits_;
  std::vector<float> logits_;  // [vocabulary]
};

}  // namespace moebench
