// What a model file says of its tokens, for `moebench inspect`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace moebench {

// {"kind", "pre_tokenizer", "tokens", "special", "bos", "eos", "ends", "adds_bos", "adds_eos"}, or
// {"error"} where the vocabulary is none that we can use.
nlohmann::json VocabularyJson(const std::string& model_path);
// The same as names and values of lines.
std::vector<std::pair<std::string, std::string>> VocabularyLines(const nlohmann::json& vocabulary);

}  // namespace moebench
