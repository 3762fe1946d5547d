#include "runners/native/model/testing/fixture_case.h"

#include <cmath>
#include <sstream>

#include "harness/base/files.h"

namespace moebench {
namespace {

TokenValue ParsePair(const std::string& text) {
  const std::size_t colon = text.find(':');
  return {std::stoi(text.substr(0, colon)), std::stod(text.substr(colon + 1))};
}

}  // namespace

double FixtureCase::Rms() const {
  double squares = 0;
  std::size_t n = 0;
  for (const Row& row : rows) {
    for (const TokenValue& logit : row.logits) squares += logit.value * logit.value, ++n;
  }
  return std::sqrt(squares / static_cast<double>(n));
}

std::string FixtureText(const std::string& name) {
  return ReadFile(std::string(MOEBENCH_SOURCE_DIR "/runners/native/model/testdata/") + name,
                  1 << 20);
}

std::vector<FixtureCase> ParseFixture(const std::string& text) {
  std::istringstream lines(text);
  std::vector<FixtureCase> cases;
  std::string line, word;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    words >> word;
    if (word == "k") {
      words >> cases.emplace_back().k;
    } else if (word == "tokens") {
      while (words >> word) cases.back().tokens.push_back(std::stoi(word));
    } else if (word == "logits") {
      FixtureCase::Row& row = cases.back().rows.emplace_back();
      words >> row.position;
      while (words >> word) row.logits.push_back(ParsePair(word));
    } else if (word == "greedy") {
      while (words >> word) cases.back().greedy.push_back(ParsePair(word));
    }
  }
  return cases;
}

}  // namespace moebench
