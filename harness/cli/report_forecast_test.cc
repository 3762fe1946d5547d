// What a recorded trace says of a sweep's placements: over the nodes they used, in the model's
// bytes.
#include "harness/cli/report_forecast.h"

#include <gmock/gmock.h>

#include "harness/base/error.h"
#include "harness/cli/recorded_routing.h"
#include "harness/cli/report_extras.h"
#include "runners/routing/packed_trace.h"

namespace moebench {
namespace {

using testing::HasSubstr;

constexpr const char* kTrace = "moebench-routing/1 experts=4 layers=1\n0 1\n1 2\n2 3\n3 0\n";

RoutingTrace Trace() { return ParseRoutingTrace(kTrace, "t"); }

RoutingRecord Recorded(const std::string& model) {
  return {.model_sha256 = model,
          .session_id = 3,
          .k = 2,
          .n_experts = 4,
          .n_layers = 1,
          .n_tokens = 4,
          .experts = PackRoutingTrace(Trace())};
}

SessionRecord SessionOn(const std::string& model, const std::string& nodes) {
  return {
      .model_sha256 = model,
      .asked_json = R"({"policy":"interleave","thread_cpus":[0],"memory_nodes":[)" + nodes + "]}"};
}

ModelView ModelOf(const std::string& sha256, const std::string& facts) {
  ModelView model;
  model.record = {.sha256 = sha256, .path = "/m/" + sha256 + ".gguf", .facts_json = facts};
  return model;
}

const ForecastView& Of(const ModelView& model, const std::string& policy) {
  for (const ForecastView& forecast : model.forecasts) {
    if (forecast.policy == policy) return forecast;
  }
  throw Error{"no forecast of " + policy, "test"};
}

TEST(AddForecasts, CountsTheModelsBytesOverTheNodesThatWereUsed) {
  SweepView view;
  view.sessions = {SessionOn("a", "0"), SessionOn("a", "0,1"), SessionOn("b", "0,1,2,3")};
  ModelView model = ModelOf("a", R"({"expert_bytes":1000,"dense_bytes_per_token":500})");
  AddForecasts(Trace(), view, model);
  EXPECT_DOUBLE_EQ(model.forecast_k, 2);
  EXPECT_DOUBLE_EQ(Of(model, "local").busiest_bytes, 2500);
  EXPECT_DOUBLE_EQ(Of(model, "row-shard").busiest_bytes, 1250);
  EXPECT_DOUBLE_EQ(Of(model, "interleave").remote_share, 0.5);
  for (const ForecastView& forecast : model.forecasts) {  // none is better than an even share
    EXPECT_GE(forecast.busiest_bytes, 1250) << forecast.policy;
    EXPECT_NEAR(forecast.efficiency * forecast.busiest_bytes, 1250, 1e-9) << forecast.policy;
  }
}

TEST(AddForecasts, OnOneNodeThereIsNothing) {
  SweepView view;
  view.sessions = {SessionOn("a", "0"), SessionOn("b", "0,1")};
  ModelView model = ModelOf("a", "{}");
  AddForecasts(Trace(), view, model);
  EXPECT_TRUE(model.forecasts.empty());
}

TEST(AddForecasts, AModelThatDoesntSayItsBytesIsCountedInExperts) {
  SweepView view;
  view.sessions = {SessionOn("a", "0,1")};
  for (const char* facts : {"", "no JSON", "[]", R"({"expert_bytes":"many"})"}) {
    ModelView model = ModelOf("a", facts);
    AddForecasts(Trace(), view, model);
    EXPECT_DOUBLE_EQ(Of(model, "local").busiest_bytes, 2) << facts;
  }
}

TEST(AddRouting, TakesWhatTheSweepRecorded) {
  SweepView view;
  view.sessions = {SessionOn("a", "0,1")};
  view.models = {ModelOf("a", R"({"n_experts":4})"), ModelOf("b", "{}")};
  view.models[0].routing = Recorded("a");
  AddRouting({}, view);
  ASSERT_TRUE(view.models[0].router);
  EXPECT_EQ(view.models[0].router->source, "that session 3 of this sweep recorded at k = 2");
  EXPECT_EQ(view.models[0].router->counts, (std::vector<int64_t>{2, 2, 2, 2}));
  EXPECT_FALSE(view.models[0].forecasts.empty());
  EXPECT_FALSE(view.models[1].router) << "nothing was recorded of it";
}

TEST(ChooseRouting, TheOnlyOneOrTheOneThatIsNamed) {
  const auto refused = [](const SweepRows& rows, const std::string& model) -> std::string {
    try {
      ChooseRouting(rows, model);
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kUsage);
      return error.what();
    }
  };
  SweepRows rows;
  rows.sweep.id = 7;
  rows.models = {ModelOf("a", "").record, ModelOf("b", "").record, ModelOf("c", "").record};
  EXPECT_THAT(refused(rows, ""), HasSubstr("sweep 7: holds no routing trace"));
  rows.routings = {Recorded("a")};
  EXPECT_EQ(ChooseRouting(rows, "").model_sha256, "a");
  rows.routings.push_back(Recorded("b"));
  EXPECT_THAT(refused(rows, ""), HasSubstr("name one with --model: /m/a.gguf, /m/b.gguf"));
  EXPECT_THAT(refused(rows, "c.gguf"), HasSubstr("has no routing trace of 'c.gguf'"));
  EXPECT_EQ(ChooseRouting(rows, "b.gguf").model_sha256, "b");
  EXPECT_EQ(ChooseRouting(rows, "/m/a.gguf").model_sha256, "a");
}

TEST(TraceOf, ARowThatIsNoWholeTraceIsRefused) {
  RoutingRecord record = Recorded("a");
  EXPECT_EQ(FormatRoutingTrace(TraceOf(record)), kTrace);
  record.n_tokens = 5;
  EXPECT_THROW(TraceOf(record), Error);
  record.experts.resize(3);
  EXPECT_THROW(TraceOf(record), Error);
}

}  // namespace
}  // namespace moebench
