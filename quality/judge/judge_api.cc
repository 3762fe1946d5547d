#include "quality/judge/judge_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/base/error.h"
#include "harness/base/utf8.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

constexpr char kAnthropicHome[] = "https://api.anthropic.com";
constexpr std::size_t kShownBytes = 300;

std::string WithPath(std::string url, const std::string& path) {
  while (url.ends_with('/')) url.pop_back();
  return url.ends_with(path) ? url : url + path;
}

std::string Dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// What a server that refused has to say, without the key, on one line and short.
std::string Complaint(const HttpReply& reply, const JudgeServer& server) {
  const Json json = Json::parse(reply.body, nullptr, false);
  std::string said = reply.body;
  if (json.is_object() && json.contains("error")) {
    const Json& error = json["error"];
    if (error.is_object() && error.contains("message") && error["message"].is_string()) {
      said = error["message"].get<std::string>();
    }
  }
  if (server.key) said = server.key->Redact(std::move(said));
  if (said.size() > kShownBytes) said = said.substr(0, kShownBytes) + "...";
  return ReplaceInvalidUtf8(said);
}

[[noreturn]] void Refuse(const std::string& problem, const std::string& hint, ExitCode code) {
  throw Error{problem, "judge", hint, code};
}

void RequireOk(const PatientReply& got, const JudgeServer& server) {
  const HttpReply& reply = got.reply;
  if (reply.status == 200) return;
  const std::string times =
      got.requests > 1 ? " (" + std::to_string(got.requests) + " times)" : std::string();
  if (reply.status == 0) Refuse(reply.trouble + times, "", ExitCode::kIo);
  const std::string said =
      "answers " + std::to_string(reply.status) + times + ": " + Complaint(reply, server);
  if (reply.status == 401 || reply.status == 403) {
    Refuse(said, "check the key", ExitCode::kConfig);
  }
  Refuse(said, "", reply.status < 500 ? ExitCode::kConfig : ExitCode::kIo);
}

std::string StringAt(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// 0 where there is none: a server need not count.
int64_t CountAt(const Json& usage, const char* key) {
  constexpr int64_t kMost = int64_t{1} << 32;
  const auto found = usage.find(key);
  if (found == usage.end() || !found->is_number_integer()) return 0;
  return std::clamp<int64_t>(found->get<int64_t>(), 0, kMost);
}

Json Parsed(const HttpReply& reply) {
  Json json = Json::parse(reply.body, nullptr, false);
  if (!json.is_object()) Refuse("answers with something that is no JSON object", "", ExitCode::kIo);
  return json;
}

// The text blocks of a Messages reply, together.
std::string AnthropicText(const Json& json) {
  const auto content = json.find("content");
  if (content == json.end() || !content->is_array()) {
    Refuse("answers without 'content'", "is it the Messages API?", ExitCode::kIo);
  }
  std::string text;
  for (const Json& block : *content) {
    if (block.is_object() && StringAt(block, "type") == "text") text += StringAt(block, "text");
  }
  return text;
}

std::string OpenAiText(const Json& json) {
  const auto choices = json.find("choices");
  if (choices == json.end() || !choices->is_array() || choices->empty() ||
      !choices->front().is_object() || !choices->front().contains("message") ||
      !choices->front()["message"].is_object()) {
    Refuse("answers without 'choices'", "is it the chat completions API?", ExitCode::kIo);
  }
  return StringAt(choices->front()["message"], "content");
}

JudgeReply ReplyFrom(const PatientReply& got, const Json& json, std::string text,
                     const char* input_key, const char* output_key) {
  JudgeReply reply{.text = std::move(text), .model = StringAt(json, "model")};
  reply.requests = got.requests;
  const auto usage = json.find("usage");
  if (usage != json.end() && usage->is_object()) {
    reply.input_tokens = CountAt(*usage, input_key);
    reply.output_tokens = CountAt(*usage, output_key);
  }
  return reply;
}

}  // namespace

std::string AnthropicUrl(const JudgeServer& server) {
  return WithPath(server.url.empty() ? kAnthropicHome : server.url, "/v1/messages");
}

std::string OpenAiUrl(const JudgeServer& server) {
  const std::string path = "/v1/chat/completions";
  if (server.url.ends_with("/v1") || server.url.ends_with("/v1/")) {
    return WithPath(server.url, "/chat/completions");
  }
  return WithPath(server.url, path);
}

JudgeModel AnthropicJudge(const JudgeServer& server, const JudgeTransport& transport) {
  const auto ask = [server, transport](const JudgePrompt& prompt) {
    const Json body = {{"model", server.model},
                       {"max_tokens", prompt.max_tokens},
                       {"temperature", 0},
                       {"system", prompt.system},
                       {"messages", {{{"role", "user"}, {"content", prompt.user}}}}};
    const HttpRequest request{.url = AnthropicUrl(server),
                              .headers = {"anthropic-version: 2023-06-01"},
                              .key_header = "x-api-key: ",
                              .key = server.key.get(),
                              .body = Dumped(body)};
    const PatientReply got =
        AskPatiently([&] { return transport.post(request); }, transport.patience, transport.wait);
    RequireOk(got, server);
    const Json json = Parsed(got.reply);
    return ReplyFrom(got, json, AnthropicText(json), "input_tokens", "output_tokens");
  };
  return {"anthropic:" + server.model, ask};
}

JudgeModel OpenAiJudge(const JudgeServer& server, const JudgeTransport& transport) {
  const auto ask = [server, transport](const JudgePrompt& prompt) {
    const Json body = {{"model", server.model},
                       {"max_tokens", prompt.max_tokens},
                       {"temperature", 0},
                       {"response_format", {{"type", "json_object"}}},
                       {"messages",
                        {{{"role", "system"}, {"content", prompt.system}},
                         {{"role", "user"}, {"content", prompt.user}}}}};
    const HttpRequest request{.url = OpenAiUrl(server),
                              .key_header = "authorization: Bearer ",
                              .key = server.key.get(),
                              .body = Dumped(body)};
    const PatientReply got =
        AskPatiently([&] { return transport.post(request); }, transport.patience, transport.wait);
    RequireOk(got, server);
    const Json json = Parsed(got.reply);
    return ReplyFrom(got, json, OpenAiText(json), "prompt_tokens", "completion_tokens");
  };
  return {"openai:" + server.model, ask};
}

}  // namespace moebench
