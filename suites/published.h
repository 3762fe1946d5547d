// Readers of evaluation sets as their authors publish them; nothing is bundled, the user names the
// file. The format is told by content where it is not named.
//   std::vector<Item> items = ReadPublished("grade_school_math/data/test.jsonl", "");
// Prompts are zero-shot: the question as published, and where a program grades the text one
// sentence on how to end the answer. Multiple choice is asked by log-likelihood, in the forms that
// lm-evaluation-harness uses.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "suites/json_line.h"
#include "suites/suite.h"

namespace moebench {

struct PublishedFormat {
  std::string name;   // gsm8k
  std::string about;  // what it is and who publishes it
  bool (*fits)(const nlohmann::json& row);
  // `id` is the item's number, unique in the file.
  Item (*read)(const JsonLine& row, const std::string& id);
};

const std::vector<PublishedFormat>& PublishedFormats();

// A file, or a folder of files of one format (MMLU: one table a subject). `format` is a name of
// the list or empty. Throws Error naming file:line.
std::vector<Item> ReadPublished(const std::filesystem::path& path, const std::string& format);
std::vector<Item> ParsePublished(const std::vector<JsonLine>& rows, const std::string& format,
                                 const std::string& name);

// The two halves of the list: answers that are written, and choices.
std::vector<PublishedFormat> WrittenFormats();
std::vector<PublishedFormat> ChoiceFormats();

}  // namespace moebench
