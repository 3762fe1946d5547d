// moebench suite: what there is to ask, whether a suite is sound, what one item says.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/cli/commands.h"
#include "harness/cli/suite_source.h"
#include "harness/sweep/item_grading.h"
#include "quality/sandbox.h"
#include "results/report_escape.h"
#include "suites/published.h"

namespace moebench {
namespace {

using Json = nlohmann::json;

void PrintJson(const Json& json) {
  fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
}

std::map<std::string, std::map<int, int>> CountsOf(const Suite& suite) {
  std::map<std::string, std::map<int, int>> counts;  // category -> tier -> items
  for (const Item& item : suite.items) ++counts[item.category][item.tier];
  return counts;
}

void List(bool as_json) {
  Json list = Json::array();
  for (const BundledSuiteInfo& info : BundledSuites()) {
    const Suite suite = LoadSuite(info.folder);
    Json categories = Json::object();
    for (const auto& [category, tiers] : CountsOf(suite)) {
      int n = 0;
      for (const auto& [tier, count] : tiers) n += count;
      categories[category] = n;
    }
    list.push_back({{"name", info.name},
                    {"about", info.about},
                    {"folder", info.folder},
                    {"items", suite.items.size()},
                    {"categories", categories},
                    {"hash", suite.hash}});
    if (!as_json) {
      fmt::print("  {:<6} {:>4} items  {}\n", info.name, suite.items.size(), info.about);
    }
  }
  if (as_json) PrintJson({{"schema", "moebench.suites/1"}, {"suites", list}});
}

void Check(const std::string& named, bool as_json, ExitCode& exit_code) {
  const Suite suite = OpenSuite(named);
  const Sandbox sandbox = FindSandbox();
  const SuiteCheck check = CheckSuite(suite.items, sandbox.run);
  if (!check.problems.empty()) exit_code = ExitCode::kBadData;
  if (as_json) {
    Json problems = Json::array();
    for (const ItemProblem& problem : check.problems) {
      problems.push_back({{"item", problem.item_id}, {"what", problem.what}});
    }
    return PrintJson({{"schema", "moebench.suite_check/1"},
                      {"suite", suite.path},
                      {"items", suite.items.size()},
                      {"proven", check.proven},
                      {"unproven", check.unproven},
                      {"sandbox", sandbox.run ? "" : sandbox.why_not},
                      {"problems", problems}});
  }
  for (const ItemProblem& problem : check.problems) {
    fmt::print("  {}: {}\n", problem.item_id, VisibleText(problem.what));
  }
  for (const auto& [category, tiers] : CountsOf(suite)) {
    const auto of = [&, &by_tier = tiers](int tier) {
      return by_tier.contains(tier) ? by_tier.at(tier) : 0;
    };
    fmt::print("  {:<16} {:>4} easy {:>4} medium {:>4} hard\n", VisibleText(category), of(1), of(2),
               of(3));
  }
  fmt::print(
      "{}: {} items, {} graded their known answers right, {} could not be tried, {}\n",
      VisibleText(suite.path), suite.items.size(), check.proven, check.unproven,
      check.problems.empty() ? "no problem" : fmt::format("{} problems", check.problems.size()));
  if (!sandbox.run) fmt::print("code was not run: {}\n", sandbox.why_not);
}

void PrintItem(const Item& item) {
  fmt::print("{}  tier {}, {}, at most {} tokens, {}\n\n{}\n\n", VisibleText(item.id), item.tier,
             VisibleText(item.category), item.max_tokens,
             item.source.empty() ? "no source named" : VisibleText(item.source),
             VisibleText(item.prompt));
  fmt::print("grader {}{}\n", VisibleText(item.grader_kind),
             item.extract.empty() ? "" : ", of the part '" + VisibleText(item.extract) + "'");
  for (const std::string& text : item.expected) fmt::print("  {}\n", VisibleText(text));
  for (const std::string& text : item.choices) fmt::print("  choice:{}\n", VisibleText(text));
  if (!item.pattern.empty()) fmt::print("  {}\n", VisibleText(item.pattern));
  if (!item.spec.empty()) fmt::print("  {}\n", VisibleText(item.spec));
}

void Show(const std::string& named, const std::string& id, int n, uint64_t seed) {
  const Suite suite = OpenSuite(named);
  if (id.empty()) {
    for (const Item& item : ChooseItems(suite.items, n, seed)) {
      fmt::print("{:<34} {} {:<14} {:<9} {}\n", VisibleText(item.id), item.tier,
                 VisibleText(item.category), VisibleText(item.grader_kind), item.hash);
    }
    return;
  }
  for (const Item& item : suite.items) {
    if (item.id == id) return PrintItem(item);
  }
  throw Error{"holds no item '" + id + "'", suite.path, "leave the id out to list them",
              ExitCode::kUsage};
}

}  // namespace

void AddSuiteCommand(CLI::App& app, ExitCode& exit_code) {
  struct Options {
    std::string suite, id;
    bool json = false;
    int items = 0;
    uint64_t seed = 1;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("suite", "The questions: list, check, show");
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", "The bundled suites");
  list->add_flag("--json", options->json, "As JSON (schema moebench.suites/1)");
  list->callback([options] { List(options->json); });
  command->add_subcommand("formats", "The published formats that are read")->callback([] {
    for (const PublishedFormat& format : PublishedFormats()) {
      fmt::print("  {:<11} {}\n", format.name, format.about);
    }
  });
  CLI::App* check = command->add_subcommand(
      "check", "Whether every item can be graded: known right answers pass, wrong ones do not");
  check->add_option("suite", options->suite, "core, demo, long, a folder, or FILE[:FORMAT]")
      ->required();
  check->add_flag("--json", options->json, "As JSON (schema moebench.suite_check/1)");
  check->callback([options, &exit_code] { Check(options->suite, options->json, exit_code); });
  CLI::App* show = command->add_subcommand("show", "The items of a suite, or one of them");
  show->add_option("suite", options->suite, "core, demo, long, a folder, or FILE[:FORMAT]")
      ->required();
  show->add_option("id", options->id, "One item, with prompt and grader");
  show->add_option("--items", options->items, "As a sweep chooses them, 0 = all [0]");
  show->add_option("--seed", options->seed, "Of that choice [1]");
  show->callback([options] { Show(options->suite, options->id, options->items, options->seed); });
}

}  // namespace moebench
