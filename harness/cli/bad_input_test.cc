// What a user gets for mistakes and damaged files: one sentence, the right exit code.

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>

#include "harness/base/files.h"
#include "harness/cli/testing_program.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const std::string kDemo = std::string(MOEBENCH_SOURCE_DIR) + "/suites/demo/demo-moe.gguf";

class BadInput : public testing::Test {
 protected:
  // The one line on stderr and the exit code; nothing on stdout.
  void Expect(const std::vector<std::string>& arguments, int exit_code,
              const std::string& sentence) const {
    const ProgramResult result = program_.Run(arguments);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(sentence));
    EXPECT_THAT(result.err, StartsWith("moebench: "));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.out, "");
  }
  std::string DemoBytes() const { return ReadFile(kDemo, 64 << 20); }

  ProgramRun program_;
};

TEST_F(BadInput, CommandLine) {
  Expect({}, 64, "subcommand");
  Expect({"swep"}, 64, "did you mean 'sweep'?");
  Expect({"sweep", "--exprets", "4"}, 64, "did you mean '--experts'?");
  Expect({"sweep"}, 64, "there is nothing to sweep");
  Expect({"sweep", "-m", kDemo, "--experts", "0"}, 64, "'0' is not a whole number from 1");
  Expect({"sweep", "-m", kDemo, "--experts", "four"}, 64, "'four'");
  Expect({"sweep", "-m", kDemo, "--experts", "33"}, 64, "33 is more than the 32 experts");
  Expect({"sweep", "-m", kDemo, "--placement", "intreleave"}, 64, "did you mean 'interleave'?");
  Expect({"sweep", "-m", kDemo, "--placement", "local:0-1"}, 64, "local is one node");
  Expect({"sweep", "-m", kDemo, "--budget", "6"}, 64, "write a number with a unit");
  Expect({"generate", "-m", kDemo, "-p", "x", "--experts", "33"}, 64, "more than the 32 experts");
  Expect({"generate", "-m", kDemo, "-p", "x", "--threads", "100000"}, 64, "--threads");
  Expect({"report", "--format", "pdf"}, 64, "pdf");
  Expect({"show", "--sweep", "last"}, 64, "'last'");
}

TEST_F(BadInput, Configuration) {
  program_.Write("a.yaml", "models: [m.gguf]\naxes: {placement: intreleave}\n");
  Expect({"sweep", "-c", "a.yaml"}, 78,
         "a.yaml:2:19: placement: 'intreleave' is not a policy; did you mean 'interleave'?");
  program_.Write("d.yaml", "models: [m.gguf]\naxes: {placement: 'interleave:0-2+1'}\n");
  Expect({"sweep", "-c", "d.yaml"}, 78, "node 1 stands there twice");
  program_.Write("b.yaml", "model: m.gguf\n");
  Expect({"sweep", "-c", "b.yaml"}, 78, "b.yaml:1:1: 'model' is not a key; did you mean 'models'?");
  Expect({"sweep", "-c", "absent.yaml"}, 78, "absent.yaml: no such file");
  program_.Write("c.yaml", "suite: .\n");
  Expect({"sweep", "-c", "c.yaml"}, 78, "no model is named");
}

TEST_F(BadInput, ModelFiles) {
  const std::string demo = DemoBytes();
  const auto sweep = [](const std::string& model) {
    return std::vector<std::string>{"sweep", "-m", model, "--dry-run"};
  };
  Expect(sweep("absent.gguf"), 65, "absent.gguf");
  Expect(sweep("."), 65, "directory");
  ASSERT_EQ(mkfifo(program_.Path("fifo").c_str(), 0600), 0);
  Expect(sweep("fifo"), 65, "FIFO");
  Expect(sweep("/dev/zero"), 65, "device");
  program_.Write("empty.gguf", "");
  Expect(sweep("empty.gguf"), 65, "empty.gguf");
  program_.Write("text.gguf", "hello, I am no model at all, but text that is long enough");
  Expect(sweep("text.gguf"), 65, "text.gguf");
  program_.Write("short.gguf", demo.substr(0, 5000));
  Expect(sweep("short.gguf"), 65, "short.gguf");
  program_.Write("cut.gguf", demo.substr(0, demo.size() - 1000));
  Expect(sweep("cut.gguf"), 65, "cut.gguf");
  std::string counts = demo;
  for (size_t i = 8; i < 16; ++i) counts[i] = '\xff';  // tensor count 2^64 - 1
  program_.Write("counts.gguf", counts);
  Expect(sweep("counts.gguf"), 65, "counts.gguf");
}

TEST_F(BadInput, UnknownArchitectureIsRefusedByName) {
  std::string other = DemoBytes();
  for (size_t at = other.find("qwen3moe"); at != std::string::npos;
       at = other.find("qwen3moe", at)) {
    other.replace(at, 8, "qwen9moe");
  }
  program_.Write("other.gguf", other);
  Expect({"inspect", "other.gguf"}, 65, "qwen9moe");
}

TEST_F(BadInput, Databases) {
  Expect({"show", "--db", "absent.sqlite"}, 65, "absent.sqlite");
  program_.Write("text.sqlite", "this is no database, however long this sentence may become");
  Expect({"show", "--db", "text.sqlite"}, 65, "text.sqlite");
}

TEST_F(BadInput, Suites) {
  program_.Write("items.jsonl", "{\"id\": \"a\"}\n");
  program_.Write("speed.jsonl", "{\"id\": \"s\", \"prompt\": \"x\"}\n");
  Expect({"sweep", "-m", kDemo, "--suite", "."}, 65, "items.jsonl:1: 'prompt' must be a string");
  Expect({"sweep", "-m", kDemo, "--suite", "absent"}, 65, "absent: is no suite");
}

}  // namespace
}  // namespace moebench
