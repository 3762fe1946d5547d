#include "harness/sweep/judge_sweep.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "quality/judge/judge_canaries.h"
#include "quality/judge/judge_prompt.h"

namespace moebench {
namespace {

// What a right answer has, where the grader knows it in words that a judge can read.
std::string ReferenceOf(const Item& item) {
  if (item.expected.empty()) return "";
  std::string text = item.expected.front();
  for (size_t i = 1; i < item.expected.size(); ++i) text += "\n" + item.expected[i];
  return text;
}

std::vector<JudgeItem> JudgeItems(std::span<const Item> items) {
  std::vector<JudgeItem> out;
  for (const Item& item : items) out.push_back({item.id, item.prompt, ReferenceOf(item)});
  return out;
}

// The answered cells of one model, by its baseline.
std::vector<JudgeArm> ArmsOf(const SweepRows& rows, const std::string& sha256) {
  std::map<std::string, JudgeArm> by_cell;
  for (const CellRecord& cell : rows.cells) {
    if (cell.cell.model_sha256 != sha256) continue;
    if (cell.status != Status::kOk && cell.status != Status::kPlanned) continue;
    by_cell[cell.cell_id] = {cell.cell_id, cell.cell.baseline && cell.cell.control == 0, {}};
  }
  for (const AnswerRecord& answer : rows.answers) {
    const auto found = by_cell.find(answer.cell_id);
    if (found != by_cell.end()) found->second.answers.emplace(answer.item_id, answer.answer);
  }
  std::vector<JudgeArm> arms;
  for (const CellRecord& cell : rows.cells) {  // in planned order
    const auto found = by_cell.find(cell.cell_id);
    if (found != by_cell.end() && !found->second.answers.empty()) arms.push_back(found->second);
  }
  return arms;
}

JudgmentRecord RecordOf(const Judgment& j) {
  return {.cell_id = j.cell_id,
          .item_id = j.item_id,
          .kind = JudgeKindName(j.kind),
          .swapped = j.swapped,
          .outcome = j.outcome,
          .score = j.score,
          .judge = j.judge,
          .model = j.model,
          .prompt_hash = j.prompt_hash,
          .content_hash = j.content_hash,
          .reply = j.reply,
          .requests = j.requests,
          .input_tokens = j.input_tokens,
          .output_tokens = j.output_tokens};
}

Judgment JudgmentOf(const JudgmentRecord& r) {
  return {.outcome = r.outcome,
          .score = r.score,
          .judge = r.judge,
          .model = r.model,
          .prompt_hash = r.prompt_hash,
          .content_hash = r.content_hash,
          .reply = r.reply};
}

using TaskKey = std::tuple<std::string, std::string, std::string, bool>;

// What this judge has said of this sweep so far.
struct Earlier {
  std::set<TaskKey> done;
  int requests = 0;
  int64_t input_tokens = 0, output_tokens = 0;
  std::map<std::string, Judgment> by_content;
  std::map<std::string, int> canaries;

  void Add(const JudgmentRecord& r) {
    done.emplace(r.cell_id, r.item_id, r.kind, r.swapped);
    requests += r.requests;
    input_tokens += r.input_tokens;
    output_tokens += r.output_tokens;
    by_content.emplace(r.content_hash, JudgmentOf(r));
    if (r.kind == "canary" && r.outcome == "ok") canaries[r.item_id] = r.score;
  }
  bool Has(const JudgeTask& t) const {
    return done.contains({t.cell_id, t.item_id, JudgeKindName(t.kind), t.swapped});
  }
};

// What the ended sessions of a judge say they took.
struct Recorded {
  int requests = 0;
  double usd = 0;
};

Recorded RecordedOf(const SweepRows& rows, const std::string& judge) {
  Recorded recorded;
  for (const JudgeRunRecord& run : rows.judge_runs) {
    if (run.judge != judge || run.prompt_hash != JudgePromptHash()) continue;
    recorded.requests += run.requests;
    recorded.usd += run.usd;
  }
  return recorded;
}

}  // namespace

bool WasJudged(const SweepRows& rows, const std::string& judge) {
  return std::any_of(rows.judge_runs.begin(), rows.judge_runs.end(), [&](const auto& run) {
    return run.judge == judge && run.prompt_hash == JudgePromptHash() && run.stopped.empty();
  });
}

JudgeRun JudgeSweep(Store& store, int64_t sweep_id, std::span<const Item> items,
                    const JudgeModel& judge, const JudgeSweepOptions& options) {
  const SweepRows rows = store.ReadSweep(sweep_id);
  Earlier earlier;
  for (const JudgmentRecord& r : rows.judgments) {
    if (r.judge == judge.name && r.prompt_hash == JudgePromptHash()) earlier.Add(r);
  }
  std::vector<JudgeTask> tasks;
  std::set<std::string> controls;  // are asked once, also of several models
  for (const ModelRecord& model : rows.models) {
    for (JudgeTask& task : PlanJudging(JudgeItems(items), ArmsOf(rows, model.sha256),
                                       {.seed = options.seed,
                                       .max_requests = options.budget.max_requests,
                                       .max_items = options.max_items})) {
      if (earlier.Has(task)) continue;
      if (task.kind == JudgeKind::kCanary && !controls.insert(task.item_id).second) continue;
      tasks.push_back(std::move(task));
    }
  }
  const auto spent_usd = [&] {
    return UsdOf(options.budget, earlier.input_tokens, earlier.output_tokens);
  };
  int done = 0;
  const auto keep = [&](const Judgment& judgment) {
    const JudgmentRecord record = RecordOf(judgment);
    store.AddJudgment(sweep_id, record);
    earlier.Add(record);
    if (options.report) options.report(++done, static_cast<int>(tasks.size()));
  };
  JudgeRun run = RunJudging(tasks, judge,
                            {.seed = options.seed,
                             .budget = options.budget,
                             .requests_before = earlier.requests,
                             .usd_before = spent_usd(),
                             .cancelled = options.cancelled},
                            std::map(earlier.by_content), keep);
  const JudgeTrust trust = TrustOf(earlier.canaries);
  // A killed session left no row: what it took is counted here.
  const Recorded before = RecordedOf(rows, judge.name);
  store.AddJudgeRun(sweep_id, {.judge = judge.name,
                               .prompt_hash = JudgePromptHash(),
                               .requests = earlier.requests - before.requests,
                               .usd = std::max(0.0, spent_usd() - before.usd),
                               .judged = run.done,
                               .invalid = run.invalid,
                               .stopped = run.stopped,
                               .trusted = trust.trusted,
                               .trust_text = trust.why});
  return run;
}

}  // namespace moebench
