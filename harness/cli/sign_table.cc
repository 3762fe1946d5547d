#include "harness/cli/sign_table.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "harness/sweep/answer_signs.h"
#include "results/report_escape.h"

namespace moebench {
namespace {

struct Column {
  const char* name;
  int CellSigns::*count;
};

constexpr std::array<Column, 9> kColumns = {{{"cut_off", &CellSigns::cut_off},
                                             {"empty", &CellSigns::empty},
                                             {"loop", &CellSigns::loop},
                                             {"repetitive", &CellSigns::repetitive},
                                             {"unfinished", &CellSigns::unfinished},
                                             {"open_fence", &CellSigns::open_fence},
                                             {"open_json", &CellSigns::open_json},
                                             {"prompt_echo", &CellSigns::prompt_echo},
                                             {"wrong_script", &CellSigns::wrong_script}}};

std::vector<CellSigns> SignsOf(const ModelView& model, const SweepRows& rows) {
  std::vector<std::string> ids;
  for (const CellView& cell : model.cells) ids.push_back(cell.record.cell_id);
  return CountSigns(rows, ids);
}

}  // namespace

std::string SignTable(const SweepView& view, const SweepRows& rows) {
  std::string text;
  for (const ModelView& model : view.models) {
    text += fmt::format("{}\n{:<32} {:>7}", VisibleText(model.name), "setting", "answers");
    for (const Column& column : kColumns) text += fmt::format(" {:>12}", column.name);
    text += '\n';
    const std::vector<CellSigns> signs = SignsOf(model, rows);
    for (size_t i = 0; i < signs.size(); ++i) {
      text += fmt::format("{:<32} {:>7}", model.cells[i].label, signs[i].answers);
      for (const Column& column : kColumns) text += fmt::format(" {:>12}", signs[i].*column.count);
      text += '\n';
    }
  }
  return text;
}

std::vector<std::vector<SignCount>> SignCounts(const ModelView& model, const SweepRows& rows) {
  std::vector<std::vector<SignCount>> counts;
  for (const CellSigns& signs : SignsOf(model, rows)) {
    std::vector<SignCount> of_cell;
    if (signs.answers > 0) {
      of_cell.push_back({"answers", signs.answers});
      for (const Column& column : kColumns) of_cell.push_back({column.name, signs.*column.count});
    }
    counts.push_back(std::move(of_cell));
  }
  return counts;
}

nlohmann::json SignJson(const SweepView& view, const SweepRows& rows) {
  nlohmann::json json = {
      {"schema", "moebench.signs/1"}, {"sweep", view.sweep.id}, {"cells", nlohmann::json::array()}};
  for (const ModelView& model : view.models) {
    for (const CellSigns& signs : SignsOf(model, rows)) {
      nlohmann::json cell = {{"cell_id", signs.cell_id}, {"answers", signs.answers}};
      for (const Column& column : kColumns) cell[column.name] = signs.*column.count;
      json["cells"].push_back(std::move(cell));
    }
  }
  return json;
}

}  // namespace moebench
