// storage_support.h: a row store over a log in memory, and tables of (int4 key, text value) for its tests.
#pragma once
#include <cstring>
#include <string>
#include <vector>

#include "../index/btree/index_scan.h"
#include "../storage/memory_log.h"
#include "../storage/row_store.h"
#include "../storage/table_scan.h"
#include "check.h"

namespace orrery::test {

using namespace orrery::storage;

struct Row {
  std::int32_t key;
  std::string value;
  RowId id = 0;
};

/// A block of (int4, text) rows; `ids` adds row ids. An empty value is NULL.
class RowBlock {
 public:
  explicit RowBlock(const std::vector<Row>& rows, bool ids = false) {
    const auto n = static_cast<std::uint32_t>(rows.size());
    std::size_t text = 0;
    for (const Row& r : rows) text += r.value.size();
    words_.assign((16 + 32 + 8 * n + 8 * (n / 8 + 1) + 8 * n + 8 * n + 64 + text) / 8 + 8, 0);
    put(0, n);
    put(4, 2);
    std::size_t at = 48;
    if (ids) {
      put(8, at);
      for (std::uint32_t i = 0; i < n; i++) {
        const double id = static_cast<double>(rows[i].id);
        std::memcpy(bytes() + at + 8 * i, &id, 8);
      }
      at += 8 * n;
    }
    bytes()[16] = static_cast<std::uint8_t>(PhysicalType::kInt32);
    put(28, at);
    for (std::uint32_t i = 0; i < n; i++) std::memcpy(bytes() + at + 4 * i, &rows[i].key, 4);
    at += 8 * ((n + 1) / 2);
    bytes()[32] = static_cast<std::uint8_t>(PhysicalType::kVarlen);
    put(40, at);
    for (std::uint32_t i = 0; i < n; i++) bytes()[at + i] = rows[i].value.empty() ? 0 : 1;
    at += 8 * (n / 8 + 1);
    put(44, at);
    std::size_t end = at + 4 * (n + 1);
    for (std::uint32_t i = 0; i < n; i++) {
      put(at + 4 * i, end);
      std::memcpy(bytes() + end, rows[i].value.data(), rows[i].value.size());
      end += rows[i].value.size();
    }
    put(at + 4 * n, end);
    put(12, end);
    length_ = end;
  }
  Block block() const { return *Block::parse(reinterpret_cast<const std::uint8_t*>(words_.data()), length_); }

 private:
  std::uint8_t* bytes() { return reinterpret_cast<std::uint8_t*>(words_.data()); }
  void put(std::size_t at, std::size_t v) { const auto n = static_cast<std::uint32_t>(v); std::memcpy(bytes() + at, &n, 4); }
  std::vector<std::uint64_t> words_;
  std::size_t length_ = 0;
};

struct Database {
  static constexpr RelationId kTable = 100, kPrimary = 101, kByValue = 102;
  MemoryLog log;
  TransactionManager manager{log};
  RowStore rows{log, manager};
  Relation* table = nullptr;

  explicit Database(bool by_value = false) {
    Transaction* t = manager.begin(Isolation::kReadCommitted);
    const ColumnType columns[] = {{PhysicalType::kInt32, 0}, {PhysicalType::kVarlen, 0}};
    CHECK(rows.create_relation(*t, kTable, columns).is_ok());
    const index::KeyColumn key{0, KeyKind::kInt32, false, false};
    CHECK(rows.create_btree(*t, kPrimary, kTable, std::span(&key, 1), true, false).is_ok());
    const index::KeyColumn value{1, KeyKind::kBytes, true, false};
    if (by_value) CHECK(rows.create_btree(*t, kByValue, kTable, std::span(&value, 1), false, false).is_ok());
    commit(t);
    table = rows.find(kTable);
  }
  Transaction* begin(Isolation isolation = Isolation::kReadCommitted) { return manager.begin(isolation); }
  void commit(Transaction* t) {
    Lsn lsn = 0;
    CHECK(manager.commit(t, &lsn).is_ok());
  }
  Status insert(Transaction* t, const std::vector<Row>& list, RowId* first = nullptr) {
    const RowBlock block(list);
    RowId row = 0;
    std::size_t failed = 0;
    Status status = rows.insert(*t, *table, block.block(), &row, &failed);
    if (first != nullptr) *first = row;
    return status;
  }
  Status update(Transaction* t, const Row& row) {
    const RowBlock block({row}, true);
    const std::uint32_t changed[] = {0, 1};
    std::size_t failed = 0;
    return rows.update(*t, *table, block.block(), changed, &failed);
  }
  Status remove(Transaction* t, RowId row) { return rows.remove(*t, *table, std::span(&row, 1)); }

  static std::vector<Row> drain(Scan& scan) {
    std::vector<std::uint64_t> memory(8192);
    auto* bytes = reinterpret_cast<std::uint8_t*>(memory.data());
    std::vector<Row> out;
    while (scan.next(bytes, memory.size() * 8, 300) > 0) {
      const Block block = *Block::parse(bytes, memory.size() * 8);
      for (std::uint32_t r = 0; r < block.row_count(); r++)
        out.push_back({block.fixed<std::int32_t>(0, r), block.is_null(1, r) ? "" : std::string(block.varlen(1, r)), block.row_id(r)});
    }
    return out;
  }
  std::vector<Row> scan(const Snapshot& snapshot) {
    TableScan scan(manager, snapshot, *table, {0, 1}, true);
    return drain(scan);
  }
  std::vector<Row> scan() {
    const Snapshot snapshot = manager.acquire_snapshot();
    auto out = scan(snapshot);
    manager.release_snapshot(snapshot);
    return out;
  }
  std::vector<Row> index_scan(RelationId index, const Snapshot& snapshot, bool backward = false, index::KeyRange range = {}) {
    index::IndexScan scan(manager, snapshot, rows.find_index(index), {0, 1}, true, std::move(range), backward);
    return drain(scan);
  }
  std::vector<Row> index_scan(RelationId index, bool backward = false, index::KeyRange range = {}) {
    const Snapshot snapshot = manager.acquire_snapshot();
    auto out = index_scan(index, snapshot, backward, std::move(range));
    manager.release_snapshot(snapshot);
    return out;
  }
};

}  // namespace orrery::test
