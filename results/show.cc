#include "results/show.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "harness/stats/verdict.h"
#include "results/report_escape.h"
#include "results/report_facts.h"
#include "results/report_judge.h"
#include "results/report_numa.h"

namespace moebench {
namespace {

constexpr int kMinWidth = 60;
constexpr int kWideFrom = 110;

// Columns a valid UTF-8 text takes, one per character; near enough for lining up.
size_t Columns(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string PadRight(std::string text, size_t width) {
  const size_t columns = Columns(text);
  if (columns < width) text.append(width - columns, ' ');
  return text;
}

std::string PadLeft(const std::string& text, size_t width) {
  const size_t columns = Columns(text);
  return (columns < width ? std::string(width - columns, ' ') : "") + text;
}

// Text broken at spaces, each line after `indent` columns; words longer than a line stay whole.
std::string Wrapped(const std::string& text, size_t indent, size_t width) {
  std::string out;
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) out += std::string(indent, ' ') + line + '\n';
    line.clear();
  };
  size_t at = 0;
  while (at < text.size()) {
    const size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!line.empty() && indent + Columns(line) + 1 + Columns(word) > width) flush();
    if (!line.empty()) line += ' ';
    line += word;
    at = end + 1;
  }
  flush();
  return out;
}

// "recommended  first line" and the rest under it.
std::string Field(const std::string& name, const std::string& text, size_t width) {
  constexpr size_t kIndent = 13;
  const std::string body = Wrapped(VisibleLine(text), kIndent, width);
  if (body.empty()) return "";
  return PadRight(name, kIndent) + body.substr(kIndent);
}

std::string Painted(const std::string& text, const char* code, Colour colour) {
  return colour == Colour::kYes ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

// Lines beneath a row, paler than the row, so that the table is seen first.
std::string Faint(const std::string& lines, Colour colour) {
  return lines.empty() ? lines : Painted(lines.substr(0, lines.size() - 1), "2", colour) + '\n';
}

const char* ColourOf(const std::string& word) {
  if (word.starts_with("flagged") || word.starts_with("failed") || word.starts_with("invalid")) {
    return "31";
  }
  if (word == "improved") return "32";
  return word == "ok" ? "0" : "33";
}

// Four digits that count.
std::string Short(double value) {
  const int decimals = value >= 1000 ? 0 : value >= 100 ? 1 : value >= 10 ? 2 : 3;
  return fmt::format("{:.{}f}", value, decimals);
}

std::string WithInterval(const Interval& i) {
  if (i.n == 0) return "-";
  if (i.n == 1) return Short(i.median) + " (n=1)";
  return fmt::format("{} [{}, {}]", Short(i.median), Short(i.lo), Short(i.hi));
}

struct Column {
  std::string title;
  bool right = true;
  std::vector<std::string> cells;
};

// What guessing brings, where any cell guesses: over plain decoding at the same k, and how many of
// its guesses were right.
void AddGuessing(const std::vector<const CellView*>& cells, std::vector<Column>& columns) {
  Column over_plain{"x plain", true, {}}, accepted{"accepted", true, {}};
  bool any = false;
  for (const CellView* cell : cells) {
    any = any || cell->speculation;
    const bool compared = cell->speculation && cell->speculation->over_plain.n > 0;
    over_plain.cells.push_back(
        compared ? fmt::format("{:.2f}", cell->speculation->over_plain.median) : "-");
    accepted.cells.push_back(cell->accept_rate ? fmt::format("{:.0f} %", 100 * *cell->accept_rate)
                                               : "-");
  }
  if (!any) return;
  columns.insert(columns.begin() + 3, {over_plain, accepted});
}

// The figures of all cells, column by column; the last is the verdict, unpadded.
std::vector<Column> Figures(const std::vector<const CellView*>& cells, bool wide) {
  std::vector<Column> columns = {{"setting", false, {}},  {"tokens/s [95 %]", true, {}},
                                 {"x base", true, {}},    {"quality", true, {}},
                                 {"prefill/s", true, {}}, {"first token", true, {}}};
  for (const CellView* cell : cells) {
    const bool baseline = cell->record.cell.baseline && cell->record.cell.control == 0;
    columns[0].cells.push_back(VisibleLine(cell->label));
    // A range, not an interval: marked so that it can't be taken for one.
    columns[1].cells.push_back((cell->stable ? "" : "~") + WithInterval(cell->decode_tps));
    const int texts = cell->record.cell.instances;
    columns[2].cells.push_back(baseline ? "base"
                               : cell->speed_ratio.n > 0
                                   ? fmt::format("{:.2f}{}", cell->speed_ratio.median,
                                                 texts > 1 ? fmt::format(" by {}", texts) : "")
                                   : "-");
    columns[3].cells.push_back(
        cell->quality.n > 0 ? fmt::format("{:.1f} %", 100 * cell->quality.score) : "-");
    columns[4].cells.push_back(cell->prefill_tps.n > 0 ? Short(cell->prefill_tps.median) : "-");
    columns[5].cells.push_back(cell->ttft_ms.n > 0 ? Short(cell->ttft_ms.median) + " ms" : "-");
  }
  if (!wide) columns.resize(4);
  AddGuessing(cells, columns);
  return columns;
}

std::string Joined(const std::vector<std::string>& parts, const char* separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

// What else is worth a word: fraction of the bandwidth, trials not to be trusted.
std::vector<std::string> Notes(const CellView& cell) {
  std::vector<std::string> notes = cell.reasons;
  if (!cell.bound.empty()) {
    notes.push_back(
        fmt::format("{:.0f} % of {} bandwidth", 100 * cell.bandwidth_fraction, cell.bound));
  }
  const std::string bound = TimeBoundInWords(cell);
  if (!bound.empty()) notes.push_back(bound);
  const std::string at_once = InstancesInWords(cell);
  if (!at_once.empty()) notes.push_back(at_once);
  if (cell.joules_per_token) {
    notes.push_back(fmt::format("{} J/token", Short(*cell.joules_per_token)));
  }
  const std::string limit = DetectableInWords(cell);
  if (cell.stable && !limit.empty()) notes.push_back(limit);
  const std::string past = PastInWords(cell);
  if (!past.empty()) notes.push_back(past);
  if (cell.speculation && cell.speculation->prediction) {
    const PredictionRecord& p = *cell.speculation->prediction;
    notes.push_back(p.guesses > 0
                        ? fmt::format("predicted x{:.2f} with {} guesses", p.speedup, p.guesses)
                        : std::string("predicted not to pay"));
  }
  const std::string left_out = LeftOutInWords(cell);
  if (!left_out.empty()) notes.push_back(left_out);
  return notes;
}

// Where guesses ahead leave every text as plain decoding writes it, the answers are worth what they
// are in the plain row, which says so: only what flags this one is said again.
std::vector<std::string> NewNotes(const CellView& cell) {
  std::vector<std::string> notes = Notes(cell);
  const bool same_texts = cell.speculation && cell.speculation->parity.texts > 0 &&
                          cell.speculation->parity.equal == cell.speculation->parity.texts;
  if (!same_texts || cell.verdict == VerdictWord(VerdictKind::kFlagged)) return notes;
  std::erase_if(notes, [&](const std::string& note) {
    const auto& of_answers = cell.quality_reasons;
    return std::find(of_answers.begin(), of_answers.end(), note) != of_answers.end();
  });
  return notes;
}

// Cells that ended without figures, those of one reason together.
std::string WithoutFigures(const std::vector<CellView>& all, Colour colour, size_t width) {
  std::vector<std::pair<std::string, std::vector<std::string>>> by_status;
  for (const CellView& cell : all) {
    if (!cell.verdict.empty()) continue;
    auto found = std::find_if(by_status.begin(), by_status.end(),
                              [&](const auto& entry) { return entry.first == cell.status; });
    if (found == by_status.end()) found = by_status.insert(found, {cell.status, {}});
    found->second.push_back(cell.label);
  }
  std::string out;
  for (const auto& [status, labels] : by_status) {
    out += Wrapped(VisibleLine(Joined(labels, ", ")), 0, width);
    const std::string text = Wrapped(VisibleLine(status), 4, width);
    out += text.empty()
               ? ""
               : "    " + Painted(text.substr(4, text.size() - 5), ColourOf(status), colour) + "\n";
  }
  return out;
}

std::string Table(const std::vector<CellView>& all, Colour colour, size_t width) {
  std::vector<const CellView*> measured;
  for (const CellView& cell : all) {
    if (!cell.verdict.empty()) measured.push_back(&cell);
  }
  std::string out;
  if (!measured.empty()) {
    const std::vector<Column> columns = Figures(measured, width >= kWideFrom);
    std::vector<size_t> widths;
    for (const Column& column : columns) {
      size_t widest = Columns(column.title);
      for (const std::string& text : column.cells) widest = std::max(widest, Columns(text));
      widths.push_back(widest);
    }
    const auto row = [&](const auto& text_of) {
      std::string line;
      for (size_t c = 0; c < columns.size(); ++c) {
        const std::string text = text_of(columns[c]);
        line += (columns[c].right ? PadLeft(text, widths[c]) : PadRight(text, widths[c])) + "  ";
      }
      return line;
    };
    out += row([](const Column& column) { return column.title; }) + "verdict\n";
    for (size_t i = 0; i < measured.size(); ++i) {
      const CellView& cell = *measured[i];
      out += row([i](const Column& column) { return column.cells[i]; });
      out += Painted(cell.verdict, ColourOf(cell.verdict), colour) + '\n';
      out += Faint(Wrapped(VisibleLine(Joined(NewNotes(cell), "; ")), 4, width), colour);
    }
  }
  return out + WithoutFigures(all, colour, width);
}

// "passes       k=8 interleave t=2: 1.31 for 2 tokens, ...": what verifying costs, where the
// baseline runs.
std::string PassLines(const ModelView& model, size_t width) {
  const CellView* baseline = BaselineOf(model);
  if (baseline == nullptr) return "";
  const Cell& base = baseline->record.cell;
  const std::string place = fmt::format(" {} t={}", base.placement, base.threads);
  std::string out;
  for (const PassTableView& table : model.passes) {
    if (!table.label.ends_with(place)) continue;
    std::vector<std::string> parts;
    for (const PassCostView& pass : table.passes) {
      const bool shown =
          pass.tokens == 2 || pass.tokens == 4 || pass.tokens == 8 || pass.tokens == 16;
      if (!shown) continue;
      parts.push_back(fmt::format("R({}) {:.2f}", pass.tokens, pass.ratio));
      if (pass.experts_expected > 0 && pass.tokens == 4) {
        parts.back() +=
            fmt::format(" ({:.1f} of {:.1f} experts)", pass.experts, pass.experts_expected);
      }
    }
    out += Field(out.empty() ? "passes" : "", table.label + ": " + Joined(parts, ", "), width);
  }
  return out;
}

bool IsBesideBaseline(const CellView& view, const CellView& baseline) {
  const Cell &cell = view.record.cell, &base = baseline.record.cell;
  return cell.k == base.k && cell.placement == base.placement && cell.threads == base.threads &&
         cell.instances == base.instances;
}

// On which prompts guessing gains, at the baseline's k, placement and threads.
std::string KindLines(const ModelView& model, size_t width) {
  std::string out;
  const CellView* baseline = BaselineOf(model);
  for (const CellView& cell : model.cells) {
    if (!cell.speculation || !baseline || !IsBesideBaseline(cell, *baseline)) continue;
    std::vector<std::string> parts;
    for (const KindView& kind : cell.speculation->kinds) {
      if (kind.over_plain.n == 0) continue;
      parts.push_back(fmt::format("{} x{:.2f}", kind.kind, kind.over_plain.median));
    }
    if (parts.empty()) continue;
    out += Field(out.empty() ? "by prompt" : "", cell.label + ": " + Joined(parts, ", "), width);
  }
  return out;
}

std::string NoiseInWords(const ModelView& model) {
  if (!model.aa_text.empty()) return model.aa_text;
  const bool ran = std::any_of(model.cells.begin(), model.cells.end(), [](const CellView& cell) {
    return cell.record.cell.control > 0 && cell.trials > 0;
  });
  return ran ? "unknown: the A/A control was disturbed" : "no A/A control ran";
}

std::string Tally(const SweepView& view) {
  std::string flagged = fmt::format("{} flagged", view.flagged);
  if (view.expected > 0) flagged += fmt::format(", {} of them expected", view.expected);
  return fmt::format("{} (flagged: more than {:.0f} % below the baseline)",
                     TallyInWords(view, flagged), 100 * (1 - view.flag_below));
}

// Command lines are not broken: they are there to be copied.
std::string DeployLines(const Recommendation& r) {
  std::string out;
  for (const std::string& line : {r.deploy_native, r.deploy_llamacpp, r.deploy_llama_cli}) {
    if (!line.empty()) out += "  " + VisibleLine(line) + "\n";
  }
  return out;
}

std::string ModelTable(const ModelView& model, Colour colour, size_t width) {
  const Recommendation& r = model.recommendation;
  std::string chosen = "nothing";
  for (const CellView& cell : model.cells) {
    if (!r.cell_id.empty() && cell.record.cell_id == r.cell_id) chosen = cell.label;
  }
  std::string out = "\n" + Field("model", model.name, width);
  out += Field("recommended", chosen, width);
  out += Field("", r.why, width);
  out += DeployLines(r);
  if (const Recommendation& many = model.throughput.choice; !many.why.empty()) {
    out += Field("many texts", many.why, width) + DeployLines(many);
  }
  out += Field("safe k", model.safe_k_text, width);
  out += Field("noise", NoiseInWords(model), width);
  out += Field("chat format", ChatFormatInWords(model), width);
  out += Field("placement", WinnerInWords(model), width);
  out += PassLines(model, width) + KindLines(model, width);
  return out + "\n" + Table(model.cells, colour, width);
}

}  // namespace

std::string ShowTable(const SweepView& view, Colour colour, int width) {
  const auto columns = static_cast<size_t>(std::max(width, kMinWidth));
  const SweepRecord& sweep = view.sweep;
  std::string out =
      Field("sweep",
            fmt::format("{}, {}{}, moebench {}", sweep.id, sweep.started,
                        sweep.finished.empty() ? " (not finished)" : " to " + sweep.finished,
                        sweep.version),
            columns);
  out += Field("machine", MachineInWords(sweep.machine_json), columns);
  out += Field("result", Tally(view), columns);
  out += Field("alarm", view.machine_alarm, columns);
  out += Field("A/A record", AaRecordInWords(view.aa), columns);
  out += Field("judge", JudgeInWords(view.judge), columns);
  for (const ModelView& model : view.models) out += ModelTable(model, colour, columns);
  return out;
}

}  // namespace moebench
