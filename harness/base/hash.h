// Digests: SHA-256 for identity (models, binaries, configurations), FNV-1a for short fingerprints.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace moebench {

std::string Sha256Hex(std::string_view bytes);                // 64 lower-case hex digits
std::string Sha256OfFile(const std::filesystem::path& path);  // throws Error on I/O trouble

constexpr uint64_t Fnv1a64(std::string_view bytes, uint64_t seed = 0xcbf29ce484222325ULL) {
  uint64_t hash = seed;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}
std::string Hex16(uint64_t value);  // 16 lower-case hex digits

}  // namespace moebench
