#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "results/export_rows.h"
#include "results/import_llama_bench.h"
#include "results/store_test_rows.h"

namespace moebench {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing_rows::Folder;

// A row as llama-bench -o jsonl writes it; the fields of facts about its schema, invented values.
Json Row(bool since_mid_2026) {
  Json row = {{"build_commit", "b9246"},
              {"build_number", 9246},
              {"cpu_info", "AMD EPYC 9654"},
              {"gpu_info", ""},
              {"backends", "CPU"},
              {"model_filename", "qwen3-30b.gguf"},
              {"model_type", "qwen3moe 30B.A3B Q8_0"},
              {"model_size", 32483932160},
              {"n_threads", 96},
              {"n_prompt", 512},
              {"n_gen", 0},
              {"n_depth", 0},
              {"test_time", "2026-05-01T01:02:03Z"},
              {"avg_ns", 1600000000},
              {"stddev_ns", 5000000},
              {"avg_ts", 320.5},
              {"stddev_ts", 1.25},
              {"samples_ns", {1590000000, 1610000000}},
              {"samples_ts", {322.0, 318.0}}};
  if (since_mid_2026) {
    row["load_mode"] = "mmap";
  } else {
    row["use_mmap"] = true;
    row["use_direct_io"] = false;
  }
  return row;
}

void Write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string MessageOf(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kBadData) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing thrown";
  return "";
}

class Import : public testing::TestWithParam<bool> {};

TEST_P(Import, JsonLinesKeepEveryField) {
  const Folder folder;
  const Json row = Row(GetParam());
  Write(folder / "old.jsonl", row.dump() + "\n\n" + row.dump() + "\r\n");
  const std::vector<ImportedRecord> records = ReadLlamaBench(folder / "old.jsonl");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].instrument, "llama-bench");
  EXPECT_EQ(records[0].build_commit, "b9246");
  EXPECT_EQ(records[0].n_threads, 96);
  EXPECT_EQ(records[0].n_prompt, 512);
  EXPECT_EQ(records[0].avg_ts, 320.5);
  EXPECT_EQ(records[1].position, 1);
  EXPECT_EQ(records[0].source, "old.jsonl");
  EXPECT_EQ(Json::parse(records[0].row_json), row);
}

TEST_P(Import, AListThatAFailedRunLeftOpenIsRead) {
  const Folder folder;
  Write(folder / "open.json", "[\n  " + Row(GetParam()).dump(2) + ",\n");
  EXPECT_EQ(ReadLlamaBench(folder / "open.json").size(), 1u);
  Write(folder / "closed.json", "[" + Row(GetParam()).dump() + "," + Row(GetParam()).dump() + "]");
  EXPECT_EQ(ReadLlamaBench(folder / "closed.json").size(), 2u);
}

TEST_P(Import, WhatWeExportInItsTableIsReadBack) {
  const Folder folder;
  SweepRows rows;
  rows.sweep = testing_rows::SomeSweep();
  rows.cells = {testing_rows::SomeCell(8, true)};
  rows.cells[0].status = Status::kOk;
  rows.sessions = {testing_rows::SomeSession()};
  rows.sessions[0].id = 1;
  TrialRecord trial = testing_rows::SomeTrial(rows.cells[0].cell_id, 1, 0);
  trial.unstable.clear();
  rows.trials = {trial};
  {
    SQLite::Database db((folder / "l.sqlite").string(),
                        SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    db.exec(ExportLlamaBench(
        rows, GetParam() ? LlamaBenchColumns::kSinceMid2026 : LlamaBenchColumns::kUntilMid2026));
  }
  const std::vector<ImportedRecord> records = ReadLlamaBench(folder / "l.sqlite");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].n_prompt, 50);
  EXPECT_EQ(records[0].n_gen, 0);
  EXPECT_NEAR(records[0].avg_ts, trial.PrefillTps(), 1e-6 * trial.PrefillTps());
  EXPECT_EQ(records[1].n_prompt, 0);
  EXPECT_NEAR(records[1].avg_ts, trial.DecodeTps(), 1e-6 * trial.DecodeTps());
  EXPECT_EQ(Json::parse(records[1].row_json).contains("load_mode"), GetParam());
}

INSTANTIATE_TEST_SUITE_P(BothEras, Import, testing::Bool(),
                         [](const auto& i) { return i.param ? "load_mode" : "use_mmap"; });

TEST(ImportStore, RowsAreKeptApartAndOnlyOnce) {
  const Folder folder;
  Write(folder / "old.jsonl", Row(true).dump() + '\n' + Row(false).dump() + '\n');
  Store store = Store::OpenForWriting(folder / "s.db");
  const std::vector<ImportedRecord> records = ReadLlamaBench(folder / "old.jsonl");
  EXPECT_EQ(store.AddImported(records), 2);
  EXPECT_EQ(store.AddImported(records), 0);
  ASSERT_EQ(store.ReadImported().size(), 2u);
  EXPECT_EQ(store.ReadImported()[1].row_json, records[1].row_json);
  EXPECT_EQ(store.ReadImported()[1].avg_ts, 320.5);
  EXPECT_FALSE(store.LatestSweepId()) << "no sweep comes of it";
}

TEST(ImportHostile, IsRefusedWithLineAndField) {
  const Folder folder;
  const auto refused = [&](const std::string& text, const std::string& why) {
    Write(folder / "bad", text);
    EXPECT_THAT(MessageOf([&] { ReadLlamaBench(folder / "bad"); }), HasSubstr(why)) << text;
  };
  refused("", "holds no result");
  refused("not json", "bad:1: is no JSON");
  refused(Row(true).dump() + "\n[1]", "bad:2: is no object");
  Json row = Row(true);
  row["avg_ts"] = "fast";
  refused(row.dump(), "avg_ts is no number");
  row["avg_ts"] = -1;
  refused(row.dump(), "avg_ts is no speed");
  row = Row(true);
  row["n_gen"] = 1.5;
  refused(row.dump(), "n_gen is no whole number");
  row["n_gen"] = 1e300;
  refused(row.dump(), "n_gen is no whole number");
  row = Row(true);
  row.erase("model_filename");
  refused(row.dump(), "has no model_filename");
  row["model_filename"] = std::string(70'000, 'x');
  refused(row.dump(), "longer than 64 KiB");
  refused(std::string(100'000, '['), "");
  refused("{\"a\":" + std::string(50'000, '[') + std::string(50'000, ']') + "}", "nested");
  refused(std::string("SQLite format 3\0", 16) + "rubbish", "can't be read");
  {
    std::filesystem::remove(folder / "view.sqlite");
    SQLite::Database db((folder / "view.sqlite").string(),
                        SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    db.exec("CREATE VIEW llama_bench AS SELECT 1 AS avg_ts");
  }
  EXPECT_THAT(MessageOf([&] { ReadLlamaBench(folder / "view.sqlite"); }), HasSubstr("no table"));
}

}  // namespace
}  // namespace moebench
