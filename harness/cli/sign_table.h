// The signs of sickness in a sweep's answers, as a table and as JSON (moebench show --signs).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "results/store.h"
#include "results/sweep_view.h"

namespace moebench {

std::string SignTable(const SweepView& view, const SweepRows& rows);
// Of every cell of the model, in its order: all answers first, then each sign; empty where it gave
// none.
std::vector<std::vector<SignCount>> SignCounts(const ModelView& model, const SweepRows& rows);
nlohmann::json SignJson(const SweepView& view, const SweepRows& rows);  // moebench.signs/1

}  // namespace moebench
