// The innermost loop of the bandwidth probe: reads memory as fast as one core can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace moebench {

constexpr size_t kReadBlockBytes = 512;  // eight cache lines per round of the loop

// Reads bytes (a multiple of kReadBlockBytes, from a 64-byte aligned address) once, in order, with
// a prefetch 4 KiB ahead, with the widest vectors of this cpu. Returns a sum that depends on all of
// them, so that the compiler can't leave a read out.
uint64_t ReadBlocks(const void* data, size_t bytes);

std::string ReadLoopIsa();  // avx512f | avx2 | baseline

}  // namespace moebench
