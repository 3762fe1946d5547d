#include "results/report_markdown.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>

#include "results/report_escape.h"
#include "results/report_facts.h"
#include "results/report_figures.h"
#include "results/speculation_tables.h"

namespace moebench {
namespace {

// Bytes; a comment on GitHub may have 65,536 characters. The answers always fit before it: what
// grows with the sweep (rows, samples) is counted against it.
constexpr size_t kLimitBytes = 60'000;
constexpr size_t kTextLimitBytes = 600;    // a prompt or answer
constexpr size_t kReasonLimitBytes = 400;  // an error message
constexpr size_t kLabelsPerReason = 12;    // cells named for one reason
constexpr size_t kFlaggedInHeadline = 6;
constexpr size_t kSamplesPerModel = 5;

std::string Inline(const std::string& text) {
  return MarkdownText(Shortened(text, kReasonLimitBytes));
}

std::string Joined(const std::vector<std::string>& texts, const char* separator) {
  std::vector<std::string> escaped;
  escaped.reserve(texts.size());
  for (const std::string& text : texts) escaped.push_back(Inline(text));
  return fmt::format("{}", fmt::join(escaped, separator));
}

std::string Row(const std::vector<std::string>& columns) {
  return fmt::format("| {} |\n", fmt::join(columns, " | "));
}

using Cells = std::vector<const CellView*>;

// A table of cells; stops at the limit and says how many rows are missing.
void AddTable(const std::vector<std::string>& head, const Cells& cells,
              const std::function<std::vector<std::string>(const CellView&)>& columns,
              std::string& out) {
  out += Row(head) + Row(std::vector<std::string>(head.size(), "---"));
  size_t shown = 0;
  for (const CellView* cell : cells) {
    const std::string row = Row(columns(*cell));
    if (out.size() + row.size() > kLimitBytes) break;
    out += row;
    ++shown;
  }
  if (shown < cells.size()) {
    out += fmt::format("\n{} more cells do not fit here: `moebench show` lists them.\n",
                       cells.size() - shown);
  }
  out += '\n';
}

std::string CellName(const CellView& cell, const ModelView& model) {
  std::string name = Inline(cell.label);
  if (&cell == BaselineOf(model)) name += " (baseline)";
  if (&cell == RecommendedOf(model)) name = "**" + name + "** (recommended)";
  return name;
}

void AddAnswer(const ModelView& model, double flag_below, std::string& out) {
  const Answer answer = AnswerFor(model, flag_below);
  if (RecommendedOf(model) == nullptr) {
    out += "**No setting can be recommended.**";
  } else {
    out += fmt::format("**Recommended: {}**\n\n", Inline(answer.setting));
    out +=
        fmt::format("- Gain in decode speed: **{}** {}\n", answer.gain, Inline(answer.gain_detail));
    out += fmt::format("- Price in quality: **{}** {}", answer.price, Inline(answer.price_detail));
  }
  out += '\n';
  if (!answer.why.empty()) out += fmt::format("- Why: {}\n", Inline(answer.why));
  out += "- Flagged: ";
  for (size_t i = 0; i < answer.flagged.size() && i < kFlaggedInHeadline; ++i) {
    const CellView& cell = *answer.flagged[i];
    out += fmt::format("{}{} ({})", i > 0 ? "; " : "", Inline(cell.label),
                       cell.reasons.empty() ? "" : Inline(cell.reasons.front()));
  }
  if (answer.flagged.size() > kFlaggedInHeadline) {
    out += fmt::format("; {} more", answer.flagged.size() - kFlaggedInHeadline);
  }
  out += answer.flagged.empty() ? "nothing\n" : "\n";
  out += fmt::format("- Noise: **{}** {}\n", answer.noise, Inline(answer.comparable));
  const std::string chat = ChatFormatInWords(model);
  if (!chat.empty()) out += fmt::format("- Chat format: {}\n", Inline(chat));
  out += '\n';
  if (!answer.deploy.empty()) {
    std::vector<std::string> lines;
    for (const auto& [engine, line] : answer.deploy) {
      lines.push_back("# " + engine);
      lines.push_back(line);
    }
    out += MarkdownFence(fmt::format("{}", fmt::join(lines, "\n")), "sh") + '\n';
  }
}

void AddFigures(const ModelView& model, std::string& out) {
  Cells all, measured;
  for (const CellView& cell : model.cells) {
    all.push_back(&cell);
    if (cell.decode_tps.n > 0) measured.push_back(&cell);
  }
  const CellView* baseline = BaselineOf(model);
  out +=
      "### Every setting\n\n"
      "Median [95 % interval], n = samples; × and change are against the baseline.\n\n";
  const auto figures = [&](const CellView& cell) -> std::vector<std::string> {
    return {CellName(cell, model),        SpeedInWords(cell, cell.decode_tps),
            SpeedAgainst(baseline, cell), Score(cell.quality),
            ScoreAgainst(baseline, cell), OutcomesInWords(cell.quality),
            Inline(VerdictWord(cell)),    Joined(VerdictReasons(cell), "; ")};
  };
  AddTable({"setting", "decode tokens/s", "× speed", "quality", "change of quality", "answers",
            "verdict", "why"},
           all, figures, out);
  if (measured.empty()) return;
  out +=
      "### Latency and bandwidth\n\n"
      "The 99th percentile needs at least 100 samples.\n\n";
  const auto latency = [&](const CellView& cell) -> std::vector<std::string> {
    return {CellName(cell, model),
            SpeedInWords(cell, cell.prefill_tps),
            SpeedInWords(cell, cell.ttft_ms),
            OrNotMeasured(cell.inter_token_p50_ms, "") + " / " +
                OrNotMeasured(cell.inter_token_p99_ms, ""),
            OrNotMeasured(cell.bandwidth_gbps, ""),
            Inline(BandwidthShare(cell)),
            Inline(EnergyInWords(cell)),
            std::to_string(cell.sessions)};
  };
  AddTable({"setting", "prefill tokens/s", "first token, ms", "between tokens p50 / p99, ms",
            "GB/s read", "of the bound", "J/token", "processes"},
           measured, latency, out);
}

void AddTextTable(const std::string& title, const std::string& caption, const TextTable& table,
                  std::string& out) {
  if (table.empty()) return;
  std::string text = fmt::format("### {}\n\n{}\n\n", title, MarkdownText(caption));
  std::vector<std::string> head;
  for (const std::string& column : table.head) head.push_back(Inline(column));
  text += Row(head) + Row(std::vector<std::string>(head.size(), "---"));
  for (const TextTable::Row& row : table.rows) {
    std::vector<std::string> columns = {Inline(row.label)};
    for (const TableEntry& entry : row.entries) {
      std::string column = Inline(entry.value);
      if (entry.best) column = "**" + column + "** (recommended)";
      if (!entry.note.empty()) column += "; " + Inline(entry.note);
      columns.push_back(column);
    }
    text += Row(columns);
  }
  if (out.size() + text.size() <= kLimitBytes) out += text + '\n';
}

void AddSpeculation(const ModelView& model, const SweepView& view, std::string& out) {
  for (const SpeculationSection& s : SpeculationSections(model, view.prompts)) {
    AddTextTable(s.title, s.caption, s.table, out);
  }
}

void AddTroubles(const ModelView& model, std::string& out) {
  const std::vector<Trouble> troubles = TroublesOf(model);
  if (troubles.empty()) return;
  out += "### Skipped, failed, invalid, not run\n\n";
  size_t shown = 0;
  for (const Trouble& trouble : troubles) {
    std::vector<std::string> labels = trouble.labels;
    std::string more;
    if (labels.size() > kLabelsPerReason) {
      more = fmt::format(" and {} more", labels.size() - kLabelsPerReason);
      labels.resize(kLabelsPerReason);
    }
    const std::string line =
        fmt::format("- {}: {}{}\n", Inline(trouble.status), Joined(labels, ", "), more);
    if (out.size() + line.size() > kLimitBytes) break;
    out += line;
    ++shown;
  }
  if (shown < troubles.size()) {
    out += fmt::format("- {} more reasons do not fit here: `moebench show` lists them.\n",
                       troubles.size() - shown);
  }
  out += '\n';
}

void AddSamples(const ModelView& model, std::string& out) {
  size_t shown = 0;
  for (const CellView& cell : model.cells) {
    if (cell.samples.empty() || shown == kSamplesPerModel) continue;
    const SampleAnswer& sample = cell.samples.front();
    const std::string block = fmt::format(
        "{} on item {} ({}). Asked:\n\n{}\nBaseline:\n\n{}\n{}:\n\n{}\n", Inline(cell.label),
        Inline(sample.item_id), Inline(sample.outcome),
        MarkdownFence(Shortened(sample.prompt, kTextLimitBytes), "text"),
        MarkdownFence(Shortened(sample.baseline_answer, kTextLimitBytes), "text"),
        Inline(cell.label), MarkdownFence(Shortened(sample.answer, kTextLimitBytes), "text"));
    if (out.size() + block.size() > kLimitBytes) return;
    if (shown == 0) out += "### Answers the baseline had right and a setting had not\n\n";
    out += block;
    ++shown;
  }
}

void AddMachine(const SweepView& view, std::string& out) {
  out += "## Machine\n\n";
  const std::vector<Fact> facts = MachineFacts(view.sweep.machine_json);
  if (facts.empty()) out += "Not recorded.\n";
  for (const auto& [name, value] : facts) {
    const std::string line = fmt::format("- {}: {}\n", Inline(name), Inline(value));
    if (out.size() + line.size() > kLimitBytes) break;
    out += line;
  }
  out += '\n';
}

void AddReproduce(const SweepView& view, std::string& out) {
  std::vector<std::string> lines;
  for (const ModelView& model : view.models) lines.push_back(ReproduceSweep(model));
  const SweepRecord& sweep = view.sweep;
  out += fmt::format("## Do it again\n\nmoebench {}, configuration {}, machine {}, seed {}.\n\n",
                     Inline(sweep.version), Inline(sweep.config_hash), Inline(sweep.machine_hash),
                     sweep.seed);
  const std::string fence = MarkdownFence(fmt::format("{}", fmt::join(lines, "\n")), "sh");
  if (out.size() + fence.size() <= kLimitBytes) out += fence;
  for (const ModelView& model : view.models) {
    const std::string line =
        fmt::format("\n{}: sha256 {}\n", Inline(model.name), Inline(model.record.sha256));
    if (out.size() + line.size() <= kLimitBytes) out += line;
  }
}

}  // namespace

std::string ReportMarkdown(const SweepView& view) {
  std::string out = fmt::format("# moebench: sweep {}\n\n{}. {}.\n\n", view.sweep.id,
                                Inline(TallyInWords(view)), Inline(ProgressInWords(view)));
  if (!view.machine_alarm.empty()) {
    out += fmt::format("**Machine alarm:** {}.\n\n", Inline(view.machine_alarm));
  }
  const std::string controls = AaRecordInWords(view.aa);
  if (!controls.empty()) out += Inline(controls) + ".\n\n";
  if (view.models.empty()) out += "No model was swept.\n\n";
  for (const ModelView& model : view.models) {
    out += fmt::format("## {}\n\n", Inline(model.name));
    AddAnswer(model, view.flag_below, out);
  }
  for (const ModelView& model : view.models) {
    if (view.models.size() > 1) out += fmt::format("## {}: figures\n\n", Inline(model.name));
    AddFigures(model, out);
    AddSpeculation(model, view, out);
    AddTroubles(model, out);
    AddSamples(model, out);
  }
  AddMachine(view, out);
  AddReproduce(view, out);
  return out;
}

}  // namespace moebench
