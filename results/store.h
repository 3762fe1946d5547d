// Keeps what sweeps leave behind, in one SQLite file; the only door to it.
//   Store store = Store::OpenForWriting("sweeps.db");
//   int64_t id = store.CreateSweep(sweep, models, cells);
//   int64_t session = store.AddSession(id, record);
//   store.AddTrial(id, trial);  // durable when it returns
// Every method that writes is one transaction: after a crash or power cut each unit of work is
// there as a whole or not at all (WAL, synchronous = FULL). Rows are never changed afterwards. One
// writer per file (results/writer_lock.h), any number of readers, which never block it. All methods
// throw Error: kIo for full disks and the like, kBusy for a second writer, kBadData for a damaged
// or foreign file. One Store belongs to one thread and must not be carried across fork().
#pragma once

#include <compare>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "results/records.h"

namespace moebench {

// All rows of one sweep, as they stood at one moment.
struct SweepRows {
  SweepRecord sweep;
  std::vector<ModelRecord> models;
  std::vector<CellRecord> cells;  // in planned order; status and reason are the latest
  std::vector<SessionRecord> sessions;
  std::vector<TrialRecord> trials;
  std::vector<AnswerRecord> answers;
  std::vector<PassCostRecord> pass_costs;
  std::vector<PredictionRecord> predictions;
  std::vector<SpeedPromptRecord> prompts;
  std::vector<DivergenceRecord> divergences;
  std::vector<RoutingRecord> routings;  // one of a model at most
  std::vector<JudgmentRecord> judgments;
  std::vector<JudgeRunRecord> judge_runs;
};

// A trial that needs not be run again by --resume. The session is named by its index, because a
// resumed sweep goes on in a new process.
struct DoneTrial {
  std::string cell_id;
  int session_index = 0;
  int round = 0;
  int order = 0;
  auto operator<=>(const DoneTrial&) const = default;
};

// What a past sweep says of speed, without its latencies and answers.
struct PastTrial {
  std::string cell_id;
  int64_t session_id = 0;
  int order = 0;
  double decode_tps = 0;
  bool rerun = false;     // of a session that looked at suspects again
  bool unstable = false;  // something disturbed it
};
struct PastSweep {
  SweepRecord sweep;
  std::vector<CellRecord> cells;
  std::vector<PastTrial> trials;
};

class Store {
 public:
  // Takes the writer's lock; makes the file if there is none. The folder must exist. A database of
  // an older schema is brought forward, after a copy of it was put beside it.
  static Store OpenForWriting(const std::filesystem::path& path);
  static Store OpenForReading(const std::filesystem::path& path);
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  // For people: that an older database was brought forward, and where its copy lies. Or empty.
  const std::string& opening_note() const;

  // Returns the sweep's id; sweep.id is not used. Cells may be planned or already skipped.
  int64_t CreateSweep(const SweepRecord& sweep, std::span<const ModelRecord> models,
                      std::span<const CellRecord> cells,
                      std::span<const SpeedPromptRecord> prompts = {});
  void FinishSweep(int64_t sweep_id, const std::string& finished);     // UTC stamp
  int64_t AddSession(int64_t sweep_id, const SessionRecord& session);  // id of the new row
  void FinishSession(int64_t session_id, const std::string& proof_after_json);
  void AddProbe(const ProbeRecord& probe);
  void AddTrial(int64_t sweep_id, const TrialRecord& trial);
  void AddAnswers(int64_t sweep_id, std::span<const AnswerRecord> answers);
  void AddPassCosts(std::span<const PassCostRecord> costs);
  void AddPrediction(int64_t sweep_id, const PredictionRecord& prediction);  // one for each cell
  void AddDivergence(int64_t sweep_id, const DivergenceRecord& divergence);
  // Of a model that has one in this sweep already, nothing happens. A trace that is known from any
  // sweep is not stored again.
  void AddRouting(int64_t sweep_id, const RoutingRecord& routing);
  void AddJudgment(int64_t sweep_id, const JudgmentRecord& judgment);
  void AddJudgeRun(int64_t sweep_id, const JudgeRunRecord& run);
  // May be said again (a cell found invalid after it ended): the last word counts, all are kept.
  void FinishCell(int64_t sweep_id, const std::string& cell_id, Status status,
                  const std::string& reason);

  // Rows of files that were brought in before (same bytes, same position) are left out. Returns how
  // many are new.
  int AddImported(std::span<const ImportedRecord> rows);
  std::vector<ImportedRecord> ReadImported() const;

  // Cell id -> UTC stamp of the last process that timed it undisturbed.
  std::map<std::string, std::string> LastMeasured() const;
  // UTC stamp of the newest row of any sweep; empty if there is none.
  std::string NewestStamp() const;

  std::optional<int64_t> LatestSweepId() const;
  // Throws Error (kUsage) if there is no such sweep.
  SweepRows ReadSweep(int64_t sweep_id) const;
  std::vector<AnswerRecord> Answers(int64_t sweep_id) const;
  std::set<DoneTrial> DoneTrials(int64_t sweep_id) const;
  // Pairs (cell_id, item_id) that have an answer.
  std::set<std::pair<std::string, std::string>> DoneAnswers(int64_t sweep_id) const;

  // All sweeps before this one, oldest first; only the trials of cells that ended well. Mebibytes
  // for years of nights.
  std::vector<PastSweep> PastSweeps(int64_t before_sweep_id) const;
  std::vector<SweepRecord> Sweeps() const;  // oldest first

  void AddBaselineMark(const BaselineMark& mark);
  std::vector<BaselineMark> BaselineMarks() const;  // in the order they were set

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

const char* StatusWord(Status status);  // ok | planned | skipped | failed | invalid

}  // namespace moebench
