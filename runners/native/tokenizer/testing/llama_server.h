// A llama-server of our own on a free port, to ask it what it makes of a request.
//   LlamaServer server("llamacpp.sh run DIR llama-server", {"-m", "m.gguf"});
//   std::string body = server.Post("/apply-template", json);
// The process ends with the object. One request at a time.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace moebench {

class LlamaServer {
 public:
  // command: words of a shell, to which the arguments and the port are added. Returns once the
  // server listens. Throws Error with its last words if it doesn't.
  LlamaServer(const std::string& command, const std::vector<std::string>& arguments);
  ~LlamaServer();
  LlamaServer(const LlamaServer&) = delete;
  LlamaServer& operator=(const LlamaServer&) = delete;

  // The body of the answer. Throws Error if it is none with status 200.
  std::string Post(const std::string& path, const std::string& body) const;

 private:
  void Stop();

  pid_t pid_ = -1;
  int log_ = -1;  // read end of its standard error and output
  int port_ = 0;
};

}  // namespace moebench
