// A web server on 127.0.0.1 whose only page is the test's own function.
//   LoopbackServer server([](const LoopbackRequest& r) { return HttpAnswer(200, "{}"); });
//   Ask(server.url());  EXPECT_EQ(server.requests().size(), 1);
// The function runs on the server's thread, one request at a time.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace moebench {

struct LoopbackRequest {
  std::string head;  // request line and headers, as they came
  std::string body;
};

class LoopbackServer {
 public:
  // Returns the bytes to send; none: the connection stays open and silent until the client goes.
  using Page = std::function<std::string(const LoopbackRequest&)>;
  explicit LoopbackServer(Page page);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::vector<LoopbackRequest> requests() const;

 private:
  void Serve();
  void Answer(int connection);

  const Page page_;
  int listener_ = -1, stop_ = -1, port_ = 0;
  mutable std::mutex mutex_;
  std::vector<LoopbackRequest> requests_;
  std::thread thread_;
};

// A whole HTTP/1.1 answer; headers are lines that end in "\r\n".
std::string HttpAnswer(int status, const std::string& body, const std::string& headers = "");

}  // namespace moebench
