#include "quality/judge/http_post.h"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <utility>

#include "harness/base/error.h"
#include "quality/judge/net_address.h"

namespace moebench {
namespace {

struct UrlParts {
  std::string scheme, host;
};

[[noreturn]] void RefuseUrl(const std::string& problem, const std::string& hint) {
  throw Error{problem, "judge: url", hint, ExitCode::kConfig};
}

std::string PartOf(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  std::string copy = text;
  curl_free(text);
  return copy;
}

UrlParts Parse(const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> handle(curl_url(), curl_url_cleanup);
  if (!handle || curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    RefuseUrl("is not a URL", "write https://host/path");
  }
  if (!PartOf(handle.get(), CURLUPART_USER).empty()) {
    RefuseUrl("holds a user name or password", "give the key as key_file or key_env");
  }
  return {PartOf(handle.get(), CURLUPART_SCHEME), PartOf(handle.get(), CURLUPART_HOST)};
}

bool NamesThisMachine(const std::string& host) {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

UrlParts Checked(const std::string& url, const HttpRules& rules) {
  UrlParts parts = Parse(url);
  if (parts.scheme == "https") return parts;
  if (parts.scheme != "http") RefuseUrl("'" + parts.scheme + "' is not https", "");
  if (rules.private_network || NamesThisMachine(parts.host)) return parts;
  RefuseUrl("plain http would show key and answers on the way",
            "use https, or set private_network for a server on your own network");
}

// What the callbacks of one transfer need and find.
struct Transfer {
  const HttpRules* rules;
  bool this_machine = false;
  std::string body;
  bool too_large = false, cancelled = false;
  std::string refused;  // an address
};

// Asked with each address before it is connected to, after the name was resolved.
curl_socket_t OpenSocket(void* context, curlsocktype, curl_sockaddr* address) {
  Transfer& transfer = *static_cast<Transfer*>(context);
  const AddressKind kind = KindOf(&address->addr);
  const bool allowed = kind == AddressKind::kPublic ||
                       (kind == AddressKind::kLoopback && transfer.this_machine) ||
                       (kind != AddressKind::kForbidden && transfer.rules->private_network);
  if (!allowed) {
    transfer.refused = TextOf(&address->addr);
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t TakeBody(char* bytes, std::size_t size, std::size_t count, void* context) {
  Transfer& transfer = *static_cast<Transfer*>(context);
  const std::size_t n = size * count;
  const std::size_t room =
      static_cast<std::size_t>(transfer.rules->max_reply_bytes) - transfer.body.size();
  if (n > room) {
    transfer.too_large = true;
    return 0;
  }
  transfer.body.append(bytes, n);
  return n;
}

int Watch(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  Transfer& transfer = *static_cast<Transfer*>(context);
  transfer.cancelled = transfer.rules->cancelled && transfer.rules->cancelled();
  return transfer.cancelled ? 1 : 0;
}

// Its lines are wiped: one of them may hold the key.
struct Headers {
  curl_slist* list = nullptr;
  Headers() = default;
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;
  ~Headers() {
    for (curl_slist* line = list; line != nullptr; line = line->next) {
      explicit_bzero(line->data, std::strlen(line->data));
    }
    curl_slist_free_all(list);
  }
  void Add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }
};

void AddHeaders(const HttpRequest& request, Headers& headers) {
  headers.Add("content-type: application/json");
  headers.Add("expect:");
  for (const std::string& line : request.headers) headers.Add(line);
  if (request.key == nullptr || request.key_header.empty()) return;
  std::string line = request.key_header + request.key->Reveal();
  headers.Add(line);
  Wipe(line);
}

void Configure(CURL* curl, const HttpRequest& request, const HttpRules& rules, Transfer& transfer,
               const Headers& headers) {
  const auto milliseconds = [](double s) { return static_cast<long>(1e3 * s); };
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.list);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(rules.connect_timeout_s));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, milliseconds(rules.timeout_s));
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, OpenSocket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, Watch);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
}

void RefuseOutcome(const Transfer& transfer, const std::string& host, long status) {
  if (transfer.cancelled) throw Error{"interrupted", "judge", "", ExitCode::kInterrupted};
  if (!transfer.refused.empty()) {
    throw Error{host + " leads to " + transfer.refused + ", an address it must not have", "judge",
                "set private_network for a server on your own network", ExitCode::kConfig};
  }
  if (transfer.too_large) {
    throw Error{"the reply of " + host + " is larger than " +
                    std::to_string(transfer.rules->max_reply_bytes) + " bytes",
                "judge", "", ExitCode::kIo};
  }
  if (status >= 300 && status < 400) {
    throw Error{host + " redirects (" + std::to_string(status) + "), which is refused", "judge",
                "name the final URL", ExitCode::kConfig};
  }
}

}  // namespace

void CheckJudgeUrl(const std::string& url, const HttpRules& rules) { Checked(url, rules); }

HttpReply PostJson(const HttpRequest& request, const HttpRules& rules) {
  static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
  const UrlParts url = Checked(request.url, rules);
  const std::unique_ptr<CURL, void (*)(CURL*)> curl(curl_easy_init(), curl_easy_cleanup);
  if (global != CURLE_OK || !curl) {
    throw Error{"libcurl can't be set up", "judge", "", ExitCode::kInternal};
  }
  Transfer transfer{.rules = &rules, .this_machine = NamesThisMachine(url.host)};
  Headers headers;
  AddHeaders(request, headers);
  Configure(curl.get(), request, rules, transfer, headers);
  const CURLcode code = curl_easy_perform(curl.get());
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  RefuseOutcome(transfer, url.host, status);
  HttpReply reply;
  if (code != CURLE_OK) {
    reply.trouble = url.host + ": " + curl_easy_strerror(code);
    return reply;
  }
  reply.status = static_cast<int>(status);
  reply.body = std::move(transfer.body);
  curl_off_t wait_s = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RETRY_AFTER, &wait_s);
  if (wait_s > 0) reply.retry_after_s = static_cast<double>(wait_s);
  return reply;
}

}  // namespace moebench
