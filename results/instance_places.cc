#include "results/instance_places.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/machine/proc_text.h"
#include "results/report_escape.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostPlaces = 4096;
constexpr int kFirstPort = 8080;

std::vector<int> NumbersIn(const Json& plan, const char* key) {
  std::vector<int> numbers;
  const auto found = plan.find(key);
  if (found == plan.end() || !found->is_array()) return numbers;
  for (const Json& number : *found) {
    if (number.is_number_integer() && number >= 0 && number < 1 << 20) {
      numbers.push_back(number.get<int>());
    }
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

InstancePlace PlaceIn(const Json& plan) {
  const auto policy = plan.find("policy");
  return {.policy = policy != plan.end() && policy->is_string() ? policy->get<std::string>() : "",
          .cpus = NumbersIn(plan, "thread_cpus"),
          .nodes = NumbersIn(plan, "memory_nodes")};
}

std::string Joined(const std::vector<std::string>& commands) {
  return fmt::format("{}", fmt::join(commands, " & "));
}

}  // namespace

std::vector<InstancePlace> InstancePlaces(const std::string& asked_json) {
  const Json json = Json::parse(asked_json, nullptr, false);
  std::vector<InstancePlace> places;
  if (json.is_object()) places.push_back(PlaceIn(json));
  if (json.is_array()) {
    for (const Json& plan : json) {
      if (plan.is_object() && places.size() < kMostPlaces) places.push_back(PlaceIn(plan));
    }
  }
  return places;
}

std::string StartTogether(const std::vector<InstancePlace>& places, const std::string& line) {
  std::vector<std::string> commands;
  for (const InstancePlace& place : places) {
    std::string own = line;
    const size_t word = own.find(kPlacementWord);
    if (word != std::string::npos) {
      own.replace(word, std::string(kPlacementWord).size(), ShellWord(place.policy));
    }
    commands.push_back(fmt::format("taskset -c {} {}", FormatList(place.cpus), own));
  }
  return Joined(commands);
}

std::string StartServersTogether(const std::vector<InstancePlace>& places,
                                 const std::string& line) {
  std::vector<std::string> commands;
  for (size_t i = 0; i < places.size(); ++i) {
    const InstancePlace& place = places[i];
    const char* how = place.nodes.size() == 1 ? "--membind" : "--interleave";
    commands.push_back(fmt::format("numactl --physcpubind={} {}={} {} --port {}",
                                   FormatList(place.cpus), how, FormatList(place.nodes), line,
                                   kFirstPort + static_cast<int>(i)));
  }
  return Joined(commands);
}

}  // namespace moebench
