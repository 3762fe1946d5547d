// A small model that guesses what a large one will say.
//   Drafter drafter(draft_transformer, target_vocabulary);
//   drafter.Start({.min_probability = 0.4});
//   drafter.Read(prompt);
//   int n = drafter.Propose(text, 4, guesses);   // text: the prompt and all that was said since
//   drafter.Keep(text.size() + 2);             // two of the guesses were right
// Stops before a token whose best guess has less than min_probability, whatever would be drawn: so
// what is proposed depends on what was before only, as the acceptance rule needs. Its vocabulary is
// the target's, but may be padded otherwise. Borrows the model. Not thread-safe.
#pragma once

#include <span>
#include <vector>

#include "harness/base/rng.h"
#include "runners/native/decode/acceptance.h"
#include "runners/native/decode/way_back.h"
#include "runners/native/model/transformer.h"
#include "runners/speculation.h"

namespace moebench {

struct DraftOptions {
  double min_probability = 0.4;
  SamplerOptions sampler;       // as the target's
  std::span<const int> banned;  // never guessed; rising
  Recurrent recurrent = Recurrent::kRollback;
};

class Drafter {
 public:
  Drafter(Transformer& model, int target_vocabulary);

  void Start(const DraftOptions& options);  // forgets everything; may allocate, the others don't
  void Read(std::span<const int> prompt);   // all but what its context has no room for
  // Reads what is new in the text and writes up to `most` guesses; returns how many. None where the
  // text has outgrown its context.
  int Propose(std::span<const int> text, int most, std::span<Guess> guesses);
  // The first `position` tokens of the text and the guesses are right.
  void Keep(int position);
  Transformer& model() { return model_; }

 private:
  // The next guess from logits_, if it is likely enough.
  bool Choose(int place, Guess& guess);

  Transformer& model_;
  WayBack way_;
  const KernelTable& kernels_;
  DraftOptions options_;
  Rng rng_{0};
  std::size_t common_ids_;     // that both vocabularies have
  std::vector<float> logits_;  // [vocabulary]
  std::vector<float> odds_;    // [kMostGuesses or, greedily, 1, common_ids_]
};

}  // namespace moebench
