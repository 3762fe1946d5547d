// Machines for tests: hwloc files of real ones, kept beside the repository and never in it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace moebench {

inline std::filesystem::path MachineFolder() {
  return std::filesystem::path(MOEBENCH_SOURCE_DIR) / ".." / "shared" / "data" / "hwloc";
}

// Empty where the file is absent.
inline std::filesystem::path MachineFile(const std::string& name) {
  const std::filesystem::path path = MachineFolder() / name;
  return std::filesystem::exists(path) ? path : std::filesystem::path();
}

inline std::vector<std::filesystem::path> AllMachineFiles() {
  std::vector<std::filesystem::path> files;
  if (!std::filesystem::exists(MachineFolder())) return files;
  for (const auto& entry : std::filesystem::directory_iterator(MachineFolder())) {
    if (entry.path().extension() == ".xml") files.push_back(entry.path());
  }
  return files;
}

}  // namespace moebench
