// Command lines that reports name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/config/sweep_spec.h"
#include "results/report_escape.h"
#include "results/report_facts.h"
#include "results/shallow_json.h"

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
  return fmt::format(
      "moebench sweep -m {}{} --decode {} --placement {} --threads {}{}",
      ShellWord(cell.model_path),
      cell.k > 0 ? " --experts " + ShellWord(experts) : "",  // a dense model has none
      ShellWord(decoding), ShellWord(placement), ShellWord(threads),
      HasUsualKv(cell) ? "" : " --kv " + ShellWord(cell.kv));
}

// What decides which numbers come out and is no axis, where it isn't what sweeps do by themselves.
std::string CommonOptions(const SweepRecord& sweep) {
  const nlohmann::json config = ParsedJson(sweep.config_json);
  if (!config.is_object()) return "";
  const nlohmann::json usual = SpecToJson(SweepSpec());
  std::string options;
  for (const char* key :
       {"suite", "items", "sessions", "max_sessions", "interval", "trials", "max_tokens",
        "controls", "min_probability", "seed", "runner", "fake_script"}) {
    const auto value = config.find(key);
    if (value == config.end() || *value == usual.at(key)) continue;
    std::string name = std::string("--") + key;
    std::replace(name.begin(), name.end(), '_', '-');
    std::string text = value->is_string() ? value->get<std::string>() : value->dump();
    if (name == "--interval" && value->is_number()) {
      text = fmt::format("{:g}%", 100 * value->get<double>());
    }
    if (!text.empty()) options += fmt::format(" {} {}", name, ShellWord(text));
  }
  return options;
}

}  // namespace

std::string ReproduceSweep(const ModelView& model, const SweepRecord& sweep) {
  const auto k = [](const Cell& c) { return std::to_string(c.k); };
  const auto decoding = [](const Cell& c) { return c.decoding; };
  const auto placement = [](const Cell& c) { return c.placement; };
  const auto threads = [](const Cell& c) { return std::to_string(c.threads); };
  Cell any = model.cells.empty() ? Cell() : model.cells.front().record.cell;  // one KV type for all
  any.model_path = model.record.path;
  std::vector<const Cell*> cells;
  for (const CellView& view : model.cells) cells.push_back(&view.record.cell);
  const auto instances = [](const Cell& c) { return std::to_string(c.instances); };
  const std::string many = Axis(model, instances);
  return SweepCommand(any, Axis(model, k), Axis(model, decoding), Axis(model, placement),
                      Axis(model, threads)) +
         (many == "1" ? "" : " --instances " + many) + GuessingOptions(cells) +
         CommonOptions(sweep);
}

std::string ReproduceCell(const CellView& view, const SweepRecord& sweep) {
  const Cell& cell = view.record.cell;
  return SweepCommand(cell, std::to_string(cell.k), cell.decoding, cell.placement,
                      std::to_string(cell.threads)) +
         (cell.instances > 1 ? fmt::format(" --instances {}", cell.instances) : "") +
         GuessingOptions({&cell}) + CommonOptions(sweep);
}

}  // namespace moebench
