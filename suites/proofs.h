// For tests: the answers in suites/core computed once more, by brute force where that is possible.
#pragma once

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <map>
#include <string>

#include "suites/suite.h"

namespace moebench {

using Proofs = std::map<std::string, std::function<std::string()>>;  // item id -> its answer

inline std::string Joined(const Item& item) {
  std::string text;
  for (const std::string& element : item.expected) text += (text.empty() ? "" : ",") + element;
  return text;
}

// "9/2" and "4.5" are the same number.
inline double ValueOf(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return std::stod(text);
  return std::stod(text.substr(0, slash)) / std::stod(text.substr(slash + 1));
}

// Every item of the category has a proof, and every proof gives the item's answer. Items that
// expect a list are compared with its elements joined by commas.
inline void ExpectProven(const std::string& category, const Proofs& proofs) {
  size_t met = 0;
  for (const Item& item : LoadSuite(std::string(MOEBENCH_SOURCE_DIR) + "/suites/core").items) {
    if (item.category != category) continue;
    const auto proof = proofs.find(item.id);
    if (proof == proofs.end()) {
      ADD_FAILURE() << item.id << " has no proof";
      continue;
    }
    ++met;
    const std::string answer = proof->second();
    if (item.grader_kind == "numeric") {
      EXPECT_NEAR(ValueOf(item.expected.at(0)), ValueOf(answer), item.tolerance + 1e-9) << item.id;
    } else {
      EXPECT_EQ(Joined(item), answer) << item.id;
    }
  }
  EXPECT_EQ(met, proofs.size()) << "a proof belongs to no item";
}

}  // namespace moebench
