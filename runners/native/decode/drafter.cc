#include "runners/native/decode/drafter.h"

#include <algorithm>

#include "harness/base/error.h"

namespace moebench {

Drafter::Drafter(Transformer& model, int target_vocabulary)
    : model_(model),
      way_(model),
      kernels_(KernelsFor(DetectIsa())),
      common_ids_(static_cast<std::size_t>(std::min(model.hyper().vocabulary, target_vocabulary))),
      logits_(static_cast<std::size_t>(model.hyper().vocabulary)) {}

void Drafter::Start(const DraftOptions& options) {
  options_ = options;
  // Its draws must not be those that accept them.
  rng_ = Rng(options.sampler.seed ^ 0x6a09e667f3bcc909ULL);
  odds_.resize(common_ids_ * (options.sampler.temperature > 0 ? kMostGuesses : 1));
  way_.Start(options.recurrent);
  model_.Reset();
}

void Drafter::Read(std::span<const int> prompt) {
  const std::size_t room = static_cast<std::size_t>(model_.context() - model_.position());
  const std::span<const int> fits = prompt.first(std::min(prompt.size(), room));
  model_.Forward(fits, model_.hyper().k0, LogitsOf::kNone, {});
}

int Drafter::Propose(std::span<const int> text, int most, std::span<Guess> guesses) {
  // What is fed: the text, and all guesses but the last.
  most = std::min(most, model_.context() - static_cast<int>(text.size()) + 1);
  const std::span<const int> unread = text.subspan(static_cast<std::size_t>(model_.position()));
  if (most < 1 || unread.empty()) return 0;
  const int k = model_.hyper().k0;
  model_.Forward(unread, k, LogitsOf::kLast, logits_);
  int made = 0;
  while (made < most && Choose(made, guesses[static_cast<std::size_t>(made)])) {
    if (++made == most) break;
    if (made == 1) way_.Mark();
    way_.Append({&guesses[static_cast<std::size_t>(made - 1)].token, 1}, k, LogitsOf::kLast,
                logits_);
  }
  return made;
}

bool Drafter::Choose(int place, Guess& guess) {
  const bool draws = options_.sampler.temperature > 0;
  const std::span<float> odds = std::span(odds_).subspan(
      draws ? static_cast<std::size_t>(place) * common_ids_ : 0, common_ids_);
  OddsOf(kernels_, logits_, options_.banned, draws ? options_.sampler.temperature : 1, odds);
  const Best best = BestOf(odds, {});
  if (static_cast<double>(odds[static_cast<std::size_t>(best.token)]) < options_.min_probability) {
    return false;
  }
  guess = draws ? Guess{Draw(odds, rng_), odds} : Guess{best.token, {}};
  return true;
}

void Drafter::Keep(int position) {
  if (position < model_.position()) way_.GoTo(position);
}

}  // namespace moebench
