// The pages of a mapped file: brought in by one call for each piece instead of one fault for each
// page, and let go after use, so that a model is never in memory twice.
//   ReadAhead(next tensor); MapPages(piece); ... read ...; ReleasePages(piece);
// For read-only mappings of files alone: released pages of other memory would be lost.
#pragma once

#include <cstddef>

namespace moebench {

void ReadAhead(const std::byte* begin, std::size_t bytes);  // starts reading from the disk
void MapPages(const std::byte* begin, std::size_t bytes);
void ReleasePages(const std::byte* begin, std::size_t bytes);

}  // namespace moebench
