#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "harness/base/utf8.h"
#include "results/export_rows.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

struct Column {
  const char* name;
  const char* type;
};

// The order is llama-bench's.
std::vector<Column> ColumnsOf(LlamaBenchColumns era) {
  std::vector<Column> columns = {{"build_commit", "TEXT"},
                                 {"build_number", "INTEGER"},
                                 {"cpu_info", "TEXT"},
                                 {"gpu_info", "TEXT"},
                                 {"backends", "TEXT"},
                                 {"model_filename", "TEXT"},
                                 {"model_type", "TEXT"},
                                 {"model_size", "INTEGER"},
                                 {"model_n_params", "INTEGER"},
                                 {"n_batch", "INTEGER"},
                                 {"n_ubatch", "INTEGER"},
                                 {"n_threads", "INTEGER"},
                                 {"cpu_mask", "TEXT"},
                                 {"cpu_strict", "INTEGER"},
                                 {"poll", "INTEGER"},
                                 {"type_k", "TEXT"},
                                 {"type_v", "TEXT"},
                                 {"n_gpu_layers", "INTEGER"},
                                 {"n_cpu_moe", "INTEGER"},
                                 {"split_mode", "TEXT"},
                                 {"main_gpu", "INTEGER"},
                                 {"no_kv_offload", "INTEGER"},
                                 {"flash_attn", "INTEGER"},
                                 {"devices", "TEXT"},
                                 {"tensor_split", "TEXT"},
                                 {"tensor_buft_overrides", "TEXT"}};
  if (era == LlamaBenchColumns::kSinceMid2026) {
    columns.push_back({"load_mode", "TEXT"});
  } else {
    columns.insert(columns.end(), {{"use_mmap", "INTEGER"}, {"use_direct_io", "INTEGER"}});
  }
  columns.insert(columns.end(), {{"embeddings", "INTEGER"},
                                 {"no_op_offload", "INTEGER"},
                                 {"no_host", "INTEGER"},
                                 {"fit_target", "INTEGER"},
                                 {"fit_min_ctx", "INTEGER"},
                                 {"n_prompt", "INTEGER"},
                                 {"n_gen", "INTEGER"},
                                 {"n_depth", "INTEGER"},
                                 {"test_time", "TEXT"},
                                 {"avg_ns", "INTEGER"},
                                 {"stddev_ns", "INTEGER"},
                                 {"avg_ts", "REAL"},
                                 {"stddev_ts", "REAL"}});
  return columns;
}

// A value as llama-bench writes it, in quotes; ours are escaped.
std::string SqlText(const std::string& value) {
  std::string text = "'";
  for (const char c : ReplaceInvalidUtf8(value)) {
    if (c == '\0') continue;
    if (c == '\'') text += '\'';
    text += c;
  }
  return text + "'";
}

std::string CpuModel(const std::string& machine_json) {
  const Json machine = Json::parse(machine_json, nullptr, false);
  if (machine.is_discarded()) return "";
  const Json::json_pointer place("/items/cpu.model/value");
  return machine.contains(place) && machine[place].is_string() ? machine[place].get<std::string>()
                                                               : "";
}

struct ModelText {
  std::string type;
  int64_t size = 0, parameters = 0;
};

ModelText ModelOf(const SweepRows& rows, const std::string& sha256) {
  for (const ModelRecord& model : rows.models) {
    if (model.sha256 != sha256) continue;
    const Json facts = Json::parse(model.facts_json, nullptr, false);
    if (!facts.is_object()) break;
    return {facts.value("architecture", "") + ' ' + facts.value("quantisation", ""),
            facts.value("file_bytes", int64_t{0}), facts.value("parameter_count", int64_t{0})};
  }
  return {};
}

struct Samples {  // of the undisturbed trials of a cell
  std::vector<double> ns, tps;
  double tokens = 0;  // per prompt, mean
};

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

// Sample standard deviation, 0 for fewer than two.
double Deviation(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double mean = Mean(values);
  double sum = 0;
  for (const double v : values) sum += (v - mean) * (v - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

enum class Phase { kPrompt, kDecode };

Samples SamplesOf(const SweepRows& rows, const std::string& cell_id, Phase phase) {
  Samples samples;
  std::vector<double> tokens;
  for (const TrialRecord& t : rows.trials) {
    if (t.cell_id != cell_id || !t.unstable.empty() || t.prompts <= 0) continue;
    const double count = phase == Phase::kPrompt ? static_cast<double>(t.prompt_tokens)
                                                 : static_cast<double>(t.inter_token_ms.size());
    const double ms = phase == Phase::kPrompt ? t.prefill_ms : t.decode_ms;
    if (count <= 0 || ms <= 0) continue;
    tokens.push_back(count / t.prompts);
    samples.ns.push_back(1e6 * ms / t.prompts);
    samples.tps.push_back(phase == Phase::kPrompt ? t.PrefillTps() : t.DecodeTps());
  }
  samples.tokens = Mean(tokens);
  return samples;
}

std::string FirstSession(const SweepRows& rows, const std::string& cell_id) {
  for (const TrialRecord& t : rows.trials) {
    if (t.cell_id != cell_id) continue;
    for (const SessionRecord& s : rows.sessions) {
      if (s.id == t.session_id) return s.started;
    }
  }
  return rows.sweep.started;
}

std::vector<std::string> ValuesOf(const SweepRows& rows, const CellRecord& record,
                                  const Samples& samples, Phase phase, LlamaBenchColumns era) {
  const ModelText model = ModelOf(rows, record.cell.model_sha256);
  const Cell& cell = record.cell;
  std::string type = model.type;
  if (!cell.baseline) {
    type += fmt::format(" [k={} {} {}{}{}]", cell.k, cell.decoding, cell.placement,
                        cell.instances > 1 ? fmt::format(" {}x", cell.instances) : "",
                        cell.control > 0 ? " control" : "");
  }
  const auto tokens = std::to_string(std::llround(samples.tokens));
  std::vector<std::string> values = {"moebench " + rows.sweep.version,
                                     "0",
                                     CpuModel(rows.sweep.machine_json),
                                     "",
                                     "moebench/" + cell.runner,
                                     cell.model_path,
                                     type,
                                     std::to_string(model.size),
                                     std::to_string(model.parameters),
                                     "0",  // n_batch
                                     "0",
                                     std::to_string(cell.threads),
                                     "",
                                     "1",  // cpu_strict: every thread is pinned
                                     "0",
                                     cell.kv,  // type_k
                                     cell.kv,
                                     "0",
                                     "0",
                                     "none",
                                     "0",
                                     "0",
                                     "0",
                                     "",
                                     "",
                                     ""};
  if (era == LlamaBenchColumns::kSinceMid2026) {
    values.push_back("none");
  } else {
    values.insert(values.end(), {"0", "0"});
  }
  values.insert(values.end(), 5, "0");  // embeddings to fit_min_ctx
  values.insert(
      values.end(),
      {phase == Phase::kPrompt ? tokens : "0", phase == Phase::kDecode ? tokens : "0", "0",
       FirstSession(rows, record.cell_id), std::to_string(std::llround(Mean(samples.ns))),
       std::to_string(std::llround(Deviation(samples.ns))),
       fmt::format("{:.6f}", Mean(samples.tps)), fmt::format("{:.6f}", Deviation(samples.tps))});
  return values;
}

}  // namespace

std::string ExportLlamaBench(const SweepRows& rows, LlamaBenchColumns era) {
  std::string table = "CREATE TABLE IF NOT EXISTS llama_bench (\n", names;
  const std::vector<Column> columns = ColumnsOf(era);
  for (size_t i = 0; i < columns.size(); ++i) {
    table += fmt::format("  {} {}{}\n", columns[i].name, columns[i].type,
                         i + 1 < columns.size() ? "," : "");
    names += fmt::format("{}{}", i > 0 ? ", " : "", columns[i].name);
  }
  std::string text = table + ");\n\n";
  for (const CellRecord& record : rows.cells) {
    if (record.status != Status::kOk) continue;
    for (const Phase phase : {Phase::kPrompt, Phase::kDecode}) {
      const Samples samples = SamplesOf(rows, record.cell_id, phase);
      if (samples.tps.empty()) continue;
      std::string values;
      for (const std::string& value : ValuesOf(rows, record, samples, phase, era)) {
        values += (values.empty() ? "" : ", ") + SqlText(value);
      }
      text += "INSERT INTO llama_bench (" + names + ") VALUES (" + values + ");\n";
    }
  }
  return text;
}

}  // namespace moebench
