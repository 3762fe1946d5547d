// Numbers are the same everywhere: under a locale whose decimal point is a comma the program reads
// and writes what it does under any other, and so do its parts in a process that made that locale
// its own.
#include <gmock/gmock.h>

#include <clocale>
#include <cstdlib>
#include <locale>
#include <nlohmann/json.hpp>

#include "harness/cli/testing_program.h"
#include "harness/config/scalars.h"
#include "results/analysis.h"
#include "results/export_rows.h"
#include "results/import_llama_bench.h"
#include "results/report_html.h"
#include "results/report_markdown.h"
#include "results/show.h"
#include "results/testing/sweep_rows.h"

namespace moebench {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

constexpr char kName[] = "de_DE.UTF-8";

class CommaLocale : public testing::Test {
 protected:
  // Made here from the distribution's sources: machines have other locales, or none.
  void SetUp() override {
    const std::string make = "localedef --no-archive -i de_DE -f UTF-8 " + folder_.Path(kName);
    if (std::system((make + " >/dev/null 2>&1").c_str()) != 0) {
      GTEST_SKIP() << "localedef can't make de_DE.UTF-8 here: are the locales' sources installed"
                      " (package locales)?";
    }
    setenv("LOCPATH", folder_.folder().c_str(), 1);
  }
  void TearDown() override {
    std::setlocale(LC_ALL, "C");
    std::locale::global(std::locale::classic());
    unsetenv("LC_ALL");
    unsetenv("LOCPATH");
  }

  const ProgramRun folder_, program_;
};

TEST_F(CommaLocale, TheProgramReadsAndWritesTheSame) {
  program_.Write("script.json", R"({"tokens_per_s":{"8":1234.5,"4":2345.6},"trial_noise":0.01})");
  program_.Write("items.jsonl", R"({"id":"q","prompt":"q","max_tokens":8,)"
                                R"("grader":{"kind":"exact","expected":["a"]}})"
                                "\n");
  program_.Write("speed.jsonl", "{\"id\": \"s\", \"prompt\": \"Once upon a time\"}\n");
  program_.Write("moebench.yaml",
                 "models: [fake.gguf]\nrunner: fake\nfake_script: script.json\nsuite: .\n"
                 "database: s.sqlite\naxes: {experts: [4]}\nquality: {flag_below: 12.5%}\n"
                 "measure: {interval: 1.5%}\nlimits: {request: 1.5h}\n");
  folder_.Write("theirs.jsonl",
                R"({"build_commit":"b1","cpu_info":"c","model_filename":"m","model_type":"t",)"
                R"("n_threads":4,"n_prompt":512,"n_gen":0,"test_time":"2026-01-01T00:00:00Z",)"
                R"("avg_ts":100.5,"stddev_ts":"1.25"})"
                "\n");
  // What is measured, too, is measured by a program that was started under that locale.
  setenv("LC_ALL", kName, 1);
  EXPECT_THAT(program_.Run({"sweep", "--budget", "0.5h"}).exit_code, AnyOf(0, 1, 2));
  EXPECT_EQ(program_.Run({"import", folder_.Path("theirs.jsonl")}).exit_code, 0);
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"show"},
                                             {"show", "--json"},
                                             {"export", "--format", "json"},
                                             {"export", "--format", "jsonl"},
                                             {"export", "--format", "csv"},
                                             {"export", "--format", "llama-bench"},
                                             {"report", "--format", "md", "-o", "/dev/stdout"},
                                             {"compare", "1", "1", "--json"},
                                             {"compare", "1", "1"},
                                             {"import", "--list"},
                                             {"sweep", "--dry-run"}}) {
    setenv("LC_ALL", "C", 1);
    const ProgramResult plain = program_.Run(arguments);
    setenv("LC_ALL", kName, 1);
    const ProgramResult comma = program_.Run(arguments);
    EXPECT_EQ(plain.out, comma.out) << arguments[0];
    EXPECT_EQ(plain.exit_code, comma.exit_code) << comma.err;
    EXPECT_NE(plain.out, "") << arguments[0] << ' ' << plain.err;
  }
  const auto json = nlohmann::json::parse(program_.Run({"export", "--format", "json"}).out);
  EXPECT_EQ(json["sweep"]["config"]["flag_below"], 0.125);
  EXPECT_THAT(program_.Run({"import", "--list"}).out, HasSubstr("100.50 +- 1.25"));
}

// A library that is linked may call setlocale for its own reasons.
TEST_F(CommaLocale, NoPartDependsOnTheProcessesLocale) {
  SweepRows rows = SweepOf({{.k = 8, .tps = 1234.5, .baseline = true},
                            {.k = 8, .tps = 1234.5, .control = 1},
                            {.k = 4, .tps = 1650.25, .right = 0.8}});
  const auto everything = [&] {
    const SweepView view = Analyse(rows);
    return std::vector<std::string>{ExportJson(rows),
                                    ExportCsv(rows),
                                    ExportLlamaBench(rows, LlamaBenchColumns::kSinceMid2026),
                                    ShowTable(view, Colour::kNo, 120),
                                    ShowJson(view).dump(),
                                    ReportMarkdown(view),
                                    ReportHtml(view)};
  };
  const std::vector<std::string> plain = everything();
  program_.Write("theirs.jsonl",
                 R"({"build_commit":"b1","cpu_info":"c","model_filename":"m","model_type":"t",)"
                 R"("n_threads":4,"n_prompt":512,"n_gen":0,"test_time":"2026-01-01T00:00:00Z",)"
                 R"("avg_ts":100.5,"stddev_ts":"1.25"})"
                 "\n");
  ASSERT_NE(std::setlocale(LC_ALL, kName), nullptr);
  std::locale::global(std::locale(kName));
  ASSERT_STREQ(std::localeconv()->decimal_point, ",");
  const std::vector<std::string> comma = everything();
  for (size_t i = 0; i < plain.size(); ++i) EXPECT_EQ(plain[i], comma[i]) << i;
  const ScalarPlace place{"", "here", 64};
  EXPECT_DOUBLE_EQ(ParseDurationSeconds("1.5h", place), 5400);
  EXPECT_DOUBLE_EQ(ParsePercent("12.5%", place), 0.125);
  EXPECT_DOUBLE_EQ(ParseProbability("0.25", place), 0.25);
  EXPECT_ANY_THROW(ParseDurationSeconds("1,5h", place));
  const std::vector<ImportedRecord> theirs = ReadLlamaBench(program_.Path("theirs.jsonl"));
  EXPECT_DOUBLE_EQ(theirs.at(0).avg_ts, 100.5);
  EXPECT_DOUBLE_EQ(theirs.at(0).stddev_ts, 1.25);
}

}  // namespace
}  // namespace moebench
