// What speculative decoding must bring, from what one pass over several tokens costs and how often
// guesses are right; and what it did bring.
//   const double a = AcceptanceOf(drafted_at, accepted);
//   DraftPrediction best = BestDraftLength({.acceptance = a, .pass_cost = {1, 1.4, 1.8, 2.1}});
//   best.guesses 2, best.speedup 1.27
// Pure, thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/stats/ratio.h"

namespace moebench {

// Share of accepted guesses above which people are warned: a prompt, or its own answer, may have
// been replayed (upstream-retractions.md 5.4).
constexpr double kSuspectAcceptance = 0.95;

// Distinct experts of one layer that T tokens take if each is routed by itself:
// U(T) = N (1 - (1 - k/N)^T) (moe-techniques.md 2.14); T may be a mean. 0 for a dense model.
double ExpectedExperts(int n_experts, int k, double tokens);

// Tokens that one pass gives with n guesses, each right with probability a if those before it were:
// (1 - a^(n+1)) / (1 - a) (Leviathan et al., arXiv:2211.17192, equation 1).
//   acceptance in [0, 1], guesses >= 0
double ExpectedTokens(double acceptance, int guesses);

// The acceptance with which guesses of these lengths have so many accepted tokens on average:
// sum over i of drafted_at[i] a^(i+1) = accepted. 0 without guesses.
//   drafted_at [position in the guess]  passes whose guess had a token there
double AcceptanceOf(std::span<const int64_t> drafted_at, int64_t accepted);

struct SpeculationCosts {
  double acceptance = 0;          // of a guess if those before it were right, 0..1
  double hit_rate = 1;            // passes that had a guess at all, 0..1
  double draft_cost = 0;          // of one guessed token, in passes of one token
  std::vector<double> pass_cost;  // R(T) of T = 1, 2, ...; R(1) = 1
};

struct DraftPrediction {
  int guesses = 0;     // tokens to guess; 0 = speculation does not pay
  double speedup = 1;  // tokens/s over plain decoding's
};

// What guessing did so far; sums over trials.
struct GuessCounts {
  int64_t passes = 0;               // of the model, after the first token
  int64_t accepted = 0;             // guesses
  std::vector<int64_t> drafted_at;  // [position in the guess]
  double guess_ms = 0;              // time of the draft model and of lookups
};

// pass_ms: of passes over 1, 2, ... tokens. Throws nothing; an empty table stays one.
SpeculationCosts CostsOf(const GuessCounts& counts, std::span<const double> pass_ms);

// Tokens of an average pass over its cost. A pass over guesses + 1 tokens must be in the table.
double PredictedSpeedup(const SpeculationCosts& costs, int guesses);

// The draft length that pays best among those whose pass was measured.
DraftPrediction BestDraftLength(const SpeculationCosts& costs);

enum class Utility { kUnknown, kGains, kLoses, kCantTell };
// kUnknown without a pair; kCantTell where the interval holds 1, or one trial has none.
Utility UtilityOf(const SpeedRatio& over_plain);
std::string UtilityWord(Utility utility);  // "gains", "loses", "can't tell"; empty if unknown

}  // namespace moebench
