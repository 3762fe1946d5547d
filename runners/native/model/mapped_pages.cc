#include "runners/native/model/mapped_pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22  // Linux 5.14; older headers lack the name
#endif

namespace moebench {
namespace {

// Hints: what a kernel refuses costs speed or memory, never a result.
void Advise(const std::byte* begin, std::size_t bytes, int advice) {
  static const std::uintptr_t page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t first = reinterpret_cast<std::uintptr_t>(begin) / page * page;
  const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(begin) + bytes;
  madvise(reinterpret_cast<void*>(first), end - first, advice);
}

}  // namespace

void ReadAhead(const std::byte* begin, std::size_t bytes) { Advise(begin, bytes, MADV_WILLNEED); }
void MapPages(const std::byte* begin, std::size_t bytes) {
  Advise(begin, bytes, MADV_POPULATE_READ);
}
void ReleasePages(const std::byte* begin, std::size_t bytes) {
  Advise(begin, bytes, MADV_DONTNEED);
}

}  // namespace moebench
