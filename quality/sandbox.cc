#include "quality/sandbox.h"

#include <stdlib.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <vector>

#include "quality/boxed_process.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using Command = std::vector<std::string>;

constexpr char kBubblewrap[] = "/usr/bin/bwrap";
constexpr char kSetpriv[] = "/usr/bin/setpriv";
constexpr uid_t kNobody = 65534;
constexpr int64_t kMib = 1 << 20;

struct Limits {
  double time_s = 10;
  int64_t memory_mib = 512;  // address space of each process
  int processes = 32;
  int64_t file_mib = 16;
};

enum class Box { kReadOnly, kWritable };

// The command within the sandbox; `folder` is seen as /box.
Command Boxed(const fs::path& folder, Box box, const Limits& limits, const Command& inner) {
  Command command;
  if (geteuid() == 0) {
    command = {kSetpriv, "--reuid=65534", "--regid=65534", "--clear-groups"};
  }
  const Command sandbox = {kBubblewrap,
                           "--unshare-all",
                           "--die-with-parent",
                           "--new-session",
                           "--clearenv",
                           "--setenv",
                           "PATH",
                           "/usr/bin",
                           "--setenv",
                           "HOME",
                           "/tmp",
                           "--setenv",
                           "LANG",
                           "C.UTF-8",
                           "--ro-bind",
                           "/usr",
                           "/usr",
                           "--symlink",
                           "usr/bin",
                           "/bin",
                           "--symlink",
                           "usr/lib",
                           "/lib",
                           "--symlink",
                           "usr/lib64",
                           "/lib64",
                           "--ro-bind-try",
                           "/etc/alternatives",
                           "/etc/alternatives",
                           "--ro-bind-try",
                           "/etc/ld.so.cache",
                           "/etc/ld.so.cache",
                           "--proc",
                           "/proc",
                           "--dev",
                           "/dev",
                           "--size",
                           std::to_string(64 * kMib),
                           "--tmpfs",
                           "/tmp",
                           box == Box::kWritable ? "--bind" : "--ro-bind",
                           folder.string(),
                           "/box",
                           "--remount-ro",
                           "/dev",
                           "--remount-ro",
                           "/",
                           "--chdir",
                           "/box",
                           "--"};
  command.insert(command.end(), sandbox.begin(), sandbox.end());
  const Command limiter = {
      "/usr/bin/prlimit",
      "--core=0",
      "--nofile=64",
      "--as=" + std::to_string(limits.memory_mib * kMib),
      "--nproc=" + std::to_string(limits.processes),
      "--fsize=" + std::to_string(limits.file_mib * kMib),
      "--cpu=" + std::to_string(static_cast<int>(std::ceil(limits.time_s)) + 1),
      "--"};
  command.insert(command.end(), limiter.begin(), limiter.end());
  command.insert(command.end(), inner.begin(), inner.end());
  return command;
}

// A folder of its own, readable by nobody too, gone at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code error;
    std::string pattern = (fs::temp_directory_path(error) / "moebench-code-XXXXXX").string();
    if (error || !mkdtemp(pattern.data())) return;
    path_ = pattern;
    fs::permissions(path_, fs::perms(0755), error);
    if (geteuid() == 0 && chown(path_.c_str(), kNobody, kNobody) != 0) path_.clear();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

CodeResult Unavailable(const std::string& why) {
  return {CodeResult::End::kUnavailable, 0, "", why};
}

bool Works(const Command& inner) {
  const TemporaryFolder folder;
  if (folder.path().empty()) return false;
  const BoxedEnd end = RunToEnd(Boxed(folder.path(), Box::kReadOnly, {}, inner), 20);
  return end.started && end.killed.empty() && end.exit_code == 0;
}

CodeResult ResultOf(const BoxedEnd& end) {
  if (!end.started) return Unavailable("the sandbox can't be started");
  if (!end.killed.empty()) return {CodeResult::End::kKilled, 0, end.out, end.killed};
  // What bubblewrap says of its own troubles; a program that only says so is told apart by a retry.
  if (end.exit_code == 1 && end.out.starts_with("bwrap: ") && !Works({"/usr/bin/true"})) {
    return Unavailable(end.out);
  }
  return {CodeResult::End::kExited, end.exit_code, end.out, ""};
}

CodeResult Run(const CodeRequest& request) {
  const bool python = request.language == "python";
  const TemporaryFolder folder;
  if (folder.path().empty()) return Unavailable("no temporary folder can be made");
  const fs::path source = folder.path() / (python ? "main.py" : "main.cc");
  if (!(std::ofstream(source, std::ios::binary) << request.source).flush()) {
    return Unavailable("the temporary folder is full");
  }
  const Limits limits{.time_s = request.time_s, .memory_mib = request.memory_mib};
  if (python) {
    return ResultOf(RunToEnd(
        Boxed(folder.path(), Box::kReadOnly, limits, {"/usr/bin/python3", "-I", "-B", "main.py"}),
        request.time_s));
  }
  constexpr Limits kCompiler{.time_s = 60, .memory_mib = 2048, .processes = 32, .file_mib = 64};
  const BoxedEnd compiled = RunToEnd(
      Boxed(folder.path(), Box::kWritable, kCompiler,
            {"/usr/bin/g++", "-std=c++20", "-O1", "-w", "-fmax-errors=3", "-o", "main", "main.cc"}),
      kCompiler.time_s);
  const CodeResult result = ResultOf(compiled);
  if (result.end != CodeResult::End::kExited) return result;
  if (result.exit_code != 0) return {CodeResult::End::kNoCompile, result.exit_code, result.out, ""};
  return ResultOf(
      RunToEnd(Boxed(folder.path(), Box::kReadOnly, limits, {"./main"}), request.time_s));
}

}  // namespace

Sandbox FindSandbox() {
  if (access(kBubblewrap, X_OK) != 0) {
    return {{}, "bubblewrap is not installed; the package is called bubblewrap"};
  }
  if (!Works({"/usr/bin/true"})) {
    return {{}, "bubblewrap does not work here; it needs user namespaces"};
  }
  const bool python = Works({"/usr/bin/python3", "-I", "-c", "pass"});
  const bool compiler = Works({"/usr/bin/g++", "--version"});
  return {[python, compiler](const CodeRequest& request) {
            if (request.language == "python" && !python) return Unavailable("no /usr/bin/python3");
            if (request.language == "cpp" && !compiler) return Unavailable("no /usr/bin/g++");
            return Run(request);
          },
          ""};
}

}  // namespace moebench
