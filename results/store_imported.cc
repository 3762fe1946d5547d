// Rows of other instruments: written and read.
#include "results/store.h"
#include "results/store_impl.h"
#include "results/store_insert.h"

namespace moebench {

int Store::AddImported(std::span<const ImportedRecord> rows) {
  return InStoreWords(impl_->path, [&] {
    SQLite::Database& db = *impl_->db;
    SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
    SQLite::Statement known(db, "SELECT 1 FROM imported WHERE source_sha256 = ? AND position = ?");
    Insert insert(db, "imported");
    int64_t id = NextId(db, "imported");
    int added = 0;
    for (const ImportedRecord& row : rows) {
      known.bind(1, row.source_sha256);
      known.bind(2, row.position);
      const bool there = known.executeStep();
      known.reset();
      if (there) continue;
      insert.Int(id++).Text(row.at).Text(row.source).Text(row.source_sha256).Int(row.position);
      insert.Text(row.instrument).Text(row.test_time).Text(row.build_commit).Text(row.cpu_info);
      insert.Text(row.model_filename).Text(row.model_type);
      insert.Int(row.n_threads).Int(row.n_prompt).Int(row.n_gen).Int(row.n_depth);
      insert.Real(row.avg_ts).Real(row.stddev_ts).Text(row.row_json).Run();
      ++added;
    }
    transaction.commit();
    return added;
  });
}

std::vector<ImportedRecord> Store::ReadImported() const {
  return InStoreWords(impl_->path, [&] {
    SQLite::Statement query(*impl_->db,
                            "SELECT id, at, source, source_sha256, position, instrument, test_time,"
                            " build_commit, cpu_info, model_filename, model_type, n_threads,"
                            " n_prompt, n_gen, n_depth, avg_ts, stddev_ts, row_json FROM imported"
                            " ORDER BY id");
    std::vector<ImportedRecord> rows;
    while (query.executeStep()) {
      int i = 0;
      const auto text = [&] { return query.getColumn(i++).getString(); };
      const auto number = [&] { return query.getColumn(i++).getInt64(); };
      const auto real = [&] { return query.getColumn(i++).getDouble(); };
      // Members are filled in the order of the columns: braces evaluate from left to right.
      rows.push_back({.id = number(),
                      .at = text(),
                      .source = text(),
                      .source_sha256 = text(),
                      .position = number(),
                      .instrument = text(),
                      .test_time = text(),
                      .build_commit = text(),
                      .cpu_info = text(),
                      .model_filename = text(),
                      .model_type = text(),
                      .n_threads = number(),
                      .n_prompt = number(),
                      .n_gen = number(),
                      .n_depth = number(),
                      .avg_ts = real(),
                      .stddev_ts = real(),
                      .row_json = text()});
    }
    return rows;
  });
}

}  // namespace moebench
