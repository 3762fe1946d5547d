// The file that keeps bandwidth results for the length of one boot (bandwidth.h):
//   {"schema":"moebench.bandwidth/2","boot_id":"...","results":{"<key of the probe>":{...}}}
#include <nlohmann/json.hpp>
#include <optional>

#include "harness/base/error.h"
#include "harness/base/files.h"
#include "harness/machine/bandwidth.h"
#include "harness/machine/proc_text.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kSchema = "moebench.bandwidth/2";
constexpr uint64_t kLimitBytes = 1 << 20;
constexpr double kMostGbps = 1e6;  // far above any machine: a broken file, not a bound

std::string Key(const BandwidthProbe& probe, const std::string& topology) {
  return "topology=" + topology + " cpus=" + FormatList(probe.cpus) +
         " memory=" + std::to_string(probe.memory_bytes_per_thread) +
         " cache=" + std::to_string(probe.cache_bytes_per_thread) +
         " ms=" + std::to_string(probe.memory_ms) + "+" + std::to_string(probe.cache_ms) +
         (probe.memory_node < 0 ? "" : " node=" + std::to_string(probe.memory_node));
}

// The file's document if it is of this boot; an empty one otherwise.
json ReadCache(const fs::path& file, const std::string& boot_id) {
  json fresh = {{"schema", kSchema}, {"boot_id", boot_id}, {"results", json::object()}};
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return fresh;
  std::string text;
  try {
    text = ReadFile(file, kLimitBytes);
  } catch (const Error&) {
    return fresh;  // unreadable: measured again, as the header promises
  }
  json cache = json::parse(text, nullptr, false);
  if (!cache.is_object() || cache.value("schema", json()) != kSchema ||
      cache.value("boot_id", json()) != boot_id || !cache.value("results", json()).is_object()) {
    return fresh;
  }
  return cache;
}

std::optional<double> Gbps(const json& result, const char* key) {
  const json value = result.value(key, json());
  if (!value.is_number()) return std::nullopt;
  const double gbps = value.get<double>();
  return gbps > 0 && gbps < kMostGbps ? std::optional(gbps) : std::nullopt;
}

std::optional<Bandwidth> FindResult(const json& cache, const std::string& key,
                                    const BandwidthProbe& probe) {
  const json result = cache["results"].value(key, json());
  if (!result.is_object()) return std::nullopt;
  const std::optional<double> memory = Gbps(result, "memory_gbps");
  const std::optional<double> caches =
      probe.cache_ms > 0 ? Gbps(result, "cache_gbps") : std::optional(0.0);
  const json bytes = result.value("memory_bytes", json());
  const json isa = result.value("isa", json());
  if (!memory || !caches || !bytes.is_number_unsigned() || !isa.is_string()) return std::nullopt;
  return Bandwidth{.memory_gbps = *memory,
                   .cache_gbps = *caches,
                   .memory_bytes = bytes.get<size_t>(),
                   .threads = static_cast<int>(probe.cpus.size()),
                   .isa = isa.get<std::string>(),
                   .unavailable = "",
                   .not_cached = ""};
}

}  // namespace

Bandwidth CachedReadBandwidth(const BandwidthProbe& probe, const fs::path& cache_file,
                              const std::string& boot_id, const std::string& topology) {
  if (cache_file.empty() || boot_id.empty()) {
    Bandwidth result = MeasureReadBandwidth(probe);
    result.not_cached = cache_file.empty() ? "there is no cache folder" : "there is no boot id";
    return result;
  }
  const std::string key = Key(probe, topology);
  json cache = ReadCache(cache_file, boot_id);
  if (const std::optional<Bandwidth> found = FindResult(cache, key, probe)) return *found;
  Bandwidth result = MeasureReadBandwidth(probe);
  if (!result.unavailable.empty()) return result;
  cache["results"][key] = {{"memory_gbps", result.memory_gbps},
                           {"cache_gbps", result.cache_gbps},
                           {"memory_bytes", result.memory_bytes},
                           {"isa", result.isa}};
  try {
    std::error_code ignored;  // the write that follows names what is wrong
    fs::create_directories(cache_file.parent_path(), ignored);
    WriteFileAtomically(cache_file, cache.dump(2) + "\n");
  } catch (const Error& error) {
    result.not_cached = error.what();
  }
  return result;
}

std::string BootId(const fs::path& root) {
  return ReadSmallFile(root / "proc/sys/kernel/random/boot_id").value_or("");
}

fs::path BandwidthCacheFile(const std::string& xdg_cache_home, const std::string& home) {
  if (xdg_cache_home.empty() && home.empty()) return {};
  const fs::path base =
      xdg_cache_home.empty() ? fs::path(home) / ".cache" : fs::path(xdg_cache_home);
  return base / "moebench" / "bandwidth.json";
}

}  // namespace moebench
