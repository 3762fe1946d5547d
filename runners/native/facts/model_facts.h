// What a model file says of itself, for people and for guards: from the header, no weights read.
//   ModelFacts facts = ReadModelFacts(GgufFile::Open("m.gguf"));
//   facts.MaxSpeedup(4);
#pragma once

#include "runners/native/gguf/gguf_file.h"
#include "runners/runner.h"

namespace moebench {

// kv: the type of the KV cache that kv_bytes_per_position is for. Throws Error as ReadHyper does.
ModelFacts ReadModelFacts(const GgufFile& file, KvType kv = KvType::kF32);

}  // namespace moebench
