#include "results/forecast_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "results/report_facts.h"
#include "results/report_figures.h"
#include "results/report_numa.h"

namespace moebench {
namespace {

// Forecasts that are closer than this are one: pages and rows don't divide to the byte.
constexpr double kSame = 0.01;

struct Policy {
  const ForecastView* forecast = nullptr;
  const CellView* cell = nullptr;  // the fastest measured; nullptr: none was
};

bool FewerBytes(const ForecastView& a, const ForecastView& b) {
  return a.busiest_bytes < b.busiest_bytes * (1 - kSame);
}
// A text on each node: figures of all copies together, which answer another question than how fast
// one text is written.
bool IsOfManyTexts(const Policy& policy) { return policy.forecast->policy == "replicate"; }

double SpeedOf(const Policy& policy) { return policy.cell->decode_tps.median; }

// Beyond what their intervals leave open.
bool MeasuredFaster(const CellView& a, const CellView& b) {
  return a.decode_tps.n > 1 && b.decode_tps.n > 1 && a.decode_tps.lo > b.decode_tps.hi;
}

// A forecast is of one step of the whole machine: one instance of it, or of `replicate` those of
// all nodes together.
bool IsOfTheForecast(const ModelView& model, const CellView& view) {
  const Cell& cell = view.record.cell;
  if (!IsPlainSetting(view) || view.decode_tps.n == 0) return false;
  if (cell.k != static_cast<int>(std::lround(model.forecast_k))) return false;
  return cell.instances == 1 || cell.placement.starts_with("replicate");
}

std::vector<Policy> PoliciesOf(const ModelView& model) {
  std::vector<Policy> policies;
  for (const ForecastView& forecast : model.forecasts) {
    Policy policy{&forecast, nullptr};
    for (const CellView& view : model.cells) {
      if (!IsOfTheForecast(model, view)) continue;
      if (ForecastOf(model, view.record.cell) != &forecast) continue;
      if (!policy.cell || view.decode_tps.median > SpeedOf(policy)) policy.cell = &view;
    }
    policies.push_back(policy);
  }
  return policies;
}

constexpr const char* kApart = "apart: many texts";

// "1", or "1 to 3" of policies that share a place.
//   all: of one text
template <typename Better>
std::string PlaceAmong(const std::vector<Policy>& all, const Policy& one, Better better) {
  const auto before = std::count_if(all.begin(), all.end(),
                                    [&](const Policy& other) { return better(other, one); });
  const auto behind = std::count_if(all.begin(), all.end(),
                                    [&](const Policy& other) { return better(one, other); });
  const auto last = std::ssize(all) - behind;
  return last == before + 1 ? fmt::format("{}", last) : fmt::format("{} to {}", before + 1, last);
}

// ranked, measured: of one text
TextTable::Row RowOf(const std::vector<Policy>& ranked, const std::vector<Policy>& measured,
                     const Policy& policy) {
  const ForecastView& f = *policy.forecast;
  const bool apart = IsOfManyTexts(policy);
  const std::string place =
      apart ? kApart : PlaceAmong(ranked, policy, [](const Policy& a, const Policy& b) {
        return FewerBytes(*a.forecast, *b.forecast);
      });
  TextTable::Row row{f.policy,
                     {{fmt::format("{:.4g} MB", 1e-6 * f.busiest_bytes)},
                      {place},
                      {fmt::format("{:.0f} %", 100 * f.remote_share)}}};
  if (!policy.cell) {
    row.entries.push_back({kNotMeasured});
    row.entries.push_back({kNotMeasured});
    return row;
  }
  row.entries.push_back(
      {Measured(policy.cell->decode_tps), PlaceInWords(policy.cell->record.cell)});
  row.entries.push_back(
      {apart ? kApart : PlaceAmong(measured, policy, [](const Policy& a, const Policy& b) {
        return MeasuredFaster(*a.cell, *b.cell);
      })});
  return row;
}

std::string Contradiction(const Policy& faster, const Policy& slower) {
  const double times = faster.forecast->busiest_bytes / slower.forecast->busiest_bytes;
  std::string text = fmt::format(
      "The measurement contradicts the forecast: {} was faster than {}, {} against {} tokens/s, "
      "though for a token its busiest node is asked for {:.3g} times the bytes.",
      faster.forecast->policy, slower.forecast->policy, MedianOf(faster.cell->decode_tps),
      MedianOf(slower.cell->decode_tps), times);
  const std::string bound = TimeBoundInWords(*slower.cell);
  if (!bound.empty()) text += fmt::format(" Of {}: {}.", slower.forecast->policy, bound);
  return text;
}

std::vector<std::string> NotesOf(const std::vector<Policy>& measured) {
  std::vector<std::string> notes;
  int agreeing = 0;
  for (const Policy& a : measured) {
    for (const Policy& b : measured) {
      if (!FewerBytes(*a.forecast, *b.forecast)) continue;
      if (MeasuredFaster(*b.cell, *a.cell)) notes.push_back(Contradiction(b, a));
      agreeing += MeasuredFaster(*a.cell, *b.cell) ? 1 : 0;
    }
  }
  if (notes.empty() && agreeing > 0) {
    notes.push_back("Where the measurement tells policies apart it agrees with the forecast.");
  }
  return notes;
}

}  // namespace

const ForecastView* ForecastOf(const ModelView& model, const Cell& cell) {
  const std::string& name = cell.placement;
  std::string policy = name.substr(0, name.find_first_of(":/@"));
  if (policy == "expert-shard") {
    const bool by_load = name.find("@load=") != std::string::npos;
    const bool in_turn = name.find('@') == std::string::npos;
    policy += in_turn ? "(round robin)" : by_load ? "(by load)" : "(against co-activation)";
  }
  const auto found =
      std::find_if(model.forecasts.begin(), model.forecasts.end(),
                   [&](const ForecastView& forecast) { return forecast.policy == policy; });
  return found == model.forecasts.end() ? nullptr : &*found;
}

ReportSection ForecastSection(const ModelView& model) {
  ReportSection section{
      .title = "Forecast and measurement of placements",
      .caption =
          "What the routing trace says each policy asks of the busiest node for a token, one token "
          "at a time: the fewer bytes, the sooner it is read, if memory bandwidth is the limit. "
          "Beside it the fastest setting of the policy that was measured at the trace's number of "
          "experts. Places that are shared can't be told apart; copies on all nodes, each with a "
          "text of its own, take none.",
      .table = {.head = {"policy", "busiest node, a token", "place by forecast", "from other nodes",
                         "decode tokens/s", "place measured"},
                .rows = {}}};
  const std::vector<Policy> policies = PoliciesOf(model);
  std::vector<Policy> ranked = policies;
  std::erase_if(ranked, IsOfManyTexts);
  std::vector<Policy> measured = ranked;
  std::erase_if(measured, [](const Policy& policy) { return !policy.cell; });
  for (const Policy& policy : policies) {
    section.table.rows.push_back(RowOf(ranked, measured, policy));
  }
  section.notes = NotesOf(measured);
  return section;
}

}  // namespace moebench
