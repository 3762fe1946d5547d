// Holds every #include line of the house against the layers of design.md section 3.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/files.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::array<std::string_view, 5> kRoots = {"harness", "runners", "suites", "quality",
                                                    "results"};

// A folder and the folders whose headers it may include beside its own.
struct Layer {
  std::string_view folder;
  std::vector<std::string_view> below;
};

const std::vector<std::string_view> kLow = {"harness/base", "harness/config", "harness/machine",
                                            "harness/stats"};

std::vector<std::string_view> LowAnd(std::vector<std::string_view> folders) {
  folders.insert(folders.end(), kLow.begin(), kLow.end());
  return folders;
}

// design.md section 3. A folder that is not named here belongs to nobody and may not exist, except
// within one that is.
const std::vector<Layer>& Layers() {
  static const std::vector<Layer> layers = {
      {"harness/base", {}},
      {"harness/config", {"harness/base"}},
      {"harness/machine", {"harness/base"}},
      {"harness/stats", {"harness/base"}},
      {"runners", LowAnd({"runners/routing"})},  // of routing, what a trace is
      {"runners/fake", LowAnd({"runners", "runners/worker"})},
      {"runners/worker", LowAnd({"runners"})},
      {"runners/llamacpp", LowAnd({"runners"})},
      {"runners/routing", kLow},
      {"runners/native/gguf", kLow},
      {"runners/native/tokenizer", LowAnd({"runners/native/gguf"})},
      {"runners/native/synth", LowAnd({"runners/native/gguf"})},
      {"runners/native/facts",
       LowAnd({"runners", "runners/native/gguf", "runners/native/tokenizer"})},
      {"runners/native/kernels", kLow},
      {"runners/native/model", LowAnd({"runners/native/gguf", "runners/native/tokenizer",
                                       "runners/native/facts", "runners/native/kernels"})},
      {"runners/native/decode",  // of runners, what speculation is told and tells
       LowAnd({"runners", "runners/native/gguf", "runners/native/tokenizer", "runners/native/facts",
               "runners/native/kernels", "runners/native/model", "runners/routing"})},
      {"runners/native",
       LowAnd({"runners", "runners/native/gguf", "runners/native/tokenizer", "runners/native/facts",
               "runners/native/kernels", "runners/native/model", "runners/native/decode",
               "runners/native/synth", "runners/routing"})},
      {"suites", kLow},
      {"quality", kLow},
      {"results", kLow},
      {"harness/sweep", LowAnd({"harness/sweep/testing", "runners", "runners/fake",
                                "runners/worker", "runners/llamacpp", "runners/native",
                                "runners/routing", "suites", "quality", "results"})},
      // Tests alone: retracted mistakes, some of them reproduced with a doctored model file.
      {"harness/sweep/ledger", LowAnd({"harness/sweep", "harness/sweep/testing", "runners",
                                       "runners/fake", "runners/worker", "runners/native/facts",
                                       "runners/native/gguf", "suites", "quality", "results"})},
      {"harness/sweep/testing", LowAnd({"harness/sweep", "runners", "runners/fake",
                                        "runners/worker", "suites", "quality", "results"})},
      {"harness/cli",
       LowAnd({"harness/sweep", "runners", "runners/fake", "runners/worker", "runners/llamacpp",
               "runners/native", "runners/native/gguf", "runners/native/tokenizer",
               "runners/native/facts", "runners/native/kernels", "runners/native/model",
               "runners/native/decode", "runners/native/synth", "runners/routing", "suites",
               "quality", "results"})},
  };
  return layers;
}

// Each third-party library is known to one folder, so that it can be changed in one place. PCRE2
// has two: it splits text into tokens, and it matches answers.
struct Owner {
  std::string_view header;  // how the #include begins
  std::vector<std::string_view> folders;
};

const std::vector<Owner>& Owners() {
  static const std::vector<Owner> owners = {
      {"yaml-cpp/", {"harness/config"}},
      {"hwloc", {"harness/machine"}},
      {"numa", {"harness/machine"}},
      {"boost/", {"runners/worker"}},
      {"seccomp", {"runners/worker"}},
      {"oneapi/", {"runners/native/kernels"}},
      {"SQLiteCpp/", {"results"}},
      {"sqlite3", {"results"}},
      {"CLI/", {"harness/cli"}},
      {"kainjow/", {"results"}},
      {"pcre2", {"runners/native/tokenizer", "quality"}},
      {"openssl/", {"harness/base"}},
      {"curl/", {"quality"}},
      {"valijson/", {"quality"}},
      {"cld2/", {"quality"}},
      {"zlib", {"quality"}},
  };
  return owners;
}

// The layer that a path of the house belongs to: its own folder, or the nearest one above that has
// no layers within.
const Layer* LayerOf(std::string_view path) {
  const std::string_view folder = path.substr(0, path.rfind('/'));
  const Layer* best = nullptr;
  for (const Layer& layer : Layers()) {
    const bool within =
        folder == layer.folder || folder.starts_with(std::string(layer.folder) + "/");
    if (within && (!best || layer.folder.size() > best->folder.size())) best = &layer;
  }
  if (!best || folder == best->folder) return best;
  const auto is_within = [best](const Layer& layer) {
    return layer.folder.starts_with(std::string(best->folder) + "/");
  };
  return std::any_of(Layers().begin(), Layers().end(), is_within) ? nullptr : best;
}

struct Include {
  std::string name;  // with its quotes or angle brackets
  int line = 0;
};

void SkipBlanks(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
}

std::optional<std::string> IncludedName(std::string_view line) {
  SkipBlanks(line);
  if (!line.starts_with('#')) return std::nullopt;
  line.remove_prefix(1);
  SkipBlanks(line);
  if (!line.starts_with("include")) return std::nullopt;
  const size_t open = line.find_first_of("\"<");
  if (open == line.npos) return std::nullopt;
  const size_t close = line.find(line[open] == '<' ? '>' : '"', open + 1);
  if (close == line.npos) return std::nullopt;
  return std::string(line.substr(open, close + 1 - open));
}

std::vector<Include> IncludesOf(std::string_view text) {
  std::vector<Include> includes;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (auto name = IncludedName(text.substr(0, end))) includes.push_back({*name, number});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return includes;
}

bool IsOurs(std::string_view name) {
  return std::any_of(kRoots.begin(), kRoots.end(), [name](std::string_view root) {
    return name.starts_with(std::string(root) + "/");
  });
}

bool Contains(const std::vector<std::string_view>& folders, std::string_view folder) {
  return std::find(folders.begin(), folders.end(), folder) != folders.end();
}

std::string WhyNotOurs(const Layer& layer, std::string_view name) {
  if (!IsOurs(name)) return "not written from the project's root";
  const Layer* other = LayerOf(name);
  if (!other) return "lies in no layer";
  if (other->folder == layer.folder || Contains(layer.below, other->folder)) return "";
  return std::string(layer.folder) + " may not know " + std::string(other->folder);
}

// Why a file of this layer may not include this; empty if it may. Quotes are for our own headers,
// angle brackets for others'.
std::string WhyNot(const Layer& layer, std::string_view included) {
  const std::string_view name = included.substr(1, included.size() - 2);
  if (included.front() == '"') return WhyNotOurs(layer, name);
  for (const Owner& owner : Owners()) {
    if (name.starts_with(owner.header) && !Contains(owner.folders, layer.folder)) {
      return "only " + std::string(owner.folders.front()) + " may know this library";
    }
  }
  return "";
}

// One line for each #include in the text of `path` (from the project's root) that breaks a rule.
std::vector<std::string> Violations(const std::string& path, std::string_view text) {
  const Layer* layer = LayerOf(path);
  if (!layer) return {path + ": its folder is in no layer of design.md section 3"};
  std::vector<std::string> found;
  for (const Include& include : IncludesOf(text)) {
    const std::string why = WhyNot(*layer, include.name);
    if (why.empty()) continue;
    found.push_back(path + ":" + std::to_string(include.line) + ": " + include.name + ": " + why);
  }
  return found;
}

std::vector<std::string> SourceFiles(const fs::path& house) {
  std::vector<std::string> files;
  for (const std::string_view root : kRoots) {
    for (const auto& entry : fs::recursive_directory_iterator(house / root)) {
      const std::string extension = entry.path().extension();
      if (!entry.is_regular_file() || (extension != ".h" && extension != ".cc")) continue;
      files.push_back(fs::relative(entry.path(), house).generic_string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(HouseLayers, EveryIncludePointsDownwards) {
  const fs::path house = MOEBENCH_SOURCE_DIR;
  const std::vector<std::string> files = SourceFiles(house);
  ASSERT_GT(files.size(), 20u);
  for (const std::string& file : files) {
    for (const std::string& violation : Violations(file, ReadFile(house / file, 1 << 20))) {
      ADD_FAILURE() << violation;
    }
  }
}

TEST(HouseLayers, EveryFolderSaysWhatItIsFor) {
  std::set<std::string_view> folders;
  for (const std::string& file : SourceFiles(MOEBENCH_SOURCE_DIR)) {
    if (const Layer* layer = LayerOf(file)) folders.insert(layer->folder);
  }
  for (const std::string_view folder : folders) {
    const fs::path readme = fs::path(MOEBENCH_SOURCE_DIR) / folder / "README.md";
    EXPECT_TRUE(fs::is_regular_file(readme)) << readme;
  }
}

TEST(HouseLayers, AnIncludeUpwardsIsCaughtWithItsLine) {
  EXPECT_THAT(
      Violations("harness/base/a.cc", "int x;\n#include \"harness/config/cell.h\"\n"),
      ElementsAre("harness/base/a.cc:2: \"harness/config/cell.h\": harness/base may not know "
                  "harness/config"));
}

TEST(HouseLayers, PeersAndRunnersDoNotKnowEachOther) {
  EXPECT_THAT(Violations("results/a.cc", "#include \"quality/grader.h\""), testing::SizeIs(1));
  EXPECT_THAT(Violations("runners/fake/a.cc", "#include \"runners/native/engine.h\""),
              testing::SizeIs(1));
  EXPECT_THAT(Violations("runners/worker/a_test.cc", "#include \"runners/fake/fake.h\""),
              testing::SizeIs(1));
  EXPECT_THAT(Violations("runners/native/kernels/a.h", "#include \"runners/native/gguf/file.h\""),
              testing::SizeIs(1));
}

TEST(HouseLayers, AStrangersLibraryIsCaught) {
  EXPECT_THAT(Violations("quality/a.cc", "  #  include <boost/process.hpp>"),
              ElementsAre(HasSubstr("only runners/worker may know this library")));
}

TEST(HouseLayers, OurHeadersAreNamedFromTheRoot) {
  EXPECT_THAT(Violations("quality/a.cc", "#include \"b.h\""),
              ElementsAre(HasSubstr("not written from the project's root")));
}

TEST(HouseLayers, AFolderOfNobodyIsCaught) {
  EXPECT_THAT(Violations("harness/misc/a.cc", ""), ElementsAre(HasSubstr("in no layer")));
  EXPECT_THAT(Violations("runners/other/a.cc", ""), ElementsAre(HasSubstr("in no layer")));
  EXPECT_THAT(Violations("harness/cli/a.cc", "#include \"harness/misc/a.h\""),
              ElementsAre(HasSubstr("lies in no layer")));
}

TEST(HouseLayers, WhatIsAllowedPasses) {
  EXPECT_THAT(Violations("harness/cli/main.cc",
                         "#include <CLI/CLI.hpp>\n#include \"runners/native/engine.h\"\n"),
              IsEmpty());
  EXPECT_THAT(
      Violations("suites/demo/a.cc", "#include \"suites/item.h\"\n// #include \"results/a.h\""),
      IsEmpty());
}

}  // namespace
}  // namespace moebench
