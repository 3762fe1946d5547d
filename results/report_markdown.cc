#include "results/report_markdown.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "results/report_answer.h"
#include "results/report_escape.h"
#include "results/report_facts.h"
#include "results/report_figures.h"
#include "results/report_judge.h"
#include "results/report_sections.h"

namespace moebench {
namespace {

// Bytes; a comment on GitHub may have 65,536 characters. The answers and the commands to do it
// again always fit: what grows with the sweep is counted against these and named where it is left
// out.
constexpr size_t kLimitBytes = 50'000;
constexpr size_t kEndLimitBytes = 56'000;    // with the machine's state and how to do it again
constexpr size_t kCellsLimitBytes = 34'000;  // up to the end of the table of every setting
constexpr size_t kTextLimitBytes = 600;      // a prompt or answer
constexpr size_t kReasonLimitBytes = 400;    // an error message
constexpr size_t kLabelsPerReason = 12;      // cells named for one reason
constexpr size_t kFlaggedInHeadline = 6;
constexpr size_t kSamplesPerModel = 5;
constexpr size_t kMostNamed = 8;  // parts that were left out
constexpr size_t kNameLimitBytes = 80;

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

// The report as it grows, and what found no room in it.
struct Page {
  std::string text;
  std::vector<std::string> left_out;

  bool Fits(size_t bytes, size_t limit = kLimitBytes) const { return text.size() + bytes <= limit; }
  // All of it or, by its name, nothing.
  void AddOrName(const std::string& name, const std::string& part, size_t limit = kLimitBytes) {
    if (Fits(part.size(), limit)) {
      text += part;
    } else {
      left_out.push_back(name);
    }
  }
};

std::string CellName(const CellView& cell, const ModelView& model) {
  std::string name = Inline(cell.label);
  if (&cell == BaselineOf(model)) name += " (baseline)";
  if (&cell == RecommendedOf(model)) name = "**" + name + "** (recommended)";
  return name;
}

std::string CommandFence(const std::vector<Fact>& commands) {
  std::vector<std::string> lines;
  for (const auto& [program, line] : commands) {
    lines.push_back("# " + program);
    lines.push_back(line);
  }
  return MarkdownFence(fmt::format("{}", fmt::join(lines, "\n")), "sh");
}

void AddAnswer(const ModelView& model, const SweepView& view, std::string& out) {
  const Answer answer = AnswerFor(model, view);
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
  if (!answer.many.empty()) {
    out += fmt::format("- Many texts at once: {}\n", Inline(answer.many));
  }
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
  if (!model.safe_k_text.empty()) {
    out += fmt::format("- Smallest safe expert count: {}. ", Inline(model.safe_k_text));
  } else {
    out += "- ";
  }
  out += fmt::format("Judge: {}\n", Inline(JudgeInWords(view.judge)));
  out += fmt::format("- Is tonight comparable: **{}**. Noise: {}. {} {}\n", answer.comparable,
                     answer.noise, Inline(answer.quiet), Inline(answer.past));
  const std::string chat = ChatFormatInWords(model);
  if (!chat.empty()) out += fmt::format("- Chat format: {}\n", Inline(chat));
  out += '\n';
  if (!answer.deploy.empty()) out += CommandFence(answer.deploy) + '\n';
}

void AddFigures(const ModelView& model, Page& page) {
  page.text +=
      "### Every setting\n\n"
      "Median [95 % interval], n = samples; × and change are against the baseline.\n\n";
  page.text += Row({"setting", "decode tokens/s", "× speed", "quality", "change of quality",
                    "answers", "verdict", "why"}) +
               Row(std::vector<std::string>(8, "---"));
  const CellView* baseline = BaselineOf(model);
  size_t shown = 0;
  for (const CellView& cell : model.cells) {
    const std::string row = Row({CellName(cell, model), SpeedInWords(cell, cell.decode_tps),
                                 SpeedAgainst(baseline, cell), Score(cell.quality),
                                 ScoreAgainst(baseline, cell), OutcomesInWords(cell.quality),
                                 Inline(VerdictWord(cell)), Joined(VerdictReasons(cell), "; ")});
    if (page.text.size() + row.size() > kCellsLimitBytes) break;
    page.text += row;
    ++shown;
  }
  if (shown < model.cells.size()) {
    page.text += fmt::format("\n{} more cells do not fit here: `moebench show` lists them.\n",
                             model.cells.size() - shown);
    page.left_out.push_back(fmt::format("{} of {} cells of {}", model.cells.size() - shown,
                                        model.cells.size(), model.name));
  }
  page.text += '\n';
}

std::string SectionText(const ReportSection& section) {
  const TextTable& table = section.table;
  std::string text =
      fmt::format("### {}\n\n{}\n\n", MarkdownText(section.title), MarkdownText(section.caption));
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
  for (const std::string& note : section.notes) text += '\n' + Inline(note) + '\n';
  if (!section.commands.empty()) text += '\n' + CommandFence(section.commands);
  return text + '\n';
}

void AddSections(const ModelView& model, const SweepView& view, Page& page) {
  for (const ReportSection& section : SectionsOf(model, view)) {
    page.AddOrName(fmt::format("{} of {}", section.title, model.name), SectionText(section));
  }
}

void AddTroubles(const ModelView& model, Page& page) {
  const std::vector<Trouble> troubles = TroublesOf(model);
  if (troubles.empty()) return;
  page.text += "### Skipped, failed, invalid, not run\n\n";
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
    if (!page.Fits(line.size())) break;
    page.text += line;
    ++shown;
  }
  if (shown < troubles.size()) {
    page.left_out.push_back(
        fmt::format("{} more reasons of skipped and failed cells", troubles.size() - shown));
  }
  page.text += '\n';
}

void AddSamples(const ModelView& model, Page& page) {
  size_t shown = 0, cells = 0;
  std::string text = "### Answers the baseline had right and a setting had not\n\n";
  for (const CellView& cell : model.cells) {
    if (cell.samples.empty()) continue;
    ++cells;
    if (shown == kSamplesPerModel) continue;
    const SampleAnswer& sample = cell.samples.front();
    const std::string block = fmt::format(
        "{} on item {} ({}). Asked:\n\n{}\nBaseline:\n\n{}\n{}:\n\n{}\n", Inline(cell.label),
        Inline(sample.item_id), Inline(sample.outcome),
        MarkdownFence(Shortened(sample.prompt, kTextLimitBytes), "text"),
        MarkdownFence(Shortened(sample.baseline_answer, kTextLimitBytes), "text"),
        Inline(cell.label), MarkdownFence(Shortened(sample.answer, kTextLimitBytes), "text"));
    if (!page.Fits(text.size() + block.size())) continue;
    text += block;
    ++shown;
  }
  if (shown > 0) page.text += text;
  if (shown < cells) {
    page.left_out.push_back(
        fmt::format("answers of {} more cells of {}", cells - shown, model.name));
  }
}

void AddChanges(const NightChanges& changes, Page& page) {
  std::string text = fmt::format("## What changed\n\n{}\n\n", Inline(ChangesInWords(changes)));
  if (!changes.facts.empty()) text += Row({"what", "before", "now"}) + Row({"---", "---", "---"});
  for (const ChangedFact& fact : changes.facts) {
    text += Row({Inline(fact.name), Inline(fact.before), Inline(fact.now)});
  }
  page.AddOrName("what changed since the last sweep", text + (changes.facts.empty() ? "" : "\n"));
}

void AddMachine(const SweepView& view, Page& page) {
  std::string text = "## Machine\n\n";
  const std::vector<Fact> facts = MachineFacts(view.sweep.machine_json);
  if (facts.empty()) text += "Not recorded.\n";
  for (const auto& [name, value] : facts) {
    text += fmt::format("- {}: {}\n", Inline(name), Inline(value));
  }
  page.AddOrName("the machine's state", text + '\n', kEndLimitBytes);
}

void AddReproduce(const SweepView& view, Page& page) {
  std::vector<std::string> lines;
  for (const ModelView& model : view.models) lines.push_back(ReproduceSweep(model, view.sweep));
  const SweepRecord& sweep = view.sweep;
  page.AddOrName(
      "command lines to do it again",
      fmt::format("## Do it again\n\nmoebench {}, configuration {}, machine {}, seed {}.\n\n{}",
                  Inline(sweep.version), Inline(sweep.config_hash), Inline(sweep.machine_hash),
                  sweep.seed, MarkdownFence(fmt::format("{}", fmt::join(lines, "\n")), "sh")),
      kEndLimitBytes);
  for (const ModelView& model : view.models) {
    page.AddOrName(
        "checksum of " + model.name,
        fmt::format("\n{}: sha256 {}\n", Inline(model.name), Inline(model.record.sha256)),
        kEndLimitBytes);
  }
}

void AddLeftOut(Page& page) {
  if (page.left_out.empty()) return;
  const size_t named = std::min(page.left_out.size(), kMostNamed);
  const size_t more = page.left_out.size() - named;
  page.left_out.resize(named);
  for (std::string& name : page.left_out) name = Shortened(name, kNameLimitBytes);
  page.text += fmt::format(
      "\nLeft out, for one comment holds 65,536 characters: {}{}. `moebench report --format html` "
      "has all of it.\n",
      Joined(page.left_out, "; "), more > 0 ? fmt::format("; {} more parts", more) : "");
}

}  // namespace

std::string ReportMarkdown(const SweepView& view) {
  Page page{.text = fmt::format("# moebench: sweep {}\n\n{}. {}.\n\n", view.sweep.id,
                                Inline(TallyInWords(view)), Inline(ProgressInWords(view))),
            .left_out = {}};
  if (!view.machine_alarm.empty()) {
    page.text += fmt::format("**Machine alarm:** {}.\n\n", Inline(view.machine_alarm));
  }
  const std::string controls = AaRecordInWords(view.aa);
  if (!controls.empty()) page.text += Inline(controls) + ".\n\n";
  if (view.models.empty()) page.text += "No model was swept.\n\n";
  for (const ModelView& model : view.models) {
    std::string answer = fmt::format("## {}\n\n", Inline(model.name));
    AddAnswer(model, view, answer);
    page.AddOrName("the answer for " + model.name, answer);
  }
  for (const ModelView& model : view.models) {
    if (view.models.size() > 1) page.text += fmt::format("## {}: figures\n\n", Inline(model.name));
    AddFigures(model, page);
    AddTroubles(model, page);
  }
  AddChanges(view.changes, page);
  for (const ModelView& model : view.models) {
    if (view.models.size() > 1) page.text += fmt::format("## {}: more\n\n", Inline(model.name));
    AddSections(model, view, page);
    AddSamples(model, page);
  }
  AddReproduce(view, page);
  AddMachine(view, page);
  AddLeftOut(page);
  return page.text;
}

}  // namespace moebench
