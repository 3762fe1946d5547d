#include "runners/worker/protocol.h"

#include "runners/worker/json_fields.h"
#include "runners/worker/routing_json.h"
#include "runners/worker/score_json.h"
#include "runners/worker/struct_json.h"
#include "runners/worker/text.h"

namespace moebench {
namespace {

constexpr int64_t kMaxId = int64_t{1} << 53;
constexpr int64_t kMaxSteps = int64_t{1} << 53;

// Names in the order of the variants' alternatives.
constexpr const char* kRequestNames[] = {
    "hello",      "inspect",       "load",          "warm",           "generate", "measure",
    "score_text", "score_choices", "trace_routing", "read_placement", "quit"};
constexpr const char* kEventNames[] = {
    "hello",          "heartbeat", "progress", "inspected",   "loaded",
    "warmed",         "generated", "measured", "text_scored", "choices_scored",
    "routing_traced", "placement", "error"};
static_assert(std::size(kRequestNames) == std::variant_size_v<RequestBody>);
static_assert(std::size(kEventNames) == std::variant_size_v<EventBody>);

struct RequestWriter {
  Json operator()(const HelloRequest& r) const {
    return {{"protocol", r.protocol}, {"heartbeat_ms", r.heartbeat_ms}};
  }
  Json operator()(const InspectRequest& r) const {
    Json json = Json::object();
    PutText(json, "model_path", r.model_path);
    return json;
  }
  Json operator()(const LoadRequest& r) const { return ToJson(r); }
  Json operator()(const GenerateRequest& r) const { return ToJson(r); }
  Json operator()(const MeasureRequest& r) const { return ToJson(r); }
  Json operator()(const TextScoreRequest& r) const { return ToJson(r); }
  Json operator()(const ChoiceScoreRequest& r) const { return ToJson(r); }
  Json operator()(const RoutingRequest& r) const { return ToJson(r); }
  Json operator()(const WarmRequest&) const { return Json::object(); }
  Json operator()(const ReadPlacementRequest&) const { return Json::object(); }
  Json operator()(const QuitRequest&) const { return Json::object(); }
};

struct EventWriter {
  Json operator()(const HelloEvent& e) const {
    Json json = {{"protocol", e.protocol}, {"capabilities", e.info.capabilities}};
    PutText(json, "runner", e.info.runner);
    PutText(json, "version", e.info.version);
    return json;
  }
  Json operator()(const HeartbeatEvent& e) const { return {{"steps", e.steps}}; }
  Json operator()(const ProgressEvent& e) const {
    Json json = {{"fraction", e.fraction}};
    PutText(json, "what", e.what);
    return json;
  }
  Json operator()(const InspectedEvent& e) const { return {{"facts", ToJson(e.facts)}}; }
  Json operator()(const LoadReport& e) const { return ToJson(e); }
  Json operator()(const WarmedEvent&) const { return Json::object(); }
  Json operator()(const GenerateResult& e) const { return ToJson(e); }
  Json operator()(const MeasureResult& e) const { return ToJson(e); }
  Json operator()(const TextScore& e) const { return ToJson(e); }
  Json operator()(const ChoiceScore& e) const { return ToJson(e); }
  Json operator()(const RoutingResult& e) const { return ToJson(e); }
  Json operator()(const PlacementEvent& e) const { return {{"proof", ToJson(e.proof)}}; }
  Json operator()(const ErrorEvent& e) const {
    Json json = {{"code", static_cast<int>(e.code)}};
    PutText(json, "what", e.what);
    PutText(json, "where", e.where);
    PutText(json, "hint", e.hint);
    return json;
  }
};

// The codes that one request can end with; the others speak of a whole sweep.
ExitCode ErrorCodeFrom(const Fields& fields) {
  const int code = fields.Int("code", 0, 255);
  for (const ExitCode known : {ExitCode::kUsage, ExitCode::kBadData, ExitCode::kInternal,
                               ExitCode::kIo, ExitCode::kBusy, ExitCode::kConfig}) {
    if (code == static_cast<int>(known)) return known;
  }
  throw Error{"'code' is " + std::to_string(code) + ", not one of 64, 65, 70, 74, 75, 78", ""};
}

HelloEvent HelloEventFrom(const Fields& fields) {
  HelloEvent hello;
  hello.protocol = fields.Int("protocol", 0, 1 << 30);
  if (hello.protocol != kProtocolVersion) return hello;  // other versions have other fields
  hello.info.runner = fields.Text("runner");
  hello.info.version = fields.Text("version");
  hello.info.capabilities = fields.Texts("capabilities");
  return hello;
}

RequestBody RequestBodyFrom(const std::string& name, const Fields& fields) {
  if (name == "hello") {
    return HelloRequest{fields.Int("protocol", 0, 1 << 30),
                        fields.Int("heartbeat_ms", 1, 1'000'000)};
  }
  if (name == "inspect") return InspectRequest{fields.Text("model_path")};
  if (name == "load") return LoadRequestFrom(fields);
  if (name == "warm") return WarmRequest{};
  if (name == "generate") return GenerateRequestFrom(fields);
  if (name == "measure") return MeasureRequestFrom(fields);
  if (name == "score_text") return TextScoreRequestFrom(fields);
  if (name == "score_choices") return ChoiceScoreRequestFrom(fields);
  if (name == "trace_routing") return RoutingRequestFrom(fields);
  if (name == "read_placement") return ReadPlacementRequest{};
  if (name == "quit") return QuitRequest{};
  throw Error{"has the unknown request '" + EscapeForPeople(name, 40) + "'", ""};
}

EventBody EventBodyFrom(const std::string& name, const Fields& fields) {
  if (name == "hello") return HelloEventFrom(fields);
  if (name == "heartbeat") return HeartbeatEvent{fields.Int64("steps", 0, kMaxSteps)};
  if (name == "progress")
    return ProgressEvent{fields.Text("what"), fields.Number("fraction", 0, 1)};
  if (name == "inspected") return InspectedEvent{ModelFactsFrom(fields.Object("facts"))};
  if (name == "loaded") return LoadReportFrom(fields);
  if (name == "warmed") return WarmedEvent{};
  if (name == "generated") return GenerateResultFrom(fields);
  if (name == "measured") return MeasureResultFrom(fields);
  if (name == "text_scored") return TextScoreFrom(fields);
  if (name == "choices_scored") return ChoiceScoreFrom(fields);
  if (name == "routing_traced") return RoutingResultFrom(fields);
  if (name == "placement") return PlacementEvent{PlacementProofFrom(fields.Object("proof"))};
  if (name == "error") {
    return ErrorEvent{fields.Text("what"), fields.Text("where"), fields.Text("hint"),
                      ErrorCodeFrom(fields)};
  }
  throw Error{"has the unknown event '" + EscapeForPeople(name, 40) + "'", ""};
}

}  // namespace

std::string RequestName(const RequestBody& body) { return kRequestNames[body.index()]; }
std::string EventName(const EventBody& body) { return kEventNames[body.index()]; }

std::string Encode(const Request& request) {
  Json json = std::visit(RequestWriter{}, request.body);
  json["request"] = RequestName(request.body);
  json["id"] = request.id;
  return DumpLine(json) + "\n";
}

std::string Encode(const Event& event) {
  Json json = std::visit(EventWriter{}, event.body);
  json["event"] = EventName(event.body);
  json["id"] = event.id;
  return DumpLine(json) + "\n";
}

Request DecodeRequest(std::string_view line) {
  const Fields fields(ParseJsonObject(line));
  return {fields.Int64("id", 1, kMaxId), RequestBodyFrom(fields.Text("request"), fields)};
}

Event DecodeEvent(std::string_view line) {
  const Fields fields(ParseJsonObject(line));
  return {fields.Int64("id", 1, kMaxId), EventBodyFrom(fields.Text("event"), fields)};
}

}  // namespace moebench
