// The child of the tests: fake_worker SCRIPT, where SCRIPT is JSON or a path.
#include <unistd.h>

#include <cstdio>

#include "harness/base/error.h"
#include "runners/fake/fake_worker.h"

int main(int argc, char** argv) {
  try {
    return moebench::RunFakeWorker(argc > 1 ? argv[1] : "{}", STDIN_FILENO, STDOUT_FILENO);
  } catch (const moebench::Error& e) {
    std::fprintf(stderr, "fake_worker: %s\n", e.what());
    return static_cast<int>(e.code());
  }
}
