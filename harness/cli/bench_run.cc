#include "harness/cli/bench_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <span>

#include "harness/base/clock.h"
#include "harness/base/error.h"
#include "harness/base/rng.h"
#include "harness/base/utf8.h"
#include "harness/machine/hindrance.h"
#include "runners/worker/worker_failure.h"

namespace moebench {
namespace {

// Above the measured bandwidth by more than its own error: not believable.
constexpr double kBelievableShare = 1.05;

int TokensOf(const BenchTest& test) {
  return test.depth + test.prompt_tokens + test.generated_tokens;
}

std::string ReasonOf(const Error& error) {
  const auto* failure = dynamic_cast<const WorkerFailure*>(&error);
  return failure != nullptr ? failure->reason() : error.what();
}

bool IsInterrupt(const Error& error) {
  const auto* failure = dynamic_cast<const WorkerFailure*>(&error);
  return failure != nullptr && failure->kind() == FailureKind::kInterrupted;
}

void Fail(BenchRow& row, const std::string& reason) {
  row.status = "failed";
  row.reason = reason;
}

// All tests of one model under one placement and thread count.
class LoadedBench {
 public:
  LoadedBench(const BenchSpec& spec, const BenchMachine& machine, std::string model,
              const std::string& policy, int threads, KvType cache_type, const std::string& text)
      : spec_(spec),
        machine_(machine),
        model_(std::move(model)),
        cache_type_(cache_type),
        text_(text) {
    for (const BenchTest& test : TestsOf(spec)) {
      BenchRow row;
      row.test = test;
      row.model_path = model_;
      row.placement = policy;
      row.cache_type = NameOf(cache_type);
      row.threads = threads;
      row.cpu_model = machine.cpu_model;
      row.test_time = UtcNow();
      rows_.push_back(std::move(row));
    }
  }

  bool Run(const std::function<void(const BenchRow&)>& emit) {
    try {
      Prepare();
    } catch (const Error& error) {
      if (IsInterrupt(error)) return false;
      if (error.code() == ExitCode::kUsage && !dynamic_cast<const WorkerFailure*>(&error)) throw;
      FailAll(ReasonOf(error));
    }
    for (size_t begin = 0; begin < rows_.size();) {
      size_t end = begin;
      while (end < rows_.size() && rows_[end].test.depth == rows_[begin].test.depth) ++end;
      if (!RunGroup(std::span(rows_).subspan(begin, end - begin))) return false;
      for (; begin < end; ++begin) emit(rows_[begin]);
    }
    return true;
  }

 private:
  void FailAll(const std::string& reason) {
    for (BenchRow& row : rows_) {
      if (row.status == "ok" && row.samples_ns.empty()) Fail(row, reason);
    }
  }

  // Bandwidth first, while nothing else runs; then the model's facts, which settle k.
  void Prepare() {
    plan_ = machine_.place(rows_.front().placement, rows_.front().threads);
    bandwidths_ = machine_.measure_bandwidth(plan_.thread_cpus);
    worker_ = machine_.start_worker();
    facts_ = worker_.runner->Inspect(model_);
    facts_.path = model_;
    for (BenchRow& row : rows_) {
      row.facts = facts_;
      row.threads = static_cast<int>(plan_.thread_cpus.size());
      row.bandwidth_gbps = Bandwidth();
      if (row.test.k == 0) row.test.k = facts_.k0;
      if (row.test.k > facts_.n_experts) {
        Fail(row, fmt::format("k = {} is more than the {} experts there are", row.test.k,
                              facts_.n_experts));
      } else if (TokensOf(row.test) > facts_.context_length) {
        Fail(row, fmt::format("{} tokens are more than the context of {}", TokensOf(row.test),
                              facts_.context_length));
      }
    }
    Load();
  }

  // Of what the weights are read from.
  double Bandwidth() const {
    return facts_.file_bytes > bandwidths_.cache_bytes ? bandwidths_.memory_gbps
                                                       : bandwidths_.cache_gbps;
  }

  // Reading more than can be read: memory that is shared with neighbours is faster at one time than
  // at another (measured here: 27 to 42 GB/s), so the probe is asked again before a row is refused.
  void Doubt(std::span<BenchRow> rows) {
    constexpr int kProbes = 3;
    for (int probe = 0; probe < kProbes; ++probe) {
      const bool above = std::any_of(rows.begin(), rows.end(), [](const BenchRow& row) {
        return row.bandwidth_gbps > 0 && row.ReadGbps() > row.bandwidth_gbps;
      });
      if (!above) return;
      const ReadBandwidths again = machine_.measure_bandwidth(plan_.thread_cpus);
      bandwidths_.memory_gbps = std::max(bandwidths_.memory_gbps, again.memory_gbps);
      bandwidths_.cache_gbps = std::max(bandwidths_.cache_gbps, again.cache_gbps);
      for (BenchRow& row : rows_) row.bandwidth_gbps = Bandwidth();
    }
  }

  void Load() {
    LoadRequest request;
    request.model_path = model_;
    request.placement = plan_;
    request.context_tokens = 0;
    request.kv = cache_type_;
    for (const BenchRow& row : rows_) {
      if (row.status == "ok") {
        request.context_tokens = std::max(request.context_tokens, TokensOf(row.test));
      }
    }
    if (request.context_tokens == 0) return;  // there is nothing to run
    if (spec_.delay_s > 0) machine_.wait(spec_.delay_s);
    const LoadReport report = worker_.runner->Load(
        request, [&](const std::string& what, double) { machine_.note(what); });
    std::string mismatch = PlacementMismatch(plan_, report.proof, machine_.node_count);
    if (!mismatch.empty()) mismatch += Because(Hindrance("/", plan_));
    for (BenchRow& row : rows_) {
      if (mismatch.empty() || row.status != "ok") continue;
      row.status = "invalid";
      row.reason = "not_obeyed: " + mismatch;
    }
    machine_.note("touching every expert");
    worker_.runner->Warm();
    alive_ = true;
  }

  // Tests of one depth. False if cancelled.
  bool RunGroup(std::span<BenchRow> rows) {
    const std::function<std::string()> disturbed = machine_.watch(worker_.pid);
    if (spec_.warm_up) {
      for (BenchRow& row : rows) {
        if (!RunOne(row, Timed::kNo)) return false;
      }
    }
    for (int repetition = 0; repetition < spec_.repetitions; ++repetition) {
      for (size_t i = 0; i < rows.size(); ++i) {
        BenchRow& row = rows[repetition % 2 == 0 ? i : rows.size() - 1 - i];
        if (!RunOne(row, Timed::kYes)) return false;
      }
    }
    const std::string reason = disturbed();
    Doubt(rows);
    for (BenchRow& row : rows) {
      row.disturbed = reason;
      row.unique_experts /= static_cast<double>(std::max<size_t>(1, row.samples_ns.size()));
      Judge(row);
    }
    return true;
  }

  enum class Timed { kNo, kYes };

  // False if cancelled. An untimed run generates one token only: what it warms is the prompt.
  bool RunOne(BenchRow& row, Timed timed) {
    if (machine_.cancelled()) return false;
    if (row.status != "ok") return true;
    try {
      if (!alive_) Revive();
      machine_.note(fmt::format("{}, k = {}", row.test.Name(), row.test.k));
      const MeasureResult result = worker_.runner->Measure(
          {.text = text_,
           .k = row.test.k,
           .depth_tokens = row.test.depth,
           .prompt_tokens = row.test.prompt_tokens,
           .generated_tokens = timed == Timed::kYes ? row.test.generated_tokens
                                                    : std::min(1, row.test.generated_tokens),
           .batch_tokens = std::min(row.test.batch, row.test.micro_batch)});
      if (timed == Timed::kYes) Keep(result, row);
    } catch (const Error& error) {
      if (IsInterrupt(error)) return false;
      if (dynamic_cast<const WorkerFailure*>(&error) != nullptr) alive_ = false;
      Fail(row, ReasonOf(error));
    }
    return true;
  }

  void Revive() {
    worker_ = {};  // the dead one's memory first
    worker_ = machine_.start_worker();
    Load();
  }

  static void Keep(const MeasureResult& result, BenchRow& row) {
    if (row.samples_ns.empty()) row.test_time = UtcNow();
    const double ms = std::accumulate(result.inter_token_ms.begin(), result.inter_token_ms.end(),
                                      result.prefill_ms);
    row.samples_ns.push_back(std::max<int64_t>(1, std::llround(ms * 1e6)));
    row.unique_experts += static_cast<double>(result.experts_touched);
    row.bytes_per_token = result.bytes_per_token;
    if (result.k_executed_min != row.test.k || result.k_executed_max != row.test.k) {
      row.status = "invalid";
      row.reason = fmt::format("not_obeyed: asked k = {}, ran {} to {}", row.test.k,
                               result.k_executed_min, result.k_executed_max);
    }
  }

  static void Judge(BenchRow& row) {
    const double read = row.ReadGbps();
    if (row.status != "ok" || row.bandwidth_gbps <= 0) return;
    if (read <= kBelievableShare * row.bandwidth_gbps) return;
    row.status = "invalid";
    row.reason =
        fmt::format("suspect: {:.1f} GB/s, but these cores read {:.1f}", read, row.bandwidth_gbps);
  }

  const BenchSpec& spec_;
  const BenchMachine& machine_;
  const std::string model_;
  const KvType cache_type_;
  const std::string& text_;
  std::vector<BenchRow> rows_;
  PlacementPlan plan_;
  ReadBandwidths bandwidths_;
  ModelFacts facts_;
  Worker worker_;
  bool alive_ = false;  // the worker has the model
};

// No longer than what is fed: a token is seldom more than this many bytes, and a text that proves
// too short begins again.
std::string FedText(const BenchSpec& spec) {
  constexpr size_t kBytesPerToken = 16;
  int most = 1;
  for (const BenchTest& test : TestsOf(spec)) most = std::max(most, TokensOf(test));
  std::string text = TurnedText(spec.text, spec.seed);
  const size_t enough = kBytesPerToken * static_cast<size_t>(most);
  if (text.size() > enough) {
    text.resize(enough);
    text.resize(text.size() - IncompleteUtf8Tail(text));
  }
  return text;
}

}  // namespace

std::vector<BenchTest> TestsOf(const BenchSpec& spec) {
  std::vector<BenchTest> tests;
  for (const int depth : spec.depths) {
    for (const int batch : spec.batches) {
      for (const int micro_batch : spec.micro_batches) {
        for (const int k : spec.experts) {
          const auto add = [&](int prompt, int generated) {
            if (prompt + generated == 0) return;
            tests.push_back({prompt, generated, depth, batch, micro_batch, k});
          };
          for (const int prompt : spec.prompts) add(prompt, 0);
          for (const int generated : spec.generations) add(0, generated);
          for (const auto& [prompt, generated] : spec.pairs) add(prompt, generated);
        }
      }
    }
  }
  return tests;
}

std::string TurnedText(const std::string& text, uint64_t seed) {
  if (text.empty()) return text;
  Rng rng(seed);
  const size_t space = text.find(' ', rng.Below(text.size()));
  if (space == std::string::npos) return text;
  return text.substr(space + 1) + ' ' + text.substr(0, space);
}

bool RunBench(const BenchSpec& spec, const BenchMachine& machine,
              const std::function<void(const BenchRow&)>& emit) {
  const std::string text = FedText(spec);
  for (const std::string& model : spec.models) {
    for (const std::string& placement : spec.placements) {
      for (const int threads : spec.threads) {
        for (const KvType type : spec.cache_types) {
          LoadedBench bench(spec, machine, model, placement, threads, type, text);
          if (!bench.Run(emit)) return false;
        }
      }
    }
  }
  return true;
}

}  // namespace moebench
