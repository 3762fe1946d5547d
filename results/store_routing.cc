#include "results/store_routing.h"

#include <fmt/format.h>

#include "harness/base/hash.h"
#include "results/store_impl.h"
#include "results/store_insert.h"
#include "results/store_row.h"

namespace moebench {
namespace {

// Of everything that makes two traces the same one.
std::string TraceHash(const RoutingRecord& r) {
  return Sha256Hex(fmt::format("{} {} {}\n", r.n_experts, r.n_layers, r.n_tokens) + r.experts);
}

bool HasTrace(SQLite::Database& db, const std::string& hash) {
  SQLite::Statement statement(db, "SELECT 1 FROM routing_trace WHERE trace_hash = ?");
  statement.bind(1, hash);
  return statement.executeStep();
}

bool HasRouting(SQLite::Database& db, int64_t sweep_id, const std::string& model_sha256) {
  SQLite::Statement statement(
      db, "SELECT 1 FROM sweep_routing WHERE sweep_id = ? AND model_sha256 = ?");
  statement.bind(1, sweep_id);
  statement.bind(2, model_sha256);
  return statement.executeStep();
}

}  // namespace

std::vector<RoutingRecord> ReadRoutings(SQLite::Database& db, int64_t sweep_id) {
  return Rows<RoutingRecord>(
      db,
      "SELECT model_sha256, session_id, k, text_hash, n_experts, n_layers, n_tokens, experts FROM"
      " sweep_routing JOIN routing_trace USING(trace_hash) WHERE sweep_id = ? ORDER BY session_id,"
      " model_sha256",
      sweep_id, [](Row& row) {
        return RoutingRecord{.model_sha256 = row.Text(),
                             .session_id = row.Int64(),
                             .k = row.Int(),
                             .text_hash = row.Text(),
                             .n_experts = row.Int(),
                             .n_layers = row.Int(),
                             .n_tokens = row.Int(),
                             .experts = row.Text()};
      });
}

void Store::AddRouting(int64_t sweep_id, const RoutingRecord& r) {
  InStoreWords(impl_->path, [&] {
    SQLite::Database& db = *impl_->db;
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    if (HasRouting(db, sweep_id, r.model_sha256)) return;
    const std::string hash = TraceHash(r);
    if (!HasTrace(db, hash)) {
      Insert trace(db, "routing_trace");
      trace.Text(hash).Int(r.n_experts).Int(r.n_layers).Int(r.n_tokens).Blob(r.experts).Run();
    }
    Insert routing(db, "sweep_routing");
    routing.Int(sweep_id).Text(r.model_sha256).Int(r.session_id).Int(r.k).Text(r.text_hash);
    routing.Text(hash).Run();
    transaction.commit();
  });
}

}  // namespace moebench
