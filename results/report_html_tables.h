// The tables of the HTML report as data for its template (results/report/report.html.mustache).
// Every string passes VisibleText or VisibleLine here and HTML escaping in the template.
#pragma once

#include <kainjow/mustache.hpp>
#include <string>

#include "results/report_facts.h"
#include "results/sweep_view.h"

namespace moebench {

using TemplateData = kainjow::mustache::data;

// Facts as [{name, value}].
TemplateData CommandRows(const std::vector<Fact>& commands);  // program, line to be copied
TemplateData FactRows(const std::vector<Fact>& facts);
// Adds what the tables of one model need: cells, sections, troubles, samples,
// commands.
void AddModelTables(const ModelView& model, const SweepView& view, const std::string& id,
                    TemplateData& data);
// Adds what changed since the sweep before.
void AddChanges(const NightChanges& changes, TemplateData& data);
// Adds the worker sessions.
void AddSessions(const SweepView& view, TemplateData& data);

}  // namespace moebench
