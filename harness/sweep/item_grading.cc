#include "harness/sweep/item_grading.h"

#include <map>

#include "harness/base/error.h"

namespace moebench {
namespace {

constexpr int kMostTokens = 16384;

class Checker {
 public:
  explicit Checker(const CodeRunner& run_code) : run_code_(run_code) {}

  void Look(const Item& item) {
    const auto problem = [&](const std::string& what) {
      check_.problems.push_back({item.id, what});
    };
    if (item.category.empty()) problem("has no category");
    if (item.max_tokens > kMostTokens) problem("may answer with more than 16384 tokens");
    const auto [first, is_new] = prompts_.emplace(item.prompt, item.id);
    if (!is_new) problem("has the prompt of '" + first->second + "'");
    if (item.grader_kind == "choices" &&
        (item.choices.size() < 2 || item.gold < 0 ||
         item.gold >= static_cast<int>(item.choices.size()) ||
         (!item.choice_prompts.empty() && item.choice_prompts.size() != item.choices.size()))) {
      problem("needs two choices or more and the number of the right one");
    }
    try {
      CheckRule(RuleOf(item), "");
    } catch (const Error& error) {
      return problem(error.what());
    }
    Prove(item, problem);
  }
  SuiteCheck Take() { return std::move(check_); }

 private:
  template <typename Problem>
  void Prove(const Item& item, const Problem& problem) {
    bool graded = !item.right_answers.empty() && !item.wrong_answers.empty();
    for (const bool wanted : {true, false}) {
      for (const std::string& answer : wanted ? item.right_answers : item.wrong_answers) {
        const Grade grade = GradeAnswer(RuleOf(item), answer, Finish::kStop, run_code_);
        graded &= IsGraded(grade.outcome);
        if (!IsGraded(grade.outcome) || (grade.score == 1) == wanted) continue;
        problem((wanted ? "refuses its right answer '" : "accepts its wrong answer '") +
                answer.substr(0, 120) + "': " + grade.detail);
      }
    }
    ++(graded ? check_.proven : check_.unproven);
  }

  const CodeRunner& run_code_;
  SuiteCheck check_;
  std::map<std::string, std::string> prompts_;  // text -> id
};

}  // namespace

GraderRule RuleOf(const Item& item) {
  return {.kind = item.grader_kind,
          .expected = item.expected,
          .tolerance = item.tolerance,
          .pattern = item.pattern,
          .extract = item.extract,
          .spec = item.spec};
}

SuiteCheck CheckSuite(std::span<const Item> items, const CodeRunner& run_code) {
  Checker checker(run_code);
  for (const Item& item : items) checker.Look(item);
  return checker.Take();
}

}  // namespace moebench
