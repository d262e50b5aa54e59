#include "pg_fast_path.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "../keyspace/clock.h"
#include "pg_conditions.h"
#include "pg_messages.h"

namespace orrery::io {
namespace {

constexpr std::size_t kOutputBytes = 256 << 10;  // a row that does not fit goes to JavaScript
constexpr std::size_t kSendBytes = 64 << 10;     // replies are sent when this much has gathered
constexpr std::size_t kParametersMax = kListMax + 16;

constexpr std::size_t kFixedReplies = 256;       // ParseComplete to ReadyForQuery without the description and the rows
constexpr std::size_t kReadyBytes = 6;           // ReadyForQuery
constexpr std::size_t kSeveralMax = 16;          // statements of one message
constexpr std::int64_t kEpoch2000 = 946'684'800'000'000;
/// A row that changes between a statement's snapshot and its write is looked at again, by a statement of its own, so many times.
constexpr int kTries = 4;

std::int64_t now_micros() noexcept { return keyspace::now_micros() - kEpoch2000; }

/// Bind to the unnamed portal of a statement that runs here. `parse`: of the message before it, which made the unnamed statement; nullptr: none
/// came. nullptr: not one of ours.
PgPlan* bound_plan(PgState& state, std::string_view bind, const std::string_view* parse, PgParameters& parameters) {
  Fields f(bind);
  const std::string_view portal = f.text(), statement = f.text();
  const std::uint64_t format_count = f.integer(2);
  if (!f.intact || !portal.empty() || format_count > kParametersMax || (parse != nullptr && !statement.empty())) return nullptr;
  const std::string_view formats = f.bytes(2 * format_count);
  const std::uint64_t count = f.integer(2);
  if (!f.intact || count > kParametersMax || (format_count > 1 && format_count != count)) return nullptr;
  parameters.resize(count);
  for (std::size_t i = 0; i < count; i++) {
    const std::size_t which = format_count == 1 ? 0 : i;
    const std::uint64_t format = format_count == 0 ? 0 : Fields(formats.substr(2 * which)).integer(2);
    const auto length = static_cast<std::uint32_t>(f.integer(4));
    const bool is_null = length == 0xffffffff;
    parameters[i] = {is_null ? std::string_view() : f.bytes(length), format == 1, is_null};
    if (format > 1) return nullptr;
  }
  if (!f.intact) return nullptr;
  if (statement.empty() && parse == nullptr && state.unnamed.empty()) return nullptr;
  const std::string_view made_by = !statement.empty() ? std::string_view() : parse != nullptr ? *parse : std::string_view(state.unnamed);
  PgPlan* plan = state.find(statement, f.rest(), made_by);
  return plan != nullptr && plan->parameter_count == count ? plan : nullptr;
}

void command_complete(wire::WireBuffer& out, std::string_view tag) noexcept {
  out.u8('C');
  out.be32(static_cast<std::uint32_t>(4 + tag.size() + 1));
  out.raw(tag.data(), tag.size());
  out.u8(0);
}

/// "SELECT 17" and so on, in `room`.
std::string_view select_tag(std::uint32_t count, std::array<char, 24>& room) noexcept {
  constexpr std::string_view verb = "SELECT ";
  std::copy(verb.begin(), verb.end(), room.begin());
  return {room.data(), std::to_chars(room.data() + verb.size(), room.data() + room.size(), count).ptr};
}

std::string_view tag_of(PgPlan::Kind kind, std::uint32_t count) noexcept {
  switch (kind) {
    case PgPlan::Kind::kInsert: return count == 0 ? "INSERT 0 0" : "INSERT 0 1";
    case PgPlan::Kind::kUpdate: return count == 0 ? "UPDATE 0" : "UPDATE 1";
    case PgPlan::Kind::kDelete: return count == 0 ? "DELETE 0" : "DELETE 1";
    default: return {};
  }
}

}  // namespace

PgFastPath::PgFastPath(storage::RowStore* rows) : rows_(rows) {
  if (rows_ != nullptr) places_ = std::make_shared<LockPlaces>(rows_->lock_manager().slots());
}

Served PgFastPath::serve(Connection& connection, std::string_view input) {
  const std::lock_guard guard(connection.statements_mutex);
  // JavaScript may have taken it back since the input was read.
  if (connection.owned_by_javascript.load(std::memory_order_acquire)) return {Next::kHandOver, 0, 0, 0};
  return serve(connection.pg.get(), input, connection.may_park);
}

Served PgFastPath::serve(PgState* state, std::string_view input, bool may_wait) {
  std::size_t at = 0;
  lsn_ = 0;
  is_over_ = false;
  while (at < input.size()) {
    if (size_ >= kSendBytes) return {Next::kOutput, at, 0, lsn_};
    std::size_t end = at;
    blocker_ = 0;
    const Read read = state == nullptr || rows_ == nullptr ? Read::kOther : serve_one(*state, input, &end);
    if (is_over_) return {Next::kEnd, at, 0, lsn_};
    if (read == Read::kIncomplete) return {Next::kIncomplete, at, input.size() - at + 1, lsn_};
    if (read == Read::kOther && blocker_ != 0 && may_wait) {
      state->resumes = true;
      return {Next::kWait, at, 0, lsn_, state->transaction->xid(), blocker_};
    }
    if (state != nullptr) state->resumes = false;
    if (read == Read::kOther) return {Next::kHandOver, at, 0, lsn_};
    at = end;
  }
  return {Next::kAll, at, 0, lsn_};
}

Read PgFastPath::serve_one(PgState& state, std::string_view input, std::size_t* at) {
  const Read read = input[*at] == 'Q' ? serve_query(state, input, at) : serve_execution(state, input, at);
  if (read == Read::kOk) numbers_.keep(state);
  else numbers_.give_back(rows_->sequences());
  return read;
}

/// A simple query.
Read PgFastPath::serve_query(PgState& state, std::string_view input, std::size_t* at) {
  if (!state.has_texts) return Read::kOther;
  std::string_view body;
  if (const Read read = next_message(input, at, 'Q', &body); read != Read::kOk) return read;
  Fields f(body);
  const std::string_view text = f.text();
  PgPlan* plan = f.intact && f.rest().empty() ? plan_of_text(state, text, parameters_) : nullptr;
  if (plan == nullptr ? !f.intact || !serve_several(state, text) : !execute(state, *plan, false, true)) return Read::kOther;
  state.query = text;
  state.set_unnamed({});  // a simple query drops the unnamed statement
  return Read::kOk;
}

/// Perhaps Parse, Bind, perhaps Describe, Execute and Sync.
Read PgFastPath::serve_execution(PgState& state, std::string_view input, std::size_t* at) {
  std::string_view body, parse;
  const bool parses = input[*at] == 'P';
  if (parses) {
    if (const Read read = next_message(input, at, 'P', &parse); read != Read::kOk) return read;
    if (!state.knows_parse(parse)) return Read::kOther;
  }
  if (const Read read = next_message(input, at, 'B', &body); read != Read::kOk) return read;
  PgPlan* plan = bound_plan(state, body, parses ? &parse : nullptr, parameters_);
  if (plan == nullptr) return Read::kOther;
  Read read = next_message(input, at, 'D', &body);
  const bool describes = read == Read::kOk;
  if (read == Read::kIncomplete || (describes && body != std::string_view("P\0", 2))) return describes ? Read::kOther : read;
  if (read = next_message(input, at, 'E', &body); read != Read::kOk) return read;
  if (body != std::string_view("\0\0\0\0\0", 5)) return Read::kOther;
  if (read = next_message(input, at, 'S', &body); read != Read::kOk) return read;
  if (!execute(state, *plan, parses, describes)) return Read::kOther;
  state.query = plan->text;
  if (parses) state.set_unnamed(plan->parse);
  return Read::kOk;
}

bool PgFastPath::execute(PgState& state, PgPlan& plan, bool parses, bool describes) {
  wire::WireBuffer out = room();
  if (parses) out.raw("1\0\0\0\4", 5);           // ParseComplete
  if (!plan.is_text()) out.raw("2\0\0\0\4", 5);  // BindComplete
  if (!answer(state, plan, describes, out)) return false;
  answered(state, out);
  if (plan.calls) plan.calls->fetch_add(1, std::memory_order_relaxed);
  return true;
}

/// ReadyForQuery has its place behind.
wire::WireBuffer PgFastPath::room() {
  if (output_.empty()) output_.resize(kOutputBytes);
  const std::size_t left = output_.size() - size_;
  return {reinterpret_cast<std::uint8_t*>(output_.data()) + size_, left < kReadyBytes ? 0 : left - kReadyBytes};
}
void PgFastPath::answered(PgState& state, const wire::WireBuffer& out) noexcept {
  size_ += out.size();
  std::copy_n(state.in_block ? "Z\0\0\0\5T" : "Z\0\0\0\5I", kReadyBytes, output_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += kReadyBytes;
  state.query_micros = now_micros();
}

bool PgFastPath::answer(PgState& state, PgPlan& plan, bool describes, wire::WireBuffer& out) {
  if (output_.size() - size_ < out.size() + plan.row_description.size() + kFixedReplies) return false;
  if (describes) out.raw(plan.row_description.data(), plan.row_description.size());
  return plan.is_select() ? select(state, plan, out) : plan.is_write() ? write(state, plan, out) : control(state, plan, out);
}

/// BEGIN may stand in front, and COMMIT or ROLLBACK at the end of a block; elsewhere they divide the message into several transactions.
bool PgFastPath::serve_several(PgState& state, std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); count++) {
    if (count == kSeveralMax) return false;
    if (count == several_.size()) several_.emplace_back();
    several_[count].plan = next_plan_of_text(state, &text, several_[count].parameters);
    if (several_[count].plan == nullptr) return false;
  }
  if (count == 0) return false;
  several_.resize(count);
  const bool begins = several_[0].plan->kind == PgPlan::Kind::kBegin;
  for (std::size_t i = 0; i < count; i++) {
    const PgPlan& plan = *several_[i].plan;
    if (plan.is_select() || plan.is_write()) continue;
    if (plan.kind == PgPlan::Kind::kBegin ? i != 0 : i + 1 != count || !(state.in_block || begins)) return false;
  }
  wire::WireBuffer out = room();
  if (!run_several(state, out)) {
    blocker_ = 0;  // what was undone begins anew where the session can wait
    return false;
  }
  answered(state, out);
  for (const Statement& s : several_)
    if (s.plan->calls) s.plan->calls->fetch_add(1, std::memory_order_relaxed);
  return true;
}

bool PgFastPath::run_several(PgState& state, wire::WireBuffer& out) {
  storage::TransactionManager& manager = rows_->manager();
  const bool was_in_block = state.in_block;
  const bool is_implicit = !was_in_block && several_[0].plan->kind != PgPlan::Kind::kBegin;
  const bool has_savepoint = state.transaction != nullptr;
  const std::size_t savepoint = has_savepoint ? manager.savepoint(*state.transaction) : 0;
  if (is_implicit) {
    state.in_block = true;
    state.start_micros = now_micros();
  }
  bool done = true;
  for (Statement& s : several_) {
    parameters_.swap(s.parameters);
    done = answer(state, *s.plan, true, out);
    if (!done) break;
  }
  if (is_over_) return false;
  storage::Transaction* t = state.transaction;
  if (!done) {
    if (has_savepoint) {
      manager.rollback_to(*t, savepoint);
      manager.release(*t, savepoint);
    } else if (t != nullptr) {
      manager.rollback(t);
      state.transaction = nullptr;
    }
    if (!was_in_block) end_block(state);
    return false;
  }
  if (is_implicit) {
    storage::Lsn lsn = 0;
    // A commit that the log refuses is rolled back; JavaScript meets the failure and says so.
    if (t != nullptr) done = manager.commit(t, &lsn).is_ok();
    end_block(state);
    if (done) note_commit(state, lsn);
  } else if (has_savepoint && t != nullptr) {
    manager.release(*t, savepoint);
  }
  return done;
}

bool PgFastPath::select(PgState& state, const PgPlan& plan, wire::WireBuffer& out) {
  KeyMade made;
  if (plan.nearest) made = nearest_.make(plan, parameters_) ? KeyMade::kYes : KeyMade::kOther;
  else if (plan.search) made = search_.make(plan, parameters_) ? KeyMade::kYes : KeyMade::kOther;
  else made = make_key(plan, parameters_, key_);
  if (made == KeyMade::kOther) return false;
  storage::TransactionManager& manager = rows_->manager();
  const auto find = [&](const storage::Snapshot& snapshot) -> std::optional<std::uint32_t> {
    if (made == KeyMade::kNoSuchKey) return 0;
    if (plan.nearest) return nearest_.run(plan, snapshot, manager, out);
    if (plan.search) return search_.run(plan, snapshot, manager, out);
    return plan.select->run_encoded(key_, snapshot, manager, out);
  };
  std::optional<std::uint32_t> count;
  if (state.in_block) {
    const storage::Transaction* t = start_statement(state, plan, storage::LockMode::kAccessShare);
    if (t == nullptr) return false;
    count = find(t->snapshot());
  } else {
    // Its lock would be given back before anybody could ask who holds it: that nobody has or wants a stronger one is enough.
    if (rows_->lock_manager().slots()->is_contended(plan.relation)) return false;
    const storage::Snapshot snapshot = manager.acquire_snapshot();
    // The snapshot first: what the catalog says now holds for every row that it sees.
    if (rows_->catalog().version() == plan.catalog_version) count = find(snapshot);
    manager.release_snapshot(snapshot);
  }
  if (!count) return false;
  std::array<char, 24> room;
  command_complete(out, select_tag(*count, room));
  return !out.overflowed();
}

storage::Transaction* PgFastPath::start_statement(PgState& state, const PgPlan& plan, storage::LockMode mode) {
  storage::TransactionManager& manager = rows_->manager();
  state.locks.open(places_);
  if (!state.locks.take(rows_->lock_manager(), state.process, plan.relation, mode)) return nullptr;
  storage::Transaction* t = state.transaction;
  if (t != nullptr) manager.next_command(*t, state.resumes);
  else t = manager.begin(state.isolation, state.process);
  if (state.in_block) state.transaction = t;
  // Behind the lock no definition of the table can change any more.
  if (rows_->catalog().version() == plan.catalog_version) return t;
  if (!state.in_block) {
    manager.rollback(t);
    state.locks.release_all(rows_->lock_manager(), state.process);
  }
  return nullptr;
}

bool PgFastPath::write(PgState& state, PgPlan& plan, wire::WireBuffer& out) {
  if (plan.kind != PgPlan::Kind::kInsert && make_key(plan, parameters_, key_) != KeyMade::kYes) return false;
  storage::Transaction* t = start_statement(state, plan, storage::LockMode::kRowExclusive);
  if (t == nullptr) return false;
  storage::TransactionManager& manager = rows_->manager();
  std::uint32_t count = 0;
  if (state.in_block) {
    // A row that does not fit into the output must not stay changed.
    const bool may_overflow = plan.write->returns_rows();
    const std::size_t savepoint = may_overflow ? manager.savepoint(*t) : 0;
    const Status status = change_row(plan, *t, {state.start_micros, rows_->sequences(), numbers_}, state.resumes, out, &count);
    if (status.code == StatusCode::kWait) blocker_ = status.detail;
    bool done = status.is_ok();
    command_complete(out, tag_of(plan.kind, count));
    if (may_overflow) {
      done = done && !out.overflowed();
      if (!done) manager.rollback_to(*t, savepoint);
      manager.release(*t, savepoint);
    }
    return done;
  }
  const std::size_t before = out.size();
  const PgSources sources{now_micros(), rows_->sequences(), numbers_};
  Status status = change_row(plan, *t, sources, false, out, &count);
  for (int tries = 1; status.code == StatusCode::kSerializationFailure && state.isolation == storage::Isolation::kReadCommitted && tries < kTries; tries++) {
    manager.next_command(*t);
    out.rewind(before);
    numbers_.give_back(rows_->sequences());
    status = change_row(plan, *t, sources, false, out, &count);
  }
  command_complete(out, tag_of(plan.kind, count));
  bool done = status.is_ok() && !out.overflowed();
  storage::Lsn lsn = 0;
  if (!done) manager.rollback(t);
  // A commit that the log refuses is rolled back; JavaScript meets the failure and says so.
  else done = manager.commit(t, &lsn).is_ok();
  state.locks.release_all(rows_->lock_manager(), state.process);
  if (done) note_commit(state, lsn);
  return done;
}

/// A target that does not meet the plan's conditions is none. False: a parameter is JavaScript's to judge.
bool PgFastPath::judge(const PgPlan& plan, exec::PointWrite::Target* target) const {
  if (plan.conditions.empty()) return true;
  const std::optional<bool> is_met = meets(plan.conditions, parameters_, target->version);
  if (is_met && !*is_met) *target = {};
  return is_met.has_value();
}

/// One row, by the snapshot of `t`. Not ok: not here, and nothing was changed.
Status PgFastPath::change_row(PgPlan& plan, storage::Transaction& t, const PgSources& sources, bool resumes, wire::WireBuffer& out, std::uint32_t* count) {
  const exec::PointWrite& write = *plan.write;
  // Repeatable read refuses by itself what changed meanwhile.
  resumes = resumes && t.isolation() == storage::Isolation::kReadCommitted;
  if (plan.kind == PgPlan::Kind::kInsert) return insert_row(plan, t, sources, resumes, out, count);
  exec::PointWrite::Target target = write.find(key_, t.snapshot(), rows_->manager());
  if (!judge(plan, &target)) return Status::error(StatusCode::kInvalid, "");
  if (resumes && target.row != 0) {
    if (Status status = write.find_again(*rows_, t, key_, &target); !status.is_ok()) return status;
    if (!judge(plan, &target)) return Status::error(StatusCode::kInvalid, "");
  }
  *count = target.row == 0 ? 0 : 1;
  if (plan.kind == PgPlan::Kind::kDelete) return target.row == 0 ? Status::ok() : write.remove(*rows_, t, target, resumes, out);
  // Also where there is no row to change: parameters that cannot be read are an error then, too.
  if (!set_values(*plan.image, plan.values, parameters_, target.version, sources)) return Status::error(StatusCode::kInvalid, "");
  if (*count == 0) return Status::ok();
  const auto row = plan.image->block();
  if (!row) return Status::error(StatusCode::kInvalid, "");
  return write.update(*rows_, t, target.row, *row, resumes, out);
}

/// A key that comes between the look and the insert is a collision, and so JavaScript's.
Status PgFastPath::insert_row(PgPlan& plan, storage::Transaction& t, const PgSources& sources, bool resumes, wire::WireBuffer& out, std::uint32_t* count) {
  const Status refused = Status::error(StatusCode::kInvalid, "");
  *count = 1;
  if (!set_values(*plan.image, plan.values, parameters_, {}, sources)) return refused;
  const auto row = plan.image->block();
  if (!row) return refused;
  if (!plan.conflict) return plan.write->insert(*rows_, t, *row, out);
  auto& [update, updates, values, image, reads_more] = *plan.conflict;
  if (reads_more && !set_values(image, values, parameters_, {}, sources)) return refused;
  exec::PointWrite::Target target;
  // A key with a NULL is nobody's.
  if (!update->encoder().encode_row(*row, key_)) target = update->find(key_, t.snapshot(), rows_->manager());
  if (target.row != 0 && updates && resumes)
    if (Status status = update->find_again(*rows_, t, key_, &target); !status.is_ok()) return status;
  if (target.row == 0) return plan.write->insert(*rows_, t, *row, out);
  if (!updates) {
    *count = 0;
    return Status::ok();
  }
  if (!set_values(image, values, parameters_, target.version, sources)) return refused;
  const auto changed = image.block();
  return changed ? update->update(*rows_, t, target.row, *changed, resumes, out) : refused;
}

bool PgFastPath::control(PgState& state, const PgPlan& plan, wire::WireBuffer& out) {
  // Beginning inside of a block, and ending outside of one, come with warnings.
  const bool begins = plan.kind == PgPlan::Kind::kBegin;
  if (begins == state.in_block) return false;
  command_complete(out, plan.tag);
  if (out.overflowed()) return false;
  if (begins) {
    state.in_block = true;
    state.start_micros = now_micros();
    return true;
  }
  storage::TransactionManager& manager = rows_->manager();
  storage::Transaction* t = state.transaction;
  storage::Lsn lsn = 0;
  Status status = Status::ok();
  if (t != nullptr && plan.kind == PgPlan::Kind::kCommit) status = manager.commit(t, &lsn);
  else if (t != nullptr) manager.rollback(t);
  end_block(state);
  if (status.is_ok()) {
    note_commit(state, lsn);
    return true;
  }
  // The transaction is gone: nobody could answer its COMMIT in another way.
  const std::string error = log_failure_message(status);
  if (output_.size() - size_ >= error.size()) {
    std::copy(error.begin(), error.end(), output_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += error.size();
  }
  is_over_ = true;
  return false;
}

void PgFastPath::end_block(PgState& state) {
  state.locks.release_all(rows_->lock_manager(), state.process);
  state.in_block = false;
  state.transaction = nullptr;
}

void PgFastPath::note_commit(const PgState& state, storage::Lsn lsn) noexcept {
  if (state.is_synchronous) lsn_ = std::max(lsn_, lsn);
}

std::optional<TakenBlock> take_block(PgState& state, storage::RowStore& rows) {
  if (!state.in_block) return std::nullopt;
  TakenBlock out{state.transaction == nullptr ? 0 : state.transaction->xid(), state.start_micros, state.locks.move_to(rows.lock_manager(), state.process)};
  if (out.xid != 0) rows.manager().cancel_wait(out.xid);
  state.resumes = false;
  state.in_block = false;
  state.transaction = nullptr;
  return out;
}

std::string log_failure_message(const Status& failure) {
  std::string fields;
  const auto field = [&](char code, std::string_view value) { (fields += code).append(value) += '\0'; };
  field('S', "FATAL");
  field('V', "FATAL");
  field('C', failure.code == StatusCode::kDiskFull ? "53100" : "58030");
  field('M', failure.message);
  fields += '\0';
  std::string message = "E";
  const auto length = static_cast<std::uint32_t>(fields.size() + 4);
  for (int shift = 24; shift >= 0; shift -= 8) message += static_cast<char>(length >> shift);
  return message + fields;
}

}  // namespace orrery::io
