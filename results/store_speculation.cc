#include "results/store_speculation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <map>

#include "results/store_impl.h"
#include "results/store_insert.h"
#include "results/store_row.h"

namespace moebench {
namespace {

constexpr size_t kMostPlaces = 1024;  // of a guess; hostile rows may say more

std::string TextOf(const std::vector<int64_t>& counts) {
  return fmt::format("{}", fmt::join(counts, " "));
}

std::vector<int64_t> CountsIn(const std::string& text) {
  std::vector<int64_t> counts;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end && counts.size() < kMostPlaces) {
    int64_t count = 0;
    const auto [next, error] = std::from_chars(at, end, count);
    if (error != std::errc()) break;
    counts.push_back(count);
    at = next != end && *next == ' ' ? next + 1 : next;
  }
  return counts;
}

std::optional<int64_t> PlaceOf(const ParityRecord& parity) {
  return parity.diverged_at < 0 ? std::nullopt : std::optional<int64_t>(parity.diverged_at);
}

ParityRecord ReadParity(int64_t tokens, Row& row) {
  return {.tokens = static_cast<int>(tokens),
          .diverged_at = static_cast<int>(row.OptionalInt().value_or(-1)),
          .gap = row.OptionalReal()};
}

SpeculationRecord ReadCounts(Row& row) {
  return {.steps = row.Int64(),
          .drafted = row.Int64(),
          .accepted = row.Int64(),
          .looked_up = row.Int64(),
          .lookup_accepted = row.Int64(),
          .drafted_at = CountsIn(row.Text()),
          .accepted_at = CountsIn(row.Text()),
          .draft_ms = row.Real(),
          .verify_ms = row.Real(),
          .rollback_ms = row.Real(),
          .lookup_ms = row.Real(),
          .experts_per_step = row.Real(),
          .tokens_per_pass = row.Real()};
}

PromptRecord ReadPrompt(Row& row) {
  PromptRecord prompt{.prompt_id = row.Text(),
                      .generated_tokens = row.Int64(),
                      .decode_ms = row.Real(),
                      .drafted = row.OptionalInt(),
                      .accepted = row.OptionalInt()};
  if (const auto tokens = row.OptionalInt()) prompt.parity = ReadParity(*tokens, row);
  return prompt;
}

void ReadGuessing(SQLite::Database& db, SweepRows& rows) {
  std::map<std::string, Cell*> cells;
  for (CellRecord& record : rows.cells) cells[record.cell_id] = &record.cell;
  SQLite::Statement statement(
      db,
      "SELECT cell_id, draft_path, draft_sha256, draft_tokens, min_probability, recurrent FROM"
      " cell_guessing WHERE sweep_id = ?");
  statement.bind(1, rows.sweep.id);
  while (statement.executeStep()) {
    Row row(statement);
    const auto found = cells.find(row.Text());
    if (found == cells.end()) continue;
    found->second->guessing = {.draft_path = row.Text(),
                               .draft_sha256 = row.Text(),
                               .draft_tokens = row.Int(),
                               .min_probability = row.Real(),
                               .recurrent = row.Text()};
  }
}

}  // namespace

void InsertGuessing(SQLite::Database& db, int64_t sweep_id, std::span<const CellRecord> cells) {
  Insert insert(db, "cell_guessing");
  for (const CellRecord& record : cells) {
    if (record.cell.decoding == "plain") continue;
    const Guessing& g = record.cell.guessing;
    insert.Int(sweep_id).Text(record.cell_id).Text(g.draft_path).Text(g.draft_sha256);
    insert.Int(g.draft_tokens).Real(g.min_probability).Text(g.recurrent).Run();
  }
}

void InsertSpeedPrompts(SQLite::Database& db, int64_t sweep_id,
                        std::span<const SpeedPromptRecord> prompts) {
  Insert insert(db, "speed_prompt");
  int64_t position = 0;
  for (const SpeedPromptRecord& p : prompts) {
    insert.Int(sweep_id).Int(position++).Text(p.prompt_id).Text(p.kind).Real(p.repeated_share);
    insert.Run();
  }
}

void InsertOfTrial(SQLite::Database& db, int64_t trial_id, const TrialRecord& trial) {
  if (trial.speculation) {
    const SpeculationRecord& s = *trial.speculation;
    Insert insert(db, "trial_speculation");
    insert.Int(trial_id).Int(s.steps).Int(s.drafted).Int(s.accepted);
    insert.Int(s.looked_up).Int(s.lookup_accepted);
    insert.Text(TextOf(s.drafted_at)).Text(TextOf(s.accepted_at));
    insert.Real(s.draft_ms).Real(s.verify_ms).Real(s.rollback_ms).Real(s.lookup_ms);
    insert.Real(s.experts_per_step).Real(s.tokens_per_pass).Run();
  }
  Insert insert(db, "trial_prompt");
  int64_t position = 0;
  for (const PromptRecord& p : trial.each_prompt) {
    insert.Int(trial_id).Int(position++).Text(p.prompt_id).Int(p.generated_tokens);
    insert.Real(p.decode_ms).OptionalInt(p.drafted).OptionalInt(p.accepted);
    if (p.parity) {
      insert.Int(p.parity->tokens).OptionalInt(PlaceOf(*p.parity)).OptionalReal(p.parity->gap);
    } else {
      insert.OptionalInt({}).OptionalInt({}).OptionalReal({});
    }
    insert.Run();
  }
}

void InsertParity(SQLite::Database& db, int64_t first_answer_id,
                  std::span<const AnswerRecord> answers) {
  Insert insert(db, "answer_parity");
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].parity) continue;
    const ParityRecord& parity = *answers[i].parity;
    insert.Int(first_answer_id + static_cast<int64_t>(i)).Int(parity.tokens);
    insert.OptionalInt(PlaceOf(parity)).OptionalReal(parity.gap).Run();
  }
}

void ReadSpeculation(SQLite::Database& db, SweepRows& rows) {
  const int64_t id = rows.sweep.id;
  ReadGuessing(db, rows);
  FillByNumber(db, "trial",
               "SELECT trial_id, steps, s.drafted, s.accepted, looked_up, lookup_accepted,"
               " drafted_at, accepted_at, draft_ms, verify_ms, rollback_ms, lookup_ms,"
               " experts_per_step, tokens_per_pass FROM trial_speculation s JOIN trial t ON"
               " t.id = trial_id WHERE sweep_id = ?",
               id, rows.trials,
               [](Row& row, TrialRecord& trial) { trial.speculation = ReadCounts(row); });
  FillByNumber(db, "trial",
               "SELECT trial_id, prompt_id, p.generated_tokens, p.decode_ms, p.drafted, p.accepted,"
               " plain_tokens, diverged_at, gap FROM trial_prompt p JOIN trial t ON t.id = trial_id"
               " WHERE sweep_id = ? ORDER BY trial_id, p.position",
               id, rows.trials,
               [](Row& row, TrialRecord& trial) { trial.each_prompt.push_back(ReadPrompt(row)); });
  FillByNumber(db, "answer",
               "SELECT answer_id, plain_tokens, diverged_at, gap FROM answer_parity JOIN answer a"
               " ON a.id = answer_id WHERE sweep_id = ?",
               id, rows.answers, [](Row& row, AnswerRecord& answer) {
                 const int64_t tokens = row.Int64();
                 answer.parity = ReadParity(tokens, row);
               });
  rows.pass_costs = Rows<PassCostRecord>(
      db,
      "SELECT session_id, k, tokens, ms, lo_ms, hi_ms, n, experts_per_layer, bytes FROM pass_cost"
      " JOIN session s ON s.id = session_id WHERE sweep_id = ? ORDER BY session_id, k DESC, tokens",
      id, [](Row& row) {
        return PassCostRecord{.session_id = row.Int64(),
                              .k = row.Int(),
                              .tokens = row.Int(),
                              .ms = row.Real(),
                              .lo_ms = row.Real(),
                              .hi_ms = row.Real(),
                              .n = row.Int(),
                              .experts_per_layer = row.Real(),
                              .bytes = row.Real()};
      });
  rows.predictions = Rows<PredictionRecord>(
      db,
      "SELECT cell_id, session_id, source, acceptance, hit_rate, draft_cost, guesses, speedup FROM"
      " prediction WHERE sweep_id = ? ORDER BY session_id, cell_id",
      id, [](Row& row) {
        return PredictionRecord{.cell_id = row.Text(),
                                .session_id = row.Int64(),
                                .source = row.Text(),
                                .acceptance = row.Real(),
                                .hit_rate = row.Real(),
                                .draft_cost = row.Real(),
                                .guesses = row.Int(),
                                .speedup = row.Real()};
      });
  rows.prompts = Rows<SpeedPromptRecord>(
      db,
      "SELECT prompt_id, kind, repeated_share FROM speed_prompt WHERE sweep_id = ? ORDER BY"
      " position",
      id, [](Row& row) {
        return SpeedPromptRecord{
            .prompt_id = row.Text(), .kind = row.Text(), .repeated_share = row.Real()};
      });
}

void Store::AddPassCosts(std::span<const PassCostRecord> costs) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db, "pass_cost");
    for (const PassCostRecord& c : costs) {
      insert.Int(c.session_id).Int(c.k).Int(c.tokens).Real(c.ms).Real(c.lo_ms).Real(c.hi_ms);
      insert.Int(c.n).Real(c.experts_per_layer).Real(c.bytes).Run();
    }
    transaction.commit();
  });
}

void Store::AddPrediction(int64_t sweep_id, const PredictionRecord& p) {
  InStoreWords(impl_->path, [&] {
    SQLite::Transaction transaction(*impl_->db, SQLite::TransactionBehavior::IMMEDIATE);
    Insert insert(*impl_->db, "prediction");
    insert.Int(sweep_id).Text(p.cell_id).Int(p.session_id).Text(p.source);
    insert.Real(p.acceptance).Real(p.hit_rate).Real(p.draft_cost);
    insert.Int(p.guesses).Real(p.speedup).Run();
    transaction.commit();
  });
}

}  // namespace moebench
