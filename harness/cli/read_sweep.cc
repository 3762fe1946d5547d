#include "harness/cli/read_sweep.h"

#include <filesystem>

#include "harness/base/error.h"
#include "harness/cli/options.h"
#include "harness/sweep/answer_signs.h"
#include "results/analysis.h"
#include "results/store.h"

namespace moebench {

namespace {

Store Open(const std::string& database) { return Store::OpenForReading(DatabaseToRead(database)); }

int64_t IdOf(const Store& store, const std::string& database, const std::string& sweep) {
  const std::optional<int64_t> wanted = SweepNumber(sweep);
  const std::optional<int64_t> id = wanted ? wanted : store.LatestSweepId();
  if (id) return *id;
  throw Error{"holds no sweep yet", DatabaseToRead(database), "run 'moebench sweep' first",
              ExitCode::kUsage};
}

}  // namespace

SweepRows ReadSweepRows(const std::string& database, const std::string& sweep) {
  const Store store = Open(database);
  return store.ReadSweep(IdOf(store, database, sweep));
}

SweepView ReadSweepView(const std::string& database, const std::string& sweep) {
  const Store store = Open(database);
  const int64_t id = IdOf(store, database, sweep);
  SweepRows rows = store.ReadSweep(id);
  FillSigns(rows.answers);  // a database from before schema 7 has none
  return Analyse(rows, ReadHistory(store, id));
}

}  // namespace moebench
