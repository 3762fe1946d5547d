// Where the instances of a session were asked to be, read from its plans, and the command lines
// that put a program there. The rows may come from any version: what is missing reads as nothing.
#pragma once

#include <string>
#include <vector>

namespace moebench {

struct InstancePlace {
  std::string policy;            // "local:2"
  std::vector<int> cpus, nodes;  // of threads and memory
};

// Of one plan one place, of a list of plans one for each. asked_json: SessionRecord's.
std::vector<InstancePlace> InstancePlaces(const std::string& asked_json);

// "taskset -c 0-7 moebench ... --placement local:0 & taskset ...": one process for each place, on
// its cpus, which places its memory itself. line: the command of one, with kPlacementWord where the
// name of its placement goes.
inline constexpr const char* kPlacementWord = "{placement}";
std::string StartTogether(const std::vector<InstancePlace>& places, const std::string& line);

// "numactl --physcpubind=0-7 --membind=0 llama-server ... --port 8080 & ...": of a program that
// knows no nodes and answers at a port of its own.
std::string StartServersTogether(const std::vector<InstancePlace>& places, const std::string& line);

}  // namespace moebench
