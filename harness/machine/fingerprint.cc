#include "harness/machine/fingerprint.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/base/hash.h"
#include "harness/machine/state_reader.h"

namespace moebench {
namespace {

const char* KindName(StateKind kind) {
  switch (kind) {
    case StateKind::kFingerprint:
      return "F";
    case StateKind::kDelta:
      return "D";
    case StateKind::kGate:
      return "G";
  }
  return "?";
}

}  // namespace

const StateItem* MachineState::Find(const std::string& name) const {
  const auto found = std::find_if(items.begin(), items.end(),
                                  [&](const StateItem& item) { return item.name == name; });
  return found == items.end() ? nullptr : &*found;
}

std::string MachineState::Value(const std::string& name) const {
  const StateItem* item = Find(name);
  return item == nullptr ? "" : item->value;
}

MachineState ReadMachineState(const std::filesystem::path& root, const Topology& topology) {
  StateReader reader(root);
  ReadCpuItems(&reader);
  ReadTopologyItems(topology, &reader);
  ReadFrequencyItems(&reader);
  ReadMemoryItems(&reader);
  ReadKernelItems(&reader);
  ReadLimitItems(topology, &reader);
  ReadLoadItems(&reader);
  return {.items = reader.Take()};
}

std::string FingerprintJson(const MachineState& state) {
  nlohmann::json items = nlohmann::json::object();
  for (const StateItem& item : state.items) {
    items[item.name] = {{"kind", KindName(item.kind)}};
    items[item.name][item.unavailable.empty() ? "value" : "unavailable"] =
        item.unavailable.empty() ? item.value : item.unavailable;
  }
  const nlohmann::json json = {{"schema", "moebench.machine/1"},
                               {"hash", FingerprintHash(state)},
                               {"items", std::move(items)}};
  // Names and values come from files: bytes that are no UTF-8 are replaced, not refused.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string FingerprintHash(const MachineState& state) {
  std::map<std::string, std::string> sorted;
  for (const StateItem& item : state.items) {
    if (item.kind != StateKind::kFingerprint) continue;
    sorted[item.name] = item.unavailable.empty() ? "=" + item.value : "?";
  }
  std::string text = "moebench.machine/1";
  for (const auto& [name, value] : sorted) text += '\n' + name + value;
  return Hex16(Fnv1a64(text));
}

}  // namespace moebench
