#include "harness/sweep/answer_signs.h"

#include "quality/hygiene.h"

namespace moebench {
namespace {

bool IsWritten(const AnswerRecord& answer) {
  return answer.generated_tokens > 0 || answer.outcome == "empty";
}

}  // namespace

void FillSigns(std::span<AnswerRecord> answers) {
  for (AnswerRecord& answer : answers) {
    if (answer.signs || !IsWritten(answer)) continue;
    const Finish finish = answer.finish == "stop" ? Finish::kStop : Finish::kLength;
    const AnswerSigns signs = LookForSigns(answer.prompt, answer.answer, finish);
    answer.signs = {.cut_off = signs.cut_off,
                    .empty = signs.empty,
                    .loop = signs.loop,
                    .unfinished = signs.unfinished,
                    .open_fence = signs.open_fence,
                    .open_json = signs.open_json,
                    .prompt_echo = signs.prompt_echo,
                    .wrong_script = signs.wrong_script,
                    .compression_ratio = signs.compression_ratio};
  }
}

}  // namespace moebench
