// Generated code held against an item's tests: a program is put together, run by a sandbox, and
// must print at its end a word that the code cannot know.
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace moebench {

struct CodeRequest {
  std::string language;  // python | cpp
  std::string source;    // the whole program
  double time_s = 10;    // of the run; compiling has its own, fixed limit
  int memory_mib = 512;
};

struct CodeResult {
  enum class End {
    kExited,       // by itself, with exit_code
    kKilled,       // a limit or a signal; `why` says which
    kNoCompile,    // C++ that does not compile
    kUnavailable,  // could not be run at all; `why` says why
  } end = End::kUnavailable;
  int exit_code = 0;
  std::string out;  // what it printed, both streams; capped
  std::string why;
};

using CodeRunner = std::function<CodeResult(const CodeRequest&)>;

// spec: {"language": "python", "tests": "assert f(2) == 4", "entry": "f", "prefix": "..."}
//   tests   python: statements; cpp: the body of a function, `expect(bool)` is given
//   entry   name that the block of code must hold, to choose among several blocks
//   prefix  stands before the code: what the prompt has already given
// Throws Error naming `where` if it can't be used.
void RequireUsableCodeSpec(const nlohmann::json& spec, const std::string& where);

struct CodeVerdict {
  bool ran = false, passed = false;
  std::string why;  // what failed, or why it could not run
};
CodeVerdict TestCode(const nlohmann::json& spec, std::string_view code, const CodeRunner& run);

}  // namespace moebench
