// What a person could change about this machine for faster or steadier figures, and a drawing of
// it.
//   DoctorReport report = ExamineThisMachine();
//   std::cout << RenderDoctor(report, isatty(1)) or DoctorJson(report);
// Only looks: it changes nothing, and needs no root. The commands it names are for a person to run.
#pragma once

#include <string>
#include <vector>

#include "harness/machine/fingerprint.h"
#include "harness/machine/node_bandwidth.h"
#include "harness/machine/topology.h"

namespace moebench {

enum class DoctorStatus {
  kFine,     // as wanted
  kAdvice,   // could be better
  kUnknown,  // the system does not say
};

struct DoctorLine {
  std::string topic;    // "cpu governor"
  std::string value;    // what it is now; unavailable(reason) where nobody says
  std::string wanted;   // what is best for steady figures
  std::string effect;   // what the difference does to a measurement
  std::string command;  // that changes it; empty where nothing can be done from here
  DoctorStatus status = DoctorStatus::kFine;
};

struct DoctorReport {
  Topology topology;
  MachineState state;
  std::vector<DoctorLine> lines;
  std::vector<BandwidthRow> bandwidth;  // empty: not measured
};

// Measures nothing.
DoctorReport ExamineThisMachine();

// Pure. no_memory_policy: why policies can't be set (WhyNoMemoryPolicy), empty if they can.
std::vector<DoctorLine> DoctorLines(const Topology& topology, const MachineState& state,
                                    const std::string& no_memory_policy);

// Packages, NUMA nodes, caches and cores as boxes, then the distances; lines of at most 100
// columns. ASCII only. What was measured stands at its part: a node's own memory as its cores read
// it, and the L3 caches.
std::string DrawTopology(const Topology& topology, const std::vector<BandwidthRow>& bandwidth = {});

// Drawing, what was measured and findings for people; colour adds ANSI sequences.
std::string RenderDoctor(const DoctorReport& report, bool colour);

// {"schema":"moebench.doctor/1","topology":{...},"findings":[{"topic":...,"status":"advice",...}],
//  "machine":{the object of FingerprintJson},
//  "bandwidth":[{"kind":"node_pair"|"l3"|"all","from":...,"node":...,"gbps":...,...}] if measured}
std::string DoctorJson(const DoctorReport& report);

}  // namespace moebench
