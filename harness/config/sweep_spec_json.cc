#include <nlohmann/json.hpp>

#include "harness/config/sweep_spec.h"

namespace moebench {

nlohmann::json SpecToJson(const SweepSpec& spec) {
  nlohmann::json json = {{"models", spec.models},
                         {"runner", spec.runner},
                         {"fake_script", spec.fake_script},
                         {"experts", spec.experts},
                         {"decoding", spec.decoding},
                         {"draft", spec.draft},
                         {"drafts", spec.drafts},
                         {"draft_tokens", spec.draft_tokens},
                         {"min_probability", spec.min_probability},
                         {"recurrent", spec.recurrent},
                         {"placement", spec.placement},
                         {"threads", spec.threads},
                         {"suite", spec.suite},
                         {"items", spec.items},
                         {"sessions", spec.sessions},
                         {"max_sessions", spec.max_sessions},
                         {"interval", spec.interval},
                         {"trials", spec.trials},
                         {"max_tokens", spec.max_tokens},
                         {"kv", spec.kv},
                         {"controls", spec.controls},
                         {"flag_below", spec.flag_below},
                         {"seed", spec.seed},
                         {"divergence_windows", spec.divergence_windows}};
  if (!spec.judge.kind.empty()) {
    json["judge"] = {{"kind", spec.judge.kind},
                     {"model", spec.judge.model},
                     {"url", spec.judge.url},
                     {"command", spec.judge.command},
                     {"items", spec.judge.items}};
  }
  // Sweeps had no such axis once; theirs go on to be those of one instance.
  if (spec.instances != SweepSpec().instances) json["instances"] = spec.instances;
  return json;
}

}  // namespace moebench
