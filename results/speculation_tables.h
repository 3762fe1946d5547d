// What reports say of speculation, as tables of raw text: k x decoding, what passes cost, which
// kinds of prompts gain. The same for the terminal, Markdown and HTML; whoever prints it escapes
// it. Pure; thread-safe.
#pragma once

#include <string>
#include <vector>

#include "results/sweep_view.h"

namespace moebench {

struct TableEntry {
  std::string value, note;  // "845.0 [840, 850], n=6"; "×1.38 plain, 72 % accepted"
  bool best = false;        // the recommended setting
};
struct TextTable {
  std::vector<std::string> head;  // of the columns, the row labels' first
  struct Row {
    std::string label;
    std::vector<TableEntry> entries;  // one for each column after the first
  };
  std::vector<Row> rows;
  bool empty() const { return rows.empty(); }
};

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

struct SpeculationSection {
  std::string title, caption;
  TextTable table;  // not empty
};
// All of the above that there are, in the order to be read.
std::vector<SpeculationSection> SpeculationSections(const ModelView& model,
                                                    const std::vector<SpeedPromptRecord>& prompts);

// "code edit: 2 prompts, 31 % of their 5-grams repeated", one for each kind of the sweep's prompts.
std::vector<std::string> PromptKinds(const std::vector<SpeedPromptRecord>& prompts);

}  // namespace moebench
