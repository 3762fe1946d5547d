// What a model file says of itself, for people and for guards: from the header, no weights read.
//   ModelFacts facts = ReadModelFacts(GgufFile::Open("m.gguf"));
//   facts.MaxSpeedup(4);
#pragma once

#include "runners/native/gguf/gguf_file.h"
#include "runners/runner.h"

namespace moebench {

// kv_element_bytes: of one number in the KV cache, 4 for f32. Throws Error as ReadHyper does.
ModelFacts ReadModelFacts(const GgufFile& file, int kv_element_bytes = 4);

}  // namespace moebench
