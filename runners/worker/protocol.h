// What parent and worker say to each other: one JSON object per line, requests on the child's
// stdin, events on its stdout. runners/README.md is the specification for other engines.
//   std::string line = Encode(Request{1, HelloRequest{}});   // ends in '\n'
//   Event event = DecodeEvent(line_without_line_feed);
// Pure functions; decoding throws Error that says what is wrong with the line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/base/error.h"
#include "runners/runner.h"

namespace moebench {

inline constexpr int kProtocolVersion = 1;
inline constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20;  // both directions

// Who the worker is and what it can do.
struct WorkerInfo {
  std::string runner;                     // native | fake | ...
  std::string version;                    // of the engine
  std::vector<std::string> capabilities;  // "decoding:plain", "decoding:lookup", ...
};

struct HelloRequest {
  int protocol = kProtocolVersion;
  int heartbeat_ms = 1000;  // wanted time between heartbeats during a request
};
struct InspectRequest {
  std::string model_path;
};
struct WarmRequest {};
struct ReadPlacementRequest {};
struct QuitRequest {};
using RequestBody =
    std::variant<HelloRequest, InspectRequest, LoadRequest, WarmRequest, GenerateRequest,
                 MeasureRequest, TextScoreRequest, ChoiceScoreRequest, RoutingRequest,
                 ReadPlacementRequest, QuitRequest>;
struct Request {
  int64_t id = 0;  // 1, 2, ...; the events of this request carry it
  RequestBody body;
};

struct HelloEvent {
  int protocol = kProtocolVersion;
  WorkerInfo info;
};
struct HeartbeatEvent {
  int64_t steps = 0;  // never falls; stands still if the engine does
};
struct ProgressEvent {  // during load
  std::string what;
  double fraction = 0;  // 0..1
};
struct InspectedEvent {
  ModelFacts facts;
};
struct WarmedEvent {};
struct PlacementEvent {
  PlacementProof proof;
};
struct ErrorEvent {  // the request failed, the worker lives on
  std::string what, where, hint;
  ExitCode code = ExitCode::kBadData;
};
using EventBody = std::variant<HelloEvent, HeartbeatEvent, ProgressEvent, InspectedEvent,
                               LoadReport, WarmedEvent, GenerateResult, MeasureResult, TextScore,
                               ChoiceScore, RoutingResult, PlacementEvent, ErrorEvent>;
struct Event {
  int64_t id = 0;  // of the request it belongs to
  EventBody body;
};

std::string RequestName(const RequestBody& body);  // "generate"
std::string EventName(const EventBody& body);      // "generated"

std::string Encode(const Request& request);
std::string Encode(const Event& event);
Request DecodeRequest(std::string_view line);
Event DecodeEvent(std::string_view line);

}  // namespace moebench
