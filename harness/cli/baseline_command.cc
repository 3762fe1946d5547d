// moebench baseline list|promote|pin: which sweeps the nights are held against.

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "harness/base/clock.h"
#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/cli/sweep_reference.h"
#include "results/report_escape.h"
#include "results/store.h"

namespace moebench {
namespace {

struct Options {
  std::string database, sweep = "latest", note;
};

const char* Word(BaselineKind kind) {
  return kind == BaselineKind::kPinned ? "pinned" : "promoted";
}

void List(const Options& options) {
  const Store store = Store::OpenForReading(DatabaseToRead(options.database));
  const std::vector<BaselineMark> marks = store.BaselineMarks();
  for (const SweepRecord& sweep : store.Sweeps()) {
    std::string said;
    for (const BaselineMark& mark : marks) {
      if (mark.sweep_id != sweep.id) continue;
      said += fmt::format("  {} {}{}", Word(mark.kind), mark.at,
                          mark.note.empty() ? "" : " (" + mark.note + ")");
    }
    fmt::print("{:>5}  {}  {}  machine {}{}\n", sweep.id, VisibleLine(sweep.started),
               VisibleLine(sweep.version), VisibleLine(sweep.machine_hash), VisibleLine(said));
  }
  if (marks.empty()) {
    fmt::print("nothing promoted or pinned: each night is held against the seven before it\n");
  }
}

void Mark(const Options& options, BaselineKind kind) {
  const SweepReference sweep = FindSweep(options.sweep, DatabaseToRead(options.database));
  Store store = Store::OpenForWriting(sweep.database);
  if (store.ReadSweep(sweep.id).sweep.finished.empty()) {
    throw Error{fmt::format("sweep {} is not finished", sweep.id), sweep.database,
                "finish it with --resume, or name another", ExitCode::kUsage};
  }
  store.AddBaselineMark({sweep.id, kind, options.note, UtcNow()});
  fmt::print("sweep {} {}\n", sweep.id,
             kind == BaselineKind::kPinned
                 ? "pinned: reports show every later night against it too"
                 : "promoted: what was before it is no longer the measure");
}

}  // namespace

void AddBaselineCommand(CLI::App& app, ExitCode&) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("baseline", "Which sweeps later nights are held against");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help) {
    CLI::App* sub = command->add_subcommand(name, help);
    sub->add_option("--db", options->database, "Database [moebench.yaml's, or moebench.sqlite]");
    return sub;
  };
  CLI::App* list = add("list", "All sweeps, and what was said of them");
  list->callback([options] { List(*options); });
  CLI::App* promote = add("promote", "Accepts the speeds of a sweep: a change that was meant");
  CLI::App* pin = add("pin", "Keeps a sweep as the one that shows slow losses over months");
  for (CLI::App* sub : {promote, pin}) {
    sub->add_option("sweep", options->sweep, "Sweep: a number, latest, FILE or FILE:NUMBER")
        ->capture_default_str();
    sub->add_option("--note", options->note, "Why, in a few words");
  }
  promote->callback([options] { Mark(*options, BaselineKind::kPromoted); });
  pin->callback([options] { Mark(*options, BaselineKind::kPinned); });
}

}  // namespace moebench
