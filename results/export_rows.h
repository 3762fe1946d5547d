// All rows of a sweep for other programs. Nothing is left out and nothing is judged: figures and
// verdicts are what `moebench show --json` prints.
//   std::string text = ExportJsonLines(store.ReadSweep(id));
// Pure. Text from outside may hold any bytes: JSON replaces what is no UTF-8 by U+FFFD, CSV quotes
// and disarms what a spreadsheet would run.
#pragma once

#include <string>

#include "results/store.h"

namespace moebench {

// {"schema":"moebench.export/1","sweep":{...},"models":[...],"cells":[...],"sessions":[...],
//  "pass_costs":[...],"trials":[...],"answers":[...]}
std::string ExportJson(const SweepRows& rows);

// The same objects, one a line, each with "kind": "sweep", "model", "cell", "session", "pass_cost",
// "trial" or "answer".
std::string ExportJsonLines(const SweepRows& rows);

// One line per trial, with the setting of its cell.
std::string ExportCsv(const SweepRows& rows);

// llama-bench's own table and rows as `llama-bench -o sql` prints them: two rows for each cell that
// ended ok, its prompt (n_gen = 0) and its decoding (n_prompt = 0), from the trials that were not
// disturbed. The table has no column for experts, decoding or placement: a cell that is not the
// baseline carries them in model_type, "qwen3moe Q8_0 [k=4 plain interleave]", so that no tool
// averages two settings. What the engine has no such setting for is 0 or empty.
enum class LlamaBenchColumns {
  kSinceMid2026,  // load_mode
  kUntilMid2026,  // use_mmap, use_direct_io
};
std::string ExportLlamaBench(const SweepRows& rows, LlamaBenchColumns columns);

}  // namespace moebench
