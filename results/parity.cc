#include "results/parity.h"

#include <fmt/format.h>

namespace moebench {
namespace {

std::string ReasonOf(const std::string& text, const std::optional<ParityRecord>& parity) {
  if (!parity || parity->Holds(kParityTolerance)) return "";
  const std::string by = parity->gap ? fmt::format("by {:.3f} logits", *parity->gap)
                                     : std::string("by an unknown margin");
  return fmt::format("parity: {} leaves plain decoding at token {}, which preferred its own {}",
                     text, parity->diverged_at + 1, by);
}

}  // namespace

std::string ParityReason(const TrialRecord& trial) {
  for (const PromptRecord& prompt : trial.each_prompt) {
    std::string reason = ReasonOf("speed prompt " + prompt.prompt_id, prompt.parity);
    if (!reason.empty()) return reason;
  }
  return "";
}

std::string ParityReason(const AnswerRecord& answer) {
  return ReasonOf("item " + answer.item_id, answer.parity);
}

}  // namespace moebench
