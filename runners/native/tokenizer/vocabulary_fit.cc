#include "runners/native/tokenizer/vocabulary_fit.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/error.h"
#include "runners/native/tokenizer/vocabulary.h"

namespace moebench {
namespace {

// Bytes as people can read them: those of no printable ASCII as \x...
std::string Shown(const std::string& bytes) {
  std::string shown;
  for (const char c : bytes.substr(0, 40)) {
    const unsigned char byte = static_cast<unsigned char>(c);
    shown += byte >= 0x20 && byte < 0x7f ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return shown;
}

}  // namespace

void RequireSameTokens(const GgufFile& model, const GgufFile& draft) {
  const Vocabulary ours = ReadVocabulary(model), theirs = ReadVocabulary(draft);
  const auto refuse = [&](const std::string& difference) {
    throw Error("the draft model's vocabulary is not the model's: " + difference, draft.path(),
                "choose a draft model of the same family and version", ExitCode::kConfig);
  };
  const std::size_t common = std::min(ours.tokens.size(), theirs.tokens.size());
  for (std::size_t id = 0; id < common; ++id) {
    if (ours.tokens[id].bytes == theirs.tokens[id].bytes) continue;
    if (ours.tokens[id].type == TokenType::kUnused &&
        theirs.tokens[id].type == TokenType::kUnused) {
      continue;
    }
    refuse(fmt::format("token {} is '{}' there, '{}' here", id, Shown(theirs.tokens[id].bytes),
                       Shown(ours.tokens[id].bytes)));
  }
  for (const Vocabulary* longer : {&ours, &theirs}) {
    const auto used = std::find_if(
        longer->tokens.begin() + static_cast<std::ptrdiff_t>(common), longer->tokens.end(),
        [](const Vocabulary::Token& token) { return token.type != TokenType::kUnused; });
    if (used == longer->tokens.end()) continue;
    refuse(fmt::format("{} tokens there, {} here; '{}' has only one of them", theirs.tokens.size(),
                       ours.tokens.size(), Shown(used->bytes)));
  }
  const auto same = [&](const char* name, std::optional<int> here, std::optional<int> there) {
    if (!here || !there || *here == *there) return;
    refuse(fmt::format("{} is token {} there, {} here", name, *there, *here));
  };
  same("bos", ours.bos, theirs.bos);
  same("eos", ours.eos, theirs.eos);
}

}  // namespace moebench
