#include "results/testing/sweep_rows.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "harness/base/rng.h"

namespace moebench {
namespace {

constexpr int kTokens = 32;  // generated per trial
constexpr double kMadeUpNoise = 0.003;

CellRecord RecordOf(const CellRows& made) {
  CellRecord record;
  record.cell = {.model_path = "/models/made up.gguf",
                 .model_sha256 = std::string(64, 'a'),
                 .k = made.k,
                 .decoding = made.decoding,
                 .placement = made.placement,
                 .threads = 2,
                 .instances = made.instances,
                 .baseline = made.baseline,
                 .control = made.control};
  record.cell_id = CellId(record.cell);
  record.status = made.status;
  record.reason = made.reason;
  record.bytes_per_token_predicted = 1e6 * made.k;
  record.max_speedup = made.max_speedup;
  return record;
}

TrialRecord TrialOf(const CellRows& made, const std::string& cell_id, int64_t session, int round,
                    int order, Rng& rng) {
  TrialRecord trial;
  trial.cell_id = cell_id;
  trial.session_id = session;
  trial.round = round;
  trial.order = order;
  trial.prompts = 1;
  trial.prompt_tokens = 100;
  trial.generated_tokens = kTokens;
  const double speed = made.tps * std::exp(kMadeUpNoise * rng.Normal());
  trial.inter_token_ms.assign(kTokens - 1, static_cast<float>(1e3 / speed));
  for (const float ms : trial.inter_token_ms) trial.decode_ms += ms;
  for (int i = 0; i < made.instances && made.instances > 1; ++i) {
    trial.instances.push_back({.prompt_tokens = 100,
                               .timed_tokens = kTokens - 1,
                               .prefill_ms = 1,
                               .decode_ms = made.instances * trial.decode_ms});
  }
  trial.prefill_ms = 1e3 * 100 / (4 * speed);
  trial.ttft_ms = trial.prefill_ms;
  trial.k_executed_min = trial.k_executed_max = made.k;
  trial.bytes_per_token = 1e6 * made.k;
  return trial;
}

AnswerRecord AnswerOf(const CellRows& made, const std::string& cell_id, int64_t session, int item) {
  // Each item has a difficulty in [0, 1), scattered; a cell solves those below its share.
  const double difficulty = std::fmod(0.5 + item * 0.6180339887498949, 1.0);
  const bool right = difficulty < made.right;
  AnswerRecord answer;
  answer.cell_id = cell_id;
  answer.session_id = session;
  answer.item_id = fmt::format("item-{:03}", item);
  answer.item_hash = "00";
  answer.category = item % 2 == 0 ? "add" : "recall";
  answer.prompt = "question";
  answer.answer = right ? "right" : fmt::format("wrong at k={}", made.k);
  answer.finish = "stop";
  answer.score = right ? 1 : 0;
  answer.outcome = right ? "right" : "wrong";
  return answer;
}

// The plan of one instance, or of each of them: on the cpu and the node of its number.
std::string AskedOf(int instances) {
  if (instances == 1) return R"({"memory_nodes":[0,1]})";
  std::string list;
  for (int i = 0; i < instances; ++i) {
    list += fmt::format(R"({}{{"policy":"local:{}","thread_cpus":[{}],"memory_nodes":[{}]}})",
                        i > 0 ? "," : "", i, i, i);
  }
  return '[' + list + ']';
}

}  // namespace

SweepRows SweepOf(const std::vector<CellRows>& cells, const SweepShape& shape) {
  SweepRows rows;
  rows.sweep.id = 1;
  rows.sweep.started = "2026-11-22T01:00:00Z";
  rows.sweep.version = "0.1.0";
  rows.sweep.config_json = R"({"flag_below":0.1})";
  rows.sweep.machine_json = R"({"cpu":"made-up CPU","nodes":2})";
  rows.models.push_back(
      {std::string(64, 'a'), "/models/made up.gguf",
       R"({"architecture":"qwen3moe","expert_count_key":"qwen3moe.expert_used_count",)"
       R"("n_experts":32,"n_moe_layers":4,"expert_bytes":50000000,"dense_bytes_per_token":1000000})"});
  std::map<std::pair<std::string, int>, std::vector<size_t>> groups;  // by placement and instances
  for (size_t i = 0; i < cells.size(); ++i) {
    rows.cells.push_back(RecordOf(cells[i]));
    groups[{cells[i].placement, cells[i].instances}].push_back(i);
  }
  Rng rng(7);
  for (const auto& [where, members] : groups) {
    for (int s = 0; s < shape.sessions; ++s) {
      SessionRecord session;
      session.id = static_cast<int64_t>(rows.sessions.size()) + 1;
      session.index = s;
      session.placement = where.first;
      session.instances = where.second;
      session.threads = 2;
      session.model_sha256 = std::string(64, 'a');
      session.asked_json = AskedOf(where.second);
      session.read_bandwidth_gbps = 10;
      session.cache_bandwidth_gbps = 40;
      session.cache_bytes = 32 << 20;
      rows.sessions.push_back(session);
      int order = 0;
      const auto run = [&](size_t cell, int round) {
        if (cells[cell].status != Status::kOk && cells[cell].status != Status::kPlanned) return;
        rows.trials.push_back(
            TrialOf(cells[cell], rows.cells[cell].cell_id, session.id, round, order++, rng));
      };
      for (int round = 0; round < shape.rounds; ++round) {
        for (const size_t member : members) run(member, round);
      }
      run(members.front(), shape.rounds);
      for (const size_t member : members) {
        for (int item = 0; s == 0 && item < cells[member].items; ++item) {
          rows.answers.push_back(
              AnswerOf(cells[member], rows.cells[member].cell_id, session.id, item));
        }
      }
    }
  }
  return rows;
}

std::vector<TrialRecord*> TrialsOf(SweepRows& rows, const std::string& cell_id) {
  std::vector<TrialRecord*> trials;
  for (TrialRecord& trial : rows.trials) {
    if (trial.cell_id == cell_id) trials.push_back(&trial);
  }
  return trials;
}

}  // namespace moebench
