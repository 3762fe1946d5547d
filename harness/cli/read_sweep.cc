#include "harness/cli/read_sweep.h"

#include <filesystem>

#include "harness/base/error.h"
#include "harness/cli/options.h"
#include "harness/sweep/answer_signs.h"
#include "results/analysis.h"
#include "results/store.h"

namespace moebench {

SweepView ReadSweepView(const std::string& database, const std::string& sweep) {
  const std::string path = DatabaseToRead(database);
  const std::optional<int64_t> wanted = SweepNumber(sweep);
  const Store store = Store::OpenForReading(path);
  const std::optional<int64_t> id = wanted ? wanted : store.LatestSweepId();
  if (!id) {
    throw Error{"holds no sweep yet", path, "run 'moebench sweep' first", ExitCode::kUsage};
  }
  SweepRows rows = store.ReadSweep(*id);
  FillSigns(rows.answers);  // a database from before schema 7 has none
  return Analyse(rows, ReadHistory(store, *id));
}

}  // namespace moebench
