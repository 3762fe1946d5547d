// The command lines that deploy a setting, in our own engine and in llama.cpp's programs. Pure.
#pragma once

#include <vector>

#include "results/instance_places.h"
#include "results/sweep_view.h"

namespace moebench {

// Fills the lines of `choice`; those of llama.cpp stay empty where it can't do the same.
//   places  where the cell was asked to run; one for each instance
//   is_k0   it uses as many experts as the model does by itself
void FillDeployLines(const Cell& cell, const std::vector<InstancePlace>& places, bool is_k0,
                     const ModelRecord& model, Recommendation& choice);

}  // namespace moebench
