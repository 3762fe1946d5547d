// Shared by the two halves of the store, writing (store.cc) and reading (store_read.cc).
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "results/store.h"
#include "results/store_file.h"
#include "results/writer_lock.h"

namespace moebench {

struct Store::Impl {
  std::filesystem::path path;
  std::unique_ptr<WriterLock> lock;  // null for readers; outlives the connection
  std::unique_ptr<SQLite::Database> db;
  std::string opening_note;
};

}  // namespace moebench
