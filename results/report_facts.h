// What reports say about a sweep, in words, the same in Markdown and HTML: settings, verdicts,
// what went wrong grouped by reason, the machine, how to do it again. Text here is still
// raw: whoever prints it escapes it (results/report_escape.h).
// Pure; thread-safe. Pointers point into the view and live as long as it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "results/sweep_view.h"

namespace moebench {

// The cell all others of the model are compared with; nullptr if it isn't there.
const CellView* BaselineOf(const ModelView& model);
// The recommended cell; nullptr if nothing can be recommended.
const CellView* RecommendedOf(const ModelView& model);
// The cell that writes the most tokens/s with several texts at once; nullptr if none is named.
const CellView* MostTokensOf(const ModelView& model);

// The format that prompts are written in: "chatml"; "none" if they are completed as they stand;
// empty if the stored facts don't say.
std::string ChatFormatOf(const ModelView& model);
std::string ChatFormatInWords(const ModelView& model);  // "chatml, thinking: switchable"

std::string Counted(int n, const std::string& one, const std::string& many);  // "1 item"

// "k=4 experts, plain decoding, interleave placement, 2 threads"
std::string SettingInWords(const CellView& cell);
// The verdict, or the status without its reason where there are no figures: "flagged", "skipped".
std::string VerdictWord(const CellView& cell);
// What stands beside the verdict: its reasons, or why there are no figures.
std::vector<std::string> VerdictReasons(const CellView& cell);
// "12 right, 3 wrong, 1 cut off"; kNotMeasured without items.
std::string OutcomesInWords(const QualityView& quality);

// Speed and quality against the baseline: "×1.38 [1.36, 1.40], n=6" and "−2.1 % [−5.0, +0.9]";
// "baseline" for itself, kNotMeasured where either side was not.
std::string SpeedAgainst(const CellView* baseline, const CellView& cell);
bool HasScoreChange(const CellView* baseline, const CellView& cell);
std::string ScoreAgainst(const CellView* baseline, const CellView& cell);
// "10.2 % of memory"; kNotMeasured where no bandwidth was.
std::string BandwidthShare(const CellView& cell);

// "209.8 [205.1, 214.9], n=6"; of an unstable cell "disturbed: 209.8, 150.2 to 214.9, n=6".
std::string SpeedInWords(const CellView& cell, const Interval& speed);
// "1.9" joules; why not where they were not counted.
std::string EnergyInWords(const CellView& cell);

// "smallest loss it could show: 3 % of speed, 6 % of quality"; empty without a comparison.
std::string DetectableInWords(const CellView& cell);
// "3 of 20 trials disturbed and left out"; empty if none was, or if the verdict says it.
std::string LeftOutInWords(const CellView& cell);
// "-2 % against 7 nights; -9 % since the pinned sweep 3; drift ..."; empty without nights.
std::string PastInWords(const CellView& cell);
// "2 A/A control cells so far in this database, none flagged"; empty if none ran.
std::string AaRecordInWords(const AaRecord& record);

using Fact = std::pair<std::string, std::string>;  // name, value

// Program and command line of each way to deploy it; empty without a choice.
std::vector<Fact> DeployFacts(const Recommendation& choice);

// "3 flagged, 1 failed, 4 skipped"; "nothing flagged, nothing failed".
std::string TallyInWords(const SweepView& view);
// The same, begun with the caller's own words for how many were flagged.
std::string TallyInWords(const SweepView& view, const std::string& flagged);
// "2026-11-22 01:00 to 03:10 UTC", or that it isn't finished and how many cells are missing.
std::string ProgressInWords(const SweepView& view);

// Cells that did not end well or at all, together by what is said of them, in order of first
// appearance.
struct Trouble {
  std::string status;               // "skipped(guard: needs 200 GB)"
  std::vector<std::string> labels;  // the cells it befell
};
std::vector<Trouble> TroublesOf(const ModelView& model);

// A JSON object as rows: {"cpu":{"cores":2}} -> ("cpu.cores", "2"). Text that isn't JSON is one row
// ("record", text); lists of plain values are one row;
// empty texts are left out.
std::vector<Fact> FactsOfJson(const std::string& json);

// The machine's fingerprint (harness/machine, "moebench.machine/1") as rows: what is known, then
// what is not and why. Any other JSON as FactsOfJson has it.
std::vector<Fact> MachineFacts(const std::string& json);

// On one line: "Made-up CPU, 2 cores, 1 NUMA node, memory 15.6 GiB, governor performance".
std::string MachineInWords(const std::string& json);

// Of a fingerprint, what speed may depend on for good (kind F): what two nights must share. Values
// alone; "not known" where there is none.
std::vector<Fact> LastingMachineFacts(const std::string& json);

// "Since sweep 11 of 2026-11-21 01:00: 2 things changed"; that nothing did, or nothing came before.
std::string ChangesInWords(const NightChanges& changes);

// Command lines that do a model's sweep, or one cell of it beside its baseline, again. What the
// sweep's configuration says otherwise than `moebench sweep` does by itself is spelled out.
std::string ReproduceSweep(const ModelView& model, const SweepRecord& sweep);
std::string ReproduceCell(const CellView& cell, const SweepRecord& sweep);

}  // namespace moebench
