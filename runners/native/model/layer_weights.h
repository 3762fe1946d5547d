// Which tensors of a file a layer is made of.
//   PlanLayer(plan, hyper, i, layers[i]);
#pragma once

#include "runners/native/model/weight_plan.h"
#include "runners/native/model/weights.h"

namespace moebench {

// Plans everything of layer i and sums the bytes. Throws Error as the plan does.
void PlanLayer(WeightPlan& plan, const Hyper& hyper, int i, LayerWeights& layer);

}  // namespace moebench
