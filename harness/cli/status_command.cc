// moebench status: when was something measured last, and is anybody measuring now? The dead-man
// check of a nightly run.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <nlohmann/json.hpp>

#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/config/scalars.h"
#include "harness/sweep/estimate.h"
#include "results/report_escape.h"
#include "results/store.h"
#include "results/writer_lock.h"

namespace moebench {
namespace {

struct Options {
  std::string database, max_age;
  bool json = false;
};

// Seconds since a stamp of ours; nothing for anything else.
std::optional<double> AgeSeconds(const std::string& stamp) {
  std::tm parts{};
  const char* end = strptime(stamp.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return std::difftime(std::time(nullptr), timegm(&parts));
}

ExitCode TellStatus(const Options& options) {
  const std::string path = DatabaseToRead(options.database);
  const Store store = Store::OpenForReading(path);
  const std::string newest = store.NewestStamp();
  const std::optional<double> age_s = AgeSeconds(newest);
  const std::string writer = CurrentWriter(path);
  std::optional<double> limit_s;
  if (!options.max_age.empty()) {
    limit_s = ParseDurationSeconds(options.max_age,
                                   {"", "--max-age", static_cast<int>(ExitCode::kUsage)});
  }
  const bool late = limit_s && (!age_s || *age_s > *limit_s);
  if (options.json) {
    const nlohmann::json json = {
        {"schema", "moebench.status/1"},
        {"newest", newest.empty() ? nlohmann::json() : nlohmann::json(newest)},
        {"age_s", age_s ? nlohmann::json(*age_s) : nlohmann::json()},
        {"writer", writer.empty() ? nlohmann::json() : nlohmann::json(writer)},
        {"late", late}};
    fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (!limit_s || late) {  // a check from cron is silent if all is well
    fmt::print("{}: last row {}{}{}{}\n", VisibleText(path),
               newest.empty() ? "never" : VisibleText(newest),
               age_s ? ", " + FormatDuration(*age_s) + " ago" : std::string(),
               late ? "; that is more than " + FormatDuration(*limit_s) : std::string(),
               writer.empty() ? std::string() : "; being written by " + VisibleText(writer));
  }
  return late ? ExitCode::kIncomplete : ExitCode::kOk;
}

}  // namespace

void AddStatusCommand(CLI::App& app, ExitCode& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("status", "When something was measured last; a check for cron");
  command->add_option("--db", options->database, "Database [moebench.yaml's, or moebench.sqlite]");
  command->add_option("--max-age", options->max_age,
                      "Exit code 2 and a line if the last row is older, e.g. 26h; else silent");
  command->add_flag("--json", options->json, "As JSON (schema moebench.status/1)");
  command->callback([options, &exit_code] { exit_code = TellStatus(*options); });
}

}  // namespace moebench
