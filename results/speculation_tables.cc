#include "results/speculation_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "results/report_facts.h"
#include "results/report_figures.h"
#include "results/speculation_charts.h"

namespace moebench {
namespace {

constexpr size_t kPlacesShown = 6;  // of a guess

std::string RowLabel(const Cell& cell) {
  const std::string many = cell.instances > 1 ? fmt::format("{} x ", cell.instances) : "";
  return fmt::format("{} {} {}t={}", RoutingName(cell), cell.placement, many, cell.threads);
}

// Index of the text in the list, added at its end where it isn't there.
size_t IndexIn(std::vector<std::string>& list, const std::string& text) {
  const auto found = std::find(list.begin(), list.end(), text);
  if (found != list.end()) return static_cast<size_t>(found - list.begin());
  list.push_back(text);
  return list.size() - 1;
}

std::string Times(double factor) { return fmt::format("×{:.2f}", factor); }

TableEntry CellEntry(const CellView& cell) {
  TableEntry entry;
  if (cell.decode_tps.n == 0) {
    entry.value = VerdictWord(cell);
    return entry;
  }
  entry.value = Measured(cell.decode_tps);
  std::vector<std::string> notes;
  if (cell.speculation && cell.speculation->over_plain.n > 0) {
    notes.push_back(fmt::format("{} {}", cell.speculation->utility,
                                Times(cell.speculation->over_plain.median)));
  }
  if (cell.accept_rate) notes.push_back(Percent(*cell.accept_rate) + " accepted");
  if (cell.quality.n > 0) notes.push_back("quality " + Percent(cell.quality.score));
  notes.push_back(VerdictWord(cell));
  entry.note = fmt::format("{}", fmt::join(notes, ", "));
  return entry;
}

std::vector<const CellView*> CellsThatGuess(const ModelView& model) {
  std::vector<const CellView*> cells;
  for (const CellView& cell : model.cells) {
    if (cell.speculation) cells.push_back(&cell);
  }
  return cells;
}

std::string ByPlace(const SpeculationView& s) {
  std::vector<std::string> shares;
  for (size_t i = 0; i < s.accepted_at.size() && i < kPlacesShown; ++i) {
    shares.push_back(fmt::format("{:.0f}", 100 * s.accepted_at[i]));
  }
  if (s.accepted_at.size() > kPlacesShown) shares.push_back("…");
  return fmt::format("{} %", fmt::join(shares, ", "));
}

TableEntry PredictionEntry(const SpeculationView& s) {
  if (!s.prediction) return {kNotMeasured, "", false};
  const PredictionRecord& p = *s.prediction;
  const std::string measured = s.over_plain.n > 0 ? Times(s.over_plain.median) : kNotMeasured;
  if (p.guesses == 0) {
    return {"no gain", fmt::format("measured {}; from {}", measured, p.source), false};
  }
  return {fmt::format("{} with {}", Times(p.speedup), p.guesses),
          fmt::format("measured {} with {:.1f}; from {}", measured, s.guesses_per_pass, p.source),
          false};
}

}  // namespace

bool Speculates(const ModelView& model) {
  return std::any_of(model.cells.begin(), model.cells.end(),
                     [](const CellView& cell) { return cell.record.cell.decoding != "plain"; });
}

TextTable DecodingTable(const ModelView& model) {
  TextTable table;
  if (!Speculates(model)) return table;
  table.head = {"experts", "plain"};
  for (const CellView& cell : model.cells) IndexIn(table.head, DecodingName(cell.record.cell));
  std::vector<std::string> labels;
  for (const CellView& cell : model.cells) {
    if (cell.record.cell.control > 0) continue;
    const size_t row = IndexIn(labels, RowLabel(cell.record.cell));
    if (row == table.rows.size()) {
      table.rows.push_back({labels[row], std::vector<TableEntry>(table.head.size() - 1)});
    }
    TableEntry entry = CellEntry(cell);
    entry.best = &cell == RecommendedOf(model);
    table.rows[row].entries[IndexIn(table.head, DecodingName(cell.record.cell)) - 1] = entry;
  }
  return table;
}

TextTable PassTable(const ModelView& model) {
  TextTable table;
  std::vector<int> sizes;
  for (const PassTableView& passes : model.passes) {
    for (const PassCostView& pass : passes.passes) {
      if (std::find(sizes.begin(), sizes.end(), pass.tokens) == sizes.end()) {
        sizes.push_back(pass.tokens);
      }
    }
  }
  if (sizes.empty()) return table;
  std::sort(sizes.begin(), sizes.end());
  table.head = {"tokens of a pass"};
  for (const int tokens : sizes) table.head.push_back(std::to_string(tokens));
  for (const PassTableView& passes : model.passes) {
    TextTable::Row row{passes.label, std::vector<TableEntry>(sizes.size())};
    for (const PassCostView& pass : passes.passes) {
      const auto at = std::find(sizes.begin(), sizes.end(), pass.tokens) - sizes.begin();
      std::string note;
      if (pass.experts_expected > 0) {
        note = fmt::format("{:.1f} of {:.1f} experts", pass.experts, pass.experts_expected);
      }
      row.entries[static_cast<size_t>(at)] = {fmt::format("{:.2f}", pass.ratio), note, false};
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable KindTable(const ModelView& model) {
  TextTable table;
  table.head = {"setting"};
  for (const CellView* cell : CellsThatGuess(model)) {
    for (const KindView& kind : cell->speculation->kinds) IndexIn(table.head, kind.kind);
  }
  if (table.head.size() == 1) return {};
  for (const CellView* cell : CellsThatGuess(model)) {
    TextTable::Row row{cell->label, std::vector<TableEntry>(table.head.size() - 1)};
    for (const KindView& kind : cell->speculation->kinds) {
      TableEntry& entry = row.entries[IndexIn(table.head, kind.kind) - 1];
      entry.value = kind.over_plain.n > 0 ? Factor(kind.over_plain) : kNotMeasured;
      entry.note = kind.accept_rate ? Percent(*kind.accept_rate) + " accepted" : "no guesses";
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable GuessTable(const ModelView& model) {
  TextTable table;
  table.head = {"setting",
                "tokens per pass",
                "accepted by place",
                "experts of a layer",
                "share of time",
                "predicted",
                "texts"};
  for (const CellView* cell : CellsThatGuess(model)) {
    const SpeculationView& s = *cell->speculation;
    TextTable::Row row{cell->label, {}};
    row.entries.push_back({fmt::format("{:.2f}", s.tokens_per_step),
                           fmt::format("{:.1f} guesses", s.guesses_per_pass), false});
    row.entries.push_back({ByPlace(s),
                           fmt::format("drafted {} of {}, looked up {} of {}", s.accepted,
                                       s.drafted, s.lookup_accepted, s.looked_up),
                           false});
    row.entries.push_back(
        s.experts_expected > 0
            ? TableEntry{fmt::format("{:.1f}", s.experts_per_pass),
                         fmt::format("U({:.1f}) = {:.1f}", s.tokens_per_pass, s.experts_expected),
                         false}
            : TableEntry{"dense", "", false});
    row.entries.push_back({fmt::format("draft {}", Percent(s.draft_share)),
                           fmt::format("verify {}, lookup {}, way back {}", Percent(s.verify_share),
                                       Percent(s.lookup_share), Percent(s.rollback_share)),
                           false});
    row.entries.push_back(PredictionEntry(s));
    row.entries.push_back(
        {s.parity.texts == 0 ? kNotMeasured
                             : fmt::format("{} of {} equal", s.parity.equal, s.parity.texts),
         s.parity.equal < s.parity.texts ? fmt::format("others by at most {:.3f} logits ({})",
                                                       s.parity.worst_gap, s.parity.worst)
                                         : "",
         false});
    table.rows.push_back(std::move(row));
  }
  return table.rows.empty() ? TextTable() : table;
}

std::vector<ReportSection> SpeculationSections(const ModelView& model,
                                               const std::vector<SpeedPromptRecord>& prompts) {
  std::vector<ReportSection> all = {
      {"Experts and decoding",
       "Decode tokens/s, median [95 % interval]; gain or loss is over plain decoding with as many "
       "experts, the verdict is against the baseline.",
       DecodingTable(model), Speculates(model) ? DecodingChart(model) : std::nullopt},
      {"By kind of prompt",
       fmt::format("Speed over plain decoding with as many experts, and accepted guesses. {}.",
                   fmt::join(PromptKinds(prompts), "; ")),
       KindTable(model)},
      {"Guesses",
       "Tokens that one pass of the model gives; accepted guesses by their place in the pass; "
       "different experts beside what independent routing would take, U(T) = N (1 − (1 − k/N)^T); "
       "the speed-up that was predicted before most trials ran, beside the measured one; greedy "
       "texts held against plain decoding's.",
       GuessTable(model)},
      {"Cost of a pass",
       "R(T): time of a pass over T tokens over that of one token; different experts of a layer, "
       "measured of U(T).",
       PassTable(model), PassChart(model)}};
  std::erase_if(all, [](const ReportSection& section) { return section.table.empty(); });
  return all;
}

std::vector<std::string> PromptKinds(const std::vector<SpeedPromptRecord>& prompts) {
  std::vector<std::string> kinds;
  std::vector<std::pair<int, double>> sums;  // prompts, repeated shares
  for (const SpeedPromptRecord& prompt : prompts) {
    if (prompt.kind.empty()) continue;
    const size_t i = IndexIn(kinds, prompt.kind);
    if (i == sums.size()) sums.emplace_back();
    ++sums[i].first;
    sums[i].second += prompt.repeated_share;
  }
  for (size_t i = 0; i < kinds.size(); ++i) {
    kinds[i] = fmt::format("{}: {} {}, {} of their 5-grams repeated", kinds[i], sums[i].first,
                           sums[i].first == 1 ? "prompt" : "prompts",
                           Percent(sums[i].second / sums[i].first));
  }
  return kinds;
}

}  // namespace moebench
