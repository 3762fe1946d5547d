#include "results/report_sections.h"

#include <iterator>
#include <utility>

#include "results/answer_sections.h"
#include "results/forecast_section.h"
#include "results/latency_sections.h"
#include "results/numa_section.h"
#include "results/placement_sections.h"
#include "results/quality_tables.h"
#include "results/router_section.h"
#include "results/speculation_tables.h"
#include "results/throughput_section.h"
#include "results/trend_section.h"

namespace moebench {
namespace {

void Append(std::vector<ReportSection> more, std::vector<ReportSection>& all) {
  for (ReportSection& section : more) {
    if (!section.table.empty()) all.push_back(std::move(section));
  }
}

}  // namespace

std::vector<ReportSection> SectionsOf(const ModelView& model, const SweepView& view) {
  std::vector<ReportSection> speculation = SpeculationSections(model, view.prompts);
  std::vector<ReportSection> all;
  if (!speculation.empty()) {  // k x decoding first, how guessing went last
    all.push_back(std::move(speculation.front()));
    speculation.erase(speculation.begin());
  }
  Append(PlacementSections(model), all);
  Append({ThroughputSection(model)}, all);
  Append({NumaSection(model)}, all);
  Append({ForecastSection(model)}, all);
  Append({TrendSection(model)}, all);
  Append(LatencySections(model), all);
  Append(QualitySections(model, view.judge), all);
  Append(AnswerSections(model), all);
  Append({RouterSection(model)}, all);
  Append(std::move(speculation), all);
  return all;
}

}  // namespace moebench
