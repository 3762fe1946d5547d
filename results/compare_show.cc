#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/stats/verdict.h"
#include "results/compare.h"
#include "results/report_escape.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

std::string Paint(const std::string& word, Colour colour) {
  if (colour == Colour::kNo) return word;
  const char* code = word == "flagged"    ? "31"
                     : word == "improved" ? "32"
                     : word == "ok"       ? "0"
                                          : "33";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, word);
}

std::string SweepInWords(const SweepRecord& sweep) {
  return fmt::format("sweep {}, {}, moebench {}", sweep.id, sweep.started, sweep.version);
}

std::string Tps(const Interval& i) {
  return i.n == 0 ? "-" : fmt::format("{:.4g} [{:.4g}, {:.4g}]", i.median, i.lo, i.hi);
}

std::string Ratio(const Interval& i) {
  return i.n == 0 ? "-" : fmt::format("{:.2f} [{:.2f}, {:.2f}]", i.median, i.lo, i.hi);
}

Json Text(const std::string& text) {
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json EstimateJson(const Interval& i) {
  const bool known = i.n > 0;
  return {{"median", known ? Json(i.median) : Json()},
          {"lo", known ? Json(i.lo) : Json()},
          {"hi", known ? Json(i.hi) : Json()},
          {"n", i.n}};
}

Json SweepJson(const SweepRecord& sweep) {
  return {{"id", sweep.id},
          {"started", Text(sweep.started)},
          {"version", Text(sweep.version)},
          {"machine_hash", Text(sweep.machine_hash)},
          {"config_hash", Text(sweep.config_hash)}};
}

Json List(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push_back(Text(text));
  return list;
}

}  // namespace

std::string ComparisonText(const Comparison& c, Colour colour, int) {
  std::string out =
      fmt::format("A  {}\nB  {}\n", VisibleLine(SweepInWords(c.a)), VisibleLine(SweepInWords(c.b)));
  for (const std::string& reason : c.different) {
    out += fmt::format("!  not judged: {}\n", VisibleLine(reason));
  }
  if (!c.alarm.empty()) out += fmt::format("!  {}\n", VisibleLine(c.alarm));
  out += fmt::format(
      "   {} flagged, {} improved, {} inconclusive of {} cells (flagged: B more than {:.0f} % "
      "below "
      "A)\n   noise between nights: {:.1f} %, {}\n\n",
      c.flagged, c.improved, c.inconclusive, c.cells.size(), 100 * (1 - c.flag_below),
      100 * c.night_sd,
      c.noise_nights > 0 ? fmt::format("from {} nights", c.noise_nights)
                         : "assumed: fewer than 8 comparable nights");
  size_t widest = 7;
  for (const ComparedCell& cell : c.cells) widest = std::max(widest, cell.label.size());
  out += fmt::format("{:<{}}  {:>24}  {:>24}  {:>18}  verdict\n", "setting", widest, "A tokens/s",
                     "B tokens/s", "B / A");
  for (const ComparedCell& cell : c.cells) {
    out += fmt::format("{:<{}}  {:>24}  {:>24}  {:>18}  {}\n", VisibleLine(cell.label), widest,
                       Tps(cell.a), Tps(cell.b), Ratio(cell.ratio), Paint(cell.verdict, colour));
    for (const std::string& why : cell.why) out += "    " + VisibleLine(why) + "\n";
    if (cell.ratio.n > 0) {
      out += fmt::format("    smallest loss this could have shown: {:.1f} %\n",
                         100 * cell.min_detectable);
    }
  }
  for (const std::string& label : c.only_a) out += "only in A: " + VisibleLine(label) + "\n";
  for (const std::string& label : c.only_b) out += "only in B: " + VisibleLine(label) + "\n";
  return out;
}

Json ComparisonJson(const Comparison& c) {
  Json cells = Json::array();
  for (const ComparedCell& cell : c.cells) {
    const bool scored = cell.quality.n > 0;
    cells.push_back({{"cell_id", cell.cell_id},
                     {"label", Text(cell.label)},
                     {"a_tps", EstimateJson(cell.a)},
                     {"b_tps", EstimateJson(cell.b)},
                     {"ratio", EstimateJson(cell.ratio)},
                     {"relative", EstimateJson(cell.relative)},
                     {"min_detectable", cell.ratio.n > 0 ? Json(cell.min_detectable) : Json()},
                     {"quality",
                      {{"n", cell.quality.n},
                       {"relative", scored ? Json(cell.quality.relative) : Json()},
                       {"lo", scored ? Json(cell.quality.lo) : Json()},
                       {"hi", scored ? Json(cell.quality.hi) : Json()},
                       {"p_mcnemar", scored ? Json(cell.quality.p_mcnemar) : Json()}}},
                     {"verdict", cell.verdict},
                     {"why", List(cell.why)}});
  }
  return {{"schema", "moebench.compare/1"},
          {"a", SweepJson(c.a)},
          {"b", SweepJson(c.b)},
          {"comparable", c.different.empty()},
          {"different", List(c.different)},
          {"alarm", c.alarm.empty() ? Json() : Text(c.alarm)},
          {"flag_below", c.flag_below},
          {"noise", {{"night_sd", c.night_sd}, {"nights", c.noise_nights}}},
          {"counts",
           {{"flagged", c.flagged},
            {"improved", c.improved},
            {"inconclusive", c.inconclusive},
            {"not_comparable", c.not_comparable}}},
          {"cells", std::move(cells)},
          {"only_a", List(c.only_a)},
          {"only_b", List(c.only_b)}};
}

}  // namespace moebench
