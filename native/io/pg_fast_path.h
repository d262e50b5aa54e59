// pg_fast_path.h: Bind, Describe, Execute, Sync of a registered plan, behind a Parse that makes the same unnamed statement once more or not, or
// the simple query that is a plan's text: run on an I/O thread, in autocommit or in a transaction block that began here.
//
// Only that exact sequence over the unnamed portal is run here; whatever differs (another message, a plan that the catalog has left behind, a NULL
// or malformed key, a row or a table that somebody holds, a value that the column refuses) is handed over with nothing done by it, so errors and
// their texts are JavaScript's alone. JavaScript then takes the block over with it (take_block) and keeps it to its end: a block that failed
// is never here.
// Source: PostgreSQL documentation, "Message Formats", "Simple Query" and "Extended Query".
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "../storage/row_store.h"
#include "connection.h"
#include "drawn_numbers.h"
#include "pg_messages.h"
#include "pg_nearest.h"
#include "pg_parameters.h"
#include "pg_search.h"
#include "pg_values.h"
#include "served.h"

namespace orrery::io {

class PgFastPath {
 public:
  /// nullptr: everything is handed over.
  explicit PgFastPath(storage::RowStore* rows);
  Served serve(Connection& connection, std::string_view input);
  /// `state`: nullptr without a plan.
  /// `may_wait`: a statement of a block that meets a row of an open transaction is kWait once more instead of JavaScript's.
  Served serve(PgState* state, std::string_view input, bool may_wait = false);
  std::string_view output() const noexcept { return {output_.data(), size_}; }
  void clear() noexcept { size_ = 0; }

 private:
  /// One execution at `*at`, which moves behind it. kOther: JavaScript's, and nothing was done.
  Read serve_one(PgState& state, std::string_view input, std::size_t* at);
  Read serve_query(PgState& state, std::string_view input, std::size_t* at);
  Read serve_execution(PgState& state, std::string_view input, std::size_t* at);
  /// A message of several statements: all of them or none.
  bool serve_several(PgState& state, std::string_view text);
  bool run_several(PgState& state, wire::WireBuffer& out);
  bool execute(PgState& state, PgPlan& plan, bool parses, bool describes);
  /// What answers the plan's statement, without ReadyForQuery.
  bool answer(PgState& state, PgPlan& plan, bool describes, wire::WireBuffer& out);
  wire::WireBuffer room();
  void answered(PgState& state, const wire::WireBuffer& out) noexcept;
  bool select(PgState& state, const PgPlan& plan, wire::WireBuffer& out);
  bool write(PgState& state, PgPlan& plan, wire::WireBuffer& out);
  bool judge(const PgPlan& plan, exec::PointWrite::Target* target) const;
  Status change_row(PgPlan& plan, storage::Transaction& t, const PgSources& sources, bool resumes, wire::WireBuffer& out, std::uint32_t* count);
  Status insert_row(PgPlan& plan, storage::Transaction& t, const PgSources& sources, bool resumes, wire::WireBuffer& out, std::uint32_t* count);
  bool control(PgState& state, const PgPlan& plan, wire::WireBuffer& out);
  /// The transaction in which the plan's next statement runs, its relation locked; nullptr: not here.
  storage::Transaction* start_statement(PgState& state, const PgPlan& plan, storage::LockMode mode);
  void end_block(PgState& state);
  void note_commit(const PgState& state, storage::Lsn lsn) noexcept;

  storage::RowStore* rows_;
  std::shared_ptr<LockPlaces> places_;
  PgParameters parameters_;  // of the statement at hand
  struct Statement {
    PgPlan* plan;
    PgParameters parameters;
  };
  std::vector<Statement> several_;  // of the message at hand
  index::Key key_;
  SearchKeys search_;
  NearestQuery nearest_;
  DrawnNumbers numbers_;  // of the message at hand
  storage::Lsn lsn_ = 0;  // of the commits in the output
  storage::Xid blocker_ = 0;  // whose end the statement at hand would have to wait for
  bool is_over_ = false;  // the log failed at a commit: the connection ends
  std::vector<char> output_;
  std::size_t size_ = 0;
};

/// What JavaScript takes over with a connection.
struct TakenBlock {
  storage::Xid xid = 0;  // 0: no statement of it has run
  std::int64_t start_micros = 0;
  std::vector<HeldLocks::Lock> locks;  // the lock manager's now
};
/// Ends the block here and gives it away. nullopt: there is none. The caller holds the connection's statements_mutex and owns the connection.
std::optional<TakenBlock> take_block(PgState& state, storage::RowStore& rows);

/// The last message of a connection whose writes the log did not take.
std::string log_failure_message(const Status& failure);

}  // namespace orrery::io
