// What machine this is and how it is set: the state that must be the same for two figures to be
// compared, each item with its value or the reason why there is none.
//   MachineState state = ReadMachineState("/", topology);
//   sweep.machine_json = FingerprintJson(state); sweep.machine_hash = FingerprintHash(state);
// Reads files below a root that tests replace; no root rights, well under 200 ms, changes nothing.
// The list is what changed published figures elsewhere: pyperf's and rustc-perf's machine checks,
// and the NUMA defects of the project that made this method popular.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/machine/topology.h"

namespace moebench {

enum class StateKind {
  kFingerprint,  // F: a change breaks comparability
  kDelta,        // D: watched before and after a trial
  kGate,         // G: read when deciding whether the machine is quiet enough
};

struct StateItem {
  std::string name;         // "cpu.model", "thp.enabled"
  std::string value;        // as text, unit included where there is one
  std::string unavailable;  // the reason where there is no value; never both
  StateKind kind = StateKind::kFingerprint;
};

struct MachineState {
  std::vector<StateItem> items;

  const StateItem* Find(const std::string& name) const;  // null if it is not on the list
  std::string Value(const std::string& name) const;      // empty if unknown or unavailable
};

// root: the folder with proc/ and sys/ in it, "/" for this machine.
MachineState ReadMachineState(const std::filesystem::path& root, const Topology& topology);

// {"schema":"moebench.machine/1","hash":"...","items":{"cpu.model":{"kind":"F","value":"..."},
//  "boost":{"kind":"F","unavailable":"..."}}}
std::string FingerprintJson(const MachineState& state);

// 16 hex digits over the items of kind F, independent of their order and of the reasons' wording.
std::string FingerprintHash(const MachineState& state);

}  // namespace moebench
