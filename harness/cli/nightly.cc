#include "harness/cli/nightly.h"

#include <fmt/format.h>

#include <optional>

#include "harness/base/clock.h"
#include "harness/base/files.h"
#include "harness/cli/exit_codes.h"
#include "harness/cli/night_files.h"
#include "harness/cli/report_extras.h"
#include "harness/cli/signals.h"
#include "harness/cli/sweep_main.h"
#include "harness/machine/topology.h"
#include "harness/sweep/estimate.h"
#include "results/report_escape.h"
#include "results/report_html.h"
#include "results/report_markdown.h"
#include "results/store.h"
#include "results/store_care.h"
#include "results/writer_lock.h"

namespace moebench {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostLogBytes = 50 << 20;
constexpr int kKeptCopies = 8;
constexpr char kLogPrefix[] = "night-", kLogSuffix[] = ".jsonl";
constexpr char kReportPrefix[] = "report-", kHtml[] = ".html", kMarkdown[] = ".md";
constexpr char kCopyPrefix[] = "copy-", kCopySuffix[] = ".sqlite";
constexpr std::chrono::seconds kSlice(2);

double Seconds() { return static_cast<double>(NowNs()) * 1e-9; }

// A stamp a week before now, in the form of names.
std::string AWeekAgo() { return StampForNames(UtcStamp(std::time(nullptr) - 7 * 24 * 3600)); }

std::string Joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& s : sentences) text += (text.empty() ? "" : "; ") + s;
  return text;
}

class Night {
 public:
  explicit Night(const NightOptions& options)
      : options_(options),
        database_(options.spec.database),
        state_(options.state.empty() ? fs::path(options.spec.database + ".nights")
                                     : options.state) {}

  ExitCode Run() {
    MakeState();
    const WriterLock night(state_ / "night");  // a second night, also while this one still waits
    if (const std::string writer = CurrentWriter(database_); !writer.empty()) {
      throw Error{"another sweep is writing this database (" + writer + ")", database_.string(),
                  "wait for it", ExitCode::kBusy};
    }
    log_.emplace(state_ / (kLogPrefix + stamp_ + kLogSuffix), kMostLogBytes);
    log_->Write("begin", "moebench nightly, database " + database_.string());
    try {
      const ExitCode code = Measure();
      log_->Write("end", fmt::format("exit code {}", static_cast<int>(code)));
      if (code != ExitCode::kOk) Complain(code);
      return code;
    } catch (const Error& error) {
      log_->Write("error", error.what());
      throw;
    }
  }

 private:
  void MakeState() const {
    std::error_code error;
    fs::create_directories(state_, error);
    if (error) {
      throw Error{"can't be made: " + error.message(), state_.string(),
                  "name another folder with --state", ExitCode::kIo};
    }
  }

  ExitCode Measure() {
    if (!WaitUntilQuiet()) return StopAsked() ? StopExitCode() : ExitCode::kBusy;
    const NightHooks hooks{
        .event =
            [this](const SweepEvent& event) {
              log_->Write(event.kind == SweepEvent::Kind::kNote ? "note" : "progress", event.text);
            },
        .result = [this](const SweepView& view) { Report(view); }};
    const ExitCode code = SweepMain(options_.spec, {.night = &hooks});
    CopyOnceAWeek();
    PruneFiles(state_, kLogPrefix, kLogSuffix, options_.keep);
    for (const char* suffix : {kHtml, kMarkdown}) {
      PruneFiles(state_, kReportPrefix, suffix, options_.keep);
    }
    return code;
  }

  bool WaitUntilQuiet() {
    const std::vector<int> cpus = ReadTopology(ThisMachine()).allowed_cpus;
    const QuietWait wait =
        WaitForQuiet(options_.quiet, {.look = [&] { return WatchQuiet("/", cpus, kSlice); },
                                      .now_s = Seconds,
                                      .cancelled = StopAsked});
    if (wait.quiet) {
      log_->Write("gate", fmt::format("quiet after {}", FormatDuration(wait.waited_s)));
      return true;
    }
    if (StopAsked()) return false;
    trouble_ = fmt::format("the machine was not quiet for {}: {}", FormatDuration(wait.waited_s),
                           Joined(wait.last.reasons));
    log_->Write("gate", trouble_);
    return options_.measure_when_busy;
  }

  // Each file appears as a whole; "latest" is the newest whole one.
  void Report(SweepView view) {
    AddRouting({}, view);
    tally_ = fmt::format(
        "sweep {}: {} regressed, {} flagged, {} improved, {} inconclusive, {} failed, {} invalid,"
        " {} not run",
        view.sweep.id, view.regressed, view.flagged, view.improved, view.inconclusive, view.failed,
        view.invalid, view.planned + view.skipped);
    regressions_ = Regressions(view);
    if (view.machine_slower) regressions_.push_back(view.machine_alarm);
    const std::string html = ReportHtml(view), markdown = ReportMarkdown(view);
    WriteFileAtomically(state_ / (kReportPrefix + stamp_ + kHtml), html);
    WriteFileAtomically(state_ / (kReportPrefix + stamp_ + kMarkdown), markdown);
    WriteFileAtomically(state_ / "latest.html", html);
    WriteFileAtomically(state_ / "latest.md", markdown);
    log_->Write("result", tally_);
  }

  // A copy that can't be made is told; the night's result stands.
  void CopyOnceAWeek() {
    if (NewestStampOf(state_, kCopyPrefix, kCopySuffix) > AWeekAgo()) return;
    try {
      BackUpStore(database_, state_ / (kCopyPrefix + stamp_ + kCopySuffix));
      PruneFiles(state_, kCopyPrefix, kCopySuffix, kKeptCopies);
    } catch (const Error& error) {
      trouble_ = std::string("no copy of the database: ") + error.what();
      log_->Write("error", trouble_);
    }
  }

  // Something regressed and something broke are different mails.
  void Complain(ExitCode code) const {
    const char* what = code == ExitCode::kFlagged      ? "REGRESSION"
                       : code == ExitCode::kIncomplete ? "finished, but not everything is certain"
                       : code == ExitCode::kBudget     ? "the budget was used up"
                       : code == ExitCode::kBusy       ? "nothing was measured"
                                                       : "stopped";
    fmt::print(stderr, "moebench nightly: {}\n", what);
    if (!tally_.empty()) fmt::print(stderr, "  {}\n", tally_);
    for (const std::string& line : regressions_) {
      fmt::print(stderr, "  {}\n", VisibleText(line));
    }
    if (!trouble_.empty()) fmt::print(stderr, "  {}\n", VisibleText(trouble_));
    if (!tally_.empty()) {
      fmt::print(stderr, "  report: {}\n", VisibleText((state_ / "latest.html").string()));
    }
    fmt::print(stderr, "  log: {}\n",
               VisibleText((state_ / (kLogPrefix + stamp_ + kLogSuffix)).string()));
  }

  const NightOptions& options_;
  fs::path database_, state_;
  std::string stamp_ = StampForNames(UtcNow());
  std::optional<NightLog> log_;
  std::string tally_, trouble_;
  std::vector<std::string> regressions_;
};

}  // namespace

ExitCode RunNight(const NightOptions& options) {
  CatchSignals();
  return Night(options).Run();
}

}  // namespace moebench
