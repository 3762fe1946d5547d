// What a reader wants to know first of one model: the first screen of every report. Text is raw:
// whoever prints it escapes it.
//   Answer answer = AnswerFor(model, view);
// Pure; thread-safe. Pointers point into the model and live as long as it.
#pragma once

#include <string>
#include <vector>

#include "results/report_facts.h"
#include "results/sweep_view.h"

namespace moebench {

struct Answer {
  std::string setting;       // SettingInWords, or that there is none
  std::string gain;          // "×1.38 [1.34, 1.42]"
  std::string gain_detail;   // "152.1 → 209.8 tokens/s, n=6"
  std::string price;         // "−2.1 % [−5.0, +0.9]"
  std::string price_detail;  // "94.6 % → 92.5 % of 240 items. ..."
  std::string why;           // one sentence; may be empty
  std::string many;        // what writes the most with many texts at once; empty: nothing was tried
  std::string comparable;  // is tonight? "yes, with 7 nights", "within tonight", "no", "not known"
  std::string noise;       // the A/A control's deviation: "+3.4 % [−12.9, +22.7]"
  std::string quiet;       // what that and the disturbed trials say
  std::string past;        // which earlier nights tonight may be held against, or why none
  std::vector<const CellView*> flagged;
  std::vector<Fact> deploy;  // engine, command line
};
Answer AnswerFor(const ModelView& model, const SweepView& view);

}  // namespace moebench
