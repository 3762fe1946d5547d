// One request of the Speculator: guess, verify, take, until the text is done.
//   SpeculativeRun run(parts, prompt, options, how);
//   run.ReadPrompt();
//   while (!run.done()) run.Step();
//   Generation g = run.Finish();
// Only construction and Finish allocate. Borrows all that it is given.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "runners/native/decode/acceptance.h"
#include "runners/native/decode/draft_length.h"
#include "runners/native/decode/drafter.h"
#include "runners/native/decode/generate.h"
#include "runners/native/decode/prompt_lookup.h"
#include "runners/native/decode/way_back.h"
#include "runners/speculation.h"

namespace moebench {

struct SpeculatorOptions {
  bool drafts = false, looks_up = false;
  SpeculationOptions speculation;
  PassCosts costs;  // of this k; used where speculation.draft_tokens is 0
};

// What one request leaves to the next: memory, but nothing of its text.
struct SpeculatorParts {
  SpeculatorParts(Transformer& model_in, Team& team_in, Transformer* draft);

  Transformer& model;
  Team& team;
  WaitMeter waits;
  WayBack way;
  std::optional<Drafter> drafter;
  PromptLookup lookup;
  std::vector<float> logits;  // [kMostGuesses + 1, vocabulary]
};

class SpeculativeRun {
 public:
  // Options that are sound: see Speculator::Run.
  SpeculativeRun(SpeculatorParts& parts, std::span<const int> prompt,
                 const GenerateOptions& options, const SpeculatorOptions& how);

  void ReadPrompt();  // up to and with the first token
  void Step();        // one pass over the last token and guesses
  bool done() const { return done_; }
  Generation Finish();

 private:
  int Propose(int most);           // guesses
  Taken Verify(int n);             // of the guesses, what the model takes
  bool Say(int token, float gap);  // false if the text is done
  void CountGuesses(int n, int in_text);
  std::span<float> Rows(int n);  // of logits
  bool IsEnd(int token) const;

  SpeculatorParts& parts_;
  const GenerateOptions& options_;
  const SpeculatorOptions& how_;
  std::span<const int> prompt_, banned_;
  Acceptance acceptance_;
  DraftLength draft_length_, lookup_length_;
  std::vector<int> text_;  // the prompt and what was said
  std::array<Guess, kMostGuesses> guesses_;
  std::array<int, kMostGuesses + 1> feed_{};  // the last token, then the guesses
  std::array<float, kMostGuesses + 1> gaps_{};
  int drafted_ = 0;              // of the guesses now, the first so many
  int last_row_ = 0;             // of the logits, that chose the last token
  int64_t last_ns_ = 0;          // when the last token was there
  int64_t chosen_in_steps_ = 0;  // tokens that passes gave, an end token too
  bool done_ = false;
  SpeculationCounts counts_;
  Generation out_;
};

}  // namespace moebench
