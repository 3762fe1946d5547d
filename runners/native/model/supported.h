// What the forward pass can compute of all that a model file may ask for.
//   RequireSupported(file, hyper);
#pragma once

#include "runners/native/facts/hyper.h"

namespace moebench {

// Throws Error naming the architecture and every feature of the model that the engine lacks: a
// model computed without one of them gives figures that look right.
void RequireSupported(const GgufFile& file, const Hyper& hyper);

}  // namespace moebench
