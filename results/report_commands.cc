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

// Beside the axes: what the cells that guess need, told by the first that has it.
std::string GuessingOptions(const std::vector<const Cell*>& cells) {
  std::string options;
  const auto first = [&](auto has) {
    const auto found = std::find_if(cells.begin(), cells.end(), has);
    return found == cells.end() ? nullptr : *found;
  };
  if (const Cell* c = first([](const Cell* x) { return !x->guessing.draft_path.empty(); })) {
    options += " --draft " + ShellWord(c->guessing.draft_path);
  }
  if (const Cell* c = first([](const Cell* x) { return x->guessing.draft_tokens > 0; })) {
    options += fmt::format(" --draft-tokens {}", c->guessing.draft_tokens);
  }
  std::vector<std::string> ways;
  for (const Cell* cell : cells) {
    const std::string& way = cell->guessing.recurrent;
    if (!way.empty() && std::find(ways.begin(), ways.end(), way) == ways.end()) {
      ways.push_back(way);
    }
  }
  if (!ways.empty()) {
    options += " --recurrent " + ShellWord(fmt::format("{}", fmt::join(ways, ",")));
  }
  return options;
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
  std::vector<const Cell*> cells;
  for (const CellView& view : model.cells) cells.push_back(&view.record.cell);
  return SweepCommand(any, Axis(model, k), Axis(model, decoding), Axis(model, placement),
                      Axis(model, threads)) +
         GuessingOptions(cells);
}

std::string ReproduceCell(const CellView& view) {
  const Cell& cell = view.record.cell;
  return SweepCommand(cell, std::to_string(cell.k), cell.decoding, cell.placement,
                      std::to_string(cell.threads)) +
         GuessingOptions({&cell});
}

}  // namespace moebench
