// Greedy texts of speculative cells held against plain decoding's of the same k: lossless, or told.
//   PlainTexts plain;
//   ParityRecord parity = CompareTexts(plain.Of(runner, request, "item q1"), TextOf(result));
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "results/records.h"
#include "runners/runner.h"

namespace moebench {

struct GreedyText {
  std::vector<int> tokens;
  std::vector<float> top_gap;  // logits: each token's lead over the runner-up
};
GreedyText TextOf(const GenerateResult& result);

// The first token that differs, also where one text ends before the other. Its gap is plain
// decoding's; where that had ended, the speculative text's.
ParityRecord CompareTexts(const GreedyText& plain, const GreedyText& speculative);

// Plain texts of one placement, by k and prompt. What was not generated yet (a resumed sweep, an
// order by chance) is generated when asked for, which must not be inside a timed region.
class PlainTexts {
 public:
  // name: of the prompt with all that shapes its text, "speed s1"; the first text of a name counts.
  void Keep(int k, const std::string& name, const GenerateResult& result);
  const GreedyText& Of(Runner& runner, const GenerateRequest& request, const std::string& name);

 private:
  std::map<std::pair<int, std::string>, GreedyText> texts_;
};

}  // namespace moebench
