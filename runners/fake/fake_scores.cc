#include "runners/fake/fake_scores.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "harness/base/rng.h"

namespace moebench {
namespace {

constexpr int kVocabulary = 256;

// What the base says of one token, and where another arm is apart from it.
struct Draw {
  double base_loss = 0;  // -ln p
  double apart = 0;      // exponential, mean 1
  double wobble = 0;     // normal
  int top = 0;
  double agreement = 0;  // uniform
};

Draw DrawOf(const FakeScript& script, uint64_t text_hash, int position) {
  Rng rng(script.seed ^ text_hash ^ (static_cast<uint64_t>(position) * 0x9e3779b97f4a7c15ULL));
  Draw draw;
  draw.base_loss = 0.2 - std::log(1 - rng.Uniform());
  draw.apart = -std::log(1 - rng.Uniform());
  draw.wobble = rng.Normal();
  draw.top = static_cast<int>(rng.Below(kVocabulary));
  draw.agreement = rng.Uniform();
  return draw;
}

double DivergenceOf(const FakeScript& script, int k) {
  const auto found = script.divergence.find(k == 0 ? script.model.k0 : k);
  return found == script.divergence.end() ? 0 : found->second;
}

void AddToken(TextScore::Arm& arm, const Draw& draw, double divergence, bool is_base) {
  const double loss = draw.base_loss + divergence + std::sqrt(divergence) * 0.5 * draw.wobble;
  arm.log_p.push_back(static_cast<float>(-std::max(0.0, loss)));
  arm.top.push_back(draw.agreement < divergence ? (draw.top + 1) % kVocabulary : draw.top);
  if (!is_base) arm.kl.push_back(static_cast<float>(divergence * draw.apart));
}

}  // namespace

TextScore MakeUpTextScore(const FakeScript& script, const TextScoreRequest& request) {
  TextScore score;
  score.text_tokens = static_cast<int>(request.text.size() / 4) + 1;
  const int window = request.window_tokens;
  if (window < 4 || request.ks.empty()) {
    throw Error{"a window has 4 tokens at least, a score one expert count", "score text", "",
                ExitCode::kUsage};
  }
  score.text_windows = score.text_tokens / window;
  const int left = score.text_windows - request.first_window;
  score.windows = request.max_windows == 0 ? left : std::min(left, request.max_windows);
  if (request.first_window < 0 || score.windows < 1) {
    throw Error{"the text has " + std::to_string(score.text_windows) + " windows", "score text", "",
                ExitCode::kUsage};
  }
  score.scored_per_window = window - 1 - window / 2;
  const uint64_t text_hash = Fnv1a64(request.text);
  for (const int k : request.ks) {
    TextScore::Arm arm;
    const double divergence = DivergenceOf(script, k);
    for (int w = request.first_window; w < request.first_window + score.windows; ++w) {
      for (int i = 0; i < score.scored_per_window; ++i) {
        AddToken(arm, DrawOf(script, text_hash, w * window + i), divergence, score.arms.empty());
      }
    }
    arm.k_executed_min = arm.k_executed_max = k == 0 ? script.model.k0 : k;
    score.arms.push_back(std::move(arm));
  }
  return score;
}

ChoiceScore MakeUpChoiceScore(const FakeScript& script, const ChoiceScoreRequest& request, int k) {
  ChoiceScore score;
  score.prompt_tokens = static_cast<int>(request.prompt.size());
  score.k_executed_min = score.k_executed_max = k;
  const auto answer = script.answers.find(request.prompt);
  const auto accuracy = script.accuracy.find(k);
  // As of generated answers: an item that is lost at one k is lost at every less accurate k.
  const double draw = Rng(Fnv1a64(request.prompt) ^ script.seed).Uniform();
  const bool right = accuracy == script.accuracy.end() || draw < accuracy->second;
  for (const std::string& text : request.continuations) {
    if (text.empty()) {
      throw Error{"a continuation has no tokens", "score choices", "", ExitCode::kUsage};
    }
    const bool is_answer = answer != script.answers.end() && text == answer->second;
    const double jitter = Rng(Fnv1a64(text) ^ script.seed).Uniform();
    const bool likely = is_answer == right;
    const float log_p = static_cast<float>((likely ? -0.5 : -3.0) - 0.1 * jitter);
    score.continuations.push_back(
        {.log_p = std::vector<float>(text.size(), log_p), .greedy = is_answer && right});
  }
  return score;
}

}  // namespace moebench
