#include "results/router_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>

#include "results/report_figures.h"

namespace moebench {
namespace {

// Fields beyond which a chart says no more than its table; a browser draws these in a blink.
constexpr int64_t kMostFields = 40'000;

struct LayerLoad {
  int64_t sum = 0;
  size_t busiest = 0;  // index
  double largest = 0;  // load of the busiest over the mean
  int half = 0;        // so many experts have half of the load
  int idle = 0;        // never taken
};

LayerLoad LoadOf(const std::vector<int64_t>& counts) {
  LayerLoad load;
  load.sum = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  const auto top = std::max_element(counts.begin(), counts.end());
  load.busiest = static_cast<size_t>(top - counts.begin());
  if (load.sum > 0) {
    load.largest = static_cast<double>(*top) * static_cast<double>(counts.size()) /
                   static_cast<double>(load.sum);
  }
  load.idle = static_cast<int>(std::count(counts.begin(), counts.end(), 0));
  std::vector<int64_t> sorted = counts;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  int64_t reached = 0;
  for (const int64_t count : sorted) {
    if (2 * reached >= load.sum) break;
    reached += count;
    ++load.half;
  }
  return load;
}

}  // namespace

ReportSection RouterSection(const ModelView& model) {
  ReportSection section{
      .title = "Load of the experts",
      .caption = "Layers with experts, counted from 1. Even: every expert would take the mean.",
      .table = {.head = {"layer", "busiest expert", "load over the mean", "half of the load on",
                         "never taken"},
                .rows = {}}};
  if (!model.router || model.router->n_experts < 1) return section;
  const RouterLoadView& router = *model.router;
  const auto experts = static_cast<size_t>(router.n_experts);
  ReportChart chart{.kind = ReportChart::Kind::kHeat,
                    .scale = ReportChart::Scale::kLinear,
                    .x_title = "Expert",
                    .y_title = "Layer"};
  for (size_t e = 0; e < experts; ++e) chart.x.push_back(std::to_string(e));
  double most = 0;
  for (size_t layer = 0; (layer + 1) * experts <= router.counts.size(); ++layer) {
    const auto begin = router.counts.begin() + static_cast<std::ptrdiff_t>(layer * experts);
    const std::vector<int64_t> counts(begin, begin + static_cast<std::ptrdiff_t>(experts));
    const LayerLoad load = LoadOf(counts);
    ChartSeries series{std::to_string(layer + 1), {}};
    for (const int64_t count : counts) {
      ChartValue value;
      value.v = load.sum > 0 ? static_cast<double>(count) * static_cast<double>(experts) /
                                   static_cast<double>(load.sum)
                             : 0;
      series.values.push_back(value);
    }
    most = std::max(most, load.largest);
    chart.series.push_back(std::move(series));
    section.table.rows.push_back({std::to_string(layer + 1),
                                  {{std::to_string(load.busiest), "", false},
                                   {fmt::format("×{:.2f}", load.largest), "", false},
                                   {fmt::format("{} of {}", load.half, experts), "", false},
                                   {std::to_string(load.idle), "", false}}});
  }
  chart.caption = fmt::format(
      "How often {} tokens took each expert, over its layer's mean: the stronger the colour, the "
      "more; the strongest is ×{:.1f}.",
      router.tokens, most);
  const auto fields = static_cast<int64_t>(chart.series.size() * experts);
  if (fields > 0 && fields <= kMostFields) section.chart = std::move(chart);
  section.notes.push_back(fmt::format("From the routing trace {}.", router.source));
  return section;
}

}  // namespace moebench
