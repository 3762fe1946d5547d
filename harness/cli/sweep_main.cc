#include "harness/cli/sweep_main.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/base/clock.h"
#include "harness/base/files.h"
#include "harness/base/hash.h"
#include "harness/base/version.h"
#include "harness/cli/exit_codes.h"
#include "harness/cli/judge_setup.h"
#include "harness/cli/options.h"
#include "harness/cli/resume.h"
#include "harness/cli/signals.h"
#include "harness/cli/suite_source.h"
#include "harness/cli/sweep_environment.h"
#include "harness/cli/terminal.h"
#include "harness/machine/fingerprint.h"
#include "harness/machine/quiet.h"
#include "harness/sweep/estimate.h"
#include "harness/sweep/judge_sweep.h"
#include "harness/sweep/measure.h"
#include "harness/sweep/measure_divergence.h"
#include "harness/sweep/night_plan.h"
#include "harness/sweep/store_sink.h"
#include "quality/sandbox.h"
#include "results/analysis.h"
#include "results/open_questions.h"
#include "results/report_escape.h"
#include "results/show.h"
#include "results/store.h"
#include "runners/worker/struct_json.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

// Speeds of the last sweep in the database, by cell id; empty if there is none to read.
std::map<std::string, double> KnownSpeeds(const std::string& database) {
  std::map<std::string, double> speeds;
  if (!fs::exists(database)) return speeds;
  try {
    const Store store = Store::OpenForReading(database);
    if (const auto id = store.LatestSweepId()) {
      for (const ModelView& model : Analyse(store, *id).models) {
        for (const CellView& cell : model.cells) {
          speeds[cell.record.cell_id] = cell.decode_tps.median;
        }
      }
    }
  } catch (const Error&) {
    return {};  // history only sharpens an estimate; writing to the database will say what is wrong
  }
  return speeds;
}

// Acceptance of the last sweep that guessed, to predict this one's gains from.
EarlierGuesses KnownGuesses(const Store& store, const SweepPlan& plan, int64_t this_sweep) {
  constexpr int64_t kLookBack = 8;  // sweeps; older ones say little
  EarlierGuesses earlier;
  if (!Speculates(plan.spec)) return earlier;
  for (int64_t id = this_sweep - 1; id > 0 && id >= this_sweep - kLookBack; --id) {
    for (const TrialRecord& trial : store.ReadSweep(id).trials) {
      if (trial.speculation) AddGuesses(*trial.speculation, earlier.cells[trial.cell_id]);
    }
    if (earlier.cells.empty()) continue;
    earlier.source = fmt::format("sweep {}", id);
    break;
  }
  return earlier;
}

std::vector<SpeedPromptRecord> PromptRecords(const Suite& suite) {
  std::vector<SpeedPromptRecord> records;
  for (const SpeedPrompt& prompt : suite.speed) {
    records.push_back({prompt.id, prompt.kind, prompt.repeated_share});
  }
  return records;
}

TimeEstimate ExpectedTime(const SweepPlan& plan, const SweepEnvironment& environment) {
  ReadBandwidths bandwidths;
  if (!plan.groups.empty()) {
    bandwidths = environment.measure_bandwidth(plan.groups.front().placement.thread_cpus);
  }
  return EstimateSweep(plan, KnownSpeeds(plan.spec.database), bandwidths.memory_gbps);
}

std::string TimeText(const TimeEstimate& estimate) {
  return fmt::format("{} {}", estimate.from_history ? "about" : "roughly",
                     FormatDuration(estimate.seconds)) +
         (estimate.from_history ? " (by the last sweep)" : " (a guess from bytes and bandwidth)");
}

// A sweep of which it is known that it will be cut off; a guess forbids nothing.
void RefuseAboveBudget(const SweepPlan& plan, const TimeEstimate& estimate) {
  if (!estimate.from_history || estimate.seconds <= plan.spec.budget_s) return;
  throw Error{
      fmt::format("{} cells with {} timed trials need about {} by the last sweep, the budget is {}",
                  plan.CellCount(), plan.TrialCount(), FormatDuration(estimate.seconds),
                  FormatDuration(plan.spec.budget_s)),
      "--budget", "leave settings out, raise it, or let 'moebench nightly' choose what fits",
      ExitCode::kUsage};
}

void PrintPlan(const SweepPlan& plan, const std::string& time) {
  for (const PlannedModel& model : plan.models) {
    fmt::print("{}\n", VisibleText(model.facts.path));
    for (const CellRecord& cell : model.cells) {
      const std::string what =
          cell.status == Status::kSkipped ? "skipped(" + cell.reason + ")"
          : cell.cell.baseline            ? "baseline"
          : cell.cell.control > 0         ? "control"
          : cell.max_speedup > 0
              ? fmt::format("at most {:.2f}x the baseline's speed", cell.max_speedup)
              : std::string();
      fmt::print("  {}  {:<34} {}\n", cell.cell_id, CellLabel(cell.cell), VisibleText(what));
    }
  }
  fmt::print("{} cells, {} timed trials of {} prompts x {} tokens, {} graded items per cell: {}\n",
             plan.CellCount(), plan.TrialCount(), plan.suite.speed.size(), plan.spec.max_tokens,
             plan.items.size(), time);
}

std::vector<ModelRecord> ModelRecords(const SweepPlan& plan) {
  std::vector<ModelRecord> records;
  for (const PlannedModel& model : plan.models) {
    records.push_back(
        {model.sha256, model.facts.path,
         ToJson(model.facts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)});
  }
  return records;
}

SweepRecord MakeRecord(const SweepPlan& plan, const Topology& topology) {
  const MachineState state = ReadMachineState("/", topology);
  nlohmann::json config = SpecToJson(plan.spec);
  config["suite_hash"] = plan.suite.hash;
  for (const PlannedModel& model : plan.models) config["model_sha256"].push_back(model.sha256);
  for (const PlannedModel& model : plan.models) {
    for (const CellRecord& cell : model.cells) {
      const std::string& content = cell.cell.placement_content;
      if (!content.empty()) config[kPlacementContentKey][cell.cell.placement] = content;
    }
  }
  SweepRecord record;
  record.started = UtcNow();
  record.version = std::string(Version());
  record.config_json = config.dump();
  record.config_hash = Hex16(Fnv1a64(record.config_json));
  record.machine_json = FingerprintJson(state);
  record.machine_hash = FingerprintHash(state);
  record.seed = plan.spec.seed;
  return record;
}

struct Resumed {
  int64_t id = 0;
  std::string circumstances;  // others than when it began; empty if they are the same
};

// The interrupted sweep that this one goes on with. Throws Error if there is none, or if what would
// be added could not be compared with what is there.
// judge: who is to have judged it before it counts as done; may be empty.
Resumed SweepToResume(const Store& store, const SweepRecord& now, const SweepMode& mode,
                      const std::string& database, const std::string& judge) {
  const std::optional<int64_t> id = store.LatestSweepId();
  if (!id) throw Error{"holds no sweep", database, "run without --resume", ExitCode::kUsage};
  const SweepRows rows = store.ReadSweep(*id);
  SweepRecord then = rows.sweep;
  if (!judge.empty() && !WasJudged(rows, judge)) then.finished.clear();
  if (const auto refusal = RefusalToResume(then, now, mode.mixing)) {
    throw Error{fmt::format("sweep {} can't be resumed: {}", *id, refusal->why), database,
                refusal->way_out, ExitCode::kConfig};
  }
  return {*id, OtherCircumstances(then, now)};
}

void RequireFreeDisk(const std::string& database) {
  std::error_code error, absent;
  const auto size = static_cast<int64_t>(fs::file_size(database, absent));
  const int64_t needed = NeededDiskBytes(absent ? 0 : size);
  const fs::path folder = fs::absolute(database).parent_path();
  const fs::space_info space = fs::space(folder, error);
  if (!error && static_cast<int64_t>(space.available) < needed) {
    throw Error{
        fmt::format("only {} MiB are free, {} are needed", space.available >> 20, needed >> 20),
        folder.string(), "free some space, or name another --db", ExitCode::kIo};
  }
}

void PrintResult(const SweepView& view, const SweepMode& mode) {
  if (mode.json) {
    fmt::print("{}\n",
               ShowJson(view).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}", ShowTable(view, UseColour(STDOUT_FILENO) ? Colour::kYes : Colour::kNo,
                               TerminalWidth(STDOUT_FILENO)));
  }
}

std::vector<CellNeed> NeedsOf(const std::vector<OpenQuestion>& questions) {
  std::vector<CellNeed> needs;
  needs.reserve(questions.size());
  for (const OpenQuestion& q : questions) needs.push_back({q.cell_id, q.half_width, q.suspect});
  return needs;
}

void WarnIfNoisy(const Topology& topology) {  // a night has waited for quiet already
  const QuietReport quiet = WatchQuiet("/", topology.allowed_cpus, std::chrono::milliseconds(500));
  for (const std::string& reason : quiet.reasons) {
    fmt::print(stderr, "  ! the machine is not quiet: {}\n", VisibleText(reason));
  }
}

void Tell(const SweepMode& mode, const std::string& text) {
  if (mode.night) {
    mode.night->event({SweepEvent::Kind::kNote, text, 0, -1});
  } else {
    fmt::print(stderr, "{}\n", VisibleText(text));
  }
}

// What runs the code that models write; asked for only if an item needs it.
CodeRunner SandboxFor(const SweepPlan& plan, const SweepMode& mode) {
  const bool needed = std::any_of(plan.items.begin(), plan.items.end(),
                                  [](const Item& item) { return item.grader_kind == "code"; });
  if (!needed) return {};
  Sandbox sandbox = FindSandbox();
  if (!sandbox.run) Tell(mode, "items of code are skipped: " + sandbox.why_not);
  return sandbox.run;
}

// Leaves out what the night has no time for, by what the database knows of earlier nights.
void FitNight(SweepPlan& plan, const SweepEnvironment& environment) {
  if (plan.spec.budget_s <= 0 || plan.groups.empty()) return;
  NightHistory history{KnownSpeeds(plan.spec.database), {}};
  if (fs::exists(plan.spec.database)) {
    history.last_measured = Store::OpenForReading(plan.spec.database).LastMeasured();
  }
  const double gbps =
      environment.measure_bandwidth(plan.groups.front().placement.thread_cpus).memory_gbps;
  FitToBudget(plan, history, {plan.spec.budget_s, gbps});
}

// The suite's own text, else the bundled one; empty without both.
std::string TextOf(const SweepSpec& spec, const SweepMode& mode) {
  constexpr uint64_t kMostTextBytes = 64 << 20;
  if (spec.divergence_windows == 0) return "";
  const fs::path own = fs::path(spec.suite) / "text.txt";
  if (fs::exists(own)) return ReadFile(own, kMostTextBytes);
  try {
    return ReadFile(fs::path(BundledSuite()) / "text.txt", kMostTextBytes);
  } catch (const Error&) {
    Tell(mode, "divergence is not measured: the suite has no text.txt, and none is bundled here");
    return "";
  }
}

SweepEnd Judge(const SweepPlan& plan, const SweepMode& mode, const JudgeModel& judge, int64_t id,
               Store& store) {
  std::optional<ProgressLine> progress;
  if (!mode.night) progress.emplace();
  const std::string stopped = JudgeAnswers(plan, judge, id, store, [&](const SweepEvent& event) {
    if (progress) progress->Show(event);
  });
  progress.reset();
  if (!stopped.empty()) Tell(mode, "judging stopped early (--resume goes on): " + stopped);
  return StopAsked() ? SweepEnd::kCancelled : SweepEnd::kFinished;
}

ExitCode RunAndShow(const SweepPlan& plan, const SweepMode& mode, const Topology& topology,
                    const std::optional<JudgeModel>& judge) {
  const std::string& database = plan.spec.database;
  std::error_code ignored;  // opening the database says what is wrong with the folder
  fs::create_directories(fs::absolute(database).parent_path(), ignored);
  Store store = Store::OpenForWriting(database);
  if (!store.opening_note().empty()) Tell(mode, database + ": " + store.opening_note());
  RequireFreeDisk(database);
  const SweepRecord record = MakeRecord(plan, topology);
  std::vector<CellRecord> cells;
  for (const PlannedModel& model : plan.models) {
    cells.insert(cells.end(), model.cells.begin(), model.cells.end());
  }
  const Resumed resumed =
      mode.resume
          ? SweepToResume(store, record, mode, database, judge ? judge->name : "")
          : Resumed{store.CreateSweep(record, ModelRecords(plan), cells, PromptRecords(plan.suite)),
                    ""};
  const int64_t id = resumed.id;
  // What was measured to its end and only waits for its judge is not begun again.
  const bool measured = mode.resume && !store.ReadSweep(id).sweep.finished.empty();
  if (!resumed.circumstances.empty() && !measured) {
    Tell(mode, fmt::format("sweep {} is {}: speeds measured from now on are kept under this mark"
                           " and stand for nothing",
                           id, resumed.circumstances));
  }
  if (!mode.night && !measured) WarnIfNoisy(topology);
  SweepEnd end = SweepEnd::kFinished;
  if (!measured) {
    std::optional<ProgressLine> progress;
    if (!mode.night) progress.emplace();
    SweepEnvironment environment =
        RealEnvironment(plan.spec, topology, [&](const SweepEvent& event) {
          if (mode.night) {
            mode.night->event(event);
          } else {
            progress->Show(event);
          }
        });
    environment.run_code = SandboxFor(plan, mode);
    const History history = ReadHistory(store, id);
    environment.earlier_guesses = KnownGuesses(store, plan, id);
    environment.judge = [&] { return NeedsOf(OpenQuestions(store.ReadSweep(id), history)); };
    Tell(mode, fmt::format("sweep {}: {} cells, {}, into {}", id, plan.CellCount(),
                           TimeText(ExpectedTime(plan, environment)), database));
    StoreSink sink(store, id, resumed.circumstances);
    end = RunSweep(plan, sink, mode.resume ? ReadDoneWork(store, id) : DoneWork{}, environment);
  }
  if (judge && end == SweepEnd::kFinished) end = Judge(plan, mode, *judge, id, store);
  const SweepView view = Analyse(store, id);
  if (mode.night) {
    mode.night->result(view);
  } else {
    PrintResult(view, mode);
  }
  if (end == SweepEnd::kFinished) return mode.night ? NightExitCode(view) : SweepExitCode(view);
  Tell(mode, "moebench: stopped before the end; the same command with --resume goes on");
  return end == SweepEnd::kBudgetUsed ? ExitCode::kBudget : StopExitCode();
}

}  // namespace

int64_t NeededDiskBytes(int64_t database_bytes) {
  return std::max(int64_t{256} << 20, 3 * database_bytes);
}

ExitCode SweepMain(const SweepSpec& spec, const SweepMode& mode) {
  CatchSignals();
  const Suite suite = OpenSuite(spec.suite);
  CheckGraders(suite.items);
  for (const std::string& decoding : spec.decoding) {
    if (decoding.find("lookup") != std::string::npos) CheckDistinctPrompts(suite.speed);
  }
  const Topology topology = ReadTopology(ThisMachine());
  std::optional<JudgeModel> judge;  // before any worker is started: the key leaves the environment
  if (!spec.judge.kind.empty()) judge = MakeJudge(spec, topology);
  SweepPlan plan = PlanSweep(spec, InspectModels(spec), suite, ThisPlanningMachine(topology));
  if (plan.items.size() < suite.items.size() && spec.items == 0) {
    Tell(mode, fmt::format("{} of {} items are longer than a model's context and are not asked",
                           suite.items.size() - plan.items.size(), suite.items.size()));
  }
  PlanDivergence(TextOf(spec, mode), plan);
  const SweepEnvironment nobody = RealEnvironment(spec, topology, [](const SweepEvent&) {});
  if (mode.night) {
    FitNight(plan, nobody);
  } else if (!mode.resume && !mode.dry_run && spec.budget_s > 0) {
    RefuseAboveBudget(plan, ExpectedTime(plan, nobody));
  }
  if (!mode.dry_run) return RunAndShow(plan, mode, topology, judge);
  PrintPlan(plan, TimeText(ExpectedTime(plan, nobody)));
  return ExitCode::kOk;
}

}  // namespace moebench
