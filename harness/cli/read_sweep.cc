#include "harness/cli/read_sweep.h"

#include <optional>
#include <utility>

#include "harness/base/error.h"
#include "harness/cli/options.h"
#include "harness/sweep/answer_signs.h"
#include "results/analysis.h"
#include "results/store.h"

namespace moebench {

namespace {

struct FoundSweep {
  Store store;
  int64_t id = 0;
};

FoundSweep Find(const std::string& database, const std::string& sweep) {
  const std::string path = DatabaseToRead(database);
  const std::optional<int64_t> wanted = SweepNumber(sweep);
  Store store = Store::OpenForReading(path);
  const std::optional<int64_t> id = wanted ? wanted : store.LatestSweepId();
  if (id) return {std::move(store), *id};
  throw Error{"holds no sweep yet", path, "run 'moebench sweep' first", ExitCode::kUsage};
}

}  // namespace

SweepRows ReadSweepRows(const std::string& database, const std::string& sweep) {
  const FoundSweep found = Find(database, sweep);
  return found.store.ReadSweep(found.id);
}

SweepView ReadSweepView(const std::string& database, const std::string& sweep) {
  const FoundSweep found = Find(database, sweep);
  SweepRows rows = found.store.ReadSweep(found.id);
  FillSigns(rows.answers);  // a database from before schema 7 has none
  return Analyse(rows, ReadHistory(found.store, found.id));
}

}  // namespace moebench
