#include "harness/sweep/run_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/rng.h"
#include "harness/sweep/at_once.h"
#include "harness/sweep/bandwidth_doubt.h"
#include "harness/sweep/instance_trial.h"
#include "harness/sweep/measure.h"
#include "harness/sweep/measure_divergence.h"
#include "harness/sweep/session_row.h"
#include "harness/sweep/session_work.h"
#include "harness/sweep/sweep_progress.h"
#include "harness/sweep/unit_rows.h"
#include "results/parity.h"
#include "runners/worker/worker_failure.h"

namespace moebench {
namespace {

constexpr int kCircuitLimit = 3;  // equal failures in a row that end a model
constexpr int kDeathLimit = 6;    // workers that one model may cost altogether
constexpr int kStartAttempts = 3;

class Driver {
 public:
  Driver(const SweepPlan& plan, Sink& sink, const DoneWork& done,
         const SweepEnvironment& environment)
      : plan_(plan),
        sink_(sink),
        done_(done),
        environment_(environment),
        book_(done.speculation, environment.earlier_guesses),
        progress_(RemainingWeight(plan, done_), environment) {}

  SweepEnd Run() {
    Rng rng(plan_.spec.seed);
    for (int index = 0; index < plan_.spec.sessions; ++index) {
      std::vector<size_t> order(plan_.groups.size());
      for (size_t i = 0; i < order.size(); ++i) order[i] = i;
      rng.Shuffle(order);
      for (const size_t group : order) {
        RunSession(plan_.groups[group], index);
        if (end_ != SweepEnd::kFinished) return end_;
      }
    }
    AddSessions();
    LookAgain();
    if (end_ == SweepEnd::kCancelled) return end_;
    end_ = SweepEnd::kFinished;  // a budget that ends here leaves nothing planned undone
    for (const SessionGroup& group : plan_.groups) {
      for (const size_t cell : CellsOf(group)) EndCell(group, cell, Status::kOk, "");
    }
    sink_.FinishSweep();
    progress_.Report("done");
    return SweepEnd::kFinished;
  }

 private:
  // More sessions for cells whose interval is still wide, until it isn't or the cap is reached.
  void AddSessions() {
    const double wide = plan_.spec.interval;
    for (int index = plan_.spec.sessions; index < plan_.spec.max_sessions; ++index) {
      const auto open = CellsThat([wide](const CellNeed& need) { return need.half_width > wide; });
      if (!RunOnly(open, index)) return;
    }
  }

  // Suspects beside the baseline again, A B B A in fresh processes (reliability.md 4.4, rule 5).
  void LookAgain() {
    const auto suspects = CellsThat([](const CellNeed& need) { return need.suspect; });
    for (int i = 0; i < kRerunSessions; ++i) {
      if (!RunOnly(suspects, kRerunIndex + i)) return;
    }
  }

  template <typename Wanted>
  std::set<std::string> CellsThat(Wanted wanted) {
    std::set<std::string> ids;
    if (end_ != SweepEnd::kFinished || !environment_.judge) return ids;
    for (const CellNeed& need : environment_.judge()) {
      if (wanted(need)) ids.insert(need.cell_id);
    }
    return ids;
  }

  // One session of these cells in every group that has some; false if there is nothing more to do.
  bool RunOnly(const std::set<std::string>& ids, int index) {
    bool any = false;
    for (const SessionGroup& group : plan_.groups) {
      SessionGroup some = group;
      std::erase_if(some.cells,
                    [&](size_t cell) { return !ids.contains(Record(group, cell).cell_id); });
      if (some.cells.empty() || !some.anchor) continue;
      any = true;
      RunSession(some, index);
      if (end_ != SweepEnd::kFinished) return false;
    }
    return any;
  }

  static std::vector<size_t> CellsOf(const SessionGroup& group) {
    std::vector<size_t> cells = group.cells;
    if (group.anchor) cells.push_back(*group.anchor);
    return cells;
  }
  const CellRecord& Record(const SessionGroup& group, size_t cell) const {
    return plan_.models[group.model].cells[cell];
  }

  void EndCell(const SessionGroup& group, size_t cell, Status status, const std::string& reason) {
    const CellRecord& record = Record(group, cell);
    if (!done_.cells.insert(record.cell_id).second) return;
    sink_.FinishCell(record.cell_id, status, reason);
    if (status != Status::kOk) progress_.Note(CellLabel(record.cell) + ": " + reason);
  }
  void EndAll(const SessionGroup& group, Status status, const std::string& reason) {
    for (const size_t cell : CellsOf(group)) EndCell(group, cell, status, reason);
  }

  // A cell that ended takes its remaining units with it.
  void DropEnded(const SessionGroup& group, std::deque<WorkUnit>& work) {
    std::erase_if(work, [&](const WorkUnit& unit) {
      if (!done_.cells.contains(Record(group, unit.cell).cell_id)) return false;
      progress_.Dropped(UnitWeight(plan_, group, unit));
      return true;
    });
  }

  std::string SessionName(int index) const {
    if (index >= kRerunIndex) {
      return fmt::format("second look {} of {}", index - kRerunIndex + 1, kRerunSessions);
    }
    return fmt::format("session {} of {}", index + 1, std::max(plan_.spec.sessions, index + 1));
  }

  // One session may need several processes: a cell that kills its worker costs only itself.
  void RunSession(const SessionGroup& group, int index) {
    std::deque<WorkUnit> work = index >= kRerunIndex ? RerunWork(plan_, group, index, done_)
                                                     : RemainingWork(plan_, group, index, done_);
    while (!work.empty() && MayGoOn(UnitWeight(plan_, group, work.front()), longest_load_s_)) {
      RunProcess(group, index, work);
      DropEnded(group, work);
    }
  }

  struct LoadedWorkers {  // one for each instance
    std::vector<Worker> workers;
    std::vector<LoadReport> reports;
  };

  // All instances with the model loaded and warm. Started from this thread: a worker ends with the
  // thread that began it.
  LoadedWorkers LoadAll(const SessionGroup& group, const std::string& name) {
    const PlannedModel& model = plan_.models[group.model];
    const std::vector<PlacementPlan> plans = PlansOf(group);
    LoadedWorkers loaded;
    for (size_t i = 0; i < plans.size(); ++i) loaded.workers.push_back(environment_.start_worker());
    loaded.reports.resize(plans.size());
    RunAtOnce(plans.size(), [&](size_t i) {
      loaded.reports[i] = loaded.workers[i].runner->Load(
          {.model_path = model.facts.path,
           .placement = plans[i],
           .context_tokens = model.context_tokens,
           .kv = KvTypeOf(plan_.spec.kv),
           .draft_path = group.draft_path},
          [&](const std::string& what, double) {
            if (i == 0) progress_.Report(name + ": " + what);  // one stands for all
          });
    });
    progress_.Report(name + ": warming");
    RunAtOnce(plans.size(), [&](size_t i) { loaded.workers[i].runner->Warm(); });
    return loaded;
  }

  // Nothing if that failed (the cells then have their reason) or was cancelled.
  std::optional<LoadedWorkers> StartLoaded(const SessionGroup& group, const std::string& name) {
    for (int attempt = 1;; ++attempt) {
      try {
        progress_.Report(name + ": loading");
        return LoadAll(group, name);
      } catch (const WorkerFailure& failure) {
        if (failure.kind() == FailureKind::kInterrupted) {
          end_ = SweepEnd::kCancelled;
          return std::nullopt;
        }
        if (failure.kind() == FailureKind::kSpawn && attempt < kStartAttempts) continue;
        EndAll(group, Status::kFailed, "load: " + failure.reason());
      } catch (const Error& error) {
        if (error.where() == kPlacementRefused) {
          EndAll(group, Status::kInvalid, "not_obeyed: " + error.problem());
        } else {
          EndAll(group, Status::kFailed, std::string("load: ") + error.what());
        }
      }
      return std::nullopt;
    }
  }

  // Works through the units in one fresh process until they, or the worker, end.
  void RunProcess(const SessionGroup& group, int index, std::deque<WorkUnit>& work) {
    const std::string name = fmt::format("{}, {}", SessionName(index), NameOf(group));
    if (environment_.cool_down) environment_.cool_down(last_process_s_);
    const double process_start_s = environment_.now_s();
    progress_.Report(name + ": measuring bandwidth");
    const ReadBandwidths bandwidths = environment_.measure_bandwidth(CpusOf(group));
    const double load_start_s = environment_.now_s();
    std::optional<LoadedWorkers> loaded = StartLoaded(group, name);
    if (!loaded) return;
    longest_load_s_ = std::max(longest_load_s_, environment_.now_s() - load_start_s);
    std::vector<PlacementProof> proofs;
    for (const LoadReport& report : loaded->reports) proofs.push_back(report.proof);
    const int64_t session_id = sink_.AddSession(
        SessionRow(plan_.models[group.model].sha256, group, index, loaded->reports, bandwidths));
    if (!PlacementHolds(group, proofs)) return;
    BandwidthDoubt doubt(plan_.models[group.model].facts, InstancesOf(group), bandwidths);
    while (!work.empty() && MayGoOn(UnitWeight(plan_, group, work.front()), 0)) {
      const WorkUnit unit = work.front();
      const double unit_start_s = environment_.now_s();
      const bool alive = RunUnit(group, unit, {session_id, index, &doubt}, loaded->workers);
      if (end_ == SweepEnd::kCancelled) return;
      work.pop_front();
      last_process_s_ = environment_.now_s() - process_start_s;
      progress_.Ran(UnitWeight(plan_, group, unit), environment_.now_s() - unit_start_s);
      DropEnded(group, work);
      if (!alive) return;
    }
    if (end_ != SweepEnd::kCancelled) FinishProcess(group, session_id, loaded->workers);
  }

  void FinishProcess(const SessionGroup& group, int64_t session_id, std::vector<Worker>& workers) {
    std::vector<PlacementProof> after(workers.size());
    bool all_known = true;
    for (size_t i = 0; i < workers.size(); ++i) {
      try {
        after[i] = workers[i].runner->ReadPlacement();
      } catch (const Error& error) {
        after[i].unavailable = error.what();
      }
      all_known &= after[i].unavailable.empty();
    }
    sink_.FinishSession(session_id, ProofsText(after));
    if (all_known) PlacementHolds(group, after);
  }

  bool PlacementHolds(const SessionGroup& group, const std::vector<PlacementProof>& proofs) {
    const std::string why = WhyNotPlaced(group, proofs, environment_.machine_node_count);
    if (!why.empty()) EndAll(group, Status::kInvalid, "not_obeyed: " + why);
    return why.empty();
  }

  struct Session {
    int64_t id;
    int index;
    BandwidthDoubt* doubt;
  };

  // False if a worker died of it.
  bool RunUnit(const SessionGroup& group, const WorkUnit& unit, const Session& session,
               std::vector<Worker>& workers) {
    const Cell& cell = Record(group, unit.cell).cell;
    progress_.Report(
        fmt::format("{}: {}, {}", SessionName(session.index), CellLabel(cell), NameOf(unit)));
    UnitRows rows;
    try {
      rows = RunOnWorkers({plan_, group, environment_, book_}, unit, session.id, workers);
    } catch (const WorkerFailure& failure) {
      if (failure.kind() == FailureKind::kInterrupted) {
        end_ = SweepEnd::kCancelled;
        return false;
      }
      if (unit.kind == WorkKind::kRouting) {  // of no cell, and nothing else hangs on it
        progress_.NoteOnce("routing not traced: " + failure.reason());
        return false;
      }
      FailCell(group, unit.cell, failure.reason());
      if (++deaths_[group.model] >= kDeathLimit) {
        EndModel(group.model,
                 fmt::format("circuit: {} workers of this model died, the last one: {}",
                             kDeathLimit, failure.reason()));
      }
      return false;
    } catch (const Error& error) {
      if (unit.kind == WorkKind::kRouting) {
        progress_.NoteOnce(std::string("routing not traced: ") + error.what());
      } else if (unit.kind == WorkKind::kDivergence) {  // not every runner tells probabilities
        progress_.NoteOnce(std::string("divergence not measured: ") + error.what());
      } else if (unit.kind == WorkKind::kPassCosts) {  // a table less; the cells can do without
        progress_.Note(CellLabel(cell) + ": what passes cost: " + error.what());
      } else {
        FailCell(group, unit.cell, error.what());
      }
      return true;
    }
    KeepRows(group, unit, rows, *session.doubt);
    same_failures_ = 0;
    return true;
  }

  void DoubtBandwidth(const SessionGroup& group, const TrialRecord& trial, BandwidthDoubt& doubt) {
    if (!environment_.probe_again) return;
    doubt.Weigh(
        trial, [&] { return environment_.probe_again(CpusOf(group)); },
        [&](const ReadBandwidths& seen) {
          sink_.AddProbe({trial.session_id, UtcNow(), seen.memory_gbps, seen.cache_gbps});
        });
  }

  void KeepRows(const SessionGroup& group, const WorkUnit& unit, const UnitRows& rows,
                BandwidthDoubt& doubt) {
    const CellRecord& record = Record(group, unit.cell);
    std::string lossy;
    if (unit.kind == WorkKind::kPassCosts) {
      sink_.AddPassCosts(rows.costs);
      book_.LearnPasses(record.cell, rows.costs);
    } else if (unit.kind == WorkKind::kTrial) {
      if (auto prediction = book_.Predict(record)) {  // from what came before this trial
        prediction->session_id = rows.trial.session_id;
        sink_.AddPrediction(*prediction);
      }
      sink_.AddTrial(rows.trial);
      DoubtBandwidth(group, rows.trial, doubt);
      book_.LearnTrial(rows.trial);
      std::string reason = NotObeyedReason(record.cell, rows.trial);
      if (reason.empty()) reason = DisagreementReason(rows.trial);
      if (!reason.empty()) EndCell(group, unit.cell, Status::kInvalid, reason);
      lossy = ParityReason(rows.trial);
    } else if (unit.kind == WorkKind::kRouting) {
      sink_.AddRouting(rows.routing);
    } else if (unit.kind == WorkKind::kDivergence) {
      sink_.AddDivergence(rows.divergence);
      const std::string reason = NotObeyedReason(record.cell, rows.divergence);
      if (!reason.empty()) EndCell(group, unit.cell, Status::kInvalid, reason);
    } else {
      sink_.AddAnswers(rows.answers);
      for (const AnswerRecord& answer : rows.answers) {
        if (lossy.empty()) lossy = ParityReason(answer);
      }
    }
    if (!lossy.empty()) EndCell(group, unit.cell, Status::kFailed, lossy);
  }

  void FailCell(const SessionGroup& group, size_t cell, const std::string& reason) {
    EndCell(group, cell, Status::kFailed, reason);
    same_failures_ = reason == last_failure_ ? same_failures_ + 1 : 1;
    last_failure_ = reason;
    if (same_failures_ < kCircuitLimit) return;
    EndModel(group.model, fmt::format("circuit: {} cells of this model in a row ended with {}",
                                      kCircuitLimit, reason));
  }
  void EndModel(size_t model, const std::string& reason) {
    for (const SessionGroup& group : plan_.groups) {
      if (group.model == model) EndAll(group, Status::kSkipped, reason);
    }
  }

  // Nothing is begun that does not fit into the budget, by what the units took so far.
  //   weight: of the next unit; load_s: before it a worker must be loaded
  bool MayGoOn(double weight, double load_s) {
    const double expected_s = load_s + progress_.ExpectedS(weight);
    const double left_s = plan_.spec.budget_s - progress_.ElapsedS();
    if (environment_.cancelled()) {
      end_ = SweepEnd::kCancelled;
    } else if (plan_.spec.budget_s > 0 && (left_s <= 0 || expected_s > left_s)) {
      end_ = SweepEnd::kBudgetUsed;
    }
    return end_ == SweepEnd::kFinished;
  }

  const SweepPlan& plan_;
  Sink& sink_;
  DoneWork done_;
  const SweepEnvironment& environment_;
  SpeculationBook book_;
  SweepProgress progress_;
  SweepEnd end_ = SweepEnd::kFinished;
  double last_process_s_ = 0, longest_load_s_ = 0;
  int same_failures_ = 0;
  std::map<size_t, int> deaths_;  // of workers, by model
  std::string last_failure_;
};

}  // namespace

SweepEnd RunSweep(const SweepPlan& plan, Sink& sink, const DoneWork& done,
                  const SweepEnvironment& environment) {
  return Driver(plan, sink, done, environment).Run();
}

}  // namespace moebench
