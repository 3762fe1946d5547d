#include "runners/fake/fake_speculation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "harness/base/rng.h"
#include "harness/base/suggest.h"

namespace moebench {
namespace {

constexpr double kUsualAcceptance = 0.7;

void RequireKnown(const Fields& fields, const std::vector<std::string>& known) {
  for (const std::string& key : fields.Keys()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    throw Error{"'" + key + "' is no field of a fake script's speculation", "",
                SuggestName(key, known)};
  }
}

FakeSpeculation SpeculationFrom(const Fields& f) {
  RequireKnown(
      f, {"acceptance", "guesses", "pass_cost", "draft_share", "diverges_at", "diverges_gap"});
  FakeSpeculation how;
  if (f.Has("acceptance")) {
    const Fields by_k = f.Object("acceptance");
    for (const std::string& text : by_k.Keys()) {
      int k = -1;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), k);
      if (error != std::errc() || end != text.data() + text.size() || k < 0) {
        throw Error{"'" + text + "' is not a number of experts", ""};
      }
      how.acceptance[k] = by_k.Number(text, 0, 1);
    }
  }
  if (f.Has("guesses")) how.guesses = f.Int("guesses", 1, kMostGuesses);
  if (f.Has("pass_cost")) how.pass_cost = f.Number("pass_cost", 0.01, 1e6);
  if (f.Has("draft_share")) how.draft_share = f.Number("draft_share", 0, 1);
  if (f.Has("diverges_at")) how.diverges_at = f.Int("diverges_at", 0, 1 << 30);
  if (f.Has("diverges_gap")) how.diverges_gap = f.Number("diverges_gap", 0, 1e6);
  return how;
}

// Different experts of a layer that n tokens use, routed evenly: N (1 - (1 - k/N)^n).
double ExpertsOf(const ModelFacts& model, int k, int tokens) {
  if (model.n_experts == 0) return 0;
  return model.n_experts * (1 - std::pow(1 - static_cast<double>(k) / model.n_experts, tokens));
}

}  // namespace

FakeSpeculations FakeSpeculationsFrom(const Fields& fields) {
  RequireKnown(fields, {"lookup", "draft", "draft+lookup"});
  FakeSpeculations all;
  for (const std::string& decoding : fields.Keys()) {
    all[decoding] = SpeculationFrom(fields.Object(decoding));
  }
  return all;
}

double PassBytes(const ModelFacts& model, int k, int tokens) {
  return static_cast<double>(model.dense_bytes_per_token) +
         ExpertsOf(model, k, tokens) * model.n_moe_layers * static_cast<double>(model.expert_bytes);
}

VerifyCost FakeVerifyCost(const ModelFacts& model, int k, int tokens, double token_ms) {
  const double bytes = PassBytes(model, k, tokens);
  const double ms = token_ms * bytes / PassBytes(model, k, 1);
  return {.tokens = tokens,
          .ms = ms,
          .lo_ms = 0.99 * ms,
          .hi_ms = 1.01 * ms,
          .n = 5,
          .experts_per_layer = ExpertsOf(model, k, tokens),
          .bytes = bytes};
}

void PlaySpeculation(const FakeSpeculation& how, const GenerateRequest& request,
                     const ModelFacts& model, int k, double token_ms, uint64_t seed,
                     GenerateResult& result) {
  const auto listed = how.acceptance.find(k);
  const double acceptance = listed == how.acceptance.end() ? kUsualAcceptance : listed->second;
  const int guesses =
      request.speculation.draft_tokens > 0 ? request.speculation.draft_tokens : how.guesses;
  const bool drafts = request.decoding != "lookup", looks_up = request.decoding != "draft";
  Rng die(Fnv1a64(request.prompt) ^ seed ^ static_cast<uint64_t>(k));
  SpeculationCounts counts;
  counts.drafted_at.resize(static_cast<std::size_t>(guesses));
  counts.accepted_at.resize(static_cast<std::size_t>(guesses));
  int64_t fed = 0;
  double experts = 0, bytes = 0;
  for (std::size_t at = 0; at < result.inter_token_ms.size();) {
    const int left = static_cast<int>(result.inter_token_ms.size() - at);
    const int tried = std::min(guesses, left - 1);  // the last token is the model's own
    int right = 0;
    while (right < tried && die.Uniform() < acceptance) ++right;
    for (int i = 0; i < tried; ++i) {
      ++counts.drafted_at[static_cast<std::size_t>(i)];
      if (i < right) ++counts.accepted_at[static_cast<std::size_t>(i)];
    }
    // Of both together, every other pass is the lookup's.
    const bool by_lookup = looks_up && (!drafts || counts.steps % 2 == 1);
    (by_lookup ? counts.looked_up : counts.drafted) += tried;
    (by_lookup ? counts.lookup_accepted : counts.accepted) += right;
    const double pass_bytes = PassBytes(model, k, tried + 1);
    const double cost = how.pass_cost.value_or(pass_bytes / PassBytes(model, k, 1));
    const double pass_ms = token_ms * (tried == 0 ? 1 : cost);
    const double draft_ms = drafts && tried > 0 ? how.draft_share * pass_ms : 0;
    counts.draft_ms += draft_ms;
    counts.verify_ms += pass_ms - draft_ms;
    ++counts.steps;
    fed += tried + 1;
    experts += ExpertsOf(model, k, tried + 1);
    bytes += pass_bytes;
    result.inter_token_ms[at] = static_cast<float>(pass_ms);
    for (int i = 1; i <= right; ++i) result.inter_token_ms[at + static_cast<std::size_t>(i)] = 0;
    at += static_cast<std::size_t>(right) + 1;
  }
  if (counts.steps > 0) {
    counts.experts_per_step = experts / static_cast<double>(counts.steps);
    counts.tokens_per_pass = static_cast<double>(fed) / static_cast<double>(counts.steps);
    result.bytes_per_token = bytes / static_cast<double>(result.inter_token_ms.size());
  }
  result.drafted = counts.drafted + counts.looked_up;
  result.accepted = counts.accepted + counts.lookup_accepted;
  result.speculation = std::move(counts);
  const std::size_t other = static_cast<std::size_t>(how.diverges_at.value_or(INT32_MAX));
  if (other >= result.tokens.size()) return;
  result.text[other] = result.text[other] == '#' ? '+' : '#';
  result.tokens[other] = static_cast<unsigned char>(result.text[other]);
}

std::vector<float> FakeTopGaps(const FakeSpeculations& all, std::size_t n_tokens) {
  std::vector<float> gaps(n_tokens, 1.0f);
  for (const auto& [decoding, how] : all) {
    const std::size_t at = static_cast<std::size_t>(how.diverges_at.value_or(INT32_MAX));
    if (at < n_tokens) gaps[at] = static_cast<float>(how.diverges_gap);
  }
  return gaps;
}

}  // namespace moebench
