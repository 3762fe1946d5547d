// Which tokens end a generation: those that the metadata name, and those whose text is known to.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runners/native/gguf/gguf_file.h"

namespace moebench {

// Whether a token of this text ends a generation in the vocabularies that have one.
bool IsEndText(std::string_view text);

// Ids in rising order, all below n_tokens. id_of: token ids by text. Throws Error if the metadata
// name an id that is none.
std::vector<int> ReadEndTokens(const GgufFile& file,
                               const std::unordered_map<std::string_view, int>& id_of,
                               size_t n_tokens);
// The id that the metadata give under the key; nullopt where they don't.
std::optional<int> ReadTokenId(const GgufFile& file, std::string_view key, size_t n_tokens);

}  // namespace moebench
