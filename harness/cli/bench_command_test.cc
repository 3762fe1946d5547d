// `moebench bench` and the script that compares it, as a user runs them.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "harness/base/files.h"
#include "harness/cli/testing_program.h"

namespace moebench {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

const std::string kDemo = std::string(MOEBENCH_SOURCE_DIR) + "/suites/demo/demo-moe.gguf";

bool Have(const char* program) {
  return std::system((std::string("command -v ") + program + " >/dev/null 2>&1").c_str()) == 0;
}

TEST(BenchCommand, TheBundledModelInOneLoad) {
  const ProgramRun program;
  const ProgramResult result = program.Run(
      {"bench",     "-m",  kDemo, "-p", "16,32", "-n", "8",  "-pg", "8,4", "-d",  "0,16",
       "--experts", "8,2", "-r",  "2",  "-ngl",  "0",  "-t", "1",   "-o",  "json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const Json rows = Json::parse(result.out);
  ASSERT_EQ(rows.size(), 16u);  // 2 depths x 2 k x (2 prompts, 1 generation, 1 pair)
  EXPECT_EQ(rows[0]["n_prompt"], 16);
  EXPECT_EQ(rows[2]["n_gen"], 8);
  EXPECT_EQ(rows[7]["n_experts_used"], 2);
  EXPECT_EQ(rows[15]["n_depth"], 16);
  for (const Json& row : rows) {
    EXPECT_EQ(row["status"], "ok") << row["reason"];
    EXPECT_EQ(row["samples_ts"].size(), 2u);
    EXPECT_GT(row["unique_experts"].get<double>(), 0);
  }
}

TEST(BenchCommand, ItsSqlLoads) {
  if (!Have("sqlite3")) GTEST_SKIP() << "no sqlite3 here";
  const ProgramRun program;
  const ProgramResult result = program.Run(
      {"bench", "-m", "it's.gguf", "--runner", "fake", "-p", "16", "-n", "8", "-o", "sql"});
  program.Write("rows.sql",
                result.out + "SELECT count(*), min(model_filename), sum(n_gen) FROM llama_bench;");
  const std::string command =
      "sqlite3 :memory: < '" + program.Path("rows.sql") + "' > '" + program.Path("out") + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(ReadFile(program.Path("out"), 1000), "2|it's.gguf|8\n");
}

TEST(BenchCommand, ACrashIsARowAndTheExitCodeSaysSo) {
  const ProgramRun program;
  program.Write("script.json", R"({"misdeeds": [{"do": "crash", "k": 4}]})");
  const ProgramResult result =
      program.Run({"bench", "-m", "fake.gguf", "--runner", "fake", "--fake-script", "script.json",
                   "-p", "16", "-n", "0", "--experts", "8,4,2", "-o", "jsonl", "-oe", "csv"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.out, HasSubstr("crashed(SIGSEGV)"));
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 3);
  EXPECT_THAT(result.err, HasSubstr("build_commit,build_number"));
}

TEST(BenchCommand, FlagsOfGpusAreRefusedInASentence) {
  const ProgramRun program;
  const ProgramResult result = program.Run({"bench", "-m", kDemo, "-ngl", "99"});
  EXPECT_EQ(result.exit_code, 64);
  EXPECT_THAT(result.err, HasSubstr("99 is not possible: moebench runs on CPUs only"));
  EXPECT_EQ(program.Run({"bench", "-m", kDemo, "-p", "0", "-n", "0"}).exit_code, 64);
  EXPECT_EQ(program.Run({"bench", "-m", kDemo, "-o", "xml"}).exit_code, 64);
}

TEST(BenchCommand, AFileThatIsNoneIsAFailedRow) {
  const ProgramRun program;
  program.Write("no.gguf", "GGUX");
  const ProgramResult result = program.Run({"bench", "-m", "no.gguf", "-p", "8", "-n", "4"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.out, HasSubstr("failed"));
}

TEST(AgainstLlamaBench, OursAgainstOurselvesInTurns) {
  if (!Have("python3")) GTEST_SKIP() << "no python3 here";
  const ProgramRun program;
  const std::string script =
      std::string(MOEBENCH_SOURCE_DIR) + "/runners/native/bench/against_llama_bench.py";
  const std::string command = "python3 '" + script + "' --moebench '" + MOEBENCH_PROGRAM +
                              "' --peer '" + MOEBENCH_PROGRAM + " bench' -m '" + kDemo +
                              "' -t 1 -p 16 -n 4 --experts 4 --rounds 1 --copy-in '" +
                              program.folder().string() + "' -o '" + program.Path("s.json") +
                              "' > '" + program.Path("out") + "' 2>&1";
  ASSERT_EQ(std::system(command.c_str()), 0) << ReadFile(program.Path("out"), 1 << 20);
  const Json json = Json::parse(ReadFile(program.Path("s.json"), 1 << 20));
  EXPECT_EQ(json["ratios"].size(), 2u);
  EXPECT_EQ(json["samples"].size(), 4u);
  EXPECT_THAT(ReadFile(program.Path("out"), 1 << 20), HasSubstr("| pp16 | 4 |"));
  // At k = 4 the peer was not told: it has it from the copy. The original is as it was.
  const ProgramResult own =
      program.Run({"bench", "-m", kDemo, "-p", "8", "-n", "0", "-r", "1", "-t", "1", "-o", "json"});
  EXPECT_EQ(Json::parse(own.out)[0]["n_experts_used"], 8);
}

}  // namespace
}  // namespace moebench
