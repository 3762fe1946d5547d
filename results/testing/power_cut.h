// A disk that may lose its power at any moment: SQLite's file calls go to the real files and into a
// record, from which the disk as it may be found after a cut is made again, any number of times.
//   PowerCutDisk disk;  // SQLite's default file system from now on
//   ... write a database ...
//   disk.StopRecording();
//   disk.MakeAfterCut(n, seed, folder);      // the files of the first n calls, then darkness
// What was synced is there. Of what was written to a file since its last sync each sector of 512
// bytes is there or not, by chance. One at a time; not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace moebench {

enum class Syncs { kObeyed, kIgnored };

class PowerCutDisk {
 public:
  PowerCutDisk();
  ~PowerCutDisk();
  PowerCutDisk(const PowerCutDisk&) = delete;
  PowerCutDisk& operator=(const PowerCutDisk&) = delete;

  void StopRecording();  // SQLite's own file system is the default again; the record stays
  size_t calls() const;  // so far
  // kIgnored: as if nothing had ever been synced, what a database must not survive.
  void MakeAfterCut(size_t calls, uint64_t seed, const std::filesystem::path& folder,
                    Syncs syncs = Syncs::kObeyed) const;
};

}  // namespace moebench
