// The parts of ReadMachineState (fingerprint.h): where each item is found. Internal to this folder.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/machine/fingerprint.h"
#include "harness/machine/topology.h"

namespace moebench {

// Collects items, each with a value or a reason.
class StateReader {
 public:
  explicit StateReader(std::filesystem::path root) : root_(std::move(root)) {}

  std::filesystem::path At(std::string_view path) const { return root_ / path; }
  // The text of root/path.
  std::optional<std::string> Text(std::string_view path) const;

  void Add(std::string name, std::string value, StateKind kind = StateKind::kFingerprint);
  void AddMissing(std::string name, std::string reason, StateKind kind = StateKind::kFingerprint);
  // The whole file as the value.
  void AddFile(std::string name, std::string_view path, StateKind kind = StateKind::kFingerprint);
  // What choose() finds in the file, "[always] madvise never" -> "always" with Bracketed.
  void AddChosen(std::string name, std::string_view path,
                 const std::function<std::optional<std::string>(std::string_view)>& choose,
                 StateKind kind = StateKind::kFingerprint);

  std::vector<StateItem> Take() { return std::move(items_); }

 private:
  std::filesystem::path root_;
  std::vector<StateItem> items_;
};

// "[always] madvise never" -> "always"
std::optional<std::string> Bracketed(std::string_view text);

void ReadCpuItems(StateReader* reader);                                 // state_cpu.cc
void ReadTopologyItems(const Topology& topology, StateReader* reader);  // state_cpu.cc
void ReadFrequencyItems(StateReader* reader);                           // state_cpu.cc
void ReadMemoryItems(StateReader* reader);                              // state_system.cc
void ReadKernelItems(StateReader* reader);                              // state_system.cc
void ReadLimitItems(const Topology& topology, StateReader* reader);     // state_system.cc
void ReadLoadItems(StateReader* reader);                                // state_system.cc

}  // namespace moebench
