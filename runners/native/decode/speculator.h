// Tokens from a prompt, several in one pass of the model where they could be guessed. What comes
// out is what plain decoding gives (acceptance.h): greedily the same tokens from the same logits,
// to the bit, as passes of at most kFewTokens tokens give them.
//   Speculator speculator(transformer, team, draft);   // draft: a Transformer, or nullptr
//   Generation g = speculator.Run(prompt_ids, {.k = 4, .max_tokens = 64}, {.drafts = true});
// Who guesses, of a pass over n guesses at most:
//   draft         the draft model, as long as its best token has min_probability (drafter.h);
//   lookup        what followed the longest match (prompt_lookup.h);
//   draft+lookup  the draft model first; where it stops before n, even at none, the lookup goes on
//                 behind what was drafted.
// n is fixed, or the length that pays best by what passes cost and by how many guesses of that kind
// were right so far in this request (draft_length.h).
// The draft model reads the prompt in the time to the first token. From the first time stamp to the
// last nothing allocates, locks, or calls the system but the clock. Borrows models and team. Not
// thread-safe.
#pragma once

#include <span>

#include "runners/native/decode/generate.h"
#include "runners/native/decode/speculative_run.h"

namespace moebench {

class Speculator {
 public:
  Speculator(Transformer& model, Team& team, Transformer* draft);

  // Starts a fresh sequence. Throws Error as Generator::Run does, for options out of range, and for
  // drafts without a draft model.
  Generation Run(std::span<const int> prompt, const GenerateOptions& options,
                 const SpeculatorOptions& how);

 private:
  SpeculatorParts parts_;
};

}  // namespace moebench
