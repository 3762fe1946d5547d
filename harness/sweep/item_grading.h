// An item's grader, and what can be wrong with a suite.
//   for (const ItemProblem& p : CheckSuite(suite.items, run_code)) ...
#pragma once

#include <span>
#include <string>
#include <vector>

#include "quality/grader.h"
#include "suites/suite.h"

namespace moebench {

GraderRule RuleOf(const Item& item);

struct ItemProblem {
  std::string item_id, what;
};

struct SuiteCheck {
  std::vector<ItemProblem> problems;
  int proven = 0;    // items whose right and wrong answers were graded as they should be
  int unproven = 0;  // items without such answers, or whose code could not run
};

// Looks at every item: tier, category and limits, a grader that can be used, no prompt twice, and
// that the grader accepts each right answer and refuses each wrong one. Code is run only by
// `run_code`.
SuiteCheck CheckSuite(std::span<const Item> items, const CodeRunner& run_code);

}  // namespace moebench
