// Models in several files, as llama.cpp's gguf-split writes them: m-00001-of-00003.gguf and so on,
// each with split.no, split.count and split.tensors.count; the first has all other metadata.
//   std::vector<GgufPart> parts = OpenAllParts("m-00002-of-00003.gguf");
#pragma once

#include <filesystem>
#include <vector>

#include "runners/native/gguf/gguf_part.h"

namespace moebench {

// The files of the model that the path belongs to, by its name alone, in order; the path itself
// where the name is not one of a part.
std::vector<std::filesystem::path> PartPaths(const std::filesystem::path& path);

// All parts, whichever is named, in order; one if the model is not split. Throws Error if one is
// missing or belongs to another model.
std::vector<GgufPart> OpenAllParts(const std::filesystem::path& path);

}  // namespace moebench
