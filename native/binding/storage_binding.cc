// storage_binding.cc: exports.storage (StorageBinding in src/native/addon.ts): arguments are checked once, blocks are passed.
#include <cstring>
#include <optional>

#include "../index/btree/index_scan.h"
#include "../index/btree/rival_scan.h"
#include "../index/inverted/inverted_scan.h"
#include "../storage/row_store.h"
#include "../storage/table_scan.h"
#include "build_worker.h"
#include "engine.h"
#include "engine_rooms.h"

namespace orrery::binding {
namespace {

using storage::RowId;
using storage::RowStore;
using storage::Transaction;

constexpr double kSafe = 9007199254740991.0;

bool bytes_of(const Napi::Value& v, std::span<std::uint8_t>* out) { return array_of(v, napi_uint8_array, out); }

/// A block argument, checked. A view that does not start at a multiple of 8 is copied to `aligned` first.
std::optional<Block> block_of(const Napi::Value& v, std::vector<std::uint64_t>& aligned) {
  std::span<std::uint8_t> bytes;
  if (!bytes_of(v, &bytes)) return std::nullopt;
  const std::uint8_t* data = bytes.data();
  if (reinterpret_cast<std::uintptr_t>(data) % 8 != 0) {
    aligned.resize(bytes.size() / 8 + 1);
    std::memcpy(aligned.data(), data, bytes.size());
    data = reinterpret_cast<const std::uint8_t*>(aligned.data());
  }
  return Block::parse(data, bytes.size());
}

/// The row store, and the transaction of argument 1.
struct Call {
  Engine* engine = nullptr;
  RowStore* rows = nullptr;
  Transaction* transaction = nullptr;
  storage::TransactionUse use;
};
bool enter(const Napi::CallbackInfo& info, Call& call) {
  count_crossing();
  call.engine = engine_of(info);
  if (call.engine == nullptr) return false;
  call.rows = call.engine->rows.get();
  return true;
}
bool enter_transaction(const Napi::CallbackInfo& info, Call& call) {
  if (!enter(info, call)) return false;
  call.transaction = call.engine->transactions->find(static_cast<storage::Xid>(number_of(info[1])));
  if (call.transaction == nullptr) type_error(info, "no such open transaction");
  else call.use.enter(*call.engine->transactions, *call.transaction);
  return call.transaction != nullptr;
}
storage::Relation* relation_of(const Napi::CallbackInfo& info, const Call& call, std::size_t at) {
  storage::Relation* relation = call.rows->find(u32_of(info[at]));
  if (relation == nullptr) type_error(info, "no such relation");
  return relation;
}

Napi::Value failed_row(const Napi::CallbackInfo& info, Status status, std::size_t row) {
  if (status.message.empty()) status.message = "row " + std::to_string(row);
  return status_value(info, std::move(status));
}

// ---- transactions ----

Napi::Value begin(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  const std::uint32_t isolation = u32_of(info[1]);
  if (isolation > 2) return type_error(info, "isolation is 0, 1 or 2");
  Transaction* t = call.engine->transactions->begin(static_cast<storage::Isolation>(isolation), u32_of(info[2]), bool_of(info[3]));
  call.engine->transactions->rest(*t);
  return Napi::Number::New(info.Env(), static_cast<double>(t->xid()));
}

/// (engine, xid, process, readOnly) -> the snapshot's name.
Napi::Value export_snapshot(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  return Napi::String::New(info.Env(), call.engine->exported_snapshots->publish(*call.transaction, u32_of(info[2]), bool_of(info[3])));
}

/// (engine, name, isolation, process, readOnly) -> the xid, or why not, negative (ExportedSnapshots::Answer).
Napi::Value begin_with_snapshot(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  const std::uint32_t isolation = u32_of(info[2]);
  if (!info[1].IsString() || isolation < 1 || isolation > 2) return type_error(info, "a name, and isolation 1 or 2");
  Transaction* t = nullptr;
  const auto answer = call.engine->exported_snapshots->begin_with(info[1].As<Napi::String>(), static_cast<storage::Isolation>(isolation), u32_of(info[3]),
                                                                  bool_of(info[4]), &t);
  if (t == nullptr) return Napi::Number::New(info.Env(), -static_cast<double>(answer));
  call.engine->transactions->rest(*t);
  return Napi::Number::New(info.Env(), static_cast<double>(t->xid()));
}

Napi::Value next_command(const Napi::CallbackInfo& info) {
  Call call;
  if (enter_transaction(info, call)) call.engine->transactions->next_command(*call.transaction, bool_of(info[2]));
  return info.Env().Undefined();
}

Napi::Value commit(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  storage::Lsn lsn = 0;
  call.use.ended();
  Status status = call.engine->transactions->commit(call.transaction, &lsn);
  if (!status.is_ok()) {
    remember(std::move(status));
    return Napi::Number::New(info.Env(), -1);
  }
  return Napi::Number::New(info.Env(), static_cast<double>(lsn));
}

Napi::Value rollback(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  call.use.ended();
  call.engine->transactions->rollback(call.transaction);
  return info.Env().Undefined();
}

Napi::Value savepoint(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(call.engine->transactions->savepoint(*call.transaction)));
}

Napi::Value rollback_to(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  const std::uint32_t at = u32_of(info[2]);
  if (at >= call.engine->transactions->savepoint_count(*call.transaction)) return type_error(info, "no such savepoint");
  call.engine->transactions->rollback_to(*call.transaction, at);
  return info.Env().Undefined();
}

Napi::Value release(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  const std::uint32_t at = u32_of(info[2]);
  if (at >= call.engine->transactions->savepoint_count(*call.transaction)) return type_error(info, "no such savepoint");
  call.engine->transactions->release(*call.transaction, at);
  return info.Env().Undefined();
}

Napi::Value wait_for(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  const auto waiter = static_cast<storage::Xid>(number_of(info[1]));
  const auto blocker = static_cast<storage::Xid>(number_of(info[2]));
  const auto token = static_cast<std::uint64_t>(number_of(info[3]));
  const bool waits = call.engine->transactions->wait_for(
      waiter, blocker, [events = &call.engine->events, listener = listener_of(info), token] { events->post(listener, Event::wait_over(token)); });
  return Napi::Number::New(info.Env(), static_cast<double>(waits ? StatusCode::kWait : StatusCode::kOk));
}

Napi::Value restart_from(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  std::size_t at = storage::TransactionManager::kWholeTransaction;
  if (info[2].IsNumber()) {
    at = u32_of(info[2]);
    if (at >= call.engine->transactions->savepoint_count(*call.transaction)) return type_error(info, "no such savepoint");
  }
  call.engine->transactions->restart_from(*call.transaction, at);
  return info.Env().Undefined();
}

/// Why a serializable transaction cannot go on; an empty text: it can.
Napi::Value refusal(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  return Napi::String::New(info.Env(), call.engine->transactions->serializability().refusal(call.transaction->xid()));
}

/// 0 safe, -1 unsafe, else the xid to wait for.
Napi::Value snapshot_safety(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  const storage::Xid answer = call.engine->transactions->serializability().snapshot_safety(call.transaction->xid());
  return Napi::Number::New(info.Env(), answer == storage::Serializability::kUnsafe ? -1 : static_cast<double>(answer));
}

Napi::Value cancel_wait(const Napi::CallbackInfo& info) {
  Call call;
  if (enter(info, call)) call.engine->transactions->cancel_wait(static_cast<storage::Xid>(number_of(info[1])));
  return info.Env().Undefined();
}

/// The statement that waited for a row is over.
Napi::Value leave_queue(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  storage::Transaction* t = call.engine->transactions->find(static_cast<storage::Xid>(number_of(info[1])));
  if (t != nullptr) call.engine->transactions->leave_queue(*t);
  return info.Env().Undefined();
}

// ---- definitions ----

Napi::Value allocate_oid(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), call.rows->allocate_oid());
}

bool column_type_of(const Napi::Value& v, storage::ColumnType* out) {
  if (!v.IsObject()) return false;
  const auto object = v.As<Napi::Object>();
  const std::uint32_t type = u32_of(object.Get("type"));
  if (type < 1 || type > 10) return false;
  out->type = static_cast<PhysicalType>(type);
  const Napi::Value dimensions = object.Get("dimensions");
  out->dimensions = dimensions.IsNumber() ? u32_of(dimensions) : 0;
  return out->dimensions <= 16000 && (out->type == PhysicalType::kVector) == (out->dimensions != 0);
}

Napi::Value create_relation(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  if (!info[3].IsArray()) return type_error(info, "columns must be an array");
  const auto list = info[3].As<Napi::Array>();
  if (list.Length() > 1600) return status_value(info, Status::error(StatusCode::kLimit, "tables can have at most 1600 columns"));
  std::vector<storage::ColumnType> columns(list.Length());
  for (std::uint32_t i = 0; i < list.Length(); i++)
    if (!column_type_of(list.Get(i), &columns[i])) return type_error(info, "a column has a physical type, and dimensions if it is a vector");
  return status_value(info, call.rows->create_relation(*call.transaction, u32_of(info[2]), columns));
}

Napi::Value drop_relation(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  return status_value(info, call.rows->drop_relation(*call.transaction, u32_of(info[2])));
}

Napi::Value add_column(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  storage::ColumnType type;
  if (!column_type_of(info[3], &type)) return type_error(info, "a column has a physical type, and dimensions if it is a vector");
  std::vector<std::uint64_t> aligned;
  std::optional<Block> missing;
  if (!info[4].IsNull() && !info[4].IsUndefined()) {
    missing = block_of(info[4], aligned);
    if (!missing) return type_error(info, "the missing value is not a block");
  }
  return status_value(info, call.rows->add_column(*call.transaction, u32_of(info[2]), type, missing ? &*missing : nullptr));
}

Napi::Value truncate(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  return status_value(info, call.rows->truncate(*call.transaction, u32_of(info[2])));
}

/// Fills `columns` with `read(object)` of each key column of an index (argument 4). undefined: done; else what the call answers instead.
template <typename Column, typename Read>
std::optional<Napi::Value> read_columns(const Napi::CallbackInfo& info, std::vector<Column>* columns, Read&& read) {
  if (!info[4].IsArray()) return type_error(info, "columns must be an array");
  const auto list = info[4].As<Napi::Array>();
  if (list.Length() > 32) return status_value(info, Status::error(StatusCode::kLimit, "cannot use more than 32 columns in an index"));
  for (std::uint32_t i = 0; i < list.Length(); i++) {
    const Napi::Value v = list.Get(i);
    if (!v.IsObject()) return type_error(info, "a key column is an object");
    columns->push_back(read(v.As<Napi::Object>()));
  }
  return std::nullopt;
}

std::optional<Napi::Value> read_key_columns(const Napi::CallbackInfo& info, std::vector<index::KeyColumn>* columns) {
  return read_columns(info, columns, [](const Napi::Object& object) {
    index::KeyColumn column;
    column.column = u32_of(object.Get("column"));
    column.kind = static_cast<KeyKind>(u32_of(object.Get("kind")));
    column.descending = bool_of(object.Get("descending"));
    column.nulls_first = bool_of(object.Get("nullsFirst"));
    return column;
  });
}

Napi::Value create_index_in_background(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  std::vector<index::KeyColumn> columns;
  if (const auto refused = read_key_columns(info, &columns)) return *refused;
  return build_index(info, *call.engine, [rows = call.rows, index = u32_of(info[2]), relation = u32_of(info[3]), columns = std::move(columns),
                                          unique = bool_of(info[5]), nulls_not_distinct = bool_of(info[6])](Transaction& t) {
    return rows->create_btree(t, index, relation, columns, unique, nulls_not_distinct);
  });
}

Napi::Value create_index(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  std::vector<index::KeyColumn> columns;
  if (const auto refused = read_key_columns(info, &columns)) return *refused;
  return status_value(info, call.rows->create_btree(*call.transaction, u32_of(info[2]), u32_of(info[3]), columns, bool_of(info[5]), bool_of(info[6])));
}

Napi::Value create_inverted(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  std::vector<index::InvertedColumn> columns;
  const auto refused = read_columns(info, &columns, [](const Napi::Object& object) {
    return index::InvertedColumn{u32_of(object.Get("column")), static_cast<index::InvertedKind>(u32_of(object.Get("kind")))};
  });
  if (refused) return *refused;
  return build_index(info, *call.engine, [rows = call.rows, index = u32_of(info[2]), relation = u32_of(info[3]), columns = std::move(columns)](Transaction& t) {
    return rows->create_inverted(t, index, relation, columns);
  });
}

Napi::Value drop_index(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  return status_value(info, call.rows->drop_index(*call.transaction, u32_of(info[2])));
}

// ---- rows ----

Napi::Value insert(const Napi::CallbackInfo& info) {
  static thread_local std::vector<std::uint64_t> aligned;
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  storage::Relation* relation = relation_of(info, call, 2);
  if (relation == nullptr) return info.Env().Undefined();
  const auto block = block_of(info[3], aligned);
  if (!block) return type_error(info, "the rows are not a block");
  std::span<double> ids;
  if (info[4].IsTypedArray() && (!array_of(info[4], napi_float64_array, &ids) || ids.size() < block->row_count()))
    return type_error(info, "rowIds is a Float64Array with a place for each row");
  RowId first = 0;
  std::size_t row = 0;
  Status status = call.rows->insert(*call.transaction, *relation, *block, &first, &row);
  if (!status.is_ok()) return failed_row(info, std::move(status), row);
  if (!ids.empty())
    for (std::uint32_t i = 0; i < block->row_count(); i++) ids[i] = static_cast<double>(first + i);
  return Napi::Number::New(info.Env(), 0);
}

Napi::Value update(const Napi::CallbackInfo& info) {
  static thread_local std::vector<std::uint64_t> aligned;
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  storage::Relation* relation = relation_of(info, call, 2);
  if (relation == nullptr) return info.Env().Undefined();
  const auto block = block_of(info[3], aligned);
  std::span<std::uint32_t> changed;
  if (!block || !array_of(info[4], napi_uint32_array, &changed)) return type_error(info, "update takes a block and a Uint32Array of columns");
  std::size_t row = 0;
  Status status = call.rows->update(*call.transaction, *relation, *block, changed, &row, bool_of(info[5]));
  if (!status.is_ok()) return failed_row(info, std::move(status), row);
  return Napi::Number::New(info.Env(), 0);
}

bool row_ids_of(const Napi::Value& v, std::vector<RowId>& out) {
  std::span<double> ids;
  if (!array_of(v, napi_float64_array, &ids)) return false;
  out.resize(ids.size());
  for (std::size_t i = 0; i < ids.size(); i++) out[i] = ids[i] >= 0 && ids[i] <= kSafe ? static_cast<RowId>(ids[i]) : UINT64_MAX;
  return true;
}

Napi::Value remove(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  storage::Relation* relation = relation_of(info, call, 2);
  if (relation == nullptr) return info.Env().Undefined();
  std::vector<RowId> rows;
  if (!row_ids_of(info[3], rows)) return type_error(info, "rowIds is a Float64Array");
  return status_value(info, call.rows->remove(*call.transaction, *relation, rows, bool_of(info[4]), bool_of(info[5])));
}

Napi::Value lock_rows(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  storage::Relation* relation = relation_of(info, call, 2);
  if (relation == nullptr) return info.Env().Undefined();
  std::vector<RowId> rows;
  const std::uint32_t strength = u32_of(info[4]);
  if (!row_ids_of(info[3], rows) || strength > 3) return type_error(info, "lockRows takes a Float64Array and a strength from 0 to 3");
  return status_value(info, call.rows->lock_rows(*call.transaction, *relation, rows, static_cast<storage::LockStrength>(strength)));
}

Napi::Value lock_newest(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  storage::Relation* relation = relation_of(info, call, 2);
  if (relation == nullptr) return info.Env().Undefined();
  std::vector<RowId> rows;
  std::span<std::uint8_t> fates;
  const std::uint32_t strength = u32_of(info[4]);
  if (!row_ids_of(info[3], rows) || strength > 3 || !bytes_of(info[5], &fates) || fates.size() < rows.size())
    return type_error(info, "lockNewest takes a Float64Array, a strength from 0 to 3 and a Uint8Array with a place for each row");
  const std::span<RowStore::RowFate> places(reinterpret_cast<RowStore::RowFate*>(fates.data()), fates.size());
  return status_value(info, call.rows->lock_newest(*call.transaction, *relation, rows, static_cast<storage::LockStrength>(strength), places));
}

// ---- scans ----

/// The snapshot of the transaction in argument 1, or one of now for xid 0.
class ReadSnapshot {
 public:
  bool enter(const Napi::CallbackInfo& info, Call& call) {
    if (!binding::enter(info, call)) return false;
    manager_ = call.engine->transactions.get();
    const auto xid = static_cast<storage::Xid>(number_of(info[1]));
    if (xid == 0) {
      snapshot_ = manager_->acquire_snapshot();
      acquired_ = true;
      return true;
    }
    call.transaction = manager_->find(xid);
    if (call.transaction == nullptr) {
      type_error(info, "no such open transaction");
      return false;
    }
    call.use.enter(*manager_, *call.transaction);
    snapshot_ = call.transaction->snapshot();
    return true;
  }
  /// Reads what is committed by now in place of what the transaction's snapshot sees; its own changes as before.
  void move_to_now() {
    const storage::Snapshot now = manager_->acquire_snapshot();
    if (acquired_) manager_->release_snapshot(snapshot_);
    acquired_ = true;
    snapshot_ = {now.read_ts, snapshot_.xid, snapshot_.command, now.seat};
  }
  ~ReadSnapshot() {
    if (acquired_) manager_->release_snapshot(snapshot_);
  }
  const storage::Snapshot& operator*() const { return snapshot_; }

 private:
  storage::TransactionManager* manager_ = nullptr;
  storage::Snapshot snapshot_;
  bool acquired_ = false;
};

bool columns_of(const Napi::Value& v, const storage::Relation& relation, std::vector<std::uint32_t>& out) {
  std::span<std::uint32_t> columns;
  if (!array_of(v, napi_uint32_array, &columns)) return false;
  out.assign(columns.begin(), columns.end());
  for (const std::uint32_t c : out)
    if (c >= relation.column_count()) return false;
  return true;
}

Napi::Value opened(const Napi::CallbackInfo& info, const Call& call, std::unique_ptr<storage::Scan> scan) {
  return Napi::Number::New(info.Env(), call.rows->scans().open(std::move(scan)));
}

Napi::Value scan_open(const Napi::CallbackInfo& info) {
  Call call;
  ReadSnapshot snapshot;
  if (!snapshot.enter(info, call)) return info.Env().Undefined();
  const storage::Relation* relation = relation_of(info, call, 2);
  if (relation == nullptr) return info.Env().Undefined();
  std::vector<std::uint32_t> columns;
  if (!columns_of(info[3], *relation, columns)) return type_error(info, "columns is a Uint32Array of the relation's columns");
  if (bool_of(info[5])) snapshot.move_to_now();
  return opened(info, call,
                std::make_unique<storage::TableScan>(call.rows->manager(), *snapshot, *relation, std::move(columns), bool_of(info[4])));
}

std::shared_ptr<storage::SecondaryIndex> btree_of(const Napi::CallbackInfo& info, const Call& call) {
  auto index = call.rows->find_index(u32_of(info[2]));
  if (index && dynamic_cast<index::BTree*>(index.get()) == nullptr) index.reset();
  if (!index) type_error(info, "no such B-tree index");
  return index;
}

Napi::Value index_scan_open(const Napi::CallbackInfo& info) {
  Call call;
  ReadSnapshot snapshot;
  if (!snapshot.enter(info, call)) return info.Env().Undefined();
  auto index = btree_of(info, call);
  if (!index) return info.Env().Undefined();
  std::vector<std::uint32_t> columns;
  if (!columns_of(info[3], index->relation(), columns)) return type_error(info, "columns is a Uint32Array of the relation's columns");
  const auto& encoder = static_cast<index::BTree&>(*index).encoder();
  std::vector<std::uint64_t> aligned[2];
  std::optional<Block> bounds[2];
  for (int side = 0; side < 2; side++) {
    const Napi::Value v = info[side == 0 ? 5 : 7];
    if (v.IsNull() || v.IsUndefined()) continue;
    bounds[side] = block_of(v, aligned[side]);
    if (!bounds[side] || bounds[side]->row_count() != 1 || !encoder.accepts(*bounds[side]))
      return type_error(info, "a bound is a block of one row of the first key columns");
  }
  auto range = index::range_of(encoder, bounds[0] ? &*bounds[0] : nullptr, bool_of(info[6]), bounds[1] ? &*bounds[1] : nullptr, bool_of(info[8]));
  return opened(info, call,
                std::make_unique<index::IndexScan>(call.rows->manager(), *snapshot, std::move(index), std::move(columns), bool_of(info[4]),
                                                   std::move(range), bool_of(info[9])));
}

std::shared_ptr<storage::SecondaryIndex> inverted_of(const Napi::CallbackInfo& info, const Call& call) {
  auto index = call.rows->find_index(u32_of(info[2]));
  if (index && dynamic_cast<index::InvertedIndex*>(index.get()) == nullptr) index.reset();
  if (!index) type_error(info, "no such inverted index");
  return index;
}

std::optional<index::InvertedQuery> query_of(const Napi::CallbackInfo& info, std::size_t argument) {
  std::span<std::uint32_t> words;
  std::optional<index::InvertedQuery> query;
  if (array_of(info[argument], napi_uint32_array, &words)) query = index::InvertedQuery::parse(words);
  if (!query) type_error(info, "a query is a Uint32Array of operations in postfix order");
  return query;
}

Napi::Value inverted_keys(const Napi::CallbackInfo& info) {
  std::span<std::uint8_t> bytes;
  if (!array_of(info[2], napi_uint8_array, &bytes)) return type_error(info, "invertedKeys takes a kind, a position and bytes");
  std::vector<std::uint32_t> keys;
  const std::string_view value(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!index::extract_keys(static_cast<index::InvertedKind>(u32_of(info[0])), u32_of(info[1]), value, keys))
    return type_error(info, "the value does not parse");
  auto out = Napi::Uint32Array::New(info.Env(), keys.size());
  std::copy(keys.begin(), keys.end(), out.Data());
  return out;
}

Napi::Value inverted_estimate(const Napi::CallbackInfo& info) {
  Call call;
  ReadSnapshot snapshot;
  if (!snapshot.enter(info, call)) return info.Env().Undefined();
  const auto index = inverted_of(info, call);
  if (!index) return info.Env().Undefined();
  const auto query = query_of(info, 3);
  if (!query) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(static_cast<index::InvertedIndex&>(*index).estimate(*query)));
}

Napi::Value inverted_scan_open(const Napi::CallbackInfo& info) {
  Call call;
  ReadSnapshot snapshot;
  if (!snapshot.enter(info, call)) return info.Env().Undefined();
  auto index = inverted_of(info, call);
  if (!index) return info.Env().Undefined();
  std::vector<std::uint32_t> columns;
  if (!columns_of(info[3], index->relation(), columns)) return type_error(info, "columns is a Uint32Array of the relation's columns");
  const auto query = query_of(info, 5);
  if (!query) return info.Env().Undefined();
  return opened(info, call,
                std::make_unique<index::InvertedScan>(call.rows->manager(), *snapshot, std::move(index), std::move(columns), bool_of(info[4]),
                                                      *query));
}

Napi::Value index_lookup_open(const Napi::CallbackInfo& info) {
  static thread_local std::vector<std::uint64_t> aligned;
  Call call;
  ReadSnapshot snapshot;
  if (!snapshot.enter(info, call)) return info.Env().Undefined();
  auto index = btree_of(info, call);
  if (!index) return info.Env().Undefined();
  std::vector<std::uint32_t> columns;
  if (!columns_of(info[3], index->relation(), columns)) return type_error(info, "columns is a Uint32Array of the relation's columns");
  const auto& encoder = static_cast<index::BTree&>(*index).encoder();
  const auto keys = block_of(info[5], aligned);
  if (!keys || keys->column_count() != encoder.columns().size() || !encoder.accepts(*keys))
    return type_error(info, "keys is a block of all key columns");
  if (bool_of(info[7])) snapshot.move_to_now();
  return opened(info, call,
                std::make_unique<index::IndexLookup>(call.rows->manager(), *snapshot, std::move(index), std::move(columns), bool_of(info[4]), *keys,
                                                      bool_of(info[6])));
}

Napi::Value rivals_open(const Napi::CallbackInfo& info) {
  static thread_local std::vector<std::uint64_t> lower_memory, upper_memory;
  Call call;
  ReadSnapshot snapshot;
  if (!snapshot.enter(info, call)) return info.Env().Undefined();
  auto index = btree_of(info, call);
  if (!index) return info.Env().Undefined();
  std::vector<std::uint32_t> columns;
  if (!columns_of(info[3], index->relation(), columns)) return type_error(info, "columns is a Uint32Array of the relation's columns");
  const auto& encoder = static_cast<index::BTree&>(*index).encoder();
  const auto lower = block_of(info[4], lower_memory), upper = block_of(info[5], upper_memory);
  if (!lower || !upper || !encoder.accepts(*lower) || !encoder.accepts(*upper) || lower->row_count() != upper->row_count())
    return type_error(info, "lower and upper are blocks of key columns, as many rows in both");
  return opened(info, call,
                std::make_unique<index::RivalScan>(call.rows->manager(), *snapshot, static_cast<storage::Xid>(number_of(info[1])),
                                                   std::move(index), std::move(columns), *lower, *upper, bool_of(info[6]), u32_of(info[7])));
}

Napi::Value fetch_open(const Napi::CallbackInfo& info) {
  Call call;
  ReadSnapshot snapshot;
  if (!snapshot.enter(info, call)) return info.Env().Undefined();
  const storage::Relation* relation = relation_of(info, call, 2);
  if (relation == nullptr) return info.Env().Undefined();
  std::vector<std::uint32_t> columns;
  std::vector<RowId> rows;
  if (!columns_of(info[3], *relation, columns) || !row_ids_of(info[4], rows))
    return type_error(info, "fetchOpen takes a Uint32Array of columns and a Float64Array of row ids");
  if (bool_of(info[5])) snapshot.move_to_now();
  return opened(info, call,
                std::make_unique<storage::RowFetch>(call.rows->manager(), *snapshot, *relation, std::move(columns), std::move(rows)));
}

Napi::Value scan_next(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  storage::Scan* scan = call.rows->scans().find(u32_of(info[1]));
  std::span<std::uint8_t> block;
  if (scan == nullptr) return type_error(info, "no such scan");
  if (!bytes_of(info[2], &block) || reinterpret_cast<std::uintptr_t>(block.data()) % 8 != 0)
    return type_error(info, "the block is a Uint8Array that starts at a multiple of 8");
  const std::uint32_t max_rows = u32_of(info[3]);
  return Napi::Number::New(info.Env(), static_cast<double>(scan->next(block.data(), block.size(), max_rows == 0 ? 1 : max_rows)));
}

Napi::Value scan_close(const Napi::CallbackInfo& info) {
  Call call;
  if (enter(info, call)) call.rows->scans().close(u32_of(info[1]));
  return info.Env().Undefined();
}

Napi::Value row_count_estimate(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  const storage::Relation* relation = call.rows->find(u32_of(info[1]));
  return Napi::Number::New(info.Env(), relation == nullptr ? 0 : static_cast<double>(relation->live_estimate()));
}

Napi::Value relation_bytes(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  const std::uint32_t id = u32_of(info[1]);
  std::size_t bytes = 0;
  if (const storage::Relation* relation = call.rows->find(id)) bytes = relation->memory_bytes();
  else if (const auto index = call.rows->find_index(id)) bytes = index->memory_bytes();
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
}

Napi::Value vacuum(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  const std::uint32_t limit = info[2].IsNumber() ? u32_of(info[2]) : UINT32_MAX;
  std::uint32_t steps = 0;
  while (steps < limit && call.rows->vacuum(u32_of(info[1]), true)) steps++;
  return Napi::Number::New(info.Env(), steps);
}

// ---- sequences ----

std::int64_t int64_text(const Napi::Value& v) {
  if (!v.IsString()) return 0;
  return std::strtoll(v.As<Napi::String>().Utf8Value().c_str(), nullptr, 10);
}

Napi::Value create_sequence(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  const storage::SequenceDefinition d{int64_text(info[3]), int64_text(info[4]), int64_text(info[5]), int64_text(info[6]), bool_of(info[7])};
  return status_value(info, call.rows->create_sequence(*call.transaction, u32_of(info[2]), d));
}

Napi::Value alter_sequence(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  storage::SequenceDefinition d{int64_text(info[3]), int64_text(info[4]), int64_text(info[5]), 0, bool_of(info[6])};
  return status_value(info, call.rows->alter_sequence(*call.transaction, u32_of(info[2]), d));
}

Napi::Value drop_sequence(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  return status_value(info, call.rows->drop_sequence(*call.transaction, u32_of(info[2])));
}

Napi::Value next_value(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  std::int64_t value = 0;
  Status status = call.rows->sequences().next(u32_of(info[1]), &value);
  if (!status.is_ok()) {
    remember(std::move(status));
    return info.Env().Null();
  }
  return integer_value(info.Env(), value);
}

Napi::Value set_value(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  std::int64_t value = 0;
  bool lossless = true;
  if (napi_get_value_bigint_int64(info.Env(), info[2], &value, &lossless) != napi_ok || !lossless)
    return type_error(info, "the value is a bigint in the range of int8");
  return status_value(info, call.rows->sequences().set(u32_of(info[1]), value, bool_of(info[3])));
}

Napi::Value read_sequence(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  std::int64_t value = 0;
  bool is_called = false;
  if (!call.rows->sequences().read(u32_of(info[1]), &value, &is_called).is_ok()) return type_error(info, "no such sequence");
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("lastValue", Napi::BigInt::New(info.Env(), value));
  out.Set("isCalled", Napi::Boolean::New(info.Env(), is_called));
  return out;
}

// ---- catalog ----

Napi::Value catalog_put(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  if (!info[3].IsString()) return type_error(info, "the object is a JSON text");
  return status_value(info, call.rows->put_catalog(*call.transaction, u32_of(info[2]), info[3].As<Napi::String>().Utf8Value()));
}

Napi::Value catalog_delete(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter_transaction(info, call)) return info.Env().Undefined();
  return status_value(info, call.rows->put_catalog(*call.transaction, u32_of(info[2]), std::nullopt));
}

Napi::Value catalog_version(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(call.rows->catalog().version()));
}

Napi::Value catalog_changes(const Napi::CallbackInfo& info) {
  Call call;
  if (!enter(info, call)) return info.Env().Undefined();
  std::vector<storage::CatalogStore::Change> changes;
  const std::uint64_t version = call.rows->catalog().changes(static_cast<std::uint64_t>(number_of(info[1])), changes);
  Napi::Array list = Napi::Array::New(info.Env(), changes.size());
  for (std::uint32_t i = 0; i < changes.size(); i++) {
    Napi::Array pair = Napi::Array::New(info.Env(), 2);
    pair.Set(0u, Napi::Number::New(info.Env(), changes[i].oid));
    if (changes[i].json) pair.Set(1u, Napi::String::New(info.Env(), *changes[i].json));
    else pair.Set(1u, info.Env().Null());
    list.Set(i, pair);
  }
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("version", Napi::Number::New(info.Env(), static_cast<double>(version)));
  out.Set("changes", list);
  return out;
}

}  // namespace

void init_storage(Napi::Env env, Napi::Object exports) {
  Napi::Object storage = Napi::Object::New(env);
  const auto add = [&]<Napi::Value (*function)(const Napi::CallbackInfo&)>(const char* name) {
    storage.Set(name, Napi::Function::New<function>(env, name));
  };
  add.operator()<begin>("begin");
  add.operator()<export_snapshot>("exportSnapshot");
  add.operator()<begin_with_snapshot>("beginWithSnapshot");
  add.operator()<next_command>("nextCommand");
  add.operator()<commit>("commit");
  add.operator()<rollback>("rollback");
  add.operator()<savepoint>("savepoint");
  add.operator()<rollback_to>("rollbackTo");
  add.operator()<release>("release");
  add.operator()<restart_from>("restartFrom");
  add.operator()<refusal>("refusal");
  add.operator()<snapshot_safety>("snapshotSafety");
  add.operator()<wait_for>("waitFor");
  add.operator()<cancel_wait>("cancelWait");
  add.operator()<leave_queue>("leaveQueue");
  add.operator()<allocate_oid>("allocateOid");
  add.operator()<create_relation>("createRelation");
  add.operator()<drop_relation>("dropRelation");
  add.operator()<add_column>("addColumn");
  add.operator()<truncate>("truncate");
  add.operator()<create_index>("createIndex");
  add.operator()<create_index_in_background>("createIndexInBackground");
  add.operator()<create_inverted>("createInverted");
  add.operator()<drop_index>("dropIndex");
  add.operator()<insert>("insert");
  add.operator()<update>("update");
  add.operator()<remove>("delete");
  add.operator()<lock_rows>("lockRows");
  add.operator()<lock_newest>("lockNewest");
  add.operator()<scan_open>("scanOpen");
  add.operator()<index_scan_open>("indexScanOpen");
  add.operator()<index_lookup_open>("indexLookupOpen");
  add.operator()<inverted_keys>("invertedKeys");
  add.operator()<inverted_estimate>("invertedEstimate");
  add.operator()<inverted_scan_open>("invertedScanOpen");
  add.operator()<rivals_open>("rivalsOpen");
  add.operator()<fetch_open>("fetchOpen");
  add.operator()<scan_next>("scanNext");
  add.operator()<scan_close>("scanClose");
  add.operator()<row_count_estimate>("rowCountEstimate");
  add.operator()<relation_bytes>("relationBytes");
  add.operator()<vacuum>("vacuum");
  add.operator()<create_sequence>("createSequence");
  add.operator()<alter_sequence>("alterSequence");
  add.operator()<drop_sequence>("dropSequence");
  add.operator()<next_value>("nextValue");
  add.operator()<set_value>("setValue");
  add.operator()<read_sequence>("readSequence");
  add.operator()<catalog_put>("catalogPut");
  add.operator()<catalog_delete>("catalogDelete");
  add.operator()<catalog_version>("catalogVersion");
  add.operator()<catalog_changes>("catalogChanges");
  exports.Set("storage", storage);
}

}  // namespace orrery::binding
