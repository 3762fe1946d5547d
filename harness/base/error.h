// The one exception of moebench: what went wrong, where, and the way out.
//   throw Error{"placement: 'intreleave' is not a policy", "moebench.yaml:14:7",
//               "did you mean 'interleave'?", ExitCode::kConfig};
// Thrown where the failure is known; caught at the border of a cell (a status row) and in main (one
// line and an exit code), nowhere between. Value type; may be copied between threads.
#pragma once

#include <exception>
#include <string>

namespace moebench {

// Exit codes of the program (design.md section 4). Values are a contract: do not change.
enum class ExitCode : int {
  kOk = 0,
  kFlagged = 1,        // a setting was flagged or regressed
  kIncomplete = 2,     // finished, some cells failed or are inconclusive
  kUsage = 64,         // command line
  kBadData = 65,       // GGUF, suite
  kInternal = 70,      // a bug
  kIo = 74,            // I/O error or disk full
  kBusy = 75,          // locked, or machine busy
  kConfig = 78,        // moebench.yaml
  kBudget = 124,       // budget used up, partial report valid
  kInterrupted = 130,  // SIGINT
  kTerminated = 143,   // SIGTERM
};

class Error : public std::exception {
 public:
  // what:  one sentence without a full stop
  // where: file:line:col, path, tensor... ; may be empty
  // hint:  the remedy; may be empty
  Error(std::string what, std::string where, std::string hint = "",
        ExitCode code = ExitCode::kBadData);

  const char* what() const noexcept override { return message_.c_str(); }  // "where: what; hint"
  const std::string& problem() const { return problem_; }
  const std::string& where() const { return where_; }
  const std::string& hint() const { return hint_; }
  ExitCode code() const { return code_; }

 private:
  std::string problem_, where_, hint_, message_;
  ExitCode code_;
};

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace moebench

// For bugs, never reachable from input; always on. Ends the process with a message and abort().
#define CHECK(condition) \
  ((condition) ? void(0) : ::moebench::CheckFailed(#condition, __FILE__, __LINE__))
