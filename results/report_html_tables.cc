#include "results/report_html_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "results/report_escape.h"
#include "results/report_figures.h"
#include "results/report_sections.h"

namespace moebench {
namespace {

// So that a large sweep stays a page that opens: samples beyond these are counted, not shown.
constexpr size_t kSampleBytes = 2'000;     // of one prompt or answer
constexpr size_t kSamplesBytes = 500'000;  // of all of a model
constexpr size_t kOpenSampleCells = 2;     // shown unfolded
constexpr size_t kMaxSessions = 200;
constexpr size_t kLongTable = 100;  // rows; laid out only when scrolled to
constexpr size_t kTallTable = 16;   // rows; scrolls in a box of its own, its head stays
constexpr size_t kReasonBytes = 1'000;

using List = TemplateData;

List NewList() { return List{TemplateData::type::list}; }

// "209.8 [205.1, 214.9], n=6" as a value and, beneath it, its spread.
TemplateData FigureCell(const std::string& text) {
  TemplateData cell;
  const size_t bracket = text.find(" [");
  cell.set("value", text.substr(0, bracket));
  if (bracket == std::string::npos) {
    cell.set("spread", false);
  } else {
    cell.set("spread", text.substr(bracket + 1));
  }
  return cell;
}

List FigureCells(const std::vector<std::string>& texts) {
  List cells = NewList();
  for (const std::string& text : texts) cells << FigureCell(text);
  return cells;
}

// A mark for each verdict and status, so that colour never stands alone.
std::string SymbolOf(const std::string& word) {
  if (word == "ok") return "=";
  if (word == "flagged") return "▼";
  if (word == "improved") return "▲";
  if (word == "inconclusive") return "?";
  if (word == "skipped") return "–";
  if (word == "failed") return "✕";
  if (word == "invalid") return "⊘";
  return "…";
}

// A style class: one of our own words, whatever the view says.
std::string ClassOf(const std::string& word) {
  for (const char* known :
       {"ok", "flagged", "improved", "inconclusive", "skipped", "failed", "invalid"}) {
    if (word == known) return word;
  }
  return "other";
}

TemplateData CellRow(const CellView& cell, const ModelView& model) {
  const bool is_baseline = &cell == BaselineOf(model);
  const bool recommended = &cell == RecommendedOf(model);
  const std::string word = VerdictWord(cell);
  const std::vector<std::string> all = VerdictReasons(cell);
  List reasons = NewList();  // what decided, then all else in one paragraph
  if (!all.empty()) {
    reasons << TemplateData{"text", VisibleLine(Shortened(all.front(), kReasonBytes))};
    const std::string more = fmt::format("{}", fmt::join(all.begin() + 1, all.end(), "; "));
    if (!more.empty()) {
      reasons << TemplateData{"text", VisibleLine(Shortened(more, kReasonBytes))};
    }
  }
  TemplateData row;
  row.set("label", VisibleLine(cell.label));
  row.set("recommended", recommended);
  if (recommended || is_baseline) {
    row.set("tag",
            recommended ? (is_baseline ? "recommended: the baseline" : "recommended") : "baseline");
  } else {
    row.set("tag", false);
  }
  row.set("figures",
          FigureCells({SpeedInWords(cell, cell.decode_tps), SpeedAgainst(BaselineOf(model), cell),
                       Score(cell.quality), ScoreAgainst(BaselineOf(model), cell)}));
  row.set("answers", OutcomesInWords(cell.quality));
  row.set("kind", ClassOf(word));
  row.set("symbol", SymbolOf(word));
  row.set("verdict", VisibleLine(word));
  row.set("reasons", reasons);
  return row;
}

TemplateData EntryCell(const TableEntry& entry) {
  TemplateData cell;
  cell.set("value", VisibleLine(entry.value));
  cell.set("best", entry.best);
  if (entry.note.empty()) {
    cell.set("note", false);
  } else {
    cell.set("note", VisibleLine(entry.note));
  }
  return cell;
}

TemplateData TableRows(const TextTable& table) {
  List rows = NewList();
  for (const TextTable::Row& row : table.rows) {
    List entries = NewList();
    for (const TableEntry& entry : row.entries) entries << EntryCell(entry);
    TemplateData item;
    item.set("label", VisibleLine(row.label));
    item.set("entries", entries);
    rows << item;
  }
  return rows;
}

void AddSections(const ModelView& model, const SweepView& view, const std::string& id,
                 TemplateData& data) {
  List sections = NewList();
  int number = 0, charts = 0;
  for (const ReportSection& s : SectionsOf(model, view)) {
    List head = NewList(), notes = NewList();
    for (const std::string& name : s.table.head) head << TemplateData{"name", VisibleLine(name)};
    for (const std::string& note : s.notes) notes << TemplateData{"text", VisibleLine(note)};
    TemplateData section;
    section.set("section_id", fmt::format("{}-part-{}", id, ++number));
    section.set("section_title", VisibleLine(s.title));
    section.set("caption", VisibleLine(s.caption));
    section.set("section_long", s.table.rows.size() > kLongTable);
    section.set("section_tall", s.table.rows.size() > kTallTable);
    section.set("section_head", head);
    section.set("section_rows", TableRows(s.table));
    section.set("notes", notes);
    section.set("has_commands", !s.commands.empty());
    section.set("commands", CommandRows(s.commands));
    section.set("has_chart", s.chart.has_value());
    if (s.chart) {
      section.set("chart_number", std::to_string(charts++));
      section.set("chart_caption", VisibleLine(s.chart->caption));
      section.set(
          "chart_label",
          VisibleLine(fmt::format("Chart: {}. The table after it has the same figures.", s.title)));
      section.set("heat", s.chart->kind == ReportChart::Kind::kHeat);
    }
    sections << section;
  }
  data.set("sections", sections);
}

void AddTroubles(const ModelView& model, TemplateData& data) {
  List list = NewList();
  const std::vector<Trouble> troubles = TroublesOf(model);
  for (const Trouble& trouble : troubles) {
    TemplateData item;
    item.set("status", VisibleLine(Shortened(trouble.status, kReasonBytes)));
    item.set("labels", VisibleLine(fmt::format("{}", fmt::join(trouble.labels, ", "))));
    list << item;
  }
  data.set("has_troubles", !troubles.empty());
  data.set("troubles", list);
}

TemplateData SampleItem(const SampleAnswer& sample) {
  const auto shown = [](const std::string& text) {
    return text.empty() ? std::string("(empty)") : VisibleText(Shortened(text, kSampleBytes));
  };
  TemplateData item;
  item.set("item", VisibleLine(sample.item_id));
  item.set("outcome", VisibleLine(sample.outcome));
  item.set("prompt", shown(sample.prompt));
  item.set("baseline_answer", shown(sample.baseline_answer));
  item.set("answer", shown(sample.answer));
  return item;
}

void AddSamples(const ModelView& model, TemplateData& data) {
  List cells = NewList();
  size_t bytes = 0, shown_cells = 0, left_out = 0;
  for (const CellView& cell : model.cells) {
    if (cell.samples.empty()) continue;
    if (bytes > kSamplesBytes) {
      ++left_out;
      continue;
    }
    List samples = NewList();
    for (const SampleAnswer& sample : cell.samples) {
      bytes += std::min(kSampleBytes, sample.prompt.size()) +
               std::min(kSampleBytes, sample.baseline_answer.size()) +
               std::min(kSampleBytes, sample.answer.size()) + 500;  // markup
      samples << SampleItem(sample);
    }
    TemplateData item;
    item.set("label", VisibleLine(cell.label));
    item.set("open", shown_cells < kOpenSampleCells);
    item.set("samples", samples);
    cells << item;
    ++shown_cells;
  }
  data.set("has_samples", shown_cells > 0);
  data.set("sample_cells", cells);
  if (left_out > 0) {
    data.set("samples_left_out",
             fmt::format("Samples of {} more settings are in the database.", left_out));
  } else {
    data.set("samples_left_out", false);
  }
}

}  // namespace

TemplateData CommandRows(const std::vector<Fact>& commands) {
  List rows = NewList();
  for (const auto& [engine, line] : commands) {
    TemplateData row;
    row.set("engine", engine);
    row.set("line", VisibleLine(line));
    rows << row;
  }
  return rows;
}

TemplateData FactRows(const std::vector<Fact>& facts) {
  List rows = NewList();
  for (const auto& [name, value] : facts) {
    TemplateData row;
    row.set("name", VisibleLine(name));
    row.set("value", VisibleLine(value));
    rows << row;
  }
  return rows;
}

void AddModelTables(const ModelView& model, const SweepView& view, const std::string& id,
                    TemplateData& data) {
  List cells = NewList(), commands = NewList();
  for (const CellView& cell : model.cells) {
    cells << CellRow(cell, model);
    if (cell.record.cell.control == 0) {
      TemplateData command;
      command.set("label", VisibleLine(cell.label));
      command.set("line", VisibleLine(ReproduceCell(cell, view.sweep)));
      commands << command;
    }
  }
  data.set("long", model.cells.size() > kLongTable);
  data.set("tall", model.cells.size() > kTallTable);
  data.set("cells", cells);
  data.set("commands", commands);
  AddSections(model, view, id, data);
  AddTroubles(model, data);
  AddSamples(model, data);
}

void AddChanges(const NightChanges& changes, TemplateData& data) {
  List rows = NewList();
  for (const ChangedFact& fact : changes.facts) {
    TemplateData row;
    row.set("name", VisibleLine(fact.name));
    row.set("before", VisibleLine(Shortened(fact.before, kReasonBytes)));
    row.set("now", VisibleLine(Shortened(fact.now, kReasonBytes)));
    rows << row;
  }
  data.set("changes_title", VisibleLine(ChangesInWords(changes)));
  data.set("has_changes", !changes.facts.empty());
  data.set("changes", rows);
}

void AddSessions(const SweepView& view, TemplateData& data) {
  List rows = NewList();
  const size_t shown = std::min(view.sessions.size(), kMaxSessions);
  for (size_t i = 0; i < shown; ++i) {
    const SessionRecord& s = view.sessions[i];
    TemplateData row;
    row.set("id", std::to_string(s.id));
    row.set("started", VisibleLine(s.started));
    row.set("placement", VisibleLine(fmt::format("{}, {} threads", s.placement, s.threads)));
    row.set("engine", VisibleLine(s.engine_version));
    row.set("isa", VisibleLine(s.isa));
    row.set("load", OrNotMeasured(s.load_s, ""));
    row.set("memory", "memory " + OrNotMeasured(s.read_bandwidth_gbps, ""));
    row.set("cache", "cache " + OrNotMeasured(s.cache_bandwidth_gbps, ""));
    row.set("asked", FactRows(FactsOfJson(s.asked_json)));
    row.set("got", FactRows(FactsOfJson(s.proof_json)));
    row.set("after", FactRows(FactsOfJson(s.proof_after_json)));
    rows << row;
  }
  data.set("has_sessions", shown > 0);
  data.set("sessions", rows);
  if (shown < view.sessions.size()) {
    data.set("sessions_left_out",
             fmt::format("{} more processes are in the database.", view.sessions.size() - shown));
  } else {
    data.set("sessions_left_out", false);
  }
}

}  // namespace moebench
