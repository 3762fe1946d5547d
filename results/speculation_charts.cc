#include "results/speculation_charts.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "results/report_facts.h"
#include "results/report_figures.h"

namespace moebench {
namespace {

constexpr size_t kMostPassLines = 6;

bool AsBaseline(const Cell& cell, const Cell& base) {
  return cell.control == 0 && cell.placement == base.placement && cell.threads == base.threads &&
         cell.instances == base.instances && cell.runner == base.runner && cell.kv == base.kv;
}

}  // namespace

std::string DecodingName(const Cell& cell) {
  const std::string& recurrent = cell.guessing.recurrent;
  if (recurrent.empty()) return cell.decoding;
  return cell.decoding + (recurrent == "off" ? ", no rollback" : ", " + recurrent);
}

std::optional<ReportChart> DecodingChart(const ModelView& model) {
  const CellView* baseline = BaselineOf(model);
  if (baseline == nullptr) return std::nullopt;
  std::map<std::string, std::map<int, ChartValue>> ways;  // decoding -> k -> speed
  std::set<int> ks;
  for (const CellView& view : model.cells) {
    const Cell& cell = view.record.cell;
    if (!AsBaseline(cell, baseline->record.cell) || view.decode_tps.n == 0) continue;
    ks.insert(cell.k);
    ways[DecodingName(cell)][cell.k] = {
        view.decode_tps.median, view.decode_tps.lo, view.decode_tps.hi,
        fmt::format("{}: {} tokens/s, {}", view.label, SpeedInWords(view, view.decode_tps),
                    VerdictWord(view)),
        false};
  }
  if (ways.size() < 2) return std::nullopt;
  ReportChart chart{.caption =
                        "Every way of decoding at every expert count. Whiskers are 95 % "
                        "intervals.",
                    .x_title = "Experts per token (k)",
                    .y_title = "Decode, tokens/s"};
  for (const int k : ks) chart.x.push_back(std::to_string(k));
  const auto add = [&](const std::string& way) {
    ChartSeries series{way, {}};
    for (const int k : ks) series.values.push_back(ways[way][k]);
    chart.series.push_back(std::move(series));
  };
  if (ways.contains("plain")) add("plain");
  for (const auto& [way, by_k] : std::map(ways)) {
    if (way != "plain") add(way);
  }
  return chart;
}

std::optional<ReportChart> PassChart(const ModelView& model) {
  std::set<int> sizes;
  for (const PassTableView& table : model.passes) {
    for (const PassCostView& pass : table.passes) sizes.insert(pass.tokens);
  }
  if (sizes.size() < 2) return std::nullopt;
  ReportChart chart{.kind = ReportChart::Kind::kLines,
                    .caption =
                        "What checking several tokens at once costs, over one token. The "
                        "flatter, the more a guess may be wrong and still pay.",
                    .x_title = "Tokens of a pass (T)",
                    .y_title = "R(T)"};
  for (const int size : sizes) chart.x.push_back(std::to_string(size));
  for (const PassTableView& table : model.passes) {
    if (chart.series.size() == kMostPassLines) break;
    std::map<int, ChartValue> values;
    for (const PassCostView& pass : table.passes) {
      const double one = pass.ratio > 0 ? pass.ms / pass.ratio : 0;  // ms of one token
      ChartValue value{.v = pass.ratio};
      if (one > 0) value.lo = pass.lo_ms / one, value.hi = pass.hi_ms / one;
      value.text =
          fmt::format("{}: R({}) = {:.2f}, fastest and slowest of {}: {} to {} ms", table.label,
                      pass.tokens, pass.ratio, pass.n, Figure(pass.lo_ms), Figure(pass.hi_ms));
      values[pass.tokens] = value;
    }
    ChartSeries series{table.label, {}};
    for (const int size : sizes) series.values.push_back(values[size]);
    chart.series.push_back(std::move(series));
  }
  return chart;
}

}  // namespace moebench
