// A headless Chromium driven over its DevTools pipe (--remote-debugging-pipe), for looking at what
// a report does in a real browser. No network port, no driver program.
//   Browser browser(*FindChromium());
//   browser.Open("file:///...");  browser.Evaluate("document.title")
// Owns the process and its profile folder; both end with it. Not thread-safe.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace moebench::testing {

// The first Chromium on PATH.
std::optional<std::string> FindChromium();

class Browser {
 public:
  // Throws std::runtime_error when it doesn't start, answer in time, or answers with an error; so
  // do all other methods.
  explicit Browser(const std::string& program);
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  // One DevTools command on the page; its result.
  nlohmann::json Call(const std::string& method, nlohmann::json params = nlohmann::json::object());
  // Loads the address and waits for the load event. Events of earlier pages are forgotten.
  void Open(const std::string& url);
  // The value of a JavaScript expression, awaited if it is a promise.
  nlohmann::json Evaluate(const std::string& expression);
  // Events so far since Open with this method, e.g. "Network.requestWillBeSent": their params.
  std::vector<nlohmann::json> Events(const std::string& method) const;

 private:
  nlohmann::json Send(const std::string& method, nlohmann::json params);
  nlohmann::json NextMessage();
  void Stop();

  pid_t process_ = -1;
  int to_browser_ = -1, from_browser_ = -1;
  std::filesystem::path profile_;
  std::string session_, buffer_;
  int next_id_ = 1;
  std::vector<nlohmann::json> events_;
};

}  // namespace moebench::testing
