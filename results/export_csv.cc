#include <fmt/format.h>

#include <map>

#include "harness/base/utf8.h"
#include "results/export_rows.h"

namespace moebench {
namespace {

// RFC 4180, always quoted. A spreadsheet runs what begins with = + - @ or a tab: an apostrophe
// before it makes it text (OWASP, CSV injection).
std::string Quoted(const std::string& text) {
  std::string field = "\"";
  if (!text.empty() && std::string("=+-@\t\r").find(text[0]) != std::string::npos) field += '\'';
  for (const char c : ReplaceInvalidUtf8(text)) {
    if (c == '\0') continue;
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

std::string OptionalText(const std::optional<int64_t>& value) {
  return value ? std::to_string(*value) : "";
}

}  // namespace

std::string ExportCsv(const SweepRows& rows) {
  std::map<std::string, const CellRecord*> cells;
  for (const CellRecord& cell : rows.cells) cells[cell.cell_id] = &cell;
  std::string text =
      "sweep_id,cell_id,model,runner,k,decoding,placement,threads,baseline,control,cell_status,"
      "session_id,round,order,prompt_tokens,generated_tokens,prefill_ms,decode_ms,ttft_ms,"
      "prefill_tps,decode_tps,k_executed_min,k_executed_max,bytes_per_token,drafted,accepted,"
      "unstable,kv,instances,overlap\r\n";
  for (const TrialRecord& t : rows.trials) {
    const auto found = cells.find(t.cell_id);
    if (found == cells.end()) continue;  // the store's foreign keys forbid it
    const CellRecord& c = *found->second;
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},", rows.sweep.id, Quoted(t.cell_id),
                        Quoted(c.cell.model_path), Quoted(c.cell.runner), c.cell.k,
                        Quoted(c.cell.decoding), Quoted(c.cell.placement), c.cell.threads,
                        c.cell.baseline ? 1 : 0, c.cell.control, StatusWord(c.status));
    text += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
                        t.session_id, t.round, t.order, t.prompt_tokens, t.generated_tokens,
                        t.prefill_ms, t.decode_ms, t.ttft_ms, t.PrefillTps(), t.DecodeTps(),
                        t.k_executed_min, t.k_executed_max, t.bytes_per_token,
                        OptionalText(t.drafted), OptionalText(t.accepted), Quoted(t.unstable),
                        Quoted(c.cell.kv), c.cell.instances, t.overlap);
  }
  return text;
}

}  // namespace moebench
