// One turned byte anywhere in a database: it changes nothing that is read, or it is refused. Never
// a number that is silently another.
#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/base/rng.h"
#include "results/store.h"
#include "results/store_care.h"
#include "results/store_test_rows.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using namespace testing_rows;

// Everything that can be read of a store, as text.
std::string Dump(const Store& store) {
  std::string text;
  const auto add = [&](const auto& value) {
    if constexpr (std::is_convertible_v<decltype(value), std::string>) {
      text += std::string(value) + '|';
    } else {
      char number[40];
      std::snprintf(number, sizeof number, "%a|", static_cast<double>(value));
      text += number;
    }
  };
  const SweepRows rows = store.ReadSweep(store.LatestSweepId().value_or(0));
  const SweepRecord& s = rows.sweep;
  for (const std::string& t : {s.started, s.finished, s.version, s.config_json, s.config_hash,
                               s.machine_json, s.machine_hash, std::to_string(s.seed)}) {
    add(t);
  }
  for (const ModelRecord& m : rows.models) text += m.sha256 + m.path + m.facts_json + '|';
  for (const CellRecord& c : rows.cells) {
    text += c.cell_id + CellLabel(c.cell) + c.cell.model_path + StatusWord(c.status) + c.reason;
    for (const double v : {c.bytes_per_token_predicted, c.max_speedup, c.cell.baseline ? 1. : 0.,
                           double(c.cell.control)}) {
      add(v);
    }
  }
  for (const SessionRecord& r : rows.sessions) {
    text += r.model_sha256 + r.started + r.placement + r.isa + r.engine_version + r.asked_json +
            r.proof_json + r.proof_after_json;
    for (const double v : {double(r.id), double(r.index), double(r.threads), r.load_s,
                           r.read_bandwidth_gbps, r.cache_bandwidth_gbps, double(r.cache_bytes)}) {
      add(v);
    }
  }
  for (const TrialRecord& t : rows.trials) {
    text += t.cell_id + t.machine_delta_json + t.unstable + std::to_string(t.logits_hash);
    for (const float ms : t.inter_token_ms) add(ms);
    for (const double v :
         {double(t.session_id), double(t.round), double(t.order), double(t.prompts),
          double(t.prompt_tokens), double(t.generated_tokens), t.prefill_ms, t.decode_ms, t.ttft_ms,
          double(t.k_executed_min), double(t.k_executed_max), double(t.experts_touched),
          t.bytes_per_token, double(t.drafted.value_or(-1)), double(t.accepted.value_or(-1))}) {
      add(v);
    }
  }
  for (const AnswerRecord& a : rows.answers) {
    text += a.cell_id + a.item_id + a.item_hash + a.category + a.prompt + a.answer + a.finish +
            a.outcome + a.detail;
    for (const double v :
         {double(a.session_id), double(a.prompt_tokens), double(a.generated_tokens), a.score}) {
      add(v);
    }
    const SignsRecord signs = a.signs.value_or(SignsRecord{.compression_ratio = -1});
    for (const double v : {double(signs.cut_off), double(signs.loop), signs.compression_ratio}) {
      add(v);
    }
  }
  for (const TrialRecord& t : rows.trials) {
    add(t.overlap);
    for (const auto& wait : {t.prefill_wait, t.decode_wait}) {
      const WaitRecord w = wait.value_or(WaitRecord{-1, -1});
      add(w.mean), add(w.most);
    }
    for (const InstanceRecord& i : t.instances) {
      text += std::to_string(i.logits_hash);
      for (const double v :
           {double(i.prompt_tokens), double(i.timed_tokens), i.prefill_ms, i.decode_ms}) {
        add(v);
      }
    }
  }
  for (const DivergenceRecord& d : rows.divergences) {
    text += d.cell_id + d.text_hash + d.same_top;
    for (const std::vector<float>* values : {&d.base_log_p, &d.log_p, &d.kl}) {
      for (const float v : *values) add(v);
    }
    for (const double v :
         {double(d.session_id), double(d.base_k), double(d.window_tokens), double(d.windows),
          double(d.per_window), double(d.k_executed_min), double(d.k_executed_max)}) {
      add(v);
    }
  }
  for (const RoutingRecord& r : rows.routings) {
    text += r.model_sha256 + r.text_hash + r.experts;
    for (const double v : {double(r.session_id), double(r.k), double(r.n_experts),
                           double(r.n_layers), double(r.n_tokens)}) {
      add(v);
    }
  }
  for (const JudgmentRecord& j : rows.judgments) {
    text += j.cell_id + j.item_id + j.kind + j.outcome + j.judge + j.model + j.prompt_hash +
            j.content_hash + j.reply;
    for (const double v : {double(j.swapped), double(j.score), double(j.requests),
                           double(j.input_tokens), double(j.output_tokens)}) {
      add(v);
    }
  }
  for (const JudgeRunRecord& r : rows.judge_runs) {
    text += r.at + r.judge + r.prompt_hash + r.stopped + r.trust_text;
    for (const double v :
         {double(r.requests), r.usd, double(r.judged), double(r.invalid), double(r.trusted)}) {
      add(v);
    }
  }
  return text;
}

// A finished sweep with all kinds of rows, closed, so that all lies in the one file.
void FillStore(const fs::path& path) {
  Store store = Store::OpenForWriting(path);
  const ModelRecord model{std::string(64, 'a'), "/m/demo.gguf", "{\"k0\":8}"};
  const std::vector<CellRecord> cells = {SomeCell(8, true), SomeCell(4), SomeCell(2)};
  const int64_t id = store.CreateSweep(SomeSweep(), {{model}}, cells);
  for (int s = 0; s < 3; ++s) {
    const int64_t session = store.AddSession(id, SomeSession());
    for (int i = 0; i < 12; ++i) {
      TrialRecord trial = SomeTrial(cells[size_t(i) % 3].cell_id, session, i);
      trial.decode_ms = 100 + 0.37 * i + s;
      trial.inter_token_ms.assign(64, 1.5f + float(i));
      trial.decode_wait = WaitRecord{0.125, 0.01 * i};
      trial.instances.assign(2, {.prompt_tokens = 9, .timed_tokens = 64, .decode_ms = 99.5 + i});
      store.AddTrial(id, trial);
      AnswerRecord answer = SomeAnswer(cells[size_t(i) % 3].cell_id, session, std::to_string(i));
      if (i % 2 == 0) answer.signs = {.loop = true, .compression_ratio = 2.5 + i};
      store.AddAnswers(id, std::vector{answer});
      store.AddJudgment(id, {.cell_id = answer.cell_id,
                             .item_id = answer.item_id + std::to_string(s),
                             .kind = "rubric",
                             .outcome = "ok",
                             .score = i % 4,
                             .judge = "openai:m",
                             .reply = std::string(200, 'r')});
    }
    std::string experts;
    for (int i = 0; i < 900; ++i) experts += std::string("\2\0\0\0\7", 5) + char(i % 128);
    store.AddRouting(id, SomeRouting(session, experts));
    store.AddJudgeRun(id, {.judge = "openai:m", .requests = 12, .usd = 0.125, .judged = 12});
    store.FinishSession(session, "{\"pages\":2}");
  }
  for (const CellRecord& cell : cells) {
    store.AddDivergence(id, {.cell_id = cell.cell_id,
                             .session_id = 1,
                             .text_hash = "0123456789abcdef",
                             .base_k = 8,
                             .window_tokens = 512,
                             .windows = 1,
                             .per_window = 256,
                             .k_executed_min = cell.cell.k,
                             .k_executed_max = cell.cell.k,
                             .base_log_p = std::vector<float>(256, -1.5f),
                             .log_p = std::vector<float>(256, -1.25f),
                             .kl = std::vector<float>(256, 0.5f),
                             .same_top = std::string(256, '1')});
    store.FinishCell(id, cell.cell_id, Status::kOk, "");
  }
  store.FinishCell(id, cells[2].cell_id, Status::kInvalid, "not_obeyed: k");
  store.FinishSweep(id, "2026-11-22T02:00:00Z");
}

TEST(StoreFlip, AThousandTurnedBytesNeverChangeANumberSilently) {
  const Folder folder;
  const fs::path path = folder / "s.db";
  FillStore(path);
  const std::string whole = ReadFile(path, 16 << 20);
  const std::string expected = Dump(Store::OpenForReading(path));
  constexpr uint64_t kSeed = 20261122;
  constexpr int kFlips = 1000;
  Rng rng(kSeed);
  int refused = 0, harmless = 0;
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  for (int i = 0; i < kFlips; ++i) {
    const size_t at = rng.Below(whole.size());
    const auto mask = static_cast<unsigned char>(1 + rng.Below(255));
    const auto turned = static_cast<char>(static_cast<unsigned char>(whole[at]) ^ mask);
    ASSERT_EQ(pwrite(fd, &turned, 1, static_cast<off_t>(at)), 1);
    try {
      EXPECT_EQ(Dump(Store::OpenForReading(path)), expected)
          << "seed " << kSeed << ": byte " << at << " ^ " << int(mask);
      ++harmless;
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == ExitCode::kBadData || error.code() == ExitCode::kIo)
          << error.what() << " at byte " << at;
      ++refused;
    }
    ASSERT_EQ(pwrite(fd, &whole[at], 1, static_cast<off_t>(at)), 1);
  }
  close(fd);
  EXPECT_GT(refused, kFlips / 5);
  RecordProperty("refused", refused);
  RecordProperty("harmless", harmless);  // free space in pages, counters of the header
}

TEST(StoreFlip, TheCheckNamesTheRow) {
  const Folder folder;
  const fs::path path = folder / "s.db";
  FillStore(path);
  EXPECT_TRUE(CheckStore(path).problems.empty());
  std::string bytes = ReadFile(path, 16 << 20);
  const size_t at = bytes.rfind("cut_off");  // an answer's outcome; before it in the schema
  ASSERT_NE(at, std::string::npos);
  bytes[at] = 'C';
  std::ofstream(path, std::ios::binary) << bytes;
  const StoreCheck check = CheckStore(path);
  ASSERT_FALSE(check.problems.empty());
  EXPECT_THAT(check.problems[0],
              testing::MatchesRegex("answer, row [0-9]+: its checksum is wrong"));
  EXPECT_THROW(Store::OpenForReading(path), Error);
  EXPECT_THROW(Store::OpenForWriting(path), Error);
}

TEST(StoreFlip, AMissingRowIsFound) {
  const Folder folder;
  const fs::path path = folder / "s.db";
  FillStore(path);
  {
    SQLite::Database db(path.string(), SQLite::OPEN_READWRITE);
    db.exec(
        "DROP TRIGGER answer_refuses_DELETE; DELETE FROM answer WHERE id = 36;"
        "CREATE TRIGGER answer_refuses_DELETE BEFORE DELETE ON answer BEGIN SELECT"
        " RAISE(ABORT, 'rows of the store are never changed'); END");
  }
  EXPECT_THAT(CheckStore(path).problems, testing::ElementsAre("answer: rows are missing"));
}

}  // namespace
}  // namespace moebench
