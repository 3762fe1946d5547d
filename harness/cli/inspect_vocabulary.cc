#include "harness/cli/inspect_vocabulary.h"

#include <fmt/format.h>

#include "harness/base/error.h"
#include "runners/native/tokenizer/vocabulary.h"

namespace moebench {
namespace {

nlohmann::json TokenJson(const Vocabulary& vocabulary, int id) {
  return {{"id", id}, {"text", vocabulary.tokens[static_cast<size_t>(id)].bytes}};
}

std::string TokenText(const nlohmann::json& token) {
  if (token.is_null()) return "none";
  return fmt::format("{} ({})", token["text"].get<std::string>(), token["id"].get<int>());
}

}  // namespace

nlohmann::json VocabularyJson(const std::string& model_path) {
  try {
    const Vocabulary vocabulary = ReadVocabulary(GgufFile::Open(model_path));
    const bool byte_level = vocabulary.kind == TokenizerKind::kByteLevelBpe;
    nlohmann::json json = {{"kind", byte_level ? "byte-level BPE" : "SentencePiece"},
                           {"tokens", vocabulary.tokens.size()},
                           {"special", vocabulary.special.size()},
                           {"adds_bos", vocabulary.adds_bos},
                           {"adds_eos", vocabulary.adds_eos},
                           {"ends", nlohmann::json::array()}};
    if (byte_level) json["pre_tokenizer"] = vocabulary.pre;
    if (vocabulary.bos) json["bos"] = TokenJson(vocabulary, *vocabulary.bos);
    if (vocabulary.eos) json["eos"] = TokenJson(vocabulary, *vocabulary.eos);
    for (const int id : vocabulary.end_of_generation) {
      json["ends"].push_back(TokenJson(vocabulary, id));
    }
    return json;
  } catch (const Error& error) {
    return {{"error", error.what()}};
  }
}

std::vector<std::pair<std::string, std::string>> VocabularyLines(const nlohmann::json& vocabulary) {
  if (vocabulary.contains("error")) {
    return {{"vocabulary", "can't be used: " + vocabulary["error"].get<std::string>()}};
  }
  std::string kind = vocabulary["kind"];
  if (vocabulary.contains("pre_tokenizer")) {
    kind += ", pre-tokenizer " + vocabulary["pre_tokenizer"].get<std::string>();
  }
  const auto mark = [&](const char* name, const char* adds, const char* where) {
    const auto token = vocabulary.find(name);
    return TokenText(token == vocabulary.end() ? nlohmann::json() : *token) +
           (vocabulary[adds].get<bool>() ? where : ", not added");
  };
  std::string ends;
  for (const nlohmann::json& end : vocabulary["ends"]) {
    ends += (ends.empty() ? "" : ", ") + TokenText(end);
  }
  return {{"vocabulary",
           fmt::format("{} tokens, {} of them special; {}", vocabulary["tokens"].get<size_t>(),
                       vocabulary["special"].get<size_t>(), kind)},
          {"bos", mark("bos", "adds_bos", ", before every text")},
          {"eos", mark("eos", "adds_eos", ", behind documents")},
          {"ends of generation", ends.empty() ? "none" : ends}};
}

}  // namespace moebench
