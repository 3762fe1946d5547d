// Times given numbers of tokens of a text, as llama-bench's pp, tg and depth do, but with tokens
// that somebody wrote.
//   TokenTimer timer(transformer, team);
//   TokenTest t = timer.Run(text, {.k = 4, .depth = 4096, .prompt_tokens = 512});
// The sequence is depth tokens (not timed, at the model's own k), then the prompt (timed as a
// whole), then the generated ones, one at a time: each step computes the logits and chooses a token
// from them as decoding does, but goes on with the text, so that every k and every engine is fed
// the same. A text that is too short begins again. A depth is computed once and kept for the next
// run where the architecture allows going back. From the first time stamp to the last nothing
// allocates, locks, or calls the system but the clock. Borrows the transformer and the team. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runners/native/kernels/wait_meter.h"
#include "runners/native/model/transformer.h"
#include "runners/speculation.h"

namespace moebench {

struct TokenTestOptions {
  int k = 1;
  int depth = 0;
  int prompt_tokens = 0;     // 0 = none are timed
  int generated_tokens = 0;  // 0 = none
  int batch_tokens = 512;    // of the prompt in one pass, at most
};

struct TokenTest {
  double prefill_ms = 0;
  std::vector<float> inter_token_ms;   // [generated_tokens]
  int k_min = 0, k_max = 0;            // experts that any timed token was given
  int64_t experts_touched = 0;         // distinct (layer, expert) pairs of the timed tokens
  double bytes_per_token = 0;          // weights and KV cache, mean of the generated tokens
  uint64_t logits_hash = 0;            // FNV-1a over the f32 logits of the last step
  WaitPart prefill_wait, decode_wait;  // of the time of the prompt and of the generated tokens
};

struct VerifyTestOptions {
  int k = 1;
  int depth = 0;
  std::vector<int> sizes;  // tokens of a pass, 1..kMostGuesses + 1
  int repetitions = 5;     // of each
  int batch_tokens = 512;  // of the depth in one pass, at most
};

struct VerifyTest {
  std::vector<VerifyCost> costs;  // [sizes]
  int k_min = 0, k_max = 0;       // experts that any timed token was given
};

class TokenTimer {
 public:
  TokenTimer(Transformer& transformer, Team& team);

  // text: not empty. Throws Error for counts below 0 (or none at all), a batch below 1, and what
  // does not fit the context.
  TokenTest Run(std::span<const int> text, const TokenTestOptions& options);
  // Passes as verification makes them: some tokens of the text at once behind the depth, with the
  // logits of all and a choice from each, taken back after. Sizes take turns; each round reads
  // another part of the text. Throws Error as Run does.
  VerifyTest RunVerify(std::span<const int> text, const VerifyTestOptions& options);
  void Forget() { kept_ = 0; }  // somebody else used the transformer, or the text is another one

 private:
  void GoTo(int position, std::span<const int> text, int batch_tokens);
  double VerifyOnce(int size, int first, int k, std::span<const int> text, VerifyCost& sum);
  void Prefill(int begin, int end, int k, std::span<const int> text, int batch, LogitsOf wanted);

  std::span<float> OneRow() {
    return std::span(logits_).first(static_cast<std::size_t>(transformer_.hyper().vocabulary));
  }

  Transformer& transformer_;
  Team& team_;
  WaitMeter waits_;
  std::vector<float> logits_;  // [1 or the most tokens verified, vocabulary]
  std::vector<int> feed_;      // tokens of one pass
  int kept_ = 0;               // positions in the cache that hold the text at the model's own k
};

}  // namespace moebench
