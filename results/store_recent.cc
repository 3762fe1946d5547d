// When things were last measured: for the night's choice of cells and the dead-man check.
#include "results/store.h"
#include "results/store_impl.h"

namespace moebench {

std::map<std::string, std::string> Store::LastMeasured() const {
  return InStoreWords(impl_->path, [&] {
    SQLite::Statement query(*impl_->db,
                            "SELECT t.cell_id, max(s.started) FROM trial t JOIN session s ON"
                            " s.id = t.session_id WHERE t.unstable = '' GROUP BY t.cell_id");
    std::map<std::string, std::string> stamps;
    while (query.executeStep()) {
      stamps[query.getColumn(0).getString()] = query.getColumn(1).getString();
    }
    return stamps;
  });
}

std::string Store::NewestStamp() const {
  return InStoreWords(impl_->path, [&] {
    return impl_->db
        ->execAndGet(
            "SELECT coalesce(max(at), '') FROM (SELECT max(started) at FROM sweep UNION ALL SELECT"
            " max(started) FROM session UNION ALL SELECT max(at) FROM cell_event UNION ALL SELECT"
            " max(finished) FROM sweep_end)")
        .getString();
  });
}

}  // namespace moebench
