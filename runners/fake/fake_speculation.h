// How the fake runner pretends to speculate: guesses are taken by the throw of a seeded die, passes
// cost what the experts of their tokens would. The text is the plain one, unless the script wants
// it to go another way at one place.
//   PlaySpeculation(script.speculation.at("draft"), request, model, k, token_ms, seed, result);
// Pure functions and plain data.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "runners/runner.h"
#include "runners/worker/json_fields.h"

namespace moebench {

struct FakeSpeculation {             // of one decoding
  std::map<int, double> acceptance;  // k -> chance that the next guess is right; not listed = 0.7
  int guesses = 4;                   // of one pass where the request leaves it open
  std::optional<double> pass_cost;   // times a plain token; absent: by the bytes of its experts
  double draft_share = 0;            // of a pass' time that the draft model takes
  std::optional<int> diverges_at;    // the token that is another one than plain's
  double diverges_gap = 0.001;       // plain's lead of the chosen token there
};
// By decoding: lookup, draft, draft+lookup. What is not there, the fake can't do.
using FakeSpeculations = std::map<std::string, FakeSpeculation>;

// Throws Error for an unknown decoding or field.
FakeSpeculations FakeSpeculationsFrom(const Fields& fields);

// Bytes of a pass over so many tokens, routed evenly: every weight is read once.
double PassBytes(const ModelFacts& model, int k, int tokens);
VerifyCost FakeVerifyCost(const ModelFacts& model, int k, int tokens, double token_ms);

// Changes a plain result, of tokens that take token_ms each, to a speculative one.
void PlaySpeculation(const FakeSpeculation& how, const GenerateRequest& request,
                     const ModelFacts& model, int k, double token_ms, uint64_t seed,
                     GenerateResult& result);
// Lead of each chosen token: 1, but small where some decoding takes another way.
std::vector<float> FakeTopGaps(const FakeSpeculations& all, std::size_t n_tokens);

}  // namespace moebench
