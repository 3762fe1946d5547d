#include "quality/judge/judge_session.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <optional>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "harness/base/rng.h"
#include "quality/judge/judge_prompt.h"

namespace moebench {
namespace {

std::vector<JudgeTask> CanaryTasks() {
  std::vector<JudgeTask> tasks;
  for (const Canary& canary : Canaries()) {
    tasks.push_back({.kind = JudgeKind::kCanary,
                     .item_id = canary.id,
                     .question = canary.question,
                     .reference = canary.reference,
                     .answer = canary.answer});
  }
  return tasks;
}

std::vector<JudgeTask> TasksOfItem(const JudgeItem& item, const std::vector<JudgeArm>& arms) {
  const auto base =
      std::find_if(arms.begin(), arms.end(), [](const JudgeArm& arm) { return arm.baseline; });
  std::vector<JudgeTask> tasks;
  for (const JudgeArm& arm : arms) {
    const auto answer = arm.answers.find(item.id);
    if (answer == arm.answers.end()) continue;
    JudgeTask task{.kind = JudgeKind::kRubric,
                   .cell_id = arm.cell_id,
                   .item_id = item.id,
                   .question = item.question,
                   .reference = item.reference,
                   .answer = answer->second};
    tasks.push_back(task);
    if (arm.baseline || base == arms.end()) continue;
    const auto other = base->answers.find(item.id);
    if (other == base->answers.end() || other->second == answer->second) continue;
    task.kind = JudgeKind::kPair;
    task.other = other->second;
    tasks.push_back(task);
    task.swapped = true;
    tasks.push_back(std::move(task));
  }
  return tasks;
}

// What can be read of a reply: a score, as Judgment has it.
std::optional<int> ReadScore(const JudgeTask& task, const std::string& reply) {
  if (task.kind != JudgeKind::kPair) return ReadRubric(reply);
  const std::optional<Preference> better = ReadPreference(reply);
  if (!better) return std::nullopt;
  if (*better == Preference::kTie) return 0;
  return (*better == Preference::kFirst) == !task.swapped ? 1 : -1;
}

JudgePrompt PromptOf(const JudgeTask& task, uint64_t seed) {
  if (task.kind != JudgeKind::kPair) {
    return RubricPrompt({task.question, task.reference, task.answer}, seed);
  }
  const bool swapped = task.swapped;
  return PairPrompt({task.question, task.reference, swapped ? task.other : task.answer,
                     swapped ? task.answer : task.other},
                    seed);
}

class Session {
 public:
  Session(const JudgeModel& judge, const JudgeOptions& options,
          std::map<std::string, Judgment> known)
      : judge_(judge), options_(options), known_(std::move(known)) {}

  JudgeRun Run(const std::vector<JudgeTask>& tasks,
               const std::function<void(const Judgment&)>& sink) {
    for (const JudgeTask& task : tasks) {
      if (!MayGoOn()) break;
      Judgment judgment;
      try {
        judgment = Judge(task);
      } catch (const Error& error) {
        run_.stopped = error.what();
        break;
      }
      ++run_.done;
      run_.invalid += judgment.outcome == "ok" ? 0 : 1;
      sink(judgment);
    }
    return run_;
  }

 private:
  bool MayGoOn() {
    const JudgeBudget& budget = options_.budget;
    if (options_.cancelled && options_.cancelled()) {
      run_.stopped = "interrupted";
    } else if (budget.max_requests > 0 &&
               options_.requests_before + run_.requests >= budget.max_requests) {
      run_.stopped = "the budget of " + std::to_string(budget.max_requests) + " requests is used";
    } else if (budget.max_usd > 0 && options_.usd_before + run_.usd >= budget.max_usd) {
      char text[64];
      std::snprintf(text, sizeof text, "the budget of %.2f USD is used", budget.max_usd);
      run_.stopped = text;
    }
    return run_.stopped.empty();
  }

  Judgment Judge(const JudgeTask& task) {
    const std::string hash = ContentHash(task, judge_.name);
    if (const auto before = known_.find(hash); before != known_.end()) {
      Judgment same = before->second;
      same.cell_id = task.cell_id;
      same.item_id = task.item_id;
      same.kind = task.kind;
      same.swapped = task.swapped;
      same.requests = 0;
      same.input_tokens = same.output_tokens = 0;
      return same;
    }
    Judgment judgment{.kind = task.kind,
                      .cell_id = task.cell_id,
                      .item_id = task.item_id,
                      .swapped = task.swapped,
                      .outcome = "judge_invalid",
                      .judge = judge_.name,
                      .prompt_hash = JudgePromptHash(),
                      .content_hash = hash};
    const JudgePrompt prompt = PromptOf(task, options_.seed);
    for (const JudgePrompt& asked : {prompt, AskedAgain(prompt)}) {
      Take(judge_.ask(asked), judgment);
      const std::optional<int> score = ReadScore(task, judgment.reply);
      if (!score) continue;
      judgment.outcome = "ok";
      judgment.score = *score;
      break;
    }
    known_.emplace(hash, judgment);
    return judgment;
  }

  void Take(JudgeReply reply, Judgment& judgment) {
    run_.requests += reply.requests;
    run_.input_tokens += reply.input_tokens;
    run_.output_tokens += reply.output_tokens;
    run_.usd = UsdOf(options_.budget, run_.input_tokens, run_.output_tokens);
    judgment.requests += reply.requests;
    judgment.input_tokens += reply.input_tokens;
    judgment.output_tokens += reply.output_tokens;
    judgment.reply = std::move(reply.text);
    judgment.model = std::move(reply.model);
  }

  const JudgeModel& judge_;
  const JudgeOptions& options_;
  std::map<std::string, Judgment> known_;
  JudgeRun run_;
};

}  // namespace

const char* JudgeKindName(JudgeKind kind) {
  switch (kind) {
    case JudgeKind::kRubric:
      return "rubric";
    case JudgeKind::kPair:
      return "pair";
    case JudgeKind::kCanary:
      return "canary";
  }
  return "";
}

std::vector<JudgeTask> PlanJudging(const std::vector<JudgeItem>& items,
                                   const std::vector<JudgeArm>& arms, const JudgePlan& plan) {
  Rng rng(plan.seed);
  std::vector<JudgeTask> controls = CanaryTasks();
  rng.Shuffle(controls);
  std::vector<std::size_t> order(items.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  rng.Shuffle(order);
  std::vector<JudgeTask> tasks;
  int taken = 0;
  for (const std::size_t i : order) {
    if (plan.max_items > 0 && taken == plan.max_items) break;
    std::vector<JudgeTask> of_item = TasksOfItem(items[i], arms);
    const std::size_t all = tasks.size() + of_item.size() + controls.size();
    if (plan.max_requests > 0 && all > static_cast<std::size_t>(plan.max_requests)) break;
    rng.Shuffle(of_item);
    std::move(of_item.begin(), of_item.end(), std::back_inserter(tasks));
    ++taken;
  }
  for (JudgeTask& control : controls) {
    const std::size_t at = rng.Below(tasks.size() / 2 + 1);
    tasks.insert(tasks.begin() + static_cast<std::ptrdiff_t>(at), std::move(control));
  }
  return tasks;
}

double UsdOf(const JudgeBudget& budget, int64_t input_tokens, int64_t output_tokens) {
  return 1e-6 * (budget.usd_per_million_input * static_cast<double>(input_tokens) +
                 budget.usd_per_million_output * static_cast<double>(output_tokens));
}

std::string ContentHash(const JudgeTask& task, const std::string& judge) {
  std::string all = judge + '\0' + JudgePromptHash();
  const bool pair = task.kind == JudgeKind::kPair;
  all += pair ? (task.swapped ? "swapped" : "pair") : "rubric";
  for (const std::string* part : {&task.question, &task.reference, &task.answer, &task.other}) {
    all += '\0' + std::to_string(part->size()) + '\0' + *part;
  }
  return Sha256Hex(all).substr(0, 32);
}

JudgeRun RunJudging(const std::vector<JudgeTask>& tasks, const JudgeModel& judge,
                    const JudgeOptions& options, std::map<std::string, Judgment> known,
                    const std::function<void(const Judgment&)>& sink) {
  return Session(judge, options, std::move(known)).Run(tasks, sink);
}

}  // namespace moebench
