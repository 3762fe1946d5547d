#include "runners/native/decode/token_timer.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/hash.h"
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
                         last ? wanted : LogitsOf::kNone,
                         last ? std::span<float>(logits_) : std::span<float>());
  }
}

void TokenTimer::GoTo(int position, std::span<const int> text, const TokenTestOptions& options) {
  const Hyper& hyper = transformer_.hyper();
  const bool recurrent = hyper.CountOf(Mixer::kDeltaNet) + hyper.CountOf(Mixer::kMamba2) > 0;
  const int kept = recurrent ? 0 : std::min(kept_, position);
  kept_ = 0;  // until this has worked
  if (kept == 0) {
    transformer_.Reset();
  } else {
    transformer_.Rewind(kept);
  }
  Prefill(kept, position, hyper.k0, text, options.batch_tokens, LogitsOf::kNone);
}

TokenTest TokenTimer::Run(std::span<const int> text, const TokenTestOptions& options) {
  RequireRunnable(options, text.size(), transformer_.context());
  Sampler sampler({}, transformer_.hyper().vocabulary);
  ForwardStats& stats = transformer_.stats();
  TokenTest out;
  out.inter_token_ms.reserve(static_cast<std::size_t>(options.generated_tokens));
  feed_.resize(static_cast<std::size_t>(options.batch_tokens));
  GoTo(options.depth, text, options);
  stats.Clear();
  team_.Run([](int) {});  // wakes whoever sleeps, outside of the measured region

  int position = options.depth;
  const int64_t start_ns = NowNs();
  if (options.prompt_tokens > 0) {
    Prefill(position, position + options.prompt_tokens, options.k, text, options.batch_tokens,
            LogitsOf::kLast);
    position += options.prompt_tokens;
  }
  int64_t last_ns = NowNs();
  out.prefill_ms = options.prompt_tokens > 0 ? Milliseconds(last_ns - start_ns) : 0;
  const int64_t prefill_bytes = stats.weight_bytes + stats.kv_bytes, prefill_tokens = stats.tokens;
  for (int i = 0; i < options.generated_tokens; ++i, ++position) {
    const int token = text[static_cast<std::size_t>(position) % text.size()];
    transformer_.Forward({&token, 1}, options.k, LogitsOf::kLast, logits_);
    sampler.Choose(logits_, {});
    const int64_t now_ns = NowNs();
    out.inter_token_ms.push_back(static_cast<float>(Milliseconds(now_ns - last_ns)));
    last_ns = now_ns;
  }

  kept_ = options.depth;
  out.k_min = stats.k_min;
  out.k_max = stats.k_max;
  out.experts_touched = stats.ExpertsTouched();
  if (stats.tokens > prefill_tokens) {
    out.bytes_per_token = static_cast<double>(stats.weight_bytes + stats.kv_bytes - prefill_bytes) /
                          static_cast<double>(stats.tokens - prefill_tokens);
  }
  out.logits_hash = Fnv1a64(std::string_view(reinterpret_cast<const char*>(logits_.data()),
                                             logits_.size() * sizeof(float)));
  return out;
}

}  // namespace moebench
