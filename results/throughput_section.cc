#include "results/throughput_section.h"

#include <fmt/format.h>

#include "results/report_facts.h"
#include "results/report_figures.h"
#include "results/report_numa.h"

namespace moebench {
namespace {

std::vector<TableEntry> EntriesOf(const ModelView& model, const CellView& cell) {
  const CellView* baseline = BaselineOf(model);
  const OwnSpeed own = OwnSpeedOf(cell);
  const bool told = own.least > 0;
  const std::string ratio = OwnRatioInWords(cell, baseline);
  return {{SpeedInWords(cell, cell.decode_tps), VerdictWord(cell)},
          {SpeedAgainst(baseline, cell), ""},
          {told ? fmt::format("{} to {}", Figure(own.least), Figure(own.most)) : kNotMeasured,
           ratio.empty() ? "" : ratio + " of the baseline's"},
          {told ? fmt::format("{:.2f}", cell.numa.jain) : kNotMeasured,
           told ? fmt::format("least over most {:.2f}", cell.numa.min_over_max) : ""},
          {cell.over_own_k0.n > 0 ? Factor(cell.over_own_k0) : "", ""},
          {Score(cell.quality), ScoreAgainst(baseline, cell)}};
}

}  // namespace

ReportSection ThroughputSection(const ModelView& model) {
  ReportSection section{
      .title = "Many texts at once",
      .caption =
          "Settings of several instances, each with a text of its own. Tokens/s and their "
          "factor over the baseline are those of all texts together; how fast a single one "
          "is stands beside them.",
      .table = {.head = {"setting", "all together, tokens/s", "× the baseline's",
                         "each text, tokens/s", "fairness", "beside k0 with as many", "quality"},
                .rows = {}}};
  const CellView* most = MostTokensOf(model);
  for (const CellView& cell : model.cells) {
    const bool shown = cell.record.cell.instances > 1 && cell.record.cell.control == 0;
    if (!shown || cell.decode_tps.n == 0) continue;
    section.table.rows.push_back(
        {cell.label + (&cell == most ? " (most tokens/s)" : ""), EntriesOf(model, cell)});
  }
  const Recommendation& choice = model.throughput.choice;
  if (!choice.why.empty()) section.notes.push_back(choice.why);
  section.commands = DeployFacts(choice);
  return section;
}

}  // namespace moebench
