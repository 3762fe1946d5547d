#include "results/report_html.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/base/error.h"
#include "harness/base/hash.h"
#include "results/report_answer.h"
#include "results/report_assets.h"
#include "results/report_cells.h"
#include "results/report_charts.h"
#include "results/report_escape.h"
#include "results/report_facts.h"
#include "results/report_figures.h"
#include "results/report_html_tables.h"
#include "results/report_judge.h"

namespace moebench {
namespace {

constexpr size_t kFlaggedInAnswer = 3;

// Base64 (RFC 4648) of the bytes that hex digits name, as a CSP hash source wants it.
std::string Base64OfHex(const std::string& hex) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : hex) {  // four bits each
    bits = (bits << 4) | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    count += 4;
    if (count >= 6) out += kDigits[(bits >> (count -= 6)) & 63u];
  }
  if (count > 0) out += kDigits[(bits << (6 - count)) & 63u];
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

std::string HashSource(std::string_view content) {
  return "'sha256-" + Base64OfHex(Sha256Hex(content)) + "'";
}

std::string ContentSecurityPolicy() {
  return fmt::format(
      "default-src 'none'; script-src {} {}; style-src {}; img-src data:; base-uri 'none'; "
      "form-action 'none'",
      HashSource(kChartJs), HashSource(kReportJs), HashSource(kReportCss));
}

// "×1.38 [1.36, 1.40]" -> the figure and its interval in two fields of the template.
void SetEstimate(const std::string& name, const std::string& text, TemplateData& data) {
  const size_t bracket = text.find(" [");
  data.set(name, text.substr(0, bracket));
  if (bracket == std::string::npos) {
    data.set(name + "_interval", false);
  } else {
    data.set(name + "_interval", text.substr(bracket + 1));
  }
}

TemplateData FlaggedItems(const Answer& answer) {
  TemplateData list{TemplateData::type::list};
  for (size_t i = 0; i < answer.flagged.size() && i < kFlaggedInAnswer; ++i) {
    const CellView& cell = *answer.flagged[i];
    TemplateData item;
    item.set("label", VisibleLine(cell.label));
    item.set("reasons",
             VisibleLine(Shortened(cell.reasons.empty() ? "" : cell.reasons.front(), 300)));
    list << item;
  }
  return list;
}

void AddAnswer(const ModelView& model, const SweepView& view, TemplateData& data) {
  const Answer answer = AnswerFor(model, view);
  data.set("eyebrow", RecommendedOf(model) == nullptr ? "Result for" : "Recommended for");
  data.set("setting", VisibleLine(answer.setting));
  if (answer.why.empty()) {
    data.set("why", false);
  } else {
    data.set("why", VisibleLine(answer.why));
  }
  if (answer.many.empty()) {
    data.set("many", false);
  } else {
    data.set("many", VisibleLine(answer.many));
  }
  SetEstimate("gain", answer.gain, data);
  SetEstimate("price", answer.price, data);
  data.set("gain_detail", VisibleLine(answer.gain_detail));
  data.set("price_detail", VisibleLine(answer.price_detail));
  if (model.safe_k_text.empty()) {
    data.set("safe_k", false);
  } else {
    data.set("safe_k", VisibleLine(model.safe_k_text));
  }
  data.set("judge", VisibleLine(JudgeInWords(view.judge)));
  data.set("flagged_count", answer.flagged.empty() ? "nothing"
                                                   : fmt::format("{} of {}", answer.flagged.size(),
                                                                 model.cells.size()));
  data.set("flagged", FlaggedItems(answer));
  if (answer.flagged.size() > kFlaggedInAnswer) {
    data.set("flagged_more",
             fmt::format("{} more in the table", answer.flagged.size() - kFlaggedInAnswer));
  } else {
    data.set("flagged_more", false);
  }
  data.set("comparable", answer.comparable);
  SetEstimate("noise", answer.noise, data);
  data.set("quiet", VisibleLine(answer.quiet));
  const std::string record = AaRecordInWords(view.aa);
  data.set("past", VisibleLine(answer.past + (record.empty() ? "" : " " + record + ".")));
  data.set("has_deploy", !answer.deploy.empty());
  data.set("deploy", CommandRows(answer.deploy));
}

void AddCharts(const ModelView& model, TemplateData& data) {
  const std::vector<const CellView*> charted = ChartedCells(model);
  data.set("pareto", charted.size() >= 2);
  data.set("pareto_label",
           fmt::format("Chart of decode speed against quality for {} settings. The table after it "
                       "has the same figures.",
                       charted.size()));
  const std::vector<const CellView*> curve = CurveCells(model);
  data.set("curve", !curve.empty());
  if (curve.empty()) return;
  const Cell& base = BaselineOf(model)->record.cell;
  data.set("curve_setting", VisibleLine(fmt::format("{}, {}, {} threads, k={}", base.decoding,
                                                    base.placement, base.threads, base.k)));
  data.set("curve_label",
           fmt::format("Chart of decode speed and quality relative to the baseline for {} expert "
                       "counts. The table after it has the same figures.",
                       curve.size()));
}

TemplateData ModelData(const ModelView& model, size_t index, const SweepView& view) {
  TemplateData data;
  data.set("index", std::to_string(index));
  data.set("id", fmt::format("model-{}", index + 1));
  data.set("first", index == 0);
  data.set("name", VisibleLine(model.name));
  data.set("sha256", VisibleLine(model.record.sha256));
  data.set("nav", view.models.size() == 1 ? "Figures" : VisibleLine(model.name));
  data.set("figures_title",
           view.models.size() == 1 ? "Figures" : "Figures of " + VisibleLine(model.name));
  data.set("reproduce", VisibleLine(ReproduceSweep(model, view.sweep)));
  data.set("model_facts", FactRows(FactsOfJson(model.record.facts_json)));
  AddAnswer(model, view, data);
  AddCharts(model, data);
  AddModelTables(model, view, fmt::format("model-{}", index + 1), data);
  return data;
}

}  // namespace

std::string ReportHtml(const SweepView& view) {
  const SweepRecord& sweep = view.sweep;
  TemplateData data;
  data.set("csp", ContentSecurityPolicy());
  data.set("title", fmt::format("moebench sweep {}", sweep.id));
  data.set("run", VisibleLine(fmt::format("Sweep {} · {} · {}", sweep.id, ProgressInWords(view),
                                          TallyInWords(view))));
  data.set("machine_line", VisibleLine(MachineInWords(sweep.machine_json)));
  if (sweep.finished.empty()) {
    data.set("partial", fmt::format("This sweep is not finished: {} of its settings have not run. "
                                    "What follows is what was measured so far.",
                                    view.planned));
  } else {
    data.set("partial", false);
  }
  if (view.machine_alarm.empty()) {
    data.set("alarm", false);
  } else {
    data.set("alarm", VisibleLine("Machine alarm: " + view.machine_alarm));
  }
  TemplateData models{TemplateData::type::list};
  for (size_t i = 0; i < view.models.size(); ++i) models << ModelData(view.models[i], i, view);
  data.set("models", models);
  data.set("machine", FactRows(MachineFacts(sweep.machine_json)));
  AddChanges(view.changes, data);
  AddSessions(view, data);
  data.set("version", VisibleLine(sweep.version));
  data.set("config_hash", VisibleLine(sweep.config_hash));
  data.set("machine_hash", VisibleLine(sweep.machine_hash));
  data.set("seed", std::to_string(sweep.seed));
  data.set("config", FactRows(FactsOfJson(sweep.config_json)));
  data.set("threshold", fmt::format("{:.0f} %", 100 * view.flag_below));
  data.set("css", std::string(kReportCss));
  data.set("chart_data", ChartDataJson(view));
  data.set("chart_js", std::string(kChartJs));
  data.set("report_js", std::string(kReportJs));
  kainjow::mustache::mustache page{std::string(kReportTemplate)};
  CHECK(page.is_valid());
  return page.render(data);
}

}  // namespace moebench
