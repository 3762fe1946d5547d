#include "runners/routing/routing_trace.h"

#include <algorithm>
#include <charconv>

#include "harness/base/error.h"

namespace moebench {
namespace {

constexpr std::string_view kHeader = "moebench-routing/1 experts=";

struct Place {
  const std::string& name;
  int line;
};

[[noreturn]] void Refuse(const Place& place, const std::string& what) {
  throw Error{what, place.name + ":" + std::to_string(place.line),
              "a routing trace begins with 'moebench-routing/1 experts=128 layers=48'",
              ExitCode::kBadData};
}

// Takes a number off the front of text.
int TakeNumber(std::string_view& text, int lowest, int highest, const Place& place) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < lowest || number > highest) {
    Refuse(place, "'" + std::string(text.substr(0, 20)) + "' is no number in " +
                      std::to_string(lowest) + ".." + std::to_string(highest));
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

void ReadHeader(std::string_view line, RoutingTrace& trace, const Place& place) {
  if (!line.starts_with(kHeader)) Refuse(place, "is no routing trace");
  line.remove_prefix(kHeader.size());
  trace.n_experts = TakeNumber(line, 1, kMostTraceExperts, place);
  constexpr std::string_view kLayers = " layers=";
  if (!line.starts_with(kLayers)) Refuse(place, "the header has no number of layers");
  line.remove_prefix(kLayers.size());
  trace.n_layers = TakeNumber(line, 1, kMostTraceLayers, place);
  if (!line.empty()) Refuse(place, "the header goes on after the number of layers");
}

void ReadToken(std::string_view line, RoutingTrace& trace, const Place& place) {
  for (int layer = 0; layer < trace.n_layers; ++layer) {
    const std::size_t first = trace.ids.size();
    while (true) {
      trace.ids.push_back(TakeNumber(line, 0, trace.n_experts - 1, place));
      if (line.empty() || line.front() != ' ') break;
      line.remove_prefix(1);
    }
    std::vector<int32_t> seen(trace.ids.begin() + static_cast<std::ptrdiff_t>(first),
                              trace.ids.end());
    std::sort(seen.begin(), seen.end());
    if (const auto twice = std::adjacent_find(seen.begin(), seen.end()); twice != seen.end()) {
      Refuse(place, "expert " + std::to_string(*twice) + " stands twice in layer " +
                        std::to_string(layer));
    }
    trace.begin.push_back(trace.ids.size());
    const bool last = layer + 1 == trace.n_layers;
    if (last ? !line.empty() : line.empty() || line.front() != ';') {
      Refuse(place, "the line is not " + std::to_string(trace.n_layers) + " layers parted by ';'");
    }
    if (!last) line.remove_prefix(1);
  }
}

}  // namespace

RoutingTrace ParseRoutingTrace(std::string_view text, const std::string& name) {
  RoutingTrace trace;
  trace.begin.push_back(0);
  for (Place place{name, 1}; !text.empty(); ++place.line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (place.line == 1) {
      ReadHeader(line, trace, place);
    } else {
      ReadToken(line, trace, place);
    }
  }
  if (trace.n_tokens() == 0) Refuse({name, 1}, "holds no token");
  return trace;
}

std::string FormatRoutingTrace(const RoutingTrace& trace) {
  std::string text = std::string(kHeader) + std::to_string(trace.n_experts) +
                     " layers=" + std::to_string(trace.n_layers) + "\n";
  for (int token = 0; token < trace.n_tokens(); ++token) {
    for (int layer = 0; layer < trace.n_layers; ++layer) {
      bool first = true;
      for (const int32_t expert : trace.Experts(token, layer)) {
        if (!first) text += ' ';
        text += std::to_string(expert);
        first = false;
      }
      text += layer + 1 < trace.n_layers ? ';' : '\n';
    }
  }
  return text;
}

}  // namespace moebench
