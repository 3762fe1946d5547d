// The 25 verifiable instructions of IFEval (Zhou et al., arXiv:2311.07911), by their published
// definitions, in the strict reading: the answer as it stands.
//   bool obeyed = FollowsInstruction("punctuation:no_comma", Json::object(), answer);
// Two of them rest on tools that are not ours: sentences are cut by quality/text_units.h where
// IFEval uses NLTK's Punkt, languages told by CLD2 where it uses langdetect.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace moebench {

const std::vector<std::string>& IfevalInstructions();

// Throws Error naming `where` if the instruction is unknown or an argument is missing or of the
// wrong kind.
void RequireUsableInstruction(const std::string& id, const nlohmann::json& arguments,
                              const std::string& where);

// Whether the answer follows the instruction, which is usable.
bool FollowsInstruction(const std::string& id, const nlohmann::json& arguments,
                        std::string_view answer);

}  // namespace moebench
