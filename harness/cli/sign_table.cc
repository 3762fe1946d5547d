#include "harness/cli/sign_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "results/report_escape.h"

namespace moebench {

std::string SignTable(const SweepView& view) {
  std::string text;
  for (const ModelView& model : view.models) {
    text += VisibleText(model.name) + '\n';
    const auto counted = std::find_if(model.cells.begin(), model.cells.end(),
                                      [](const CellView& cell) { return !cell.signs.empty(); });
    if (counted == model.cells.end()) {
      text += "no answer was written\n";
      continue;
    }
    text += fmt::format("{:<32}", "setting");
    for (const SignCount& sign : counted->signs) text += fmt::format(" {:>12}", sign.sign);
    text += '\n';
    for (const CellView& cell : model.cells) {
      if (cell.signs.empty()) continue;
      text += fmt::format("{:<32}", cell.label);
      for (const SignCount& sign : cell.signs) {
        text += fmt::format(" {:>{}}", sign.answers, std::max<size_t>(12, sign.sign.size()));
      }
      text += '\n';
    }
  }
  return text;
}

nlohmann::json SignJson(const SweepView& view) {
  nlohmann::json json = {
      {"schema", "moebench.signs/1"}, {"sweep", view.sweep.id}, {"cells", nlohmann::json::array()}};
  for (const ModelView& model : view.models) {
    for (const CellView& cell : model.cells) {
      nlohmann::json counts = {{"cell_id", cell.record.cell_id}};
      for (const SignCount& sign : cell.signs) counts[sign.sign] = sign.answers;
      if (cell.signs.empty()) counts["answers"] = 0;
      json["cells"].push_back(std::move(counts));
    }
  }
  return json;
}

}  // namespace moebench
