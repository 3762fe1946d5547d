#include "runners/native/decode/generate.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/hash.h"

namespace moebench {
namespace {

double Milliseconds(int64_t ns) { return static_cast<double>(ns) * 1e-6; }

}  // namespace

void RequireFit(const Transformer& transformer, std::size_t prompt_tokens, int max_tokens) {
  if (prompt_tokens == 0) {
    throw Error("the prompt has no tokens", "generate", "give some text", ExitCode::kUsage);
  }
  if (max_tokens < 1) {
    throw Error("max_tokens is " + std::to_string(max_tokens), "generate", "ask for at least 1",
                ExitCode::kUsage);
  }
  // The last token is chosen, never fed.
  const std::size_t positions = prompt_tokens + static_cast<std::size_t>(max_tokens) - 1;
  if (positions <= static_cast<std::size_t>(transformer.context())) return;
  throw Error("a prompt of " + std::to_string(prompt_tokens) + " tokens and " +
                  std::to_string(max_tokens) + " new ones do not fit a context of " +
                  std::to_string(transformer.context()),
              "generate", "shorten the prompt or ask for fewer tokens", ExitCode::kConfig);
}

uint64_t HashOf(std::span<const float> logits) {
  return Fnv1a64(std::string_view(reinterpret_cast<const char*>(logits.data()),
                                  logits.size() * sizeof(float)));
}

Generator::Generator(Transformer& transformer, Team& team)
    : transformer_(transformer),
      team_(team),
      waits_(team),
      logits_(static_cast<std::size_t>(transformer.hyper().vocabulary)) {}

Generation Generator::Run(std::span<const int> prompt, const GenerateOptions& options) {
  RequireFit(transformer_, prompt.size(), options.max_tokens);
  const std::span<const int> ends = options.end_tokens;
  const std::span<const int> banned = options.ignore_end ? ends : std::span<const int>();
  Sampler sampler(options.sampler, transformer_.hyper().vocabulary);
  ForwardStats& stats = transformer_.stats();
  Generation out;
  out.tokens.reserve(static_cast<std::size_t>(options.max_tokens));
  out.inter_token_ms.reserve(static_cast<std::size_t>(options.max_tokens));
  if (sampler.greedy()) out.top_gap.reserve(static_cast<std::size_t>(options.max_tokens));
  const auto is_end = [&](int token) {
    return std::binary_search(ends.begin(), ends.end(), token);
  };
  const auto choose = [&] {
    return sampler.greedy() ? BestOf(logits_, banned) : Best{sampler.Choose(logits_, banned), 0};
  };
  transformer_.Reset();
  stats.Clear();
  team_.Run([](int) {});  // wakes whoever sleeps, outside of the measured region

  waits_.Start();
  const int64_t start_ns = NowNs();
  transformer_.Forward(prompt, options.k, LogitsOf::kLast, logits_);
  Best next = choose();
  int64_t last_ns = NowNs();
  out.prefill_ms = Milliseconds(last_ns - start_ns);
  out.prefill_wait = waits_.Part();
  out.k_min = stats.k_min;
  out.k_max = stats.k_max;
  stats.Clear();
  waits_.Start();
  while (true) {
    if (is_end(next.token)) {
      out.stopped = true;
      break;
    }
    out.tokens.push_back(next.token);
    if (sampler.greedy()) out.top_gap.push_back(next.lead);
    if (options.on_token) {
      options.on_token(next.token);
      last_ns = NowNs();
    }
    if (out.tokens.size() == static_cast<std::size_t>(options.max_tokens)) break;
    transformer_.Forward({&next.token, 1}, options.k, LogitsOf::kLast, logits_);
    next = choose();
    const int64_t now_ns = NowNs();
    // The step that chose the end token made no token: it is in no figure.
    if (!is_end(next.token)) {
      out.inter_token_ms.push_back(static_cast<float>(Milliseconds(now_ns - last_ns)));
    }
    last_ns = now_ns;
  }

  if (stats.tokens > 0) {
    out.decode_wait = waits_.Part();
    out.k_min = std::min(out.k_min, stats.k_min);
    out.k_max = std::max(out.k_max, stats.k_max);
    out.bytes_per_token = static_cast<double>(stats.weight_bytes + stats.kv_bytes) /
                          static_cast<double>(stats.tokens);
  }
  out.experts_touched = stats.ExpertsTouched();
  out.logits_hash = HashOf(logits_);
  return out;
}

}  // namespace moebench
