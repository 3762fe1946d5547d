// What the native runner speculates with: a draft model on the model's team, and what passes cost.
//   NativeSpeculation speculation(engine, std::move(draft_engine));
//   Generation g = speculation.Run("draft", prompt, options, request.speculation);
// Borrows the engine. Not thread-safe.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "runners/native/decode/speculator.h"
#include "runners/native/decode/token_timer.h"
#include "runners/native/model/engine.h"

namespace moebench {

class NativeSpeculation {
 public:
  NativeSpeculation(Engine& engine, std::optional<Engine> draft);

  // decoding: lookup, draft or draft+lookup; throws Error for others, and as Speculator::Run does.
  // Where the length of drafts is open, the first request at a k is preceded by some timed passes
  // over its prompt, the same as TokenTimer::RunVerify.
  Generation Run(const std::string& decoding, std::span<const int> prompt,
                 const GenerateOptions& options, const SpeculationOptions& speculation);
  Engine* draft() { return draft_ ? &*draft_ : nullptr; }

 private:
  const PassCosts& CostsAt(int k, std::span<const int> prompt);

  Engine& engine_;
  std::optional<Engine> draft_;
  Speculator speculator_;
  std::map<int, PassCosts> costs_;  // by k
};

}  // namespace moebench
