#include "results/show.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "results/analysis.h"
#include "results/testing/sweep_rows.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

SweepRows Rows() {
  return SweepOf({{.k = 8, .tps = 50, .baseline = true},
                  {.k = 8, .tps = 50, .control = 1},
                  {.k = 4, .tps = 65, .right = 0.89},
                  {.k = 2, .tps = 90, .right = 0.4},
                  {.k = 1, .items = 0, .status = Status::kFailed, .reason = "worker hung"}});
}

size_t Columns(const std::string& line) {
  return static_cast<size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

TEST(ShowTable, SaysTheAnswerFirstAndFitsEightyColumns) {
  const std::string table = ShowTable(Analyse(Rows()), Colour::kNo, 80);
  EXPECT_LT(table.find("recommended"), table.find("tokens/s"));
  EXPECT_LT(table.find("made-up CPU"), table.find("recommended"));
  EXPECT_THAT(table, HasSubstr("1 flagged"));
  EXPECT_THAT(table, HasSubstr("failed(worker hung)"));
  EXPECT_THAT(table, HasSubstr("A/A control"));
  EXPECT_THAT(table, HasSubstr("89.3 %"));
  EXPECT_THAT(table, Not(HasSubstr("nan")));
  EXPECT_THAT(table, Not(HasSubstr("\x1b")));
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    const bool command = line.starts_with("  moebench ") || line.starts_with("  llama-");
    EXPECT_TRUE(command || Columns(line) <= 80) << line;
  }
}

TEST(ShowTable, SaysOfGuessesThatLeaveTheTextsAsTheyAreNothingOfTheAnswers) {
  SweepView view = Analyse(SweepOf({{.k = 8, .tps = 50, .baseline = true},
                                    {.k = 4, .tps = 65, .right = 0.89},
                                    {.k = 4, .tps = 80, .right = 0.89, .decoding = "lookup"}}));
  CellView& lookup = view.models.at(0).cells.at(2);
  ASSERT_THAT(lookup.quality_reasons, testing::Contains(HasSubstr("items")));
  const std::string said = lookup.quality_reasons[0];
  lookup.speculation.emplace().parity = {.texts = 9, .equal = 8};
  EXPECT_THAT(ShowTable(view, Colour::kNo, 400), HasSubstr(said));
  lookup.speculation->parity.equal = 9;
  EXPECT_THAT(ShowTable(view, Colour::kNo, 400), Not(HasSubstr(said)));
  lookup.verdict = "flagged";
  EXPECT_THAT(ShowTable(view, Colour::kNo, 400), HasSubstr(said));
}

TEST(ShowTable, SaysThatTheControlWasDisturbed) {
  SweepRows rows = Rows();
  for (TrialRecord* trial : TrialsOf(rows, rows.cells[1].cell_id)) trial->unstable = "other work";
  EXPECT_THAT(ShowTable(Analyse(rows), Colour::kNo, 80),
              HasSubstr("unknown: the A/A control was disturbed"));
}

TEST(Show, SaysInWhichFormatPromptsWereWritten) {
  SweepRows rows = Rows();
  rows.models[0].facts_json = R"({"chat_format":"chatml","thinking":"switchable"})";
  EXPECT_THAT(ShowTable(Analyse(rows), Colour::kNo, 80),
              HasSubstr("chat format  chatml, thinking: switchable\n"));
  EXPECT_EQ(ShowJson(Analyse(rows))["cells"][1]["chat_format"], "chatml");
  rows.models[0].facts_json = R"({"chat_format":"none"})";
  EXPECT_THAT(ShowTable(Analyse(rows), Colour::kNo, 80), HasSubstr("prompts are completed as"));
  EXPECT_EQ(ShowJson(Analyse(rows))["cells"][1]["chat_format"], "none");
}

TEST(ShowTable, ColoursOnlyWhenAsked) {
  EXPECT_THAT(ShowTable(Analyse(Rows()), Colour::kYes, 80), HasSubstr("\x1b[31mflagged\x1b[0m"));
}

TEST(ShowTable, WhatAModelOrAPathSaysCantActOnTheTerminal) {
  SweepRows rows = Rows();
  const std::string bad = "x\x1b]52;c;ZXZpbA\x07\r\n\xff\xe2\x80\xae.gguf";
  rows.models[0].path = bad;
  for (CellRecord& cell : rows.cells) cell.cell.model_path = bad;
  rows.cells[4].reason = bad;
  rows.sweep.machine_json = R"({"cpu":"\u001b[2J"})";
  rows.sweep.version = bad;
  const std::string table = ShowTable(Analyse(rows), Colour::kNo, 80);
  for (const char c : table) {
    EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << int(c);
    EXPECT_NE(c, '\x7f');
  }
  EXPECT_THAT(table, Not(HasSubstr("\xe2\x80\xae")));
  EXPECT_THAT(table, HasSubstr("\\x1b]52"));
}

TEST(ShowTable, AnEmptySweepIsNoSurprise) {
  EXPECT_THAT(ShowTable(SweepView{}, Colour::kNo, 10), HasSubstr("0 flagged"));
}

TEST(ShowJson, HasTheFieldsOfTheContract) {
  const Json json = ShowJson(Analyse(Rows()));
  EXPECT_EQ(json["schema"], "moebench.show/1");
  EXPECT_EQ(json["sweep"]["id"], 1);
  EXPECT_EQ(json["sweep"]["started"], "2026-11-22T01:00:00Z");
  EXPECT_TRUE(json["sweep"]["finished"].is_null());
  EXPECT_EQ(json["sweep"]["machine"]["cpu"], "made-up CPU");
  ASSERT_EQ(json["cells"].size(), 5u);
  const Json& cell = json["cells"][2];
  for (const char* key :
       {"cell_id", "model",    "model_sha256", "runner",          "routing",
        "k",       "decoding", "placement",    "threads",         "baseline",
        "status",  "verdict",  "reasons",      "decode_tps",      "prefill_tps",
        "ttft_ms", "quality",  "accept_rate",  "bytes_per_token", "bandwidth_fraction"}) {
    EXPECT_TRUE(cell.contains(key)) << key;
  }
  EXPECT_EQ(cell["routing"], "k=4");
  EXPECT_EQ(cell["k"], 4);
  EXPECT_EQ(cell["status"], "ok");
  EXPECT_EQ(cell["verdict"], "improved");
  EXPECT_EQ(cell["decode_tps"]["n"], 9);
  EXPECT_NEAR(cell["decode_tps"]["median"].get<double>(), 65, 0.5);
  EXPECT_EQ(cell["quality"]["n"], 150);
  EXPECT_LT(cell["quality"]["relative"].get<double>(), 0);
  EXPECT_TRUE(cell["accept_rate"].is_null());
  EXPECT_EQ(json["cells"][0]["quality"]["relative"], 0);
  EXPECT_EQ(json["models"][0]["recommendation"]["cell_id"], cell["cell_id"]);
  EXPECT_EQ(json["sessions"].size(), 3u);
  EXPECT_EQ(json["counts"]["failed"], 1);
}

TEST(ShowJson, WhatWasNotMeasuredIsNull) {
  const Json failed = ShowJson(Analyse(Rows()))["cells"][4];
  EXPECT_EQ(failed["status"], "failed(worker hung)");
  EXPECT_EQ(failed["verdict"], "failed(worker hung)");
  EXPECT_TRUE(failed["decode_tps"]["median"].is_null());
  EXPECT_EQ(failed["decode_tps"]["n"], 0);
  EXPECT_TRUE(failed["quality"]["score"].is_null());
  EXPECT_TRUE(failed["bandwidth_fraction"].is_null());
  EXPECT_TRUE(failed["inter_token_p99_ms"].is_null());
}

TEST(ShowJson, NeverNotANumberAndAlwaysUtf8) {
  SweepView view = Analyse(Rows());
  view.models[0].cells[0].decode_tps.hi = std::numeric_limits<double>::infinity();
  view.models[0].cells[0].quality.relative = std::nan("");
  view.models[0].name = "\xff\xfe";
  view.models[0].cells[0].reasons = {std::string("a\0\xc3", 3)};
  const Json json = ShowJson(view);
  EXPECT_TRUE(json["cells"][0]["decode_tps"]["hi"].is_null());
  EXPECT_TRUE(json["cells"][0]["quality"]["relative"].is_null());
  EXPECT_NO_THROW(json.dump());  // throws on text that is no UTF-8
  EXPECT_EQ(Json::parse(json.dump()), json);
}

}  // namespace
}  // namespace moebench
