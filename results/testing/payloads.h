// Texts that try to become markup: what a model, a file name or an error message may contain.
#pragma once

#include <string>
#include <vector>

namespace moebench::testing {

std::vector<std::string> InjectionPayloads();  // about 100

}  // namespace moebench::testing
