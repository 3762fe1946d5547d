// Asking again where a server says "not now".
//   HttpReply reply = AskPatiently([&] { return PostJson(request, rules); }, {}, wait);
// Time passes only in `wait`, so that a test needs none. Pure otherwise.
#pragma once

#include <functional>

#include "quality/judge/http_post.h"

namespace moebench {

struct Patience {
  int attempts = 5;
  double first_wait_s = 1;     // then twice as long each time
  double longest_wait_s = 90;  // a server that wants more is given up
};

struct PatientReply {
  HttpReply reply;
  int requests = 0;
};

// Asks again after 408, 429, 500, 502, 503, 504, 529 and where the server could not be reached: as
// late as it says (retry-after), else with growing waits. Gives the last reply, whatever it is.
PatientReply AskPatiently(const std::function<HttpReply()>& ask, const Patience& patience,
                          const std::function<void(double seconds)>& wait);

}  // namespace moebench
