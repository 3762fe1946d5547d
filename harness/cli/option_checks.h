// CLI11's checks of values, without the ranges and sets that it would print into every line of
// help; a value out of bounds is still answered with them.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace moebench {

template <typename T>
CLI::Validator Between(T lowest, T highest) {
  return CLI::Range(lowest, highest).description("");
}
inline CLI::Validator OneOf(const std::vector<std::string>& names) {
  return CLI::IsMember(names).description("");
}

}  // namespace moebench
