#include "runners/native/tokenizer/end_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace moebench {
namespace {

constexpr const char* kKeys[] = {
    "tokenizer.ggml.eos_token_id",     "tokenizer.ggml.eot_token_id",
    "tokenizer.ggml.eom_token_id",     "tokenizer.ggml.fim_pad_token_id",
    "tokenizer.ggml.fim_rep_token_id", "tokenizer.ggml.fim_sep_token_id"};

// Whatever the metadata say (the texts that llama.cpp's src/llama-vocab.cpp knows, August 2026).
constexpr std::string_view kTexts[] = {
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>",
    "<end_of_turn>", "<|endoftext|>", "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]",
    "<|end_of_text|>", "<eos>", "<turn|>", "<|tool_response>", "<end_of_utterance>",
    "<｜end▁of▁sentence｜>", "[e~[",
    // Of files and repositories in code models.
    "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]", "<|fim_repo|>", "<|repo_name|>",
    "<fim-repo>", "<REPO>", "<reponame>", "<|file_sep|>"};

}  // namespace

std::optional<int> ReadTokenId(const GgufFile& file, std::string_view key, size_t n_tokens) {
  if (!file.Has(key)) return std::nullopt;
  const int64_t id = file.GetInt(key);
  if (id < 0 || id >= static_cast<int64_t>(n_tokens)) {
    file.Fail(fmt::format("metadata '{}' is {}, but there are {} tokens", key, id, n_tokens));
  }
  return static_cast<int>(id);
}

bool IsEndText(std::string_view text) {
  return std::find(std::begin(kTexts), std::end(kTexts), text) != std::end(kTexts);
}

std::vector<int> ReadEndTokens(const GgufFile& file,
                               const std::unordered_map<std::string_view, int>& id_of,
                               size_t n_tokens) {
  std::set<std::string_view> ends;
  for (const std::string_view text : kTexts) {
    if (id_of.contains(text)) ends.insert(text);
  }
  const auto has = [&](std::string_view text) { return ends.contains(text); };
  // Where messages end with <|end|> and answers with <|return|> or <|call|> (o200k harmony, Solar).
  const bool calls = has("<|call|>") || has("<|calls|>");
  if (calls && (has("<|return|>") || has("<|flush|>"))) ends.erase("<|end|>");
  if (has("<|tool_response>")) ends.erase("</s>");  // Gemma 4
  std::set<int> ids;
  for (const std::string_view text : ends) ids.insert(id_of.at(text));
  for (const char* key : kKeys) {
    if (const std::optional<int> id = ReadTokenId(file, key, n_tokens)) ids.insert(*id);
  }
  return {ids.begin(), ids.end()};
}

}  // namespace moebench
