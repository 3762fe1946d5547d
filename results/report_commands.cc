// Command lines that reports name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "results/report_escape.h"
#include "results/report_facts.h"

namespace moebench {
namespace {

// The values of one axis in the order the cells show them, joined by commas.
template <typename Value>
std::string Axis(const ModelView& model, Value value) {
  std::vector<std::string> seen;
  for (const CellView& cell : model.cells) {
    const std::string text = value(cell.record.cell);
    if (std::find(seen.begin(), seen.end(), text) == seen.end()) seen.push_back(text);
  }
  return fmt::format("{}", fmt::join(seen, ","));
}

std::string SweepCommand(const Cell& cell, const std::string& experts, const std::string& decoding,
                         const std::string& placement, const std::string& threads) {
  return fmt::format("moebench sweep -m {} --experts {} --decode {} --placement {} --threads {}{}",
                     ShellWord(cell.model_path), ShellWord(experts), ShellWord(decoding),
                     ShellWord(placement), ShellWord(threads),
                     HasUsualKv(cell) ? "" : " --kv " + ShellWord(cell.kv));
}

}  // namespace

std::string ReproduceSweep(const ModelView& model) {
  const auto k = [](const Cell& c) { return std::to_string(c.k); };
  const auto decoding = [](const Cell& c) { return c.decoding; };
  const auto placement = [](const Cell& c) { return c.placement; };
  const auto threads = [](const Cell& c) { return std::to_string(c.threads); };
  Cell any = model.cells.empty() ? Cell() : model.cells.front().record.cell;  // one KV type for all
  any.model_path = model.record.path;
  return SweepCommand(any, Axis(model, k), Axis(model, decoding), Axis(model, placement),
                      Axis(model, threads));
}

std::string ReproduceCell(const CellView& view) {
  const Cell& cell = view.record.cell;
  return SweepCommand(cell, std::to_string(cell.k), cell.decoding, cell.placement,
                      std::to_string(cell.threads));
}

}  // namespace moebench
