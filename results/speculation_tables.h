// What reports say of speculation, as tables of raw text: k x decoding, what passes cost, which
// kinds of prompts gain. The same for the terminal, Markdown and HTML; whoever prints it escapes
// it. Pure; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "results/report_section.h"
#include "results/sweep_view.h"

namespace moebench {

// Does any cell of the model guess, or was it kept from guessing?
bool Speculates(const ModelView& model);

// Rows: k and placement; columns: plain and each way of guessing. Empty without speculative cells.
TextTable DecodingTable(const ModelView& model);
// Rows: k and placement; columns: sizes of passes. R(T) with the different experts of a layer,
// measured and expected. Empty where none was measured.
TextTable PassTable(const ModelView& model);
// Rows: speculative cells; columns: kinds of prompts. Speed over plain decoding's at the same k and
// acceptance. Empty where prompts have no kind.
TextTable KindTable(const ModelView& model);
// Rows: speculative cells; columns: tokens per pass, acceptance by place, shares of time, what was
// predicted, texts. Empty without any.
TextTable GuessTable(const ModelView& model);

// All of the above that there are, in the order to be read.
std::vector<ReportSection> SpeculationSections(const ModelView& model,
                                               const std::vector<SpeedPromptRecord>& prompts);

// "code edit: 2 prompts, 31 % of their 5-grams repeated", one for each kind of the sweep's prompts.
std::vector<std::string> PromptKinds(const std::vector<SpeedPromptRecord>& prompts);

}  // namespace moebench
