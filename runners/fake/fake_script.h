// What the fake runner pretends to be and where it misbehaves; read from JSON. The format is
// described in runners/fake/README.md.
//   FakeScript script = LoadFakeScript(R"({"accuracy": {"4": 0.8}})");
// Plain data.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runners/fake/fake_speculation.h"
#include "runners/runner.h"

namespace moebench {

enum class FakeAct {
  // In the engine: the process ends, hangs or refuses.
  kCrash,        // signal (default SIGSEGV)
  kExit,         // exit code `value`
  kHang,         // heartbeats go on, no step is done
  kSilence,      // neither heartbeats nor an answer
  kStop,         // SIGSTOP to itself
  kKill,         // SIGKILL to itself
  kOom,          // writes "oom_kill 1" to `text` (a path), then SIGKILL to itself
  kIgnoreTerm,   // ignores SIGTERM and hangs
  kError,        // an error event with `text` as its sentence
  kStderrFlood,  // `value` bytes on stderr, then the right answer
  kOrphan,       // leaves a process of its own behind that holds the pipes, then exits with 1
  // On the pipe: what the parent reads is spoilt.
  kGarbage,        // a line that is not JSON in place of the answer
  kHalfLine,       // half of the answer, then nothing more
  kOversizedLine,  // a line longer than the protocol allows
  kWrongVersion,   // a hello of protocol version 99
  kWrongId,        // an answer to another request
  kWrongType,      // an answer whose fields have the wrong types
  kUnknownEvent,   // an event that the protocol does not know
  kWrongAnswer,    // "warmed" to whatever was asked
  kCloseStdout,    // closes its output and lives on
  // In the numbers: the answer is well-formed and wrong.
  kExecutedK,       // k_executed is `value`, whatever was asked
  kPagesElsewhere,  // the fraction `fraction` of the pages lies on node `value`
  kThreadsLoose,    // no thread is pinned
  kOneToken,        // one token, whatever was asked
  kCutOff,          // at most `value` tokens, finish "length"
  kEmpty,           // no text at all
  kLoop,            // repeats `text` up to max_tokens
};

struct FakeMisdeed {
  FakeAct act;
  // When: all that are given must match.
  std::string request = "generate";  // hello | inspect | load | warm | generate | read_placement
  std::optional<int64_t> nth;        // 1 = the first such request of the process
  std::optional<int> k;
  std::optional<int64_t> session;     // see FakeScript::session_file
  std::optional<std::string> prompt;  // the prompt contains it
  // How.
  int64_t value = 0;
  double fraction = 1;
  std::string text;
  int signal = 0;
};

struct FakeScript {
  ModelFacts model;
  // Tokens per second by k. A k that is not listed follows the bytes it reads:
  // tps(k) = tps(k0) * ActiveBytes(k0) / ActiveBytes(k).
  std::map<int, double> decode_tps;
  double prefill_tps = 2000;
  double session_noise = 0;  // sigma of the log-normal factor of one process life
  double trial_noise = 0;    // ... of one request
  bool sleep = false;        // really take the time; else it is only reported
  uint64_t seed = 1;
  // A file to which each process appends one byte at load: its size before is the session number,
  // from 0. Without one every process is session 0 and has the same session noise.
  std::string session_file;
  std::map<std::string, std::string> answers;                 // prompt -> right answer
  std::map<std::string, std::map<int, std::string>> replies;  // prompt -> k -> what it says
  std::map<int, double> accuracy;    // k -> share of right answers; not listed = 1
  std::map<int, double> divergence;  // k -> mean KL from k0 in nat, of a text; not listed = 0
  std::string version = "1";
  FakeSpeculations speculation;        // by decoding; empty: plain only
  std::vector<std::string> recurrent;  // ways back of recurrent layers: rollback, checkpoint
  std::string draft_refused;           // why no draft model fits; empty: all do
  // How unevenly its experts are taken, 0 = evenly; absent: it doesn't trace routing.
  std::optional<double> routing_skew;
  std::vector<FakeMisdeed> misdeeds;
};

// "decoding:plain" and what else the script lets it do.
std::vector<std::string> CapabilitiesOf(const FakeScript& script);

// path_or_json: JSON if it starts with '{', the default script if empty, else the path of a file.
// Throws Error that names the unknown or mistyped field.
FakeScript LoadFakeScript(const std::string& path_or_json);

}  // namespace moebench
