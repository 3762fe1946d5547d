#include "harness/base/error.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace moebench {

Error::Error(std::string what, std::string where, std::string hint, ExitCode code)
    : problem_(std::move(what)), where_(std::move(where)), hint_(std::move(hint)), code_(code) {
  if (!where_.empty()) message_ = where_ + ": ";
  message_ += problem_;
  if (!hint_.empty()) message_ += "; " + hint_;
}

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "moebench: bug: CHECK(%s) failed at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace moebench
