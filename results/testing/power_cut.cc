#include "results/testing/power_cut.h"

#include <sqlite3.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/error.h"
#include "harness/base/rng.h"

namespace moebench {
namespace {

constexpr size_t kSector = 512;

struct Call {
  enum class Kind { kWrite, kTruncate, kSync, kDelete } kind;
  std::string path;
  size_t at = 0;  // offset of a write, size of a truncation
  std::string bytes;
};

std::vector<Call> g_calls;  // of the one disk there is
sqlite3_vfs g_vfs;

struct File {
  sqlite3_file base;
  const std::string* path;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
File* Of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Of(file)->real(); }
sqlite3_vfs* RealVfs() { return static_cast<sqlite3_vfs*>(g_vfs.pAppData); }

void Record(sqlite3_file* file, Call::Kind kind, int64_t at, std::string_view bytes) {
  if (Of(file)->path == nullptr) return;
  g_calls.push_back({kind, *Of(file)->path, static_cast<size_t>(at), std::string(bytes)});
}

int Close(sqlite3_file* file) {
  delete Of(file)->path;
  return Real(file)->pMethods->xClose(Real(file));
}
int Read(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  return Real(file)->pMethods->xRead(Real(file), to, size, at);
}
int Write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  Record(file, Call::Kind::kWrite, at, {static_cast<const char*>(from), static_cast<size_t>(size)});
  return Real(file)->pMethods->xWrite(Real(file), from, size, at);
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  Record(file, Call::Kind::kTruncate, size, "");
  return Real(file)->pMethods->xTruncate(Real(file), size);
}
int Sync(sqlite3_file* file, int) {
  Record(file, Call::Kind::kSync, 0, "");
  return SQLITE_OK;  // the record is the disk: the real one needs not be waited for
}
int Size(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int level) { return Real(file)->pMethods->xLock(Real(file), level); }
int Unlock(sqlite3_file* file, int level) {
  return Real(file)->pMethods->xUnlock(Real(file), level);
}
int IsReserved(sqlite3_file* file, int* is) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), is);
}
int Control(sqlite3_file* file, int what, void* value) {
  return Real(file)->pMethods->xFileControl(Real(file), what, value);
}
int SectorSize(sqlite3_file*) { return static_cast<int>(kSector); }
int Characteristics(sqlite3_file* file) {
  return Real(file)->pMethods->xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, at);
}
int ShmLock(sqlite3_file* file, int first, int n, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), first, n, flags);
}
void ShmBarrier(sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

constexpr sqlite3_io_methods kMethods = {
    2,        Close,      Read,    Write,      Truncate,        Sync,   Size,    Lock,
    Unlock,   IsReserved, Control, SectorSize, Characteristics, ShmMap, ShmLock, ShmBarrier,
    ShmUnmap, nullptr,    nullptr};

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  constexpr int kKept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
  const int code = RealVfs()->xOpen(RealVfs(), name, Real(file), flags, out_flags);
  file->pMethods = Real(file)->pMethods == nullptr ? nullptr : &kMethods;
  Of(file)->path = name != nullptr && (flags & kKept) != 0 && code == SQLITE_OK
                       ? new std::string(name)
                       : nullptr;
  return code;
}

int Delete(sqlite3_vfs*, const char* name, int sync_folder) {
  g_calls.push_back({Call::Kind::kDelete, name, 0, ""});
  return RealVfs()->xDelete(RealVfs(), name, sync_folder);
}

void Apply(const Call& call, std::string& content) {
  if (call.kind == Call::Kind::kTruncate) content.resize(call.at);
  if (call.kind != Call::Kind::kWrite) return;
  content.resize(std::max(content.size(), call.at + call.bytes.size()));
  content.replace(call.at, call.bytes.size(), call.bytes);
}

// Each sector of what was not synced is there or not.
void ApplyByChance(const Call& call, Rng& rng, std::string& content) {
  if (call.kind == Call::Kind::kTruncate && rng.Below(2) == 0) content.resize(call.at);
  if (call.kind != Call::Kind::kWrite) return;
  for (size_t done = 0; done < call.bytes.size();) {
    const size_t at = call.at + done;
    const size_t size = std::min(kSector - at % kSector, call.bytes.size() - done);
    if (rng.Below(2) == 0) {
      Apply({Call::Kind::kWrite, call.path, at, call.bytes.substr(done, size)}, content);
    }
    done += size;
  }
}

}  // namespace

PowerCutDisk::PowerCutDisk() {
  g_calls.clear();
  sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  g_vfs = *real;
  g_vfs.pNext = nullptr;
  g_vfs.zName = "power_cut";
  g_vfs.pAppData = real;
  g_vfs.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
  g_vfs.xOpen = Open;
  g_vfs.xDelete = Delete;
  CHECK(sqlite3_vfs_register(&g_vfs, 1) == SQLITE_OK);
}

PowerCutDisk::~PowerCutDisk() { StopRecording(); }

void PowerCutDisk::StopRecording() {
  sqlite3_vfs_unregister(&g_vfs);
  sqlite3_vfs_register(RealVfs(), 1);
}

size_t PowerCutDisk::calls() const { return g_calls.size(); }

void PowerCutDisk::MakeAfterCut(size_t calls, uint64_t seed, const std::filesystem::path& folder,
                                Syncs syncs) const {
  CHECK(calls <= g_calls.size());
  std::map<std::string, std::vector<const Call*>> of_file;
  for (size_t i = 0; i < calls; ++i) of_file[g_calls[i].path].push_back(&g_calls[i]);
  Rng rng(seed);
  for (const auto& [path, list] : of_file) {
    std::string content;
    bool exists = false;
    size_t durable = 0;  // calls up to the last sync or deletion
    for (size_t i = 0; i < list.size(); ++i) {
      const Call::Kind kind = list[i]->kind;
      const bool synced = kind == Call::Kind::kSync && syncs == Syncs::kObeyed;
      if (synced || kind == Call::Kind::kDelete) durable = i + 1;
    }
    for (size_t i = 0; i < durable; ++i) {
      exists = list[i]->kind != Call::Kind::kDelete;
      if (!exists) content.clear();
      Apply(*list[i], content);
    }
    for (size_t i = durable; i < list.size(); ++i) {
      exists = true;
      ApplyByChance(*list[i], rng, content);
    }
    if (!exists) continue;
    std::ofstream(folder / std::filesystem::path(path).filename(), std::ios::binary) << content;
  }
}

}  // namespace moebench
