// One session of a judge over the answers of several settings: blind, in an order that the seed
// shuffles, the baseline's answers anew each time, controls in between.
//   std::vector<JudgeTask> tasks = PlanJudging(items, arms, {.seed = 1});
//   JudgeRun run = RunJudging(tasks, judge, options, known, [&](const Judgment& j) { Keep(j); });
// Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "quality/judge/judge_canaries.h"
#include "quality/judge/judge_model.h"

namespace moebench {

struct JudgeItem {
  std::string id, question;
  std::string reference;  // what a right answer has; may be empty
};

struct JudgeArm {
  std::string cell_id;
  bool baseline = false;
  std::map<std::string, std::string> answers;  // item id -> text
};

enum class JudgeKind {
  kRubric,  // one answer, 0..3
  kPair,    // an answer against the baseline's
  kCanary,  // as rubric, of a control answer
};
const char* JudgeKindName(JudgeKind kind);  // "rubric"

struct JudgeTask {
  JudgeKind kind = JudgeKind::kRubric;
  std::string cell_id;   // empty of canaries
  std::string item_id;   // or the canary's id
  bool swapped = false;  // of pairs: the baseline's answer is shown first
  std::string question, reference, answer;
  std::string other;  // the baseline's answer, of pairs
};

struct JudgePlan {
  uint64_t seed = 1;
  int max_requests = 0;  // the plan takes no more than so many; 0 = no limit
  int max_items = 0;     // 0 = all
};

// Items in an order of their own; the tasks of one item lie together, shuffled, so that whatever
// ends the session early leaves whole items. Controls stand in the first half. Answers equal to the
// baseline's are no pairs: they are ties.
std::vector<JudgeTask> PlanJudging(const std::vector<JudgeItem>& items,
                                   const std::vector<JudgeArm>& arms, const JudgePlan& plan);

struct Judgment {
  JudgeKind kind = JudgeKind::kRubric;
  std::string cell_id, item_id;
  bool swapped = false;
  std::string outcome;  // ok | judge_invalid
  // 0..3; of pairs 1: better than the baseline's, 0: tie, -1: worse. 0 if judge_invalid
  int score = 0;
  std::string judge, model;  // as configured; as the server named itself
  std::string prompt_hash, content_hash;
  std::string reply;  // raw, the last one
  int requests = 0;   // 0: the same content was judged before in this session
  int64_t input_tokens = 0, output_tokens = 0;
};

struct JudgeBudget {
  int max_requests = 0;  // 0 = no limit
  double max_usd = 0;    // 0 = no limit
  double usd_per_million_input = 0, usd_per_million_output = 0;
};

struct JudgeOptions {
  uint64_t seed = 1;
  JudgeBudget budget;
  int requests_before = 0;  // what earlier parts of the session took out of the budget
  double usd_before = 0;
  std::function<bool()> cancelled;  // may be empty
};

struct JudgeRun {
  int requests = 0;
  int64_t input_tokens = 0, output_tokens = 0;
  double usd = 0;
  int done = 0, invalid = 0;
  std::string stopped;  // why it ended early, in words; empty: it did not
};

// Content that was judged before (a resumed session, or settings with the same text) is not asked
// again. known: content hash -> judgement. Throws what the sink throws; trouble with the judge ends
// the session and is told in `stopped`.
JudgeRun RunJudging(const std::vector<JudgeTask>& tasks, const JudgeModel& judge,
                    const JudgeOptions& options, std::map<std::string, Judgment> known,
                    const std::function<void(const Judgment&)>& sink);

double UsdOf(const JudgeBudget& budget, int64_t input_tokens, int64_t output_tokens);

// 32 hex digits of what is asked, of whom and in which words, without the seed.
std::string ContentHash(const JudgeTask& task, const std::string& judge);

}  // namespace moebench
