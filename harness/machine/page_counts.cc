// ReadPages of memory_policy.h: page residency as the kernel tells it.
#include <numaif.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "harness/base/error.h"
#include "harness/base/rng.h"
#include "harness/machine/memory_policy.h"
#include "harness/machine/proc_text.h"

namespace moebench {
namespace {

constexpr int64_t kMaxAskedPages = 1 << 20;  // 4 GiB of 4 KiB pages; about 0.1 s
constexpr size_t kPagesPerCall = 16384;

struct PageSpan {
  uintptr_t first;  // address of the first page
  int64_t pages;
};

std::vector<PageSpan> PagesOf(std::span<const PageRange> ranges, uintptr_t page) {
  std::vector<PageSpan> spans;
  for (const PageRange& range : ranges) {
    if (range.bytes == 0) continue;
    const auto begin = reinterpret_cast<uintptr_t>(range.begin) / page * page;
    const uintptr_t last =
        (reinterpret_cast<uintptr_t>(range.begin) + range.bytes - 1) / page * page;
    spans.push_back({begin, static_cast<int64_t>((last - begin) / page + 1)});
  }
  return spans;
}

// Adds one chunk's answers; returns the errno of a refused call, 0 if it was answered.
int AskKernel(std::vector<void*>& pages, int64_t weight, PageCounts* counts) {
  std::vector<int> node(pages.size(), -ENOENT);
  if (move_pages(0, pages.size(), pages.data(), nullptr, node.data(), 0) < 0) return errno;
  for (const int n : node) (n >= 0 ? counts->per_node[n] : counts->absent) += weight;
  pages.clear();
  return 0;
}

struct Mapping {
  uintptr_t begin = 0, end = 0;
};

std::optional<Mapping> ParseMapsLine(std::string_view line) {
  const size_t dash = line.find('-');
  const size_t space = line.find(' ');
  if (dash == std::string_view::npos || space == std::string_view::npos || dash > space) return {};
  Mapping mapping;
  const char* const middle = line.data() + dash;
  const char* const end = line.data() + space;
  if (std::from_chars(line.data(), middle, mapping.begin, 16).ptr != middle) return {};
  if (std::from_chars(middle + 1, end, mapping.end, 16).ptr != end) return {};
  return mapping;
}

bool Meets(const Mapping& mapping, std::span<const PageRange> ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const PageRange& range) {
    const auto begin = reinterpret_cast<uintptr_t>(range.begin);
    return range.bytes > 0 && begin < mapping.end && mapping.begin < begin + range.bytes;
  });
}

// "N3=120 kernelpagesize_kB=2048" of one numa_maps line, as pages of page_bytes.
void AddNumaMapsLine(std::string_view line, size_t page_bytes, PageCounts* counts) {
  std::map<int, int64_t> pages;
  int64_t scale = 1;
  for (const std::string_view word : SplitWords(line)) {
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    const std::optional<int64_t> value = ParseInt(word.substr(equals + 1));
    if (!value) continue;
    const std::string_view key = word.substr(0, equals);
    if (key == "kernelpagesize_kB") {
      scale = std::max<int64_t>(1, *value * 1024 / static_cast<int64_t>(page_bytes));
    } else if (key.size() > 1 && key[0] == 'N') {
      if (const std::optional<int64_t> node = ParseInt(key.substr(1))) {
        pages[static_cast<int>(*node)] += *value;
      }
    }
  }
  for (const auto& [node, n] : pages) counts->per_node[node] += n * scale;
}

PageCounts ReadNumaMaps(std::span<const PageRange> ranges, size_t page_bytes,
                        const std::string& why) {
  const std::optional<std::string> maps = ReadSmallFile("/proc/self/maps");
  const std::optional<std::string> numa_maps = ReadSmallFile("/proc/self/numa_maps");
  if (maps && numa_maps) return CountNumaMaps(*maps, *numa_maps, ranges, page_bytes);
  PageCounts counts;
  counts.unavailable = why + ", and /proc/self/numa_maps can't be read";
  return counts;
}

}  // namespace

PageCounts CountNumaMaps(std::string_view maps, std::string_view numa_maps,
                         std::span<const PageRange> ranges, size_t page_bytes) {
  PageCounts counts;
  counts.source = "numa_maps";
  std::vector<uintptr_t> wanted;  // start addresses, the key of numa_maps
  for (const std::string_view line : SplitLines(maps)) {
    const std::optional<Mapping> mapping = ParseMapsLine(line);
    if (mapping && Meets(*mapping, ranges)) wanted.push_back(mapping->begin);
  }
  std::sort(wanted.begin(), wanted.end());
  for (const std::string_view line : SplitLines(numa_maps)) {
    uintptr_t begin = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), begin, 16).ec != std::errc{}) {
      continue;
    }
    if (std::binary_search(wanted.begin(), wanted.end(), begin)) {
      AddNumaMapsLine(line, page_bytes, &counts);
    }
  }
  int64_t asked = 0, resident = 0;
  for (const PageSpan& span : PagesOf(ranges, page_bytes)) asked += span.pages;
  for (const auto& [node, pages] : counts.per_node) resident += pages;
  counts.absent = std::max<int64_t>(0, asked - resident);
  return counts;
}

PageCounts ReadPages(std::span<const PageRange> ranges) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::vector<PageSpan> spans = PagesOf(ranges, page);
  int64_t total = 0;
  for (const PageSpan& span : spans) total += span.pages;

  PageCounts counts;
  counts.source = "move_pages";
  counts.sampled_every = std::max<int64_t>(1, (total + kMaxAskedPages - 1) / kMaxAskedPages);
  const int64_t every = counts.sampled_every;
  Rng rng(1);
  std::vector<void*> pages;
  int refused = 0;
  for (const PageSpan& span : spans) {
    for (int64_t i = 0; i < span.pages && refused == 0; i += every) {
      const int64_t window = std::min(every, span.pages - i);
      const auto chosen =
          static_cast<uintptr_t>(i) + (every > 1 ? rng.Below(static_cast<uint64_t>(window)) : 0);
      pages.push_back(reinterpret_cast<void*>(span.first + chosen * page));
      if (pages.size() == kPagesPerCall) refused = AskKernel(pages, every, &counts);
    }
  }
  if (refused == 0 && !pages.empty()) refused = AskKernel(pages, every, &counts);
  if (refused == 0) return counts;
  return ReadNumaMaps(ranges, page, std::string("move_pages: ") + std::strerror(refused));
}

}  // namespace moebench
