// A night as cron sees it: exit codes, silence, files; and the dead-man check.
#include <gmock/gmock.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/base/files.h"
#include "harness/cli/night_files.h"
#include "harness/cli/testing_program.h"
#include "results/store.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;

class Nightly : public testing::Test {
 protected:
  void SetUp() override {
    std::string items;
    for (int i = 0; i < 40; ++i) {
      const std::string n = std::to_string(i);
      items += Json{{"id", "q" + n},
                    {"prompt", "question " + n},
                    {"max_tokens", 12},
                    {"grader", {{"kind", "exact"}, {"expected", {"answer " + n}}}}}
                   .dump() +
               '\n';
    }
    program_.Write("items.jsonl", items);
    program_.Write("speed.jsonl", "{\"id\": \"s\", \"prompt\": \"Once upon a time\"}\n");
    WriteConfig(Answers());
  }
  static Json Answers() {
    Json script;
    for (int i = 0; i < 40; ++i) {
      const std::string n = std::to_string(i);
      script["answers"]["question " + n] = "answer " + n;
    }
    return script;
  }
  void WriteConfig(Json script) const {
    script["trial_noise"] = 0.001;
    script["session_file"] = program_.Path("sessions");
    program_.Write("script.json", script.dump());
    program_.Write("moebench.yaml",
                   "models: [fake.gguf]\nrunner: fake\nfake_script: script.json\nsuite: .\n"
                   "database: s.sqlite\naxes: {experts: [4]}\n"
                   "measure: {sessions: 3, trials: 3, max_tokens: 32}\n");
  }
  // Whatever the machine does: the tests need no quiet night.
  ProgramResult Night(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"nightly", "--patience",  "0",      "--quiet-for",
                                          "0",       "--when-busy", "measure"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return program_.Run(arguments);
  }
  std::vector<fs::path> Files(const std::string& prefix) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(program_.folder() / "s.sqlite.nights")) {
      if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry);
    }
    return found;
  }

  ProgramRun program_;
};

TEST_F(Nightly, IsSilentWhenAllIsWellAndLeavesReportLogAndCopy) {
  const ProgramResult night = Night();
  EXPECT_EQ(night.exit_code, 0) << night.err;
  EXPECT_THAT(night.out, IsEmpty());
  EXPECT_THAT(night.err, IsEmpty()) << "cron would send a mail";
  const fs::path state = program_.folder() / "s.sqlite.nights";
  EXPECT_THAT(ReadFile(state / "latest.html", 16 << 20), HasSubstr("<html"));
  EXPECT_THAT(ReadFile(state / "latest.md", 16 << 20), HasSubstr("k=4"));
  EXPECT_EQ(Files("report-").size(), 2u);
  ASSERT_EQ(Files("copy-").size(), 1u);
  EXPECT_EQ(program_.Run({"db", "check", "--db", Files("copy-")[0].string()}).exit_code, 0);
  ASSERT_EQ(Files("night-").size(), 1u);
  struct stat info {};
  ASSERT_EQ(stat(Files("night-")[0].c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  std::ifstream log(Files("night-")[0]);
  std::string last;
  for (std::string line; std::getline(log, line);) last = Json::parse(line)["text"];
  EXPECT_EQ(last, "exit code 0");
  // The next night adds a sweep, and no second copy within the week.
  EXPECT_EQ(Night().exit_code, 0);
  EXPECT_EQ(Files("copy-").size(), 1u);
  EXPECT_EQ(Store::OpenForReading(program_.Path("s.sqlite")).LatestSweepId(), 2);
}

TEST_F(Nightly, ARegressionIsAMailOfItsOwn) {
  Json script = Answers();
  script["tokens_per_s"] = {{"8", 100}, {"4", 140}};
  WriteConfig(script);
  ASSERT_EQ(Night().exit_code, 0) << "the past it is held against";
  script["tokens_per_s"] = {{"8", 100}, {"4", 95}};
  WriteConfig(script);
  const ProgramResult night = Night();
  EXPECT_EQ(night.exit_code, 1) << night.err;
  EXPECT_THAT(night.err, HasSubstr("REGRESSION"));
  EXPECT_THAT(night.err, HasSubstr("k=4 plain interleave"));
  EXPECT_THAT(night.err, HasSubstr("regressed: decode -3"));
  EXPECT_THAT(night.err, HasSubstr("latest.html"));
  EXPECT_THAT(night.out, IsEmpty());
}

TEST_F(Nightly, AnswersThatBecameWorseAreARegressionToo) {
  WriteConfig(Answers());
  ASSERT_EQ(Night().exit_code, 0);
  Json script = Answers();  // of the baseline itself: tonight nothing stands beside it
  for (int i = 0; i < 20; ++i) {
    script["replies"]["question " + std::to_string(i)] = {{"8", "rubbish"}, {"4", "rubbish"}};
  }
  WriteConfig(script);
  const ProgramResult night = Night();
  EXPECT_EQ(night.exit_code, 1) << night.err;
  EXPECT_THAT(night.err, HasSubstr("regressed: quality -50 % ["));
  EXPECT_THAT(night.err, HasSubstr("against its own answers in sweep 1"));
}

// Half as fast as the baseline, and half the answers wrong, as it has always been.
TEST_F(Nightly, ASettingThatWasAlwaysBadIsNoNews) {
  Json script = Answers();
  script["tokens_per_s"] = {{"8", 100}, {"4", 50}};
  for (int i = 0; i < 20; ++i) {
    script["replies"]["question " + std::to_string(i)] = {{"4", "rubbish"}};
  }
  WriteConfig(script);
  for (int night = 1; night <= 2; ++night) {
    const ProgramResult result = Night();
    EXPECT_EQ(result.exit_code, 0) << "night " << night << ": " << result.err;
    EXPECT_THAT(result.err, IsEmpty());
  }
  EXPECT_THAT(ReadFile(program_.folder() / "s.sqlite.nights" / "latest.md", 16 << 20),
              HasSubstr("Flagged: k=4"));
  EXPECT_EQ(program_.Run({"sweep"}).exit_code, 1) << "for people it stays a flagged setting";
}

TEST_F(Nightly, ABrokenHarnessIsNoRegression) {
  Json script;
  script["misdeeds"] = {{{"do", "crash"}, {"k", 4}}};
  WriteConfig(script);
  const ProgramResult night = Night();
  EXPECT_EQ(night.exit_code, 2) << night.err;
  EXPECT_THAT(night.err, HasSubstr("not everything is certain"));
  EXPECT_THAT(night.err, HasSubstr("1 failed"));
}

TEST_F(Nightly, WhileAnotherSweepWritesItStopsAtOnce) {
  const Store holder = Store::OpenForWriting(program_.Path("s.sqlite"));
  const ProgramResult night = Night();
  EXPECT_EQ(night.exit_code, 75) << night.err;
  EXPECT_THAT(night.err, HasSubstr("another sweep is writing this database (pid "));
}

TEST_F(Nightly, ABusyMachineIsNotMeasured) {
  std::atomic<bool> stop = false;
  std::vector<std::jthread> burners;
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) {
    burners.emplace_back([&] {
      while (!stop) continue;
    });
  }
  const ProgramResult night =
      program_.Run({"nightly", "--patience", "0", "--quiet-for", "0", "--when-busy", "stop"});
  stop = true;
  EXPECT_EQ(night.exit_code, 75) << night.err;
  EXPECT_THAT(night.err, HasSubstr("the machine was not quiet"));
  EXPECT_FALSE(fs::exists(program_.Path("s.sqlite"))) << "nothing was begun";
}

TEST_F(Nightly, WhatDoesNotFitIsListedAndNotBegun) {
  Json script;
  script["sleep"] = true;
  script["tokens_per_s"] = {{"8", 1000}, {"4", 1500}};
  WriteConfig(script);
  EXPECT_THAT(Night().exit_code, testing::AnyOf(0, 2));  // now the speeds are known
  const ProgramResult night = Night({"--budget", "2s"});
  const Store store = Store::OpenForReading(program_.Path("s.sqlite"));
  int left_out = 0;
  for (const CellRecord& cell : store.ReadSweep(store.LatestSweepId().value()).cells) {
    left_out += cell.reason.starts_with("budget: ") ? 1 : 0;
  }
  EXPECT_GE(left_out, 1) << night.err;
}

TEST_F(Nightly, StatusIsSilentWhileThereAreFreshRows) {
  EXPECT_NE(program_.Run({"status", "--max-age", "26h"}).exit_code, 0) << "no database at all";
  EXPECT_EQ(Night().exit_code, 0);
  const ProgramResult fresh = program_.Run({"status", "--max-age", "26h"});
  EXPECT_EQ(fresh.exit_code, 0);
  EXPECT_THAT(fresh.out + fresh.err, IsEmpty());
  EXPECT_THAT(program_.Run({"status"}).out, HasSubstr("last row 20"));
}

TEST_F(Nightly, StatusRaisesTheAlarmWhenNothingCame) {
  {
    Store store = Store::OpenForWriting(program_.Path("s.sqlite"));
    store.CreateSweep({.started = "2026-01-01T00:00:00Z", .version = "v"}, {}, {});
    const ProgramResult late = program_.Run({"status", "--max-age", "26h"});
    EXPECT_EQ(late.exit_code, 2);
    EXPECT_THAT(late.out, HasSubstr("more than 26 h"));
    EXPECT_THAT(late.out, HasSubstr("being written by pid "));
  }
  const Json json = Json::parse(program_.Run({"status", "--max-age", "26h", "--json"}).out);
  EXPECT_EQ(json["schema"], "moebench.status/1");
  EXPECT_EQ(json["late"], true);
  EXPECT_EQ(json["newest"], "2026-01-01T00:00:00Z");
  EXPECT_EQ(json["writer"], Json());
}

TEST_F(Nightly, ASweepThatMayWriteNoMoreEndsWithTheCodeOfAFullDisk) {
  ASSERT_EQ(Night().exit_code, 0);
  const auto limit_bytes = fs::file_size(program_.Path("s.sqlite")) + (8 << 10);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit limit{limit_bytes, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);  // for the program; this test writes nothing meanwhile
  const ProgramRun::Started started = program_.Start({"sweep"});
  setrlimit(RLIMIT_FSIZE, &before);
  const ProgramResult full = program_.Wait(started);
  EXPECT_EQ(full.exit_code, 74) << full.err;
  const ProgramResult resumed = program_.Run({"sweep", "--resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
}

TEST_F(Nightly, TooLittleSpaceIsSaidBeforeAnythingIsMeasured) {
  fs::create_directory(program_.Path("disk"));
  if (mount("moebench_test", program_.Path("disk").c_str(), "tmpfs", 0, "size=8m") != 0) {
    GTEST_SKIP() << "this user may not mount a file system";
  }
  const ProgramResult result = program_.Run({"sweep", "--db", "disk/s.sqlite"});
  umount(program_.Path("disk").c_str());
  EXPECT_EQ(result.exit_code, 74) << result.err;
  EXPECT_THAT(result.err, HasSubstr("MiB are free, 256 are needed"));
}

// What would be added could not be compared with what is there.
TEST_F(Nightly, ResumeUnderOtherCircumstancesIsRefused) {
  Json script;
  script["sleep"] = true;
  script["tokens_per_s"] = {{"8", 400}, {"4", 600}};
  WriteConfig(script);
  const ProgramResult cut = program_.Run({"sweep", "--budget", "1s"});
  ASSERT_EQ(cut.exit_code, 124) << cut.err;
  for (const std::vector<std::string>& other : std::vector<std::vector<std::string>>{
           {"--max-tokens", "64"}, {"--experts", "4,2"}, {"--seed", "9"}, {"--items", "3"}}) {
    std::vector<std::string> arguments = {"sweep", "--resume", "--budget", "1s"};
    arguments.insert(arguments.end(), other.begin(), other.end());
    const ProgramResult refused = program_.Run(arguments);
    EXPECT_EQ(refused.exit_code, 78) << other[0] << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("configuration have changed"));
  }
  setenv("OMP_PROC_BIND", "close", 1);  // a variable that changes an engine's speed
  const ProgramResult moved = program_.Run({"sweep", "--resume", "--budget", "1s"});
  unsetenv("OMP_PROC_BIND");
  EXPECT_EQ(moved.exit_code, 78) << moved.err;
  EXPECT_THAT(moved.err, HasSubstr("the machine or its settings have changed"));
  EXPECT_THAT(moved.err, HasSubstr("--allow-mixed"));
  program_.Write("items.jsonl", R"({"id":"q","prompt":"q","max_tokens":8,)"
                                R"("grader":{"kind":"exact","expected":["a"]}})"
                                "\n");
  const ProgramResult suite = program_.Run({"sweep", "--resume", "--allow-mixed"});
  EXPECT_EQ(suite.exit_code, 78) << "other items are other cells: " << suite.err;
}

// What people allow is done and marked: rows of two machines never become one figure.
TEST_F(Nightly, AMixedSweepIsFinishedUnderAMark) {
  Json script = Answers();
  script["sleep"] = true;
  script["tokens_per_s"] = {{"8", 400}, {"4", 600}};
  WriteConfig(script);
  ASSERT_EQ(program_.Run({"sweep", "--budget", "1s"}).exit_code, 124);
  setenv("OMP_PROC_BIND", "close", 1);
  const ProgramResult mixed = program_.Run({"sweep", "--resume", "--allow-mixed"});
  unsetenv("OMP_PROC_BIND");
  EXPECT_THAT(mixed.err, HasSubstr("resumed on machine "));
  const SweepRows rows = Store::OpenForReading(program_.Path("s.sqlite")).ReadSweep(1);
  EXPECT_NE(rows.sweep.finished, "");
  int before = 0, marked = 0;
  for (const TrialRecord& trial : rows.trials) {
    const bool mark = trial.unstable.starts_with("resumed on machine ");
    marked += mark ? 1 : 0;
    before += marked == 0 ? 1 : 0;
    EXPECT_EQ(mark, marked > 0) << "the rest of the sweep, and nothing else";
  }
  EXPECT_GT(before, 0);
  EXPECT_GT(marked, 0);
  EXPECT_THAT(rows.sessions.back().engine_version, HasSubstr("(resumed on machine "));
}

TEST_F(Nightly, ASweepThatIsKnownNotToFitIsRefusedWithTheNumbers) {
  EXPECT_THAT(program_.Run({"sweep", "--budget", "1h"}).exit_code, testing::AnyOf(0, 2));
  const ProgramResult refused = program_.Run({"sweep", "--budget", "100ms"});
  EXPECT_EQ(refused.exit_code, 64) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("cells with"));
  EXPECT_THAT(refused.err, HasSubstr("by the last sweep, the budget is 0 s"));
  EXPECT_THAT(refused.err, HasSubstr("moebench nightly"));
  EXPECT_EQ(Store::OpenForReading(program_.Path("s.sqlite")).LatestSweepId(), 1);
}

TEST_F(Nightly, RowsGoOutAndOthersComeIn) {
  ASSERT_EQ(Night().exit_code, 0);
  const Json json = Json::parse(program_.Run({"export", "--format", "json"}).out);
  EXPECT_EQ(json["schema"], "moebench.export/1");
  EXPECT_EQ(json["answers"].size(), 3 * 40u);
  const ProgramResult sql = program_.Run({"export", "--format", "llama-bench"});
  EXPECT_THAT(sql.out, HasSubstr("CREATE TABLE IF NOT EXISTS llama_bench"));
  program_.Write("theirs.jsonl",
                 R"({"build_commit":"b1","cpu_info":"c","model_filename":"m","model_type":"t",)"
                 R"("n_threads":4,"n_prompt":512,"n_gen":0,"test_time":"2026-01-01T00:00:00Z",)"
                 R"("avg_ts":100.5,"stddev_ts":1,"use_mmap":true})"
                 "\n");
  const ProgramResult in = program_.Run({"import", "theirs.jsonl", "--list"});
  EXPECT_EQ(in.exit_code, 0) << in.err;
  EXPECT_THAT(in.out, HasSubstr("1 rows, 1 of them new"));
  EXPECT_THAT(in.out, HasSubstr("pp512"));
  EXPECT_THAT(in.out, HasSubstr("theirs.jsonl (llama-bench)"));
  program_.Write("bad.jsonl", "{}\n");
  EXPECT_EQ(program_.Run({"import", "bad.jsonl"}).exit_code, 65);
}

TEST_F(Nightly, DbCheckNamesDamageAndBackupNeverOverwrites) {
  ASSERT_EQ(Night().exit_code, 0);
  EXPECT_THAT(program_.Run({"db", "check"}).out, HasSubstr("whole: schema "));
  EXPECT_EQ(program_.Run({"db", "backup", "-o", "b.sqlite"}).exit_code, 0);
  EXPECT_EQ(program_.Run({"db", "backup", "-o", "b.sqlite"}).exit_code, 64);
  std::string bytes = ReadFile(program_.Path("s.sqlite"), 64 << 20);
  const size_t at = bytes.rfind("answer 3");
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 'A';
  program_.Write("s.sqlite", bytes);
  const ProgramResult damaged = program_.Run({"db", "check"});
  EXPECT_EQ(damaged.exit_code, 65);
  EXPECT_THAT(damaged.out, HasSubstr("its checksum is wrong"));
  EXPECT_EQ(program_.Run({"show"}).exit_code, 65) << "never a number from a damaged database";
  EXPECT_EQ(program_.Run({"show", "--db", "b.sqlite"}).exit_code, 0);
}

TEST(NightFiles, OldOnesGoOursOnly) {
  const ProgramRun folder;
  for (int day = 1; day <= 9; ++day) {
    folder.Write("night-2026110" + std::to_string(day) + "T010000Z.jsonl", "x");
  }
  folder.Write("night-of-mine.jsonl", "x");
  folder.Write("night-20261101T010000Z.jsonl.bak", "x");
  EXPECT_EQ(NewestStampOf(folder.folder(), "night-", ".jsonl"), "20261109T010000Z");
  EXPECT_EQ(PruneFiles(folder.folder(), "night-", ".jsonl", 4), 5);
  EXPECT_FALSE(fs::exists(folder.Path("night-20261105T010000Z.jsonl")));
  EXPECT_TRUE(fs::exists(folder.Path("night-20261106T010000Z.jsonl")));
  EXPECT_TRUE(fs::exists(folder.Path("night-of-mine.jsonl")));
  EXPECT_TRUE(fs::exists(folder.Path("night-20261101T010000Z.jsonl.bak")));
  EXPECT_EQ(PruneFiles(folder.folder() / "absent", "night-", ".jsonl", 4), 0);
}

TEST(NightFiles, ALogIsBoundedAndSaysSo) {
  const ProgramRun folder;
  {
    NightLog log(folder.Path("log"), 2000);
    for (int i = 0; i < 1000; ++i) log.Write("note", "line \n\x1b[31m \xff " + std::to_string(i));
  }
  std::ifstream in(folder.Path("log"));
  std::string last;
  size_t bytes = 0;
  for (std::string line; std::getline(in, line);) {
    last = Json::parse(line)["text"];
    bytes += line.size() + 1;
  }
  EXPECT_EQ(last, "the log is full");
  EXPECT_LT(bytes, 2200u);
}

}  // namespace
}  // namespace moebench
