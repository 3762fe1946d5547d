#include "harness/sweep/testing/crash_lab.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <map>
#include <set>
#include <sstream>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "harness/sweep/run_sweep.h"
#include "harness/sweep/store_sink.h"
#include "results/store_care.h"
#include "runners/worker/worker_client.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

// Past the counted write(): what the test learns must not depend on the faults.
void Say(int fd, const std::string& line) {
  const std::string text = line + '\n';
  if (syscall(SYS_write, fd, text.data(), text.size()) < 0) _exit(90);
}

std::string TrialText(const std::string& cell_id, int64_t session, int round, int order) {
  return fmt::format("trial {} session {} round {} order {}", cell_id, session, round, order);
}
std::string AnswerText(const std::string& cell_id, const std::string& item) {
  return fmt::format("answer {} {}", cell_id, item);
}

std::string RoutingText(const RoutingRecord& r) {
  return fmt::format("routing {} k={} {} tokens {}", r.model_sha256, r.k, r.n_tokens,
                     Hex16(Fnv1a64(r.experts)));
}

// The store, and one line for everything that is durable.
class TellingSink : public StoreSink {
 public:
  TellingSink(Store& store, int64_t sweep, int fd) : StoreSink(store, sweep), fd_(fd) {}
  int64_t AddSession(const SessionRecord& session) override {
    const int64_t id = StoreSink::AddSession(session);
    Say(fd_, fmt::format("session {}", id));
    return id;
  }
  void AddTrial(const TrialRecord& trial) override {
    StoreSink::AddTrial(trial);
    Say(fd_, TrialText(trial.cell_id, trial.session_id, trial.round, trial.order));
  }
  void AddRouting(const RoutingRecord& routing) override {
    StoreSink::AddRouting(routing);
    Say(fd_, RoutingText(routing));
  }
  void AddAnswers(const std::vector<AnswerRecord>& answers) override {
    StoreSink::AddAnswers(answers);
    for (const AnswerRecord& a : answers) Say(fd_, AnswerText(a.cell_id, a.item_id));
  }

 private:
  int fd_;
};

SweepPlan SmallPlan() {
  SweepSpec spec;
  spec.runner = "fake";
  spec.experts = {4};
  spec.sessions = 2;
  spec.trials = 2;
  spec.max_tokens = 16;
  spec.controls = 0;
  Suite suite;
  for (int i = 0; i < 3; ++i) {
    suite.items.push_back({.id = "i" + std::to_string(i),
                           .prompt = "question",
                           .max_tokens = 8,
                           .grader_kind = "exact",
                           .expected = {"5"}});
  }
  suite.speed = {{"s1", "one"}};
  ModelInput model;
  model.facts.n_experts = 32;
  model.facts.k0 = 8;
  model.facts.n_moe_layers = 2;
  model.facts.expert_bytes = 100;
  model.facts.dense_bytes_per_token = 100;
  model.facts.context_length = 512;
  model.facts.path = "fake.gguf";
  model.sha256 = "abc";
  model.abilities.capabilities = {kTracesRouting};
  PlanningMachine machine;
  machine.auto_policies = {"interleave"};
  machine.place = [](const std::string& policy, int) -> PlacementPlan {
    return {policy, {0, 1}, {0}};
  };
  return PlanSweep(spec, {model}, suite, machine);
}

Worker StartFake() {
  WorkerCommand command;
  command.argv = {FAKE_WORKER, R"({"answers": {"question": "5"}, "routing_skew": 1,
                                     "model": {"n_layers": 2}})"};
  auto client = std::make_unique<WorkerClient>(
      std::move(command), WorkerLimits{.hang_timeout_s = 20}, std::function<bool()>());
  const int pid = client->pid();
  return {std::move(client), pid};
}

SweepEnvironment Environment() {
  SweepEnvironment environment;
  environment.start_worker = StartFake;
  environment.measure_bandwidth = [](const std::vector<int>&) {
    return ReadBandwidths{30, 100, 1 << 25};
  };
  environment.watch_trial = [](const std::vector<int>&, int) { return [] { return TrialNote{}; }; };
  environment.cancelled = [] { return false; };
  environment.now_s = [] { return static_cast<double>(NowNs()) * 1e-9; };
  environment.report = [](const SweepEvent&) {};
  return environment;
}

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  // The last line may be cut short by the kill.
  for (std::string line; std::getline(in, line) && !in.eof();) lines.push_back(line);
  return lines;
}

std::string ReadAll(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(fd, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

}  // namespace

bool ChildEnd::killed() const { return WIFSIGNALED(wait_status); }
int ChildEnd::exit_code() const { return killed() ? -1 : WEXITSTATUS(wait_status); }

CrashLab::CrashLab(fs::path folder) : folder_(std::move(folder)), plan_(SmallPlan()) {
  for (int run = 0; run < 3; ++run) {  // the first is slower: nothing is in the caches
    Clear();
    const int64_t start = NowNs();
    const ChildEnd end = Run({});
    const double seconds = static_cast<double>(NowNs() - start) * 1e-9;
    undisturbed_s_ = run == 0 ? seconds : std::min(undisturbed_s_, seconds);
    EXPECT_EQ(end.exit_code(), 0) << end.last_words;
    undisturbed_calls_ = end.calls;
  }
  expected_ = Matrix();
  Clear();
}

CrashLab::~CrashLab() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void CrashLab::Clear() {
  fs::remove_all(folder_);
  fs::create_directories(folder_);
}

int CrashLab::SweepHere(int fd) const {
  try {
    Store store = Store::OpenForWriting(database());
    const std::optional<int64_t> begun = store.LatestSweepId();
    if (begun && !store.ReadSweep(*begun).sweep.finished.empty()) return 0;
    const int64_t id =
        begun ? *begun
              : store.CreateSweep({.started = "t", .version = "v", .config_json = "{}"},
                                  {{ModelRecord{"abc", "fake.gguf", "{}"}}}, plan_.models[0].cells);
    TellingSink sink(store, id, fd);
    RunSweep(plan_, sink, begun ? ReadDoneWork(store, id) : DoneWork{}, Environment());
    return 0;
  } catch (const Error& error) {
    Say(fd, std::string("error ") + error.what());
    return static_cast<int>(error.code());
  }
}

ChildEnd CrashLab::Run(const FaultPlan& faults, double kill_after_s) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    close(ends[0]);
    FaultPlan armed = faults;
    armed.folder = folder_.string();
    ArmFaults(armed);
    const int code = SweepHere(ends[1]);
    Say(ends[1], fmt::format("calls {}", CallsSoFar()));
    _exit(code);
  }
  close(ends[1]);
  if (kill_after_s >= 0) {
    const timespec moment{static_cast<time_t>(kill_after_s),
                          static_cast<long>(1e9 * (kill_after_s - std::floor(kill_after_s)))};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
    kill(child, SIGKILL);
  }
  ChildEnd end;
  // Until its workers are gone too: they hold no end of this pipe.
  for (const std::string& line : LinesOf(ReadAll(ends[0]))) {
    if (line.starts_with("error ")) {
      end.last_words = line.substr(6);
    } else if (line.starts_with("calls ")) {
      end.calls = std::stoll(line.substr(6));
    } else {
      end.acknowledged.push_back(line);
    }
  }
  close(ends[0]);
  CHECK(waitpid(child, &end.wait_status, 0) == child);
  return end;
}

void CrashLab::ExpectNothingLost(const ChildEnd& end) const {
  std::set<std::string> kept;
  if (fs::exists(database()) && fs::file_size(database()) > 0) {
    try {
      EXPECT_THAT(CheckStore(database()).problems, testing::IsEmpty());
      const Store store = Store::OpenForReading(database());
      if (const auto id = store.LatestSweepId()) {
        const SweepRows rows = store.ReadSweep(*id);
        for (const SessionRecord& s : rows.sessions) kept.insert(fmt::format("session {}", s.id));
        for (const TrialRecord& t : rows.trials) {
          kept.insert(TrialText(t.cell_id, t.session_id, t.round, t.order));
        }
        for (const RoutingRecord& r : rows.routings) kept.insert(RoutingText(r));
        for (const AnswerRecord& a : rows.answers) kept.insert(AnswerText(a.cell_id, a.item_id));
      }
    } catch (const Error& error) {
      // The very first transaction was cut: SQLite has a file without tables yet.
      EXPECT_THAT(error.what(), testing::HasSubstr("holds no sweep"));
    }
  }
  for (const std::string& unit : end.acknowledged) EXPECT_TRUE(kept.contains(unit)) << unit;
}

void CrashLab::ExpectResumeCompletes() {
  const ChildEnd end = Run({});
  EXPECT_EQ(end.exit_code(), 0) << end.last_words;
  EXPECT_EQ(Matrix(), expected_);
}

std::vector<std::string> CrashLab::Matrix() const {
  const Store store = Store::OpenForReading(database());
  const SweepRows rows = store.ReadSweep(store.LatestSweepId().value_or(0));
  std::map<int64_t, int> index_of;
  for (const SessionRecord& session : rows.sessions) index_of[session.id] = session.index;
  std::set<std::string> units;
  std::map<std::string, int> cells_trials;
  std::vector<std::string> matrix = {rows.sweep.finished.empty() ? "unfinished" : "finished"};
  for (const TrialRecord& t : rows.trials) {
    const std::string unit =
        fmt::format("{} {}.{} {:a} {:a} k={}", t.cell_id, index_of.at(t.session_id), t.round,
                    t.decode_ms, t.prefill_ms, t.k_executed_max);
    // Only the baseline's trials may be there twice: a pair needs both halves in one process.
    if (!units.insert(unit).second) {
      EXPECT_EQ(t.cell_id, plan_.models[0].cells[0].cell_id) << "a unit ran twice: " << unit;
    }
  }
  for (const AnswerRecord& a : rows.answers) {
    const std::string unit = fmt::format("{} {} {} {}", a.cell_id, a.item_id, a.answer, a.outcome);
    EXPECT_TRUE(units.insert(unit).second) << "answered twice: " << unit;
  }
  matrix.insert(matrix.end(), units.begin(), units.end());
  EXPECT_EQ(rows.routings.size() == 1, !rows.sweep.finished.empty()) << "of the one model";
  for (const RoutingRecord& r : rows.routings) matrix.push_back(RoutingText(r));
  for (const CellRecord& cell : rows.cells) {
    matrix.push_back(fmt::format("{} {} {}", cell.cell_id, StatusWord(cell.status), cell.reason));
  }
  return matrix;
}

fs::path CrashFolder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const std::string name = fmt::format("moebench_{}_{}", test->name(), getpid());
  std::error_code error;
  const fs::path memory = fs::path("/dev/shm") / name;
  if (fs::create_directory(memory, error) && !error) return memory;
  return fs::path(testing::TempDir()) / name;
}

}  // namespace moebench
