#include "harness/machine/topology_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/machine/topology_xml.h"

namespace moebench {
namespace {

constexpr uint64_t kXmlLimitBytes = 64 << 20;

using Kind = TopologySource::Kind;

Error Unreadable(const TopologySource& source) {
  return Error{std::string("hwloc can't read the topology: ") + std::strerror(errno), source.text,
               source.kind == Kind::kXmlFile ? "write one with `lstopo FILE.xml`" : "",
               ExitCode::kBadData};
}

LoadedTopology Fresh(const TopologySource& source) {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) {
    throw Error{std::string("hwloc can't start: ") + std::strerror(errno), "", "",
                ExitCode::kInternal};
  }
  LoadedTopology loaded;
  loaded.hwloc.reset(raw);
  loaded.source = source.kind == Kind::kThisMachine ? "this machine" : source.text;
  hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  hwloc_topology_set_io_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_NONE);
  hwloc_topology_set_type_filter(raw, HWLOC_OBJ_L1ICACHE, HWLOC_TYPE_FILTER_KEEP_ALL);
  return loaded;
}

bool TakesXml(hwloc_topology_t hwloc, const std::string& xml) {
  return hwloc_topology_set_xmlbuffer(hwloc, xml.c_str(), static_cast<int>(xml.size() + 1)) == 0;
}

// Nothing that placement is planned by fell away.
bool HoldsAllOf(hwloc_topology_t hwloc, const std::string& xml) {
  constexpr std::pair<hwloc_obj_type_t, const char*> kTypes[] = {{HWLOC_OBJ_PACKAGE, "Package"},
                                                                 {HWLOC_OBJ_NUMANODE, "NUMANode"},
                                                                 {HWLOC_OBJ_L3CACHE, "L3Cache"},
                                                                 {HWLOC_OBJ_CORE, "Core"},
                                                                 {HWLOC_OBJ_PU, "PU"}};
  return std::all_of(std::begin(kTypes), std::end(kTypes), [&](const auto& type) {
    return hwloc_get_nbobjs_by_type(hwloc, type.first) == CountXmlObjects(xml, type.second);
  });
}

// A file of a newer hwloc, read as if this one had written it.
LoadedTopology LoadNewerXml(const TopologySource& source, const std::string& xml) {
  const std::string version(XmlVersion(xml));
  LoadedTopology loaded = Fresh(source);
  hwloc_topology_t hwloc = loaded.hwloc.get();
  const bool known = version.starts_with("3.") || version == "3";
  if (!known || !TakesXml(hwloc, WithXmlVersion(xml, "2.0")) || hwloc_topology_load(hwloc) != 0 ||
      !HoldsAllOf(hwloc, xml)) {
    throw Error{"was written by hwloc " + version + ", this is hwloc " + HwlocVersion(),
                source.text, "export it with `lstopo --export-xml-flags v2 FILE.xml`",
                ExitCode::kBadData};
  }
  loaded.source += " (written by hwloc 3, read by hwloc " + HwlocVersion() + ")";
  return loaded;
}

bool IsNewer(std::string_view version) {
  return !version.empty() && version[0] >= '3' && version[0] <= '9' &&
         hwloc_get_api_version() < 0x30000;
}

LoadedTopology LoadXml(const TopologySource& source) {
  const std::string xml = ReadFile(source.text, kXmlLimitBytes);
  if (IsNewer(XmlVersion(xml))) return LoadNewerXml(source, xml);
  LoadedTopology loaded = Fresh(source);
  if (!TakesXml(loaded.hwloc.get(), xml)) {
    throw Error{"is no hwloc topology", source.text, "write one with `lstopo FILE.xml`",
                ExitCode::kBadData};
  }
  if (hwloc_topology_load(loaded.hwloc.get()) != 0) throw Unreadable(source);
  return loaded;
}

}  // namespace

LoadedTopology LoadTopology(const TopologySource& source) {
  if (source.kind == Kind::kXmlFile) return LoadXml(source);
  LoadedTopology loaded = Fresh(source);
  if (source.kind == Kind::kSynthetic &&
      hwloc_topology_set_synthetic(loaded.hwloc.get(), source.text.c_str()) != 0) {
    throw Error{"'" + source.text + "' is no synthetic topology", "",
                "write it like 'pack:2 numa:4 l3:2 core:4 pu:2'", ExitCode::kUsage};
  }
  if (hwloc_topology_load(loaded.hwloc.get()) != 0) throw Unreadable(source);
  return loaded;
}

std::string HwlocVersion() {
  const unsigned version = hwloc_get_api_version();
  return std::to_string(version >> 16) + '.' + std::to_string((version >> 8) & 0xff);
}

}  // namespace moebench
