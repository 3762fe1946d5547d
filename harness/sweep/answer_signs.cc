#include "harness/sweep/answer_signs.h"

#include <map>

#include "quality/hygiene.h"

namespace moebench {
namespace {

bool IsWritten(const AnswerRecord& answer) {
  return answer.generated_tokens > 0 || answer.outcome == "empty";
}

}  // namespace

std::vector<CellSigns> CountSigns(const SweepRows& rows, const std::vector<std::string>& cell_ids) {
  std::vector<CellSigns> cells;
  std::map<std::string, size_t> places;
  for (const std::string& id : cell_ids) {
    places.emplace(id, cells.size());
    cells.push_back({.cell_id = id});
  }
  std::vector<std::vector<double>> ratios(cells.size());
  for (const AnswerRecord& answer : rows.answers) {
    const auto place = places.find(answer.cell_id);
    if (place == places.end() || !IsWritten(answer)) continue;
    const AnswerSigns signs = LookForSigns(
        answer.prompt, answer.answer, answer.finish == "stop" ? Finish::kStop : Finish::kLength);
    CellSigns& cell = cells[place->second];
    ++cell.answers;
    cell.cut_off += signs.cut_off ? 1 : 0;
    cell.empty += signs.empty ? 1 : 0;
    cell.loop += signs.loop ? 1 : 0;
    cell.unfinished += signs.unfinished ? 1 : 0;
    cell.open_fence += signs.open_fence ? 1 : 0;
    cell.open_json += signs.open_json ? 1 : 0;
    cell.prompt_echo += signs.prompt_echo ? 1 : 0;
    cell.wrong_script += signs.wrong_script ? 1 : 0;
    ratios[place->second].push_back(signs.compression_ratio);
  }
  if (cells.empty()) return cells;
  const double threshold = RatioThreshold(ratios.front());
  for (size_t i = 0; i < cells.size(); ++i) {
    for (const double ratio : ratios[i]) cells[i].repetitive += ratio > threshold ? 1 : 0;
  }
  return cells;
}

}  // namespace moebench
