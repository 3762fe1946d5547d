#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "results/export_rows.h"
#include "results/store_test_rows.h"

namespace moebench {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using namespace testing_rows;

SweepRows SomeRows() {
  SweepRows rows;
  rows.sweep = SomeSweep();
  rows.sweep.id = 7;
  rows.sweep.machine_json = R"({"items":{"cpu.model":{"kind":"F","value":"AMD EPYC 9654"}}})";
  rows.models = {{std::string(64, 'a'), "/m/it's.gguf",
                  R"({"architecture":"qwen3moe","quantisation":"Q8_0","file_bytes":5,)"
                  R"("parameter_count":9})"}};
  rows.cells = {SomeCell(8, true), SomeCell(4), SomeCell(2)};
  rows.cells[0].status = rows.cells[1].status = Status::kOk;
  rows.cells[2].status = Status::kFailed;
  rows.sessions = {SomeSession()};
  rows.sessions[0].id = 1;
  for (int i = 0; i < 6; ++i) {
    TrialRecord trial = SomeTrial(rows.cells[size_t(i) % 3].cell_id, 1, i);
    if (i < 5) trial.unstable.clear();
    trial.machine_delta_json = R"({"energy_j":14})";
    rows.trials.push_back(trial);
  }
  rows.answers = {SomeAnswer(rows.cells[0].cell_id, 1, kHostile)};
  return rows;
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Export, JsonHoldsEveryRowAndJsonLinesTheSame) {
  const SweepRows rows = SomeRows();
  const Json json = Json::parse(ExportJson(rows));
  EXPECT_EQ(json["schema"], "moebench.export/1");
  EXPECT_EQ(json["sweep"]["id"], 7);
  EXPECT_EQ(json["sweep"]["finished"], Json());
  EXPECT_EQ(json["models"][0]["facts"]["architecture"], "qwen3moe");
  EXPECT_EQ(json["cells"].size(), 3u);
  EXPECT_EQ(json["trials"].size(), 6u);
  EXPECT_EQ(json["trials"][0]["inter_token_ms"].size(), 3u);
  EXPECT_DOUBLE_EQ(json["trials"][0]["joules_per_token"], 0.35);  // 14 J, 40 tokens generated
  EXPECT_EQ(json["trials"][0]["logits_hash"], "9223372036854775809");
  const std::vector<std::string> lines = Lines(ExportJsonLines(rows));
  EXPECT_EQ(lines.size(), 1u + 1 + 3 + 1 + 6 + 1);
  Json trial = Json::parse(lines[6]);
  EXPECT_EQ(trial["kind"], "trial");
  trial.erase("kind");
  EXPECT_EQ(trial, json["trials"][0]);
}

TEST(Export, CsvHasALinePerTrialAndDisarmsFormulas) {
  SweepRows rows = SomeRows();
  rows.cells[0].cell.model_path = "=cmd|'/c calc'!A1\n\"x\"";
  const std::string csv = ExportCsv(rows);
  EXPECT_THAT(csv, HasSubstr("\"'=cmd|'/c calc'!A1\n\"\"x\"\"\""));
  EXPECT_THAT(csv, Not(HasSubstr(std::string(1, '\0'))));
  rows.cells[0].cell.model_path = rows.cells[1].cell.model_path = rows.cells[2].cell.model_path =
      "m";
  for (TrialRecord& trial : rows.trials) trial.unstable.clear();
  const std::vector<std::string> lines = Lines(ExportCsv(rows));
  ASSERT_EQ(lines.size(), 7u);
  for (const std::string& line : lines) {
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), 29) << line;
  }
}

TEST(Export, LlamaBenchHasExactlyItsColumns) {
  const std::string now = ExportLlamaBench(SomeRows(), LlamaBenchColumns::kSinceMid2026);
  const std::vector<std::string> lines = Lines(now);
  std::string columns;
  for (size_t i = 1; lines[i] != ");"; ++i) columns += lines[i].substr(2);
  EXPECT_EQ(columns,
            "build_commit TEXT,build_number INTEGER,cpu_info TEXT,gpu_info TEXT,backends TEXT,"
            "model_filename TEXT,model_type TEXT,model_size INTEGER,model_n_params INTEGER,"
            "n_batch INTEGER,n_ubatch INTEGER,n_threads INTEGER,cpu_mask TEXT,cpu_strict INTEGER,"
            "poll INTEGER,type_k TEXT,type_v TEXT,n_gpu_layers INTEGER,n_cpu_moe INTEGER,"
            "split_mode TEXT,main_gpu INTEGER,no_kv_offload INTEGER,flash_attn INTEGER,"
            "devices TEXT,tensor_split TEXT,tensor_buft_overrides TEXT,load_mode TEXT,"
            "embeddings INTEGER,no_op_offload INTEGER,no_host INTEGER,fit_target INTEGER,"
            "fit_min_ctx INTEGER,n_prompt INTEGER,n_gen INTEGER,n_depth INTEGER,test_time TEXT,"
            "avg_ns INTEGER,stddev_ns INTEGER,avg_ts REAL,stddev_ts REAL");
  const std::string before = ExportLlamaBench(SomeRows(), LlamaBenchColumns::kUntilMid2026);
  EXPECT_THAT(before, HasSubstr("tensor_buft_overrides TEXT,\n  use_mmap INTEGER,\n"
                                "  use_direct_io INTEGER,\n  embeddings INTEGER"));
}

TEST(Export, LlamaBenchNeverMixesSettingsOrTakesDisturbedTrials) {
  const SweepRows rows = SomeRows();
  const std::string sql = ExportLlamaBench(rows, LlamaBenchColumns::kSinceMid2026);
  EXPECT_THAT(sql, HasSubstr("'qwen3moe Q8_0'"));
  EXPECT_THAT(sql, HasSubstr("'qwen3moe Q8_0 [k=4 plain interleave]'"));
  EXPECT_THAT(sql, Not(HasSubstr("k=2"))) << "a failed cell is no number";
  const std::vector<std::string> lines = Lines(sql);
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const std::string& l) { return l.starts_with("INSERT"); }),
            4);
}

}  // namespace
}  // namespace moebench
