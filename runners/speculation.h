// What speculative decoding and prompt lookup are told, and what they did. Words: guesses are
// tokens that a draft model or a lookup proposes; a pass of the model verifies them all at once and
// takes those it would have chosen itself, then adds one token of its own. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace moebench {

inline constexpr int kMostGuesses = 15;  // of one pass, which feeds one token more

// Of requests whose decoding is `lookup`, `draft` or `draft+lookup`.
struct SpeculationOptions {
  int draft_tokens = 0;          // guesses of one pass at most, 1..15; 0 = as many as seem to pay
  double min_probability = 0.4;  // the draft model stops where its best token has less, 0..1
  int lookup_min = 2;            // tokens that must match, the longest match first: from
  int lookup_max = 5;            //   lookup_max down to lookup_min, 1..16
  // How layers that keep a state, not positions, forget wrong guesses: rollback (exactly, by the
  // steps since) or checkpoint (a copy of the state; what was right is computed again).
  std::string recurrent = "rollback";
};

struct SpeculationCounts {
  int64_t steps = 0;                           // passes of the model after the first token
  int64_t drafted = 0, accepted = 0;           // guesses of the draft model; accepted: in the text
  int64_t looked_up = 0, lookup_accepted = 0;  // of the lookup
  std::vector<int64_t> drafted_at, accepted_at;  // both kinds, by their place in the pass, from 0
  // Of the decode time, which also has what is small beside them: choosing, counting.
  double draft_ms = 0, verify_ms = 0, rollback_ms = 0, lookup_ms = 0;
  double experts_per_step = 0;  // different experts of a layer with experts in one pass, mean
  double tokens_per_pass = 0;   // fed, mean
};

// A pass over so many tokens at once, with the logits of all: what verifying costs.
struct VerifyCost {
  int tokens = 0;
  double ms = 0;                 // median
  double lo_ms = 0, hi_ms = 0;   // the fastest and the slowest
  int n = 0;                     // repetitions
  double experts_per_layer = 0;  // different experts of a layer with experts, mean
  double bytes = 0;              // weights and KV cache read by the pass, mean
};

}  // namespace moebench
