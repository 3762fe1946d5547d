// The parts of `moebench bench`: flags, formats, and the order and failures of a run.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "harness/cli/bench_output.h"
#include "harness/cli/bench_run.h"
#include "harness/cli/bench_values.h"
#include "runners/worker/worker_failure.h"

namespace moebench {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(BenchValues, ListsRepeatsAndRangesAreCounts) {
  const auto counts = [](const std::vector<std::string>& values) {
    return CountsOf(values, "-d", 0, 100000);
  };
  EXPECT_THAT(counts({}), IsEmpty());
  EXPECT_THAT(counts({"1,2", "3"}), ElementsAre(1, 2, 3));
  EXPECT_THAT(counts({"4-6"}), ElementsAre(4, 5, 6));
  EXPECT_THAT(counts({"10-30+10,7"}), ElementsAre(10, 20, 30, 7));
  EXPECT_THAT(counts({"1024-5000*2"}), ElementsAre(1024, 2048, 4096));
  for (const char* wrong :
       {"x", "5-", "9-5", "1-9*1", "0-9*2", "1-9+0", "-3", "200000", "1-99999"}) {
    EXPECT_THROW(counts({wrong}), Error) << wrong;
  }
}

TEST(BenchValues, PairsAreTwoNumbers) {
  EXPECT_THAT(PairsOf({"512,128"}, "-pg", 0, 1000), ElementsAre(std::pair(512, 128)));
  EXPECT_THROW(PairsOf({"512"}, "-pg", 0, 1000), Error);
}

TEST(BenchValues, LlamaBenchsSpellingsBecomeOurs) {
  EXPECT_THAT(
      NormaliseBenchArguments({"bench", "-pg", "4,2", "--n_prompt=a_b", "-p", "-1", "-ngl=0"}),
      ElementsAre("bench", "--pg", "4,2", "--n-prompt=a_b", "-p", "-1", "--ngl=0"));
}

TEST(BenchTestName, IsLlamaBenchs) {
  EXPECT_EQ((BenchTest{.prompt_tokens = 512}).Name(), "pp512");
  EXPECT_EQ((BenchTest{.generated_tokens = 128, .depth = 4096}).Name(), "tg128 @ d4096");
  EXPECT_EQ((BenchTest{.prompt_tokens = 8, .generated_tokens = 4}).Name(), "pp8+tg4");
}

BenchRow SomeRow() {
  BenchRow row;
  row.test = {.generated_tokens = 100, .k = 4};
  row.model_path = "it's a \"model\"|.gguf";
  row.placement = "interleave";
  row.threads = 2;
  row.facts.path = row.model_path;
  row.facts.architecture = "qwen3moe";
  row.facts.quantisation = "Q8_0";
  row.facts.file_bytes = 1 << 30;
  row.facts.parameter_count = 1'500'000'000;
  row.facts.k0 = 8;
  row.facts.n_layers = row.facts.n_moe_layers = 2;
  row.samples_ns = {2'000'000'000, 1'000'000'000, 4'000'000'000};
  row.bytes_per_token = 1e8;
  row.bandwidth_gbps = 10;
  return row;
}

TEST(BenchOutput, KeysBeginWithLlamaBenchsInItsOrder) {
  EXPECT_THAT(
      BenchCsvHeader(),
      StartsWith("build_commit,build_number,cpu_info,gpu_info,backends,model_filename,"
                 "model_type,model_size,model_n_params,n_batch,n_ubatch,n_threads,cpu_mask,"
                 "cpu_strict,poll,type_k,type_v,n_gpu_layers,n_cpu_moe,split_mode,main_gpu,"
                 "no_kv_offload,flash_attn,devices,tensor_split,tensor_buft_overrides,"
                 "load_mode,embeddings,no_op_offload,no_host,fit_target,fit_min_ctx,n_prompt,"
                 "n_gen,n_depth,test_time,avg_ns,stddev_ns,avg_ts,stddev_ts,samples_ns,"
                 "samples_ts,p50_ts,n_experts_used"));
}

TEST(BenchOutput, JsonHasTheFigures) {
  const Json json = Json::parse(BenchJson(SomeRow(), 2));
  EXPECT_EQ(json["samples_ns"], Json({2'000'000'000, 1'000'000'000, 4'000'000'000}));
  EXPECT_EQ(json["samples_ts"], Json({50.0, 100.0, 25.0}));
  EXPECT_EQ(json["p50_ts"], 50.0);
  EXPECT_NEAR(json["avg_ts"].get<double>(), 58.333333, 1e-6);
  EXPECT_NEAR(json["stddev_ts"].get<double>(), 38.188131, 1e-6);  // of a sample
  EXPECT_EQ(json["avg_ns"], 2333333333);
  EXPECT_EQ(json["n_experts_used"], 4);
  EXPECT_EQ(json["read_gbps"], 5.0);
  EXPECT_EQ(json["bandwidth_share"], 0.5);
  EXPECT_EQ(json["status"], "ok");
  EXPECT_TRUE(json["extrapolated_ts"].is_null());
  EXPECT_EQ(BenchJson(SomeRow(), -1).find('\n'), std::string::npos);
}

TEST(BenchOutput, TextsAreEscapedAsEachFormatWantsIt) {
  EXPECT_THAT(BenchCsv(SomeRow()), HasSubstr("\"it's a \"\"model\"\"|.gguf\""));
  EXPECT_THAT(BenchSql(SomeRow()), HasSubstr("'it''s a \"model\"|.gguf'"));
  EXPECT_EQ(Json::parse(BenchJson(SomeRow(), -1))["model_filename"], "it's a \"model\"|.gguf");
}

TEST(BenchOutput, MarkdownIsLlamaBenchsTableWithOurColumns) {
  const BenchSpec spec;
  EXPECT_THAT(
      BenchMarkdownHeader(spec),
      StartsWith("| model                          |       size |     params | backend    | "
                 "threads | experts |            test |                  t/s |"));
  EXPECT_THAT(
      BenchMarkdown(spec, SomeRow()),
      StartsWith("| qwen3moe Q8_0                  |   1.00 GiB |     1.50 B | moebench   | "
                 "      2 |       4 |           tg100 |        58.33 ± 38.19 |"));
}

TEST(BenchOutput, WhatIsExtrapolatedSaysSo) {
  BenchRow row = SomeRow();
  row.facts.synthetic = "qwen3-30b-a3b, 2 of 4 layers, Q8_0, seed 1";
  row.facts.synthetic_layers = 4;
  row.facts.dense_bytes_per_token = 1000;
  row.facts.head_bytes_per_token = 500;
  row.facts.expert_bytes = 0;
  // 500 bytes of head and 500 of two layers become 500 and 1000.
  EXPECT_NEAR(row.ExtrapolatedTs(), 50.0 * 1000 / 1500, 1e-9);
  const std::string notes = BenchMarkdownNotes({&row, 1});
  EXPECT_THAT(notes,
              HasSubstr("extrapolated tg100, k = 4, 2 threads: 33.33 t/s with all 4 layers"));
  EXPECT_THAT(notes, HasSubstr("synthetic: random weights, qwen3-30b-a3b, 2 of 4 layers"));
  EXPECT_EQ(Json::parse(BenchJson(row, -1))["extrapolated_layers"], 4);
}

// A runner that writes down what it is asked for.
struct Log {
  std::vector<std::string> asked;
  int loads = 0;
};

class LoggingRunner : public Runner {
 public:
  explicit LoggingRunner(Log& log) : log_(log) {}
  ModelFacts Inspect(const std::string&) override { return Facts(); }
  LoadReport Load(const LoadRequest& request, const Progress&) override {
    ++log_.loads;
    LoadReport report;
    report.facts = Facts();
    report.proof.thread_cpus = request.placement.thread_cpus;
    report.proof.pages_per_node = {{0, 1}};
    return report;
  }
  void Warm() override {}
  GenerateResult Generate(const GenerateRequest&) override { return {}; }
  MeasureResult Measure(const MeasureRequest& request) override {
    log_.asked.push_back(std::to_string(request.k) + ":" + std::to_string(request.prompt_tokens) +
                         "/" + std::to_string(request.generated_tokens));
    if (request.k == 3)
      throw WorkerFailure(FailureKind::kCrashed, "crashed(SIGSEGV)", "measure", "");
    MeasureResult result;
    result.prefill_ms = request.prompt_tokens;
    result.inter_token_ms.assign(static_cast<size_t>(request.generated_tokens), 1.0F);
    result.bytes_per_token = 1e7;
    result.k_executed_min = result.k_executed_max = request.k == 2 ? 8 : request.k;
    return result;
  }
  PlacementProof ReadPlacement() override { return {}; }

 private:
  static ModelFacts Facts() {
    ModelFacts facts;
    facts.n_experts = 16;
    facts.k0 = 8;
    facts.file_bytes = 1;
    facts.context_length = 1000;
    return facts;
  }
  Log& log_;
};

BenchMachine MachineOf(Log& log) {
  BenchMachine machine;
  machine.start_worker = [&log] { return Worker{std::make_unique<LoggingRunner>(log), 1}; };
  machine.place = [](const std::string& policy, int) { return PlacementPlan{policy, {0}, {0}}; };
  machine.measure_bandwidth = [](const std::vector<int>&) { return ReadBandwidths{}; };
  machine.watch = [](int) { return [] { return std::string(); }; };
  machine.cancelled = [] { return false; };
  machine.wait = [](double) {};
  machine.note = [](const std::string&) {};
  return machine;
}

BenchSpec SpecOf(std::vector<int> experts, std::vector<int> prompts, std::vector<int> generations) {
  BenchSpec spec;
  spec.models = {"m.gguf"};
  spec.prompts = std::move(prompts);
  spec.generations = std::move(generations);
  spec.depths = {0};
  spec.batches = {2048};
  spec.micro_batches = {512};
  spec.experts = std::move(experts);
  spec.threads = {0};
  spec.placements = {"interleave"};
  spec.repetitions = 2;
  spec.warm_up = false;
  spec.text = "once upon a time";
  return spec;
}

std::vector<BenchRow> RowsOf(const BenchSpec& spec, Log& log) {
  std::vector<BenchRow> rows;
  EXPECT_TRUE(RunBench(spec, MachineOf(log), [&](const BenchRow& row) { rows.push_back(row); }));
  return rows;
}

TEST(RunBench, TestsTakeTurnsForwardAndBackInOneLoad) {
  Log log;
  const std::vector<BenchRow> rows = RowsOf(SpecOf({8, 4}, {100}, {5}), log);
  EXPECT_EQ(log.loads, 1);
  EXPECT_THAT(log.asked, ElementsAre("8:100/0", "8:0/5", "4:100/0", "4:0/5",  //
                                     "4:0/5", "4:100/0", "8:0/5", "8:100/0"));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_THAT(rows[0].samples_ns, ElementsAre(100'000'000, 100'000'000));
  EXPECT_THAT(rows[3].SamplesTs(), ElementsAre(1000, 1000));
}

TEST(RunBench, AWorkerThatDiesIsARowAndTheOthersGoOn) {
  Log log;
  const std::vector<BenchRow> rows = RowsOf(SpecOf({8, 3, 4}, {100}, {}), log);
  EXPECT_EQ(log.loads, 2);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1].status, "failed");
  EXPECT_EQ(rows[1].reason, "crashed(SIGSEGV)");
  EXPECT_EQ(rows[0].samples_ns.size(), 2u);
  EXPECT_EQ(rows[2].samples_ns.size(), 2u);
}

TEST(RunBench, WhatDidNotRunAsAskedIsInvalid) {
  Log log;
  const std::vector<BenchRow> rows = RowsOf(SpecOf({2}, {100}, {}), log);
  EXPECT_EQ(rows.at(0).status, "invalid");
  EXPECT_THAT(rows.at(0).reason, HasSubstr("asked k = 2, ran 8 to 8"));
}

TEST(RunBench, MoreThanTheMemoryGivesIsDoubtedFirst) {
  Log log;
  BenchMachine machine = MachineOf(log);
  int probes = 0;
  double second = 20;
  machine.measure_bandwidth = [&](const std::vector<int>&) {
    return ReadBandwidths{.memory_gbps = ++probes == 1 ? 5 : second};
  };
  std::vector<BenchRow> rows;
  const auto keep = [&](const BenchRow& row) { rows.push_back(row); };
  // The logging runner reads 1e7 bytes in each millisecond: 10 GB/s.
  EXPECT_TRUE(RunBench(SpecOf({8}, {}, {10}), machine, keep));
  EXPECT_EQ(rows.at(0).status, "ok");
  EXPECT_EQ(rows.at(0).bandwidth_gbps, 20);
  probes = 0;
  second = 6;
  EXPECT_TRUE(RunBench(SpecOf({8}, {}, {10}), machine, keep));
  EXPECT_EQ(rows.at(1).status, "invalid");
  EXPECT_THAT(rows.at(1).reason, HasSubstr("suspect: 10.0 GB/s, but these cores read 6.0"));
}

TEST(RunBench, WhatTheModelCanNotDoIsARowWithoutARun) {
  Log log;
  const std::vector<BenchRow> rows = RowsOf(SpecOf({17, 0}, {100, 2000}, {}), log);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_THAT(rows[0].reason, HasSubstr("more than the 16 experts"));
  EXPECT_EQ(rows[2].status, "ok");
  EXPECT_EQ(rows[2].test.k, 8);  // the model's own
  EXPECT_THAT(rows[3].reason, HasSubstr("more than the context of 1000"));
}

TEST(RunBench, TheTextBeginsWhereTheSeedSays) {
  const std::string text = "one two three four five six seven";
  EXPECT_EQ(TurnedText(text, 5), TurnedText(text, 5));
  EXPECT_EQ(TurnedText(text, 5).size(), text.size());
  EXPECT_EQ(TurnedText("word", 1), "word");
}

}  // namespace
}  // namespace moebench
