#include "runners/native/decode/token_timer.h"

#include <algorithm>
#include <string>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "runners/native/decode/generate.h"
#include "runners/native/decode/sampler.h"

namespace moebench {
namespace {

double Milliseconds(int64_t ns) { return static_cast<double>(ns) * 1e-6; }

void RequireRunnable(const TokenTestOptions& options, std::size_t text_tokens, int context) {
  const auto refuse = [](const std::string& problem) {
    throw Error(problem, "measure", "", ExitCode::kUsage);
  };
  if (text_tokens == 0) refuse("the text has no tokens");
  if (options.depth < 0 || options.prompt_tokens < 0 || options.generated_tokens < 0 ||
      options.batch_tokens < 1) {
    refuse("counts of tokens must not be negative, a batch has 1 at least");
  }
  const int64_t wanted = int64_t{options.depth} + options.prompt_tokens + options.generated_tokens;
  if (wanted == options.depth) refuse("there is nothing to time");
  if (wanted > context) {
    refuse(std::to_string(wanted) + " tokens do not fit a context of " + std::to_string(context));
  }
}

}  // namespace

TokenTimer::TokenTimer(Transformer& transformer, Team& team)
    : transformer_(transformer),
      team_(team),
      waits_(team),
      logits_(static_cast<std::size_t>(transformer.hyper().vocabulary)) {}

// Tokens [begin, end) of the endless text, in passes of at most `batch`; their logits only where
// the last pass wants them.
void TokenTimer::Prefill(int begin, int end, int k, std::span<const int> text, int batch,
                         LogitsOf wanted) {
  for (int at = begin; at < end;) {
    const int n = std::min(batch, end - at);
    for (int i = 0; i < n; ++i) {
      feed_[static_cast<std::size_t>(i)] = text[static_cast<std::size_t>(at + i) % text.size()];
    }
    at += n;
    const bool last = at == end && wanted != LogitsOf::kNone;
    transformer_.Forward(std::span<const int>(feed_).first(static_cast<std::size_t>(n)), k,
                         last ? wanted : LogitsOf::kNone, last ? OneRow() : std::span<float>());
  }
}

void TokenTimer::GoTo(int position, std::span<const int> text, int batch_tokens) {
  const int kept = transformer_.has_recurrent_layers() ? 0 : std::min(kept_, position);
  kept_ = 0;  // until this has worked
  if (kept == 0) {
    transformer_.Reset();
  } else {
    transformer_.Rewind(kept);
  }
  feed_.resize(static_cast<std::size_t>(batch_tokens));
  Prefill(kept, position, transformer_.hyper().k0, text, batch_tokens, LogitsOf::kNone);
}

TokenTest TokenTimer::Run(std::span<const int> text, const TokenTestOptions& options) {
  RequireRunnable(options, text.size(), transformer_.context());
  Sampler sampler({}, transformer_.hyper().vocabulary);
  ForwardStats& stats = transformer_.stats();
  TokenTest out;
  out.inter_token_ms.reserve(static_cast<std::size_t>(options.generated_tokens));
  GoTo(options.depth, text, options.batch_tokens);
  stats.Clear();
  team_.Run([](int) {});  // wakes whoever sleeps, outside of the measured region

  int position = options.depth;
  waits_.Start();
  const int64_t start_ns = NowNs();
  if (options.prompt_tokens > 0) {
    Prefill(position, position + options.prompt_tokens, options.k, text, options.batch_tokens,
            LogitsOf::kLast);
    position += options.prompt_tokens;
  }
  int64_t last_ns = NowNs();
  if (options.prompt_tokens > 0) {
    out.prefill_ms = Milliseconds(last_ns - start_ns);
    out.prefill_wait = waits_.Part();
  }
  waits_.Start();
  const int64_t prefill_bytes = stats.weight_bytes + stats.kv_bytes, prefill_tokens = stats.tokens;
  for (int i = 0; i < options.generated_tokens; ++i, ++position) {
    const int token = text[static_cast<std::size_t>(position) % text.size()];
    transformer_.Forward({&token, 1}, options.k, LogitsOf::kLast, OneRow());
    sampler.Choose(OneRow(), {});
    const int64_t now_ns = NowNs();
    out.inter_token_ms.push_back(static_cast<float>(Milliseconds(now_ns - last_ns)));
    last_ns = now_ns;
  }

  kept_ = options.depth;
  out.k_min = stats.k_min;
  out.k_max = stats.k_max;
  out.experts_touched = stats.ExpertsTouched();
  if (stats.tokens > prefill_tokens) {
    out.decode_wait = waits_.Part();
    out.bytes_per_token = static_cast<double>(stats.weight_bytes + stats.kv_bytes - prefill_bytes) /
                          static_cast<double>(stats.tokens - prefill_tokens);
  }
  out.logits_hash = HashOf(OneRow());
  return out;
}

// Milliseconds of one pass over text tokens from `first` on; what it did is added to the sum.
double TokenTimer::VerifyOnce(int size, int first, int k, std::span<const int> text,
                              VerifyCost& sum) {
  const std::size_t width = static_cast<std::size_t>(transformer_.hyper().vocabulary);
  const std::size_t n = static_cast<std::size_t>(size);
  const int depth = transformer_.position();
  for (std::size_t i = 0; i < n; ++i) {
    feed_[i] = text[(static_cast<std::size_t>(first) + i) % text.size()];
  }
  const ForwardStats& stats = transformer_.stats();
  const int64_t runs = stats.expert_runs, bytes = stats.weight_bytes + stats.kv_bytes;
  const int64_t start_ns = NowNs();
  transformer_.Forward(std::span<const int>(feed_).first(n), k, LogitsOf::kAll,
                       std::span(logits_).first(n * width), Hold::kRevocable);
  for (std::size_t i = 0; i < n; ++i) BestOf(std::span(logits_).subspan(i * width, width), {});
  const double ms = Milliseconds(NowNs() - start_ns);
  transformer_.Rewind(depth);
  const int layers = std::max(1, transformer_.hyper().CountOf(FeedForward::kExperts));
  sum.experts_per_layer += static_cast<double>(stats.expert_runs - runs) / layers;
  sum.bytes += static_cast<double>(stats.weight_bytes + stats.kv_bytes - bytes);
  return ms;
}

VerifyTest TokenTimer::RunVerify(std::span<const int> text, const VerifyTestOptions& options) {
  int most = 0;
  for (const int size : options.sizes) {
    if (size < 1 || size > kMostGuesses + 1) {
      throw Error("a pass of " + std::to_string(size) + " tokens is to be timed", "measure",
                  "choose 1 to " + std::to_string(kMostGuesses + 1), ExitCode::kUsage);
    }
    most = std::max(most, size);
  }
  RequireRunnable({.depth = options.depth,
                   .prompt_tokens = most,
                   .batch_tokens = options.repetitions < 1 ? 0 : options.batch_tokens},
                  text.size(), transformer_.context());
  logits_.resize(static_cast<std::size_t>(most) *
                 static_cast<std::size_t>(transformer_.hyper().vocabulary));
  GoTo(options.depth, text, std::max(options.batch_tokens, most));
  VerifyTest out;
  std::vector<std::vector<double>> times(options.sizes.size());
  for (const int size : options.sizes) out.costs.push_back({.tokens = size});
  transformer_.stats().Clear();
  team_.Run([](int) {});
  for (int round = 0; round < options.repetitions; ++round) {
    const int first = options.depth + round * most;
    for (std::size_t i = 0; i < times.size(); ++i) {
      const std::size_t turn = round % 2 == 0 ? i : times.size() - 1 - i;
      times[turn].push_back(
          VerifyOnce(options.sizes[turn], first, options.k, text, out.costs[turn]));
    }
  }
  for (std::size_t i = 0; i < times.size(); ++i) {
    VerifyCost& cost = out.costs[i];
    std::sort(times[i].begin(), times[i].end());
    cost.n = options.repetitions;
    cost.lo_ms = times[i].front();
    cost.hi_ms = times[i].back();
    cost.ms = times[i][times[i].size() / 2];
    cost.experts_per_layer /= cost.n;
    cost.bytes /= cost.n;
  }
  kept_ = options.depth;
  out.k_min = transformer_.stats().k_min;
  out.k_max = transformer_.stats().k_max;
  return out;
}

}  // namespace moebench
