#include "runners/native/decode/speculative_run.h"

#include <algorithm>

#include "harness/base/clock.h"

namespace moebench {
namespace {

double Milliseconds(int64_t ns) { return static_cast<double>(ns) * 1e-6; }

// Adds the time of a block to a sum.
class Stopwatch {
 public:
  explicit Stopwatch(double& sum_ms) : sum_ms_(sum_ms), start_ns_(NowNs()) {}
  ~Stopwatch() { sum_ms_ += Milliseconds(NowNs() - start_ns_); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  double& sum_ms_;
  int64_t start_ns_;
};

}  // namespace

SpeculatorParts::SpeculatorParts(Transformer& model_in, Team& team_in, Transformer* draft)
    : model(model_in),
      team(team_in),
      waits(team_in),
      way(model_in),
      lookup(model_in.context()),
      logits(static_cast<std::size_t>(kMostGuesses + 1) *
             static_cast<std::size_t>(model_in.hyper().vocabulary)) {
  if (draft != nullptr) drafter.emplace(*draft, model.hyper().vocabulary);
}

SpeculativeRun::SpeculativeRun(SpeculatorParts& parts, std::span<const int> prompt,
                               const GenerateOptions& options, const SpeculatorOptions& how)
    : parts_(parts),
      options_(options),
      how_(how),
      prompt_(prompt),
      banned_(options.ignore_end ? options.end_tokens : std::span<const int>()),
      acceptance_(options.sampler, parts.model.hyper().vocabulary),
      draft_length_(how.costs),
      lookup_length_({.ms = how.costs.ms}) {
  const SpeculationOptions& s = how.speculation;
  const std::size_t most = static_cast<std::size_t>(options.max_tokens);
  text_.reserve(prompt.size() + most);
  out_.tokens.reserve(most);
  out_.inter_token_ms.reserve(most);
  if (acceptance_.greedy()) out_.top_gap.reserve(most);
  counts_.drafted_at.resize(kMostGuesses);
  counts_.accepted_at.resize(kMostGuesses);
  const Recurrent recurrent = RecurrentFrom(s.recurrent);
  parts_.way.Start(recurrent);
  parts_.model.Reset();
  if (how.looks_up) parts_.lookup.Start(s.lookup_min, s.lookup_max);
  if (!how.drafts) return;
  parts_.drafter->Start({.min_probability = s.min_probability,
                         .sampler = options.sampler,
                         .banned = banned_,
                         .recurrent = recurrent});
}

std::span<float> SpeculativeRun::Rows(int n) {
  const std::size_t width = static_cast<std::size_t>(parts_.model.hyper().vocabulary);
  return std::span(parts_.logits).first(static_cast<std::size_t>(n) * width);
}

bool SpeculativeRun::IsEnd(int token) const {
  return std::binary_search(options_.end_tokens.begin(), options_.end_tokens.end(), token);
}

void SpeculativeRun::ReadPrompt() {
  ForwardStats& stats = parts_.model.stats();
  stats.Clear();
  parts_.team.Run([](int) {});  // wakes whoever sleeps, outside of the measured region

  parts_.waits.Start();
  const int64_t start_ns = NowNs();
  text_.assign(prompt_.begin(), prompt_.end());
  if (how_.looks_up) {
    for (const int token : prompt_) parts_.lookup.Append(token);
  }
  parts_.model.Forward(prompt_, options_.k, LogitsOf::kLast, Rows(1));
  const Taken first = acceptance_.Take(Rows(1), {}, banned_, gaps_);
  if (how_.drafts) parts_.drafter->Read(prompt_);
  last_ns_ = NowNs();
  out_.prefill_ms = Milliseconds(last_ns_ - start_ns);
  out_.prefill_wait = parts_.waits.Part();
  out_.k_min = stats.k_min;
  out_.k_max = stats.k_max;
  stats.Clear();
  if (how_.drafts) parts_.drafter->model().stats().Clear();
  parts_.waits.Start();
  Say(first.token, gaps_[0]);
}

bool SpeculativeRun::Say(int token, float gap) {
  if (IsEnd(token)) {
    out_.stopped = done_ = true;
    return false;
  }
  text_.push_back(token);
  out_.tokens.push_back(token);
  if (acceptance_.greedy()) out_.top_gap.push_back(gap);
  if (how_.looks_up) parts_.lookup.Append(token);
  if (options_.on_token) {
    options_.on_token(token);
    last_ns_ = NowNs();
  }
  done_ = std::ssize(out_.tokens) == options_.max_tokens;
  return !done_;
}

int SpeculativeRun::Propose(int most) {
  const int fixed = how_.speculation.draft_tokens;
  drafted_ = 0;
  if (how_.drafts && most > 0) {
    const Stopwatch watch(counts_.draft_ms);
    const int wanted = fixed > 0 ? fixed : draft_length_.Next();
    drafted_ = parts_.drafter->Propose(text_, std::min(wanted, most), guesses_);
  }
  for (int i = 0; i < drafted_; ++i) {
    feed_[static_cast<std::size_t>(i) + 1] = guesses_[static_cast<std::size_t>(i)].token;
  }
  if (!how_.looks_up) return drafted_;
  const Stopwatch watch(counts_.lookup_ms);
  const int wanted = std::min(fixed > 0 ? fixed : lookup_length_.Next(), most);
  if (wanted <= drafted_) return drafted_;
  const std::span<int> behind_last = std::span(feed_).subspan(1, static_cast<std::size_t>(wanted));
  const int n = drafted_ + parts_.lookup.Guess(behind_last, drafted_);
  for (int i = drafted_; i < n; ++i) {
    guesses_[static_cast<std::size_t>(i)] = {.token = feed_[static_cast<std::size_t>(i) + 1]};
  }
  return n;
}

Taken SpeculativeRun::Verify(int n) {
  const Stopwatch watch(counts_.verify_ms);
  const std::size_t fed = static_cast<std::size_t>(n) + 1;
  feed_[0] = text_.back();
  if (n > 0) parts_.way.Mark();
  const std::span<const int> feed = std::span(feed_).first(fed);
  if (n > 0) {
    parts_.way.Append(feed, options_.k, LogitsOf::kAll, Rows(n + 1));
  } else {
    parts_.model.Forward(feed, options_.k, LogitsOf::kAll, Rows(1));
  }
  return acceptance_.Take(Rows(n + 1), std::span(guesses_).first(fed - 1), banned_, gaps_);
}

void SpeculativeRun::Step() {
  Transformer& model = parts_.model;
  const int position = model.position();
  // A pass says one token of its own, too.
  const int n = Propose(options_.max_tokens - static_cast<int>(out_.tokens.size()) - 1);
  const Taken taken = Verify(n);
  const int right_end = position + 1 + taken.guesses;
  {
    const Stopwatch watch(counts_.rollback_ms);
    if (n > 0) parts_.way.GoTo(right_end);
    if (model.position() < right_end) {
      model.Forward(std::span(feed_).first(static_cast<std::size_t>(taken.guesses) + 1), options_.k,
                    LogitsOf::kNone, {});
    }
    if (how_.drafts) parts_.drafter->Keep(static_cast<int>(text_.size()) + taken.guesses);
  }
  const std::size_t before = out_.tokens.size();
  const int64_t now_ns = NowNs();
  const float pass_ms = static_cast<float>(Milliseconds(now_ns - last_ns_));
  last_ns_ = now_ns;
  bool goes_on = true;
  for (int i = 0; i <= taken.guesses && goes_on; ++i) {
    const std::size_t at = static_cast<std::size_t>(i);
    last_row_ = i;
    ++chosen_in_steps_;
    goes_on = Say(i < taken.guesses ? guesses_[at].token : taken.token, gaps_[at]);
  }
  const int said = static_cast<int>(out_.tokens.size() - before);
  for (int i = 0; i < said; ++i) out_.inter_token_ms.push_back(i == 0 ? pass_ms : 0);
  ++counts_.steps;
  CountGuesses(n, std::min(said, taken.guesses));
  draft_length_.Learn(drafted_, std::min(drafted_, taken.guesses));
  if (taken.guesses >= drafted_) {  // else what was looked up was never asked for
    lookup_length_.Learn(n - drafted_, taken.guesses - drafted_);
  }
}

void SpeculativeRun::CountGuesses(int n, int in_text) {
  for (int i = 0; i < n; ++i) {
    const bool by_draft = i < drafted_, right = i < in_text;
    ++(by_draft ? counts_.drafted : counts_.looked_up);
    ++counts_.drafted_at[static_cast<std::size_t>(i)];
    if (!right) continue;
    ++(by_draft ? counts_.accepted : counts_.lookup_accepted);
    ++counts_.accepted_at[static_cast<std::size_t>(i)];
  }
}

Generation SpeculativeRun::Finish() {
  const ForwardStats& stats = parts_.model.stats();
  if (stats.tokens > 0) {
    out_.decode_wait = parts_.waits.Part();
    out_.k_min = std::min(out_.k_min, stats.k_min);
    out_.k_max = std::max(out_.k_max, stats.k_max);
    int64_t bytes = stats.weight_bytes + stats.kv_bytes;
    if (how_.drafts) {
      const ForwardStats& of_draft = parts_.drafter->model().stats();
      bytes += of_draft.weight_bytes + of_draft.kv_bytes;
    }
    out_.bytes_per_token = static_cast<double>(bytes) / static_cast<double>(chosen_in_steps_);
    const double passes = static_cast<double>(stats.passes);
    counts_.tokens_per_pass = static_cast<double>(stats.tokens) / passes;
    const int layers = parts_.model.hyper().CountOf(FeedForward::kExperts);
    if (layers > 0) {
      counts_.experts_per_step = static_cast<double>(stats.expert_runs) / (passes * layers);
    }
  }
  out_.experts_touched = stats.ExpertsTouched();
  const std::size_t width = static_cast<std::size_t>(parts_.model.hyper().vocabulary);
  out_.logits_hash =
      HashOf(std::span(parts_.logits).subspan(static_cast<std::size_t>(last_row_) * width, width));
  std::size_t places = kMostGuesses;
  while (places > 0 && counts_.drafted_at[places - 1] == 0) --places;
  counts_.drafted_at.resize(places);
  counts_.accepted_at.resize(places);
  out_.speculation = std::move(counts_);
  return std::move(out_);
}

}  // namespace moebench
