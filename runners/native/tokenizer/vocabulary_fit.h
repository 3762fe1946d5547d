// Whether one model's guesses are another one's tokens, told from their files.
//   RequireSameTokens(GgufFile::Open("m.gguf"), GgufFile::Open("draft.gguf"));
#pragma once

#include "runners/native/gguf/gguf_file.h"

namespace moebench {

// Throws Error, of the draft's file, that names the first difference: in the bytes of a token, in
// their number (padding by unused tokens apart, as converters add it), in bos or eos where both
// files name one. Reads no weights.
void RequireSameTokens(const GgufFile& model, const GgufFile& draft);

}  // namespace moebench
