// llama-bench's Markdown table with our columns, and what does not fit a table below it.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "harness/base/version.h"
#include "harness/cli/bench_output.h"
#include "harness/stats/summary.h"
#include "results/report_escape.h"

namespace moebench {
namespace {

// As llama-bench: two decimals and a binary unit; decimal units for parameters.
std::string Binary(double bytes) {
  if (bytes < 0x1p30) return fmt::format("{:.2f} MiB", bytes / 0x1p20);
  return fmt::format("{:.2f} GiB", bytes / 0x1p30);
}
std::string Decimal(double count) {
  if (count < 1e9) return fmt::format("{:.2f} M", count / 1e6);
  return fmt::format("{:.2f} B", count / 1e9);
}

std::string ModelText(const ModelFacts& facts) {
  if (facts.path.empty()) return "?";
  return fmt::format("{} {}{}", facts.architecture, facts.quantisation,
                     facts.synthetic.empty() ? "" : " synthetic");
}

struct Cell {
  const char* title;
  int width;  // below 0: to the left
  std::string text;
};

std::string SpeedText(const BenchRow& row) {
  const std::vector<double> speeds = row.SamplesTs();
  if (row.status != "ok" && speeds.empty()) return row.status;
  double mean = 0, squares = 0;
  for (const double speed : speeds) mean += speed / static_cast<double>(speeds.size());
  for (const double speed : speeds) squares += (speed - mean) * (speed - mean);
  const double deviation =
      speeds.size() < 2 ? 0 : std::sqrt(squares / static_cast<double>(speeds.size() - 1));
  return fmt::format("{:.2f} ± {:.2f}{}", mean, deviation,
                     row.status == "ok" ? "" : " " + row.status);
}

std::vector<Cell> CellsOf(const BenchSpec& spec, const BenchRow& row) {
  const double read = row.ReadGbps();
  std::vector<Cell> cells = {
      {"model", -30, ModelText(row.facts)},
      {"size", 10, Binary(static_cast<double>(row.facts.file_bytes))},
      {"params", 10, Decimal(static_cast<double>(row.facts.parameter_count))},
      {"backend", -10, "moebench"},
      {"threads", 7, std::to_string(row.threads)}};
  if (spec.batches.size() > 1) cells.push_back({"n_batch", 7, std::to_string(row.test.batch)});
  if (spec.micro_batches.size() > 1) {
    cells.push_back({"n_ubatch", 8, std::to_string(row.test.micro_batch)});
  }
  if (spec.cache_types != std::vector<KvType>{KvType::kF16}) {
    cells.push_back({"type_kv", 7, row.cache_type});
  }
  if (spec.placements.size() > 1) cells.push_back({"placement", 12, row.placement});
  cells.push_back({"experts", 7, std::to_string(row.test.k)});
  cells.push_back({"test", 15, row.test.Name()});
  cells.push_back({"t/s", 20, SpeedText(row)});
  const std::vector<double> speeds = row.SamplesTs();
  cells.push_back({"p50", 9, speeds.empty() ? "" : fmt::format("{:.2f}", Median(speeds))});
  cells.push_back({"GB/s", 7, read > 0 ? fmt::format("{:.1f}", read) : ""});
  const bool share = read > 0 && row.bandwidth_gbps > 0;
  cells.push_back(
      {"of read bw", 10, share ? fmt::format("{:.0f} %", 100 * read / row.bandwidth_gbps) : ""});
  return cells;
}

// Columns as wide as people see them: a plus-minus sign is two bytes and one column.
std::string Padded(const std::string& text, int width) {
  size_t columns = 0;
  for (const char c : text) columns += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  const size_t wanted = static_cast<size_t>(std::abs(width));
  const std::string space(wanted > columns ? wanted - columns : 0, ' ');
  return width < 0 ? text + space : space + text;
}

// A bar within a cell would end it.
std::string InTable(const std::string& text) {
  std::string out;
  for (const char c : VisibleText(text)) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string BenchMarkdownHeader(const BenchSpec& spec) {
  std::string titles = "|", lines = "|";
  for (const Cell& cell : CellsOf(spec, {})) {
    titles += ' ' + Padded(cell.title, cell.width) + " |";
    const std::string dashes(static_cast<size_t>(std::abs(cell.width)) - (cell.width > 0 ? 1 : 0),
                             '-');
    lines += ' ' + dashes + (cell.width > 0 ? ": |" : " |");
  }
  return titles + '\n' + lines + '\n';
}

std::string BenchMarkdown(const BenchSpec& spec, const BenchRow& row) {
  std::string line = "|";
  for (const Cell& cell : CellsOf(spec, row)) {
    line += ' ' + Padded(InTable(cell.text), cell.width) + " |";
  }
  return line + '\n';
}

std::string BenchMarkdownNotes(std::span<const BenchRow> rows) {
  std::string text = "\n";
  std::set<std::string> warnings, synthetic;
  for (const BenchRow& row : rows) {
    std::vector<std::string> samples;
    for (const double speed : row.SamplesTs()) samples.push_back(fmt::format("{:.2f}", speed));
    const std::string name =
        fmt::format("{}, k = {}, {} threads", row.test.Name(), row.test.k, row.threads);
    if (!samples.empty()) text += fmt::format("samples {}: {}\n", name, fmt::join(samples, " "));
    if (!row.reason.empty()) {
      text += fmt::format("{} {}: {}\n", row.status, name, VisibleText(row.reason));
    }
    if (row.ExtrapolatedTs() > 0) {
      text += fmt::format("extrapolated {}: {:.2f} t/s with all {} layers\n", name,
                          row.ExtrapolatedTs(), row.facts.synthetic_layers);
    }
    if (!row.disturbed.empty()) warnings.insert(row.disturbed);
    if (!row.facts.synthetic.empty()) synthetic.insert(row.facts.synthetic);
  }
  for (const std::string& what : synthetic) {
    text += fmt::format("synthetic: random weights, {}\n", VisibleText(what));
  }
  for (const std::string& warning : warnings) {
    text += fmt::format("warning: the machine was not quiet: {}\n", VisibleText(warning));
  }
  return text + fmt::format("\nbuild: moebench {}\n", Version());
}

}  // namespace moebench
