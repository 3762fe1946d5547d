#include "results/cell_signs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace moebench {
namespace {

// Of an answer that has signs.
struct SignTest {
  const char* name;
  bool (*shows)(const AnswerRecord& answer, double ratio_threshold);
};

bool IsWrongIn(const AnswerRecord& answer, const char* category) {
  return answer.outcome == "wrong" && answer.category == category;
}

using A = AnswerRecord;
constexpr std::array<SignTest, 12> kSignTests = {
    {{"answers", [](const A&, double) { return true; }},
     {"cut_off", [](const A& a, double) { return a.signs->cut_off; }},
     {"empty", [](const A& a, double) { return a.signs->empty; }},
     {"loop", [](const A& a, double) { return a.signs->loop; }},
     {"repetitive", [](const A& a, double most) { return a.signs->compression_ratio > most; }},
     {"unfinished", [](const A& a, double) { return a.signs->unfinished; }},
     {"open_fence", [](const A& a, double) { return a.signs->open_fence; }},
     {"open_json", [](const A& a, double) { return a.signs->open_json; }},
     {"prompt_echo", [](const A& a, double) { return a.signs->prompt_echo; }},
     {"wrong_script", [](const A& a, double) { return a.signs->wrong_script; }},
     {"facts_wrong", [](const A& a, double) { return IsWrongIn(a, "facts"); }},
     {"instructions_ignored", [](const A& a, double) { return IsWrongIn(a, "instructions"); }}}};

}  // namespace

double RatioThreshold(const CellData& baseline) {
  constexpr size_t kLeast = 20;
  std::vector<double> ratios;
  for (const AnswerRecord* answer : baseline.answers) {
    if (answer->signs && answer->signs->compression_ratio > 0) {
      ratios.push_back(answer->signs->compression_ratio);
    }
  }
  if (ratios.size() < kLeast) return std::numeric_limits<double>::infinity();
  std::sort(ratios.begin(), ratios.end());
  // Nearest rank.
  const auto rank = static_cast<size_t>(std::ceil(0.99 * static_cast<double>(ratios.size())));
  return ratios[rank - 1];
}

void FillSignCounts(const CellData& cell, double ratio_threshold, CellView& view) {
  std::vector<SignCount> counts;
  counts.reserve(kSignTests.size());
  for (const SignTest& test : kSignTests) counts.push_back({test.name, 0});
  for (const AnswerRecord* answer : cell.answers) {
    if (!answer->signs) continue;
    for (size_t i = 0; i < kSignTests.size(); ++i) {
      counts[i].answers += kSignTests[i].shows(*answer, ratio_threshold) ? 1 : 0;
    }
  }
  if (counts.front().answers > 0) view.signs = std::move(counts);
}

}  // namespace moebench
