#include "harness/machine/doctor.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/machine/memory_policy.h"

namespace moebench {
namespace {

using nlohmann::json;

const char* StatusName(DoctorStatus status) {
  switch (status) {
    case DoctorStatus::kFine:
      return "fine";
    case DoctorStatus::kAdvice:
      return "advice";
    case DoctorStatus::kUnknown:
      return "unknown";
  }
  return "?";
}

std::string Painted(const std::string& text, DoctorStatus status, bool colour) {
  if (!colour) return text;
  const char* code = status == DoctorStatus::kFine     ? "\x1b[32m"
                     : status == DoctorStatus::kAdvice ? "\x1b[33m"
                                                       : "\x1b[2m";
  return code + text + "\x1b[0m";
}

std::string RenderLine(const DoctorLine& line, bool colour) {
  std::string topic = line.topic;
  topic.resize(std::max<size_t>(topic.size(), 24), ' ');
  std::string text = Painted(StatusName(line.status), line.status, colour);
  text += std::string(9 - std::string(StatusName(line.status)).size(), ' ') + topic + line.value;
  if (line.status == DoctorStatus::kFine) return text + '\n';
  const std::string indent(11, ' ');
  text += "\n" + indent + "wanted:  " + line.wanted + "\n" + indent + "effect:  " + line.effect;
  if (!line.command.empty()) text += "\n" + indent + "command: " + line.command;
  return text + '\n';
}

json CacheJson(const CoreCache& cache) {
  return cache.bytes > 0 ? json{{"bytes", cache.bytes}, {"cores", cache.cores}} : json();
}

json CoreJson(const Core& core) {
  return {{"cpus", core.cpus},
          {"l3", core.l3},
          {"l2", core.l2},
          {"l1d", CacheJson(core.l1d)},
          {"l1i", CacheJson(core.l1i)}};
}

json GroupsJson(const std::vector<CacheGroup>& groups) {
  json list = json::array();
  for (const CacheGroup& group : groups) {
    list.push_back({{"bytes", group.bytes}, {"cpus", group.cpus}});
  }
  return list;
}

json NodeJson(const Topology& topology, const NumaNode& node) {
  json cores = json::array();
  for (const Core& core : topology.cores) {
    if (core.node == node.os_id) cores.push_back(CoreJson(core));
  }
  return {{"id", node.os_id},
          {"package", node.package},
          {"memory_bytes", node.memory_bytes > 0 ? json(node.memory_bytes) : json()},
          {"has_memory", node.has_memory},
          {"cores", std::move(cores)}};
}

json TopologyJson(const Topology& topology) {
  json packages = json::array(), nodes = json::array();
  for (const Package& package : topology.packages) {
    packages.push_back({{"id", package.os_id}, {"cpu_model", package.cpu_model}});
  }
  for (const NumaNode& node : topology.nodes) nodes.push_back(NodeJson(topology, node));
  return {{"hwloc_version", topology.hwloc_version},
          {"packages", std::move(packages)},
          {"nodes", std::move(nodes)},
          {"l3_groups", GroupsJson(topology.l3_groups)},
          {"l2_groups", GroupsJson(topology.l2_groups)},
          {"distances", topology.distances},
          {"allowed_cpus", topology.allowed_cpus},
          {"allowed_nodes", topology.allowed_nodes}};
}

const char* KindName(BandwidthRow::Kind kind) {
  return kind == BandwidthRow::Kind::kNodePair ? "node_pair"
         : kind == BandwidthRow::Kind::kL3     ? "l3"
                                               : "all";
}

// from: node of the cores of a pair, index of the L3 that serves the cores of the others (null: it
// is several). node: of the memory; null: near each core.
json BandwidthJson(const BandwidthRow& row) {
  const auto number = [](int n) { return n >= 0 ? json(n) : json(); };
  const auto figure = [](double gbps) { return gbps > 0 ? json(gbps) : json(); };
  return {{"kind", KindName(row.kind)},    {"from", number(row.from)},
          {"node", number(row.node)},      {"cpus", row.probe.cpus},
          {"gbps", figure(row.gbps)},      {"cache_gbps", figure(row.cache_gbps)},
          {"unavailable", row.unavailable}};
}

}  // namespace

DoctorReport ExamineThisMachine() {
  DoctorReport report;
  report.topology = ReadTopology(ThisMachine());
  report.state = ReadMachineState("/", report.topology);
  report.lines = DoctorLines(report.topology, report.state, WhyNoMemoryPolicy());
  return report;
}

std::string RenderDoctor(const DoctorReport& report, bool colour) {
  std::string text = DrawTopology(report.topology, report.bandwidth) + '\n';
  if (!report.bandwidth.empty()) text += DrawBandwidth(report.bandwidth) + '\n';
  for (const DoctorStatus status :
       {DoctorStatus::kAdvice, DoctorStatus::kUnknown, DoctorStatus::kFine}) {
    for (const DoctorLine& line : report.lines) {
      if (line.status == status) text += RenderLine(line, colour);
    }
  }
  return text + "\nmachine fingerprint " + FingerprintHash(report.state) + '\n';
}

std::string DoctorJson(const DoctorReport& report) {
  json findings = json::array();
  for (const DoctorLine& line : report.lines) {
    findings.push_back({{"topic", line.topic},
                        {"status", StatusName(line.status)},
                        {"value", line.value},
                        {"wanted", line.wanted},
                        {"effect", line.effect},
                        {"command", line.command}});
  }
  json document = {{"schema", "moebench.doctor/1"},
                   {"topology", TopologyJson(report.topology)},
                   {"findings", std::move(findings)},
                   {"machine", json::parse(FingerprintJson(report.state))}};
  for (const BandwidthRow& row : report.bandwidth) {
    document["bandwidth"].push_back(BandwidthJson(row));
  }
  return document.dump(2, ' ', false, json::error_handler_t::replace);
}

}  // namespace moebench
