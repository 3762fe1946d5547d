#include "quality/sandbox.h"

#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>

#include "quality/grader.h"

namespace moebench {
namespace {

using testing::HasSubstr;
using End = CodeResult::End;

// Asked once: the probe starts a few processes.
const Sandbox& TheSandbox() {
  static const auto* sandbox = new Sandbox(FindSandbox());
  return *sandbox;
}

class SandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!TheSandbox().run) GTEST_SKIP() << TheSandbox().why_not;
  }
  static CodeResult Python(const std::string& source, double time_s = 10) {
    return TheSandbox().run({.language = "python", .source = source, .time_s = time_s});
  }
};

TEST_F(SandboxTest, RunsPythonAndCpp) {
  const CodeResult python = Python("print(6 * 7)");
  EXPECT_EQ(python.end, End::kExited) << python.why << python.out;
  EXPECT_EQ(python.out, "42\n");
  const CodeResult cpp = TheSandbox().run(
      {.language = "cpp", .source = "#include <cstdio>\nint main() { std::puts(\"hi\"); }"});
  EXPECT_EQ(cpp.end, End::kExited) << cpp.why << cpp.out;
  EXPECT_EQ(cpp.out, "hi\n");
  EXPECT_EQ(TheSandbox().run({.language = "cpp", .source = "int main() { return x; }"}).end,
            End::kNoCompile);
}

TEST_F(SandboxTest, HasNoNetwork) {
  const CodeResult result = Python(
      "import socket\ns = socket.socket()\ns.settimeout(2)\n"
      "try:\n    s.connect(('1.1.1.1', 53))\n    print('reached')\n"
      "except OSError as e:\n    print('refused', e.errno)\n"
      "print(len(socket.if_nameindex()))");
  EXPECT_THAT(result.out, HasSubstr("refused"));
  EXPECT_THAT(result.out, HasSubstr("\n1\n"));  // the loopback alone
}

TEST_F(SandboxTest, CanWriteNowhereButInItsOwnTmp) {
  const std::string mark = "/tmp/moebench-sandbox-test-mark";
  std::filesystem::remove(mark);
  const CodeResult result = Python(
      "for p in ('/x', '/usr/x', '/box/x', '/etc/x', '/dev/x', '/dev/shm/x', '/proc/x', '" + mark +
      "'):\n    try:\n        open(p, 'w').write('x')\n        print('wrote', p)\n"
      "    except OSError:\n        pass\n");
  EXPECT_EQ(result.out, "wrote " + mark + "\n");
  EXPECT_FALSE(std::filesystem::exists(mark));
}

TEST_F(SandboxTest, SeesNoHomeAndNoOtherProcess) {
  const CodeResult result = Python(
      "import os\nprint(sorted(os.listdir('/')), os.path.exists('/etc/passwd'),"
      " len([p for p in os.listdir('/proc') if p.isdigit()]) < 5, 'SECRET' in os.environ)");
  EXPECT_THAT(result.out, HasSubstr("False True False"));
  EXPECT_THAT(result.out, Not(HasSubstr("home")));
  EXPECT_THAT(result.out, Not(HasSubstr("root")));
}

TEST_F(SandboxTest, AForkBombEnds) {
  const CodeResult result = Python(
      "import os\nn = 0\ntry:\n    while n < 10000:\n        if os.fork() == 0:\n"
      "            os.read(os.pipe()[0], 1)\n        n += 1\n"
      "except OSError:\n    os.write(1, b'forks %d' % n)\n    os._exit(0)\n",
      5);
  ASSERT_THAT(result.out, HasSubstr("forks "));
  EXPECT_LT(std::stoi(result.out.substr(result.out.find("forks ") + 6)), 40);
}

TEST_F(SandboxTest, AMemoryHogEnds) {
  const CodeResult result = Python(
      "a = []\ntry:\n    while True:\n        a.append(bytearray(1 << 24))\n"
      "except MemoryError:\n    print('stopped at', len(a) < 64)\n");
  EXPECT_EQ(result.out, "stopped at True\n");
}

TEST_F(SandboxTest, EndlessOutputAndSleepAreKilled) {
  const CodeResult output = Python("while True: print('y' * 1000)");
  EXPECT_EQ(output.end, End::kKilled);
  EXPECT_THAT(output.why, HasSubstr("64 KiB"));
  const auto start = std::chrono::steady_clock::now();
  const CodeResult sleep = Python("import time\ntime.sleep(60)", 0.5);
  EXPECT_EQ(sleep.end, End::kKilled);
  EXPECT_THAT(sleep.why, HasSubstr("longer"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST_F(SandboxTest, BackgroundProcessesDieWithTheirParent) {
  const auto start = std::chrono::steady_clock::now();
  const CodeResult result = Python(
      "import os\nif os.fork() == 0:\n    os.setsid()\n    import time\n    time.sleep(60)\n");
  EXPECT_EQ(result.end, End::kExited);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(9));
}

GraderRule CodeRule() {
  return {
      .kind = "code",
      .extract = "code",
      .spec = R"({"language":"python","entry":"f","tests":"assert f(2) == 4\nassert f(3) == 9"})"};
}

TEST_F(SandboxTest, GradesCodeByItsTests) {
  const auto outcome = [](const std::string& code) {
    return GradeAnswer(CodeRule(), "```python\n" + code + "\n```", Finish::kStop, TheSandbox().run)
        .outcome;
  };
  EXPECT_EQ(outcome("def f(x):\n    return x * x"), "right");
  EXPECT_EQ(outcome("def f(x):\n    return x + 2"), "wrong");
  EXPECT_EQ(outcome("def f(x:"), "wrong");
  EXPECT_EQ(outcome("import os\nos._exit(0)\ndef f(x): pass"), "wrong");
  EXPECT_EQ(outcome("def f(x):\n    raise SystemExit(0)"), "wrong");
}

TEST(CodeGrader, IsSkippedWithoutASandbox) {
  const Grade grade = GradeAnswer(CodeRule(), "```python\ndef f(x): return x\n```", Finish::kStop);
  EXPECT_EQ(grade.outcome, "skipped(sandbox)");
  EXPECT_FALSE(IsGraded(grade.outcome));
}

}  // namespace
}  // namespace moebench
