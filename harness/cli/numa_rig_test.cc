// Placement on a machine with many NUMA nodes, for real: an emulated one (.cmake/numa_rig.sh), in
// which our own program sweeps the demo model under every policy. Needs QEMU, busybox and a kernel
// that `./run test` brings; slow at arithmetic, so it tells of places, never of speed.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "harness/cli/testing_program.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::HasSubstr;

const fs::path kSource = MOEBENCH_SOURCE_DIR;

std::string OutputOf(const std::string& shell_command) {
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(shell_command.c_str(), "r"), pclose);
  std::string output;
  char buffer[4096];
  while (pipe && std::fgets(buffer, sizeof buffer, pipe.get())) output += buffer;
  return output;
}

// The files that a program needs to run, under the same paths below root.
void CopyWithLibraries(const std::string& program, const fs::path& as, const fs::path& root) {
  fs::create_directories((root / as).parent_path());
  fs::copy_file(program, root / as, fs::copy_options::overwrite_existing);
  std::istringstream words(OutputOf("ldd '" + program + "' 2>/dev/null"));
  for (std::string word; words >> word;) {
    if (word.front() != '/' || fs::exists(root / word.substr(1))) continue;
    fs::create_directories((root / word.substr(1)).parent_path());
    fs::copy_file(word, root / word.substr(1));  // follows links
  }
}

struct Section {
  std::string text;
  int rc = -1;
};

std::map<std::string, Section> SectionsOf(const std::string& output) {
  std::map<std::string, Section> sections;
  std::istringstream lines(output);
  std::string name;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.starts_with("=== rc ")) {
      sections[name].rc = std::atoi(line.c_str() + 7);
      name.clear();
    } else if (line.starts_with("=== ")) {
      name = line.substr(4);
    } else if (!name.empty()) {
      sections[name].text += line + '\n';
    }
  }
  return sections;
}

class NumaRig : public testing::Test {
 protected:
  // Boots the kernel of this kind with our program inside; skips where that can't be.
  void Boot(const std::string& kind, const std::string& far) {
    const char* rig = std::getenv("MOEBENCH_NUMA_RIG");
    if (rig == nullptr)
      GTEST_SKIP() << "MOEBENCH_NUMA_RIG names no kernels; ./run test brings them";
    const fs::path kernel = fs::path(rig) / kind;
    if (!fs::exists(kernel)) GTEST_SKIP() << "apt had no " << kind << " cloud kernel here";
    const fs::path root = program_.folder() / "root";
    for (const char* folder : {"bin", "dev", "proc", "sys", "tmp", "suite"}) {
      fs::create_directories(root / folder);
    }
    CopyWithLibraries(MOEBENCH_PROGRAM, "bin/moebench", root);
    CopyWithLibraries("/bin/busybox", "bin/busybox", root);
    fs::copy_file(kSource / ".cmake/numa_guest.sh", root / "init");
    fs::permissions(root / "init", fs::perms::owner_all);
    fs::copy_file(kSource / "suites/demo/demo-moe.gguf", root / "demo.gguf");
    std::ofstream(root / "suite/speed.jsonl")
        << R"({"id": "s1", "prompt": "2+3=", "max_tokens": 16})"
           "\n";
    std::ofstream(root / "suite/items.jsonl")
        << R"({"id": "i1", "tier": 1, "category": "a", "prompt": "2+3=", "max_tokens": 2, )"
           R"("grader": {"kind": "pattern", "pattern": "5"}, "source": "moebench"})"
           "\n";
    const std::string out = program_.Path("guest.txt");
    const std::string said =
        OutputOf((kSource / ".cmake/numa_rig.sh").string() + " boot '" + kernel.string() + "' '" +
                 root.string() + "' '" + out + "' " + far + " 2>&1");
    std::ostringstream text;
    text << std::ifstream(out).rdbuf();
    ASSERT_THAT(text.str(), HasSubstr("GUEST done")) << said;
    sections_ = SectionsOf(text.str());
    std::cout << "guest: kernel " << sections_["kernel"].text;
  }

  const Json& Sweep(const std::string& name) {
    if (const auto found = sweeps_.find(name); found != sweeps_.end()) return found->second;
    const Section& section = sections_[name];
    Json json = Json::parse(section.text, nullptr, false);
    EXPECT_TRUE(json.is_object()) << sections_[name + "-sweep"].text << section.text;
    return sweeps_[name] = std::move(json);
  }

  // One entry of the list whose field has this value; null if there is none.
  static Json Find(const Json& json, const std::string& list, const std::string& field,
                   const std::string& value) {
    for (const Json& entry : json.value(list, Json::array())) {
      if (entry.value(field, "") == value) return entry;
    }
    return nullptr;
  }
  static double ShareOf(const Json& pages, int node) {
    double all = 0;
    for (const auto& [key, count] : pages.items()) all += count.get<double>();
    return pages.value(std::to_string(node), 0.0) / all;
  }

  // All cells of the sweep were measured, their placement held before and after, and their logits
  // are the same to the bit.
  void ExpectAllObeyedAndEqual(const Json& sweep, const std::vector<std::string>& placements) {
    std::set<std::string> hashes;
    for (const std::string& name : placements) {
      SCOPED_TRACE(name);
      const Json cell = Find(sweep, "cells", "placement", name);
      ASSERT_FALSE(cell.is_null());
      EXPECT_EQ(cell["status"], "ok") << cell["reason"];
      const Json trial = Find(sweep, "trials", "cell_id", cell["cell_id"]);
      ASSERT_FALSE(trial.is_null());
      hashes.insert(trial["logits_hash"].get<std::string>());
    }
    EXPECT_EQ(hashes.size(), 1u);
  }

  // Of both proofs, the one after load and the one after the run.
  void ExpectShares(const Json& sweep, const std::string& placement,
                    const std::vector<double>& shares, double tolerance = 0.01) {
    SCOPED_TRACE(placement);
    const Json session = Find(sweep, "sessions", "placement", placement);
    ASSERT_FALSE(session.is_null());
    for (const char* proof : {"proof", "proof_after"}) {
      const Json& pages = session[proof]["pages_per_node"];
      for (size_t node = 0; node < shares.size(); ++node) {
        EXPECT_NEAR(ShareOf(pages, static_cast<int>(node)), shares[node], tolerance) << pages;
      }
    }
  }

  // Every node's rows wholly there, and rows on as many nodes; where whole experts are on nodes, as
  // many of them on each.
  void ExpectShard(const Json& sweep, const std::string& placement, size_t nodes) {
    SCOPED_TRACE(placement);
    const Json session = Find(sweep, "sessions", "placement", placement);
    ASSERT_FALSE(session.is_null());
    for (const char* proof : {"proof", "proof_after"}) {
      std::set<int> seen, with_experts;
      std::set<int64_t> expert_pages;
      for (const Json& part : session[proof]["parts"]) {
        if (!part.contains("node")) continue;
        const int node = part["node"].get<int>();
        seen.insert(node);
        EXPECT_EQ(ShareOf(part["pages_per_node"], node), 1.0) << part;
        if (part["what"] != "experts") continue;
        with_experts.insert(node);
        expert_pages.insert(part["pages_per_node"][std::to_string(node)].get<int64_t>());
      }
      EXPECT_EQ(seen.size(), nodes);
      if (!placement.starts_with("expert-shard")) continue;
      EXPECT_EQ(with_experts.size(), nodes);
      EXPECT_EQ(expert_pages.size(), 1u) << "32 experts on 8 nodes are 4 on each";
    }
  }

  // One instance for each node, all of whose memory is there.
  void ExpectCopies(const Json& sweep, const std::string& placement, size_t nodes) {
    SCOPED_TRACE(placement);
    const Json session = Find(sweep, "sessions", "placement", placement);
    ASSERT_FALSE(session.is_null());
    for (const char* proof : {"proof", "proof_after"}) {
      ASSERT_TRUE(session[proof].is_array()) << session[proof];
      std::set<std::string> seen;
      for (const Json& copy : session[proof]) {
        const Json& pages = copy["pages_per_node"];
        EXPECT_EQ(pages.size(), 1u) << pages;
        for (const auto& [node, count] : pages.items()) seen.insert(node);
      }
      EXPECT_EQ(seen.size(), nodes);
    }
  }

  ProgramRun program_;
  std::map<std::string, Section> sections_;
  std::map<std::string, Json> sweeps_;
};

TEST_F(NumaRig, EightNodesOnAKernelWithoutWeights) {
  Boot("plain", "");
  if (IsSkipped() || HasFatalFailure()) return;
  const Json doctor = Json::parse(sections_["doctor"].text, nullptr, false);
  ASSERT_TRUE(doctor.is_object());

  const Json& near = Sweep("near");
  const std::string by_hand = "weighted-interleave:0-3=3+4-7=1/1";
  const std::string apart = "expert-shard/1@apart=/tmp/m.routing";
  ExpectAllObeyedAndEqual(near, {"row-shard/1", "interleave/1", "local", "none/1", by_hand,
                                 "expert-shard/1", apart, "replicate/1"});
  for (const std::string& name :
       {std::string("row-shard/1"), std::string("expert-shard/1"), apart}) {
    ExpectShard(near, name, 8);
  }
  ExpectCopies(near, "replicate/1", 8);
  ExpectShares(near, "interleave/1", std::vector<double>(8, 1.0 / 8));
  // Runs of whole pages: of the model's small buffers some have fewer than the weights' sum.
  ExpectShares(near, by_hand,
               {3 / 16., 3 / 16., 3 / 16., 3 / 16., 1 / 16., 1 / 16., 1 / 16., 1 / 16.}, 0.03);
  const Json local = Find(near, "cells", "placement", "local:5");
  EXPECT_EQ(local["status"], "ok") << local["reason"];
  ExpectShares(near, "local:5", {0, 0, 0, 0, 0, 1, 0, 0});
  const Json weighted = Find(near, "cells", "placement", "weighted-interleave/1");
  EXPECT_EQ(weighted["status"], "skipped");
  EXPECT_THAT(weighted["reason"].get<std::string>(), HasSubstr("this kernel keeps no weights"));

  // The trace that the sweep recorded, and what it forecast beside what was measured.
  const std::string& report = sections_["report"].text;
  EXPECT_THAT(report, HasSubstr("of this sweep recorded at k = 8"));
  EXPECT_THAT(report, HasSubstr("### Forecast and measurement of placements"));
  for (const char* row :
       {"| row-shard | ", "| interleave | ", "| replicate | ", "| local | ",
        "| expert-shard(round robin) | ", "| expert-shard(against co-activation) | "}) {
    EXPECT_THAT(report, HasSubstr(row));
  }

  EXPECT_EQ(sections_["refused-full"].rc, 74) << sections_["full"].text;
  EXPECT_THAT(sections_["refused-full"].text, HasSubstr("node 3 is full"));

  const Json& cpuset = Sweep("cpuset");
  EXPECT_EQ(Find(cpuset, "cells", "placement", "interleave/1")["status"], "ok");
  ExpectShares(cpuset, "interleave/1", {0.25, 0.25, 0.25, 0.25, 0, 0, 0, 0});
  const Json outside = Find(cpuset, "cells", "placement", "local:5");
  EXPECT_EQ(outside["status"], "skipped");
  EXPECT_THAT(outside["reason"].get<std::string>(), HasSubstr("outside the cpuset"));
}

TEST_F(NumaRig, ANinthNodeWithoutCpusOnAKernelWithWeights) {
  Boot("weighted", "far");
  if (IsSkipped() || HasFatalFailure()) return;
  const Json& far = Sweep("far");
  ExpectAllObeyedAndEqual(
      far, {"row-shard/1", "interleave/1", "weighted-interleave/1", "interleave:0-7/1"});
  ExpectShard(far, "row-shard/1", 8);
  ExpectShares(far, "interleave/1", std::vector<double>(9, 1.0 / 9));
  std::vector<double> weighted(8, 4 / 33.);
  weighted.push_back(1 / 33.);
  ExpectShares(far, "weighted-interleave/1", weighted);
  std::vector<double> named(8, 1.0 / 8);
  named.push_back(0);
  ExpectShares(far, "interleave:0-7/1", named);
}

}  // namespace
}  // namespace moebench
