// llama-bench's way of writing flags and their values, for `moebench bench`.
//   std::vector<int> depths = CountsOf({"0", "1024-4096*2"}, "-d", 0, 1 << 24);  // 0 1024 2048
//   4096
// Pure; throws Error (kUsage) naming the option.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace moebench {

// Comma lists, repeats, ranges: FIRST-LAST, FIRST-LAST+STEP, FIRST-LAST*FACTOR.
std::vector<int> CountsOf(const std::vector<std::string>& values, const std::string& option,
                          int lowest, int highest);

// "512,128" -> {512, 128}, one pair a value.
std::vector<std::pair<int, int>> PairsOf(const std::vector<std::string>& values,
                                         const std::string& option, int lowest, int highest);

// The words of comma lists.
std::vector<std::string> WordsOf(const std::vector<std::string>& values);

// The command line with llama-bench's spellings turned into ours: -pg becomes --pg (names of
// several letters behind one dash), --n_prompt becomes --n-prompt. Values are left alone.
std::vector<std::string> NormaliseBenchArguments(std::vector<std::string> arguments);

}  // namespace moebench
