// Tables of schema 9: the routing traces of a sweep's models. Part of the store.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <vector>

#include "results/store.h"

namespace moebench {

std::vector<RoutingRecord> ReadRoutings(SQLite::Database& db, int64_t sweep_id);

}  // namespace moebench
