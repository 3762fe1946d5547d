// Judges behind an HTTP API: Anthropic's Messages, and what speaks OpenAI's chat completions
// (llama-server, vLLM). Greedy: temperature 0.
//   JudgeModel judge = AnthropicJudge({.model = name, .key = std::move(key)}, transport);
// Replies are hostile: checked field by field. Messages of errors are shown without the key.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "quality/judge/http_post.h"
#include "quality/judge/judge_model.h"
#include "quality/judge/patience.h"

namespace moebench {

struct JudgeServer {
  std::string model;  // as the server knows it
  std::string url;    // of the server, without the API's own path; empty: the API's home
  std::shared_ptr<const Secret> key;  // null: none is sent
};

// The world outside as functions, so that a test can be it.
struct JudgeTransport {
  std::function<HttpReply(const HttpRequest&)> post;
  std::function<void(double seconds)> wait;
  Patience patience;
};

JudgeModel AnthropicJudge(const JudgeServer& server, const JudgeTransport& transport);
JudgeModel OpenAiJudge(const JudgeServer& server, const JudgeTransport& transport);

// Where the requests will go, for checks before the first one.
std::string AnthropicUrl(const JudgeServer& server);
std::string OpenAiUrl(const JudgeServer& server);

}  // namespace moebench
