// One JSON request to a server that the configuration names, and nothing more: no redirects, no
// proxies, no addresses that a public name should not lead to, replies of limited size.
//   HttpReply reply = PostJson({.url = url, .body = json}, {});
// The only file that knows libcurl. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "quality/judge/secret.h"

namespace moebench {

struct HttpRequest {
  std::string url;
  std::vector<std::string> headers;  // "anthropic-version: 2023-06-01"
  std::string key_header;            // "x-api-key: ", in front of the key; empty: none is sent
  const Secret* key = nullptr;
  std::string body;
};

struct HttpRules {
  // Plain http and addresses of private networks, too. Without it: https to public addresses; and
  // http to a server on this machine, if the URL says so (localhost, 127.0.0.1, [::1]).
  bool private_network = false;
  double connect_timeout_s = 5, timeout_s = 120;
  int64_t max_reply_bytes = 1 << 20;
  std::function<bool()> cancelled;  // may be empty; asked about once a second
};

struct HttpReply {
  int status = 0;       // 0: the server could not be reached or broke off; `trouble` says why
  std::string trouble;  // one sentence
  std::string body;
  std::optional<double> retry_after_s;
};

// Throws Error for a URL or an address that the rules forbid, a redirect, a reply that is too
// large, and when it was cancelled (kInterrupted).
HttpReply PostJson(const HttpRequest& request, const HttpRules& rules);

// Throws Error (kConfig) for a URL that PostJson would refuse.
void CheckJudgeUrl(const std::string& url, const HttpRules& rules);

}  // namespace moebench
